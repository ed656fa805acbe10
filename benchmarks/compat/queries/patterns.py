"""Regular expressions put together by chance, the same in every run: in matchers, and in label_replace with its references. Pure.

Left out are expressions that take megabytes when compiled: our store bounds them, Prometheus does not.
"""

from collections.abc import Iterator
from random import Random

from benchmarks.compat.queries.query import Query

# fmt: off
PARTS = (
    "a", "b", "api", ".", ".*", ".+", "*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,", "|", "(", "(?:", "(?i)", "(?s)", "(?P<n>", "(?P<n",
    "(?=", "(?!", "(?<", "(?#x)", ")", "[a-z]", "[^a]", "[", "[]", "[]a]", "[a-", "[z-a]", "[[:alpha:]]", "[[:foo:]]",
    "\\d", "\\w", "\\s", "\\b", "\\B", "\\A", "\\z", "\\Z", "\\C", "\\Q", "\\E", "\\pL", "\\p{Greek}", "\\p{Foo}", "\\PN", "\\x41",
    "\\x{41}", "\\x4", "\\x{110000}", "\\0", "\\1", "\\07", "\\n", "\\t", "\\u0041", "\\a", "\\v", "\\-", "\\_", "\\é", "\\", "^", "$",
    "é", "東", "\n", '"', "'", "-", ":", "/", "1", "{", "}", "(?U)", "(?m)", "(?i-s:", "(?-i)", "(?z)", "**", "+?", "??", "{3}?",
    "{1001}", "x{2}{3}",
)
# fmt: on
TEMPLATES = ("$1", "$0-$1$2", "${n}x", "$n", "$1x", "$$", "$")
MOMENT = 3_600


def quoted(text: str) -> str:
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'


def asked(random: Random) -> str:
    pattern = quoted("".join(random.choices(PARTS, k=random.choice((1, 1, 2, 2, 3, 3, 4, 5, 6)))))
    op = random.choice(("=~", "!~"))
    replaced = f"label_replace(odd_labels, 'x', '{random.choice(TEMPLATES)}', 'text', {pattern})"
    return random.choice((f"odd_labels{{text{op}{pattern}}}", f"requests_total{{job{op}{pattern}}}", replaced))


def chosen(count: int, seed: int) -> Iterator[Query]:
    random = Random(seed)
    for _ in range(count):
        yield Query(asked(random), moments=(MOMENT,), spans=())


QUERIES = list(chosen(1_000, seed=1))
