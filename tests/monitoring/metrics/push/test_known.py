from monitoring.metrics.push.known import ENTRY_BYTES, KnownSeries


def test_remembers_ids_by_what_a_sender_calls_them() -> None:
    known = KnownSeries()
    known.remember({b"raw": 7, "text": 8})
    assert [known.look_up()(key) for key in (b"raw", "text", b"other")] == [7, 8, None]


def test_forgets_every_second_one_when_it_is_full() -> None:
    known = KnownSeries(most_bytes=100 * (ENTRY_BYTES + 8))
    known.remember({b"%08d" % number: number for number in range(101)})
    assert len(known) == 50
    known.remember({b"%08d" % number: number for number in range(1000, 10_000)})
    assert len(known) <= 100


def test_forgetting_all_leaves_a_look_up_usable() -> None:
    known = KnownSeries()
    look_up = known.look_up()
    known.remember({b"raw": 7})
    known.forget()
    assert look_up(b"raw") is None
