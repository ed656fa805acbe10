"""The secret key of a portal that was not given one: made once, kept in the data folder, readable by its owner only."""

import os
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from opsportal.stack.folders import user_name


def generated_key(data_dir: Path) -> str:
    """The key in `data_dir/secret_key`, made on first use. Safe when several processes start at once."""
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set and {path} cannot be read or made ({error.strerror}). {_owned(path)}"
        ) from None


def _make(path: Path) -> None:
    draft = path.with_name(f".secret_key.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(get_random_secret_key())
    try:
        with suppress(FileExistsError):
            os.link(draft, path)  # atomic, and fails if another process was first
    finally:
        draft.unlink()


def _owned(path: Path) -> str:
    """What to do, said with the owner of the nearest thing that exists."""
    nearest = next(folder for folder in (path, *path.parents) if os.path.exists(folder))
    owner = user_name(nearest.stat().st_uid)
    return f"{nearest} belongs to user {owner}: start the portal as that user, or set DATA_DIR to another folder."
