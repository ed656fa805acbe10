// The chart of the answers, its legend, its words, and its points as a table.
import { clock, humanise } from "./format.js";
import { cursorOver } from "./query_cursor.js";
import { element } from "./query_editor.js";
import { nameOf } from "./query_text.js";

export const MOST_DRAWN = 100; // series of all queries together
const MOST_COLUMNS = 20;
const MOST_LINES = 500;
const POINTS_A_PIXEL = 2;
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const SUFFIXES = { _bytes_per_second: "B/s", _per_second: "/s", _seconds: "s", _bytes: "B", _ratio: "ratio" };
const TICK_STEPS_S = [1, 5, 15, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000];

const host = document.getElementById("chart");
const canvas = host.querySelector("canvas");
const legend = document.getElementById("legend");
const note = document.getElementById("chart-note");
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
let drawn = null;
let shown = { series: [], span: null, unit: "", named: [] };
let chosen = new Set(); // names of the series that are shown; none: all

/** Draw `answers` ([{letter, text, series}]) over `span` (seconds). Answers how many series are left out, and whether any value is. */
export function drawChart(answers, span) {
  const all = answers.flatMap(({ letter, text, series }) => series.map((one) => ({ ...one, letter, text })));
  const series = all.slice(0, MOST_DRAWN);
  const { common, names } = told(series, answers.length > 1);
  shown = { series, span, unit: unitOf(series), names, common };
  chosen = new Set([...chosen].filter((name) => names.includes(name)));
  paint();
  return { left: all.length - series.length, odd: series.some(({ points }) => points.some(([, value]) => !Number.isFinite(value))) };
}

export function clearChart() {
  drawn?.destroy();
  drawn = null;
  shown = { series: [], span: null, unit: "", names: [] };
  renewCursor();
}

/** Only labels that differ within a query are told of each series; what all series share is told once. */
function told(series, lettered) {
  const groups = Map.groupBy ? Map.groupBy(series, (one) => one.letter) : new Map([["", series]]);
  const shared = new Map([...groups].map(([letter, group]) => [letter, group.length > 1 ? same(group) : new Set()]));
  const of = (one) => shared.get(one.letter) ?? shared.get("");
  const names = series.map((one) => [lettered && one.letter, differing(one.labels, of(one)) || one.text].filter(Boolean).join("  "));
  const all = lettered || series.length < 2 ? new Set() : of(series[0]);
  return { common: nameOf(Object.fromEntries(Object.entries(series[0]?.labels ?? {}).filter(([label]) => all.has(label)))), names };
}

/** Labels that every series has, with one value. */
function same(series) {
  return new Set(Object.keys(series[0].labels).filter((label) => series.every((one) => one.labels[label] === series[0].labels[label])));
}

/** `up service=shop check=door`: what the others have otherwise. */
function differing(labels, shared) {
  const pairs = Object.entries(labels).filter(([label]) => label !== "__name__" && !shared.has(label)).map(([label, value]) => `${label}=${value}`);
  return [shared.has("__name__") ? "" : labels.__name__, ...pairs].filter(Boolean).join("  ");
}

/** The unit that the metrics' names end with, where all end alike. */
export function unitOf(rows) {
  const units = new Set(rows.map(({ labels }) => SUFFIXES[Object.keys(SUFFIXES).find((suffix) => labels.__name__?.endsWith(suffix))] ?? ""));
  return units.size === 1 ? [...units][0] : "";
}

