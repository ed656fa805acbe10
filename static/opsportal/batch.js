// Updates gathered by key and shown once per animation frame, so that a burst never freezes the page.

/**
 * @param {(updates: Map<string, object|null>) => void} show
 * @returns {(updates: Object<string, object|null>) => void}
 */
export function perFrame(show) {
  const waiting = new Map();
  let asked = false;
  return (updates) => {
    for (const [key, payload] of Object.entries(updates)) waiting.set(key, payload);
    if (asked || !waiting.size) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const batch = new Map(waiting);
      waiting.clear();
      show(batch);
    });
  };
}

/** Calls `work` soon, and then not more often than every `gapMs`; never two at once. */
export function spaced(work, gapMs) {
  let last = -Infinity;
  let timer = 0;
  let running = false;
  const ask = (delay = 150) => {
    if (timer) return;
    timer = setTimeout(async () => {
      timer = 0;
      if (running) return ask(gapMs);
      running = true;
      last = performance.now();
      try {
        await work();
      } finally {
        running = false;
      }
    }, Math.max(delay, last + gapMs - performance.now()));
  };
  return ask;
}
