"""Strict settings from the environment: a value that cannot be read raises, naming the setting and what it accepts.

Every setting is read through one of these functions, so that `SETTINGS` lists them all (the docs test reads it).
Any setting may be given as a file instead: `NAME_FILE=/run/secrets/name` reads the value from that file.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its environment name, what it accepts, its default as text, and a line of help."""

    name: str
    accepts: str
    default: str
    help: str
    secret: bool = False


SETTINGS: dict[str, Setting] = {}


def _register(name: str, accepts: str, default: object, help: str, *, secret: bool = False) -> None:
    SETTINGS[name] = Setting(name, accepts, "" if default is None else str(default), help, secret)


def _raw(name: str) -> str | None:
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value is not None and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; set one of them.")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {path} ({type(error).__name__}).") from None


def text(name: str, default: str = "", *, help: str, secret: bool = False) -> str:
    """The setting as text. A `secret` is never shown by the docs or by an error."""
    _register(name, "text", default, help, secret=secret)
    value = _raw(name)
    return default if value is None else value


def boolean(name: str, default: bool, *, help: str) -> bool:
    """`1 true yes on` or `0 false no off`, in any case; anything else raises."""
    _register(name, "true or false", str(default).lower(), help)
    value = _raw(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}: {value!r} is not a boolean; use one of 1 true yes on, 0 false no off.")


def integer(name: str, default: int, *, help: str, low: int | None = None, high: int | None = None) -> int:
    """A whole number in [low, high]."""
    bounds = f" from {low}" if low is not None else ""
    bounds += f" to {high}" if high is not None else ""
    _register(name, f"whole number{bounds}", default, help)
    value = _raw(name)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: {value!r} is not a whole number{bounds}.") from None
    if (low is not None and number < low) or (high is not None and number > high):
        raise ImproperlyConfigured(f"{name}: {number} is out of range; use a whole number{bounds}.")
    return number


def listing(name: str, default: tuple[str, ...] = (), *, help: str) -> list[str]:
    """A comma-separated list; blanks around and empty entries are dropped."""
    _register(name, "comma-separated list", ",".join(default), help)
    value = _raw(name)
    if value is None:
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def choice(name: str, default: str, options: tuple[str, ...], *, help: str) -> str:
    """One of `options`, exactly."""
    _register(name, " or ".join(options), default, help)
    value = _raw(name)
    if value is None:
        return default
    if value not in options:
        raise ImproperlyConfigured(f"{name}: {value!r} is not one of {', '.join(options)}.")
    return value


def url(name: str, default: str, *, schemes: tuple[str, ...], help: str) -> str:
    """A URL with one of `schemes`. The value is a secret (it may hold a password): errors do not repeat it."""
    _register(name, "URL: " + ", ".join(f"{scheme}://" for scheme in schemes), default, help, secret=True)
    value = _raw(name)
    if not value:
        return default
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        scheme = ""
    if scheme not in schemes:
        raise ImproperlyConfigured(f"{name}: not a URL that begins with {', '.join(f'{s}://' for s in schemes)}.")
    return value
