// Charts as SVG: stacked bars, lines, upright marks, and a legend that shows the values under the pointer. Colours are those of
// the style sheet (`--series-1` ...), so a chart follows the theme by itself.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 240;
const TOP = 12;
const RIGHT = 14;
const BOTTOM = 26; // the labels below
const LEFT = 66; // the labels at the left
const LABEL_WIDTH = 84; // that a label below needs
const MOST_BAR = 36;
const GRID_LINES = 5;

function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const colour = (number) => `var(--series-${(number % 6) + 1})`;

/** Round numbers from 0 to at least `most`, about `count` of them. */
export function ticks(most, count) {
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, at) => at * step);
}

/**
 * Draw into `place`, and again when its width changes.
 *
 * `first` and `last` are the ends of the x axis, `most` the top of the y axis. `series` are `{name, kind, values}` over the shared
 * `xs`, with `kind` `bar` (stacked) or `line`; `uprights` are `{at, words, name}` with a colour's `name`. `xTicks(count)` gives
 * `[at, words]` for about so many labels; `xWords`, `yWords` and `yTick` turn values into words.
 */
export function drawChart(place, chart) {
  const names = document.createElement("ul");
  names.className = "legend";
  const values = [chart.xName, ...chart.series.map((each) => each.name)].map((name, at) => {
    const value = document.createElement("span");
    const entry = document.createElement("li");
    if (at) {
      const swatch = document.createElement("i");
      swatch.style.background = colour(chart.series[at - 1].colour ?? at - 1);
      entry.append(swatch);
    }
    entry.append(name, " ", value);
    names.append(entry);
    return value;
  });
  const say = (at) => {
    values[0].textContent = at === null ? "" : chart.xWords(chart.xs[at]);
    chart.series.forEach((each, number) => {
      values[number + 1].textContent = at === null ? "" : chart.yWords(each.values[at]);
    });
  };
  let drawn = null;
  const draw = () => {
    drawn?.remove();
    drawn = picture(place.clientWidth, chart, say);
    place.prepend(drawn);
  };
  place.replaceChildren(names);
  new ResizeObserver(draw).observe(place);
}

function picture(width, chart, say) {
  const right = width - RIGHT;
  const bottom = HEIGHT - BOTTOM;
  const x = (value) => LEFT + ((value - chart.first) / (chart.last - chart.first)) * (right - LEFT);
  const y = (value) => bottom - (value / chart.most) * (bottom - TOP);
  const drawing = svg("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
  for (const value of ticks(chart.most, GRID_LINES)) {
    drawing.append(svg("line", { class: "grid", x1: LEFT, x2: right, y1: y(value), y2: y(value) }));
    drawing.append(svg("text", { x: LEFT - 10, y: y(value) + 4, "text-anchor": "end" }, chart.yTick(value)));
  }
  for (const [at, words] of chart.xTicks(Math.max(2, Math.floor((right - LEFT) / LABEL_WIDTH)))) {
    drawing.append(svg("text", { x: x(at), y: HEIGHT - 8, "text-anchor": "middle" }, words));
  }
  const guide = svg("line", { class: "guide", y1: TOP, y2: bottom, visibility: "hidden" });
  drawing.append(guide, ...bars(chart, x, y), ...chart.series.flatMap((each, at) => (each.kind === "line" ? [line(each, at, chart.xs, x, y)] : [])));
  (chart.uprights ?? []).forEach(({ at, words, name }, row) => {
    const isLate = x(at) > LEFT + 0.7 * (right - LEFT);
    const mark = svg("line", { class: "upright", x1: x(at), x2: x(at), y1: TOP, y2: bottom });
    const text = svg("text", { x: x(at) + (isLate ? -6 : 6), y: TOP + 12 + 16 * row, "text-anchor": isLate ? "end" : "start" }, words);
    mark.style.stroke = text.style.fill = `var(--${name})`;
    drawing.append(mark, text);
  });
  drawing.addEventListener("pointermove", (event) => {
    const here = event.clientX - drawing.getBoundingClientRect().left;
    const at = chart.xs.reduce((best, value, index) => (Math.abs(x(value) - here) < Math.abs(x(chart.xs[best]) - here) ? index : best), 0);
    say(at);
    guide.setAttribute("x1", x(chart.xs[at]));
    guide.setAttribute("x2", x(chart.xs[at]));
    guide.setAttribute("visibility", "visible");
  });
  drawing.addEventListener("pointerleave", () => {
    say(null);
    guide.setAttribute("visibility", "hidden");
  });
  return drawing;
}

function bars({ series, xs }, x, y) {
  const stacked = series.map((each, at) => [each, at]).filter(([each]) => each.kind === "bar");
  if (!stacked.length) return [];
  const step = xs.length > 1 ? x(xs[1]) - x(xs[0]) : MOST_BAR;
  const width = Math.max(1, Math.min(MOST_BAR, 0.65 * step));
  const below = xs.map(() => 0);
  return stacked.flatMap(([{ values }, number]) =>
    xs.flatMap((at, index) => {
      if (!values[index]) return [];
      const from = y(below[index]);
      below[index] += values[index];
      const bar = svg("rect", { x: x(at) - width / 2, y: y(below[index]), width, height: from - y(below[index]), rx: 1.5 });
      bar.style.fill = colour(number);
      return [bar];
    }),
  );
}

function line({ values, colour: chosen }, number, xs, x, y) {
  const points = values.map((value, at) => `${x(xs[at]).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const drawn = svg("polyline", { class: "curve", points });
  drawn.style.stroke = colour(chosen ?? number);
  return drawn;
}
