"""Integration keys: who may send alerts with a key of its own."""

import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.incidents.doors.mapping import MappingError, Occurrence, mapping_check, occurrence
from alerts.incidents.models import IntegrationKey
from monitoring.events.announcing import announce
from opsportal.crypto import seal
from opsportal.sealed_settings import opened
from opsportal.writing import Person, assign, free_slug, validate
from security.access import tokens

LETTERS = string.ascii_letters + string.digits
LENGTH = 32  # as long as PagerDuty's: some senders refuse others
SHOWN = 6
MOST_SECRET = 200


@transaction.atomic
def integration_key_save(
    *,
    name: str,
    kind: str,
    now: datetime,
    mapping: Mapping[str, Any] | None = None,
    ends_after_s: int | None = None,
    rate_per_minute: int | None = None,
    enabled: bool = True,
    secret: str | None = "",
    key: IntegrationKey | None = None,
    by: Person = None,
) -> tuple[IntegrationKey, str]:
    """Make a key or change `key`: the row, and the key's text, which is kept nowhere (empty after a change).

    `secret` for signatures: empty leaves it as it was, None forgets it. Raises ValidationError by field.
    """
    stored = IntegrationKey.objects.select_for_update().get(pk=key.pk) if key else IntegrationKey(created_at=now)
    text = "" if key else _fresh(stored)
    if not key:
        stored.slug = free_slug(name, IntegrationKey.objects.all(), "key")
    given = {"mapping": mapping, "ends_after_s": ends_after_s, "rate_per_minute": rate_per_minute}
    values = {"name": name.strip(), "kind": kind, "enabled": enabled}
    changed = assign(stored, values | {field: value for field, value in given.items() if value is not None})
    changed += _secret_set(stored, secret)
    validate(stored, _mapping_faults(stored))
    stored.save()
    if changed or not key:
        _told(stored, "saved" if key else "created", "was changed" if key else "was made", by, changed)
    return stored, text


@transaction.atomic
def integration_key_renew(*, key: IntegrationKey, by: Person = None) -> tuple[IntegrationKey, str]:
    """Give it another text; the former one is refused from now on."""
    stored = IntegrationKey.objects.select_for_update().get(pk=key.pk)
    text = _fresh(stored)
    stored.save(update_fields=["prefix", "digest"])
    _told(stored, "renewed", "has another text", by, [])
    return stored, text


@transaction.atomic
def integration_key_delete(*, key: IntegrationKey, by: Person = None) -> None:
    """Take a key away: who sends with it is refused from now on. Its alerts end by themselves, or as people resolve them."""
    _told(key, "deleted", "was deleted", by, [])
    key.delete()


def integration_key_try(
    *, kind: str, mapping: Mapping[str, Any], payload: object, key: IntegrationKey | None
) -> Occurrence:
    """What a payload would become. Raises ValidationError on `mapping`."""
    try:
        checked = mapping_check(mapping, kind)
    except MappingError as error:
        raise ValidationError({"mapping": str(error)}) from None
    slug, name = (key.slug, key.name) if key else ("example", "Example")
    return occurrence(payload, mapping=checked, kind=kind, slug=slug, name=name)


def has_secret(key: IntegrationKey) -> bool:
    return bool(opened(key.sealed_secret).get("secret"))


def _fresh(key: IntegrationKey) -> str:
    text = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    key.prefix, key.digest = text[:SHOWN], tokens.digest(text)
    return text


def _mapping_faults(key: IntegrationKey) -> ValidationError | None:
    try:
        mapping_check(key.mapping, key.kind)
    except MappingError as error:
        return ValidationError({"mapping": str(error)})
    return None


def _secret_set(key: IntegrationKey, secret: str | None) -> list[str]:
    """Seal a secret that was given; ["secret"] if that is a change."""
    if secret == "" or (secret is None and not key.sealed_secret):
        return []
    if secret and (len(secret) > MOST_SECRET or "\x00" in secret):
        raise ValidationError({"secret": f"At most {MOST_SECRET} characters, and no NUL."})
    key.sealed_secret = seal({"secret": secret}) if secret else ""
    return ["secret"]


def _told(key: IntegrationKey, verb: str, words: str, by: Person, changed: list[str]) -> None:
    announce(
        kind=f"alerts.integration_key.{verb}",
        subject=f"integration:{key.slug}",
        summary=f"The integration key {key.name} {words}",
        by=by,
        payload={"changed": sorted(changed)},
    )
