"""Expressions put together by chance, the same in every run: what nobody would think of writing down. Pure.

Left out is what Prometheus itself does not decide (which of equal values topk takes), what makes a great difference of the
last digit (rounding, angles of great numbers), and subqueries with `@` within subqueries, where 2.42 reads another moment.
"""

from collections.abc import Callable
from random import Random

from benchmarks.compat.queries.query import Query, Span

SELECTORS = (
    "requests_total{job='api'}",
    "requests_total{code='200'}",
    "temperature",
    "temperature{floor='0'}",
    "queue_length",
    "memory_bytes",
    "up",
    "state",
    "gappy",
    "stale",
    "brief",
    "begun_total",
    "uneven_total{jitter='yes'}",
    "disk_used_bytes",
    "disk_size_bytes",
    "left",
    "right",
    "both",
    "machine_role",
    "peculiar{shape=~'zero|tiny|nan_now_and_then'}",
    "nothing",
)
LABELS = ("job", "instance", "room", "floor", "node", "device", "x", "y", "code", "queue", "role")
OVER_TIME = ("avg", "min", "max", "sum", "count", "stddev", "last", "present")
OVER = (*OVER_TIME, "rate", "increase", "delta", "irate", "idelta", "deriv", "changes", "resets")
PLAIN = ["abs", "sgn", "sqrt", "ln", "atan", "asinh", "timestamp", "hour", "deg", "sort"]
GROUPED = ["sum", "avg", "min", "max", "count", "group"]
RANGES = ("15s", "47s", "1m", "5m", "20m")


class Trees:
    """Expressions from one sequence of random numbers."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.kinds: dict[Callable[[int], str], int] = {
            self.function: 3,
            self.over_time: 3,
            self.subquery: 2,
            self.aggregation: 4,
            self.parametrised: 1,
            self.histogram: 1,
            self.with_number: 3,
            self.pair: 4,
            self.joined: 2,
            self.relabelled: 1,
            self.absent: 1,
        }

    def vector(self, depth: int) -> str:
        """An instant vector of at most so many levels."""
        if depth <= 0:
            return self.selector()
        kind = self.random.choices(list(self.kinds), list(self.kinds.values()))[0]
        return kind(depth - 1)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def selector(self) -> str:
        return self.pick(*SELECTORS) + self.moved()

    def moved(self) -> str:
        return self.pick(*[""] * 8, " offset 1m", " offset -37s", " @ <3600>", " @ start()", " @ end()", " offset 17m")

    def function(self, depth: int) -> str:
        return f"{self.pick(*PLAIN)}({self.vector(depth)})"

    def over_time(self, _depth: int) -> str:
        name = self.pick(*OVER)
        return f"{over(name)}({self.pick(*SELECTORS)}[{self.pick(*RANGES)}]{self.moved()})"

    def subquery(self, depth: int) -> str:
        name = self.pick("avg", "min", "max", "count", "last", "present")
        steps = f"{self.pick('3m', '10m')}:{self.pick('', '10s', '17s', '1m')}"
        shift = self.pick("", "", "", " offset 1m", " offset -37s")
        return f"{over(name)}(({self.vector(depth)})[{steps}]{shift})"

    def aggregation(self, depth: int) -> str:
        return f"{self.pick(*GROUPED)} {self.grouping()}({self.vector(depth)})"

    def parametrised(self, depth: int) -> str:
        """An aggregation with a parameter; what may have equal values, of which topk takes any, is not given to it."""
        quantile = f"quantile {self.grouping()}({self.pick('0.5', '0.9', '0', '1.5')}, {self.vector(depth)})"
        distinct = self.pick(
            "temperature", "disk_used_bytes", "memory_bytes", "rate(cpu_seconds_total[5m])"
        ) + self.pick("", " * 2")
        most = f"{self.pick('topk', 'bottomk')} {self.grouping()}({self.pick('1', '2', '3')}, {distinct})"
        return self.pick(
            quantile, most, f"count_values {self.grouping()}('v', state)", f"sum {self.grouping()}({most})"
        )

    def histogram(self, _depth: int) -> str:
        buckets = self.pick("latency_seconds_bucket", "broken_bucket")
        rated = f"{self.pick('rate', 'increase', 'avg_over_time')}({buckets}[{self.pick('1m', '10m')}]{self.moved()})"
        summed = f"sum by ({self.pick('le', 'le, job', 'le, case')}) ({rated})"
        return f"histogram_quantile({self.pick('0.1', '0.5', '0.99')}, {self.pick(buckets, rated, summed)})"

    def grouping(self) -> str:
        labels = ", ".join(self.random.sample(LABELS, self.random.randint(0, 3)))
        return self.pick("", f"by ({labels}) ", f"without ({labels}) ")

    def with_number(self, depth: int) -> str:
        op = self.pick("+", "-", "*", "/", "^", ">", "< bool", "== bool", "!=", ">=")
        number = self.pick("0", "2", "0.5", "-3", "time()", "scalar(sum(up))", "pi()")
        sides = [f"({self.vector(depth)})", number]
        return f" {op} ".join(sides if self.random.random() < 0.7 else sides[::-1])

    def pair(self, depth: int) -> str:
        """Two sides joined by all labels, or by sets of labels."""
        op = self.pick("+", "*", "/", ">", "<= bool", "==", "and", "or", "unless")
        if op in ("and", "or", "unless"):
            op += self.pick("", " on()", f" on({self.pick(*LABELS)})", f" ignoring({self.pick(*LABELS)})")
        return f"({self.vector(depth)}) {op} ({self.vector(depth)})"

    def joined(self, depth: int) -> str:
        """Two sides joined by one label, of which one side has each value once."""
        label, op = self.pick(*LABELS), self.pick("+", "*", ">", ">= bool")
        many, one = f"({self.vector(depth)})", f"max by ({label}) ({self.vector(depth)})"
        return self.pick(
            f"{many} {op} on({label}) group_left {one}",
            f"{one} {op} on({label}) group_right () {many}",
            f"min by ({label}) ({many}) {op} on({label}) {one}",
        )

    def relabelled(self, depth: int) -> str:
        how = self.pick(
            "'x', '$1', 'room', '(.).*'", "'node', 'all', '', ''", "'job', '', 'job', '.*'", "'n', '$1', 'x', '(.*)'"
        )
        return f"label_replace({self.vector(depth)}, {how})"

    def absent(self, depth: int) -> str:
        return f"{self.pick('absent', 'sort', 'vector(1) or ', '-', 'scalar')}({self.vector(depth)})"


def over(name: str) -> str:
    return f"{name}_over_time" if name in OVER_TIME else name


def chosen(count: int, seed: int) -> list[Query]:
    trees = Trees(seed)
    return [asked(trees) for _ in range(count)]


def asked(trees: Trees) -> Query:
    """An expression of one to four levels, at a moment and over a span of its own."""
    random = trees.random
    text = trees.vector(random.randint(1, 4))
    first, step = random.uniform(0, 6_000), random.choice((5, 15, 23.5, 60, 120))
    span: Span = (round(first, 3), round(first + step * random.randint(1, 90), 3), step)
    return Query(text, moments=(round(random.uniform(0, 9_000), 3),), spans=(span,))


QUERIES = chosen(600, seed=1)
