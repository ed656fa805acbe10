"""A machine's state in one line. Pure."""

from collections.abc import Mapping

from monitoring.checks.value_names import split_name

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


def summary(values: Mapping[str, float]) -> str:
    """ "CPU 12 %, memory 34 % used, disk / 56 % full": the fullest disk is named."""
    parts = [
        f"{label} {values[name]:.0%} used"
        for label, name in (("CPU", "cpu_used_ratio"), ("memory", "memory_used_ratio"))
        if name in values
    ]
    disks = [
        (value, split_name(name)[1]["mount"]) for name, value in values.items() if name.startswith("disk_used_ratio{")
    ]
    if disks:
        used, mount = max(disks)
        parts.append(f"disk {mount} {used:.0%} full")
    if "container_memory_used_ratio" in values:
        parts.append(f"container memory {values['container_memory_used_ratio']:.0%} of its limit")
    return ", ".join(parts) or "No values could be read"


def ago(seconds: float) -> str:
    """A span in the largest unit that says it: 45 s, 3 min, 5 h, 2 d."""
    for unit_s, word in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= 2 * unit_s or seconds == unit_s:
            return f"{seconds / unit_s:.0f} {word}"
    return f"{seconds:.0f} s"
