// PromQL as a text: its tokens for the colours, and what may stand at a place for the completion. No page, no network.

const TOKEN = /(?<space>\s+)|(?<comment>#[^\n]*)|(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`[^`]*`?)|(?<number>(?:0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*)?)(?![\w:])|(?<word>[a-z_:][\w:]*)|(?<operator>=~|!~|==|!=|<=|>=|[-+*/%^<>@,=(){}[\]:])|(?<other>[^])/giy;
const GROUPING = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);
const OPENING = { "(": ")", "{": "}", "[": "]" };
export const MATCHING = new Set(["=", "!=", "=~", "!~"]);
export const KEYWORDS = new Set([...GROUPING, "and", "or", "unless", "atan2", "bool", "offset", "start", "end", "inf", "nan"]);

/**
 * Tokens with the kinds that have a colour: metric, function, aggregation, keyword, label, string, number, operator, comment, space.
 * `within` is what the token stands in: "", "(", "{", "[" or "labels" (the parentheses after `by`).
 * @param {Map<string, {kind: string}>} words functions and aggregations by name
 */
export function tokens(text, words) {
  const found = [];
  const open = [];
  let before = null;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [kind] = Object.entries(match.groups).find(([, piece]) => piece !== undefined);
    const token = { kind, text: match[0], start: match.index, end: match.index + match[0].length, within: open.at(-1)?.kind ?? "", metric: open.at(-1)?.metric ?? "", open: open.at(-1)?.place ?? -1 };
    found.push(token);
    if (kind === "word") token.kind = wordKind(token, words);
    if (kind === "operator" && OPENING[token.text]) open.push(opened(token, before, found.length - 1));
    else if (kind === "operator" && Object.values(OPENING).includes(token.text)) open.pop();
    if (kind !== "space" && kind !== "comment") before = token;
  }
  return found;
}

function wordKind(token, words) {
  if (token.within === "{" || token.within === "labels") return "label";
  const low = token.text.toLowerCase();
  return KEYWORDS.has(low) ? "keyword" : words.get(low)?.kind === "aggregation" ? "aggregation" : words.get(token.text)?.kind ?? "metric";
}

function opened(token, before, place) {
  if (token.text === "(" && before && GROUPING.has(before.text.toLowerCase())) return { kind: "labels", place };
  return { kind: token.text, place, metric: token.text === "{" && before?.kind === "metric" ? before.text : "" };
}

/**
 * What may stand at `caret`: {kind, typed, start, end, …}, or null where nothing is offered.
 * Kinds: name (metric, function or keyword), label, value (with `label`, `quoted`), duration. `match` is a selector for the API.
 */
export function placeAt(text, caret, words) {
  const before = tokens(text.slice(0, caret), words);
  const last = before.at(-1);
  const significant = before.filter((token) => token.kind !== "space" && token.kind !== "comment");
  const end = significant.at(-1);
  if (last?.kind === "comment") return null;
  const within = enclosing(before);
  if (last?.kind === "string") return unclosed(last) && within.kind === "{" ? valueIn(text, significant, last, words, within) : null;
  const typing = last && ["metric", "function", "aggregation", "keyword", "label"].includes(last.kind) ? last : null;
  const place = { typed: typing?.text ?? "", start: typing?.start ?? caret, end: caret + /^[\w:]*/.exec(text.slice(caret))[0].length };
  if (within.kind === "{") return inBraces(text, place, significant, typing, words, within);
  if (within.kind === "labels") return { ...place, kind: "label", match: metricsOf(text, words) };
  const number = last?.kind === "number" ? last : null;
  const asked = significant.at(number ? -2 : -1);
  if (within.kind === "[" || asked?.text.toLowerCase() === "offset") {
    return { kind: "duration", typed: number?.text ?? "", start: number?.start ?? caret, end: caret };
  }
  return number || (end && last === end && /^[)}\]]$/.test(end.text)) ? null : { ...place, kind: "name", fresh: !typing };
}

/** The innermost bracket that is open at the end of the tokens. */
function enclosing(found) {
  const open = [];
  let before = null;
  found.forEach((token, place) => {
    if (token.kind === "operator" && OPENING[token.text]) open.push({ ...opened(token, before, place), start: token.start });
    else if (token.kind === "operator" && Object.values(OPENING).includes(token.text)) open.pop();
    if (token.kind !== "space" && token.kind !== "comment") before = token;
  });
  return open.at(-1) ?? { kind: "" };
}

const unclosed = ({ text }) => text.length === 1 || text.at(-1) !== text[0] || (text[0] !== "`" && /(?:^|[^\\])(?:\\\\)*\\.$/.test(text.slice(1)));

function inBraces(text, place, significant, typing, words, within) {
  const end = significant.at(typing ? -2 : -1);
  if (!typing && MATCHING.has(end?.text)) {
    const label = significant.at(-2)?.text ?? "";
    return { ...place, kind: "value", label, quoted: false, match: matchOf(text, within, label, words) };
  }
  return end && ["{", ","].includes(end.text) ? { ...place, kind: "label", metric: within.metric, match: matchOf(text, within, "", words) } : null;
}

function valueIn(text, significant, string, words, within) {
  const [label, operator] = significant.slice(-3);
  if (!MATCHING.has(operator?.text) || label.kind !== "label") return null;
  const closing = text.indexOf(string.text[0], string.end);
  const rest = text.slice(string.end, closing < 0 ? undefined : closing);
  const closes = closing >= 0 && /^[^\n{}]*$/.test(rest) && !/[,=]/.test(rest);
  return { kind: "value", label: label.text, typed: string.text.slice(1), start: string.start + 1, end: closes ? closing : string.end, quoted: true, closed: closes, quote: string.text[0], match: matchOf(text, within, label.text, words) };
}

/** The selector of the braces that open at `within.start`, without the condition on `left`. */
function matchOf(text, within, left, words) {
  const inside = tokens(text, words).filter((token) => token.start > within.start && token.kind !== "space");
  const conditions = [];
  for (let place = 0; place + 2 < inside.length && inside[place].text !== "}"; place += 1) {
    const [label, operator, value] = inside.slice(place, place + 3);
    if (label.kind === "label" && MATCHING.has(operator.text) && value.kind === "string" && !unclosed(value) && label.text !== left) conditions.push(label.text + operator.text + value.text);
  }
  return within.metric || conditions.length ? [`${within.metric ?? ""}${conditions.length ? `{${conditions.join(",")}}` : ""}`] : [];
}

/** Every metric that is named in an expression. */
export function metricsOf(text, words) {
  return [...new Set(tokens(text, words).filter((token) => token.kind === "metric").map((token) => token.text))].slice(0, 8);
}

export const quoted = (text) => `"${text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;

/** `up{job="node"}` of a metric's labels; `left` are labels not to be told. */
export function nameOf(labels, left = new Set()) {
  const inside = Object.entries(labels).filter(([name]) => name !== "__name__" && !left.has(name)).map(([name, value]) => `${name}=${quoted(value)}`).join(", ");
  const metric = left.has("__name__") ? "" : labels.__name__ ?? "";
  return inside ? `${metric}{${inside}}` : metric;
}
