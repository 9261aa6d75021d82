// The list of candidates: live rows, drag and drop anywhere, arrow keys to move between rows.

import { announce, localTimes } from "./page.js";
import { follow } from "./live.js";
import { load, send } from "./parts.js";
import * as queue from "./upload_queue.js";

document.getElementById("hint-close")?.addEventListener("click", () => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `vitae_hint=off; Path=/; Max-Age=${365 * 24 * 3600}; SameSite=Strict${secure}`;
  document.getElementById("hint").remove();
});

const GATHER_MS = 200;
const TYPING_MS = 250;
const CHOOSING_MS = 50;
const BUSY_FACTOR = 20; // times the response time: many open pages on a busy service poll rarely
const LONGEST_PAUSE_MS = 10_000;
const MOST_ROWS = 100; // requested at once
const FINAL = new Set(["done", "failed"]);
const changed = new Set();
/** Ids deleted on this page: a refresh that was already running must not bring their rows back. */
export const deletedIds = new Set();
let gathering = null;
let notBefore = 0; // performance.now() before which no rows are requested

async function refresh() {
  gathering = null;
  const begun = performance.now();
  const table = document.querySelector("table.list");
  if (!table) return;
  const shown = (id) => document.getElementById(`r-${id}`);
  // New resumes appear only on the newest page without a search.
  const wanted = [...changed].filter((id) => shown(id) || table.dataset.live === "yes").slice(0, MOST_ROWS);
  changed.clear();
  if (wanted.length === 0) return;
  const address = `/candidates/rows?${wanted.map((id) => `id=${id}`).join("&")}`;
  const answer = await fetch(address).catch(() => null);
  const now = performance.now();
  notBefore = now + Math.min(LONGEST_PAUSE_MS, BUSY_FACTOR * (now - begun));
  if (!answer?.ok) return;
  const text = await answer.text();
  if (!table.isConnected) {
    // Meanwhile a search has replaced the list; the rows that it shows may be older than this change.
    wanted.forEach(change);
    return;
  }
  const body = document.createElement("tbody");
  body.innerHTML = text;
  localTimes(body);
  const rows = document.getElementById("rows");
  let done = 0;
  for (const row of [...body.rows].reverse()) {
    if (deletedIds.has(row.dataset.id)) continue;
    const old = document.getElementById(row.id);
    if (old) {
      const focused = old.contains(document.activeElement);
      if (FINAL.has(row.dataset.status) && !FINAL.has(old.dataset.status)) done += 1;
      row.querySelector(".pick input").checked = old.querySelector(".pick input").checked;
      old.replaceWith(row);
      if (focused) row.querySelector("a").focus();
    } else {
      rows.prepend(row);
      document.getElementById("table-frame").classList.remove("gone");
      document.getElementById("no-candidates")?.remove();
    }
  }
  if (done) announce(done === 1 ? "One resume is finished" : `${done} resumes are finished`);
}

function change(id) {
  changed.add(id);
  gathering ??= setTimeout(refresh, Math.max(GATHER_MS, notBefore - performance.now()));
}

async function poll() {
  for (const row of document.querySelectorAll("#rows tr")) {
    if (!FINAL.has(row.dataset.status)) change(row.dataset.id);
  }
  if (document.querySelector("table.list")?.dataset.live !== "yes") return;
  const answer = await fetch("/v1/resumes?limit=20").catch(() => null);
  if (!answer?.ok) return;
  for (const item of (await answer.json()).items) if (!document.getElementById(`r-${item.id}`)) change(item.id);
}

follow((event) => change(event.id), poll);

// Typing starts the search. The field's `change` event comes when it loses focus, for example to a click on a state; as another
// search it would restore the results from before the click.
const finder = document.getElementById("finder");
const search = document.getElementById("q");
let typing = null;
const soon = (milliseconds) => {
  clearTimeout(typing);
  typing = setTimeout(() => send(finder), milliseconds);
};
search.addEventListener("input", () => soon(TYPING_MS));
finder.addEventListener("change", (event) => event.target !== search && soon(CHOOSING_MS));
finder.addEventListener("submit", () => clearTimeout(typing));
// State and order are outside the form and also apply to the next search.
document.addEventListener("vitae:swapped", () => {
  const chosen = document.querySelector(".chips [aria-current]");
  if (chosen) document.getElementById("status").value = chosen.dataset.state;
  const order = document.getElementById("order-choice").value;
  document.getElementById("order").value = order === "newest" ? "" : order;
});
document.addEventListener("change", (event) => {
  if (event.target.id !== "order-choice") return;
  load(event.target.selectedOptions[0].dataset.address, "#results", { push: true });
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...document.querySelectorAll(".row-link")];
  const at = links.indexOf(document.activeElement); // letter keys work only with a row in focus
  const fromSearch = document.activeElement?.id === "q" && event.key === "ArrowDown";
  if (at < 0 && !fromSearch) return;
  event.preventDefault();
  (links[fromSearch ? 0 : at + step] ?? document.getElementById("q"))?.focus();
});

const sheet = document.getElementById("drop-anywhere");
const mayUpload = document.querySelector('.places a[href="/upload"]') !== null;
if (mayUpload) {
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      sheet.hidden = false;
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) sheet.hidden = true;
  });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    sheet.hidden = true;
    const files = await queue.droppedFiles(event.dataTransfer);
    for (const file of files) await queue.put(queue.newEntry(file, false));
    if (files.length) location.assign("/upload"); // which sends the waiting files
  });
}
