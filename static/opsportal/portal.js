// What every page has: ticking ages, the keyboard, the theme, labels of strips.
import "./ages.js";
import "./keys.js";
import "./strip.js";

const STORE = "opsportal.theme";
const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : systemDark.matches);
const changed = () => document.dispatchEvent(new CustomEvent("opsportal:theme"));

document.getElementById("theme-toggle")?.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  try {
    localStorage.setItem(STORE, root.dataset.theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  changed();
});
systemDark.addEventListener("change", changed);
