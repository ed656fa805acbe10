// One label a slot of a strip: under the pointer, or with the arrow keys where the strip takes focus.
import { clock } from "./format.js";
import { announce } from "./announce.js";

const SLOT_MS = 900_000;
const WORDS = { u: "up", g: "degraded", d: "down", k: "unknown or stale", x: "excluded (maintenance or paused)", "-": "no data" };
const tooltip = document.createElement("div");
tooltip.className = "tooltip";
tooltip.hidden = true;
document.body.append(tooltip);

function label(strip, slot) {
  const start = Number(strip.dataset.start) * 1000 + slot * SLOT_MS;
  return `${clock(start, true)} – ${clock(start + SLOT_MS)}: ${WORDS[strip.dataset.strip[slot]]}`;
}

function show(strip, slot) {
  const box = strip.getBoundingClientRect();
  tooltip.textContent = label(strip, slot);
  tooltip.hidden = false;
  const middle = box.left + ((slot + 0.5) / strip.dataset.strip.length) * box.width;
  const left = Math.min(innerWidth - tooltip.offsetWidth - 4, Math.max(4, middle - tooltip.offsetWidth / 2));
  tooltip.style.left = `${left}px`;
  tooltip.style.top = `${box.top - tooltip.offsetHeight - 6}px`;
}

const hide = () => (tooltip.hidden = true);

document.addEventListener("pointermove", (event) => {
  const strip = event.target.closest?.("[data-strip]");
  if (!strip) return tooltip.hidden || document.activeElement?.matches("[data-strip-keys]") ? undefined : hide();
  const box = strip.getBoundingClientRect();
  const slots = strip.dataset.strip.length;
  show(strip, Math.min(slots - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * slots))));
}, { passive: true });
document.addEventListener("scroll", hide, { passive: true });

for (const group of document.querySelectorAll("[data-strip-keys]")) {
  let slot = 89;
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -90, End: 90 };
  group.addEventListener("keydown", (event) => {
    if (!(event.key in step)) return;
    event.preventDefault();
    const strip = group.querySelector("[data-strip]");
    slot = Math.min(strip.dataset.strip.length - 1, Math.max(0, slot + step[event.key]));
    show(strip, slot);
    announce(tooltip.textContent);
  });
  group.addEventListener("blur", hide);
}
