// Statuses as shape, word and colour; the shapes and words come from the page, which has them from choices.py.

const known = JSON.parse(document.getElementById("statuses").textContent);

export const word = (status) => known[status]?.label ?? status;

/** The element of a status; `pill` gives it a ground. */
export function statusElement(status, pill = false) {
  const element = document.createElement("span");
  element.className = `status status-${status}${pill ? " pill" : ""}`;
  element.dataset.slot = "status";
  const icon = document.createElement("span");
  icon.className = "icon";
  icon.setAttribute("aria-hidden", "true");
  icon.textContent = known[status]?.icon ?? "help";
  const text = document.createElement("span");
  text.textContent = word(status);
  element.append(icon, text);
  return element;
}
