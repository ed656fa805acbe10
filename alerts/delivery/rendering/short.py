"""A message for channels with one small text: the links are kept whatever is cut. Pure."""

from alerts.delivery.messages import Message
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cutting import NO_ESCAPES, Escapes, Unit, cut, size
from alerts.delivery.rendering.plain import plain_text

LEAST_OF_TEXT = 200


def short_text(
    message: Message,
    limit: int,
    unit: Unit = Unit.CHARACTERS,
    *,
    escapes: Escapes = NO_ESCAPES,
    answer_url: str = "",
    with_title: bool = True,
) -> str:
    """Title, text, facts and alerts in at most `limit` of `unit`, and under them where to look and to answer."""
    links = [("Answer", answer_url)] if answer_url else []
    ending = "".join(f"\n{name}: {url}" for name, url in [*links, *parts.links(message)])
    if limit - size(ending, unit) < LEAST_OF_TEXT:
        ending = ""
    said = plain_text(message)
    if not with_title:
        said = said.partition("\n")[2].strip("\n")
    return cut(said, limit - size(ending, unit), unit, escapes) + ending
