// The page of one service, live.
import { subscribe } from "./live.js";
import { connection } from "./connection.js";
import { perFrame, spaced } from "./batch.js";
import { announce } from "./announce.js";
import { ageElement } from "./ages.js";
import { statusElement, word } from "./statuses.js";
import { patchCheck } from "./checkrow.js";
import { mountCharts, pushValues } from "./charts.js";

const page = document.getElementById("service");
const id = page.dataset.service;
const name = document.querySelector("h1").textContent;

const showChecks = perFrame((updates) => {
  for (const [key, check] of updates) {
    const row = page.querySelector(`.check-row[data-key="${CSS.escape(key)}"]`);
    if (!check || !row) {
      refreshSoon();
      continue;
    }
    if (patchCheck(row, check)) {
      announce(`${check.name} is ${word(check.status).toLowerCase()}: ${check.summary}`);
      refreshSoon();
    }
    pushValues(key, check);
  }
});

const showService = perFrame((updates) => {
  const service = updates.get(id);
  if (!service) return;
  const status = document.getElementById("service-status");
  const changed = !status.querySelector(`.status-${service.status}`);
  status.replaceChildren(statusElement(service.status, true));
  document.getElementById("service-since").replaceChildren(ageElement(service.since));
  if (!changed) return;
  announce(`${name} is ${word(service.status).toLowerCase()}`);
  refreshSoon();
});

/** Panels that follow from a change come from the server again: reason, uptime, changes, dependencies, events. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const place of ["#service-reason", "#service-status", "#service-since", ".fact-list", ".wide-strip .strip", "[aria-labelledby=changes-title]", "[aria-labelledby=neighbours-title]", "[aria-labelledby=events-title]"]) {
    const old = document.querySelector(place);
    const renewed = fresh.querySelector(place);
    if (old && renewed && !old.contains(document.activeElement)) old.replaceWith(renewed);
  }
}

const refreshSoon = spaced(refresh, 2_500);

mountCharts(page);
subscribe(`service:${id}`, { snapshot: showChecks, update: showChecks, connection });
subscribe("services", { snapshot: (all) => (all[id] ? showService(all) : document.querySelector("#service-status .status-up") || refreshSoon()), update: showService });
