"""Form fields and small readings that the settings of several kinds share."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError

from opsportal.http.targets import target


class UrlField(forms.CharField):
    """An http(s) address to post to, without user and password."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=2_000, **options)

    def clean(self, value: Any) -> str:
        url = str(super().clean(value))
        if not url:
            return ""
        try:
            place = target(url)
        except ValueError as error:
            raise ValidationError(f"This URL {error}.") from None
        if place.userinfo:
            raise ValidationError("Give no user and password in the URL; it would be stored where it can be read.")
        return url


def place_of(url: str, secret_from: int = 0) -> str:
    """Host and port of a URL, with the first `secret_from` parts of its path: an endpoint's name without a secret."""
    found = urlsplit(url)
    host = found.hostname or ""
    named = f"{host}:{found.port}" if found.port else host
    path = [part for part in found.path.split("/") if part][:secret_from]
    return "/".join([named, *path])


def url_secrets(url: str) -> tuple[str, ...]:
    """The parts of a secret URL that no answer may repeat: the whole, its path, and every long part of that."""
    found = urlsplit(url)
    parts = [part for part in found.path.split("/") if len(part) >= 8]
    return tuple(one for one in (url, found.path.lstrip("/"), found.query, *parts) if len(one) >= 4)
