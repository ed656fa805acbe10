"""Every colour of text is measured against the surfaces it is used on, in both themes (WCAG 2.2: 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

SHEET = Path(settings.BASE_DIR, "static/opsportal/tokens.css").read_text(encoding="utf-8")
STATUSES = ("up", "degraded", "down", "unknown", "stale", "maintenance", "paused", "pending")


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block))


LIGHT = tokens(SHEET.partition("@media")[0])
SYSTEM_DARK = tokens(SHEET.partition("@media")[2].partition('[data-theme="dark"]')[0])
CHOSEN_DARK = tokens(SHEET.partition(':root[data-theme="dark"]')[2])
THEMES = [pytest.param(LIGHT, id="light"), pytest.param(CHOSEN_DARK, id="dark")]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_both_ways_to_the_dark_theme_give_the_same_colours() -> None:
    assert SYSTEM_DARK == CHOSEN_DARK


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", ["text", "text-muted", "accent"])
@pytest.mark.parametrize("surface", ["ground", "surface", "surface-raised", "accent-soft"])
def test_text_can_be_read(theme: dict[str, str], text: str, surface: str) -> None:
    assert contrast(theme[text], theme[surface]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("status", STATUSES)
def test_a_status_can_be_read_on_every_surface(theme: dict[str, str], status: str) -> None:
    for surface in ("ground", "surface", "surface-raised", "accent-soft", f"soft-{status}"):
        assert contrast(theme[f"status-{status}"], theme[surface]) >= 4.5, surface


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("fill", ["up", "degraded", "down", "unknown"])
def test_a_slot_of_a_strip_can_be_told_from_the_surface(theme: dict[str, str], fill: str) -> None:
    assert contrast(theme[f"fill-{fill}"], theme["surface"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_colours_of_an_expression_can_be_read(theme: dict[str, str]) -> None:
    sheet = Path(settings.BASE_DIR, "static/opsportal/query.css").read_text(encoding="utf-8")
    colours = set(re.findall(r"--syntax-\w+: var\(--([a-z0-9-]+)\)", sheet))
    assert len(colours) >= 6
    assert {colour for colour in colours if contrast(theme[colour], theme["surface"]) < 4.5} == set()
