"""The window of unacknowledged frames."""

import pytest

from opsportal.live.protocol import Malformed
from opsportal.live.window import MAX_BYTES, MAX_FRAMES, Window


def filled(frames: int, size: int = 10) -> Window:
    window = Window()
    for _ in range(frames):
        window.send(size, 0.0)
    return window


def test_a_full_window_takes_no_more_until_frames_are_acknowledged() -> None:
    window = filled(MAX_FRAMES)
    assert not window.has_room(10)
    window.acknowledge(1)
    assert window.has_room(10)


def test_many_bytes_fill_the_window_too() -> None:
    assert not filled(1, MAX_BYTES).has_room(1)


def test_one_frame_may_always_be_under_way_however_large() -> None:
    assert Window().has_room(10 * MAX_BYTES)


def test_a_window_is_relieved_once_half_of_it_is_free() -> None:
    window = filled(MAX_FRAMES)
    window.acknowledge(MAX_FRAMES // 2 - 1)
    assert not window.is_relieved
    window.acknowledge(MAX_FRAMES // 2)
    assert window.is_relieved


def test_acknowledging_what_was_not_sent_is_malformed() -> None:
    with pytest.raises(Malformed):
        filled(2).acknowledge(3)


def test_an_acknowledgement_that_comes_twice_changes_nothing() -> None:
    window = filled(3)
    window.acknowledge(2)
    window.acknowledge(1)
    assert len(window) == 1


def test_silence_is_measured_from_the_oldest_unacknowledged_frame() -> None:
    window = Window()
    window.send(1, 10.0)
    window.send(1, 20.0)
    window.acknowledge(1)
    assert window.silent_s(25.0) == 5.0