/** A number for people, also where it is tiny, endless or none. */
export function readable(value, unit = "") {
  if (value === undefined || value === null) return "—";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "−Inf";
  const size = Math.abs(value);
  if (unit === "s" && size > 0 && size < 0.001) return `${Number((value * 1e6).toPrecision(3))} µs`;
  if (size > 0 && size < 0.001 && unit !== "ratio") return Number(value.toPrecision(3)).toExponential().replace("e-", " × 10⁻").replace(/\d+$/, (power) => [...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join(""));
  if (size >= 1e17) return value.toExponential(2);
  return unit || size >= 1000 ? humanise(value, unit) : String(Number(value.toPrecision(4)));
}

function paint() {
  const { series, span } = shown;
  drawn?.destroy();
  drawn = series.length ? new window.Chart(canvas, configuration(span)) : null;
  drawLegend();
  describe();
  renewCursor();
}

const colour = (place) => token(`--chart-${(place % 8) + 1}`);
const visible = (place) => !chosen.size || chosen.has(shown.names[place]);

function configuration({ start, end, step }) {
  const { unit } = shown;
  const bounds = [start * 1000, end * 1000];
  return {
    type: "line",
    data: { datasets: shown.series.map((one, place) => dataset(one, place, step * 1000)) },
    options: {
      animation: false,
      parsing: false,
      normalized: true,
      maintainAspectRatio: false,
      resizeDelay: 100,
      devicePixelRatio: Math.min(2, devicePixelRatio),
      events: [], // the cursor lies over the canvas: a tooltip of the chart's own would draw every line anew
      plugins: {
        legend: { display: false },
        decimation: { enabled: false },
        tooltip: { enabled: false },
      },
      scales: {
        x: { type: "linear", min: bounds[0], max: bounds[1], grid: { color: token("--line") }, border: { color: token("--line") }, afterBuildTicks: (axis) => (axis.ticks = timeTicks(axis.min, axis.max, axis.width)), ticks: { color: token("--text-muted"), minRotation: 0, maxRotation: 0, autoSkip: true, callback: (ms) => clock(ms, bounds[1] - bounds[0] > 86_400_000) + seconds(ms, (end - start) / 20) } },
        y: { ...bottom(), grace: "4%", grid: { color: token("--line") }, border: { display: false }, ticks: { color: token("--text-muted"), maxTicksLimit: 7, sampleSize: 7, callback: (value) => readable(value, unit) } },
      },
    },
  };
}

const seconds = (ms, step) => (step < 60 ? `:${String(new Date(ms).getSeconds()).padStart(2, "0")}` : "");

/** From zero up, unless that would flatten what is to be seen. */
function bottom() {
  let [least, most] = [Infinity, -Infinity];
  for (const { points } of shown.series) {
    for (const [, value] of points) {
      if (!Number.isFinite(value)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return { beginAtZero: least < 0 || least < most * 0.6 || least === most };
}

function dataset(one, place, stepMs) {
  const points = thinned(one.points.filter(([, value]) => Number.isFinite(value)), canvas.parentElement.clientWidth);
  const gap = Math.max(stepMs * 1.5, points.thinned ? (shown.span.end - shown.span.start) * 3_000 / points.length : 0);
  const alone = points.map(([time], at) => !(time - points[at - 1]?.[0] <= gap) && !(points[at + 1]?.[0] - time <= gap));
  return {
    label: shown.names[place],
    data: points.map(([x, y]) => ({ x, y })),
    hidden: !visible(place),
    borderColor: colour(place),
    backgroundColor: colour(place),
    borderDash: DASHES[Math.floor(place / 8) % DASHES.length],
    borderWidth: 1.5,
    pointRadius: alone.includes(true) ? alone.map((is) => (is ? 2.5 : 0)) : 0,
    spanGaps: gap,
  };
}

/** Of more points than the screen has room for, the least and the largest of every place. */
function thinned(points, width) {
  const most = Math.max(200, width * POINTS_A_PIXEL);
  if (points.length <= most) return points;
  const size = Math.ceil(points.length / (most / 2));
  const found = [];
  for (let from = 0; from < points.length; from += size) {
    const part = points.slice(from, from + size);
    const least = part.reduce((best, point) => (point[1] < best[1] ? point : best));
    const largest = part.reduce((best, point) => (point[1] > best[1] ? point : best));
    found.push(...(least === largest ? [least] : least[0] < largest[0] ? [least, largest] : [largest, least]));
  }
  return Object.assign(found, { thinned: true });
}

/** Ticks at tidy local times, as many as there is room for. */
function timeTicks(min, max, width) {
  const most = Math.min(10, Math.max(3, Math.floor((width || 600) / 110)));
  const step = (TICK_STEPS_S.find((tidy) => (max - min) / 1000 / tidy <= most) ?? 7_776_000) * 1000;
  const zone = new Date(min).getTimezoneOffset() * 60_000;
  const ticks = [];
  for (let value = Math.ceil((min - zone) / step) * step + zone; value <= max; value += step) ticks.push({ value });
  return ticks;
}

function drawLegend() {
  const { series, names, common, unit } = shown;
  legend.replaceChildren();
  note.hidden = !common;
  note.textContent = common ? `All of them: ${common}` : "";
  if (!series.length) return;
  const list = element("ul", "query-legend");
  series.forEach((one, place) => {
    const button = element("button", "legend-item", "", { type: "button", "aria-pressed": String(visible(place)), title: `${nameOf(one.labels) || one.text}\nClick: only this one. Ctrl-click: add it or take it away.` });
    const last = one.points.at(-1)?.[1];
    button.append(swatch(place), element("span", "legend-name", names[place]), element("span", "legend-last number", readable(last, unit)));
    button.addEventListener("click", (event) => pick(place, event.ctrlKey || event.shiftKey || event.metaKey));
    list.append(Object.assign(document.createElement("li"), {}));
    list.lastChild.append(button);
  });
  legend.append(list);
}

function swatch(place) {
  const box = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  box.setAttribute("viewBox", "0 0 18 10");
  box.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const dash = DASHES[Math.floor(place / 8) % DASHES.length].map((length) => length * 0.6).join(" ");
  for (const [name, value] of [["x1", 0], ["x2", 18], ["y1", 5], ["y2", 5], ["stroke", colour(place)], ["stroke-width", 3], ["stroke-dasharray", dash]]) line.setAttribute(name, value);
  box.append(line);
  return box;
}

/** A click shows one alone, a second click all again. */
function pick(place, add) {
  const name = shown.names[place];
  if (add) {
    if (!chosen.size) chosen = new Set(shown.names);
    if (!chosen.delete(name)) chosen.add(name);
  } else chosen = chosen.size === 1 && chosen.has(name) ? new Set() : new Set([name]);
  if (chosen.size === shown.names.length) chosen = new Set();
  drawn.data.datasets.forEach((one, at) => (one.hidden = !visible(at)));
  drawn.update("none");
  legend.querySelectorAll("button").forEach((button, at) => button.setAttribute("aria-pressed", String(visible(at))));
}

/** The chart in words: how many series, the largest at the end, the largest of all and when. */
function describe() {
  const { series, names, unit, span } = shown;
  if (!series.length) return canvas.setAttribute("aria-label", "Chart: no data");
  let top = [0, series[0].points[0]];
  let last = [0, -Infinity];
  series.forEach(({ points }, place) => {
    for (const point of points) if (point[1] > top[1][1]) top = [place, point];
    if (points.at(-1)[1] > last[1]) last = [place, points.at(-1)[1]];
  });
  const from = `${clock(span.start * 1000, true)} to ${clock(span.end * 1000, true)}`;
  canvas.setAttribute("aria-label", `Chart of ${series.length} series from ${from}. Largest at the end: ${names[last[0]]}, ${readable(last[1], unit)}. Largest of all: ${names[top[0]]}, ${readable(top[1][1], unit)} at ${clock(top[1][0], true)}.`);
}

/** The points as a table, the newest first; of many series and points only some, which is said. */
export function pointsTable() {
  const { series, names, unit, span } = shown;
  const columns = series.slice(0, MOST_COLUMNS).map(({ points }) => new Map(points));
  const times = [...new Set(columns.flatMap((column) => [...column.keys()]))].sort((a, b) => b - a);
  const table = element("table");
  const left = [series.length - columns.length && `${series.length - columns.length} more series`, times.length > MOST_LINES && `${times.length - MOST_LINES} earlier times`].filter(Boolean);
  if (left.length) table.createCaption().textContent = `${left.join(" and ")} are not listed here; the CSV file has all.`;
  const head = table.createTHead().insertRow();
  for (const text of ["Time", ...names.slice(0, MOST_COLUMNS)]) head.append(element("th", "", text, { scope: "col" }));
  const body = table.createTBody();
  for (const time of times.slice(0, MOST_LINES)) {
    const row = body.insertRow();
    row.insertCell().textContent = clock(time, true) + seconds(time, span.step);
    for (const column of columns) row.insertCell().textContent = readable(column.get(time), unit);
  }
  return table;
}

const renewCursor = cursorOver(
  canvas,
  () => ({ ...shown, chart: drawn, visible, colour, read: (value) => readable(value, shown.unit) }),
  (from, to) => canvas.dispatchEvent(new CustomEvent("zoom", { bubbles: true, detail: { from, to } })),
);
document.addEventListener("opsportal:theme", () => drawn && paint());
