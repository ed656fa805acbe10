// The query page: expressions in, a chart or tables out. Its whole state is in its address.
import { announce } from "./announce.js";
import { addressOf, fileAddress, letter, moment, readAddress, spanOf, utc } from "./query_address.js";
import { MOST_ROWS, MOST_SERIES, Refused, instant, names, range } from "./query_ask.js";
import { MOST_DRAWN, clearChart, drawChart, pointsTable } from "./query_chart.js";
import { Editor, element } from "./query_editor.js";
import { words } from "./query_offers.js";
import { drawTables } from "./query_table.js";
import { metricsOf } from "./query_text.js";

const $ = (id) => document.getElementById(id);
const page = $("query");
const rows = $("rows");
const MOST_QUERIES = Number(page.dataset.mostQueries);
let state = readAddress();
let editors = [];
let answers = []; // of the expressions that are shown: {letter, text, series | rows, …}
let span = null;
let running = null;
let refresher = 0;

// ---- expressions

function addRow({ text = "", hidden = false } = {}) {
  const root = $("row").content.firstElementChild.cloneNode(true);
  rows.append(root);
  const editor = new Editor(root, { run, changed: () => told(editor, "") });
  Object.assign(editor, { hidden, hide: root.querySelector("[data-hide]"), remove: root.querySelector("[data-remove]"), words: root.querySelector(".told") });
  editor.value = text;
  editor.hide.addEventListener("click", () => {
    editor.hidden = !editor.hidden;
    number();
    run();
  });
  editor.remove.addEventListener("click", () => {
    const place = editors.indexOf(editor);
    editors = editors.filter((one) => one !== editor);
    root.remove();
    if (!editors.length) addRow();
    number();
    editors[Math.min(place, editors.length - 1)].text.focus();
    if (editor.value) run();
  });
  editors.push(editor);
  number();
  return editor;
}

/** Letters and labels follow the order. */
function number() {
  editors.forEach((editor, place) => {
    const name = letter(place);
    const set = (control, label) => control.setAttribute("aria-label", label);
    editor.root.querySelector(".letter").textContent = name;
    editor.root.classList.toggle("hidden-query", editor.hidden);
    set(editor.text, `Expression ${name}`);
    set(editor.hide, editor.hidden ? `Show query ${name}` : `Hide query ${name}`);
    editor.hide.title = editor.hidden ? "Show" : "Hide";
    editor.hide.querySelector(".icon").textContent = editor.hidden ? "visibility_off" : "visibility";
    editor.hide.setAttribute("aria-pressed", String(editor.hidden));
    set(editor.remove, `Remove query ${name}`);
    editor.remove.title = "Remove";
  });
  rows.classList.toggle("several", editors.length > 1);
  $("add").disabled = editors.length >= MOST_QUERIES;
  $("add").title = $("add").disabled ? `At most ${MOST_QUERIES} queries` : "";
}

/** A line beneath an expression: how many series, how long it took, what the portal remarked. */
function told(editor, words, remarks = []) {
  editor.words.replaceChildren(words, ...remarks.map((remark) => element("span", "remark", remark)));
  editor.words.hidden = !words && !remarks.length;
}

// ---- running

/** Ask for everything that is not hidden. `push`: a step that the browser's Back undoes. */
async function run({ push = true } = {}) {
  state.queries = editors.map(({ value: text, hidden }) => ({ text, hidden }));
  running?.abort();
  keepAddress(push);
  const asked = editors.filter(({ value, hidden }) => value && !hidden);
  span = spanOf(state, $("result").clientWidth - 60);
  problem("step", span.problem);
  if (!asked.length) answers = [];
  if (!asked.length || span.problem) return show(asked.length ? null : "begin");
  const mine = (running = new AbortController());
  busy(true);
  if (!answers.length) show("asking");
  const found = await Promise.all(asked.map((editor) => ask(editor, mine.signal)));
  if (mine !== running) return;
  running = null;
  busy(false);
  answers = found.filter(Boolean);
  show(answers.length ? state.view : "failed");
  refreshLater();
}

