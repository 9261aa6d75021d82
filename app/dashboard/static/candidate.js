// The candidate page: a value shows its place in the document, a place finds its value; actions and live state.

import { announce, call, localTimes } from "./page.js";
import { intoView, layOver, markLine, showAs, showPart, unmarkLines } from "./document_marks.js";
import { boxesOf, showPages } from "./document_pages.js";
import { follow } from "./live.js";

const candidate = document.getElementById("candidate");
const resumeId = candidate.dataset.id;
let places = JSON.parse(document.getElementById("places").textContent);
const scroller = document.getElementById("document-scroll");
const lines = document.getElementById("lines");
const pages = document.getElementById("pages");
const marks = new Map(); // key -> buttons over the pages

const valueOf = (key) => document.querySelector(`[data-place="${CSS.escape(key)}"]`);

/** Show the profile as it is now, without losing the place in the document or in the page; gives the page read. */
export async function refreshProfile() {
  const answer = await fetch(location.href);
  if (!answer.ok) throw new Error("The page could not be read again. Reload it.");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const wasOpen = document.getElementById("corrections")?.open;
  const focused = document.activeElement?.dataset?.value;
  const anchor = [...document.querySelectorAll("#profile [data-value]")].find((value) => value.getBoundingClientRect().top >= 0);
  const anchoredAt = anchor?.getBoundingClientRect().top;
  for (const part of ["#profile", ".candidate-name"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
  for (const part of ["places", "profile-now"]) document.getElementById(part).textContent = fresh.getElementById(part).textContent;
  document.title = fresh.title;
  const said = document.getElementById("place");
  if (!said.hasChildNodes()) said.replaceChildren(...fresh.getElementById("place").childNodes);
  const log = document.getElementById("corrections");
  if (log && wasOpen) log.open = true;
  places = JSON.parse(document.getElementById("places").textContent);
  localTimes(candidate);
  layMarks();
  markLines();
  const now = (pointer) => document.querySelector(`#profile [data-value="${CSS.escape(pointer)}"]`);
  if (focused) now(focused)?.focus({ preventScroll: true });
  const moved = scrollY > 0 && anchor && now(anchor.dataset.value);
  if (moved) scrollBy(0, moved.getBoundingClientRect().top - anchoredAt);
  return fresh;
}

// ---- Places

function clear() {
  for (const old of document.querySelectorAll(".value.chosen, .mark.chosen")) old.classList.remove("chosen");
  for (const old of document.querySelectorAll("[aria-current='location']")) old.removeAttribute("aria-current");
  unmarkLines(lines);
}

function choose(key, from) {
  const place = places[key];
  if (!place) return;
  clear();
  const value = valueOf(key);
  value?.classList.add("chosen");
  value?.setAttribute("aria-current", "location");
  const lineMark = markLine(lines, place);
  const [mark, ...others] = marks.get(key) ?? [];
  for (const each of [mark, ...others]) each?.classList.add("chosen");
  if (from === "value") {
    showPart("document");
    const inLines = !pages || pages.hidden;
    if (!inLines && !mark && lineMark) showAs("lines"); // a place without a box
    const target = !pages || pages.hidden ? lineMark : mark;
    if (target) intoView(target, scroller);
  } else if (value) {
    showPart("profile");
    intoView(value, null);
    value.focus({ preventScroll: true });
  }
  describe(place, value);
}

function describe(place, value) {
  const said = document.getElementById("place");
  const where = [pages ? `Page ${place.page}` : null, place.line ? `line ${place.line}` : null].filter(Boolean).join(", ");
  const decided = place.document_value === value?.textContent.trim() ? "confirmed" : "corrected";
  const byHand = place.source === "human" ? ` · ${decided} by ${place.by || "somebody"}` : null;
  const sure = place.confidence === null ? "" : ` · ${Math.round(place.confidence * 100)} % sure`;
  said.replaceChildren(`${where}${byHand ?? sure}`);
  const quote = document.createElement("q");
  quote.textContent = place.quote;
  if (!value || value.textContent.trim() !== place.quote) said.append(" · ", quote);
}

document.addEventListener("click", (event) => {
  const value = event.target.closest("[data-place]");
  if (value) choose(value.dataset.place, "value");
});

// A click on a line goes through the values that stand in it.
lines?.addEventListener("click", (event) => {
  const line = event.target.closest("li");
  if (!line || String(getSelection())) return;
  const keys = Object.keys(places).filter((key) => places[key].line === Number(line.dataset.line) && valueOf(key));
  if (keys.length === 0) return;
  const at = keys.findIndex((key) => valueOf(key).classList.contains("chosen"));
  choose(keys[(at + 1) % keys.length], "document");
});
function markLines() {
  for (const line of lines?.querySelectorAll(".used, .finding") ?? []) line.classList.remove("used", "finding");
  for (const place of Object.values(places)) {
    lines?.querySelector(`[data-line="${place.line}"]`)?.classList.add(place.kind === "finding" ? "finding" : "used");
  }
}
markLines();

for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => showPart(button.dataset.show));
}
for (const button of document.querySelectorAll("[data-view]")) {
  button.addEventListener("click", () => {
    showAs(button.dataset.view);
    const key = document.querySelector(".value.chosen")?.dataset.place;
    if (key) choose(key, "value");
  });
}

