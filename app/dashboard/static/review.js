// The review page: asks about one doubtful value after another and marks its place in the document. Every decision is a change of
// the profile by the API; then the questions that are left are read again.

import { announce, call } from "./page.js";
import { intoView, layOver, markLine, showAs, showPart, unmarkLines } from "./document_marks.js";
import { boxesOf, showPages } from "./document_pages.js";
import { changesOf, entryOf, fieldsOf } from "./entry_form.js";

const review = document.getElementById("review");
const resumeId = review.dataset.id;
const address = `/v1/resumes/${resumeId}/profile`;
const next = review.dataset.next;
const below = new URLSearchParams(next.split("?")[1]).get("below");
const scroller = document.getElementById("document-scroll");
const pages = document.getElementById("pages");
const lines = document.getElementById("lines");
const keys = document.getElementById("keys");
const trouble = document.getElementById("trouble");

const MOST_COUNTED = 1000; // the service counts no further
const known = () => JSON.parse(document.getElementById("review-now").textContent);
const keyOf = (question) => JSON.stringify([question.pointer, question.value]);
let questions = known().questions;
let current = 0; // index of the question; questions.length at the end
let decided = 0;
let candidates = Number(review.dataset.candidates);
let busy = false;
const skipped = new Set(); // keys of questions
const undoable = []; // {count, key} of each decision: how many corrections it made, and about which question

// ---- The questions

const item = (number) => document.querySelector(`.question[data-number="${number}"]`);

function open(number, { focus = true } = {}) {
  current = number;
  closeForm();
  const ended = number >= questions.length;
  questions.forEach((question, at) => {
    const row = item(at);
    row.classList.toggle("current", at === number);
    row.classList.toggle("skipped", skipped.has(keyOf(question)));
    row.querySelector(".question-row").hidden = at === number;
    row.querySelector(".question-body").hidden = at !== number;
  });
  document.getElementById("end").hidden = !ended;
  tellProgress();
  mark();
  const target = ended ? document.getElementById("go-on") : item(number).querySelector(".question-body");
  if (ended) showEnd();
  if (focus) target.focus({ preventScroll: true });
  (ended ? document.getElementById("end") : item(number)).scrollIntoView({ block: "nearest" });
}

function tellProgress() {
  const total = decided + questions.length;
  const at = Math.min(decided + current + 1, total);
  const ended = current >= questions.length;
  document.getElementById("progress-values").textContent = ended ? `${decided} of ${count(total, "value")} decided` : `Value ${at} of ${total}`;
  const many = candidates < MOST_COUNTED ? count(candidates, "candidate") : `${MOST_COUNTED} or more candidates`;
  document.getElementById("progress-candidates").textContent = `${many} left`;
  Object.assign(document.getElementById("progress"), { max: Math.max(total, 1), value: decided });
}

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

function showEnd() {
  const left = questions.length;
  document.getElementById("end-words").textContent = left ? `${count(left, "value")} skipped.` : "All values of this candidate are decided.";
  document.getElementById("go-on").href = next;
}

/** The next question from `from` on that was not skipped; the end if there is none. */
function nextOpen(from) {
  const order = [...questions.keys()].map((at) => (at + from) % Math.max(questions.length, 1));
  return order.find((at) => !skipped.has(keyOf(questions[at]))) ?? questions.length;
}

function move(step) {
  if (questions.length === 0) return;
  const at = current >= questions.length ? (step > 0 ? 0 : questions.length - 1) : current + step;
  open(Math.max(0, Math.min(questions.length - 1, at)));
}

/** Read the questions that are left. `about` is the key of the question to show; otherwise the one that follows. */
async function refresh(about = null) {
  const answer = await fetch(`/review?candidate=${resumeId}&below=${below}`);
  if (answer.status === 404) return gone();
  if (!answer.ok) throw new Error("The page could not be read again. Reload it.");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  candidates = Number(fresh.getElementById("review")?.dataset.candidates ?? candidates);
  const part = fresh.getElementById("questions");
  const at = current;
  if (part) {
    document.getElementById("questions").replaceWith(document.adoptNode(part));
    questions = known().questions;
  } else {
    for (const row of document.querySelectorAll(".question")) row.remove();
    questions = [];
  }
  const named = questions.findIndex((question) => keyOf(question) === about);
  open(named >= 0 ? named : nextOpen(Math.min(at, Math.max(questions.length - 1, 0))));
}

function gone() {
  for (const row of document.querySelectorAll(".question")) row.remove();
  questions = [];
  open(0);
  document.getElementById("end-words").textContent = "This candidate has been deleted.";
}

