// Runs before the first paint, so that a chosen theme never flashes. Everything else about the theme is in portal.js.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("opsportal.theme");
  } catch {
    // Storage may be forbidden; the system's wish then rules.
  }
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
})();
