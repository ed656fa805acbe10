// What the completion offers at a place of an expression, the best first.
import { MOST_NAMES, names } from "./query_ask.js";
import { quoted } from "./query_text.js";

const MOST_SHOWN = 60;
const DURATIONS = [["30s", "30 seconds"], ["1m", "1 minute"], ["5m", "5 minutes"], ["10m", "10 minutes"], ["30m", "30 minutes"], ["1h", "1 hour"], ["6h", "6 hours"], ["1d", "1 day"], ["1w", "1 week"]];
const json = (id) => JSON.parse(document.getElementById(id).textContent);
const list = json("words");
const ownMetrics = json("metric-words");

/** Functions, aggregations and keywords by name. */
export const words = new Map(list.map((word) => [word.text, word]));

/**
 * Offers at a place of `placeAt`: {found: [{text, kind, signature, help, insert, caret}], more}.
 * `insert` replaces the place; `caret` is where it goes in it, from its end (0: behind it).
 */
export async function offersAt(place) {
  if (!place) return { found: [], more: 0 };
  const all = await everything(place);
  const ranked = rank(all, place.typed);
  return { found: ranked.slice(0, MOST_SHOWN), more: Math.max(0, ranked.length - MOST_SHOWN) };
}

async function everything(place) {
  switch (place.kind) {
    case "duration": return DURATIONS.map(([text, help]) => ({ text, kind: "duration", help, insert: text }));
    case "label": return ownLast(await narrowed("labels", place)).filter((name) => name !== "__name__" || !place.metric).map((text) => ({ text, kind: "label", insert: place.metric === undefined ? text : `${text}=""`, caret: place.metric === undefined ? 0 : 1, again: place.metric !== undefined }));
    case "value": return (await narrowed(`label/${place.label}/values`, place)).map((text) => ({ text, kind: "value", insert: value(text, place) }));
    default: return [...(await metrics(place.typed)), ...list.map(offerOfWord)];
  }
}

/** Labels of the store's own, such as __name__, are seldom meant. */
const ownLast = (found) => [...found.filter((name) => !name.startsWith("__")), ...found.filter((name) => name.startsWith("__"))];

function offerOfWord(word) {
  const call = word.kind !== "keyword";
  const grouping = ["by", "without", "on", "ignoring", "group_left", "group_right"].includes(word.text);
  return { ...word, insert: call ? `${word.text}()` : grouping ? `${word.text} ()` : word.text, caret: call || grouping ? 1 : 0, again: grouping };
}

function value(text, { quoted: within, closed, quote }) {
  if (!within) return quoted(text);
  const inside = quote === "`" ? text : quoted(text).slice(1, -1).replaceAll(quote === "'" ? "'" : "\0", "\\'");
  return closed ? inside : inside + quote;
}

async function metrics(typed) {
  const [found, told] = await Promise.all([narrowed("label/__name__/values", { label: "__name__", typed, match: [] }), names("metadata")]);
  return found.map((text) => ({ text, kind: "metric", ...help(text, told), insert: text }));
}

function help(metric, told) {
  const about = told[metric]?.[0] ?? told[metric.replace(/_(?:bucket|sum|count|total)$/, "")]?.[0];
  return { signature: about?.type && about.type !== "unknown" ? about.type : "", help: about?.help || ownMetrics[metric] || "" };
}

/** All names; where there are too many to send, those that hold what is typed. */
async function narrowed(path, { label, typed, match }) {
  const found = await names(path, match);
  if (found.length < MOST_NAMES || !label || !typed) return found;
  const pattern = `${label}=~${quoted(`.*${typed.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}.*`)}`;
  const [selector = ""] = match;
  return names(path, [selector.endsWith("}") ? `${selector.slice(0, -1)},${pattern}}` : `${selector}{${pattern}}`]);
}

/** Those that begin with what is typed, then those that hold it, then those that hold its letters in order. */
function rank(all, typed) {
  const low = typed.toLowerCase();
  if (!low) return all;
  const scattered = new RegExp([...low].map((letter) => letter.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*"));
  const scored = [];
  for (const offer of all) {
    const text = offer.text.toLowerCase();
    const at = text.indexOf(low);
    const score = text === low ? 0 : at === 0 ? 1 : at > 0 ? 2 : low.length > 2 && scattered.test(text) ? 3 : 9;
    if (score < 9) scored.push([score, offer]);
  }
  return scored.sort(([a, one], [b, other]) => a - b || one.text.length - other.text.length || (one.text < other.text ? -1 : 1)).map(([, offer]) => offer);
}
