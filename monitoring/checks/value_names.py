"""Names of values: taken apart as `probes.base.labelled` puts them together, and the metrics they are stored as. Pure."""

import re

STATUS_METRIC = "check_status"  # written by every run
DURATION_METRIC = "check_duration_seconds"  # written by every run that got an answer

_PAIR = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\\n]|\\.)*)"')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}
_ESCAPE = re.compile(r"\\.")


def split_name(name: str) -> tuple[str, dict[str, str]]:
    """`disk_used_ratio{mount="/"}` is ("disk_used_ratio", {"mount": "/"}); a name without labels has none."""
    bare, brace, rest = name.partition("{")
    if not brace:
        return name, {}
    return bare, {key: _ESCAPE.sub(_unescaped, value) for key, value in _PAIR.findall(rest)}


def metric_name(kind: str, value: str) -> str:
    """The metric that a value, named without its labels, is stored as: `disk_used_ratio` of a machine is `system_disk_used_ratio`."""
    return f"{kind}_{value}"


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], found[0])
