"""Secrets by reference: `{env: NAME}` or `{file: /path}`. The values never stand in a file that is imported or exported."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAX_BYTES = 65_536
HOW = "write {env: NAME} or {file: /path/of/a/file}"


class SecretReferenceError(Exception):
    """A secret that is written plainly, or a reference that leads nowhere."""


def resolve(value: Any) -> str | None:
    """The secret that `value` refers to; None (forget it) stays None. Raises SecretReferenceError, never repeating a value."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise SecretReferenceError(f"This is a secret: {HOW}.")
    match dict(value):
        case {"env": str(name), **rest} if not rest:
            return _from_environment(name)
        case {"file": str(path), **rest} if not rest:
            return _from_file(path)
    raise SecretReferenceError(f"Not a reference to a secret: {HOW}.")


def _from_environment(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise SecretReferenceError(f"The environment has no {name}; set it and import again.") from None


def _from_file(path: str) -> str:
    try:
        with Path(path).open("rb") as source:
            raw = source.read(MAX_BYTES + 1)
        text = raw.decode()
    except (OSError, ValueError) as error:
        raise SecretReferenceError(f"Cannot read {path} ({type(error).__name__}).") from None
    if len(raw) > MAX_BYTES:
        raise SecretReferenceError(f"{path} is larger than {MAX_BYTES} bytes; that is no secret.")
    return text.removesuffix("\n")
