// Single keys of one page, beside those that every page has; the person's switch for single keys holds for them too.

const STORE = "opsportal.shortcuts";

function on() {
  try {
    return (localStorage.getItem(STORE) ?? "on") === "on";
  } catch {
    return true;
  }
}

/** @param {Object<string, () => void>} actions by key */
export function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
    if (typing || !on() || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
}
