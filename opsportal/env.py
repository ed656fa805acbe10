"""Strict settings from the environment: a value that cannot be read raises, naming the setting and what it accepts.

Every setting is read through one of these functions, so that `SETTINGS` lists them all (the docs test reads it).
Any setting may be given as a file instead: `NAME_FILE=/run/secrets/name` reads the value from that file.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
RATE = re.compile(r"([1-9]\d{0,8})/(second|minute|hour|day)")


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


def number(name: str, default: float, *, help: str, low: float, high: float) -> float:
    """A number in [low, high]; NaN and infinity are refused."""
    accepts = f"number from {low:g} to {high:g}"
    _register(name, accepts, f"{default:g}", help)
    value = _raw(name)
    if value is None:
        return default
    try:
        found = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}: {value!r} is not a {accepts}.") from None
    if not low <= found <= high:
        raise ImproperlyConfigured(f"{name}: {value} is out of range; use a {accepts}.")
    return found


def folder(name: str, default: str, *, help: str) -> Path | None:
    """A folder; one that is not absolute is under the portal's own folder. None when empty."""
    _register(name, "path of a folder", default, help)
    value = _raw(name)
    chosen = default if value is None else value.strip()
    return BASE_DIR / Path(chosen).expanduser() if chosen else None


def listing(name: str, default: tuple[str, ...] = (), *, help: str, secret: bool = False) -> list[str]:
    """A comma-separated list; blanks around and empty entries are dropped."""
    _register(name, "comma-separated list", ",".join(default), help, secret=secret)
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


def rate(name: str, default: str, *, help: str) -> str:
    """How often in how long: `600/minute`."""
    accepts = "number/second, /minute, /hour or /day"
    _register(name, accepts, default, help)
    value = default if (given := _raw(name)) is None else given.strip()
    if not RATE.fullmatch(value):
        raise ImproperlyConfigured(f"{name}: {value!r} is not a rate; use {accepts}.")
    return value


def url(name: str, default: str, *, schemes: tuple[str, ...], help: str, secret: bool = True) -> str:
    """A URL with one of `schemes`. It may hold a password, so errors never repeat the value."""
    _register(name, "URL: " + ", ".join(f"{scheme}://" for scheme in schemes), default, help, secret=secret)
    value = _raw(name)
    if not value:
        return default
    fault = _url_fault(value, schemes)
    if fault:
        raise ImproperlyConfigured(f"{name}: {fault}.")
    return value


def _url_fault(value: str, schemes: tuple[str, ...]) -> str:
    """Why `value` is not such a URL, without repeating any of it; empty when it is one."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return "the host of the URL is not well-formed"
    if parts.scheme not in schemes:
        return f"not a URL that begins with {', '.join(f'{scheme}://' for scheme in schemes)}"
    try:
        _ = parts.port
    except ValueError:
        return "the port of the URL is not a number from 0 to 65535"
    return "" if parts.netloc or parts.path.strip("/") else "the URL names no host and no socket"
