// The form of a silence: matchers are built by hand or by buttons, and what they cover is shown while they are written.
const form = document.getElementById("silence");
const lines = form.elements.matchers;
const preview = document.getElementById("preview");
const part = (name) => document.getElementById(`b-${name}`);
const WAIT_MS = 400;
let timer = 0;
let asked = 0;

async function show() {
  const mine = ++asked;
  const body = new URLSearchParams({ matchers: lines.value, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  const answer = await fetch(form.dataset.preview, { method: "POST", body }).catch(() => null);
  if (mine !== asked) return;
  if (answer?.ok && !answer.redirected) preview.innerHTML = await answer.text();
}

const showSoon = () => {
  clearTimeout(timer);
  timer = setTimeout(show, WAIT_MS);
};

function add() {
  const name = part("name").value.trim();
  if (!name) return part("name").focus();
  const value = part("value").value.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  const before = lines.value.trimEnd();
  lines.value = `${before}${before && "\n"}${name}${part("op").value}"${value}"`;
  part("name").value = part("value").value = "";
  part("name").focus();
  show();
}

part("add").addEventListener("click", add);
for (const name of ["name", "value"]) {
  part(name).addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
}
lines.addEventListener("input", showSoon);
for (const button of form.querySelectorAll("[data-minutes]")) {
  button.addEventListener("click", () => {
    const start = form.elements.starts_at.value ? Date.parse(`${form.elements.starts_at.value}Z`) : Date.now();
    form.elements.ends_at.value = new Date(start + Number(button.dataset.minutes) * 60_000).toISOString().slice(0, 16);
  });
}
