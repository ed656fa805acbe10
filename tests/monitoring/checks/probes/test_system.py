"""The system probe on this very machine, on drawn machines, and on reports of agents."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as portal_settings
from django.db import connection, connections
from psycopg_pool import AsyncConnectionPool

from monitoring.checks.choices import Cause, Status
from monitoring.checks.models import Machine
from monitoring.checks.probes.base import Context, Result
from monitoring.checks.probes.system import SettingsForm, SystemProbe
from monitoring.checks.probes.system_values import VALUES
from monitoring.checks.system import cgroup, disks, kernel
from monitoring.checks.system.collect import collect
from monitoring.checks.system.counters import Counters
from monitoring.checks.system.words import ago, summary
from monitoring.checks.value_names import split_name
from opsportal.kinds import clean_settings

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
async def pool(transactional_db: None) -> AsyncIterator[AsyncConnectionPool[psycopg.AsyncConnection[Any]]]:
    conninfo = psycopg.conninfo.make_conninfo(portal_settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])
    async with AsyncConnectionPool(conninfo, min_size=1, max_size=2, open=False) as opened:
        yield opened


async def run(pool: Any = None, memory: dict[str, Any] | None = None, **settings: Any) -> Result:
    probe = SystemProbe(clean_settings(SettingsForm, settings))
    return await probe.run(Context(now=NOW, timeout_s=2, memory=memory or {}, portal=pool))


def files(root: Path, contents: dict[str, str]) -> Path:
    for name, text in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def counters(memory: dict[str, Any] | None = None, at: float = 1000.0, epoch: str = "boot") -> Counters:
    return Counters(memory or {}, at, epoch)


async def test_this_machine_is_read_with_rates_on_the_first_run() -> None:
    result = await run()
    assert result.verdict == Status.UP
    assert 0 <= result.values["cpu_used_ratio"] <= 1
    assert 0 < result.values["memory_used_ratio"] < 1
    assert any(name.startswith("disk_used_ratio{") for name in result.values)
    assert any(name.startswith("cpu_mode_ratio{") for name in result.values)
    assert "memory" in result.summary


async def test_every_value_is_described() -> None:
    result = await run()
    assert {split_name(name)[0] for name in result.values} <= set(VALUES)


async def test_an_ignored_mount_has_no_values() -> None:
    result = await run(ignored_mounts="/")
    assert 'disk_used_ratio{mount="/"}' not in result.values


def test_a_counter_grows_between_readings() -> None:
    before = counters()
    assert before.growth("sent", 100) is None
    after = counters(before.as_memory(), at=1010)
    assert (after.rate("sent", 150), after.comparable) == (5, True)


@pytest.mark.parametrize(
    ("at", "epoch", "value"), [(1010, "boot", 50), (1010, "another boot", 150), (990, "boot", 150), (9000, "boot", 150)]
)
def test_a_counter_that_fell_or_of_another_time_says_nothing(at: float, epoch: str, value: float) -> None:
    before = counters()
    before.growth("sent", 100)
    assert counters(before.as_memory(), at, epoch).rate("sent", value) is None


def test_damaged_memory_is_a_first_reading() -> None:
    assert not collect({"epoch": 1, "counters": "?"}, 1000.0).complete


CGROUP = {
    "sys/fs/cgroup/cgroup.controllers": "cpu memory",
    "proc/self/cgroup": "0::/app",
    "sys/fs/cgroup/app/memory.current": "900",
    "sys/fs/cgroup/app/memory.max": "1000",
    "sys/fs/cgroup/app/memory.stat": "anon 500\ninactive_file 400",
    "sys/fs/cgroup/app/memory.events": "oom 1\noom_kill 2",
    "sys/fs/cgroup/app/cpu.max": "50000 100000",
    "sys/fs/cgroup/app/cpu.stat": "usage_usec 1000000\nnr_periods 100\nnr_throttled 10",
    "sys/fs/cgroup/app/cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000",
}


def test_a_container_is_measured_by_its_own_limits(tmp_path: Path) -> None:
    before = counters()
    cgroup.read(before, files(tmp_path, CGROUP))
    later = {"memory.events": "oom 1\noom_kill 3", "cpu.stat": "usage_usec 3000000\nnr_periods 200\nnr_throttled 60"}
    files(
        tmp_path / "sys/fs/cgroup/app", later | {"cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000"}
    )
    values = cgroup.read(counters(before.as_memory(), at=1010), tmp_path)
    assert (values["container_memory_used_ratio"], values["container_oom_kills"]) == (0.5, 1)
    assert (values["container_cpu_limit_cores"], values["container_cpu_throttled_ratio"]) == (0.5, 0.5)
    assert values["container_cpu_used_ratio"] == pytest.approx(0.4)
    assert values['container_pressure_some_ratio{resource="cpu"}'] == pytest.approx(0.2)


def test_a_container_without_limits_has_none(tmp_path: Path) -> None:
    root = files(tmp_path, CGROUP | {"sys/fs/cgroup/app/memory.max": "max", "sys/fs/cgroup/app/cpu.max": "max 100000"})
    assert not {name for name in cgroup.read(counters(), root) if "limit" in name or "used_ratio" in name}


def test_outside_of_a_container_there_are_no_container_values(tmp_path: Path) -> None:
    assert cgroup.read(counters(), tmp_path) == {}


def test_pressure_is_the_share_of_time_waited(tmp_path: Path) -> None:
    line = "some avg10=0.00 avg60=0.00 avg300=0.00 total={}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0"
    before = counters()
    kernel.read(before, files(tmp_path, {"proc/pressure/memory": line.format(1_000_000)}))
    files(tmp_path, {"proc/pressure/memory": line.format(3_500_000)})
    values = kernel.read(counters(before.as_memory(), at=1010), tmp_path)
    assert values['pressure_some_ratio{resource="memory"}'] == pytest.approx(0.25)
    assert values['pressure_full_ratio{resource="memory"}'] == 0


def test_descriptors_and_uptime_are_read(tmp_path: Path) -> None:
    contents = {"proc/sys/fs/file-nr": "100\t0\t400", "proc/uptime": "12.5 3", "proc/loadavg": "0 0 0 1/94 7"}
    values = kernel.read(counters(), files(tmp_path, contents))
    assert values == {"open_files": 100, "open_files_ratio": 0.25, "uptime_seconds": 12.5, "processes": 94}


def test_garbage_in_proc_is_passed_over(tmp_path: Path) -> None:
    contents = {"proc/sys/fs/file-nr": "", "proc/uptime": "", "proc/loadavg": "x", "proc/pressure/cpu": "\x00 total=no"}
    assert kernel.read(counters(), files(tmp_path, contents)) == {}


def test_only_real_local_file_systems_are_watched(tmp_path: Path) -> None:
    parts = [
        (str(tmp_path), "ext4"),
        (f"{tmp_path}/", "ext4"),
        ("/proc", "proc"),
        ("/mnt/far", "nfs4"),
        ("/gone", "xfs"),
    ]
    assert disks.mounts([*parts, ("/var/lib/docker/overlay2/x/merged", "overlay")]) == [str(tmp_path)]


def test_the_fullest_disk_is_named() -> None:
    values = {"cpu_used_ratio": 0.12, "memory_used_ratio": 0.34}
    values |= {'disk_used_ratio{mount="/"}': 0.5, 'disk_used_ratio{mount="/data"}': 0.97}
    assert summary(values) == "CPU 12% used, memory 34% used, disk /data 97% full"


@pytest.mark.parametrize(
    ("seconds", "words"), [(45, "45 s"), (60, "1 min"), (90, "90 s"), (7200, "2 h"), (200_000, "2 d")]
)
def test_spans_are_told_in_the_unit_that_says_them(seconds: float, words: str) -> None:
    assert ago(seconds) == words


def stored(age_s: float) -> None:
    report = {"values": {"cpu_used_ratio": 0.5, "memory_used_ratio": 0.25}, "facts": {"host": "db1"}}
    taken_at = NOW - timedelta(seconds=age_s)
    Machine.objects.create(name="db1", slug="db1", last_report_at=taken_at, interval_s=15, report=report)
    connections.close_all()  # this thread's own, which nobody else would close


async def test_a_reported_machine_is_up_with_its_values(pool: Any) -> None:
    await sync_to_async(stored)(20)
    result = await run(pool, host="db1")
    assert (result.verdict, result.summary) == (Status.UP, "CPU 50% used, memory 25% used")
    assert result.values["report_age_seconds"] == 20


async def test_a_machine_that_fell_silent_is_unknown_and_has_no_old_values(pool: Any) -> None:
    await sync_to_async(stored)(46)
    result = await run(pool, host="db1")
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.LATE)
    assert result.summary == "db1 has not reported for 46 s; it should every 15 s"
    assert result.values == {"report_age_seconds": 46}


async def test_a_machine_that_never_reported_is_misconfigured(pool: Any) -> None:
    result = await run(pool, host="db9")
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)
    assert result.summary == "No machine named db9 has reported yet: run `manage.py agent --machine db9` there"


async def test_without_the_portals_database_no_report_is_known() -> None:
    assert (await run(host="db1")).cause == Cause.INTERNAL
