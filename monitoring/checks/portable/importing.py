"""A file into the database: all of it or nothing, through the same actions as every other door."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from monitoring.checks import actions
from monitoring.checks.models import Check, Service
from monitoring.checks.options import CHECK_OPTIONS, SERVICE_OPTIONS
from monitoring.checks.portable.diff import Change, compare
from monitoring.checks.portable.exporting import SecretMark, export_tree
from monitoring.checks.portable.reading import Document, Fault, PortableError, Tree
from monitoring.checks.portable.references import SecretReferenceError, resolve
from monitoring.checks.probes.registry import probe_class
from opsportal.kinds import UnknownKindError
from opsportal.writing import Person, by_field

BELOW = ("checks", "depends_on")


def services_import(
    document: Document, *, dry_run: bool = False, prune: bool = False, by: Person = None
) -> list[Change]:
    """Make the database as the file says; what changed. A dry run changes nothing and says what would.

    `prune` deletes services, and checks of services, that the file does not name. Raises PortableError with all faults.
    """
    with transaction.atomic():
        before = export_tree(secret_marks=True)
        _Import(document, before, by).run(prune=prune)
        changes = list(compare(before, export_tree(secret_marks=True)))
        transaction.set_rollback(dry_run)
    return changes


def says_nothing_new(entry: Tree, stored: Tree | None) -> bool:
    """Whether all that an entry says is stored as it says; most of a large file is, and need not be gone through again.

    Services and checks below it are not looked at. A secret in the file is always gone through.
    """
    if stored is None:
        return False
    plain = {name: value for name, value in stored.get("settings", {}).items() if not isinstance(value, SecretMark)}
    known = stored | ({"settings": plain} if "settings" in stored else {})
    return all(name in known and known[name] == value for name, value in entry.items() if name not in BELOW)


class _Import:
    """One import: what it reads, who does it, and the faults found on the way."""

    def __init__(self, document: Document, before: Tree, by: Person) -> None:
        self.document = document
        self.before = before
        self.by = by
        self.faults: list[Fault] = []
        self.stored = {service.slug: service for service in Service.objects.all()}

    def run(self, *, prune: bool) -> None:
        for slug, entry in self.document.services.items():
            if not says_nothing_new(entry, self.before.get(slug)):
                self._at(f"services.{slug}", partial(self._service, slug, entry))
        self._stop_on_faults()
        for keep_only in (True, False):  # what goes is taken away first, so that no circle closes on the way
            for slug, entry in self.document.services.items():
                known = self.before.get(slug, {}).get("depends_on", [])
                if "depends_on" in entry and entry["depends_on"] != known:
                    self._at(f"services.{slug}", partial(self._dependencies, slug, entry, keep_only))
            self._stop_on_faults()
        for slug, entry in self.document.services.items():
            self._checks(slug, entry.get("checks") or {}, prune)
        self._stop_on_faults()
        if prune:
            for slug in self.stored.keys() - self.document.services.keys():
                actions.service_delete(service=self.stored[slug], by=self.by)

    def _stop_on_faults(self) -> None:
        if self.faults:
            raise PortableError(self.faults)

    def _at(self, place: str, work: Callable[[], Any]) -> None:
        """Do `work`; what is wrong becomes faults with their places."""
        try:
            work()
        except ValidationError as error:
            for name, messages in by_field(error).items():
                inside = place if name in ("__all__", "slug") else f"{place}.{name}"
                self.faults += [self.document.fault(inside, words) for words in messages]

    def _service(self, slug: str, entry: Tree) -> None:
        stored = self.stored.get(slug)
        options: Any = {name: entry[name] for name in SERVICE_OPTIONS if name in entry}
        name = entry.get("name") or (stored.name if stored else slug)
        self.stored[slug] = actions.service_save(service=stored, slug=slug, name=name, by=self.by, **options)

    def _dependencies(self, slug: str, entry: Tree, keep_only: bool) -> None:
        wanted = entry["depends_on"] or []
        if not isinstance(wanted, list) or any(str(one) not in self.stored for one in wanted):
            known = ", ".join(sorted(self.stored)[:20])
            raise ValidationError({"depends_on": f"Write a list of slugs of services; there are {known}."})
        service = self.stored[slug]
        parents = [self.stored[str(one)] for one in wanted]
        if keep_only:
            parents = list(service.depends_on.filter(pk__in=[parent.pk for parent in parents]))
        actions.service_save(service=service, name=service.name, depends_on=parents, by=self.by)

    def _checks(self, slug: str, entries: Tree, prune: bool) -> None:
        service = self.stored[slug]
        stored = {check.slug: check for check in service.checks.all()}
        for check_slug, entry in entries.items():
            place = f"services.{slug}.checks.{check_slug}"
            found = stored.get(check_slug)
            if says_nothing_new(entry, self.before.get(slug, {}).get("checks", {}).get(check_slug)):
                continue
            self._at(place, partial(self._check, service, check_slug, entry, found))
        if prune:
            for gone in stored.keys() - entries.keys():
                actions.check_delete(check=stored[gone], by=self.by)

    def _check(self, service: Service, slug: str, entry: Tree, stored: Check | None) -> None:
        kind = entry.get("kind") or (stored.kind if stored else "")
        options: Any = {name: entry[name] for name in ("thresholds", *CHECK_OPTIONS) if name in entry}
        actions.check_save(
            service=service,
            kind=str(kind),
            name=entry.get("name") or (stored.name if stored else slug),
            slug=slug,
            settings=_settings(str(kind), entry["settings"]) if "settings" in entry else None,
            check=stored,
            by=self.by,
            **options,
        )


def _settings(kind: str, given: Any) -> Tree:
    """The settings with references to secrets resolved. Raises ValidationError on the setting."""
    if not isinstance(given, dict):
        raise ValidationError({"settings": "Write a mapping from setting to value."})
    try:
        secret = probe_class(kind).SettingsForm.secret_fields
    except UnknownKindError as error:
        raise ValidationError({"kind": str(error)}) from None
    settings = dict(given)
    for name in secret & given.keys():
        try:
            settings[name] = resolve(given[name])
        except SecretReferenceError as error:
            raise ValidationError({f"settings.{name}": str(error)}) from None
    return settings
