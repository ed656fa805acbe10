// The overview, live: a row changes in place at once; counts, order and paging follow from the server a moment later.
import { subscribe } from "./live.js";
import { connection } from "./connection.js";
import { perFrame, spaced } from "./batch.js";
import { announce } from "./announce.js";
import { ageElement } from "./ages.js";
import { statusElement, word } from "./statuses.js";

const REFRESH_GAP_MS = 2_000 + Math.random() * 1_000;
const list = document.getElementById("overview");
const rowsByKey = () => new Map([...list.querySelectorAll("[data-key]")].map((row) => [row.dataset.key, row]));
const slot = (row, name) => row.querySelector(`[data-slot="${name}"]`);

const show = perFrame((updates) => {
  const rows = rowsByKey();
  let refreshNeeded = false;
  for (const [key, service] of updates) {
    const row = rows.get(key);
    if (!service || !row) refreshNeeded = true;
    else if (patch(row, service)) refreshNeeded = true;
  }
  if (refreshNeeded) refreshSoon();
});

/** Shows `service` in its row; whether its status changed. */
function patch(row, service) {
  const before = row.dataset.status;
  slot(row, "since").replaceChildren(ageElement(service.since));
  const reason = slot(row, "reason");
  const affected = service.affected_by ? `Affected by ${service.affected_by}. ` : "";
  if (reason && !(row.matches(".tile") && service.status === "up")) reason.textContent = affected + service.reason;
  if (before === service.status) return false;
  row.dataset.status = service.status;
  row.classList.replace(`row-${before}`, `row-${service.status}`);
  row.classList.replace(`tile-${before}`, `tile-${service.status}`);
  slot(row, "status").replaceWith(statusElement(service.status));
  row.classList.remove("changed");
  requestAnimationFrame(() => row.classList.add("changed"));
  announce(`${service.name} is ${word(service.status).toLowerCase()}`);
  return true;
}

/** The snapshot holds every service that is not up: a row that shows otherwise, or is not among them, is out of date. */
function snapshot(services) {
  show(services);
  for (const [key, row] of rowsByKey()) if (row.dataset.status !== "up" && !services[key]) return refreshSoon();
}

async function refresh() {
  const address = new URL(location.href);
  address.searchParams.set("fragment", "1");
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = document.createElement("div");
  fresh.innerHTML = await answer.text();
  swap(fresh);
}

/** Rows under the pointer or the keyboard do not move: they wait for the button. */
function swap(fresh) {
  const busy = list.querySelector(".row:hover, .row:focus-within, .row.current");
  const keys = (root) => [...root.querySelectorAll("[data-key]")].map((row) => row.dataset.key).join();
  if (busy && keys(fresh) !== keys(list)) {
    list.querySelector("#headline")?.replaceWith(fresh.querySelector("#headline"));
    list.querySelector(".chips")?.replaceWith(fresh.querySelector(".chips"));
    list.querySelector("#reorder").hidden = false;
    return;
  }
  const current = list.querySelector(".row.current")?.dataset.key;
  const focused = document.activeElement?.closest("[data-key]")?.dataset.key;
  list.replaceChildren(...fresh.childNodes);
  if (current) list.querySelector(`[data-key="${current}"]`)?.classList.add("current");
  if (focused) list.querySelector(`[data-key="${focused}"] a`)?.focus({ preventScroll: true });
}

const refreshSoon = spaced(refresh, REFRESH_GAP_MS);

list.addEventListener("click", (event) => {
  if (!event.target.closest("#reorder")) return;
  for (const row of list.querySelectorAll(".row.current")) row.classList.remove("current");
  document.activeElement?.blur();
  refresh();
});

subscribe("services", { snapshot, update: show, connection });
