"""Telegram against a strict fake."""

from collections.abc import AsyncIterator

import pytest
from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.telegram import TelegramKind
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.serving import serving
from tests.fakes.telegram import TOKEN, FakeTelegram

CHAT = "-1001234567890"


@pytest.fixture
async def telegram(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeTelegram]:
    fake = FakeTelegram()
    async with serving(fake.application()) as url:
        monkeypatch.setattr(TelegramKind, "api_url", url)
        yield fake


async def test_a_message_is_plain_text_with_its_links(telegram: FakeTelegram) -> None:
    told = envelope(answer_url="https://portal.example/alerts/answers/x")
    sent = await kind_with("telegram", token=TOKEN, chat_id=CHAT).send(told)
    assert (sent.outcome, sent.provider_ref) == (Outcome.DELIVERED, "1")
    assert telegram.kept[0]["text"].startswith("FIRING #42: Checkout is down\n")
    assert "\nAnswer: https://portal.example/alerts/answers/x\nOpen: " in telegram.kept[0]["text"]


async def test_an_at_names_nobody(telegram: FakeTelegram) -> None:
    await kind_with("telegram", token=TOKEN, chat_id=CHAT).send(envelope(message(title="@ada_l")))
    assert "@\u2060ada_l" in telegram.kept[0]["text"]


async def test_what_comes_later_answers_the_first(telegram: FakeTelegram) -> None:
    kind = kind_with("telegram", token=TOKEN, chat_id=CHAT)
    sent = await kind.send(envelope(message(kind="resolved"), earlier_ref="7"))
    assert telegram.kept[0]["reply_parameters"]["message_id"] == 7
    assert sent.provider_ref == "7"


async def test_a_long_message_is_cut_as_telegram_counts(telegram: FakeTelegram) -> None:
    sent = await kind_with("telegram", token=TOKEN).send(envelope(message(text="👩‍👩‍👧" * 3_000), address="123456789"))
    assert sent.outcome == Outcome.DELIVERED
    assert "more characters)" in telegram.kept[0]["text"]


@pytest.mark.parametrize(
    ("answer", "outcome", "wait_s"),
    [
        ((429, "Too Many Requests: retry after 35", 35), Outcome.RETRY, 35.0),
        ((502, "Bad Gateway", 0), Outcome.RETRY, None),
        ((403, "Forbidden: bot was blocked by the user", 0), Outcome.PERMANENT, None),
        ((400, "Bad Request: chat not found", 0), Outcome.PERMANENT, None),
    ],
)
async def test_an_answer_means_one_thing(
    telegram: FakeTelegram, answer: tuple[int, str, int], outcome: Outcome, wait_s: float | None
) -> None:
    telegram.answers = [answer]
    sent = await kind_with("telegram", token=TOKEN, chat_id=CHAT).send(envelope())
    assert (sent.outcome, sent.answer, sent.retry_after_s) == (outcome, answer[1], wait_s)


async def test_a_wrong_token_is_refused_for_good_and_not_repeated(telegram: FakeTelegram) -> None:
    sent = await kind_with("telegram", token=TOKEN[:-1] + "X", chat_id=CHAT).send(envelope())
    assert (sent.outcome, sent.answer) == (Outcome.PERMANENT, "Unauthorized")


@pytest.mark.parametrize("chat", ["ada", "12 34", "@x", ""])
def test_what_is_no_chat_is_refused(chat: str) -> None:
    with pytest.raises(forms.ValidationError):
        TelegramKind.clean_address(chat)
