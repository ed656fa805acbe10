"""Kind `celery`: is the broker there, are workers alive, do queues move, does the beat tick. No task is run to prove life."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from django import forms
from kombu.exceptions import OperationalError
from redis import RedisError

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes.base import Context, Probe, ProbeForm, Result, Threshold, Unit, Value, labelled
from monitoring.checks.probes.celery_broker import clean_broker_url, client_url, is_amqp, kombu_url
from monitoring.checks.probes.celery_queues import Queues, ages, look
from monitoring.checks.probes.celery_workers import Alive, Roll, alive, ask_amqp, call_roll
from monitoring.checks.probes.deadline import Clock
from monitoring.checks.probes.fields import ListField
from monitoring.checks.probes.finding import Finding, judged
from monitoring.checks.probes.redis_session import failed, session, where

S, COUNT = Unit.SECONDS, Unit.COUNT
DEAD_BEAT = 3  # times the tolerance


class CeleryForm(ProbeForm):
    secret_fields = frozenset({"broker_url"})

    broker_url = forms.CharField(
        label="broker URL",
        max_length=2000,
        help_text="redis://, rediss://, unix://, redis+socket:// or amqp://, as the workers use it.",
    )
    queues = ListField(initial=["celery"], max_length=200, help_text="Queues to look at, separated by commas.")
    key_prefix = forms.CharField(
        required=False, max_length=100, help_text="The global_keyprefix of the workers, if they have one."
    )
    min_workers = forms.IntegerField(initial=1, min_value=0, max_value=1000, help_text="Fewer than this alive is down.")
    ping_wait_s = forms.FloatField(
        label="ping wait (s)",
        initial=1.0,
        min_value=0.1,
        max_value=30,
        help_text="How long workers may take to answer the ping.",
    )
    silence_limit_s = forms.IntegerField(
        label="silence limit (s)",
        initial=3600,
        min_value=0,
        max_value=604_800,
        help_text="A connected worker that is silent counts as busy for this long while no queue moves; then as dead.",
    )
    beat_key = forms.CharField(
        required=False,
        max_length=200,
        help_text="Key on the broker that holds the time of the beat's last tick; empty: not asked.",
    )
    beat_tolerance_s = forms.IntegerField(
        label="beat tolerance (s)",
        initial=120,
        min_value=1,
        max_value=604_800,
        help_text="Degraded past this, down past three times it.",
    )

    def clean_broker_url(self) -> str:
        return clean_broker_url(self.cleaned_data["broker_url"])


class CeleryProbe(Probe):
    kind = "celery"
    description = "Looks at a Celery broker: workers alive, messages waiting and their age, and whether the beat ticks."
    icon = "conveyor_belt"
    SettingsForm = CeleryForm
    values = {
        "broker_seconds": Value("Broker", S, "Connect and read the queues."),
        "workers": Value("Workers alive", COUNT, "Answering or busy."),
        "workers_answering": Value("Workers answering", COUNT),
        "workers_busy": Value("Workers busy", COUNT, "Connected, too busy to answer the ping."),
        "worker_silence_seconds": Value(
            "Silence of workers", S, "For how long connected workers have not answered, and no queue moved."
        ),
        "queue_depth": Value("Messages waiting", COUNT, "One series a queue."),
        "queue_oldest_seconds": Value("Oldest message", S, "One series a queue."),
        "unacked": Value("Messages in work", COUNT, "Taken by workers and not acknowledged yet."),
        "unacked_oldest_seconds": Value("Oldest in work", S),
        "beat_age_seconds": Value("Last tick of the beat", S),
    }
    default_thresholds = (Threshold("queue_oldest_seconds", Comparator.ABOVE, degraded=300.0, down=3600.0),)

    async def run(self, context: Context) -> Result:
        url, clock = str(self.settings["broker_url"]), Clock(context.timeout_s)
        try:
            if is_amqp(url):
                return await self._on_amqp(url, clock, context)
            return await self._on_redis(url, clock, context)
        except TimeoutError:
            return Result(Status.DOWN, f"Broker {clock.words(where(client_url(url)))}", Cause.TIMEOUT)
        except (RedisError, OperationalError, OSError) as error:
            result = failed(error, client_url(url))
            result.summary = f"Broker: {result.summary}"
            return result

    async def _on_redis(self, url: str, clock: Clock, context: Context) -> Result:
        started = time.perf_counter()
        async with session(client_url(url), clock) as broker:
            clock.step = "reading the queues"
            seen = await look(
                broker, self.settings["queues"], prefix=self.settings["key_prefix"], beat_key=self.settings["beat_key"]
            )
        broker_s = time.perf_counter() - started
        clock.step = "waiting for workers"
        wait_s, left_s = min(self.settings["ping_wait_s"], clock.left_s() * 0.8), clock.left_s()
        roll = await self._in_thread(
            lambda: call_roll(kombu_url(url), prefix=self.settings["key_prefix"], wait_s=wait_s, timeout_s=left_s),
            clock,
            context,
        )
        return self._judge(seen, roll, broker_s, context)

    async def _on_amqp(self, url: str, clock: Clock, context: Context) -> Result:
        started, left_s = time.perf_counter(), clock.left_s()
        roll = await self._in_thread(lambda: ask_amqp(url, self.settings["queues"], timeout_s=left_s), clock, context)
        seen = Queues(depth=roll.depth)
        return self._judge(seen, roll, time.perf_counter() - started, context)

    async def _in_thread(self, work: Any, clock: Clock, context: Context) -> Roll:
        async with asyncio.timeout(clock.left_s()):
            roll: Roll = await context.in_thread(work)
        return roll

    def _judge(self, seen: Queues, roll: Roll, broker_s: float, context: Context) -> Result:
        at = context.now.timestamp()
        oldest, heads = ages(seen, context.memory, at)
        living = alive(
            roll,
            context.memory,
            fingerprint=seen.fingerprint(),
            at=at,
            silence_limit_s=self.settings["silence_limit_s"],
        )
        values = {
            "broker_seconds": broker_s,
            "workers": float(living.answering + living.busy),
            "workers_answering": float(living.answering),
            "workers_busy": float(living.busy),
            "worker_silence_seconds": living.mute_s,
            **{labelled("queue_depth", queue=queue): float(depth) for queue, depth in seen.depth.items()},
        }
        if not is_amqp(self.settings["broker_url"]):
            values |= {labelled("queue_oldest_seconds", queue=queue): age for queue, age in oldest.items()}
            values |= {
                "unacked": float(seen.unacked),
                "unacked_oldest_seconds": 0.0 if seen.unacked_since is None else max(at - seen.unacked_since, 0.0),
            }
        if seen.beat_at is not None:
            values["beat_age_seconds"] = max(at - seen.beat_at, 0.0)
        evidence = {"answered": roll.answered, "last_answers": living.memory["seen"], "connected": roll.heard}
        found = [*self._workers(living), *self._beat(values), *_missing(roll)]
        return judged(
            found, _well(living, seen), values=values, evidence=evidence, memory={**living.memory, "heads": heads}
        )

    def _workers(self, living: Alive) -> list[Finding]:
        wanted, there = self.settings["min_workers"], living.answering + living.busy
        if there >= wanted:
            return []
        if living.mute_s > self.settings["silence_limit_s"]:
            words = f"Workers are connected, but have been silent for {living.mute_s:.0f} s while no queue moved."
            return [Finding(Status.DOWN, Cause.TIMEOUT, words)]
        words = "No worker is alive." if not there else f"{there} of {wanted} expected workers are alive."
        return [Finding(Status.DOWN, Cause.MISSING, words)]

    def _beat(self, values: Mapping[str, float]) -> list[Finding]:
        key, tolerance_s = self.settings["beat_key"], self.settings["beat_tolerance_s"]
        if not key or is_amqp(self.settings["broker_url"]):
            return []
        age = values.get("beat_age_seconds")
        if age is None:
            return [
                Finding(Status.DEGRADED, Cause.MISSING, f"The beat has left no tick in {key}: nothing is scheduled.")
            ]
        if age <= tolerance_s:
            return []
        verdict = Status.DOWN if age > tolerance_s * DEAD_BEAT else Status.DEGRADED
        return [Finding(verdict, Cause.LATE, f"The beat ticked {age:.0f} s ago; {tolerance_s} s are allowed.")]


def _missing(roll: Roll) -> list[Finding]:
    return [
        Finding(Status.DEGRADED, Cause.MISSING, f'Queue "{queue}" does not exist on the broker.')
        for queue in roll.missing
    ]


def _well(living: Alive, seen: Queues) -> str:
    busy = f" ({living.busy} too busy to answer)" if living.busy else ""
    count = living.answering + living.busy
    return f"{count} {'worker' if count == 1 else 'workers'} alive{busy}, {sum(seen.depth.values())} messages waiting."
