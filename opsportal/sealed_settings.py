"""Settings of a plugin (a kind of check, of channel) in their two stored parts: plain ones, and secret ones sealed."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from opsportal.crypto import SealBrokenError, seal, unseal
from opsportal.writing import by_field

Settings = dict[str, Any]
EMPTY: list[Any] = ["", {}, []]


def opened(sealed: str) -> Settings:
    """The opened secrets; those that cannot be opened any more count as missing, so that they are asked for again."""
    try:
        return dict(unseal(sealed)) if sealed else {}
    except SealBrokenError:
        return {}


def clean_parts(
    form: Any, clean: Callable[[Any, Mapping[str, Any]], Settings], data: Mapping[str, Any], stored: Mapping[str, Any]
) -> tuple[Settings, Settings]:
    """Validate `data` with the kind's form (`clean`); the plain and the secret settings. A secret that is not given is plain: empty.

    A secret that is absent or empty is left as it was; None forgets it. Raises ValidationError with keys such as `settings.url`.
    """
    secret = form.secret_fields
    kept = {name: stored[name] for name in secret & stored.keys() if name not in data or data[name] in EMPTY}
    given = {name: value for name, value in data.items() if name not in kept and not (name in secret and value is None)}
    try:
        cleaned = clean(form, given | kept)
    except ValidationError as error:
        raise ValidationError({f"settings.{name}": words for name, words in by_field(error).items()}) from None
    secrets = {name: cleaned[name] for name in secret & cleaned.keys() if cleaned[name] not in [None, *EMPTY]}
    return {name: value for name, value in cleaned.items() if name not in secrets}, secrets


def refuse_elsewhere(form: Any, before: Settings, after: Settings, kept: Collection[str], what: str) -> None:
    """Whoever may edit a thing must not have its stored secrets sent to a place of their own.

    Raises ValidationError on each of `kept`, the secrets that were not given anew, when `after` names another place.
    """
    if any(_place(before.get(name)) != _place(after.get(name)) for name in form.destination_fields):
        words = f"Give this again: it was stored for another place than the {what} would now send it to."
        if kept:
            raise ValidationError({f"settings.{name}": [words] for name in sorted(kept)})


def seal_secrets(secrets: Mapping[str, Any]) -> str:
    """Sealed text of the secret settings; any JSON value comes back as it was."""
    return seal(cast("dict[str, str]", dict(secrets)))


def _place(value: Any) -> Any:
    """Scheme, host and port of a URL; anything else as it is."""
    if not isinstance(value, str) or "://" not in value:
        return value
    parts = urlsplit(value)
    return parts.scheme, parts.netloc.lower()
