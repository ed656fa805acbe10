"""Remote write: from the request to the commit, as the door takes it, one request after the other."""

import time
from pathlib import Path

import numpy as np

from benchmarks.metrics.timing import spent
from benchmarks.report import Report

TARGETS, SERIES = 20, 100
SAMPLES_PER_REQUEST = 2_000
TICKS = 150
FEED_EVERY_MS = 15_000


def bodies(now_ms: int) -> list[bytes]:
    """What a Prometheus with 20 targets of 100 series sends: a request a tick, every series once in it, at its target's time."""
    from monitoring.metrics.shipping.encoding import encoded_labels, write_request

    labels = {
        target * SERIES + number: encoded_labels(
            (
                ("__name__", f"http_requests_{number % 25}_total"),
                ("code", str(200 + number // 25)),
                ("instance", f"10.0.0.{target}:9100"),
                ("job", "node"),
            )
        )
        for target in range(TARGETS)
        for number in range(SERIES)
    }
    ids = np.array(list(labels), dtype=np.int64)
    return [
        write_request(
            ids,
            now_ms - (TICKS - tick) * FEED_EVERY_MS + (ids // SERIES) * 37,
            (ids * 1000 + tick * (ids % 17)).astype(np.float64),
            labels,
        )
        for tick in range(TICKS)
    ]


def measure(report: Report, folder: Path) -> None:
    from django.test import Client

    from security.access.actions import api_token_create, user_create
    from security.access.roles import ADMINISTRATOR

    user = user_create(username="sender", password="a long pass phrase 1", roles=[ADMINISTRATOR])
    _, secret = api_token_create(user=user, name="bench")
    client = Client(SERVER_NAME="localhost")
    headers = {
        "Authorization": f"Bearer {secret}",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    # The late window bounds how far back a tick may lie.
    sent = bodies(int(time.time() * 1000))
    for number, body in enumerate(sent):
        if number == TICKS // 3:
            watch = spent(folder)
            taken = watch.__enter__()
        answer = client.post("/prometheus/api/v1/write", body, content_type="application/x-protobuf", headers=headers)
        assert answer.status_code == 204, answer.content
    watch.__exit__(None, None, None)
    samples = SAMPLES_PER_REQUEST * (TICKS - TICKS // 3)
    per_core = samples / taken.cpu_s / 1000
    report.plain(
        "remote write, request to durable, one sender after another", samples / taken.wall_s / 1000, "k samples/s"
    )
    report.at_least("remote write, per CPU-second of portal and PostgreSQL together", per_core, "k samples/s", 250)
