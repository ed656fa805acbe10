import io
import json
import os
from contextlib import suppress

from opsportal.stack.output import LONGEST_LINE, LineReader, Output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def heard(written: bytes) -> list[str]:
    """What a reader hears of `written`, by and by and to the end."""
    lines: list[str] = []
    reading, writing = os.pipe()
    reader = LineReader(reading, lines.append)
    for start in range(0, len(written), 7000):
        os.write(writing, written[start : start + 7000])
        reader.read()
    os.close(writing)
    reader.drain()
    os.close(reading)
    return lines


def test_as_json_each_line_is_an_object() -> None:
    stream = io.StringIO()
    output = Output(stream, ("web",), as_json=True)
    output.line("web", 'said "hello"')
    output.record({"ready": "http://127.0.0.1:8000", "password": None}, ["  Opsportal is ready"])
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"process": "web", "line": 'said "hello"'},
        {"ready": "http://127.0.0.1:8000", "password": None},
    ]


def test_each_line_begins_with_the_name_of_its_process() -> None:
    stream = io.StringIO()
    Output(stream, ("web", "engine")).line("web", "ready")
    assert stream.getvalue() == "web    | ready\n"


def test_names_are_coloured_on_a_terminal_only() -> None:
    stream = Terminal()
    Output(stream, ("web",)).line("web", "ready")
    assert stream.getvalue() == "\x1b[36mweb |\x1b[0m ready\n"


def test_escape_sequences_in_a_log_do_not_reach_the_terminal() -> None:
    stream = io.StringIO()
    Output(stream, ("web",)).line("web", "GET /\x1b]0;owned\x07")
    assert stream.getvalue() == "web | GET /\\x1b]0;owned\\x07\n"


def test_a_reader_that_went_away_is_noticed_and_not_an_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    output = Output(stream, ("web",))
    output.line("web", "anybody?")
    with suppress(BrokenPipeError):
        stream.close()
    assert output.closed


def test_a_line_cut_by_the_pipe_is_put_together() -> None:
    assert heard(b"a" * 8000 + b"\nb\n") == ["a" * 8000, "b"]


def test_the_last_line_needs_no_end() -> None:
    assert heard(b"one\ntwo") == ["one", "two"]


def test_an_endless_line_is_cut_and_memory_stays_bounded() -> None:
    lines = heard(b"x" * (3 * LONGEST_LINE))
    assert "".join(lines) == "x" * (3 * LONGEST_LINE)
    assert max(map(len, lines)) <= 2 * LONGEST_LINE
