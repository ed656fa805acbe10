from pathlib import Path

import environ
import pytest
import redis
from psycopg.conninfo import conninfo_to_dict

from opsportal.stack import paths

ODD = Path("/srv/a b+c%41&d#e")
LONG = Path("/srv") / ("a-long-name" * 9)


def test_sockets_are_kept_in_the_data_folder() -> None:
    assert paths.socket_dir(Path("/srv/portal")) == Path("/srv/portal/sockets")


def test_a_path_too_long_for_a_socket_gets_a_short_folder_of_its_own() -> None:
    short = paths.socket_dir(LONG)
    assert len(str(short)) <= paths.LONGEST_SOCKET_DIR
    assert short != paths.socket_dir(LONG / "other")


def test_django_and_psycopg_read_an_odd_path_alike() -> None:
    url, folder = paths.postgres_url(ODD), f"{ODD}/sockets/pg"
    assert environ.Env.db_url_config(url)["OPTIONS"]["host"] == folder
    assert conninfo_to_dict(url)["host"] == folder


def test_valkey_is_found_at_an_odd_path() -> None:
    pool = redis.Redis.from_url(paths.valkey_url(ODD)).connection_pool
    assert pool.connection_kwargs["path"] == f"{ODD}/sockets/valkey.sock"


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("a.b", "http://a.b:80"),
    ],
)
def test_this_machine_reaches_a_wildcard_address_through_loopback(bind: str, url: str) -> None:
    assert paths.local_url(bind, 80) == url
