// Copy an address that is shown once.
import { announce } from "../opsportal/announce.js";

const field = document.querySelector("[data-copy-from]");
const button = document.querySelector("[data-copy]");
field.addEventListener("focus", () => field.select());
if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value);
    button.querySelector("span:last-child").textContent = "Copied";
    announce("The address was copied");
  });
}
