"""`http`: asks a URL as a visitor would, over a connection of its own, and judges the answer."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes import assertions, fields, net
from monitoring.checks.probes.assertions import BodyTest, Complaint
from monitoring.checks.probes.base import Context, Json, Probe, ProbeForm, Result, Threshold, Unit, Value
from monitoring.checks.probes.deadline import own_budget_s
from opsportal.http import BasicAuth, BearerAuth, HttpError, Request, Response, Zone, fetch, scrub, scrub_headers
from opsportal.http.targets import target

MAX_REDIRECTS = 10
EVIDENCE_BODY_CHARACTERS = 2_048
THREAD_FROM_BYTES = 262_144  # larger bodies are searched beside the event loop
JSON_THREAD_FROM_BYTES = 4_096  # a JSONPath is walked in Python, a microsecond or more a byte
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADERS_OF_INTEREST = ("content-type", "content-length", "location", "retry-after", "server", "via", "age", "date")
OVERLOAD = frozenset({429, 503})
REFUSED_CREDENTIALS = frozenset({401, 403})


class HttpForm(ProbeForm):
    """The settings of an `http` check."""

    secret_fields = frozenset({"password", "token", "secret_headers"})
    destination_fields = frozenset({"url"})

    url = forms.CharField(max_length=2_000, help_text="http:// or https://, with the path and query to ask.")
    method = forms.ChoiceField(choices=[(method, method) for method in METHODS], initial="GET")
    headers = fields.HeadersField(required=False, help_text="One `Name: value` a line.")
    secret_headers = fields.HeadersField(required=False, help_text="Headers whose values are stored sealed.")
    body = forms.CharField(required=False, strip=False, widget=forms.Textarea, help_text="Sent as UTF-8.")
    auth = forms.ChoiceField(choices=[("none", "None"), ("basic", "Basic"), ("bearer", "Bearer")], initial="none")
    username = forms.CharField(required=False, help_text="For basic.")
    password = forms.CharField(required=False, strip=False, widget=forms.PasswordInput, help_text="For basic.")
    token = forms.CharField(required=False, widget=forms.PasswordInput, help_text="For bearer.")
    expected_status = forms.CharField(initial="200-299", help_text="Statuses and ranges: 200-299,301.")
    body_contains = forms.CharField(required=False, strip=False, help_text="Text the body must hold.")
    body_not_contains = forms.CharField(required=False, strip=False, help_text="Text the body must not hold.")
    body_regex = forms.CharField(required=False, strip=False, help_text="RE2 expression found in the body.")
    json_path = forms.CharField(required=False, help_text="JSONPath into a JSON body: $.status.")
    json_comparison = forms.ChoiceField(choices=list(assertions.COMPARISON_WORDS.items()), initial="exists")
    json_value = forms.CharField(required=False, help_text="What it is compared with: JSON, or a plain text.")
    follow_redirects = forms.BooleanField(required=False, initial=True, help_text=f"At most {MAX_REDIRECTS}.")
    max_body_bytes = forms.IntegerField(
        min_value=0, max_value=16_777_216, initial=1_048_576, help_text="Of the body, no more is read."
    )
    verify_tls = forms.BooleanField(required=False, initial=True, help_text="Refuse a certificate that is not valid.")
    ca_pem = fields.CaPemField(required=False, help_text="PEM authorities to trust instead of the system's.")

    def clean_url(self) -> str:
        """An absolute http or https URL with a host, its password elsewhere."""
        try:
            place = target(self.cleaned_data["url"])
        except ValueError as error:
            raise ValidationError(f"The URL {error}.") from None
        if place.userinfo:
            raise ValidationError("Give the user and password in auth, username and password, not in the URL.")
        return str(self.cleaned_data["url"])

    def clean_expected_status(self) -> str:
        """Statuses and ranges."""
        return str(self._readable("expected_status", assertions.status_set))

    def clean_body_regex(self) -> str:
        """An expression RE2 understands."""
        return str(self._readable("body_regex", assertions.regex))

    def clean_json_path(self) -> str:
        """A JSONPath."""
        return str(self._readable("json_path", assertions.json_query))

    def clean(self) -> dict[str, Any]:
        """What belongs together is given together."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("auth") == "basic" and not data.get("username"):
            self.add_error("username", "Basic auth needs a user name.")
        if data.get("json_path") and data.get("json_comparison") != "exists" and not data.get("json_value"):
            self.add_error("json_value", "This comparison needs a value.")
        return data

    def _readable(self, name: str, reader: Any) -> Any:
        text = self.cleaned_data[name]
        if text:
            try:
                reader(text)
            except ValueError as error:
                raise ValidationError(str(error)) from None
        return text


