// What changed, said politely to screen readers, at most once in five seconds.

const GAP_MS = 5_000;
const MOST = 3;
let waiting = [];
let timer = 0;
let saidAt = -Infinity;

export function announce(text) {
  waiting.push(text);
  timer ||= setTimeout(say, Math.max(100, saidAt + GAP_MS - performance.now()));
}

function say() {
  timer = 0;
  saidAt = performance.now();
  const shown = waiting.slice(0, MOST).join(". ");
  const more = waiting.length > MOST ? `. And ${waiting.length - MOST} more changes` : "";
  document.getElementById("announcer").textContent = shown + more;
  waiting = [];
}
