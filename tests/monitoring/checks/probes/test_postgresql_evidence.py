"""Evidence of PostgreSQL: queries without literals, and who blocks whom."""

import pytest

from monitoring.checks.probes.postgresql.blocking import blocking_trees
from monitoring.checks.probes.postgresql.sql_text import without_literals


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("SELECT 'O''Hara', 4.2e1 FROM t1 -- secret", "SELECT ?, ? FROM t1"),
        (r"ALTER ROLE me PASSWORD E'it\'s s3cret'", "ALTER ROLE me PASSWORD ?"),
        (r"SELECT 'C:\', 's3cret'", "SELECT ?, ?"),
        ("SELECT \"it's\", $1, $tag$s3cret$tag$, 'cut of", 'SELECT "it\'s", $1, ?, ?'),
        ("SELECT /* s3cret */\n 1", "SELECT ?"),
    ],
)
def test_literals_and_comments_are_left_out(query: str, shown: str) -> None:
    assert without_literals(query) == shown


def test_a_long_query_is_cut() -> None:
    assert len(without_literals("SELECT " + "a, " * 500)) == 200


def test_a_chain_of_waiters_stands_under_its_root() -> None:
    waiters = [{"pid": 2, "waiting_s": 9.0, "blocked_by": [1]}, {"pid": 3, "waiting_s": 5.0, "blocked_by": [2, 2]}]
    (root,) = blocking_trees(
        waiters, [{"pid": 1, "user": "ada", "database": "shop", "state": "idle in transaction", "query": "x"}]
    )
    assert (root["pid"], root["user"], root["waiting_s"]) == (1, "ada", None)
    assert (root["blocks"][0]["pid"], root["blocks"][0]["blocks"][0]["pid"]) == (2, 3)


def test_a_ring_of_waiters_ends() -> None:
    waiters = [{"pid": 1, "waiting_s": 2.0, "blocked_by": [2]}, {"pid": 2, "waiting_s": 1.0, "blocked_by": [1]}]
    (root,) = blocking_trees(waiters, [])
    assert (root["pid"], root["blocks"][0]["pid"], root["blocks"][0]["blocks"]) == (1, 2, [])
