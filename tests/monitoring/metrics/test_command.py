import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from monitoring.metrics import portable
from tests.monitoring.metrics.samples import NOON_MS, add, labels_of, scatter


def run(*words: str) -> str:
    output = StringIO()
    call_command("metrics", *words, stdout=output, stderr=StringIO())
    return output.getvalue()


def answer(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


@pytest.fixture
def filled(db: None) -> None:
    for minute in range(5):
        add((labels_of(n), NOON_MS + minute * 60_000, minute) for n in range(3))


def test_stats_count_series_samples_and_bytes(filled: None) -> None:
    found = answer("stats")
    assert (found["series"], found["samples"]["hot"]) == (3, 15)
    assert found["bytes"]["hot"] > 0
    assert found["lag_s"] > 0
    assert found["largest"]["labels"][0] == ["n", 3, 3]
    assert "15 (hot 15" in run("stats")


def test_compact_closes_what_is_due_and_verify_finds_it_whole(filled: None) -> None:
    assert answer("compact")["hours"] == 1
    assert answer("verify") == {"blocks": 2, "faults": []}  # the day, and its hours rolled up
    assert sum(len(json.loads(line)["values"]) for line in portable.export([], NOON_MS, NOON_MS + 10**6)) == 15


def test_verify_finds_a_byte_that_has_turned(filled: None) -> None:
    run("compact", "--everything")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE metrics_block SET data = set_byte(data, 60, get_byte(data, 60) # 1)")
    with pytest.raises(SystemExit) as caught:
        run("verify")
    assert caught.value.code == 1


def test_verify_finds_a_missing_schema(db: None) -> None:
    scatter(range(3))
    for minute in range(2):
        add((labels_of(n), NOON_MS + minute * 60_000, minute) for n in range(3))
    assert answer("verify")["faults"] == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM metrics_schema")
    with pytest.raises(SystemExit):
        run("verify")


def test_verify_finds_a_tick_that_is_longer_than_its_schema(filled: None) -> None:
    assert answer("verify")["faults"] == []
    with connection.cursor() as cursor:
        cursor.execute('UPDATE metrics_hot SET "values" = "values" || int8send(0) WHERE schema_id IS NOT NULL')
    with pytest.raises(SystemExit):
        run("verify")


def test_verify_finds_an_hour_that_is_in_two_blocks(filled: None) -> None:
    run("compact", "--everything")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO metrics_hour SELECT * FROM metrics_block")
    with pytest.raises(SystemExit):
        run("verify")


def test_an_export_can_be_imported(filled: None, tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    run("export", "--match", 'm{n=~"1|2"}', "--start", "2026-03-02T12:01:00Z", "--output", str(file))
    assert len(file.read_bytes().splitlines()) == 2
    assert answer("import", str(file)) == {"lines": 2, "samples": 8, "refused": 0}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["export", "--match", "m{"], "--match: "),
        (["export", "--match", "1 + 1"], "is no selector"),
        (["export", "--start", "noon"], "--start: noon is no time"),
        (["import", "no-such-file"], "no-such-file"),
    ],
)
def test_a_wrong_word_is_named(db: None, words: list[str], error: str) -> None:
    with pytest.raises(CommandError, match=error):
        run(*words)
