"""`manage.py token create|list|revoke`: API tokens from the command line."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from security.access import actions
from security.access.models import ApiToken, User


class Command(BaseCommand):
    help = "Make, list and revoke API tokens. Programs send them as `Authorization: Bearer …`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="Make a token and print it: the only time it is shown.")
        create.add_argument("username", help="Whose rights it has.")
        create.add_argument("name", help="What it is for, such as the machine that uses it.")
        create.add_argument(
            "--scope",
            action="append",
            default=[],
            help="A permission it is limited to (checks.push_report); repeatable.",
        )
        create.add_argument("--days", type=int, help="Days until it expires; without: never.")
        listing = verbs.add_parser("list", help="List tokens, without their secrets.")
        listing.add_argument("--user", dest="username", help="Only this person's.")
        revoke = verbs.add_parser("revoke", help="End a token at once.")
        revoke.add_argument("token", help="Its id, or its prefix as the list shows it.")
        for verb in (create, listing, revoke):
            verb.add_argument("--json", action="store_true", help="Print JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        days = options["days"]
        if days is not None and not 1 <= days <= 36_500:
            raise CommandError("--days: use a whole number from 1 to 36500.")
        try:
            token, text = actions.api_token_create(
                user=_person(options["username"]),
                name=options["name"],
                scopes=options["scope"],
                expires_at=timezone.now() + timedelta(days=days) if days else None,
            )
        except ValidationError as error:
            raise CommandError(
                "; ".join(f"{field}: {' '.join(why)}" for field, why in error.message_dict.items())
            ) from None
        self._print(options, _shown(token) | {"token": text}, text)

    def _list(self, options: dict[str, Any]) -> None:
        tokens = ApiToken.objects.select_related("user")
        if options["username"]:
            tokens = tokens.filter(user=_person(options["username"]))
        shown = [_shown(token) for token in tokens]
        lines = ["{id:>6}  {prefix:12}  {state:8}  {user:20}  {name}".format(**row) for row in shown]
        self._print(options, shown, "\n".join(lines) or "There are no tokens.")

    def _revoke(self, options: dict[str, Any]) -> None:
        given = options["token"]
        found = ApiToken.objects.filter(pk=int(given)) if given.isdigit() else ApiToken.objects.filter(prefix=given)
        token = found.first()
        if token is None:
            raise CommandError(f"There is no token {given!r}; `manage.py token list` shows them.")
        actions.api_token_revoke(token=token, now=timezone.now())
        token.refresh_from_db()
        self._print(options, _shown(token), f"{token} is revoked.")

    def _print(self, options: dict[str, Any], data: Any, text: str) -> None:
        self.stdout.write(json.dumps(data, indent=2) if options["json"] else text)


def _person(username: str) -> User:
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise CommandError(f"There is no account {username!r}.") from None


def _shown(token: ApiToken) -> dict[str, Any]:
    times = {name: getattr(token, name) for name in ("created_at", "expires_at", "last_used_at")}
    return {
        "id": token.pk,
        "user": token.user.username,
        "name": token.name,
        "prefix": token.prefix,
        "scopes": token.scopes,
        "state": token.state(timezone.now()),
        **{name: time.isoformat() if time else None for name, time in times.items()},
    }
