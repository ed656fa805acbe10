// Ages that tick: every <time data-age> counts from its datetime by the server's clock. "in" counts down.
import { age } from "./format.js";

const offsetMs = serverOffset();

export const now = () => Date.now() + offsetMs;

/** Difference of the server's clock to this one, measured when this page was answered. */
function serverOffset() {
  const stated = Date.parse(document.querySelector('meta[name="server-time"]')?.content ?? "");
  const navigation = performance.getEntriesByType("navigation")[0];
  if (Number.isNaN(stated) || !navigation) return 0;
  const offset = stated - (performance.timeOrigin + navigation.responseStart);
  return Math.abs(offset) < 2_000 ? 0 : offset; // the stated time has whole seconds
}

export function tick() {
  const time = now();
  for (const element of document.querySelectorAll("time[data-age]")) {
    const span = (time - Date.parse(element.dateTime)) / 1000;
    const text = age(element.dataset.age === "in" ? -span : span);
    if (element.textContent !== text) element.textContent = text;
  }
}

/** A ticking element for an ISO time, or a dash. */
export function ageElement(iso, word = "") {
  if (!iso) return document.createTextNode("—");
  const element = document.createElement("time");
  element.dateTime = iso;
  element.dataset.age = word;
  element.title = `${iso.slice(0, 19).replace("T", " ")} UTC`;
  const span = (now() - Date.parse(iso)) / 1000;
  element.textContent = age(word === "in" ? -span : span);
  return element;
}

setInterval(tick, 1000);