// ---- Pages

function layMarks() {
  if (!pages) return;
  for (const mark of [...marks.values()].flat()) mark.remove();
  marks.clear();
  const area = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);
  const boxed = Object.entries(places).flatMap(([key, place]) => boxesOf(place).map((at) => ({ key, place, ...at })));
  // The larger ones first, so that a small place inside a large one can be clicked.
  boxed.sort((a, b) => area(b.box) - area(a.box));
  for (const { key, place, page, box } of boxed) {
    const mark = document.createElement("button");
    mark.type = "button";
    mark.tabIndex = -1; // the values are the way by keyboard
    mark.className = `mark mark-${place.kind}`;
    mark.dataset.mark = key;
    mark.setAttribute("aria-label", `Find the value: ${place.quote}`);
    if (!layOver(pages, { page, box }, mark)) continue;
    if (marks.has(key)) marks.get(key).push(mark);
    else marks.set(key, [mark]);
  }
}

// The text layer covers the marks so that it can be selected; this finds the mark under the pointer.
const markAt = (event) => document.elementsFromPoint(event.clientX, event.clientY).find((each) => each.matches(".mark"));

pages?.addEventListener("click", (event) => {
  const mark = markAt(event);
  if (mark && getSelection().isCollapsed) choose(mark.dataset.mark, "document");
});
pages?.addEventListener("pointermove", (event) => {
  const mark = markAt(event);
  for (const old of pages.querySelectorAll(".mark.under")) if (old !== mark) old.classList.remove("under");
  mark?.classList.add("under");
  pages.classList.toggle("over-mark", Boolean(mark));
});

async function openPages() {
  layMarks();
  const note = document.getElementById("pages-note");
  try {
    const count = await showPages(pages);
    if (count === 0) throw new Error("The document has no pages.");
    layMarks();
    if (!note) return;
    note.remove();
    document.getElementById("views").hidden = false;
    showAs("pages");
    const key = document.querySelector(".value.chosen")?.dataset.place;
    if (key) choose(key, "value");
  } catch (error) {
    if (note) note.textContent = `The pages cannot be shown. ${error.message}`;
  }
}

if (pages) openPages();

// ---- Actions

const trouble = document.getElementById("trouble");

