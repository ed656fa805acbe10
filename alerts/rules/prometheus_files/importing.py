"""Make the rules of the portal as a Prometheus rule file says: all of it or nothing, and nothing twice.

A group is known by the file's name and its own, a rule by its name within its group; of several with one name the one that asks
the same is the same, the others are taken in their order. What a file cannot say (owner, policy, category, flapping, whether it is
switched on) stays as it is in the portal. States stay where expression and labels do.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction

from alerts.rules import actions
from alerts.rules.choices import Category, Comparator, RuleKind
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup
from alerts.rules.prometheus_files.reading import FileGroup, FileRule
from monitoring.checks.portable.reading import Fault, PortableError
from monitoring.events.choices import Severity
from opsportal.writing import Person, by_field

Stored = TypeVar("Stored", AlertRule, RecordingRule)


@dataclass(frozen=True, slots=True)
class Change:
    """`verb`: added, changed, deleted, or missing (in the portal and not in the file; deleted only with prune)."""

    verb: str
    thing: str
    name: str
    group: str

    def __str__(self) -> str:
        where = f" of group {self.group}" if self.thing != "group" else ""
        return f"{self.verb}: {self.thing} {self.name}{where}"

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def rules_import(
    groups: Sequence[FileGroup],
    *,
    file: str,
    now: datetime,
    by: Person = None,
    prune: bool = False,
    dry_run: bool = False,
) -> list[Change]:
    """What changed, or would (`dry_run`). `file` names the file. Raises PortableError with everything that is refused."""
    with transaction.atomic():
        importing = _Import(file, now, by, prune)
        for group in groups:
            importing.take(group)
        importing.end({group.name for group in groups})
        if importing.faults:
            raise PortableError(importing.faults)
        if dry_run:
            transaction.set_rollback(True)
    return importing.changes


class _Import:
    def __init__(self, file: str, now: datetime, by: Person, prune: bool) -> None:
        self.file, self.now, self.by, self.prune = file, now, by, prune
        self.changes: list[Change] = []
        self.faults: list[Fault] = []

    def take(self, wanted: FileGroup) -> None:
        stored = RuleGroup.objects.filter(file=self.file, name=wanted.name).first()
        group = self._try(wanted.fault, partial(self._group, stored, wanted))
        if group is None:
            return
        self._note("group", wanted.name, wanted.name, stored.revision if stored else None, group.revision)
        numbered = list(enumerate(wanted.rules))
        rules = paired(
            [one for one in numbered if one[1].alert],
            list(group.rules.order_by("position", "pk")),
            attrgetter("name"),
        )
        recordings = paired(
            [one for one in numbered if one[1].record],
            list(group.recordings.order_by("position", "pk")),
            attrgetter("record"),
        )
        for place, rule, known in rules.kept:
            self._try(rule.fault, partial(self._rule, group, place, rule, known))
        for place, rule, recorded in recordings.kept:
            self._try(rule.fault, partial(self._recording, group, place, rule, recorded))
        for one in rules.gone:
            self._gone("rule", one.name, wanted.name, partial(actions.rule_delete, rule=one))
        for lost in recordings.gone:
            self._gone("recording rule", lost.record, wanted.name, partial(actions.recording_delete, recording=lost))

    def end(self, names: Iterable[str]) -> None:
        """Groups of the file that it does not name any more."""
        for group in RuleGroup.objects.filter(file=self.file).exclude(name__in=names):
            self._gone("group", group.name, group.name, partial(actions.group_delete, group=group))

    def _group(self, stored: RuleGroup | None, wanted: FileGroup) -> RuleGroup:
        return actions.group_save(
            group=stored,
            name=wanted.name,
            file=self.file,
            interval_s=wanted.interval_s,
            query_offset_s=wanted.query_offset_s,
            limit=wanted.limit,
            labels=wanted.labels,
            now=self.now,
            by=self.by,
        )

    def _rule(self, group: RuleGroup, place: int, rule: FileRule, known: AlertRule | None) -> AlertRule:
        fields: dict[str, Any] = {
            "expression": rule.expression,
            "comparator": Comparator.PRESENT.value,
            "threshold": None,
            "recovery_threshold": None,
            "for_s": rule.for_s,
            "keep_firing_for_s": rule.keep_firing_for_s,
            "labels": rule.labels,
            "annotations": _annotations(rule, known),
            "interval_s": group.interval_s,
            "group": group,
            "position": place,
        }
        if rule.labels.get("severity") in Severity.values:
            fields["severity"] = rule.labels["severity"]
        if rule.labels.get("category") in Category.values:
            fields["category"] = rule.labels["category"]
        if known is None:
            fields["flap_detection"] = False  # as in Prometheus; switched on in the portal it stays on
        before = known.revision if known else None
        kind = RuleKind.METRIC.value
        saved = actions.rule_save(rule=known, name=rule.alert, kind=kind, now=self.now, by=self.by, **fields)
        self._note("rule", rule.alert, group.name, before, saved.revision)
        return saved

    def _recording(self, group: RuleGroup, place: int, rule: FileRule, known: RecordingRule | None) -> RecordingRule:
        before = _said(known) if known else None
        saved = actions.recording_save(
            recording=known,
            group=group,
            record=rule.record,
            expression=rule.expression,
            labels=rule.labels,
            position=place,
            now=self.now,
            by=self.by,
        )
        self._note("recording rule", rule.record, group.name, before, _said(saved))
        return saved

    def _try(self, fault: Callable[[str, str], Fault], act: Callable[[], Any]) -> Any:
        try:
            with transaction.atomic():
                return act()
        except ValidationError as error:
            self.faults += [fault(name, words) for name, messages in by_field(error).items() for words in messages]
            return None

    def _note(self, thing: str, name: str, group: str, before: Any, after: Any) -> None:
        if before != after:
            self.changes.append(Change("added" if before is None else "changed", thing, name, group))

    def _gone(self, thing: str, name: str, group: str, delete: Callable[..., None]) -> None:
        if self.prune:
            delete(now=self.now, by=self.by)
        self.changes.append(Change("deleted" if self.prune else "missing", thing, name, group))


def _said(recording: RecordingRule) -> tuple[Any, ...]:
    return recording.position, recording.expression, recording.labels


def _annotations(rule: FileRule, known: AlertRule | None) -> dict[str, str]:
    """Those of the file. A runbook that stands in its own field is exported as an annotation, and is no news when it comes back."""
    name = "runbook_url"
    if known is None or name in known.annotations or rule.annotations.get(name) != known.runbook_url:
        return rule.annotations
    return {key: text for key, text in rule.annotations.items() if key != name}


@dataclass(frozen=True, slots=True)
class Paired(Generic[Stored]):
    """`kept`: the rules of the file with their places, and the stored one that each is. `gone`: those that the file has no more."""

    kept: list[tuple[int, FileRule, Stored | None]]
    gone: list[Stored]


def paired(
    wanted: Sequence[tuple[int, FileRule]], stored: Sequence[Stored], name_of: Callable[[Stored], str]
) -> Paired[Stored]:
    """Those that ask the same first, then what has the same name in order."""
    left = list(stored)
    found: dict[int, Stored] = {}
    for exact in (True, False):
        for place, rule in wanted:
            one = None if place in found else _same(rule, left, name_of, exact)
            if one is not None:
                found[place] = one
                left.remove(one)
    return Paired([(place, rule, found.get(place)) for place, rule in wanted], left)


def _same(rule: FileRule, left: Sequence[Stored], name_of: Callable[[Stored], str], exact: bool) -> Stored | None:
    for one in left:
        asks_same = one.expression == rule.expression and one.labels == rule.labels
        if name_of(one) == (rule.alert or rule.record) and (asks_same or not exact):
            return one
    return None
