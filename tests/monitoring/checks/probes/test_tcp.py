"""`tcp` against real connections; with the fault table of docs/check-kinds/tcp.md."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.tcp import TcpForm, TcpProbe, unescaped
from opsportal.kinds import clean_settings
from tests.fakes.certificates import authority, issued, self_signed
from tests.fakes.http_peers import Reader, Writer, endless, free_port, peer, silent
from tests.fakes.tls_peers import tls_peer
from tests.monitoring.checks.probes.trying import probe_of, run


async def ask(port: int, timeout_s: float = 5, **settings: Any) -> Result:
    probe = probe_of(TcpProbe, host="127.0.0.1", port=port, **settings)
    return await run(probe, timeout_s=timeout_s, now=datetime.now(UTC))


def seen(result: Result) -> tuple[Status, Cause, str]:
    return result.verdict, result.cause, result.summary


async def echoing(reader: Reader, writer: Writer) -> None:
    while line := await reader.readline():
        writer.write(b"you said " + line)


async def hanging_up(reader: Reader, writer: Writer) -> None:
    await reader.read(1)


async def test_an_open_port_is_up() -> None:
    async with peer(silent) as listening:
        result = await ask(listening.port)
    assert result.verdict is Status.UP
    assert result.summary.startswith(f"{listening.where} accepts connections (")
    assert set(result.values) == {"connect_seconds", "total_seconds"}


async def test_the_expected_answer_is_up_with_its_time() -> None:
    async with peer(echoing) as echo:
        result = await ask(echo.port, send=r"PING\r\n", expect="said PING")
    assert result.verdict is Status.UP
    assert set(result.values) == {"connect_seconds", "total_seconds", "answer_seconds"}


async def test_tls_is_spoken_when_asked_for() -> None:
    async with tls_peer(issued("shop.example")) as running:
        result = await ask(running.port, tls=True, server_name="shop.example", ca_pem=authority().pem)
    assert result.verdict is Status.UP
    assert {"tls_seconds", "certificate_days_left"} <= set(result.values) <= set(TcpProbe.values)


async def test_a_refused_connection_is_down() -> None:
    port = free_port()
    assert seen(await ask(port)) == (Status.DOWN, Cause.REFUSED, f"Connection refused by 127.0.0.1:{port}")


async def test_a_peer_that_never_speaks_is_down_at_the_deadline() -> None:
    async with peer(silent) as half_open:
        result = await ask(half_open.port, timeout_s=0.2, expect="220")
    words = f"{half_open.where} accepted the connection but did not answer within 0.18 s"
    assert seen(result) == (Status.DOWN, Cause.TIMEOUT, words)


async def test_a_wrong_answer_is_down_and_shown() -> None:
    async def talk(reader: Reader, writer: Writer) -> None:
        writer.write(b"421 too busy\r\n")

    async with peer(talk) as busy:
        result = await ask(busy.port, expect="220")
    words = f'Expected "220" from {busy.where}, got "421 too busy\\r\\n"'
    assert seen(result) == (Status.DOWN, Cause.UNEXPECTED, words)


async def test_a_peer_that_hangs_up_is_down() -> None:
    async with peer(hanging_up) as rude:
        result = await ask(rude.port, send="x", expect="220")
    words = f'{rude.where} closed the connection without an answer; expected "220"'
    assert seen(result) == (Status.DOWN, Cause.RESET, words)


async def test_an_endless_answer_is_cut_off() -> None:
    async with peer(endless) as flood:
        result = await ask(flood.port, send=r"GET / HTTP/1.1\r\n\r\n", expect="220")
    assert seen(result)[:2] == (Status.DOWN, Cause.TOO_LARGE)
    assert len(result.evidence["answer"]) <= 2_048


async def test_a_self_signed_certificate_is_down() -> None:
    async with tls_peer(self_signed("shop.example")) as running:
        result = await ask(running.port, tls=True, server_name="shop.example")
    words = "The certificate of shop.example is not valid: it is self-signed"
    assert seen(result) == (Status.DOWN, Cause.CERTIFICATE, words)


async def test_a_metadata_address_is_never_connected_to() -> None:
    result = await run(probe_of(TcpProbe, host="169.254.169.254", port=80), timeout_s=5)
    words = "Connecting to 169.254.169.254 is not allowed: a cloud metadata or link-local address"
    assert seen(result) == (Status.UNKNOWN, Cause.BLOCKED, words)


async def test_what_was_sent_is_not_shown_when_it_is_echoed() -> None:
    async with peer(echoing) as echo:
        result = await ask(echo.port, send=r"hunter2!\n", expect="welcome", timeout_s=0.3)
    assert "hunter2" not in result.summary + str(result.evidence)


async def quoting(reader: Reader, writer: Writer) -> None:
    _, user, password = (await reader.readline()).decode().split()
    writer.write(f"ERR no user '{user}' with '{password}'\r\n".encode())


async def test_a_word_of_what_was_sent_is_not_shown_when_the_server_quotes_it() -> None:
    async with peer(quoting) as server:
        result = await ask(server.port, send=r"AUTH bob hunter2!\r\n", expect="welcome", timeout_s=0.3)
    assert "ERR no user" in result.summary
    assert "hunter2" not in result.summary + str(result.evidence)


def test_escapes_become_what_they_stand_for() -> None:
    assert unescaped(r"a\r\n\t\\n") == "a\r\n\t\\n"


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"host": "http://x"}, "host"), ({"port": 70_000}, "port"), ({"send": r"\x41"}, "send")],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(forms.ValidationError) as refusal:
        clean_settings(TcpForm, {"host": "x", "port": 1} | settings)
    assert field in refusal.value.message_dict
