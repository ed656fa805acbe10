// What the query page asks the portal: points and names through the Prometheus API, and whether an expression can be read.

const page = document.getElementById("query");
const API = page.dataset.api.replace(/query$/, "");
const LONGEST_ADDRESS = 3_000;
const PATIENCE_MS = 150_000;
const KEPT_MS = 60_000;
export const MOST_SERIES = 100; // drawn of one query
export const MOST_ROWS = 1_000; // listed of one query
export const MOST_NAMES = 5_000;

/** What went wrong, in words for people; `kind` is Prometheus's. */
export class Refused extends Error {
  constructor(message, kind = "") {
    super(message);
    this.kind = kind;
  }
}

/** The points of an expression: {series: [{labels, points: [[ms, number]]}], more, warnings, infos, took_ms}. */
export async function range(text, { start, end, step }, signal) {
  const answer = await ask("query_range", { query: text, start, end, step, limit: MOST_SERIES, stats: "all" }, signal);
  const series = answer.data.result.map(({ metric, values }) => ({ labels: metric, points: values.map(([time, value]) => [time * 1000, number(value)]) }));
  return { ...notes(answer), series };
}

/** The values of an expression at one time: {type, rows: [{labels, value, samples}], …}; `samples` of a range vector. */
export async function instant(text, time, signal) {
  const answer = await ask("query", { query: text, time, limit: MOST_ROWS, stats: "all" }, signal);
  const { resultType: type, result } = answer.data;
  const rows = type === "scalar" || type === "string" ? [{ labels: {}, value: result[1] }] : result.map(({ metric, value, values }) => ({ labels: metric, value: value?.[1] ?? values.at(-1)[1], samples: values ?? null }));
  return { ...notes(answer), type, rows };
}

function notes({ warnings = [], infos = [], data }) {
  const cut = (words) => /truncated due to limit/.test(words);
  return { more: warnings.some(cut), warnings: warnings.filter((words) => !cut(words)), infos, took_ms: (data.stats?.timings?.evalTotalTime ?? 0) * 1000, samples: data.stats?.samples?.totalQueryableSamples ?? 0 };
}

/** The API writes numbers as text: NaN, +Inf and -Inf are numbers too. */
export const number = (text) => (text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text));

/** Can it be read? {type} or {error, position}; null when nobody could say. */
export async function check(text, signal) {
  const answer = await fetch(`${page.dataset.check}?${new URLSearchParams({ q: text })}`, { headers: { Accept: "application/json" }, signal });
  return answer.ok && !answer.redirected ? answer.json() : null;
}

const kept = new Map();

/** A list of names, remembered for a minute. `match` narrows it; [] where the portal has nothing to say. */
export async function names(path, match = [], limit = MOST_NAMES) {
  const query = new URLSearchParams([...match.map((one) => ["match[]", one]), ["limit", limit]]);
  const address = `${API}${path}?${query}`;
  const known = kept.get(address);
  if (known && performance.now() - known.at < KEPT_MS) return known.found;
  const found = fetch(address, { headers: { Accept: "application/json" } }).then(async (answer) => (answer.ok ? (await answer.json()).data : path === "metadata" ? {} : []), () => []);
  kept.set(address, { found, at: performance.now() });
  return found;
}

async function ask(path, fields, signal) {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  let answer;
  try {
    answer = await fetch(...request(path, fields, AbortSignal.any([signal, limit])));
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refused(limit.aborted ? "The portal did not answer in time. Ask for less, or for a shorter range." : "The portal cannot be reached. Check the line and try again.");
  }
  if (answer.status === 401) throw new Refused("You are logged out: reload the page to log in again.", "unauthorized");
  const body = await answer.json().catch(() => null);
  if (body?.status === "success") return body;
  throw new Refused(body?.error ?? `The portal answered ${answer.status}.`, body?.errorType);
}

/** Short questions are in the address, where logs and caches see them; long ones are posted. */
function request(path, fields, signal) {
  const query = new URLSearchParams(fields);
  const headers = { Accept: "application/json" };
  if (`${query}`.length <= LONGEST_ADDRESS) return [`${API}${path}?${query}`, { headers, signal }];
  const token = page.querySelector("[name=csrfmiddlewaretoken]").value;
  return [`${API}${path}`, { method: "POST", headers: { ...headers, "X-CSRFToken": token }, body: query, signal }];
}
