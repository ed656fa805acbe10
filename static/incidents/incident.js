// One incident, live: its parts are asked for again a moment after a change. A part that somebody is busy in waits.
import { subscribe } from "../opsportal/live.js";
import { connection } from "../opsportal/connection.js";
import { spaced } from "../opsportal/batch.js";
import { announce } from "../opsportal/announce.js";
import { onKeys } from "./keys.js";
import { drawRuleCharts } from "./rule_chart.js";

const EVERY_MS = 10_000; // what was sent and what is due change without a word
const page = document.getElementById("incident");
const parts = (root) => new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
let busy = false;

/** Somebody writes, chooses or has opened something in it. */
function inUse(part) {
  const fields = [...part.querySelectorAll("textarea, input:not([type=hidden]), select")];
  const changed = (field) => (field.type === "checkbox" ? field.checked !== field.defaultChecked : field.matches("select") ? [...field.options].some((one) => one.selected !== one.defaultSelected && field.dataset.touched) : field.value !== field.defaultValue);
  return part.contains(document.activeElement) || part.querySelector("details[open]") !== null || fields.some(changed);
}

async function refresh() {
  if (busy) return;
  const address = new URL(location.href);
  address.searchParams.set("fragment", "1");
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = document.createElement("div");
  fresh.innerHTML = await answer.text();
  const shown = parts(page);
  for (const [name, part] of parts(fresh)) {
    const old = shown.get(name);
    if (old && !("keep" in old.dataset) && !inUse(old) && old.innerHTML !== part.innerHTML) old.replaceWith(part);
  }
}

const refreshSoon = spaced(refresh, 1_500);

function update(updates) {
  for (const [key, line] of Object.entries(updates)) if (key.startsWith("entry:") && line) announce(line.summary);
  refreshSoon();
}

page.addEventListener("change", (event) => event.target.matches("select") && (event.target.dataset.touched = "1"));
page.addEventListener("submit", () => (busy = true));

const press = (verb) => page.querySelector(`button[value="${verb}"]`)?.click();
onKeys({
  a: () => press("acknowledge"),
  r: () => press("resolve"),
  s: () => page.querySelector('[data-part="deeds"] a.button')?.click(),
  c: () => document.getElementById("comment")?.focus(),
});

let first = true;
subscribe(`incident:${page.dataset.id}`, {
  snapshot() {
    if (!first) refreshSoon(); // the first one is what the page was made of
    first = false;
  },
  update,
  connection,
});
setInterval(() => !document.hidden && document.documentElement.dataset.connection === "connected" && refreshSoon(), EVERY_MS);
drawRuleCharts(page);
