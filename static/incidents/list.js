// The list of incidents, live: what changed is asked for a moment later, and what was chosen stays chosen.
import { subscribe } from "../opsportal/live.js";
import { connection } from "../opsportal/connection.js";
import { spaced } from "../opsportal/batch.js";
import { announce } from "../opsportal/announce.js";
import { onKeys } from "./keys.js";

const REFRESH_GAP_MS = 2_000 + Math.random() * 1_000;
const form = document.getElementById("bulk");
const list = document.getElementById("incidents");
const all = document.getElementById("all");
const boxes = () => [...list.querySelectorAll('input[name="incident"]')];
const current = () => list.querySelector(".row.current") ?? document.activeElement?.closest(".row");

async function refresh() {
  const address = new URL(location.href);
  address.searchParams.set("fragment", "1");
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = document.createElement("div");
  fresh.innerHTML = await answer.text();
  const chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  const before = new Map([...list.querySelectorAll(".row")].map((row) => [row.dataset.key, row.dataset.updated]));
  const here = current()?.dataset.key;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const onBox = focused?.matches("input");
  list.replaceChildren(...fresh.childNodes);
  for (const box of boxes()) box.checked = chosen.has(box.value);
  for (const row of list.querySelectorAll(".row")) {
    if (before.get(row.dataset.key) !== row.dataset.updated) row.classList.add("changed");
  }
  const row = here && list.querySelector(`[data-key="${here}"]`);
  row?.classList.add("current");
  if (focused) row?.querySelector(onBox ? "input" : "a")?.focus({ preventScroll: true });
  count();
}

const refreshSoon = spaced(refresh, REFRESH_GAP_MS);

function changed(updates) {
  for (const incident of Object.values(updates)) {
    if (incident?.state === "open" && !list.querySelector(`[data-key="${incident.id}"]`)) announce(`${incident.severity_label}: ${incident.title}`);
  }
  refreshSoon();
}

/** The snapshot comes with the page; it is asked for again only where it tells of something newer. */
function snapshot(incidents) {
  const stale = [...list.querySelectorAll(".row:not(.over)")].some((row) => {
    const known = incidents[row.dataset.key];
    return known && Date.parse(known.updated_at) > Date.parse(row.dataset.updated);
  });
  const newest = Math.max(0, ...[...list.querySelectorAll(".row")].map((row) => Number(row.dataset.key)));
  if (stale || Object.keys(incidents).some((key) => Number(key) > newest)) refreshSoon();
}

function count() {
  if (!all) return;
  const chosen = boxes().filter((box) => box.checked).length;
  all.checked = chosen > 0 && chosen === boxes().length;
  all.indeterminate = chosen > 0 && chosen < boxes().length;
  document.getElementById("chosen").textContent = chosen ? `${chosen} chosen` : "Choose all";
}

all?.addEventListener("change", () => {
  for (const box of boxes()) box.checked = all.checked;
  count();
});
list.addEventListener("change", count);

/** Of the incidents that are chosen; of the row under the keyboard where none is. */
function act(verb) {
  if (!boxes().some((box) => box.checked)) {
    const box = current()?.querySelector('input[name="incident"]');
    if (!box) return;
    box.checked = true;
  }
  form.querySelector(`button[value="${verb}"]`)?.click();
}

onKeys({
  x: () => {
    const box = current()?.querySelector('input[name="incident"]');
    if (box) box.checked = !box.checked;
    count();
  },
  a: () => act("acknowledge"),
  r: () => act("resolve"),
  s: () => act("silence"),
});
subscribe("incidents", { snapshot, update: changed, connection });
count();
