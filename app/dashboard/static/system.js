// The system page: clients from GET /v1/clients and checks from GET /readyz, polled every few seconds.

const EVERY_MS = 5000;

function cell(content, className = "") {
  const element = document.createElement("td");
  element.className = className;
  element.append(content);
  return element;
}

function words(text, className) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

const REASONS = {
  unreachable: "it cannot be reached",
  timeout: "it does not respond in time",
  config: "its key was refused, or its account has no credit",
  rate_limited: "it is rate-limiting requests",
  server_error: "it responds with errors",
};
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "always", style: "short" });
const hostOf = (endpoint) => endpoint?.base_url?.replace(/^https?:\/\//, "").replace(/\/v1$/, "") ?? "its address";
const nameOf = (name) => (name === "builtin" ? "Built-in parser" : name);

function since(moment) {
  if (!moment) return "";
  const seconds = Math.max(0, (Date.now() - new Date(moment)) / 1000);
  if (seconds < 60) return AGO.format(-Math.round(seconds), "second");
  return seconds < 5400 ? AGO.format(-Math.round(seconds / 60), "minute") : AGO.format(-Math.round(seconds / 3600), "hour");
}

/** The client's state: whether it accepts calls, and why not. `takes` feeds the sentence about routing. */
function stateOf(client) {
  if (!client.configured) return { word: "Not connected", look: client.expected ? "tag tag-bad" : "tag", reason: client.reason, takes: false };
  const endpoints = client.endpoints ?? [];
  if (!client.expected) return { word: "Not connected", look: "tag", reason: `nothing has responded at ${hostOf(endpoints[0])}`, takes: false };
  const troubled = endpoints.find((endpoint) => endpoint.state === "open") ?? endpoints.find((e) => e.state === "half-open");
  const down = endpoints.find((endpoint) => endpoint.health === "down");
  const saturated = endpoints.some((endpoint) => endpoint.health === "saturated");
  const last = troubled?.why ? (REASONS[troubled.why] ?? troubled.why.replaceAll("_", " ")) : null;
  const reason = last ? `${last}${troubled.since ? `, ${since(troubled.since)}` : ""}` : null;
  const well = endpoints.filter((endpoint) => endpoint.state !== "open" && endpoint.health !== "down" && !endpoint.drained).length;
  const share = endpoints.length > 1 ? `${well} of ${endpoints.length} servers take calls` : null;
  if (troubled && !well) return { word: "Temporarily disabled", look: "tag tag-bad", reason, takes: false };
  if (troubled?.state === "half-open" && endpoints.length === 1) return { word: "Probing", look: "tag tag-warn", reason, takes: true };
  if (down && !well) return { word: "Not responding", look: "tag tag-bad", reason: share, takes: false };
  if (endpoints.length && endpoints.every((endpoint) => endpoint.drained)) return { word: "Drained", look: "tag tag-warn", reason: "by hand", takes: false };
  if (well && well < endpoints.length) return { word: "Partly available", look: "tag tag-warn", reason: [share, reason].filter(Boolean).join("; "), takes: true };
  if (saturated) return { word: "Overloaded", look: "tag tag-warn", reason: share, takes: true };
  if (well) return { word: "Ready", look: "tag tag-good", reason: share, takes: true };
  return { word: client.name === "builtin" ? "Always available" : "Configured", look: "tag tag-good", reason: null, takes: true };
}

function clientRow(client, answered) {
  const row = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.append(nameOf(client.name));
  if (client.model) name.append(words(client.model, "under"));
  const { word, look, reason } = stateOf(client);
  const said = cell(words(word, look));
  if (reason) said.append(words(reason, "under"));
  const flying = (client.endpoints ?? []).reduce((sum, endpoint) => sum + (endpoint.in_flight ?? 0), 0);
  const asked = client.attempts_last_hour;
  row.append(
    cell(client.order ?? "–"),
    name,
    cell(client.location === "local" ? "Self-hosted" : "Hosted"),
    said,
    cell(client.endpoints?.length ? flying : "–", "number"),
    cell(client.endpoints?.length ? `${client.answers_last_hour.toLocaleString()} of ${asked.toLocaleString()} answered` : "–", "number"),
    cell(answered && typeof client.traffic_share === "number" ? `${Math.round(client.traffic_share * 100)} %` : "–", "number"),
  );
  return row;
}

/** Which client is called first for each function now, and why the ones before it are not. */
function routing(functions, clients) {
  const known = new Map(clients.map((client) => [client.name, client]));
  const told = new Map(); // sentence -> functions
  for (const [name, order] of Object.entries(functions)) {
    const passed = [];
    let first = null;
    for (const candidate of order) {
      const client = known.get(candidate);
      const state = client ? stateOf(client) : null;
      if (candidate === "builtin" || state?.takes) {
        first = candidate;
        break;
      }
      passed.push(`${candidate} is ${(state?.word ?? "unknown").toLowerCase()}${state?.reason ? ` (${state.reason})` : ""}`);
    }
    const why = passed.length ? `, because ${passed.join(" and ")}` : ", the first in the order";
    const sentence = first === "builtin" ? `The built-in parser reads resumes now${why}.` : `Called first now: ${nameOf(first)}${why}.`;
    told.set(sentence, [...(told.get(sentence) ?? []), name]);
  }
  if (told.size === 1) return [...told.keys()];
  return [...told].map(([sentence, names]) => `${names.join(", ")}: ${sentence}`);
}

async function showClients() {
  const answer = await fetch("/v1/clients").catch(() => null);
  if (!answer?.ok) return;
  const { clients, functions } = await answer.json();
  const asked = clients.filter((client) => client.order !== null || client.functions.length);
  const answered = asked.some((client) => client.answers_last_hour > 0);
  document.getElementById("clients").replaceChildren(...asked.map((client) => clientRow(client, answered)));
  say(document.getElementById("routing-now"), routing(functions, clients).join(" "));
  const models = asked.filter((client) => client.name !== "builtin" && client.expected);
  const out = models.filter((client) => !stateOf(client).takes);
  const bar = document.getElementById("down");
  bar.hidden = out.length === 0;
  const outs = out.map((client) => client.name).join(", ");
  if (out.length) say(bar, out.length === models.length ? `No model is responding (${outs}). The built-in parser reads resumes, and they are analysed again when a model is back.` : `No calls go to ${outs} now. The next client in the order is called instead.`);
}

/** Announce a message only once. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const CHECKS = { postgres: "Postgres", redis: "Redis", files: "Files" };

async function showChecks() {
  const answer = await fetch("/readyz").catch(() => null);
  const { checks } = (await answer?.json().catch(() => null)) ?? {};
  const said = checks ?? { service: "The service is not responding." };
  const items = Object.entries(said).map(([name, state]) => {
    const item = document.createElement("li");
    item.append(words(CHECKS[name] ?? name, state === "ok" ? "state state-done" : "state state-failed"));
    if (state !== "ok") item.append(words(state, "under"));
    return item;
  });
  const list = document.getElementById("checks");
  const text = items.map((item) => item.textContent).join();
  if (list.dataset.text === text) return;
  list.dataset.text = text;
  list.replaceChildren(...items);
}

async function look() {
  await Promise.all([showClients(), showChecks()]);
  setTimeout(look, EVERY_MS);
}

look();
