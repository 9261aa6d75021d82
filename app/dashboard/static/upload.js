// The upload page: accepts files, sends a few at a time, and shows each one's progress until its analysis is done.

import { announce, csrf } from "./page.js";
import { follow } from "./live.js";
import * as queue from "./upload_queue.js";

const AT_ONCE = 3;
const RETRY_MS = 3000;
const WORDS = { queued: "Waiting", extracting: "Reading", analysing: "Analysing", done: "Done", failed: "Failed" };
const FINAL = new Set(["done", "failed"]);

const list = document.getElementById("uploads");
const rowTemplate = document.getElementById("upload-row");
const drop = document.getElementById("drop");
const largestBytes = Number(drop.dataset.largestBytes);
const entries = new Map(); // key -> {entry, row, part}
let sending = 0;

function show(item) {
  const { entry, row } = item;
  const name = row.querySelector(".upload-name");
  const say = row.querySelector(".upload-say");
  const state = row.querySelector(".state");
  const bar = row.querySelector("progress");
  name.textContent = entry.name;
  if (entry.id) name.href = `/candidates/${entry.id}`;
  let word = "Waiting to be sent";
  let kind = "queued";
  let text = sizeWords(entry.size);
  if (entry.state === "refused") {
    word = "Not accepted";
    kind = "failed";
    text = entry.problem;
  } else if (entry.state === "sent") {
    kind = entry.status ?? "queued";
    word = WORDS[kind];
    if (entry.status === "failed") text = entry.problem ?? "It could not be analysed. Open it to see why.";
    else if (entry.duplicateOf) text = "You uploaded this file before; its result is reused.";
  } else if (item.sending) {
    word = item.part < 1 ? `Sending ${Math.floor(item.part * 100)} %` : "Sending";
    kind = "extracting";
  } else if (item.waitingAgain) text = "The service is not responding. The file will be sent again in a moment.";
  say.textContent = text;
  state.textContent = word;
  state.className = `state state-${kind}`;
  bar.hidden = !item.sending;
  bar.value = item.part;
  row.querySelector(".again").hidden = !(entry.state === "refused" && entry.file && entry.retryable);
  row.dataset.state = entry.state === "sent" ? kind : entry.state;
}

function sizeWords(bytes) {
  return bytes >= 1024 * 1024 ? `${(bytes / 1024 / 1024).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1024))} KB`;
}

function showAll() {
  const all = [...entries.values()];
  document.getElementById("progress").hidden = all.length === 0;
  const settled = all.filter(({ entry }) => entry.state === "refused" || FINAL.has(entry.status));
  const part = all.reduce((sum, item) => sum + partOf(item), 0);
  const bar = document.getElementById("progress-all");
  bar.max = Math.max(1, all.length);
  bar.value = part;
  const failed = all.filter(({ entry }) => entry.state === "refused" || entry.status === "failed").length;
  const words =
    settled.length < all.length
      ? `${settled.length} of ${all.length} done`
      : `${all.length - failed} done${failed ? `, ${failed} with a problem` : ""}`;
  const heading = document.getElementById("progress-words");
  if (heading.textContent !== words) {
    heading.textContent = words;
    if (settled.length === all.length && all.length) announce(words);
  }
}

function partOf({ entry, part }) {
  if (entry.state === "refused" || FINAL.has(entry.status)) return 1;
  return entry.state === "sent" ? 0.6 : 0.4 * part;
}

function add(entry) {
  const row = rowTemplate.content.firstElementChild.cloneNode(true);
  const item = { entry, row, part: 0, sending: false };
  row.querySelector(".again").addEventListener("click", async () => {
    Object.assign(entry, { state: "waiting", problem: undefined });
    await keep(entry);
    show(item);
    sendNext();
  });
  entries.set(entry.key, item);
  list.prepend(row);
  show(item);
  return item;
}

// A browser without storage (private window, full disk) still uploads; only a reload loses the list.
const keep = (entry) => queue.put(entry).catch(() => undefined);

async function take(files) {
  const localOnly = document.getElementById("local-only").checked;
  for (const file of files) {
    const entry = queue.newEntry(file, localOnly);
    if (file.size > largestBytes) {
      const problem = `This file has ${sizeWords(file.size)}; at most ${sizeWords(largestBytes)} are accepted.`;
      Object.assign(entry, { state: "refused", problem, file: null });
    }
    await keep(entry);
    add(entry);
  }
  showAll();
  sendNext();
}

