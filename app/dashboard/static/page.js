// Shared by all pages: colors, times in the reader's time zone, calls of the API, menus.

export const csrf = document.body.dataset.csrf ?? "";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

function ago(moment) {
  const seconds = (Date.now() - moment) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return AGO.format(-Math.max(1, Math.round(seconds / 60)), "minute");
  if (seconds < 22 * 3600) return AGO.format(-Math.round(seconds / 3600), "hour");
  return seconds < 6 * 86400 ? AGO.format(-Math.max(1, Math.round(seconds / 86400)), "day") : DAY.format(moment);
}

/** Show every time below `root` in the reader's zone and language. */
export function localTimes(root = document) {
  for (const element of root.querySelectorAll("time[data-style]")) {
    const moment = new Date(element.dateTime);
    const style = element.dataset.style;
    element.textContent = style === "ago" ? ago(moment) : style === "day" ? DAY.format(moment) : MOMENT.format(moment);
    element.title = EXACT.format(moment);
  }
}

/** Announce something to screen readers. */
export function announce(text) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = text;
}

/** Call the API with this session; returns the response, or throws an Error with a message for people and its `status`. */
export async function call(method, address, { body, headers } = {}) {
  let answer;
  try {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const kind = body === undefined ? {} : { "Content-Type": "application/json" };
    answer = await fetch(address, { method, headers: { "X-CSRF-Token": csrf, ...kind, ...headers }, ...sent });
  } catch {
    throw new Error("The service is not responding. Try again in a moment.");
  }
  if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail ?? `The service responded with ${answer.status}.`), { status: answer.status });
}

const THEMES = ["system", "light", "dark"];
const THEME_WORDS = { system: "Colors: system setting", light: "Colours: light", dark: "Colours: dark" };

function showTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  button.setAttribute("aria-label", THEME_WORDS[theme]);
  button.title = THEME_WORDS[theme];
}

function rememberedTheme() {
  try {
    return localStorage.getItem("theme") ?? "system";
  } catch {
    return "system";
  }
}

const themeButton = document.getElementById("theme");
if (themeButton) {
  let theme = rememberedTheme();
  showTheme(theme);
  themeButton.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try {
      if (theme === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch {
      // It applies to this page.
    }
    showTheme(theme);
    document.dispatchEvent(new CustomEvent("vitae:theme"));
  });
}

for (const button of document.querySelectorAll("[data-set-view]")) {
  button.addEventListener("click", () => {
    const life = button.dataset.setView ? 365 * 24 * 3600 : 0;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `vitae_view=${button.dataset.setView}; Path=/; Max-Age=${life}; SameSite=Strict${secure}`;
    location.reload();
  });
}
// Menus close by themselves: by a click elsewhere, and by Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

localTimes();
setInterval(localTimes, 30_000);
document.addEventListener("keydown", (event) => {
  if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
    const search = document.getElementById("q");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }
});
