"""The settings of a `prometheus` check, and its fields that are like no other kind's."""

from collections.abc import Callable
from typing import Any

import yaml
from django import forms
from django.core.exceptions import ValidationError

from monitoring.checks.portable.nodes import UnreadableError, load
from monitoring.checks.probes import fields
from monitoring.checks.probes.base import ProbeForm
from monitoring.checks.probes.prometheus.discovery import allowed_paths
from monitoring.checks.probes.prometheus.relabelling import LABEL_NAME, rules_of
from monitoring.checks.probes.prometheus.target_urls import place_of
from opsportal.http.targets import target

MOST_CHARACTERS = 65_536
MOST_TARGETS = 1_000
AUTH = [("none", "None"), ("basic", "Basic"), ("bearer", "Bearer")]


class RulesField(forms.Field):
    """Relabelling rules as Prometheus's configuration has them, YAML or JSON. Cleans to a list of mappings."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        """Raises ValidationError naming the rule."""
        try:
            rules = value if isinstance(value, list) else _read(str(value or ""))
            rules_of(rules)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return list(rules)

    def prepare_value(self, value: Any) -> Any:
        """A list as YAML."""
        if not isinstance(value, list):
            return value
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True) if value else ""


class LabelsField(forms.Field):
    """Labels: a JSON object, or one `name=value` a line. Cleans to a dict."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> dict[str, str]:
        """Raises ValidationError naming the label."""
        pairs = (
            list(value.items()) if isinstance(value, dict) else [_pair(line) for line in str(value or "").split("\n")]
        )
        labels = {name: text for name, text in pairs if name or text}
        for name, text in labels.items():
            if not isinstance(text, str) or not LABEL_NAME.fullmatch(str(name)) or name == "__name__":
                raise ValidationError(f"{name!r} is not the name of a label; write one `name=value` a line.")
        return labels

    def prepare_value(self, value: Any) -> Any:
        """A dict as lines."""
        return "\n".join(f"{name}={text}" for name, text in value.items()) if isinstance(value, dict) else value


class SettingsForm(ProbeForm):
    """Where relabelling may lead a target elsewhere, it is a destination too."""

    secret_fields = frozenset({"password", "token", "secret_headers", "http_sd_token"})
    destination_fields = frozenset({"targets", "file_sd_files", "http_sd_url", "relabel_configs"})

    targets = fields.LinesField(required=False, help_text="One a line: host:port, host:port/path, or a whole URL.")
    file_sd_files = fields.LinesField(
        required=False, help_text="Lists of targets below METRICS_FILE_SD_DIR, such as web/*.json."
    )
    http_sd_url = forms.CharField(
        required=False, max_length=2_000, help_text="Answers with a list of targets, as JSON."
    )
    http_sd_token = forms.CharField(required=False, widget=forms.PasswordInput, help_text="Bearer token for that URL.")
    job = forms.CharField(required=False, max_length=200, help_text="The label job; empty: service/check.")
    labels = LabelsField(required=False, help_text="Given to every target that has not its own: one name=value a line.")
    scheme = forms.ChoiceField(
        choices=[("http", "http"), ("https", "https")], initial="http", help_text="Of host:port."
    )
    metrics_path = forms.CharField(initial="/metrics", max_length=1_000, help_text="Of a target without a path.")
    relabel_configs = RulesField(required=False, help_text="Rules for targets, as in Prometheus: YAML or JSON.")
    metric_relabel_configs = RulesField(required=False, help_text="Rules for samples, as in Prometheus.")
    honor_labels = forms.BooleanField(
        required=False, help_text="Let a page's own labels win over job, instance and the like."
    )
    honor_timestamps = forms.BooleanField(required=False, initial=True, help_text="Keep the times that a page gives.")
    sample_limit = forms.IntegerField(
        initial=20_000, min_value=1, max_value=200_000, help_text="A page with more fails as a whole."
    )
    max_body_bytes = forms.IntegerField(
        initial=16_777_216, min_value=1_024, max_value=67_108_864, help_text="A larger page fails."
    )
    auth = forms.ChoiceField(choices=AUTH, initial="none")
    username = forms.CharField(required=False, help_text="For basic.")
    password = forms.CharField(required=False, strip=False, widget=forms.PasswordInput, help_text="For basic.")
    token = forms.CharField(required=False, widget=forms.PasswordInput, help_text="For bearer.")
    headers = fields.HeadersField(required=False, help_text="One `Name: value` a line.")
    secret_headers = fields.HeadersField(required=False, help_text="Headers whose values are stored sealed.")
    follow_redirects = forms.BooleanField(required=False, initial=True, help_text="At most 5.")
    verify_tls = forms.BooleanField(required=False, initial=True, help_text="Refuse a certificate that is not valid.")
    ca_pem = fields.CaPemField(required=False, help_text="PEM authorities to trust instead of the system's.")

    def clean_targets(self) -> list[str]:
        """Each is a place that can be asked."""
        found: list[str] = self.cleaned_data["targets"]
        if len(found) > MOST_TARGETS:
            raise ValidationError(f"These are {len(found):,} targets; at most {MOST_TARGETS:,} can be scraped.")
        return _each(found, place_of)

    def clean_file_sd_files(self) -> list[str]:
        """Each lies where files may be read from."""
        return _each(self.cleaned_data["file_sd_files"], allowed_paths)

    def clean_http_sd_url(self) -> str:
        """An absolute URL, its password elsewhere."""
        url = str(self.cleaned_data["http_sd_url"])
        if url:
            try:
                place = target(url)
            except ValueError as error:
                raise ValidationError(f"This URL {error}.") from None
            if place.userinfo:
                raise ValidationError("Give a token in http_sd_token, not a user in the URL.")
        return url

    def clean_metrics_path(self) -> str:
        """A path, which a query may follow only in a target's own."""
        path = str(self.cleaned_data["metrics_path"])
        if not path.startswith("/") or any(character in path for character in "?# "):
            raise ValidationError("A path that begins with /, without a query.")
        return path

    def clean(self) -> dict[str, Any]:
        """What belongs together is given together."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        sources = ("targets", "file_sd_files", "http_sd_url")
        if not any(data.get(name) for name in sources) and not any(name in self.errors for name in sources):
            self.add_error("targets", "Name targets here, or give file_sd_files or http_sd_url.")
        if data.get("auth") == "basic" and not data.get("username"):
            self.add_error("username", "Basic auth needs a user name.")
        if data.get("auth") == "bearer" and not data.get("token"):
            self.add_error("token", "Bearer auth needs a token.")
        return data


def _each(texts: list[str], read: Callable[[str], object]) -> list[str]:
    """All texts, each of which `read` must understand."""
    for text in texts:
        try:
            read(text)
        except ValueError as error:
            raise ValidationError(f"{text[:80]}: {error}.") from None
    return texts


def _read(text: str) -> Any:
    """YAML, of which JSON is a part. Raises ValueError."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"These rules are longer than {MOST_CHARACTERS:,} characters.")
    try:
        return load(text)[1] or []
    except UnreadableError as error:
        raise ValueError(f"{error}" + (f" (line {error.line})" if error.line else "")) from None


def _pair(line: str) -> tuple[str, str]:
    name, _, text = line.partition("=")
    return name.strip(), text.strip()
