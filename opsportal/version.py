"""The version of the portal, as `pyproject.toml` has it."""

import tomllib
from functools import cache

from opsportal.env import BASE_DIR


@cache
def version() -> str:
    found = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return str(found)
