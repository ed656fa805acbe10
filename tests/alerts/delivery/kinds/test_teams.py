"""Microsoft Teams against a strict fake of a workflow's webhook."""

from typing import Any

import pytest

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import Sent
from alerts.delivery.messages import AlertView
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.serving import serving
from tests.fakes.teams import PATH, QUERY, FakeTeams


async def posted(teams: FakeTeams, told: Any = None, path: str = PATH) -> Sent:
    async with serving(teams.application()) as url:
        return await kind_with("teams", url=f"{url}{path}?{QUERY}").send(envelope(told))


async def test_a_message_is_a_card_with_its_facts_and_links() -> None:
    teams = FakeTeams()
    sent = await posted(teams)
    assert (sent.outcome, sent.status_code) == (Outcome.DELIVERED, 202)
    card = teams.kept[0]["attachments"][0]["content"]
    assert card["body"][0]["text"] == "FIRING \\#42: Checkout is down"
    assert {"title": "On call", "value": "Ada"} in card["body"][2]["facts"]
    assert [action["title"] for action in card["actions"]] == ["Open", "Runbook"]


async def test_a_storm_is_cut_to_what_teams_takes_and_says_so() -> None:
    teams = FakeTeams()
    alerts = tuple(AlertView("firing", {"alertname": f"A{n}"}, {"log": "ж\n" * 50_000}) for n in range(200))
    assert (await posted(teams, message(alerts=alerts))).outcome == Outcome.DELIVERED
    assert "more alerts)" in str(teams.kept[0])


async def test_a_text_of_strange_blanks_is_shown_by_their_names() -> None:
    teams = FakeTeams()
    await posted(teams, message(text="\u2028\n\t"))
    assert "[U+2028]" in teams.kept[0]["attachments"][0]["content"]["body"][1]["text"].replace("\\", "")


@pytest.mark.parametrize(("status", "outcome"), [(429, Outcome.RETRY), (500, Outcome.RETRY), (401, Outcome.PERMANENT)])
async def test_a_status_means_one_thing(status: int, outcome: Outcome) -> None:
    sent = await posted(FakeTeams(statuses=[status]))
    assert (sent.outcome, sent.endpoint_at_fault) == (outcome, outcome == Outcome.RETRY)


async def test_a_deleted_workflow_is_refused_for_good_without_its_signature() -> None:
    sent = await posted(FakeTeams(), path="/workflows/gone")
    assert (sent.outcome, sent.status_code) == (Outcome.PERMANENT, 404)
    assert "s1gnature" not in sent.answer


def test_the_endpoint_is_the_host() -> None:
    kind = kind_with("teams", url=f"https://prod-1.logic.azure.com:443{PATH}?{QUERY}")
    assert kind.endpoint("") == "teams prod-1.logic.azure.com:443"
