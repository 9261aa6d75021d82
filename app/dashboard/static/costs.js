// The chart of the costs page: spend per day, the clients stacked on each other.

const values = JSON.parse(document.getElementById("chart-values").textContent);
const place = document.getElementById("chart");
const HUES = { light: ["#2b5a8a", "#d08a2e", "#3f8f6b", "#8a5aa8", "#b5524a", "#5b636c"], dark: ["#8db8e2", "#e2b566", "#83c9a0", "#c3a2da", "#f09a92", "#9ba5af"] };
const HEIGHT = 240;

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function usd(amount) {
  if (amount === null || amount === undefined) return "";
  if (amount === 0) return "$0";
  return amount >= 1 ? `$${amount.toFixed(2)}` : `$${Number(amount.toPrecision(2))}`;
}

/** From the amounts of each client to the upper edges of a stack, drawn from the top down. */
function stacked(series) {
  let below = values.days.map(() => 0);
  return series.map(({ usd: amounts }) => {
    below = below.map((sum, at) => sum + amounts[at]);
    return below;
  });
}

let chart = null;

function draw() {
  chart?.destroy();
  place.replaceChildren();
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const hues = HUES[isDark() ? "dark" : "light"];
  const edges = stacked(values.clients);
  const order = values.clients.map((_, at) => at).reverse();
  const bars = uPlot.paths.bars({ size: [0.65, 36], radius: 0.15 });
  const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  chart = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      legend: { live: true },
      scales: { x: { range: (_, first, last) => [first - 43200, last + 43200] }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: [
        { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map((t) => new Date(t * 1000).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" })), space: 70, incrs: [86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400] },
        { ...axis, size: 62, values: (_, ticks) => ticks.map(usd) },
      ],
      series: [
        { label: "Day", value: (_, t) => (t === null ? "" : new Date(t * 1000).toLocaleDateString(undefined, { dateStyle: "medium", timeZone: "UTC" })) },
        ...order.map((at) => ({
          label: values.clients[at].name,
          fill: hues[at % hues.length],
          stroke: hues[at % hues.length],
          width: 0,
          paths: bars,
          points: { show: false },
          value: (_, __, ___, day) => (day === null || day === undefined ? "" : usd(values.clients[at].usd[day])),
        })),
      ],
    },
    [values.days, ...order.map((at) => edges[at])],
    place,
  );
}

// ---- Break-even: the API's cost grows with each request, a machine of one's own costs the same every month.

const POINTS = 60;
const count = new Intl.NumberFormat(undefined);
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 0 });
let evenChart = null;

function drawBreakEven(known, forecast) {
  evenChart?.destroy();
  const spot = document.getElementById("break-even-chart");
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const [own, api] = HUES[isDark() ? "dark" : "light"];
  const today = known.requests_per_month ?? 0;
  const soon = forecast?.requests ?? 0;
  const most = 2 * Math.max(known.break_even_requests ?? 0, 0.6 * today, 0.6 * soon, 1000);
  const volumes = Array.from({ length: POINTS + 1 }, (_, at) => (most * at) / POINTS);
  const upright = (chart, volume, name, word, row) => {
    if (!volume || volume > most) return;
    const x = chart.valToPos(volume, "x", true);
    const { top, height } = chart.bbox;
    const { ctx } = chart;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour(name);
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = x > chart.bbox.left + 0.7 * chart.bbox.width ? "right" : "left";
    ctx.fillText(` ${word} `, x, top + 15 * row * devicePixelRatio);
    ctx.restore();
  };
  const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const value = (_, amount) => (amount === null ? "" : dollars.format(amount));
  evenChart = new uPlot(
    {
      width: spot.clientWidth,
      height: HEIGHT,
      pxAlign: 0,
      cursor: { drag: { x: false, y: false } },
      scales: { x: { time: false }, y: { range: (_, __, top) => [0, top * 1.08] } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((tick) => count.format(tick)) },
        { ...axis, size: 70, values: (_, ticks) => ticks.map((tick) => dollars.format(tick)) },
      ],
      series: [
        { label: "Requests per month", value: (_, volume) => (volume === null ? "" : count.format(Math.round(volume))) },
        { label: `${known.client} (API)`, stroke: api, width: 2, points: { show: false }, value },
        { label: `${known.cost_profile} (your machine)`, stroke: own, width: 2, points: { show: false }, value },
      ],
      hooks: {
        draw: [
          (chart) => {
            upright(chart, known.break_even_requests, "--dim", "break-even", 2);
            upright(chart, today, "--accent", "you, today", 1);
            if (Math.abs(soon - today) > most / 200) upright(chart, soon, "--good", "forecast, 30 days on", 3);
          },
        ],
      },
    },
    [volumes, volumes.map((volume) => volume * Number(known.api_request_usd)), volumes.map(() => Number(known.own_monthly_usd))],
    spot,
  );
}

async function showBreakEven() {
  const answer = await fetch("/v1/costs/break-even").catch(() => null);
  if (!answer?.ok) return; // nothing measured yet, or no such client: the page is whole without it
  const known = await answer.json();
  const expected = await fetch("/v1/costs/forecast?days=30").then((found) => found.json()).catch(() => ({}));
  const forecast = expected.forecast ?? null;
  const even = known.break_even_requests;
  const today = known.requests_per_month;
  const say = [
    even === null
      ? `The API of ${known.client} is cheaper at any number of requests.`
      : `${known.cost_profile} at ${dollars.format(Number(known.own_monthly_usd))} a month pays from ${count.format(even)} requests a month on.`,
    today === null ? "" : `The last 30 days had ${count.format(today)}.`,
    forecast ? `The next 30 days are forecast at ${count.format(forecast.requests)} (${count.format(forecast.requests_low)} to ${count.format(forecast.requests_high)} in 80 % of cases).` : "",
    known.switch?.explanation ?? "",
  ];
  document.getElementById("break-even-say").textContent = say.filter(Boolean).join(" ");
  document.getElementById("break-even-basis").textContent = `One request to ${known.client} costs $${known.api_request_usd} (${known.price_source}).`;
  document.getElementById("break-even").hidden = false;
  drawBreakEven(known, forecast);
  document.addEventListener("vitae:theme", () => drawBreakEven(known, forecast));
  new ResizeObserver(([{ target }]) => evenChart.setSize({ width: target.clientWidth, height: HEIGHT })).observe(
    document.getElementById("break-even-chart"),
  );
}

showBreakEven();

if (place && values.clients.length) {
  draw();
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  document.addEventListener("vitae:theme", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
