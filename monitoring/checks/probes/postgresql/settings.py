"""The settings of a `postgresql` check."""

from typing import NamedTuple

from django import forms
from django.core.validators import RegexValidator

from monitoring.checks.probes.dsn import TargetForm
from monitoring.checks.probes.fields import ListField

NAME = r"[^.\s\"][^.\"]*"
TABLE = RegexValidator(rf"^({NAME}\.)?{NAME}\Z", "Write table or schema.table, without quotes.")
COLUMN = RegexValidator(rf"^({NAME}\.)?{NAME}\.{NAME}\Z", "Write table.column or schema.table.column, without quotes.")
ROLES = [("", "Either"), ("primary", "Primary"), ("standby", "Standby")]


class Expected(NamedTuple):
    """The four arrays the statement unnests; "" stands for any schema, or for the table alone."""

    items: list[str]
    schemas: list[str]
    tables: list[str]
    columns: list[str]


def expected(tables: list[str], columns: list[str]) -> Expected:
    """Split `users`, `billing.invoices`, `users.email`, `billing.invoices.paid_at` into their parts."""
    rows = [(item, *(["", *item.split(".")][-2:]), "") for item in tables]
    rows += [(item, *(["", *item.split(".")][-3:])) for item in columns]
    return Expected(*([row[index] for row in rows] for index in range(4)))


class PostgresqlForm(TargetForm):
    expected_tables = ListField(
        required=False,
        max_length=200,
        validators=[TABLE],
        help_text="Tables or views that must exist, as in users, billing.invoices; without a schema in any of them.",
    )
    expected_columns = ListField(
        required=False,
        max_length=300,
        validators=[COLUMN],
        help_text="Columns that must exist, as in users.email; a missing one says that a migration was not run.",
    )
    expected_role = forms.ChoiceField(
        required=False, choices=ROLES, help_text="Down when the server plays the other role; empty: either will do."
    )
    min_replicas = forms.IntegerField(
        initial=0, min_value=0, max_value=50, help_text="Replicas that must be streaming from this server."
    )
    statistics = forms.BooleanField(
        required=False,
        initial=True,
        help_text="Read activity, locks, replication and archiving, which needs the role pg_monitor.",
    )
    statement_timeout_ms = forms.IntegerField(
        label="statement timeout (ms)", initial=5000, min_value=10, max_value=60_000, help_text="Per statement."
    )
    lock_timeout_ms = forms.IntegerField(
        label="lock timeout (ms)", initial=500, min_value=1, max_value=60_000, help_text="Per lock that is waited for."
    )
