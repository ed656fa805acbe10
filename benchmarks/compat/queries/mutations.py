"""Expressions of the other families with words lost, doubled, swapped and misspelt by chance, the same in every run: what people
type on the way to what they mean. Nearly all are refused, each for its own reason. Pure.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from random import Random

from benchmarks.compat.queries.query import Query

SOURCES = ("selectors", "offset_at", "binary", "matching", "aggregation", "rates", "labels", "mixed", "errors")
LONGEST = 90
WORD = re.compile(r"\s+|[A-Za-z_:][\w:]*|[0-9.]+[a-z]*|\"[^\"]*\"|'[^']*'|.", re.DOTALL)
# fmt: off
WORDS = (
    "(", ")", "{", "}", "[", "]", ",", ".", ":", "@", "+", "-", "*", "/", "%", "^", "==", "=~", "!=", "!", "#", "$", "\\", "`", "_", "é",
    "by", "on", "and", "unless", "without", "bool", "offset", "sum", "rate", "topk", "atan2", "start", "end", "group_left", "ignoring",
    "inf", "x", "up", "1", "5", "0x1", "1e", "5m", "-5m", "1h30m", "1d", '"a"', "'b'", '""', "start()", "time()", "\n", " ",
)
# fmt: on
SIGNS = "abz059.:-+=\"'{}()[]@ ms,"
MOMENT = 3_600


def mutated(random: Random, text: str) -> str:
    """The text after one to three mishaps."""
    words = WORD.findall(text)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        mishap(random, words)
    return "".join(words)


def mishap(random: Random, words: list[str]) -> None:
    place, kind = random.randrange(len(words) + 1), random.random()
    if place == len(words) or kind < 0.3:
        words.insert(place, random.choice(WORDS))
    elif kind < 0.6:
        del words[place]
    elif kind < 0.75:
        words[place] = random.choice(WORDS)
    elif kind < 0.85:
        within = random.randrange(len(words[place]) + 1)
        words[place] = words[place][:within] + random.choice(SIGNS) + words[place][within:]
    else:
        other = random.randrange(len(words))
        words[place], words[other] = words[other], words[place]


def texts() -> list[str]:
    """What is mutated: the shorter expressions without a moment in them."""
    every = (one for family in SOURCES for one in import_module(f"benchmarks.compat.queries.{family}").QUERIES)
    found = (one.text if isinstance(one, Query) else one for one in every)
    return [text for text in found if len(text) <= LONGEST and "<" not in text]


def chosen(count: int, seed: int) -> Iterator[Query]:
    random, sources = Random(seed), texts()
    for _ in range(count):
        yield Query(mutated(random, random.choice(sources)), moments=(MOMENT,), spans=())


QUERIES = list(chosen(1_500, seed=1))
