// The pages of the document: images that the service drew, and over each its words as text that can be selected and found.

const FONT = '"Liberation Sans", Arial, Helvetica, sans-serif'; // as `.text-row` has it
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;
const MOST_TRIES = 5;
const PAGES_AT_ONCE = 3;
const wordsOfLine = new Map(); // line number -> words of the pages, each with its page
const pen = document.createElement("canvas").getContext("2d");
pen.font = `100px ${FONT}`;
pen.fontKerning = "none";

/** Show the pages in `container`; resolves when their words are known. Throws an Error whose message can be shown. */
export async function showPages(container) {
  for (const sheet of container.children) prepare(sheet);
  const answer = await asked(container.dataset.address);
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? `The service returned ${answer.status}.`);
  const { pages } = await answer.json();
  for (const page of pages) {
    const sheet = container.querySelector(`[data-page="${page.number}"]`) ?? addSheet(container, page);
    for (const word of page.words) {
      if (word.line === null) continue;
      if (!wordsOfLine.has(word.line)) wordsOfLine.set(word.line, []);
      wordsOfLine.get(word.line).push({ ...word, page: page.number });
    }
    sheet.append(textLayer(page));
    if (page.number > PAGES_AT_ONCE) await new Promise((resolve) => setTimeout(resolve)); // keeps the page responsive
  }
  return pages.length;
}

/** Where a place of the profile is on the pages: `{page, box}`, one for each row of words. */
export function boxesOf(place) {
  if (place.box) return (place.boxes ?? [place.box]).map((box) => ({ page: place.page, box }));
  const words = wordsOfLine.get(place.line) ?? [];
  return rows(quoted(words, place.quote)).map((row) => ({ page: row[0].page, box: around(row) }));
}

// ---- Images

function prepare(sheet) {
  sheet.style.aspectRatio = `${sheet.dataset.width} / ${sheet.dataset.height}`;
  const image = sheet.querySelector("img");
  const drawn = () => {
    sheet.dataset.drawn = "yes";
  };
  image.addEventListener("load", drawn);
  image.addEventListener("error", () => recover(sheet, image), { once: true });
  if (!image.complete) return;
  if (image.naturalWidth) drawn();
  else recover(sheet, image);
}

function addSheet(container, { number, width, height, image: address }) {
  const sheet = document.createElement("div");
  sheet.className = "sheet";
  Object.assign(sheet.dataset, { page: number, width, height });
  const image = new Image(Math.round(width), Math.round(height));
  image.alt = `Page ${number} of the document`;
  image.loading = number > 2 ? "lazy" : "eager";
  image.draggable = false;
  image.src = address;
  sheet.append(image);
  container.append(sheet);
  prepare(sheet);
  return sheet;
}

/** A failed image carries no reason, so the service is asked for it. */
async function recover(sheet, image) {
  const answer = await asked(image.src).catch(() => null);
  if (answer?.ok) {
    image.src = URL.createObjectURL(await answer.blob());
    return;
  }
  const problem = await answer?.json().catch(() => null);
  const note = document.createElement("p");
  note.className = "not-drawn";
  note.textContent = `This page cannot be shown. ${problem?.detail ?? "The service does not respond."}`;
  sheet.append(note);
}

/** Like `fetch`, but retries while the service is drawing too many other pages. */
async function asked(address) {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(address);
    if (answer.status !== 503 || attempt === MOST_TRIES) return answer;
    const seconds = Number(answer.headers.get("Retry-After")) || 3;
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}

// ---- Text

function textLayer(page) {
  const layer = document.createElement("div");
  layer.className = "text-layer";
  const lines = [];
  for (const word of page.words) {
    const last = lines.at(-1);
    if (last && last[0].line === word.line) last.push(word);
    else lines.push([word]);
  }
  for (const row of lines.flatMap(rows)) {
    const parts = row.some((word) => RIGHT_TO_LEFT.test(word.text)) ? row.map((word) => [word]) : [row];
    for (const part of parts) layer.append(textRow(part, page), " ");
    layer.append(document.createElement("br"));
  }
  return layer;
}

/** Words next to each other as one run of text, spaced so that each letter is about where the page shows it. */
function textRow(row, page) {
  const [x0, y0, , y1] = around(row);
  const size = y1 - y0;
  const element = document.createElement("span");
  element.className = "text-row";
  element.style.left = `${(100 * x0) / page.width}%`;
  element.style.top = `${(100 * y0) / page.height}%`;
  element.style.fontSize = `${(100 * size) / page.width}cqw`;
  row.forEach((word, at) => {
    element.append(spaced(word.text, word.box[2] - word.box[0], size));
    if (at + 1 < row.length) element.append(spaced(" ", row[at + 1].box[0] - word.box[2], size));
  });
  return element;
}

function spaced(text, width, size) {
  const part = document.createElement("span");
  part.textContent = text;
  const natural = pen.measureText(text).width / 100;
  part.style.letterSpacing = `${((width / size - natural) / [...text].length).toFixed(4)}em`;
  return part;
}

// ---- Boxes

/** Splits the words of one line where a new row or page begins. */
function rows(words) {
  const parted = [];
  for (const word of words) {
    const row = parted.at(-1);
    const last = row?.at(-1);
    const middle = (word.box[1] + word.box[3]) / 2;
    const follows = last && last.page === word.page && middle > last.box[1] && middle < last.box[3];
    if (follows) row.push(word);
    else parted.push([word]);
  }
  return parted;
}

function around(words) {
  const edge = (at, choose) => choose(...words.map((word) => word.box[at]));
  return [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
}

/** The words that contain the quote; all words if the quote is not found. */
function quoted(words, quote) {
  const bare = (text) => text.replace(/\s+/gu, "").toLowerCase();
  const at = bare(words.map((word) => word.text).join("")).indexOf(bare(quote ?? ""));
  if (!quote || at < 0) return words;
  let begun = 0;
  return words.filter((word) => {
    const begin = begun;
    begun += bare(word.text).length;
    return begin < at + bare(quote).length && begun > at;
  });
}
