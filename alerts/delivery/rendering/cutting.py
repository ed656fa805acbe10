"""Cutting a text to a limit so that the reader sees that, and how much, was cut. Pure.

A cut never splits a surrogate pair or a UTF-8 sequence, and leaves what is drawn as one character whole (UAX #29; of Indic conjuncts
whatever follows a virama) wherever that costs no more than `LONGEST_CLUSTER` code points.
"""

import unicodedata
from collections.abc import Callable, Mapping
from enum import Enum

Escapes = Mapping[int, str]
NO_ESCAPES: Escapes = {}
LONGEST_CLUSTER = 64
VIRAMA = 9  # canonical combining class
ZWJ = "\u200d"
REGIONAL = range(0x1F1E6, 0x1F200)
SKIN_TONES = range(0x1F3FB, 0x1F400)
TAGS = range(0xE0020, 0xE0080)
HANGUL_VOWELS = range(0x1160, 0x1200)  # and finals
JOINERS = frozenset({0x200C, 0x200D, 0xFF9E, 0xFF9F})


def _bytes_of(character: str) -> int:
    code = ord(character)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


class Unit(Enum):
    """What a limit counts."""

    CHARACTERS = "characters"  # Unicode code points
    UTF16 = "utf16"  # as JavaScript and Telegram count
    BYTES = "bytes"  # of UTF-8

    @property
    def of_one(self) -> Callable[[str], int]:
        """The size of one character."""
        if self is Unit.BYTES:
            return _bytes_of
        if self is Unit.UTF16:
            return lambda character: 2 if ord(character) > 0xFFFF else 1
        return lambda character: 1


def size(text: str, unit: Unit = Unit.CHARACTERS) -> int:
    """How long `text` is in `unit`."""
    if unit is Unit.BYTES:
        return len(text.encode("utf-8", "replace"))
    if unit is Unit.UTF16:
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text)


def marker(missing: int, what: str = "characters", ellipsis: str = "…") -> str:
    """What stands where something was cut."""
    return f"{ellipsis} (cut, {missing:,} more {what if missing != 1 else what.removesuffix('s')})"


def cut(text: str, limit: int, unit: Unit = Unit.CHARACTERS, escapes: Escapes = NO_ESCAPES, ellipsis: str = "…") -> str:
    """`text`, each character escaped by `escapes` (as for str.translate), in at most `limit` of `unit`, marked where it was cut.

    A limit too small for the marker gets `ellipsis` alone, one too small for that gets nothing.
    """
    kept, whole = _prefix(text, limit, unit, escapes)
    if whole:
        return text.translate(escapes) if escapes else text
    longest_marker = size(marker(len(text), ellipsis=ellipsis).translate(escapes), unit)
    if longest_marker > limit:
        return ellipsis if size(ellipsis, unit) <= limit else ""
    kept, _ = _prefix(text, limit - longest_marker, unit, escapes)
    kept = boundary(text, kept)
    said = marker(len(text) - kept, ellipsis=ellipsis)
    return (text[:kept] + said).translate(escapes) if escapes else text[:kept] + said


def cut_line(text: str, limit: int, unit: Unit = Unit.CHARACTERS, escapes: Escapes = NO_ESCAPES) -> str:
    """As `cut`, for titles that are told in full elsewhere: the mark is "…" alone."""
    kept, whole = _prefix(text, limit, unit, escapes)
    if whole:
        return text.translate(escapes) if escapes else text
    if (room := limit - size("…", unit)) < 0:
        return ""
    kept, _ = _prefix(text, room, unit, escapes)
    return text[: boundary(text, kept)].translate(escapes) + "…"


def boundary(text: str, at: int) -> int:
    """The last place at or before `at` where `text` may be cut without splitting what is drawn as one character."""
    place = at
    while place > max(0, at - LONGEST_CLUSTER) and 0 < place < len(text) and _joined(text, place):
        place -= 1
    return at if 0 < place < len(text) and _joined(text, place) else place


def _prefix(text: str, limit: int, unit: Unit, escapes: Escapes) -> tuple[int, bool]:
    """How many characters of `text` fit, and whether that is all of them. Looks at no more than `limit` characters."""
    if not escapes and unit is Unit.CHARACTERS:
        return min(len(text), max(limit, 0)), len(text) <= limit
    of_one, used = unit.of_one, 0
    for place, character in enumerate(text):
        used += size(escapes[ord(character)], unit) if ord(character) in escapes else of_one(character)
        if used > limit:
            return place, False
    return len(text), True


def _joined(text: str, place: int) -> bool:
    """Whether the characters on both sides of `place` are drawn as one."""
    before, after = text[place - 1], text[place]
    if after.isascii():
        return before == "\r" and after == "\n"
    code = ord(after)
    if before == ZWJ or code in JOINERS or code in SKIN_TONES or code in TAGS or code in HANGUL_VOWELS:
        return True
    if code in REGIONAL:
        return _regionals_before(text, place) % 2 == 1
    category = unicodedata.category(after)
    return category in {"Mn", "Me", "Mc"} or (category == "Lo" and unicodedata.combining(before) == VIRAMA)


def _regionals_before(text: str, place: int) -> int:
    count = 0
    while place - count > 0 and ord(text[place - count - 1]) in REGIONAL and count < LONGEST_CLUSTER:
        count += 1
    return count
