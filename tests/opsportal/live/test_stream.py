"""Numbering and coalescing of one topic."""

from typing import cast

import orjson

from opsportal.live.stream import Picture, Stream
from opsportal.live.topics import Source


def stream() -> Stream:
    return Stream("board", "epoch", cast("Source", None))


def test_the_first_update_after_quiet_is_due_at_once() -> None:
    assert stream().merge({"a": 1}, 100.0) == 100.0


def test_the_next_one_waits_for_the_rest_of_the_quarter_second() -> None:
    one = stream()
    one.merge({"a": 1}, 100.0)
    one.take(100.0)
    assert one.merge({"a": 2}, 100.1) == 100.25
    assert one.merge({"b": 3}, 100.2) is None


def test_updates_are_merged_by_key_and_the_last_one_wins() -> None:
    one = stream()
    for updates in ({"a": 1}, {"b": 2}, {"a": 3}):
        one.merge(updates, 100.0)
    assert orjson.loads(one.take(100.0))["updates"] == {"a": 3, "b": 2}


def test_frames_are_numbered_without_gaps() -> None:
    one = stream()
    assert [orjson.loads(one.take(100.0 + n))["seq"] for n in range(3)] == [1, 2, 3]


def test_a_snapshot_holds_what_came_in_while_it_was_made_and_drops_what_is_gone() -> None:
    one, picture = stream(), Picture()
    one.pictures[None] = picture
    one.merge({"a": 2, "b": None}, 100.0)
    picture.made({"a": 1, "b": 1, "c": 1}, one)
    assert orjson.loads(picture.frame(one))["snapshot"] == {"a": 2, "c": 1}


def test_a_snapshot_is_serialised_once_for_all_who_wait() -> None:
    one, picture = stream(), Picture()
    picture.made({"a": 1}, one)
    assert picture.frame(one) is picture.frame(one)
