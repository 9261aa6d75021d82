// The system page: clients from GET /v1/clients and checks from GET /readyz, asked again every few seconds.

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

const REASONS = { unreachable: "it cannot be reached", timeout: "it does not answer in time", config: "its key was refused" };

/** What the client's line says: how many of its endpoints take calls, and why the others do not. */
function stateOf(client) {
  if (!client.configured) return [["Not configured", "tag"], client.reason];
  const endpoints = client.endpoints ?? [];
  const troubled = endpoints.find((endpoint) => endpoint.state === "open") ?? endpoints.find((e) => e.state === "half-open");
  const down = endpoints.find((endpoint) => endpoint.health === "down");
  const reason = troubled?.why ? `Last failure: ${REASONS[troubled.why] ?? troubled.why.replaceAll("_", " ")}` : null;
  const well = endpoints.filter((endpoint) => endpoint.state === "closed" && endpoint.health !== "down" && !endpoint.drained).length;
  const share = endpoints.length > 1 ? `${well} of ${endpoints.length} endpoints take calls` : null;
  if (troubled && !well) return [troubled.state === "open" ? ["Taken out", "tag tag-bad"] : ["On trial", "tag tag-warn"], reason];
  if (down && !well) return [["Does not answer", "tag tag-bad"], share];
  if (endpoints.length && endpoints.every((endpoint) => endpoint.drained)) return [["Drained", "tag tag-warn"], share];
  if (well && well < endpoints.length) return [["Partly out", "tag tag-warn"], share];
  if (well) return [["Ready", "tag tag-good"], share];
  return [["Configured", "tag tag-good"], null];
}

function clientRow(client, anyShare) {
  const row = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.append(client.name === "builtin" ? "Built-in parser" : client.name);
  if (client.model) name.append(words(client.model, "under"));
  const [[state, className], reason] = stateOf(client);
  const said = cell(words(state, className));
  if (reason) said.append(words(reason, "under"));
  row.append(cell(client.order ?? "–"), name, cell(client.location === "local" ? "On your machines" : "Hosted"), said);
  if (anyShare) row.append(cell(typeof client.traffic_share === "number" ? `${Math.round(client.traffic_share * 100)} %` : "–", "number"));
  return row;
}

async function showClients() {
  const answer = await fetch("/v1/clients").catch(() => null);
  const body = document.getElementById("clients");
  if (!answer?.ok) return;
  const { clients } = await answer.json();
  const asked = clients.filter((client) => client.order !== null || client.functions.length);
  const anyShare = asked.some((client) => typeof client.traffic_share === "number");
  document.getElementById("share-head").hidden = !anyShare;
  body.replaceChildren(...asked.map((client) => clientRow(client, anyShare)));
}

const CHECKS = { postgres: "Postgres", redis: "Redis", files: "Files" };

async function showChecks() {
  const answer = await fetch("/readyz").catch(() => null);
  const { checks } = (await answer?.json().catch(() => null)) ?? {};
  const said = checks ?? { service: "The service does not answer." };
  const items = Object.entries(said).map(([name, state]) => {
    const item = document.createElement("li");
    item.append(words(CHECKS[name] ?? name, state === "ok" ? "state state-done" : "state state-failed"));
    if (state !== "ok") item.append(words(state, "under"));
    return item;
  });
  const list = document.getElementById("checks");
  const text = items.map((item) => item.textContent).join();
  if (list.dataset.text === text) return; // said once is enough for a screen reader
  list.dataset.text = text;
  list.replaceChildren(...items);
}

async function look() {
  await Promise.all([showClients(), showChecks()]);
  setTimeout(look, EVERY_MS);
}

look();
