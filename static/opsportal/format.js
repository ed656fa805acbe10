// Numbers and spans as people read them: the browser's twin of monitoring/dashboards/units.py.

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const DECIMAL = ["", "k", "M", "G", "T", "P"];
const SPANS = [[86_400, "d", "h", 3600], [3600, "h", "min", 60], [60, "min", "s", 1]];

export function humanise(value, unit = "") {
  if (value === null || value === undefined || Number.isNaN(value)) return "—";
  switch (unit) {
    case "s": return seconds(value);
    case "B": return prefixed(value, 1024, BINARY);
    case "B/s": return `${prefixed(value, 1024, BINARY)}/s`;
    case "ratio": return `${three(value * 100)} %`;
    case "bool": return value ? "yes" : "no";
    case "d": return `${three(value)} d`;
    case "/s": return `${prefixed(value, 1000, DECIMAL)}/s`;
    default: return prefixed(value, 1000, DECIMAL);
  }
}

export function seconds(value) {
  const size = Math.abs(value);
  if (size < 1) return `${three(value * 1000)} ms`;
  return size < 60 ? `${three(value)} s` : age(value);
}

/** The two largest parts of a span of seconds: "42 s", "2 min 5 s", "3 h 20 min", "4 d 2 h". */
export function age(span) {
  const total = Math.max(0, Math.floor(span));
  for (const [size, word, smallerWord, smaller] of SPANS) {
    if (total < size) continue;
    const rest = Math.floor((total % size) / smaller);
    return `${Math.floor(total / size)} ${word}${rest ? ` ${rest} ${smallerWord}` : ""}`;
  }
  return `${total} s`;
}

function prefixed(value, base, prefixes) {
  let power = 0;
  while (Math.abs(value) >= base && power < prefixes.length - 1) {
    value /= base;
    power += 1;
  }
  return `${three(value)} ${prefixes[power]}`.trimEnd();
}

function three(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return value.toFixed(0);
  const digits = size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
  return value.toFixed(digits).replace(/0+$/, "").replace(/\.$/, "");
}

export const clock = (ms, withDate = false) => {
  const time = new Date(ms);
  const two = (number) => String(number).padStart(2, "0");
  const hours = `${two(time.getHours())}:${two(time.getMinutes())}`;
  return withDate ? `${two(time.getDate())} ${time.toLocaleString("en", { month: "short" })} ${hours}` : hours;
};