// ---- Decisions

/** Send a decision as JSON Patch. A change by somebody else, or a second press of a key, is refused by the version. */
async function decide(operations, word) {
  const question = questions[current];
  if (busy || !question) return;
  busy = true;
  trouble.hidden = true;
  review.classList.add("busy");
  try {
    await call("PATCH", address, { body: operations, headers: { "If-Match": `"${known().version}"` } });
    undoable.push({ count: operations.filter(({ op }) => op !== "test").length, key: keyOf(question) });
    decided += 1;
    skipped.delete(keyOf(question));
    await refresh();
    announce(word);
  } catch (error) {
    await recover(error);
  } finally {
    busy = false;
    review.classList.remove("busy");
  }
}

async function recover(error) {
  if (error.status === 404) return gone();
  const field = document.querySelector(".review-form [role='alert']");
  if (field) {
    field.textContent = error.message;
    return;
  }
  trouble.textContent = error.message;
  trouble.hidden = false;
  if (error.status === 409 || error.status === 412) await refresh().catch(() => null);
}

function accept() {
  const { kind, pointer, value } = questions[current];
  if (kind === "left_out") return decide([{ op: "add", path: pointer, value }], "Added");
  return decide([{ op: "confirm", path: pointer, value }], "Accepted");
}

function choose(number) {
  const { kind, pointer, value, choices } = questions[current];
  if (number === 0) return accept();
  if (kind !== "value" || number > choices.length) return undefined;
  return decide(replacing(pointer, value, choices[number - 1]), "Changed");
}

const replacing = (pointer, before, after) => [
  { op: "test", path: pointer, value: before },
  { op: "replace", path: pointer, value: after },
];

function remove() {
  const { kind, pointer, value } = questions[current];
  if (kind === "left_out") return decide([{ op: "leave_out", path: pointer, value }], "Left out");
  return decide([{ op: "test", path: pointer, value }, { op: "remove", path: pointer }], "Removed");
}

function skip() {
  skipped.add(keyOf(questions[current]));
  announce("Skipped");
  open(nextOpen((current + 1) % questions.length));
}

async function undo() {
  const last = undoable.pop();
  if (busy || !last) return;
  busy = true;
  trouble.hidden = true;
  try {
    const { items } = await (await call("GET", `${address}/corrections`)).json();
    const made = items.filter((row) => row.undone_at === null).slice(0, last.count);
    for (const row of made) await call("DELETE", `${address}/corrections/${row.number}`);
    decided -= 1;
    await refresh(last.key);
    announce("Undone");
  } catch (error) {
    await recover(error);
  } finally {
    busy = false;
  }
}

// ---- Another value, typed

function closeForm() {
  const form = document.querySelector(".review-form");
  if (!form) return;
  const body = form.closest(".question-body");
  form.remove();
  for (const part of body.querySelectorAll(".options, .entry-rows, .question-actions")) part.hidden = false;
  body.focus({ preventScroll: true });
}

function edit() {
  const question = questions[current];
  const body = item(current).querySelector(".question-body");
  if (body.querySelector(".review-form")) return;
  for (const part of body.querySelectorAll(".options, .entry-rows, .question-actions")) part.hidden = true;
  const form = document.createElement("form");
  form.className = "review-form";
  const fields = document.createElement("div");
  fields.className = "fields";
  const isText = question.kind === "value";
  fields.append(...(isText ? [valueField(question.value)] : fieldsOf(known().fields[question.pointer.split("/")[1]], question.value)));
  const alert = document.createElement("p");
  alert.setAttribute("role", "alert");
  const actions = document.createElement("div");
  actions.className = "question-actions";
  const save = Object.assign(document.createElement("button"), { textContent: "Save" });
  const cancel = Object.assign(document.createElement("button"), { type: "button", textContent: "Cancel", className: "secondary outline" });
  cancel.addEventListener("click", closeForm);
  actions.append(save, cancel);
  form.append(fields, alert, actions);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    saveForm(question, form);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeForm();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  body.append(form);
  const first = form.querySelector("input, textarea");
  first.focus();
  first.select();
}

function valueField(value) {
  const label = document.createElement("label");
  const long = value.length > 60;
  const field = document.createElement(long ? "textarea" : "input");
  if (long) field.rows = Math.min(8, Math.ceil(value.length / 60) + 1);
  field.name = "value";
  field.value = value;
  label.className = "whole";
  label.append("Right value", field);
  return label;
}

