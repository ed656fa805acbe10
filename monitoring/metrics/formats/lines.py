"""A page of exposition text cut into lines, within limits. Pure."""

from typing import NamedTuple

from monitoring.metrics.formats.errors import ExpositionError
from monitoring.metrics.formats.sample_line import LineLimits

END = b"# EOF"


class Limits(NamedTuple):
    """Of a page."""

    page_bytes: int = 64 * 1_048_576
    lines: int = 1_000_000
    line_bytes: int = 65_536
    series: LineLimits = LineLimits()


def split(page: bytes, openmetrics: bool, limits: Limits) -> list[bytes]:
    """The lines, without the end of OpenMetrics. Costs a look or two at every byte, no more. Raises ExpositionError."""
    if len(page) > limits.page_bytes:
        raise ExpositionError(0, f"The page is larger than {limits.page_bytes:,} bytes")
    if b"\0" in page:
        raise ExpositionError(page.count(b"\n", 0, page.index(b"\0")) + 1, "holds a NUL byte: this is not text")
    if b"\r" in page:
        page = page.replace(b"\r\n", b"\n")
    if len(page) > limits.lines and page.count(b"\n") > limits.lines:
        raise ExpositionError(0, f"The page has more than {limits.lines:,} lines")
    lines = page.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if openmetrics and (not lines or lines.pop() != END):
        raise ExpositionError(0, "The page does not end with # EOF, as OpenMetrics must: it was cut off")
    return lines


def checked(lines: list[bytes], openmetrics: bool, limits: Limits) -> list[bytes]:
    """What is not looked at on a page like the last one. Leading blanks, which the older format allows, are dropped."""
    if max(map(len, lines), default=0) > limits.line_bytes:
        line = next(line for line, text in enumerate(lines, 1) if len(text) > limits.line_bytes)
        raise ExpositionError(line, f"is longer than {limits.line_bytes:,} bytes")
    if not openmetrics:
        blank = any(line[:1] in (b" ", b"\t") for line in lines)
        return [line.lstrip(b" \t") for line in lines] if blank else lines
    for wrong, words in (
        (END, "says # EOF, but the page goes on"),
        (b"", "is empty, which OpenMetrics does not allow"),
    ):
        if wrong in lines:
            raise ExpositionError(lines.index(wrong) + 1, words)
    return lines
