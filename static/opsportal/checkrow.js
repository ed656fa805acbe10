// One check on a page: its status, words, times and values, changed in place.
import { humanise } from "./format.js";
import { ageElement, now } from "./ages.js";
import { statusElement } from "./statuses.js";

/** Shows `check` (a payload of the topic service:<id>) in `row`; whether its status changed. */
export function patchCheck(row, check) {
  const slot = (name) => row.querySelector(`[data-slot="${name}"]`);
  const changed = row.dataset.status !== undefined && row.dataset.status !== check.status;
  if (row.dataset.status !== undefined) row.dataset.status = check.status;
  slot("status-cell")?.replaceChildren(statusElement(check.status));
  if (check.summary) fill(slot("summary"), check.summary); // a check that has not run keeps the words of the page
  slot("since")?.replaceChildren(ageElement(check.since));
  if (check.checked_at) slot("checked")?.replaceChildren(ageElement(check.checked_at), " ago");
  if (check.duration_s !== null) fill(slot("duration"), humanise(check.duration_s, "s"));
  toggle(slot("hard"), check.hard);
  toggle(slot("flapping"), !check.flapping);
  next(slot("next"), check);
  for (const cell of row.querySelectorAll("[data-value]")) {
    if (Object.hasOwn(check.values, cell.dataset.value)) showValue(cell, check.values[cell.dataset.value]);
  }
  return changed;
}

function showValue(cell, value) {
  fill(cell, humanise(value, cell.dataset.unit));
  const bar = cell.closest(".meter")?.querySelector(".meter-bar");
  if (!bar) return;
  const percent = Math.min(100, Math.max(0, value * 100)).toFixed(1);
  bar.setAttribute("aria-valuenow", percent);
  bar.setAttribute("aria-valuetext", cell.textContent);
  bar.querySelector(".meter-fill").setAttribute("width", percent);
}

function next(element, check) {
  if (!element || !check.checked_at) return;
  const due = Date.parse(check.checked_at) + Number(element.dataset.interval) * 1000;
  element.replaceChildren(ageElement(new Date(Math.max(due, now())).toISOString(), "in"));
}

function fill(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function toggle(element, hide) {
  if (element) element.hidden = hide;
}
