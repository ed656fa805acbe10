import os
import stat
from pathlib import Path

import pytest

from opsportal.stack import folders
from opsportal.stack.errors import StackError

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
NOBODY = 65534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_enters_the_socket_folder(tmp_path: Path) -> None:
    folders.make_socket_folder(tmp_path / "sockets", searchable=False)
    assert mode(tmp_path / "sockets") == 0o700


def test_a_socket_folder_left_open_by_an_earlier_run_is_closed(tmp_path: Path) -> None:
    (tmp_path / "sockets").mkdir()
    (tmp_path / "sockets").chmod(0o777)
    folders.make_socket_folder(tmp_path / "sockets", searchable=True)
    assert mode(tmp_path / "sockets") == 0o711


def test_a_link_in_place_of_the_socket_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "sockets").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StackError, match="is not a folder of user"):
        folders.make_socket_folder(tmp_path / "sockets", searchable=False)


@AS_ROOT
def test_a_socket_folder_that_somebody_else_made_first_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sockets").mkdir()
    os.chown(tmp_path / "sockets", NOBODY, -1)
    with pytest.raises(StackError, match="is not a folder of user root"):
        folders.make_socket_folder(tmp_path / "sockets", searchable=False)


@AS_ROOT
def test_data_of_another_user_is_refused_by_name(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY, -1)
    with pytest.raises(StackError, match=r"belongs to user nobody, but PostgreSQL would run as user root.*DATA_DIR"):
        folders.check_owner(tmp_path, 0, "PostgreSQL would run")


def test_a_closed_parent_is_opened_for_passing_only_and_that_is_told(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    told: list[str] = []
    folders.let_pass(NOBODY, closed / "data", told.append)
    assert mode(closed) == 0o701
    assert any(line.startswith(f"{closed} may now be passed through") for line in told)


def test_a_data_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="DATA_DIR"):
        folders.make_data_dir(tmp_path / "file" / "data")