function sendNext() {
  for (const item of entries.values()) {
    if (sending >= AT_ONCE) return;
    if (item.entry.state === "waiting" && !item.sending && !item.waitingAgain) send(item);
  }
}

function send(item) {
  const { entry } = item;
  const form = new FormData();
  form.append("files", entry.file, entry.name);
  form.append("privacy", entry.localOnly ? "local_only" : "any");
  const request = new XMLHttpRequest();
  request.open("POST", "/v1/resumes");
  request.setRequestHeader("X-CSRF-Token", csrf);
  request.setRequestHeader("Idempotency-Key", entry.key); // sending it twice creates one resume
  request.upload.addEventListener("progress", (event) => {
    item.part = event.lengthComputable ? event.loaded / event.total : 0;
    show(item);
    showAll();
  });
  request.addEventListener("loadend", () => settle(item, request));
  item.sending = true;
  item.part = 0;
  sending += 1;
  show(item);
  request.send(form);
}

async function settle(item, request) {
  const { entry } = item;
  item.sending = false;
  sending -= 1;
  if (request.status === 401) {
    location.assign("/sign-in?next=/upload");
    return;
  }
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // No response, or one from a proxy: decided by its status.
  }
  if (request.status === 202) {
    const made = answer.resumes[0];
    Object.assign(entry, { state: "sent", id: made.id, status: made.status, duplicateOf: made.duplicate_of, file: null });
  } else if (request.status === 0 || request.status >= 500) {
    item.waitingAgain = true;
    setTimeout(() => {
      item.waitingAgain = false;
      sendNext();
    }, RETRY_MS);
  } else {
    const words = answer.title ? `${answer.title}. ${answer.detail}` : `The service responded with ${request.status}.`;
    Object.assign(entry, { state: "refused", problem: words, file: null });
  }
  await keep(entry);
  show(item);
  showAll();
  sendNext();
  if (entry.state === "sent") look([entry.id]); // changes from before the response arrived
}

async function update(id, status, problem) {
  for (const item of entries.values()) {
    if (item.entry.id !== id || (item.entry.status === status && !problem)) continue;
    item.entry.status = status;
    if (problem) item.entry.problem = problem;
    await keep(item.entry);
    show(item);
  }
  showAll();
}

/** Poll the state of these resumes. */
async function look(ids) {
  for (const id of ids) {
    const answer = await fetch(`/v1/resumes/${id}`).catch(() => null);
    if (answer?.status === 404) {
      for (const [key, item] of entries) {
        if (item.entry.id !== id) continue;
        await queue.remove(key).catch(() => undefined);
        item.row.remove();
        entries.delete(key);
      }
      showAll();
    } else if (answer?.ok) {
      const resume = await answer.json();
      const problem = resume.problem ? `${resume.problem.title}. ${resume.problem.detail}` : undefined;
      await update(id, resume.status, problem);
    }
  }
}

const unfinished = () =>
  [...entries.values()].filter(({ entry }) => entry.id && !FINAL.has(entry.status)).map(({ entry }) => entry.id);

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) drop.classList.remove("over");
});
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take(await queue.droppedFiles(event.dataTransfer));
});
for (const [button, input] of [
  ["choose", "files"],
  ["choose-folder", "folder"],
]) {
  const chooser = document.getElementById(input);
  document.getElementById(button).addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    const files = input === "folder" ? queue.readable(chooser.files) : [...chooser.files];
    take(files);
    chooser.value = "";
  });
}
document.getElementById("clear").addEventListener("click", async () => {
  for (const [key, { entry, row }] of entries) {
    if (entry.state !== "refused" && !FINAL.has(entry.status)) continue;
    await queue.remove(key).catch(() => undefined);
    row.remove();
    entries.delete(key);
  }
  showAll();
});

for (const entry of await queue.all().catch(() => [])) add(entry);
showAll();
sendNext();
look(unfinished());
follow(
  (event) => {
    if (FINAL.has(event.status) && event.status === "failed") look([event.id]);
    else update(event.id, event.status);
  },
  () => look(unfinished()),
);
