"""Small files of /proc and /sys: what cannot be read is not there (another system, a container that hides it)."""

from pathlib import Path

ROOT = Path("/")


def text(path: Path) -> str | None:
    """The stripped text of a file; None when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(path: Path, base: int = 10) -> int | None:
    """The one whole number in a file; None when there is none (`max` of a cgroup is none)."""
    found = text(path)
    try:
        return int(found, base) if found else None
    except ValueError:
        return None


def table(path: Path) -> dict[str, int]:
    """Lines of "name number" (`vmstat`, `cpu.stat`, `memory.stat`); other lines are passed over."""
    rows = (line.split() for line in (text(path) or "").splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
