// The answers at one time as tables: a row a series, sorted by name or value.
import { clock } from "./format.js";
import { number } from "./query_ask.js";
import { readable, unitOf } from "./query_chart.js";
import { element } from "./query_editor.js";
import { nameOf } from "./query_text.js";

const MOST_SAMPLES = 20; // of a range vector's series
const sorts = new Map(); // letter → [column, direction]

/** Tables of `answers` ([{letter, text, type, rows}]) at `time` (s since 1970) into `host`. */
export function drawTables(host, answers, time) {
  host.replaceChildren(...answers.map((answer) => block(answer, time, answers.length > 1)));
}

function block(answer, time, lettered) {
  const holder = element("section", "answer", "", { "aria-label": `Values of ${answer.text}` });
  if (lettered) {
    const head = element("h3", "answer-head");
    head.append(element("span", "letter", answer.letter), element("code", "", answer.text));
    holder.append(head);
  }
  const scroll = element("div", "table-scroll", "", { tabindex: "0", role: "group", "aria-label": "Table" });
  const draw = () => scroll.replaceChildren(table(answer, time, draw));
  draw();
  holder.append(scroll);
  return holder;
}

function table(answer, time, redraw) {
  const made = element("table", "plain values-table");
  const head = made.createTHead().insertRow();
  const [column, direction] = sorts.get(answer.letter) ?? ["", 1];
  for (const [key, words] of [["name", "Series"], ["value", "Value"]]) {
    const th = element("th", key === "value" ? "number" : "", "", { scope: "col" });
    if (key === column) th.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    const button = element("button", "quiet small sort", words, { type: "button" });
    button.append(element("span", "icon", key !== column ? "unfold_more" : direction > 0 ? "arrow_upward" : "arrow_downward", { "aria-hidden": "true" }));
    button.addEventListener("click", () => {
      sorts.set(answer.letter, [key, key === column ? -direction : key === "value" ? -1 : 1]);
      redraw();
      document.querySelector(`#table [aria-sort] button`)?.focus();
    });
    th.append(button);
    head.append(th);
  }
  const body = made.createTBody();
  const unit = unitOf(answer.rows);
  if (!answer.rows.length) body.insertRow().insertCell().append(element("span", "muted", "no data, which is not zero"));
  for (const row of sorted(answer.rows, column, direction)) body.append(line(row, answer, unit));
  const caption = made.createCaption();
  caption.className = "visually-hidden";
  caption.textContent = `${answer.rows.length} values at ${clock(time * 1000, true)}`;
  return made;
}

function sorted(rows, column, direction) {
  if (!column) return rows;
  const keys = new Map(rows.map((row) => [row, column === "value" ? number(row.value) : nameOf(row.labels)]));
  const order = (one, other) => (Number.isNaN(one) ? 1 : Number.isNaN(other) ? -1 : one < other ? -direction : one > other ? direction : 0);
  return [...rows].sort((one, other) => order(keys.get(one), keys.get(other)));
}

function line({ labels, value, samples }, { type }, unit) {
  const row = document.createElement("tr");
  const name = row.insertCell();
  name.className = "series-name";
  name.append(...labelled(labels));
  const cell = row.insertCell();
  cell.className = "number";
  if (samples) cell.append(...samplesOf(samples));
  else if (type === "string") cell.textContent = value;
  else {
    cell.textContent = unit ? readable(number(value), unit) : short(value);
    cell.title = value;
  }
  return row;
}

/** Eight digits, which a title and the CSV file have all of. */
const short = (value) => (Number.isFinite(Number(value)) && !/^-?\d{1,15}$/.test(value) ? String(Number(Number(value).toPrecision(8))) : value);

function labelled({ __name__: metric, ...labels }) {
  const tags = Object.entries(labels).map(([label, value]) => {
    const tag = element("span", "label-tag");
    tag.append(element("span", "label-name", `${label}=`), value || "(empty)");
    return tag;
  });
  const name = metric ? [element("code", "metric-name", metric)] : [];
  return [...name, ...tags].length ? [...name, ...tags] : [element("span", "muted", "no labels")];
}

function samplesOf(samples) {
  const lines = samples.slice(-MOST_SAMPLES).reverse().map(([time, value]) => element("div", "nowrap", `${value}  @ ${clock(time * 1000, true)}:${String(new Date(time * 1000).getSeconds()).padStart(2, "0")}`));
  const left = samples.length - lines.length;
  return left > 0 ? [...lines, element("div", "muted small", `and ${left} earlier`)] : lines;
}
