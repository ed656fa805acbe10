"""What a receiver of Prometheus remote write reads: a plain protobuf reader, and a server that keeps what it is sent."""

import struct
from collections.abc import Iterator
from typing import Any

import cramjam
from aiohttp import web


def decoded(body: bytes, *, whole: bool = False) -> list[Any]:
    """(name, [(ms, bits of the value), …]) a series; with `whole` all of its labels instead of the name."""
    series = []
    for number, message in fields(bytes(cramjam.snappy.decompress_raw(body))):
        assert number == 1, "only TimeSeries are sent"
        labels, samples = [], []
        for part, content in fields(message):
            if part == 1:
                pair = dict(fields(content))
                labels.append((pair[1].decode(), pair[2].decode()))
            else:
                assert part == 2
                sample = dict(fields(content))
                samples.append((sample.get(2, 0), sample[1]))
        series.append((tuple(labels) if whole else dict(labels)["__name__"], samples))
    return series


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """(number, content): bytes of a nested field, the number of a varint, the bits of a fixed one."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
        elif kind == 1:
            yield number, struct.unpack_from("<Q", message, at)[0]
            at += 8
        else:
            assert kind == 2, f"wire type {kind}"
            length, at = _varint(message, at)
            assert at + length <= len(message), "cut short"
            yield number, message[at : at + length]
            at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


class Receiver:
    """A receiver as strict as the specification: its headers are needed, samples of a series come in order, a double is taken for one.

    `faults` are statuses answered instead, one a request, until there are none left. `samples`: (ms, bits) by name, in the order taken.
    """

    def __init__(self) -> None:
        self.samples: dict[str, list[tuple[int, int]]] = {}
        self.labels: list[tuple[tuple[str, str], ...]] = []
        self.faults: list[int] = []
        self.requests = 0
        self.authorization = ""

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/api/v1/write", self.write)
        return application

    async def write(self, request: web.Request) -> web.Response:
        self.requests += 1
        self.authorization = request.headers.get("Authorization", "")
        if (
            request.headers.get("Content-Encoding") != "snappy"
            or not request.headers["X-Prometheus-Remote-Write-Version"]
        ):
            return web.Response(status=415, text="not remote write")
        if self.faults:
            return web.Response(status=self.faults.pop(0), text="not now", headers={"Retry-After": "1"})
        for labels, samples in decoded(await request.read(), whole=True):
            self.labels.append(labels)
            taken = self.samples.setdefault(dict(labels)["__name__"], [])
            for sample in samples:
                if taken and sample[0] < taken[-1][0]:
                    return web.Response(status=400, text="out of order sample")
                if sample not in taken:
                    taken.append(sample)
        return web.Response(status=204)
