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

if (place && values.clients.length) {
  draw();
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  document.addEventListener("vitae:theme", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