class HttpProbe(Probe):
    """See the module's docstring. Everything that can be prepared is prepared once."""

    kind = "http"
    description = "Asks a URL and judges the status, the body, the times and the certificate."
    icon = "language"
    SettingsForm: ClassVar[type[ProbeForm]] = HttpForm
    values: ClassVar[Mapping[str, Value]] = {
        "total_seconds": net.TOTAL_SECONDS,
        "dns_seconds": net.DNS_SECONDS,
        "connect_seconds": net.CONNECT_SECONDS,
        "tls_seconds": net.TLS_SECONDS,
        "first_byte_seconds": Value("Time to first byte", Unit.SECONDS, "From the request to the answer's first byte."),
        "status_code": Value("Status code", Unit.COUNT, "Of the last answer."),
        "body_bytes": Value("Body size", Unit.BYTES, "After decompression, at most the cap."),
        "redirects": Value("Redirects", Unit.COUNT, "Followed before the last answer; absent when none."),
        "certificate_days_left": net.DAYS_LEFT,
    }
    default_thresholds = (
        Threshold("total_seconds", Comparator.ABOVE, degraded=2),
        Threshold("certificate_days_left", Comparator.AT_MOST, degraded=21),
    )

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.expected = assertions.status_set(settings["expected_status"])
        self.expected_words = f"Expected status {settings['expected_status']}"
        self.tests = _body_tests(settings)
        self.thread_from_bytes = JSON_THREAD_FROM_BYTES if settings["json_path"] else THREAD_FROM_BYTES
        self.request = _request(settings)

    async def run(self, context: Context) -> Result:
        """Ask once."""
        try:
            response = await fetch(self.request, zone=Zone.CHECKS, timeout_s=own_budget_s(context.timeout_s))
        except HttpError as error:
            return net.fault(error)
        complaint = self._complaint_of_status(response)
        if complaint is None and self.tests:
            complaint = await self._complaint_of_body(response, context)
        values = _values(response, context)
        total = net.milliseconds(response.timings.total_s)
        if complaint is None:
            evidence = {"status": response.status, "address": response.address}
            return Result(Status.UP, f"HTTP {response.status} in {total}", Cause.NONE, values, evidence)
        words = f"{complaint.words} after {total}{_retry_words(response)}"
        return Result(Status.DOWN, words, complaint.cause, values, self._evidence(response))

    def _complaint_of_status(self, response: Response) -> Complaint | None:
        status = response.status
        if status in self.expected:
            return None
        words = f"{self.expected_words}, got {status}"
        if status in REFUSED_CREDENTIALS:
            return Complaint(Cause.AUTH, f"{words} (credentials refused)")
        return Complaint(Cause.OVERLOADED if status in OVERLOAD else Cause.UNEXPECTED, words)

    async def _complaint_of_body(self, response: Response, context: Context) -> Complaint | None:
        if len(response.body) < self.thread_from_bytes:
            return self._judge_body(response)
        return await context.in_thread(lambda: self._judge_body(response))

    def _judge_body(self, response: Response) -> Complaint | None:
        text = response.text()
        complaint = next((found for test in self.tests if (found := test(text))), None)
        if complaint is None:
            return None
        if response.truncated:
            words = f"in its first {len(response.body):,} bytes {complaint.words}; the body is larger than is read"
            return Complaint(Cause.TOO_LARGE, f"Status {response.status}, but {words}")
        return Complaint(complaint.cause, f"Status {response.status}, but {complaint.words}")

    def _evidence(self, response: Response) -> dict[str, Json]:
        """What the answer looked like, without secrets: ours and what looks like one."""
        secrets = self.request.all_secrets
        headers = {name: response.headers[name] for name in HEADERS_OF_INTEREST if name in response.headers}
        evidence: dict[str, Json] = {
            "status": response.status,
            "address": response.address,
            "headers": scrub_headers(headers, secrets),
            "body": scrub(response.text()[: 2 * EVIDENCE_BODY_CHARACTERS], secrets)[:EVIDENCE_BODY_CHARACTERS],
            "truncated": response.truncated,
        }
        if response.redirects:
            evidence["redirects"] = response.redirects
        if response.tls:
            evidence["certificate"] = net.certificate_evidence(response.tls)
        return evidence


def _request(settings: Mapping[str, Json]) -> Request:
    secret_headers = settings["secret_headers"] or {}
    body = settings["body"]
    return Request(
        url=settings["url"],
        method=settings["method"],
        headers=(settings["headers"] or {}) | secret_headers,
        body=body.encode() if body else None,
        max_bytes=settings["max_body_bytes"],
        max_redirects=MAX_REDIRECTS if settings["follow_redirects"] else 0,
        verify_tls=settings["verify_tls"],
        auth=_auth(settings),
        ca_pem=settings["ca_pem"] or None,
        secrets=tuple(secret_headers.values()),
        fresh=True,
    )


def _auth(settings: Mapping[str, Json]) -> BasicAuth | BearerAuth | None:
    if settings["auth"] == "basic":
        return BasicAuth(settings["username"], settings["password"])
    return BearerAuth(settings["token"]) if settings["auth"] == "bearer" else None


def _body_tests(settings: Mapping[str, Json]) -> list[BodyTest]:
    tests = []
    if settings["body_contains"]:
        tests.append(assertions.contains(settings["body_contains"]))
    if settings["body_not_contains"]:
        tests.append(assertions.contains_not(settings["body_not_contains"]))
    if settings["body_regex"]:
        tests.append(assertions.matches(settings["body_regex"]))
    if settings["json_path"]:
        wanted = settings["json_path"], settings["json_comparison"], settings["json_value"]
        tests.append(assertions.json_holds(*wanted))
    return tests


def _values(response: Response, context: Context) -> dict[str, float]:
    """Phases that were not needed are absent."""
    timings = response.timings
    values: dict[str, float] = {
        "total_seconds": timings.total_s,
        "connect_seconds": timings.connect_s,
        "first_byte_seconds": timings.first_byte_s,
        "status_code": response.status,
        "body_bytes": len(response.body),
    }
    if timings.dns_s:
        values["dns_seconds"] = timings.dns_s
    if response.redirects:
        values["redirects"] = len(response.redirects)
    if response.tls:
        values["tls_seconds"] = timings.tls_s
        values["certificate_days_left"] = response.tls.days_left(context.now)
    return values


def _retry_words(response: Response) -> str:
    after = response.headers.get("retry-after", "") if response.status in OVERLOAD else ""
    return f"; it asks to retry after {after} s" if after.isdecimal() and len(after) < 9 else ""
