"""The agent against a real portal that comes and goes."""

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import web
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connections

from monitoring.checks.agent.buffer import Buffer
from monitoring.checks.agent.push import Agent
from monitoring.checks.agent.sending import Backoff, Outcome, Sender, read_token
from monitoring.checks.models import Machine
from security.access.actions import api_token_create
from security.access.models import User
from tests.fakes.serving import serving

TOKEN = "ops_a-token-that-must-never-be-printed"
READING = {"time": "2026-11-23T08:00:00+00:00", "values": {"cpu_used_ratio": 0.5}}
FACTS = {"host": "db1"}


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return path


@pytest.fixture
def buffer(tmp_path: Path) -> Buffer:
    buffer = Buffer(tmp_path / "buffer", 1_000_000)
    for _ in range(3):
        buffer.append(READING)
    return buffer


def portal(answers: list[Callable[[dict[str, Any]], web.Response]], taken: list[list[int]]) -> web.Application:
    """A portal that gives these answers in turn, and notes the sequences of each batch."""

    async def report(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        body = await request.json()
        taken.append([reading["sequence"] for reading in body["readings"]])
        return answers.pop(0)(body)

    application = web.Application()
    application.router.add_post("/api/v1/agent/report", report)
    return application


def stored(body: dict[str, Any]) -> web.Response:
    last = body["readings"][-1]["sequence"]
    return web.json_response({"accepted": len(body["readings"]), "repeated": 0, "last_sequence": last})


def refused(status: int) -> Callable[[dict[str, Any]], web.Response]:
    return lambda body: web.json_response({"detail": "no"}, status=status)


async def test_what_is_buffered_is_sent_in_order_and_forgotten(buffer: Buffer, token_file: Path) -> None:
    taken: list[list[int]] = []
    async with serving(portal([stored], taken)) as url:
        answer = await Sender(url, token_file, "db1", 15).flush(buffer, FACTS)
    assert answer is not None
    assert (answer.outcome, taken, buffer.waiting()) == (Outcome.STORED, [[1, 2, 3]], 0)


async def test_a_portal_that_is_away_costs_nothing(buffer: Buffer, token_file: Path) -> None:
    async with serving(portal([], [])) as gone:
        pass
    async with serving(portal([], [])):
        answer = await Sender(gone, token_file, "db1", 15, timeout_s=2).flush(buffer, FACTS)
    assert answer is not None
    assert (answer.outcome, buffer.waiting(), buffer.dropped) == (Outcome.AWAY, 3, 0)


REFUSALS = [
    (
        401,
        Outcome.REFUSED,
        3,
        0,
        "The portal does not know this token, or it was revoked or has expired: make a new one (401)",
    ),
    (403, Outcome.REFUSED, 3, 0, "The portal does not let this token report: no (403)"),
    (404, Outcome.AWAY, 3, 0, "This is not an Opsportal that takes reports: it answers 404; check --url"),
    (400, Outcome.REJECTED, 0, 3, 'The portal does not take these readings (400): {"detail": "no"}'),
    (429, Outcome.AWAY, 3, 0, "The portal cannot take readings now (429)"),
    (503, Outcome.AWAY, 3, 0, "The portal cannot take readings now (503)"),
]


@pytest.mark.parametrize(("status", "outcome", "waiting", "dropped", "words"), REFUSALS)
async def test_each_refusal_is_explained(
    buffer: Buffer, token_file: Path, status: int, outcome: Outcome, waiting: int, dropped: int, words: str
) -> None:
    async with serving(portal([refused(status)], [])) as url:
        answer = await Sender(url, token_file, "db1", 15).flush(buffer, FACTS)
    assert answer is not None
    assert (answer.outcome, answer.words, buffer.waiting(), buffer.dropped) == (outcome, words, waiting, dropped)
    assert TOKEN not in repr(answer)


async def test_an_agent_reads_on_while_the_portal_is_away_and_catches_up(buffer: Buffer, token_file: Path) -> None:
    news: list[dict[str, Any]] = []
    taken: list[list[int]] = []
    async with serving(portal([refused(503), stored], taken)) as url:
        sender = Sender(url, token_file, "db1", 1)
        agent = Agent(buffer=buffer, sender=sender, interval_s=1, report=news.append)
        await agent.turn()
        sender.backoff = Backoff()  # as if its time were over
        await agent.turn()
    assert taken == [[1, 2, 3, 4], [1, 2, 3, 4, 5]]
    assert [line["outcome"] for line in news] == ["away", "stored"]


async def test_an_agent_stops_when_told(buffer: Buffer, token_file: Path) -> None:
    stop = asyncio.Event()
    async with serving(portal([stored], [])) as url:
        agent = Agent(
            buffer=buffer, sender=Sender(url, token_file, "db1", 60), interval_s=60, report=lambda news: stop.set()
        )
        await asyncio.wait_for(agent.run(stop), timeout=20)


def test_waits_grow_to_five_minutes_and_end_with_a_success() -> None:
    backoff, now = Backoff(Random(1)), 0.0
    waits = []
    for _ in range(12):
        backoff.note(Outcome.AWAY, now)
        waits.append(backoff._not_before - now)
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits[:8]))
    assert 150 <= waits[-1] <= 300
    backoff.note(Outcome.STORED, now)
    assert backoff.ready(now)


def test_a_token_file_must_hold_one_token(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read_token(tmp_path / "none")
    (tmp_path / "two").write_text("one two")
    with pytest.raises(ValueError, match="must hold one token"):
        read_token(tmp_path / "two")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--url", "portal"], "--url: this URL must begin with http"),
        (["--url", "http://x", "--interval", "0"], "--interval: use 1 to 86400 seconds"),
        (["--url", "http://x", "--machine", "a b"], "--machine: use letters"),
        (["--url", "http://x", "--buffer-dir", "/proc/nowhere"], "--buffer-dir: /proc/nowhere cannot be used"),
    ],
)
def test_wrong_options_are_named(token_file: Path, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("agent", *arguments, "--token-file", str(token_file), "--once")


async def test_the_command_reports_to_a_real_portal(transactional_db: None, live_server: Any, tmp_path: Path) -> None:
    def prepared() -> str:
        user = User.objects.create_user("agent", is_superuser=True)
        text = api_token_create(user=user, name="db1", scopes=["checks.push_report"])[1]
        connections.close_all()
        return text

    def ran(token: str) -> tuple[str, Machine]:
        (tmp_path / "right").write_text(token)
        output = io.StringIO()
        folder = ["--buffer-dir", str(tmp_path / "readings"), "--token-file", str(tmp_path / "right")]
        call_command("agent", "--url", live_server.url, "--machine", "db1", "--once", *folder, stdout=output)
        machine = Machine.objects.get()
        connections.close_all()
        return output.getvalue(), machine

    token = await sync_to_async(prepared)()
    output, machine = await sync_to_async(ran)(token)
    assert output.endswith("1 readings stored; 0 waiting, 0 dropped\n")
    assert token not in output
    assert machine.report["values"]["memory_used_ratio"] > 0
