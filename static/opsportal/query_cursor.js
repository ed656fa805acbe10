// What the pointer or the arrow keys read off the chart. It lies over the canvas, so that nothing is drawn anew for it.
import { clock } from "./format.js";
import { element } from "./query_editor.js";

const MOST_LINES = 10;
const MOST_LINES_NARROW = 5;
const NARROW_PX = 560;
const LEAST_DRAG_PX = 8;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {() => {chart: object, series: Array, names: string[], visible: (place: number) => boolean, colour: (place: number) => string, read: (value: number) => string, span: object}} look
 * @param {(from: number, to: number) => void} zoom called with ms after a stretch of time was drawn
 * @returns {() => void} to be called when the chart was drawn anew
 */
export function cursorOver(canvas, look, zoom) {
  const host = canvas.parentElement;
  const line = host.appendChild(element("div", "cursor-line"));
  const stretch = host.appendChild(element("div", "cursor-stretch"));
  const tip = host.appendChild(element("div", "cursor-tip"));
  let time = null;
  let began = null;
  hide();

  function hide() {
    time = began = null;
    line.hidden = stretch.hidden = tip.hidden = true;
  }

  function show(at, y = null) {
    const { chart, span } = look();
    if (!chart) return hide();
    time = Math.min(Math.max(at, span.start * 1000), span.end * 1000);
    const found = readings(look(), time, y);
    const x = chart.scales.x.getPixelForValue(found[0]?.time ?? time);
    line.style.left = `${x}px`;
    line.style.top = `${chart.chartArea.top}px`;
    line.style.height = `${chart.chartArea.height}px`;
    tip.replaceChildren(element("strong", "", moment(found[0]?.time ?? time, span)), ...rowsOf(found, look()));
    line.hidden = tip.hidden = false;
    const left = x + 14 + tip.offsetWidth > host.clientWidth ? x - 14 - tip.offsetWidth : x + 14;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${chart.chartArea.top}px`;
    return found;
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  host.addEventListener("pointermove", (event) => {
    const { chart } = look();
    if (!chart) return;
    const [x, y] = place(event);
    show(chart.scales.x.getValueForPixel(x), y);
    if (began === null) return;
    const [from, to] = [Math.min(began, x), Math.max(began, x)];
    Object.assign(stretch.style, { left: `${from}px`, width: `${to - from}px`, top: `${chart.chartArea.top}px`, height: `${chart.chartArea.height}px` });
    stretch.hidden = to - from < LEAST_DRAG_PX;
  });
  host.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" || !look().chart) return;
    [began] = place(event);
    host.setPointerCapture(event.pointerId);
  });
  host.addEventListener("pointerup", (event) => {
    if (began === null) return;
    const { chart } = look();
    const [from, to] = [began, place(event)[0]].sort((a, b) => a - b);
    hide();
    if (to - from >= LEAST_DRAG_PX) zoom(...[from, to].map((x) => Math.round(chart.scales.x.getValueForPixel(x) / 1000) * 1000));
  });
  for (const name of ["pointerleave", "pointercancel"]) host.addEventListener(name, () => began === null && hide());
  canvas.addEventListener("blur", hide);
  canvas.addEventListener("keydown", (event) => {
    const { span } = look();
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (event.key === "Escape" && !tip.hidden) event.stopPropagation();
    if (event.key === "Escape") return hide();
    if (!steps || !span) return;
    event.preventDefault();
    const found = show((time ?? span.end * 1000) + steps * span.step * 1000);
    canvas.dispatchEvent(new CustomEvent("cursor", { bubbles: true, detail: `${moment(time, span)}: ${found.slice(0, 3).map((one) => `${one.name} ${one.text}`).join(", ") || "no data"}` }));
  });
  return () => (time === null ? hide() : show(time));
}

/** What the series that are shown have at a time, the largest first; of many those nearest to the pointer. */
function readings({ chart, series, names, visible, colour, read, span }, time, y) {
  const found = [];
  series.forEach(({ points }, place) => {
    const point = visible(place) ? nearest(points, time) : null;
    if (!point || Math.abs(point[0] - time) > span.step * 1500) return;
    found.push({ time: point[0], value: point[1], name: names[place], text: read(point[1]), colour: colour(place), away: y === null ? 0 : Math.abs(chart.scales.y.getPixelForValue(point[1]) - y) });
  });
  const most = chart.width < NARROW_PX ? MOST_LINES_NARROW : MOST_LINES;
  const close = y === null || found.length <= most ? found : [...found].sort((a, b) => a.away - b.away).slice(0, most);
  close.sort((a, b) => b.value - a.value);
  return Object.assign(close.slice(0, most), { all: found.length });
}

/** By halving; points are in the order of time. */
function nearest(points, time) {
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < time) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [points[low - 1], points[low]];
  return before && after && time - before[0] < after[0] - time ? before : after;
}

function rowsOf(found, { names }) {
  if (!found.length) return [element("div", "", "no data")];
  const rows = found.map((one) => {
    const row = element("div", "cursor-row");
    const dot = element("span", "cursor-dot");
    dot.style.background = one.colour;
    row.append(dot, element("span", "cursor-name", names.length > 1 ? one.name : ""), element("span", "cursor-value", one.text));
    return row;
  });
  return found.all > found.length ? [...rows, element("div", "", `${found.all - found.length} more`)] : rows;
}

const moment = (ms, { step }) => clock(ms, true) + (step < 60 ? `:${String(new Date(ms).getSeconds()).padStart(2, "0")}` : "");
