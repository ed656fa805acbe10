"""How the portal logs: one line a record, times in UTC, no secrets.

A supervisor puts the name of the process in front, so the line itself does not carry one.
"""

import logging
import re
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import orjson

HIDDEN = "***"
SHORTEST_SECRET = 6  # shorter values would blot out ordinary words
PATTERNS = (
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s@/]+@", re.IGNORECASE), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(Bearer|Basic|Token)\s+[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\bops_[A-Za-z0-9_-]{8,}"), f"ops_{HIDDEN}"),
    (
        re.compile(r"(/alerts/answers/)(?!slack/|twilio/)[\w.:=-]{6,}"),
        rf"\1{HIDDEN}",
    ),  # a signed link lets its reader answer
    (re.compile(r"([?&]token=)[^&\s]+", re.IGNORECASE), rf"\1{HIDDEN}"),
)


def secrets_in(values: Iterable[str]) -> list[str]:
    """The strings to blot out of every line: each value itself, but of a URL its password, as written and as meant."""
    found: set[str] = set()
    for value in values:
        secret = (urlsplit(value).password or "") if "://" in value else value
        found |= {secret, unquote(secret)}
    return sorted((secret for secret in found if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)


class LineFormatter(logging.Formatter):
    """`2026-01-31T12:00:00.123Z WARNING opsportal.http: message`; or one JSON object a line."""

    def __init__(self, secrets: Iterable[str] = (), json: bool = False) -> None:
        super().__init__()
        self.secrets = secrets_in(secrets)
        self.json = json

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:23] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": self.redacted(record.getMessage()),
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = self.redacted("".join(traceback.format_exception(*record.exc_info)).strip())
        if self.json:
            return orjson.dumps(line, default=str).decode()
        text = f"{line['time']} {line['level']} {line['logger']}: {line['message']}"
        return _on_one_line(f"{text}\n{line['exception']}" if "exception" in line else text)

    def redacted(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return text


def _on_one_line(text: str) -> str:
    """Line breaks are written as \\n: one record stays one line, and nobody forges a second one."""
    return text.replace("\r", "\\r").replace("\n", "\\n")


def configuration(level: str, style: str, secrets: Iterable[str]) -> dict[str, object]:
    """settings.LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter, "secrets": list(secrets), "json": style == "json"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "django.request": {"level": "ERROR"},  # a 404 is the caller's news, not ours
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "asyncio": {"level": "WARNING"},
            "py.warnings": {"level": "ERROR"},
        },
    }
