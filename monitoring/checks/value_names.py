"""Names of values as they come out of `probes.base.labelled`, taken apart again. Pure."""

import re

_PAIR = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\\n]|\\.)*)"')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}
_ESCAPE = re.compile(r"\\.")


def split_name(name: str) -> tuple[str, dict[str, str]]:
    """`disk_used_ratio{mount="/"}` is ("disk_used_ratio", {"mount": "/"}); a name without labels has none."""
    bare, brace, rest = name.partition("{")
    if not brace:
        return name, {}
    return bare, {key: _ESCAPE.sub(_unescaped, value) for key, value in _PAIR.findall(rest)}


def _unescaped(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0], found[0])