function saveForm({ kind, pointer, value }, form) {
  if (kind === "value") {
    const text = form.querySelector("[name='value']").value.trim();
    if (text === value) accept();
    else decide(replacing(pointer, value, text), "Changed");
  } else if (kind === "left_out") {
    const entry = entryOf(form);
    // The entry as it was read is decided, too, so that it is not asked again.
    decide([{ op: "leave_out", path: pointer, value }, { op: "add", path: pointer, value: entry }], "Added");
  } else {
    const changes = changesOf(form, { pointer, entry: value, isNew: false });
    const entry = { ...value };
    for (const { op, path, value: text } of changes) {
      const name = path.split("/").at(-1);
      if (op === "remove") delete entry[name];
      else entry[name] = text;
    }
    decide([{ op: "test", path: pointer, value }, ...changes, { op: "confirm", path: pointer, value: entry }], "Changed");
  }
}

// ---- Places in the document

function mark() {
  for (const old of document.querySelectorAll(".sheet .mark")) old.remove();
  unmarkLines(lines);
  const question = questions[current];
  describe(question?.places[0]);
  if (!question) return;
  const [first] = question.places.map((place) => layMarks(place, "chosen"));
  const others = question.others.map((place) => layMarks(place, "other"));
  const place = first ?? others[0];
  if (!place) return;
  const shown = pages && !pages.hidden ? place.onPage : place.inLine;
  if (shown) intoView(shown, scroller);
}

function describe(place) {
  const where = place ? [place.page && pages ? `Page ${place.page}` : null, place.line ? `line ${place.line}` : null] : [];
  const words = where.filter(Boolean).join(", ");
  document.getElementById("place").textContent = words.replace(/^l/, "L");
}

/** Gives the first mark on a page and the mark in the text. In a line with marks, the other reading's value is marked only if found. */
function layMarks(place, kind) {
  const taken = lines?.querySelector(`[data-line="${place.line}"] mark`);
  let onPage = null;
  let boxes = pages ? boxesOf(place) : [];
  if (kind === "other" && taken) {
    if (JSON.stringify(boxes) === JSON.stringify(boxesOf({ ...place, quote: null }))) boxes = [];
  }
  for (const at of boxes) {
    const same = JSON.stringify(at); // both dates of a period have one box
    if (document.querySelector(`.sheet .mark[data-box='${same}']`)) continue;
    const over = document.createElement("i");
    over.className = `mark ${kind}`;
    over.dataset.box = same;
    if (layOver(pages, at, over)) onPage ??= over;
  }
  if (kind === "other" && taken) return { onPage, inLine: null };
  const inLine = markLine(lines, taken ? { ...place, quote: null } : place);
  inLine?.classList.toggle("other", kind === "other");
  return { onPage, inLine };
}

async function drawPages() {
  const note = document.getElementById("pages-note");
  try {
    if ((await showPages(pages)) === 0) throw new Error("The document has no pages.");
    if (note) {
      note.remove();
      document.getElementById("views").hidden = false;
      showAs("pages");
    }
    mark();
  } catch (error) {
    if (note) note.textContent = `The pages cannot be shown. ${error.message}`;
  }
}

// ---- Keys and buttons

const ACTS = { accept, edit, remove, skip };
const KEYS = { a: accept, enter: accept, e: edit, x: remove, s: skip };
const MOVES = { j: 1, arrowdown: 1, k: -1, arrowup: -1 };
const mayDecide = () => document.querySelector(".question.current [data-act]") !== null;

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  if (target.closest("input, textarea, select, details[open], .review-form")) return;
  const key = event.key.toLowerCase();
  if (key in MOVES && !(key.startsWith("arrow") && target.closest("#document-scroll"))) {
    event.preventDefault();
    move(MOVES[key]);
    return;
  }
  if (event.repeat) return; // a key that is held down decides only once
  if (key === "?") keys.showModal();
  else if (key === "n") location.assign(next);
  else if (key === "u") undo();
  else if (mayDecide() && /^[1-9]$/.test(key)) choose(Number(key) - 1);
  else if (mayDecide() && key in KEYS && !(key === "enter" && target.closest("button, a, summary"))) {
    event.preventDefault();
    KEYS[key]();
  }
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act], [data-choice], [data-open]");
  if (!button) return;
  if (button.dataset.act) ACTS[button.dataset.act]();
  else if (button.dataset.choice) choose(Number(button.dataset.choice));
  else open(Number(button.dataset.open));
});
document.getElementById("show-keys").addEventListener("click", () => keys.showModal());
document.getElementById("below").addEventListener("change", (event) => event.target.form.requestSubmit());
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    showPart(button.dataset.show);
    mark();
  });
}
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    showAs(button.dataset.view);
    mark();
  });
}

open(0);
if (pages) drawPages();
