"""What the tests of several kinds share."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from opsportal.database import conninfo
from opsportal.http import aclose


@pytest.fixture
async def portal(transactional_db: None) -> AsyncIterator[AsyncConnectionPool[AsyncConnection[Any]]]:
    """The portal's own database, as the engine holds it."""
    text = await sync_to_async(conninfo)()
    async with AsyncConnectionPool(text, min_size=1, max_size=4, open=False, kwargs={"autocommit": True}) as pool:
        yield pool
    await aclose()
    await sync_to_async(connections.close_all)()
