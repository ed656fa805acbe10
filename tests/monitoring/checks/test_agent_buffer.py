"""The agent's buffer on disk."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.checks.agent.buffer import Buffer

READING = {"time": "2026-11-23T08:00:00+00:00", "values": {"cpu_used_ratio": 0.5}}


def filled(folder: Path, count: int, max_bytes: int = 1_000_000) -> Buffer:
    buffer = Buffer(folder, max_bytes)
    for _ in range(count):
        buffer.append(READING)
    return buffer


def sequences(buffer: Buffer, most: int = 1000) -> list[int]:
    return [reading["sequence"] for reading in buffer.oldest(most)]


def test_readings_come_back_oldest_first(tmp_path: Path) -> None:
    assert sequences(filled(tmp_path, 5), most=3) == [1, 2, 3]


def test_what_the_portal_has_is_forgotten(tmp_path: Path) -> None:
    buffer = filled(tmp_path, 5)
    buffer.acknowledge(3)
    assert (sequences(buffer), buffer.waiting(), buffer.dropped) == ([4, 5], 2, 0)


def test_nothing_is_lost_by_a_restart(tmp_path: Path) -> None:
    first = filled(tmp_path, 3)
    first.acknowledge(1)
    first.close()
    second = Buffer(tmp_path, 1_000_000)
    second.append(READING)
    assert (second.stream, sequences(second)) == (first.stream, [2, 3, 4])


def test_an_empty_buffer_goes_on_counting_after_a_restart(tmp_path: Path) -> None:
    first = filled(tmp_path, 3)
    first.acknowledge(3)
    first.close()
    assert list(tmp_path.glob("*.jsonl")) == []
    assert Buffer(tmp_path, 1_000_000).append(READING) == 4


def test_a_line_torn_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    filled(tmp_path, 2).close()
    segment = next(tmp_path.glob("*.jsonl"))
    segment.write_bytes(segment.read_bytes()[:-20])
    buffer = Buffer(tmp_path, 1_000_000)
    assert buffer.append(READING) == 2
    assert sequences(buffer) == [1, 2]


def test_a_torn_first_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    filled(tmp_path, 1).close()
    segment = next(tmp_path.glob("*.jsonl"))
    segment.write_bytes(segment.read_bytes()[:-20])
    buffer = Buffer(tmp_path, 1_000_000)
    assert buffer.append(READING) == 1
    assert sequences(buffer) == [1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_an_error_and_costs_only_that_reading(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path, 1_000_000)
    (tmp_path / "0000000000000001.jsonl").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        buffer.append(READING)
    (tmp_path / "0000000000000001.jsonl").unlink()
    assert buffer.append(READING) == 1


def test_a_lost_state_begins_a_new_stream(tmp_path: Path) -> None:
    first = filled(tmp_path, 2)
    first.close()
    (tmp_path / "state.json").write_text("{")
    second = Buffer(tmp_path, 1_000_000)
    assert second.stream != first.stream
    assert sequences(second) == [1, 2]


def test_past_its_cap_the_oldest_go_first_and_are_counted(tmp_path: Path) -> None:
    buffer = filled(tmp_path, 100, max_bytes=2000)
    kept = sequences(buffer)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) <= 2000
    assert kept == list(range(kept[0], 101))
    assert buffer.dropped == kept[0] - 1 > 0


def test_two_agents_cannot_share_a_folder(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path, 1000)
    with pytest.raises(BlockingIOError, match="another agent uses it"):
        Buffer(tmp_path, 1000)
    buffer.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.just("append"), st.just("restart"), st.integers(1, 5)), max_size=40))
def test_every_reading_is_waiting_sent_or_counted_as_dropped(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str | int]
) -> None:
    folder = tmp_path_factory.mktemp("buffer")
    buffer, appended, sent = Buffer(folder, 600), 0, 0
    for step in steps:
        if step == "append":
            buffer.append(READING)
            appended += 1
        elif step == "restart":
            buffer.close()
            buffer = Buffer(folder, 600)
        elif batch := sequences(buffer, int(step)):
            buffer.acknowledge(batch[-1])
            sent += len(batch)
    assert appended == sent + len(sequences(buffer)) + buffer.dropped
    assert buffer.waiting() == len(sequences(buffer))
    buffer.close()
