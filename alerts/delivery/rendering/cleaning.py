"""Making text safe to show: what would hide, reorder or break other text becomes visible. Pure.

Control characters become their pictures (U+2400 …), characters that change the direction of what follows become their names, halves of
surrogate pairs become U+FFFD. Nothing disappears.
"""

import re
from collections.abc import Iterable

SURROGATE = re.compile("[\ud800-\udfff]")
DIRECTION_CHANGERS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
KEPT = {0x09, 0x0A}
VISIBLE: dict[int, str] = (
    {code: chr(0x2400 + code) for code in range(0x20) if code not in KEPT}
    | {0x7F: "␡"}
    | {code: f"[U+{code:04X}]" for code in (*range(0x80, 0xA0), *DIRECTION_CHANGERS, 0x2028, 0x2029, 0xFEFF)}
    | {code: f"[U+{code:04X}]" for code in (0xFFFE, 0xFFFF)}
)
SPACES = re.compile(r"[ \t\n]+")


def storable(text: str) -> str:
    """`text` that UTF-8 can hold: a pair of surrogates as its character, a half of one as U+FFFD."""
    if SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def clean(text: str) -> str:
    """`text` as it may be shown, line breaks as \\n."""
    return storable(text).replace("\r\n", "\n").replace("\r", "\n").translate(VISIBLE)


def one_line(text: str) -> str:
    """`clean` text in one line: each run of blanks is one space."""
    return SPACES.sub(" ", clean(text)).strip()


def named_apart(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names and values as a dict; a name that comes again, after cleaning or cutting, gets a number, so that no value is lost."""
    kept: dict[str, str] = {}
    for name, told in pairs:
        free, number = name, 2
        while free in kept:
            free, number = f"{name} ({number})", number + 1
        kept[free] = told
    return kept
