"""The register of topics."""

import pytest

from opsportal.live import topics
from tests.opsportal.live.parts import MAY_VIEW, Board


async def test_a_topic_with_an_id_is_found_by_its_prefix() -> None:
    topics.register("shelf:", permission=MAY_VIEW, snapshot=Board().snapshot)
    assert topics.find("shelf:7").prefix == "shelf:"
    topics.unregister("shelf:")


@pytest.mark.parametrize("name", ["nowhere", "board:7", "board:", "", "Board", "board:" + "7" * 65, "board\n"])
async def test_a_topic_that_no_room_offers_is_unknown(board: Board, name: str) -> None:
    with pytest.raises(topics.UnknownTopic):
        topics.find(name)


@pytest.mark.parametrize(("prefix", "permission"), [("Board", MAY_VIEW), ("a b", MAY_VIEW), ("board", "view")])
async def test_a_malformed_registration_names_the_topic(prefix: str, permission: str) -> None:
    with pytest.raises(ValueError, match=prefix):
        topics.register(prefix, permission=permission, snapshot=Board().snapshot)
