// Marks a place of a profile in the document, on its pages and in its text; used by the candidate and the review page.

/** Scroll `within` so that the element is in its middle; the page itself if `within` does not scroll. */
export function intoView(element, within) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!within || getComputedStyle(within).overflowY === "visible") {
    element.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    return;
  }
  const box = element.getBoundingClientRect();
  const frame = within.getBoundingClientRect();
  const top = within.scrollTop + box.top - frame.top - (frame.height - box.height) / 2;
  const left = within.scrollLeft + box.left - frame.left - (frame.width - box.width) / 2;
  within.scrollTo({ top, left, behavior: calm ? "auto" : "smooth" });
}

/** Mark the quote in its line; the whole line when the quote goes on in the next one. */
export function markLine(lines, place) {
  const text = lines?.querySelector(`[data-line="${place.line}"] .line-text`);
  if (!text) return null;
  const whole = text.textContent;
  const at = whole.indexOf(place.quote ?? whole);
  const mark = document.createElement("mark");
  mark.textContent = at < 0 ? whole : (place.quote ?? whole);
  if (at < 0) text.replaceChildren(mark);
  else text.replaceChildren(whole.slice(0, at), mark, whole.slice(at + mark.textContent.length));
  return mark;
}

export function unmarkLines(lines) {
  for (const mark of lines?.querySelectorAll("mark") ?? []) {
    const text = mark.parentElement;
    mark.replaceWith(mark.textContent);
    text.normalize();
  }
}

/** Lay the element over a box of a page; false if the page is not shown. */
export function layOver(pages, { page, box }, element) {
  const sheet = pages.querySelector(`[data-page="${page}"]`);
  if (!sheet) return false;
  const width = Number(sheet.dataset.width);
  const height = Number(sheet.dataset.height);
  const [x0, y0, x1, y1] = box;
  element.style.left = `${(100 * x0) / width}%`;
  element.style.top = `${(100 * y0) / height}%`;
  element.style.width = `${(100 * (x1 - x0)) / width}%`;
  element.style.height = `${(100 * (y1 - y0)) / height}%`;
  sheet.append(element);
  return true;
}

/** Show the document or what stands beside it; only one of them fits on a small screen. */
export function showPart(part) {
  document.querySelector(".beside").dataset.shown = part;
  for (const button of document.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === part));
  }
}

/** Show the document as its pages or as the lines of its text. */
export function showAs(kind) {
  const pages = document.getElementById("pages");
  const lines = document.getElementById("lines");
  if (!pages) return;
  pages.hidden = kind !== "pages";
  if (lines) lines.hidden = kind !== "lines";
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", String(button.dataset.view === kind));
  }
}
