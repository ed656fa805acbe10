"""Folders and their owners: who may hold the data, who may reach the sockets."""

import os
import pwd
import stat
from collections.abc import Callable
from pathlib import Path

from opsportal.stack.errors import StackError

SEARCHABLE = stat.S_IXOTH


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"with id {uid}"


def make_data_dir(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(
            f"The data folder {data_dir} cannot be made ({error.strerror}). Set DATA_DIR to a folder you may write to."
        ) from None


def check_owner(path: Path, uid: int, doing: str) -> None:
    """Refuse a `path` left by another user: files of two users in one data folder end in errors that explain nothing."""
    owner = path.lstat().st_uid
    if owner != uid:
        raise StackError(
            f"{path} belongs to user {user_name(owner)}, but {doing} as user {user_name(uid)}. "
            f"Start the portal as the user who started it first, or set DATA_DIR to another folder."
        )


def make_socket_folder(path: Path, *, searchable: bool) -> None:
    """Make `path`, or take it over if it is a true folder of ours; a folder or link that somebody else put there is refused.

    `searchable` lets other users pass through to a folder inside it, not list it. Only the owner may write here.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise StackError(
                f"{path}, the folder of the sockets, is not a folder of user {user_name(os.geteuid())}. Remove it, "
                f"or set DATA_DIR to a shorter path so that the sockets are kept inside it."
            ) from None
    path.chmod(0o711 if searchable else 0o700)


def let_pass(uid: int, folder: Path, notify: Callable[[str], None]) -> None:
    """As root: let user `uid` reach `folder` by giving the parents that are closed to it search permission, and nothing else."""
    for parent in reversed(folder.resolve().parents):
        found = parent.stat()
        if found.st_mode & SEARCHABLE or (found.st_uid == uid and found.st_mode & stat.S_IXUSR):
            continue
        parent.chmod(stat.S_IMODE(found.st_mode) | SEARCHABLE)
        notify(
            f"{parent} may now be passed through by every user (chmod o+x), for user {user_name(uid)} to reach {folder}"
        )