async function ask(editor, signal) {
  const text = editor.value;
  try {
    if (!(await editor.check())) throw null;
    const answer = state.view === "table" ? await instant(text, span.exact.toFixed(3), signal) : await range(text, span, signal);
    editor.clear();
    const count = (answer.series ?? answer.rows).length;
    const most = state.view === "table" ? MOST_ROWS : MOST_SERIES;
    const what = answer.type === "scalar" || answer.type === "string" ? "value" : "series";
    const words = count ? `${answer.more ? `the first ${most}` : count} ${what} in ${took(answer.took_ms)}` : `no data, in ${took(answer.took_ms)}`;
    told(editor, words, [...answer.warnings, ...answer.infos]);
    return { ...answer, text, letter: letter(editors.indexOf(editor)) };
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof Refused) editor.fail(error.message.replace(/^invalid parameter "query": /, ""));
    else if (error) throw error;
    told(editor, "");
    return null;
  }
}

const took = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function busy(is) {
  $("result").setAttribute("aria-busy", String(is));
  $("run").classList.toggle("busy", is);
  $("run").querySelector("span:last-child").textContent = is ? "Stop" : "Run";
  $("run").querySelector(".icon").textContent = is ? "stop" : "play_arrow";
}

function stop() {
  running?.abort();
  running = null;
  busy(false);
  if (!$("nothing").hidden) show("stopped");
}

/** While the tab is looked at, and never two at once. */
function refreshLater() {
  clearTimeout(refresher);
  if (!state.refresh || !state.range) return;
  refresher = setTimeout(() => (document.hidden || running || isEdited() ? refreshLater() : run({ push: false })), Number(state.refresh) * 1000);
}

/** What is half typed is not asked for. */
function isEdited() {
  return editors.some((editor, place) => editor.isOpen() || editor.value !== state.queries[place]?.text);
}

// ---- showing

const STATES = {
  asking: ["hourglass_top", "Asking…", "Long ranges and many series take a moment."],
  stopped: ["stop_circle", "Stopped", "Run asks again."],
  failed: ["error", "No answer", "What is wrong is written under the expression."],
};

function show(what) {
  const empty = what === "chart" || what === "table" ? !answers.some(({ series, rows }) => (series ?? rows).length) : false;
  const parts = { begin: what === "begin", chart: what === "chart" && !empty, table: what === "table" && !empty, nothing: empty || Object.hasOwn(STATES, what) };
  for (const [id, is] of Object.entries(parts)) if (what) $(id).hidden = !is;
  $("foot").hidden = !(parts.chart || parts.table);
  $("points").hidden = !parts.chart;
  if (!parts.chart) closePoints();
  if (what === "begin" || what === "failed") clearChart();
  if (parts.nothing) nothing(what);
  if (parts.chart) chart();
  if (parts.table) {
    drawTables($("table"), answers, span.exact);
    summary(answers.some(({ more }) => more) ? `Only the first ${MOST_ROWS.toLocaleString("en")} rows of a query are listed. Narrow it with labels, or ask for topk(20, …).` : `Values at ${utc(span.exact * 1000).replace("T", " ")} UTC`);
  }
  if (parts.chart || parts.table) $("csv").href = fileAddress(page.dataset.csv, state, span);
}

function chart() {
  $("chart").hidden = false;
  const { left, odd } = drawChart(answers, span);
  const capped = answers.some(({ more }) => more);
  const most = capped || left ? `Only the first ${MOST_DRAWN} series are drawn. Narrow the query with labels, or ask for the largest: topk(10, …). ` : "";
  summary(`${most}${odd ? "NaN and infinite values are not drawn. " : ""}A point every ${length(span.step)}; times are those of your clock.`);
  if (!$("points-table").hidden) $("points-table").replaceChildren(pointsTable());
}

const length = (s) => (s % 86_400 === 0 ? `${s / 86_400} d` : s % 3600 === 0 ? `${s / 3600} h` : s % 60 === 0 ? `${s / 60} min` : `${s} s`);

function summary(words) {
  $("summary").textContent = words;
  const count = answers.reduce((sum, { series, rows }) => sum + (series ?? rows).length, 0);
  if (!state.refresh) announce(`${count} series`);
}

/** No data is not zero: say what may be the reason. */
async function nothing(what) {
  const host = $("nothing");
  const icon = (name) => element("span", "icon", name, { "aria-hidden": "true" });
  if (STATES[what]) {
    const [symbol, title, words] = STATES[what];
    return host.replaceChildren(icon(symbol), element("h2", "", title), element("p", "", words));
  }
  const where = state.view === "table" ? "at that time" : "in this range";
  host.replaceChildren(icon("search_off"), element("h2", "", "No data"), element("p", "", `No series matched ${where}. That is not the same as zero.`));
  for (const reason of await reasons()) host.append(reason);
}

