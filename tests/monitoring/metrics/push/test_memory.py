"""What hostile bodies cost: each is read in a process that may not grow past a bound, and is refused in words."""

import subprocess
import sys
from textwrap import dedent

import pytest

from opsportal.env import BASE_DIR

MOST_MB = 400
PREAMBLE = f"""
import resource, django
django.setup()
from monitoring.metrics.push import remote_write_1, remote_write_2
from monitoring.metrics.push.doors import otlp
from monitoring.metrics.push.doors.base import Refused
from monitoring.metrics.push.heard import TooMuchError
from monitoring.metrics.push.otlp.reading import read
from monitoring.metrics.push.packing import TooLargeError, gunzip, unsnappy
MIB = 1024 * 1024

def varint(number):
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*octets, number])

def field(tag, body):
    return bytes([tag]) + varint(len(body)) + body

def tell(made):
    print(type(made).__name__, made)

def attempt(what, body):
    pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (pages + {MOST_MB} * MIB, pages + {MOST_MB} * MIB))
    try:
        tell(what(body))
    except (TooMuchError, TooLargeError, Refused) as error:
        print("refused:", error)
"""
BODIES = {
    "as many labels as fit": (
        "field(0x0A, b'\\x0a\\x00' * (8 * MIB - 8))",
        "lambda body: remote_write_1.read(body, {}.get).tally.sentence(0)",
        "more than 64 labels",
    ),
    "millions of empty series": (
        "b'\\x0a\\x00' * (8 * MIB)",
        "lambda body: remote_write_1.read(body, {}.get)",
        "refused: More than",
    ),
    "millions of empty samples": (
        "field(0x0A, b'\\x12\\x00' * (8 * MIB - 8))",
        "lambda body: remote_write_1.read(body, {}.get)",
        "refused: More than",
    ),
    "millions of symbols": (
        "b'\\x22\\x00' * (8 * MIB)",
        "lambda body: remote_write_2.read(body, {}.get)",
        "refused: More than",
    ),
    "one label of 16 MiB": (
        "field(0x0A, field(0x0A, field(0x0A, b'a') + field(0x12, b'x' * (16 * MIB - 64))))",
        "lambda body: remote_write_1.read(body, {}.get).tally.sentence(0)",
        "bytes; send at most",
    ),
    "a snappy block that promises 4 GB": (
        "b'\\xff\\xff\\xff\\xff\\x0f' + b'\\x00' * 64",
        "lambda body: unsnappy(body, 16 * MIB)",
        "refused: The body is larger",
    ),
    "gzip of 1 GB": (
        "__import__('gzip').compress(bytes(100 * MIB)) * 10",
        "lambda body: gunzip(body, 4 * MIB)",
        "refused: The body is larger",
    ),
    "millions of empty data points": (
        "field(0x0A, field(0x12, field(0x12, field(0x0A, b'a') + field(0x2A, b'\\x0a\\x00' * (2 * MIB - 64)))))",
        "lambda body: read(otlp.message_of(body, otlp.PROTOBUF)).tally.sentence(0)",
        "refused: More than",
    ),
    "millions of buckets": (
        "field(0x0A, field(0x12, field(0x12, field(0x0A, b'a') + field(0x4A, b'\\x10\\x02' + field(0x0A,"
        " field(0x32, bytes(2 * MIB)) + field(0x3A, b''.join(__import__('struct').pack('<d', n) for n in range(262143))))))))",
        "lambda body: read(otlp.message_of(body, otlp.PROTOBUF))",
        "refused: More than",
    ),
    "millions of attributes": (
        "field(0x0A, field(0x0A, b'\\x0a\\x00' * (MIB - 64)) + field(0x12, field(0x12, field(0x0A, b'a') + field(0x2A,"
        " field(0x0A, b'\\x3a\\x00' * (MIB - 64))))))",
        "lambda body: read(otlp.message_of(body, otlp.PROTOBUF)).tally.sentence(0)",
        "send at most 64",
    ),
    "millions of empty resources": (
        "b'\\x0a\\x00' * (2 * MIB)",
        "lambda body: read(otlp.message_of(body, otlp.PROTOBUF))",
        "refused: More than",
    ),
    "millions of JSON lists": (
        "b'{\"resourceMetrics\": [' + b'[],' * 1_390_000 + b'[]]}'",
        "lambda body: otlp.message_of(body, otlp.JSON)",
        "refused: More than",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_refused_within_bounded_memory(name: str) -> None:
    body, what, words = BODIES[name]
    script = dedent(PREAMBLE) + f"\nattempt({what}, {body})\n"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=BASE_DIR, capture_output=True, text=True, timeout=100, check=False
    )
    assert words in done.stdout, done.stdout[-500:] + done.stderr[-2000:]
