"""What is stored, as the tree of a file. Secrets are left out: what a file leaves out stays as it is when imported."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import orjson
import yaml

from monitoring.checks.configuration import stored_secrets
from monitoring.checks.models import Check, Service
from monitoring.checks.options import CHECK_OPTIONS, SERVICE_OPTIONS
from monitoring.checks.portable.reading import VERSION, Tree
from monitoring.checks.probes.registry import probe_class
from monitoring.checks.threshold_rules import KEYS
from opsportal.kinds import UnknownKindError

DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml writes ten times as fast


def export_tree(slugs: Iterable[str] | None = None, *, secret_marks: bool = False) -> Tree:
    """Services by slug, with their checks. With `secret_marks` each secret is a digest, so that two trees can be compared."""
    services = Service.objects.prefetch_related("depends_on", "checks").order_by("slug")
    if slugs is not None:
        services = services.filter(slug__in=list(slugs))
    return {service.slug: _service(service, secret_marks) for service in services}


def dump(tree: Tree) -> str:
    """The YAML text of a tree."""
    data = {"version": VERSION, "services": tree}
    text: str = yaml.dump(data, Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=120, default_flow_style=False)
    return text


def _service(service: Service, secret_marks: bool) -> Tree:
    entry: Tree = {"name": service.name} | _unusual(service, SERVICE_OPTIONS)
    if depends_on := sorted(other.slug for other in service.depends_on.all()):
        entry["depends_on"] = depends_on
    checks = sorted(service.checks.all(), key=lambda check: check.slug)
    return entry | ({"checks": {check.slug: _check(check, secret_marks) for check in checks}} if checks else {})


def _check(check: Check, secret_marks: bool) -> Tree:
    entry: Tree = {"name": check.name, "kind": check.kind, "settings": _settings(check)}
    entry |= {"thresholds": [_threshold(row) for row in check.thresholds], "interval_s": check.interval_s}
    entry |= _unusual(check, [name for name in CHECK_OPTIONS if name != "interval_s"])
    if secret_marks:
        entry["settings"] |= {name: SecretMark.of(value) for name, value in stored_secrets(check).items()}
    return entry


def _settings(check: Check) -> Tree:
    """Settings without those that have the form's own defaults."""
    try:
        fields = probe_class(check.kind).SettingsForm.base_fields
    except UnknownKindError:
        return dict(check.settings)
    usual = {name: field.initial for name, field in fields.items()}
    return {
        name: value
        for name, value in check.settings.items()
        if value != usual.get(name) and not (usual.get(name) is None and value in (None, "", False, [], {}))
    }


def _unusual(item: Any, names: Iterable[str]) -> Tree:
    """Fields that differ from the model's defaults."""
    found = {}
    for name in names:
        value, field = getattr(item, name), item._meta.get_field(name)
        if value != field.get_default():
            found[name] = value
    return found


def _threshold(row: Tree) -> Tree:
    """A row in reading order, without the bound it does not have; PostgreSQL keeps the keys in an order of its own."""
    return {part: row[part] for part in KEYS if row.get(part) is not None}


class SecretMark(str):
    """Stands for a secret in a comparison: equal for equal secrets, shown as a word."""

    @classmethod
    def of(cls, value: Any) -> "SecretMark":
        return cls(sha256(orjson.dumps(value)).hexdigest())

    def __repr__(self) -> str:
        return "(secret)"
