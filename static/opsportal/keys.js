// The keyboard: single keys that can be switched off, rows with j and k, Escape to go back.

const STORE = "opsportal.shortcuts";
const dialog = document.getElementById("shortcuts");
const box = document.getElementById("shortcuts-on");

const stored = (fallback) => {
  try {
    return localStorage.getItem(STORE) ?? fallback;
  } catch {
    return fallback;
  }
};
let on = stored("on") === "on";

const rows = () => [...document.querySelectorAll(".row")].filter((row) => row.getClientRects().length);

function move(step) {
  const all = rows();
  if (!all.length) return;
  const place = all.findIndex((row) => row.classList.contains("current") || row.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, place < 0 ? 0 : place + step))];
  for (const row of all) row.classList.toggle("current", row === next);
  (next.querySelector("a[href]") ?? next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function escape() {
  const field = document.activeElement?.closest("input, select, textarea");
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (field) field.blur();
  else document.querySelector("a[aria-label^='Back']")?.click();
}

const actions = {
  "/": () => document.getElementById("search")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  ".": () => document.getElementById("live-toggle")?.click(),
  "?": () => dialog?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
  if (event.key === "Escape") return escape();
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
  if (!on || typing || !action) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

document.getElementById("shortcuts-open")?.addEventListener("click", () => dialog.showModal());
if (box) {
  box.checked = on;
  box.addEventListener("change", () => {
    on = box.checked;
    try {
      localStorage.setItem(STORE, on ? "on" : "off");
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  });
}
