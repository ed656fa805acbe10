// Charts: loaded when they come into view, drawn by Chart.js, fed live, each with a summary in words and a table.
import { clock, humanise } from "./format.js";
import { now } from "./ages.js";

const MOST_POINTS = 700;
const charts = new Map();
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colour = (place) => token(`--chart-${(place % 8) + 1}`);

export function mountCharts(root) {
  const figures = [...root.querySelectorAll("[data-chart]")];
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const chart = charts.get(target);
      chart.visible = isIntersecting;
      if (isIntersecting && !chart.asked) load(chart);
      else if (isIntersecting && chart.dirty) redrawSoon(chart);
    }
  }, { rootMargin: "150px" });
  for (const figure of figures) {
    charts.set(figure, { figure, data: null, drawn: null, visible: false, asked: false, dirty: false });
    figure.querySelector("[data-table]").addEventListener("click", () => toggleTable(charts.get(figure)));
    seen.observe(figure);
  }
}

/** New values of a check (a payload of the topic service:<id>) are the newest points of its live charts. */
export function pushValues(checkId, check) {
  const time = Date.parse(check.checked_at);
  for (const chart of charts.values()) {
    if (chart.figure.dataset.check !== checkId || !chart.figure.dataset.live || !chart.data) continue;
    const span = chart.data.end - chart.data.start;
    for (const series of chart.data.series) {
      const value = series.key === "" ? check.duration_s : check.values[series.key];
      if (typeof value === "number") append(series.points, time, value, chart.data.step_ms, span);
    }
    chart.data.end = Math.max(chart.data.end, time);
    chart.data.start = chart.data.end - span;
    redrawSoon(chart);
  }
}

function append(points, time, value, stepMs, span) {
  const last = points.at(-1);
  if (last && time <= last[0]) return;
  if (points.length > 1 && last[0] - points.at(-2)[0] < stepMs) points.pop();
  points.push([time, value]);
  let old = 0;
  while (old < points.length && (points[old][0] < time - span || points.length - old > MOST_POINTS)) old += 1;
  if (old) points.splice(0, old);
}

async function load(chart) {
  chart.asked = true;
  state(chart, "Loading…");
  try {
    const answer = await fetch(chart.figure.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.detail ?? `the portal answered ${answer.status}`);
    chart.data = await answer.json();
    draw(chart);
  } catch (error) {
    failed(chart, error.message);
  }
}

function failed(chart, why) {
  const retry = document.createElement("button");
  retry.type = "button";
  retry.textContent = "Try again";
  retry.addEventListener("click", () => load(chart));
  state(chart, `The points could not be read: ${why}.`, retry);
}

function state(chart, words, ...more) {
  const element = chart.figure.querySelector(".chart-state");
  element.hidden = !words;
  element.replaceChildren(words, ...more);
}

function draw(chart) {
  const canvas = chart.figure.querySelector("canvas");
  const empty = !chart.data.series.some((series) => series.points.length);
  state(chart, empty ? "No points in this range yet: the next run adds the first." : "");
  chart.drawn?.destroy();
  chart.drawn = new window.Chart(canvas, configuration(chart));
  legend(chart);
  describe(chart);
}

function configuration(chart) {
  const { unit } = chart.data;
  return {
    type: "line",
    data: { datasets: datasets(chart) },
    options: {
      animation: false,
      parsing: false,
      normalized: true,
      maintainAspectRatio: false,
      resizeDelay: 100,
      devicePixelRatio: Math.min(2, devicePixelRatio),
      interaction: { mode: "nearest", axis: "x", intersect: false },
      plugins: {
        legend: { display: false },
        decimation: { enabled: true, algorithm: "min-max" },
        tooltip: { callbacks: { title: ([item]) => (item ? clock(item.parsed.x, true) : ""), label: (item) => `${item.dataset.label ? `${item.dataset.label}: ` : ""}${humanise(item.parsed.y, unit)}` } },
      },
      scales: {
        x: { type: "linear", min: chart.data.start, max: chart.data.end, grid: { color: token("--line") }, border: { color: token("--line") }, afterBuildTicks: (axis) => (axis.ticks = timeTicks(axis.min, axis.max)), ticks: { color: token("--text-muted"), minRotation: 0, maxRotation: 0, autoSkip: true, callback: (ms) => clock(ms, chart.data.end - chart.data.start > 86_400_000) } },
        y: { beginAtZero: true, suggestedMax: unit === "ratio" ? 1 : undefined, grid: { color: token("--line") }, border: { display: false }, ticks: { color: token("--text-muted"), maxTicksLimit: 5, sampleSize: 5, callback: (value) => humanise(value, unit) } },
      },
    },
  };
}

function datasets(chart) {
  const gap = Math.max(chart.data.step_ms * 3, 180_000);
  return chart.data.series.map((series, place) => ({
    label: series.label,
    data: series.points.map(([x, y]) => ({ x, y })),
    borderColor: colour(place),
    backgroundColor: colour(place),
    borderWidth: 1.5,
    pointRadius: series.points.length === 1 ? 3 : 0,
    pointHitRadius: 8,
    spanGaps: gap,
  }));
}

