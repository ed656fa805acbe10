// The calendar: who and when under the pointer or with focus, arrow keys within a row, a bar fills in the form, the browser's zone.

const tooltip = document.createElement("div");
tooltip.className = "tooltip";
tooltip.hidden = true;
document.body.append(tooltip);

function show(bar) {
  const box = bar.querySelector(".body").getBoundingClientRect();
  const view = bar.closest(".rota-scroll").getBoundingClientRect();
  const [left, right] = [Math.max(box.left, view.left), Math.min(box.right, view.right)];
  tooltip.textContent = `${bar.dataset.who}: ${bar.dataset.when}`;
  tooltip.hidden = false;
  const middle = (left + right) / 2 - tooltip.offsetWidth / 2;
  tooltip.style.left = `${Math.min(innerWidth - tooltip.offsetWidth - 4, Math.max(4, middle))}px`;
  tooltip.style.top = `${box.top - tooltip.offsetHeight - 6}px`;
}

const hide = () => (tooltip.hidden = true);
const barOf = (event) => event.target.closest?.(".bar");

document.addEventListener("pointermove", (event) => {
  const bar = barOf(event);
  if (bar) show(bar);
  else if (!document.activeElement?.matches(".bar:focus-visible")) hide();
}, { passive: true });
document.addEventListener("focusin", (event) => (barOf(event)?.matches(":focus-visible") ? show(barOf(event)) : hide()));
document.addEventListener("scroll", hide, { passive: true, capture: true });

// One stop of the Tab key for each row; arrows go from bar to bar.
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
for (const row of document.querySelectorAll("[data-bars]")) {
  row.addEventListener("keydown", (event) => {
    const bars = [...row.querySelectorAll(".bar")];
    const place = bars.indexOf(document.activeElement);
    if (place < 0) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      fill(bars[place]);
    }
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    const next = bars[Math.min(bars.length - 1, Math.max(0, place + STEPS[event.key]))];
    bars[place].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    show(next);
  });
  row.addEventListener("click", (event) => barOf(event) && fill(barOf(event)));
}

/** Put a bar's times, and whose they are, into the form of an override. */
function fill(bar) {
  const form = document.querySelector("[data-override-form]");
  if (!form) return;
  form.elements.starts_at.value = bar.dataset.start;
  form.elements.ends_at.value = bar.dataset.end;
  form.elements.replaces.value = bar.dataset.person ?? "";
  form.closest("details").open = true;
  hide();
  form.elements.user.focus();
  form.scrollIntoView({ block: "nearest" });
}

// The browser's zone as one more choice, where it is none yet.
const zones = document.querySelector("[data-zones]");
const link = zones?.querySelector("[data-browser-zone]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (link && zone && zone !== zones.dataset.own && zone !== zones.dataset.shown) {
  link.href = link.getAttribute("href").replace("ZONE", encodeURIComponent(zone));
  link.textContent = zone.replaceAll("_", " ");
  link.title = "The time zone of this browser";
  link.hidden = false;
}