async function reasons() {
  const texts = answers.map(({ text }) => text);
  const known = new Set(await names("label/__name__/values"));
  const strange = [...new Set(texts.flatMap((text) => metricsOf(text, words)))].filter((metric) => !known.has(metric));
  const found = strange.slice(0, 3).map((metric) => {
    const line = element("p");
    line.append("No metric is called ", element("code", "", metric), ". ", element("a", "", "Look for one like it", { href: `${page.dataset.metrics}?text=${encodeURIComponent(metric.split("_").slice(0, 2).join("_"))}` }));
    return line;
  });
  if (!strange.length && texts.some((text) => /[<>]|[=!]=/.test(text))) found.push(element("p", "", "A comparison keeps only the series for which it is true. With bool after it, it answers 0 or 1 instead."));
  else if (!strange.length) found.push(element("p", "", "Try a longer range, or fewer conditions on labels."));
  return found;
}

function closePoints() {
  $("points-table").hidden = true;
  $("points").setAttribute("aria-expanded", "false");
}

// ---- the address and the tools

function keepAddress(push) {
  const address = addressOf(state);
  if (address === location.search || (address === "?range=1h" && !location.search)) return;
  history[push ? "pushState" : "replaceState"](null, "", address);
}

function load() {
  state = readAddress();
  rows.replaceChildren();
  editors = [];
  for (const one of state.queries.length ? state.queries.slice(0, MOST_QUERIES) : [{}]) addRow(one);
  showTools();
  run({ push: false });
}

function showTools() {
  for (const button of page.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
  for (const button of page.querySelectorAll("[data-range]")) button.setAttribute("aria-pressed", String(button.dataset.range === state.range));
  $("step").value = state.step;
  $("refresh").value = state.refresh;
  $("refresh").disabled = !state.range;
  const { first, exact } = spanOf({ ...state, step: "" }, 0);
  $("from").value = utc((first ?? state.from / 1000) * 1000);
  $("to").value = utc((exact ?? state.to / 1000) * 1000);
  $("span").querySelector("summary").textContent = state.range ? "From … to" : `${utc(state.from).replace("T", " ")} – ${utc(state.to).replace("T", " ")} UTC`;
  $("span").toggleAttribute("data-absolute", !state.range);
}

function change(fields) {
  Object.assign(state, fields);
  showTools();
  run();
}

function problem(name, words = "") {
  $(`${name}-problem`).textContent = words ?? "";
  $(`${name}-problem`).hidden = !words;
}

function showSpan() {
  const [from, to] = [moment($("from").value), moment($("to").value)];
  if (from === null || to === null || from >= to) return problem("span", "From has to be before To, and both are needed.");
  problem("span");
  $("span").open = false;
  change({ range: "", from, to, refresh: "" });
}

async function copyLink() {
  const word = $("copy").querySelector("span:last-child");
  try {
    await navigator.clipboard.writeText(location.href);
    word.textContent = "Copied";
  } catch {
    word.textContent = "Copy it from the address bar";
  }
  setTimeout(() => (word.textContent = "Copy link"), 2_500);
}

page.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) stop();
  else run();
});
page.addEventListener("click", (event) => {
  const { view, range: preset } = event.target.closest("[data-view], [data-range]")?.dataset ?? {};
  if (view && view !== state.view) change({ view });
  if (preset) change({ range: preset, from: null, to: null });
});
$("add").addEventListener("click", () => addRow().text.focus());
$("span-show").addEventListener("click", showSpan);
$("step").addEventListener("change", () => change({ step: $("step").value.trim() }));
$("refresh").addEventListener("change", () => change({ refresh: $("refresh").value }));
$("copy").addEventListener("click", copyLink);
$("points").addEventListener("click", () => {
  if (!$("points-table").hidden) return closePoints();
  $("points-table").replaceChildren(pointsTable());
  $("points-table").hidden = false;
  $("points").setAttribute("aria-expanded", "true");
});
for (const field of [$("from"), $("to")]) field.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), showSpan()));
$("step").addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), change({ step: $("step").value.trim() })));
page.addEventListener("zoom", ({ detail }) => detail.to > detail.from && change({ range: "", ...detail, refresh: "" }));
page.addEventListener("cursor", ({ detail }) => announce(detail));
addEventListener("popstate", load);
load();
if (!editors[0].value) editors[0].text.focus();
