import os
from pathlib import Path

import pytest

from opsportal.stack import postgres
from opsportal.stack.errors import StackError


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    (tmp_path / "postgres").mkdir()
    return tmp_path / "postgres"


def test_a_pid_file_that_names_a_stranger_is_removed(cluster: Path) -> None:
    (cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster}\n")
    postgres.clear_stale_pid(cluster.parent)
    assert not (cluster / "postmaster.pid").exists()


def test_a_cluster_that_was_stopped_properly_has_nothing_to_clear(cluster: Path) -> None:
    postgres.clear_stale_pid(cluster.parent)
    assert list(cluster.iterdir()) == []


@pytest.mark.parametrize(("status", "ready"), [("ready   ", True), ("starting", False)])
def test_the_server_says_itself_whether_it_takes_connections(cluster: Path, status: str, *, ready: bool) -> None:
    (cluster / "postmaster.pid").write_text("\n".join(["1", "/d", "0", "5432", "/s", "", "0", status, ""]))
    assert postgres.is_ready(cluster.parent) is ready


def test_a_server_that_has_not_begun_is_not_ready(tmp_path: Path) -> None:
    assert not postgres.is_ready(tmp_path)


def test_only_the_portal_itself_comes_in_without_a_password() -> None:
    assert postgres.ACCESS.splitlines() == [
        "local all opsportal,opsportal_watcher peer map=opsportal",
        "local all all scram-sha-256",
    ]


def test_the_server_sees_none_of_the_portals_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setenv("PGPORT", "6543")
    assert set(postgres.environment()) == {"PATH", "LC_ALL"}


def test_a_folder_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "thesis.txt").touch()
    if os.geteuid() == 0:
        os.chown(tmp_path / "postgres", postgres.run_as()["user"], -1)
    with pytest.raises(StackError, match="is in the way"):
        postgres.prepare(tmp_path, throwaway=True)
    assert (tmp_path / "postgres" / "thesis.txt").exists()