async function attempt(work) {
  trouble.hidden = true;
  try {
    await work();
  } catch (error) {
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
}

document.getElementById("reanalyse")?.addEventListener("click", () =>
  attempt(async () => {
    await call("POST", `/v1/resumes/${resumeId}/reanalyse`);
    location.reload();
  }),
);
const dialog = document.getElementById("confirm-delete");
document.getElementById("delete")?.addEventListener("click", () => {
  dialog.returnValue = "";
  dialog.showModal();
});
dialog.addEventListener("close", () => {
  if (dialog.returnValue !== "yes") return;
  attempt(async () => {
    await call("DELETE", `/v1/resumes/${resumeId}`);
    location.assign("/candidates");
  });
});
document.addEventListener("click", (event) => event.target.closest("#print") && print());

// `#/skills/0/keywords/2` of an address, as other pages link it, is that value.
const asked = decodeURIComponent(location.hash.slice(1));
if (asked.startsWith("/")) choose(asked, "value");

// ---- Live state

if (!["done", "failed"].includes(candidate.dataset.status)) followAnalysis();

function followAnalysis() {
  const states = { queued: "Waiting", extracting: "Reading", analysing: "Analysing" };
  const doings = { queued: "It is waiting in the queue.", extracting: "The document is being read.", analysing: "It is being analysed." };
  const soFar = document.getElementById("so-far");
  const meanwhile = document.getElementById("meanwhile");
  let status = candidate.dataset.status;
  let since = Date.now() - 1000 * Number(soFar.dataset.seconds);
  const ticking = setInterval(() => {
    soFar.textContent = `${Math.floor((Date.now() - since) / 1000)} s`;
  }, 1000);

  const tell = (state, word, doing) => {
    for (const shown of document.querySelectorAll(".candidate-head .state, .working .state")) {
      shown.textContent = word;
      shown.className = `state state-${state}`;
    }
    const said = document.getElementById("doing");
    if (said.textContent !== doing) said.textContent = doing; // it is read out at each change
  };
  const change = (next) => {
    if (!(next in states)) return finish(next);
    if (next === status) return;
    // The document has been read by now; a page that was opened before does not have it yet.
    if (next === "analysing" && !lines) return location.reload();
    status = next;
    since = Date.now();
    tell(next, states[next], doings[next]);
  };
  const look = async () => {
    const answer = await fetch(`/v1/resumes/${resumeId}`).catch(() => null);
    if (answer?.ok) change((await answer.json()).status);
    else if (answer?.status === 404) location.assign("/candidates");
  };

  let growing = null; // the analysis in progress
  let more = false;
  const grow = async (partial) => {
    tell("analysing", states.analysing, `${partial.client} is answering.`);
    if (candidate.dataset.hasResult) return; // the result before stays until there is a new one
    if (partial.profile) meanwhile.textContent = "The profile below is still being read.";
    if (growing) {
      more = true;
      return;
    }
    do {
      more = false;
      growing = getSelection().isCollapsed ? refreshProfile().catch(() => null) : Promise.resolve();
      await growing;
    } while (more && !ended);
    growing = null;
  };

  let ended = false;
  const finish = async (final) => {
    if (ended) return;
    ended = true;
    stop();
    clearInterval(ticking);
    await growing;
    try {
      if (final !== "done" || !lines) throw new Error("more than the profile is new");
      showFinal(await refreshProfile());
    } catch {
      location.reload();
    }
    announce("The analysis is finished");
  };
  const showFinal = (fresh) => {
    if (fresh.getElementById("candidate").dataset.status !== "done") throw new Error("begun anew");
    const working = document.getElementById("working");
    working.style.minHeight = `${working.offsetHeight}px`; // shorter words must not move what stands below
    tell("done", "Done", "The analysis is finished.");
    meanwhile.textContent = "";
    candidate.dataset.status = "done";
    document.querySelector(".actions .menu ul").replaceWith(fresh.querySelector(".actions .menu ul"));
    document.getElementById("reanalyse")?.removeAttribute("disabled");
    const corrections = fresh.querySelector("script[src$='/corrections.js']");
    if (corrections) import(corrections.getAttribute("src"));
  };

  const address = `/v1/resumes/${resumeId}/events${candidate.dataset.query}`;
  const stop = follow((event) => change(event.status), look, { address, onPartial: grow });
}
