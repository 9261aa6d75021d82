// Links and forms with `data-into="#part"` replace that part of the page instead of loading a new page. Without this script
// they are ordinary links and forms.

import { announce, csrf, localTimes } from "./page.js";

const loading = new Map(); // selector of a part -> the AbortController of its request
let shown = location.pathname + location.search;

/**
 * Replace the part `into` with the response of `address`: the part itself, or its new content. A newer request for the same part
 * cancels an older one. `push` adds the address to the browser's history; `scroll` scrolls to the selector, or to the top for `page`.
 */
export async function load(address, into, { push = false, scroll = null, body = null } = {}) {
  loading.get(into)?.abort();
  const request = new AbortController();
  loading.set(into, request);
  let text;
  try {
    const headers = { "X-Part": into, "X-Page-URL": location.href, "X-CSRF-Token": csrf };
    const answer = await fetch(address, { method: body ? "POST" : "GET", body, headers, signal: request.signal });
    if (answer.status === 401) return location.assign(answer.headers.get("X-Sign-In") ?? "/sign-in");
    if (!answer.ok) return body ? announce("The request failed. Try again.") : location.assign(address);
    text = await answer.text();
  } catch (error) {
    if (error.name !== "AbortError") announce("The service does not respond. Try again in a moment.");
    return;
  } finally {
    if (loading.get(into) === request) loading.delete(into);
  }
  if (request.signal.aborted) return;
  swap(into, text);
  if (push && address !== shown) {
    history.pushState(null, "", address);
    shown = address;
  }
  if (scroll === "page") scrollTo(0, 0);
  else if (scroll) document.querySelector(scroll)?.scrollIntoView();
}

function swap(into, text) {
  const old = document.querySelector(into);
  if (!old) return;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const same = fresh.querySelector(into);
  if (same) old.replaceWith(document.adoptNode(same));
  else old.replaceChildren(...fresh.body.childNodes);
  const part = document.querySelector(into);
  localTimes(part);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  part.dispatchEvent(new CustomEvent("vitae:swapped", { bubbles: true }));
}

/** The address of a form: its action with the fields that are not empty. */
function addressOf(form) {
  const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  return fields.size ? `${form.getAttribute("action")}?${fields}` : form.getAttribute("action");
}

export async function send(form) {
  const { into } = form.dataset;
  if (form.method !== "post") return load(addressOf(form), into, { push: true });
  const button = form.querySelector("button");
  button.disabled = true;
  await load(form.getAttribute("action"), into, { body: new URLSearchParams([...new FormData(form)]) });
  button.disabled = false;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-into]");
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  load(link.getAttribute("href").split("#")[0], link.dataset.into, { push: true, scroll: link.dataset.scroll ?? null });
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-into]")) return;
  event.preventDefault();
  send(event.target);
});
// Back and forward load the page of that address again.
addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) location.reload();
});

for (const part of document.querySelectorAll("[data-every-seconds]")) {
  setInterval(() => document.hidden || load(part.dataset.from, `#${part.id}`), 1000 * Number(part.dataset.everySeconds));
}
