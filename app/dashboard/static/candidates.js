// The list of candidates: rows change by themselves, files can be dropped anywhere, arrow keys go from row to row.

import { announce, localTimes } from "./page.js";
import { follow } from "./live.js";
import * as queue from "./upload_queue.js";

document.getElementById("hint-close")?.addEventListener("click", () => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `vitae_hint=off; Path=/; Max-Age=${365 * 24 * 3600}; SameSite=Strict${secure}`;
  document.getElementById("hint").remove();
});

const GATHER_MS = 200;
const BUSY_FACTOR = 20; // of the time the service took: many pages on a busy service ask it seldom
const LONGEST_PAUSE_MS = 10_000;
const MOST_ROWS = 100; // asked for at once
const FINAL = new Set(["done", "failed"]);
const changed = new Set();
let gathering = null;
let notBefore = 0; // performance.now() from which the next rows may be asked for

async function refresh() {
  gathering = null;
  const begun = performance.now();
  const table = document.querySelector("table.list");
  if (!table) return;
  const shown = (id) => document.getElementById(`r-${id}`);
  // New resumes belong into the newest page without search alone.
  const wanted = [...changed].filter((id) => shown(id) || table.dataset.live === "yes").slice(0, MOST_ROWS);
  changed.clear();
  if (wanted.length === 0) return;
  const address = `/candidates/rows?${wanted.map((id) => `id=${id}`).join("&")}`;
  const answer = await fetch(address).catch(() => null);
  const now = performance.now();
  notBefore = now + Math.min(LONGEST_PAUSE_MS, BUSY_FACTOR * (now - begun));
  if (!answer?.ok) return;
  const body = document.createElement("tbody");
  body.innerHTML = await answer.text();
  localTimes(body);
  const rows = document.getElementById("rows");
  let done = 0;
  for (const row of [...body.rows].reverse()) {
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

// A search that was typed is under way by itself. Its field's `change` comes when the field is left, for a state that is clicked
// for instance: as a search of its own it would bring back what was there before the click.
document.getElementById("q").addEventListener("change", (event) => event.stopPropagation());
// State and order are chosen beside the form, and hold for the next search, too.
document.addEventListener("htmx:afterSwap", () => {
  const chosen = document.querySelector(".chips [aria-current]");
  if (chosen) document.getElementById("status").value = chosen.dataset.state;
  const order = document.getElementById("order-choice").value;
  document.getElementById("order").value = order === "newest" ? "" : order;
});
document.addEventListener("change", (event) => {
  if (event.target.id !== "order-choice") return;
  const { address } = event.target.selectedOptions[0].dataset;
  htmx.ajax("GET", address, { target: "#results" });
  history.pushState({ htmx: true }, "", address);
});
// Addresses hold what was asked for and nothing else.
document.addEventListener("htmx:configRequest", (event) => {
  const { parameters } = event.detail;
  for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...document.querySelectorAll(".row-link")];
  const at = links.indexOf(document.activeElement); // letters are taken with a row in focus alone
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
    if (files.length) location.assign("/upload"); // which sends what waits
  });
}
