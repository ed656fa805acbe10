// What the rule behind an incident looks at, over the last hour: one drawing, no library.
import { humanise } from "../opsportal/format.js";

const SPAN_S = 3_600;
const STEP_S = 15;
const MOST = 8;
const NS = "http://www.w3.org/2000/svg";

export function drawRuleCharts(root) {
  for (const host of root.querySelectorAll("[data-query]")) draw(host);
}

async function draw(host) {
  const note = host.querySelector("[role=status]");
  const end = Math.floor(Date.now() / 1000);
  const asked = new URLSearchParams({ query: host.dataset.query, start: end - SPAN_S, end, step: STEP_S });
  const answer = await fetch(`/prometheus/api/v1/query_range?${asked}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return void (note.textContent = "The chart could not be read; open it in Query.");
  const series = (await answer.json()).data.result.slice(0, MOST).map((one) => one.values.map(([time, value]) => [time, Number(value)]).filter(([, value]) => Number.isFinite(value)));
  const values = series.flat().map(([, value]) => value);
  if (!values.length) return void (note.textContent = "No values in the last hour.");
  const [low, high] = [Math.min(0, ...values), Math.max(...values)];
  const x = (time) => (1 - (end - time) / SPAN_S) * 600;
  const y = (value) => 134 - ((value - low) / (high - low || 1)) * 128;
  const svg = node("svg", { viewBox: "0 0 600 140", preserveAspectRatio: "none", role: "img" });
  const latest = series.map((points) => points.at(-1)?.[1]).filter((value) => value !== undefined);
  svg.setAttribute("aria-label", `Now ${latest.map((value) => humanise(value, "")).join(", ")}; from ${humanise(Math.min(...values), "")} to ${humanise(high, "")} in the last hour`);
  series.forEach((points, place) => svg.append(node("path", { d: points.map(([time, value], index) => `${index ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join(""), stroke: `var(--chart-${(place % 8) + 1})` })));
  note.textContent = `The last hour: from ${humanise(Math.min(...values), "")} to ${humanise(high, "")}; now ${latest.map((value) => humanise(value, "")).join(", ")}.`;
  note.before(svg);
}

function node(name, attributes) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
