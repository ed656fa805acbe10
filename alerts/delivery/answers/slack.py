"""Slack's calls: somebody pressed a button of a message. Answered within the three seconds that Slack waits."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from alerts.delivery.answers.links import SNOOZE
from alerts.delivery.answers.people import contacts_at, proven
from alerts.delivery.answers.signatures import slack_signed
from alerts.delivery.configuration import channel_settings
from alerts.delivery.kinds.posting import json_request
from alerts.delivery.models import Channel
from alerts.delivery.rendering.cutting import cut
from alerts.delivery.rendering.slack import ACTION_PREFIX, ESCAPES, mrkdwn
from alerts.delivery.responses import Reply, Response, Verb, respond
from opsportal.http import HttpError, Zone
from opsportal.http.blocking import fetch_blocking

log = logging.getLogger(__name__)

RESPONSE_URLS = "https://hooks.slack.com/"
RESPONSE_TIMEOUT_S = 1.5  # of the three seconds
ANSWER_BLOCK = "opsportal_answer"
LONGEST_WORDS = 2_000
MOST_BLOCKS = 50


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed."""

    verb: Verb
    subject: str
    user_id: str
    user_name: str
    response_url: str
    action_id: str
    blocks: list[dict[str, Any]]
    text: str


@csrf_exempt
@login_not_required
@require_POST
def interactivity(request: HttpRequest, slug: str) -> HttpResponse:
    """Act on a pressed button. A link that was pressed needs nothing but a 200."""
    channel = Channel.objects.filter(slug=slug, kind="slack").first()
    if channel is None:
        raise Http404("No channel has this address.")
    now = timezone.now()
    if not _comes_from_slack(request, channel, now):
        return HttpResponseForbidden("X-Slack-Signature does not fit.\n", content_type="text/plain; charset=utf-8")
    try:
        press = pressed(orjson.loads(request.POST.get("payload", "")))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return HttpResponseBadRequest("payload: not an interaction that can be read.\n", content_type="text/plain")
    if press is not None:
        _tell(press, _act(channel, press, now))
    return HttpResponse(status=200)


def pressed(payload: Any) -> Press | None:
    """The button of an interaction; None when it is none of ours. Raises ValueError, KeyError, TypeError, IndexError."""
    if payload["type"] != "block_actions":
        return None
    action = payload["actions"][0]
    word = str(action["action_id"]).removeprefix(ACTION_PREFIX)
    if word not in set(Verb) or not str(action["action_id"]).startswith(ACTION_PREFIX):
        return None
    said = orjson.loads(action["value"])
    user, message = payload["user"], payload.get("message") or {}
    return Press(
        Verb(word),
        str(said["s"]),
        str(user["id"]),
        str(user.get("username") or user.get("name") or user["id"]),
        str(payload.get("response_url", "")),
        str(action["action_id"]),
        list(message.get("blocks") or []),
        str(message.get("text") or "Answered"),
    )


def _act(channel: Channel, press: Press, now: datetime) -> Reply:
    contacts = proven(contacts_at(channel, press.user_id))
    until = now + SNOOZE if press.verb == Verb.SNOOZE else None
    by = contacts[0].user if contacts else None
    return respond(Response(press.verb, press.subject, by=by, via=f"Slack (@{press.user_name})", now=now, until=until))


def answered_message(press: Press, reply: Reply) -> dict[str, Any]:
    """What is posted to `response_url`: the message with the answer under it, or a word to the one who pressed in vain."""
    words = cut(f"{reply.words} (@{press.user_name})", LONGEST_WORDS, escapes=ESCAPES)
    if not reply.done:
        return {"response_type": "ephemeral", "replace_original": False, "text": words}
    kept = [_without(block, press.action_id) for block in press.blocks if block.get("block_id") != ANSWER_BLOCK]
    blocks = [block for block in kept if block.get("elements") != []][: MOST_BLOCKS - 1]
    answer = {"type": "context", "block_id": ANSWER_BLOCK, "elements": [mrkdwn(words)]}
    return {"replace_original": True, "text": press.text, "blocks": [*blocks, answer]}


def _without(block: dict[str, Any], action_id: str) -> dict[str, Any]:
    """A block of buttons without the one that was pressed; resolved, all but links go."""
    if block.get("type") != "actions":
        return block
    gone = {action_id}
    if action_id == ACTION_PREFIX + Verb.RESOLVE:
        gone = {ACTION_PREFIX + verb for verb in Verb}
    return {**block, "elements": [one for one in block.get("elements", ()) if one.get("action_id") not in gone]}


def _tell(press: Press, reply: Reply) -> None:
    """Show it in Slack at once. Should that fail, the incident's own next message shows it."""
    if not press.response_url.startswith(RESPONSE_URLS):
        return
    request = json_request(press.response_url, answered_message(press, reply), secrets=[press.response_url])
    try:
        fetch_blocking(request, zone=Zone.WEBHOOKS, timeout_s=RESPONSE_TIMEOUT_S)
    except HttpError as error:
        log.warning("Slack was not told of an answer: %s", error.message)


def _comes_from_slack(request: HttpRequest, channel: Channel, now: datetime) -> bool:
    return slack_signed(
        str(channel_settings(channel).get("signing_secret") or ""),
        request.headers.get("X-Slack-Request-Timestamp", ""),
        request.headers.get("X-Slack-Signature", ""),
        request.body,
        now.timestamp(),
    )
