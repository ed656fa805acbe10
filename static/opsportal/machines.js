// Machines, live: gauges move, charts grow.
import { subscribe } from "./live.js";
import { connection } from "./connection.js";
import { perFrame } from "./batch.js";
import { patchCheck } from "./checkrow.js";
import { mountCharts, pushValues } from "./charts.js";

const show = perFrame((updates) => {
  for (const [key, check] of updates) {
    const machine = document.querySelector(`.machine[data-key="${CSS.escape(key)}"]`);
    if (!check || !machine) continue;
    patchCheck(machine, check);
    pushValues(key, check);
  }
});

mountCharts(document);
const services = new Set([...document.querySelectorAll(".machine[data-service]")].map((machine) => machine.dataset.service));
for (const id of services) subscribe(`service:${id}`, { snapshot: show, update: show, connection });
