"""Which PostgreSQL a check speaks to: its own DSN, or a database registered once. Passwords stay out of every text that leaves here."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django import forms
from psycopg.conninfo import conninfo_to_dict

from monitoring.checks.choices import Cause
from monitoring.checks.probes.base import Context, ProbeForm
from opsportal.crypto import SealBrokenError, unseal
from opsportal.http.redact import MASK

REMEMBERED_FOR = timedelta(minutes=1)
SECRET_PARAMETERS = ("password", "sslpassword", "sslkey", "oauth_client_secret")
TARGET = "SELECT sealed_dsn FROM checks_databasetarget WHERE slug = %s"


class DsnError(Exception):
    """The check cannot know what to connect to; `cause` and the message say why."""

    def __init__(self, message: str, cause: Cause = Cause.MISCONFIGURED) -> None:
        super().__init__(message)
        self.cause = cause


class TargetForm(ProbeForm):
    """The two ways of naming a database, one of which is needed."""

    secret_fields = frozenset({"dsn"})

    database = forms.SlugField(
        required=False, max_length=120, help_text="Slug of a registered database; leave empty to give a DSN here."
    )
    dsn = forms.CharField(
        label="DSN",
        required=False,
        max_length=2000,
        help_text="postgresql://user:password@host:5432/name, or host=… user=… dbname=…; used when no database is chosen.",
    )

    def clean_dsn(self) -> str:
        dsn: str = self.cleaned_data["dsn"]
        if dsn:
            try:
                parameters(dsn)
            except DsnError as error:
                raise forms.ValidationError(str(error)) from None
        return dsn

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "dsn" not in self.errors and not cleaned.get("dsn") and not cleaned.get("database"):
            self.add_error("dsn", "Give a DSN, or name a registered database.")
        return cleaned


def parameters(dsn: str) -> dict[str, Any]:
    """The connection parameters of a DSN. Raises DsnError, whose words repeat nothing of it: a mistyped password may stand anywhere."""
    try:
        found = dict(conninfo_to_dict(dsn))
    except psycopg.Error:
        raise DsnError("dsn: not a PostgreSQL DSN; write postgresql://user:password@host:5432/name.") from None
    # A password with a bare @ / or : in it is cut in the wrong place, and its rest would be shown as host, port or name.
    odd_port = not str(found.get("port") or "0").replace(",", "").isdigit()
    odd_host = "@" in str(found.get("host") or "").lstrip("@")
    if odd_port or odd_host or ("://" in dsn and "@" in str(found.get("dbname") or "")):
        raise DsnError("dsn: host or port cannot be read; write @ : / ? and # in a password as %40 %3A %2F %3F %23.")
    return found


def without_secrets(text: str, connection: Mapping[str, Any]) -> str:
    """`text` with every secret of the connection's parameters replaced."""
    for name in SECRET_PARAMETERS:
        if secret := str(connection.get(name) or ""):
            text = text.replace(secret, MASK)
    return text


class DsnSource:
    """The connection parameters of one check; a registered database's are remembered for a minute."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._found: dict[str, Any] = {}
        self._until: datetime | None = None

    async def find(self, context: Context) -> dict[str, Any]:
        """Connection parameters as libpq names them. Raises DsnError."""
        if self._until is not None and context.now < self._until:
            return self._found
        slug = self._settings.get("database")
        dsn = await _registered(slug, context) if slug else self._settings.get("dsn", "")
        if not dsn:
            raise DsnError("dsn: the check names no database; give a DSN, or choose a registered one.")
        self._found, self._until = parameters(dsn), context.now + REMEMBERED_FOR
        return self._found


async def _registered(slug: str, context: Context) -> str:
    if context.portal is None:
        raise DsnError("The portal's database, where the DSN is registered, is not at hand.", Cause.INTERNAL)
    async with context.portal.connection() as portal:
        row = await (await portal.execute(TARGET, [slug])).fetchone()
    if row is None:
        raise DsnError(f'database: no database is registered as "{slug}".')
    try:
        return unseal(row[0]).get("dsn", "")
    except SealBrokenError as error:
        raise DsnError(f'database "{slug}": {error}') from None
