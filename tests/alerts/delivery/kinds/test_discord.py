"""Discord against a strict fake."""

from typing import Any

import pytest
from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import Sent
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.discord import PATH, FakeDiscord
from tests.fakes.serving import serving


async def posted(discord: FakeDiscord, told: Any = None, path: str = PATH) -> Sent:
    async with serving(discord.application()) as url:
        return await kind_with("discord", url=url + path).send(envelope(told))


async def test_a_message_is_one_embed_in_the_colour_of_its_severity() -> None:
    discord = FakeDiscord()
    sent = await posted(discord)
    assert (sent.outcome, sent.provider_ref) == (Outcome.DELIVERED, "1046001")
    embed = discord.kept[0]["embeds"][0]
    assert embed["title"] == "FIRING \\#42: Checkout is down"
    assert (embed["color"], embed["url"]) == (0xC62828, message().url)


async def test_markup_is_shown_as_it_is_and_mentions_nobody() -> None:
    discord = FakeDiscord()
    await posted(discord, message(text="**all** @everyone <@1>"))
    assert "\\*\\*all\\*\\* @everyone \\<@1\\>" in discord.kept[0]["embeds"][0]["description"]
    assert discord.kept[0]["allowed_mentions"] == {"parse": []}


async def test_a_long_message_is_cut_and_keeps_its_links() -> None:
    discord = FakeDiscord()
    assert (await posted(discord, message(text="🔥" * 9_000))).outcome == Outcome.DELIVERED
    description = discord.kept[0]["embeds"][0]["description"]
    assert "more characters" in description
    assert f"Open: {message().url}" in description


async def test_a_rate_limit_is_waited_for_as_long_as_discord_says() -> None:
    sent = await posted(FakeDiscord(limited=1))
    assert (sent.outcome, sent.retry_after_s) == (Outcome.RETRY, 1.4)


async def test_a_deleted_webhook_is_refused_for_good_without_its_token() -> None:
    sent = await posted(FakeDiscord(), path="/api/webhooks/1046/gone-gone-gone")
    assert (sent.outcome, sent.status_code) == (Outcome.PERMANENT, 404)
    assert "Unknown Webhook" in sent.answer


def test_another_address_is_refused() -> None:
    with pytest.raises(forms.ValidationError) as caught:
        kind_with("discord", url="https://discord.com/channels/1/2")
    assert "/api/webhooks/" in str(caught.value.message_dict["url"])