const TICK_STEPS_S = [60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600];

/** Ticks at tidy local times, five or six of them. */
function timeTicks(min, max) {
  const step = (TICK_STEPS_S.find((seconds) => (max - min) / 1000 / seconds <= 6) ?? 2_592_000) * 1000;
  const zone = new Date(min).getTimezoneOffset() * 60_000;
  const ticks = [];
  for (let value = Math.ceil((min - zone) / step) * step + zone; value <= max; value += step) ticks.push({ value });
  return ticks;
}

const dirty = new Set();
function redrawSoon(chart) {
  chart.dirty = true;
  if (!chart.visible || !chart.drawn) return;
  if (!dirty.size) requestAnimationFrame(redraw);
  dirty.add(chart);
}

function redraw() {
  for (const chart of dirty) {
    chart.dirty = false;
    state(chart, chart.data.series.length ? "" : "No points in this range yet: the next run adds the first.");
    chart.drawn.data.datasets.forEach((dataset, place) => (dataset.data = chart.data.series[place].points.map(([x, y]) => ({ x, y }))));
    Object.assign(chart.drawn.options.scales.x, { min: chart.data.start, max: chart.data.end });
    chart.drawn.update("none");
    describe(chart);
  }
  dirty.clear();
}

/** The chart in words: now, how it moved, its largest value and when. */
function describe(chart) {
  const { label, unit, series, start, end } = chart.data;
  const first = series[0]?.points ?? [];
  const last = first.at(-1);
  chart.figure.querySelector("[data-now]").textContent = last && series.length === 1 ? humanise(last[1], unit) : "";
  const canvas = chart.figure.querySelector("canvas");
  if (!last) return canvas.setAttribute("aria-label", `${label}: no points in this range`);
  const most = first.reduce((best, point) => (point[1] > best[1] ? point : best));
  const moved = last[1] - first[0][1];
  const direction = moved > 0 ? `up ${humanise(moved, unit)}` : moved < 0 ? `down ${humanise(-moved, unit)}` : "unchanged";
  const others = series.length > 1 ? `; ${series.length} series, this is ${series[0].label}` : "";
  canvas.setAttribute("aria-label", `${label}: ${humanise(last[1], unit)} at the end, ${direction} over ${humanise((end - start) / 1000, "s")}, at most ${humanise(most[1], unit)} at ${clock(most[0], true)}${others}`);
}

function legend(chart) {
  chart.figure.querySelector(".legend")?.remove();
  const { series, found } = chart.data;
  if (series.length < 2) return;
  const list = document.createElement("ul");
  list.className = "legend";
  series.forEach((one, place) => {
    const item = document.createElement("li");
    const dot = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    dot.setAttribute("viewBox", "0 0 10 10");
    const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of [["width", 10], ["height", 10], ["rx", 2], ["fill", colour(place)]]) square.setAttribute(name, value);
    dot.append(square);
    item.append(dot, one.label || chart.data.label);
    list.append(item);
  });
  if (found > series.length) list.append(Object.assign(document.createElement("li"), { textContent: `the ${series.length} largest of ${found}` }));
  chart.figure.querySelector(".canvas").after(list);
}

function toggleTable(chart) {
  const holder = chart.figure.querySelector(".chart-table");
  const button = chart.figure.querySelector("[data-table]");
  holder.hidden = !holder.hidden;
  chart.figure.querySelector(".canvas").hidden = !holder.hidden;
  button.setAttribute("aria-expanded", String(!holder.hidden));
  if (!holder.hidden && chart.data) holder.replaceChildren(table(chart.data));
}

function table({ label, unit, series, start, end }) {
  const element = document.createElement("table");
  const heads = ["Time", ...series.map((one) => one.label || label)];
  const columns = series.map((one) => new Map(one.points));
  const times = [...new Set(series.flatMap((one) => one.points.map(([time]) => time)))].sort((a, b) => b - a);
  const head = element.createTHead().insertRow();
  for (const text of heads) head.append(Object.assign(document.createElement("th"), { textContent: text, scope: "col" }));
  const body = element.createTBody();
  for (const time of times) {
    const row = body.insertRow();
    row.insertCell().textContent = clock(time, end - start > 3_600_000 * 12);
    for (const column of columns) row.insertCell().textContent = humanise(column.get(time), unit);
  }
  return element;
}

document.addEventListener("opsportal:theme", () => {
  for (const chart of charts.values()) if (chart.drawn) draw(chart);
});
setInterval(() => {
  for (const chart of charts.values()) {
    if (!chart.data || !chart.figure.dataset.live || document.documentElement.dataset.connection !== "connected") continue;
    const span = chart.data.end - chart.data.start;
    if (now() - chart.data.end < 5_000) continue;
    Object.assign(chart.data, { start: now() - span, end: now() });
    redrawSoon(chart);
  }
}, 5_000);
