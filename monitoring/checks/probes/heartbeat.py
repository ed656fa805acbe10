"""A job that pings the portal: in time, late, failed, or started and never ended. What counts is decided in
`heartbeats.lateness`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.heartbeats import queries
from monitoring.checks.heartbeats.lateness import Expectation, Judgement, Standing, judge
from monitoring.checks.heartbeats.pairing import Ping, Runs, runs_of
from monitoring.checks.heartbeats.schedule import Cron, Every, Schedule, cron_error
from monitoring.checks.probes.base import Context, Probe, ProbeForm, Result, Unit, Value
from monitoring.checks.system.words import ago

YEAR_S = 366 * 86_400
TIME = "%Y-%m-%d %H:%M %Z"


class SettingsForm(ProbeForm):
    every_s = forms.IntegerField(
        required=False, min_value=1, max_value=YEAR_S, label="every (s)", help_text="Seconds from one ping to the next."
    )
    cron = forms.CharField(
        required=False,
        max_length=200,
        help_text="Or when the job starts, as a cron line: 30 2 * * * for half past two each night.",
    )
    time_zone = forms.CharField(initial="UTC", max_length=60, help_text="Of the cron line, such as Europe/Berlin.")
    grace_s = forms.IntegerField(
        initial=300, min_value=0, max_value=YEAR_S, label="grace (s)", help_text="How late a ping may be."
    )
    max_run_s = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=YEAR_S,
        label="longest run (s)",
        help_text="From a start to its end; empty: the grace.",
    )
    ping_key = forms.UUIDField(required=False, help_text="Of the address to ping; empty: a new one is made.")

    def clean_ping_key(self) -> str:
        return str(self.cleaned_data.get("ping_key") or "")

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"])
        if name not in available_timezones():
            raise forms.ValidationError("Not a time zone; give a name such as Europe/Berlin or UTC.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cron, every_s = cleaned.get("cron"), cleaned.get("every_s")
        if bool(cron) == bool(every_s) and not {"cron", "every_s"} & set(self.errors):
            self.add_error("every_s", "Give either seconds here or a cron line.")
        if cron and "time_zone" in cleaned and (fault := cron_error(cron, cleaned["time_zone"])):
            self.add_error("cron", f"{fault[:1].upper()}{fault[1:]}")
        return cleaned


class HeartbeatProbe(Probe):
    kind = "heartbeat"
    description = "A job that tells the portal when it starts and ends; its silence is the alarm."
    icon = "cardiology"
    default_interval_s = 30
    default_failures_before_down = 1  # it is the job that failed, not a single question that went wrong
    values = {
        "last_ping_age_seconds": Value("Since the last end", Unit.SECONDS),
        "late_seconds": Value("Late by", Unit.SECONDS, "Past the time it was expected at; 0 while it is in time."),
        "run_duration_seconds": Value("Last run took", Unit.SECONDS, "Where the job also pings its start."),
        "running_seconds": Value("Running for", Unit.SECONDS, "The oldest run under way."),
        "exit_code": Value("Exit code of the last run", Unit.COUNT),
    }
    SettingsForm = SettingsForm

    async def run(self, context: Context) -> Result:
        if context.portal is None or context.check_id is None:
            return Result(Status.UNKNOWN, "Pings cannot be read without the portal's database", Cause.INTERNAL)
        history = await queries.history(context.portal, context.check_id)
        if history is None:
            return Result(Status.UNKNOWN, "This check is no longer stored", Cause.INTERNAL)
        runs = runs_of(remembered(context.memory, history.pings))
        judgement = judge(runs, self._expectation(history.watched_since), context.now)
        result = self._result(judgement, runs, context.now)
        result.memory = memory_of(runs)
        return result

    def _expectation(self, watched_since: datetime) -> Expectation:
        grace = timedelta(seconds=self.settings["grace_s"])
        longest = self.settings.get("max_run_s")
        return Expectation(
            schedule=schedule_of(self.settings),
            grace=grace,
            max_run=timedelta(seconds=longest) if longest else grace,
            watched_since=watched_since,
        )

    def _result(self, judgement: Judgement, runs: Runs, now: datetime) -> Result:
        verdict, cause = VERDICTS[judgement.standing]
        evidence = {
            "standing": judgement.standing.value,
            "expected_at": judgement.expected_at.isoformat(),
            "deadline": judgement.deadline.isoformat(),
            "last_end": {"time": runs.end.time.isoformat(), "kind": runs.end.kind} if runs.end else None,
        }
        return Result(verdict, self._words(judgement, runs, now), cause, measured(judgement, runs, now), evidence)

    def _words(self, judgement: Judgement, runs: Runs, now: datetime) -> str:
        zone = ZoneInfo(self.settings.get("time_zone") or "UTC")
        expected, deadline = (time.astimezone(zone) for time in (judgement.expected_at, judgement.deadline))
        last = f"last heard of {ago((now - runs.end.time).total_seconds())} ago" if runs.end else "never heard of"
        running = ago((now - judgement.run.time).total_seconds()) if judgement.run else ""
        code = f" with exit code {runs.end.exit_code}" if runs.end and runs.end.exit_code else ""
        again = f"; running again for {running}" if running else ""
        words = {
            Standing.WAITING: f"Waiting for the first ping, expected by {deadline:{TIME}}",
            Standing.IN_TIME: f"In time, {last}; expected next at {expected:{TIME}}",
            Standing.RUNNING: f"Running for {running}",
            Standing.IN_GRACE: f"Expected at {expected:{TIME}}, {last}; down at {deadline:{TIME}}",
            Standing.OVERDUE: f"Overdue: expected at {expected:{TIME}}, {last}",
            Standing.HUNG: f"Started {running} ago and has not ended; it may run until {deadline:{TIME}}",
            Standing.FAILED: f"Failed{code}, {last}{again}",
        }
        return words[judgement.standing]


VERDICTS = {
    Standing.WAITING: (Status.UNKNOWN, Cause.NONE),
    Standing.IN_TIME: (Status.UP, Cause.NONE),
    Standing.RUNNING: (Status.UP, Cause.NONE),
    Standing.IN_GRACE: (Status.UP, Cause.NONE),
    Standing.OVERDUE: (Status.DOWN, Cause.LATE),
    Standing.HUNG: (Status.DOWN, Cause.TIMEOUT),
    Standing.FAILED: (Status.DOWN, Cause.FAILED),
}


def schedule_of(settings: Mapping[str, Any]) -> Schedule:
    if settings.get("cron"):
        return Cron(settings["cron"], settings.get("time_zone") or "UTC")
    return Every(timedelta(seconds=settings["every_s"]))


def memory_of(runs: Runs) -> dict[str, Any] | None:
    """The last end, to be kept longer than pings are."""
    if not runs.end:
        return None
    return {"last_end": {"time": runs.end.time.isoformat(), "kind": runs.end.kind, "exit_code": runs.end.exit_code}}


def remembered(memory: Mapping[str, Any], pings: list[Ping]) -> list[Ping]:
    """The stored pings, after the last end remembered where it is older than all of them: a rare job's may have
    expired."""
    last = memory.get("last_end")
    if not isinstance(last, Mapping):
        return pings
    end = Ping(datetime.fromisoformat(last["time"]), last["kind"], exit_code=last.get("exit_code"))
    return pings if pings and pings[0].time <= end.time else [end, *pings]


def measured(judgement: Judgement, runs: Runs, now: datetime) -> dict[str, float]:
    """The values of a run."""
    late = judgement.standing in {Standing.IN_GRACE, Standing.OVERDUE}
    values = {"late_seconds": (now - judgement.expected_at).total_seconds() if late else 0.0}
    if judgement.run:
        values["running_seconds"] = (now - judgement.run.time).total_seconds()
    if runs.end:
        values["last_ping_age_seconds"] = (now - runs.end.time).total_seconds()
        if runs.end.duration_s is not None:
            values["run_duration_seconds"] = runs.end.duration_s
        if runs.end.exit_code is not None:
            values["exit_code"] = float(runs.end.exit_code)
    return values
