// The whole state of the query page is in its address: q, hide, range or from and to, step, view, refresh.
import { now } from "./ages.js";

const presets = JSON.parse(document.getElementById("presets").textContent);
const FIRST = "1h";
const MOST_POINTS = 11_000;
const TIDY_S = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 172_800, 432_000];
const UNITS_S = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 };
const LONGEST_S = 400 * 86_400;

/** {queries: [{text, hidden}], range, from, to, step, view, refresh}; `range` is "" where `from` and `to` (ms) count. */
export function readAddress(search = location.search) {
  const asked = new URLSearchParams(search);
  const hidden = new Set((asked.get("hide") ?? "").toUpperCase().split(","));
  const from = moment(asked.get("from") ?? asked.get("start"));
  const to = moment(asked.get("to") ?? asked.get("end")) ?? (from === null ? null : now());
  const absolute = from !== null && to > from;
  return {
    queries: asked.getAll("q").map((text, place) => ({ text, hidden: hidden.has(letter(place)) })),
    range: absolute ? "" : Object.hasOwn(presets, asked.get("range")) ? asked.get("range") : FIRST,
    from: absolute ? from : null,
    to: absolute ? to : null,
    step: asked.get("step") ?? "",
    view: asked.get("view") === "table" ? "table" : "chart",
    refresh: ["5", "15", "60"].includes(asked.get("refresh")) ? asked.get("refresh") : "",
  };
}

export function addressOf(state) {
  return `?${fields(state, state.queries)}`;
}

/** The file of what is shown: the range as it is now, only the expressions that are not hidden. */
export function fileAddress(base, state, span) {
  const shown = state.queries.filter(({ text, hidden }) => text && !hidden).map(({ text }) => ({ text }));
  const query = fields({ ...state, range: "", from: span.start * 1000, to: span.end * 1000, step: span.step, refresh: "" }, shown);
  return `${base}?${query}`;
}

function fields(state, queries) {
  const query = new URLSearchParams(queries.filter(({ text }) => text).map(({ text }) => ["q", text]));
  const hidden = queries.filter(({ text }) => text).flatMap((one, place) => (one.hidden ? [letter(place)] : []));
  if (hidden.length) query.set("hide", hidden.join(","));
  if (state.range) query.set("range", state.range);
  else for (const name of ["from", "to"]) query.set(name, utc(state[name]));
  for (const name of ["step", "refresh"]) if (state[name]) query.set(name, state[name]);
  if (state.view === "table") query.set("view", "table");
  return query;
}

/** Queries are A, B, C, … */
export const letter = (place) => String.fromCharCode(65 + place);

/** "2026-05-01T14:30:00" of ms since 1970. */
export const utc = (ms) => new Date(ms).toISOString().slice(0, 19).replace(/:00$/, "");

/** ms of a time in UTC, of seconds since 1970, or null. */
export function moment(text) {
  if (!text) return null;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const ms = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/**
 * {start, end, step} in seconds, all multiples of the step, for a chart so many pixels wide, with `first` and `exact`, the range as it was
 * asked for; or {problem} with the step.
 * Without a wish the step is the shortest tidy one with two pixels a point.
 */
export function spanOf(state, width) {
  const end = state.range ? now() / 1000 : state.to / 1000;
  const start = state.range ? end - presets[state.range] : state.from / 1000;
  const length = end - start;
  if (length > LONGEST_S) return { problem: `The range is too long: at most ${LONGEST_S / 86_400} days.` };
  const wanted = length / Math.min(1_000, Math.max(120, width / 2));
  const step = state.step ? seconds(state.step) : TIDY_S.find((tidy) => tidy >= wanted) ?? Math.ceil(wanted);
  if (!(step >= 0.001)) return { problem: `Step: “${state.step}” is not a length of time. Write 30s, 5m or 1h, or leave it empty.` };
  if (length / step > MOST_POINTS) return { problem: `Step: ${state.step} is too short for this range: at most ${MOST_POINTS.toLocaleString("en")} points. Write ${Math.ceil(length / MOST_POINTS)}s or more.` };
  const last = step <= 60 ? Math.ceil(end / step) : Math.floor(end / step); // a short step may end in the next minute, so that the newest sample is shown
  return { start: tidied(Math.floor(start / step), step), end: tidied(last, step), step, first: start, exact: end };
}

const tidied = (count, step) => Number((count * step).toFixed(3));

function seconds(text) {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  const parts = text.match(/^(?:\d+(?:ms|[smhdwy]))+$/) ? text.matchAll(/(\d+)(ms|[smhdwy])/g) : [];
  let found = 0;
  for (const [, count, unit] of parts) found += Number(count) * UNITS_S[unit];
  return found;
}
