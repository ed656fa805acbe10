"""What somebody would send to the doors of metrics who means harm, and what each of it has to be answered."""

import gzip
import http.client
import json
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import cramjam

from tests.fakes.remote_writer import Series, packed, request_1

EVERYTHING = '{__name__=~".+"}'
PROTOBUF = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
VERSION_2 = PROTOBUF | {"Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request"}
JSON = {"Content-Type": "application/json"}
WRITE, OTLP, PUSH = "/prometheus/api/v1/write", "/otlp/v1/metrics", "/api/v1/metrics"
ASK_TIMEOUT_S = 90


class Answer(NamedTuple):
    """`status` is 0 where the connection broke."""

    status: int
    body: bytes
    seconds: float

    @property
    def error(self) -> str:
        return str(json.loads(self.body).get("error", ""))


class Door:
    """The portal as a program with a token meets it."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port = port
        self.token = token

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ASK_TIMEOUT_S)
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        began = time.monotonic()
        try:
            connection.request(method, path, body, own | dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), time.monotonic() - began)
        except (OSError, http.client.HTTPException):
            return Answer(0, b"{}", time.monotonic() - began)
        finally:
            connection.close()

    def query(self, text: str, **form: str) -> Answer:
        """An instant query, or a range query where there is a `step`."""
        kind = "query_range" if "step" in form else "query"
        encoded = urllib.parse.urlencode({"query": text, **form}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", f"/prometheus/api/v1/{kind}", encoded, headers)

    def write(self, request: Any) -> Answer:
        return self.ask("POST", WRITE, packed(request), PROTOBUF)


class HostileQuery(NamedTuple):
    """`span` says over what: "now" (an instant), or the step in seconds of a whole day."""

    name: str
    text: str
    span: str
    statuses: tuple[int, ...]


class HostilePush(NamedTuple):
    name: str
    path: str
    headers: Mapping[str, str]
    body: Callable[[], bytes]
    statuses: tuple[int, ...]


def queries(metric: str) -> list[HostileQuery]:
    """Against a store that has `metric`, whose series have a label `number`."""
    doubling = "label_replace(" * 60 + metric + ', "y", "$1$1$1", "y", "(.*)")' * 60
    doubled = doubling.replace(metric, f'label_replace({metric}, "y", "aaaaaaaaaa", "", "")')
    made_up = " or ".join(f'label_replace(vector(1), "a", "{number}", "", "")' for number in range(3_000))
    deep = f"{metric} + (" * 40 + metric + ")" * 40
    return [
        HostileQuery("everything at 8 s", EVERYTHING, "8", (200, 422)),
        HostileQuery("all raw samples", EVERYTHING + "[1d]", "now", (200, 422)),
        HostileQuery("every value counted", f'count_values("v", {EVERYTHING})', "60", (200, 422)),
        HostileQuery("topk of everything", f"topk(100000, {metric})", "60", (200, 422)),
        HostileQuery("subquery of 30 d at 1 s", f"max_over_time({metric}[30d:1s])", "now", (200, 422)),
        HostileQuery(
            "nested subqueries",
            f"max_over_time(max_over_time(max_over_time({metric}[1h:1s])[1h:1s])[1h:1s])",
            "now",
            (200, 422),
        ),
        HostileQuery("ten years at 1 s of nothing", "sum_over_time(vector(1)[3650d:1s])", "now", (422,)),
        HostileQuery("labels that double", doubled, "now", (422,)),
        HostileQuery("3,000 series made up", made_up, "8", (422,)),
        HostileQuery("40 operands held at once", deep, "15", (200, 422, 503)),
        HostileQuery("two million plus signs", "+".join(["1"] * 1_000_000), "now", (400,)),
        HostileQuery("deep parentheses", "(" * 100_000 + "1" + ")" * 100_000, "now", (400,)),
        HostileQuery("2,000 operators", " or ".join([f'{metric}{{number="1"}}'] * 2_000), "now", (200,)),
        HostileQuery("(a+)+$", f'{metric}{{number=~"(.+)+$"}}', "now", (200,)),
        HostileQuery("a large DFA", f'{metric}{{number=~".*1.{{900}}"}}', "now", (200, 400)),
        HostileQuery("repetitions of repetitions", f'{metric}{{number=~"((.{{500}}){{500}}){{500}}"}}', "now", (400,)),
        HostileQuery("absent of everything", f"absent({EVERYTHING})", "8", (200, 422)),
        HostileQuery("a quantile of a day", f"quantile_over_time(0.5, {metric}[1d])", "60", (200, 422, 503)),
    ]


def pushes() -> list[HostilePush]:
    def snappy(data: bytes) -> bytes:
        return bytes(cramjam.snappy.compress_raw(data))

    claim = b"\xff\xff\xff\xff\x0f" + b"\x00a" * 100
    otlp = {"Content-Type": "application/x-protobuf"}
    text = {"Content-Type": "text/plain"}
    bomb = gzip.compress(b"a 1\n" * 25_000_000, 1)
    return [
        HostilePush("no snappy", WRITE, PROTOBUF, lambda: b"\x93" * 10_000, (400,)),
        HostilePush("no protobuf", WRITE, PROTOBUF, lambda: snappy(b"\x93" * 10_000), (400,)),
        HostilePush("snappy that claims 4 GB", WRITE, PROTOBUF, lambda: claim, (413,)),
        HostilePush("a series of 10 million labels", WRITE, PROTOBUF, lambda: snappy(_series(8_000_000)), (400, 413)),
        HostilePush("8 million empty series", WRITE, PROTOBUF, lambda: snappy(b"\x0a\x00" * 8_000_000), (413,)),
        HostilePush("a label of 15 MB", WRITE, PROTOBUF, lambda: packed(_request(15_000_000)), (400,)),
        HostilePush("a label of 100 MB", WRITE, PROTOBUF, lambda: packed(_request(100_000_000)), (413,)),
        HostilePush("8 million symbols", WRITE, VERSION_2, lambda: snappy(b"\x22\x00" * 8_000_000), (413,)),
        HostilePush("the least and the greatest time", WRITE, PROTOBUF, lambda: packed(_times()), (400,)),
        HostilePush("a text as remote write", WRITE, text, lambda: b"a 1\n", (415,)),
        HostilePush("OTLP, a gzip bomb", OTLP, otlp | {"Content-Encoding": "gzip"}, lambda: bomb, (413,)),
        HostilePush("OTLP, 2 million parts", OTLP, otlp, lambda: b"\x0a\x00" * 2_000_000, (413,)),
        HostilePush("OTLP, deep JSON", OTLP, JSON, lambda: b'{"a":' + b"[" * 100_000, (400,)),
        HostilePush("JSON of 10 MB", PUSH, JSON, lambda: b'{"metrics":[' + b"1," * 5_000_000 + b"1]}", (413,)),
        HostilePush("deep JSON", PUSH, JSON, lambda: b"[" * 1_000_000, (400,)),
        HostilePush("text, a gzip bomb", PUSH, text | {"Content-Encoding": "gzip"}, lambda: bomb, (413,)),
        HostilePush("text, a line of 10 MB", PUSH, text, lambda: b"a{" + b'b="",' * 2_000_000 + b"} 1\n", (400,)),
    ]


def one_series(name: str, samples: Iterable[tuple[int, float]], **labels: str) -> Any:
    return request_1(Series({"__name__": name, **labels}, samples))


def _request(size: int) -> Any:
    return one_series("hostile", [(int(time.time() * 1000), 1.0)], a="x" * size)


def _times() -> Any:
    return one_series("hostile_times", [(-(2**63), 1.0), (2**63 - 1, 2.0), (int(time.time() * 1000), 3.0)])


def _series(labels: int) -> bytes:
    """A request of one series with so many empty labels."""
    inner = b"\x0a\x00" * labels
    length, size = bytearray(), len(inner)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return b"\x0a" + bytes([*length, size]) + inner
