// The charts of the costs page: spend per day with the clients stacked on each other, and where a machine of your own pays.

import { drawChart, ticks } from "./chart.js";

const DAY_SECONDS = 86400;
const spend = JSON.parse(document.getElementById("chart-values").textContent);
const place = document.getElementById("chart");
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const wholeDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const count = new Intl.NumberFormat(undefined);
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 0 });

function usd(amount) {
  if (amount === null || amount === undefined) return "";
  if (amount === 0) return "$0";
  return amount >= 1 ? `$${amount.toFixed(2)}` : `$${Number(amount.toPrecision(2))}`;
}

function drawSpend() {
  const { days, clients } = spend;
  const most = Math.max(...days.map((_, at) => clients.reduce((sum, client) => sum + client.usd[at], 0)));
  drawChart(place, {
    first: days[0] - DAY_SECONDS / 2,
    last: days.at(-1) + DAY_SECONDS / 2,
    most: most > 0 ? most * 1.1 : 1,
    xs: days,
    xName: "Day",
    series: clients.map(({ name, usd: values }) => ({ name, kind: "bar", values })),
    xTicks: (most) => {
      const step = Math.ceil(days.length / most);
      return days.filter((_, at) => at % step === 0).map((day) => [day, shortDay.format(1000 * day)]);
    },
    xWords: (day) => wholeDay.format(1000 * day),
    yWords: usd,
    yTick: usd,
  });
}

// ---- Break-even: the cost of the API grows with each request; a GPU server of your own costs the same every month.

const POINTS = 100;

function drawBreakEven(known, forecast) {
  const today = known.requests_per_month ?? 0;
  const soon = forecast?.requests ?? 0;
  const last = 2 * Math.max(known.break_even_requests ?? 0, 0.6 * today, 0.6 * soon, 1000);
  const volumes = Array.from({ length: POINTS + 1 }, (_, at) => (last * at) / POINTS);
  const api = volumes.map((volume) => volume * Number(known.api_request_usd));
  const own = volumes.map(() => Number(known.own_monthly_usd));
  const uprights = [
    { at: today, words: "you, today", name: "accent" },
    { at: known.break_even_requests, words: "break-even", name: "dim" },
    { at: soon, words: "forecast, 30 days on", name: "good", isShown: Math.abs(soon - today) > last / 200 },
  ];
  drawChart(document.getElementById("break-even-chart"), {
    first: 0,
    last,
    most: 1.08 * Math.max(...api, ...own),
    xs: volumes,
    xName: "Requests per month",
    series: [
      { name: `${known.client} (API)`, kind: "line", values: api, colour: 1 },
      { name: `${known.cost_profile} (your machine)`, kind: "line", values: own, colour: 0 },
    ],
    uprights: uprights.filter(({ at, isShown = true }) => at && at <= last && isShown),
    xTicks: (most) => ticks(last, most).map((tick) => [tick, count.format(tick)]),
    xWords: (volume) => count.format(Math.round(volume)),
    yWords: (amount) => dollars.format(amount),
    yTick: (amount) => dollars.format(amount),
  });
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
}

showBreakEven();
if (place && spend.clients.length) drawSpend();
