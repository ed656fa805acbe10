"""Fixtures of the story tests: a whole portal of this package's own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.opsportal.stack.portal import Portal, free_port
from tests.story.target import Target
from tests.story.torture import end


@pytest.fixture
def portal() -> Iterator[Portal]:
    """Started by `manage.py up` on an empty folder."""
    with tempfile.TemporaryDirectory(prefix="opsportal-story-") as folder:
        whole = Portal(Path(folder) / "var", free_port())
        try:
            whole.start()
            whole.wait_until(lambda: "password:" in whole.log.read_text(), "first password")
            yield whole
        finally:
            end(whole)


@pytest.fixture
def target() -> Iterator[Target]:
    found = Target()
    yield found
    if found.is_open:
        found.shut()
