"""A message as an HTML mail: one table, styles inline, nothing loaded from elsewhere. Pure."""

from collections.abc import Iterator
from html import escape

from alerts.delivery.messages import Message
from alerts.delivery.rendering import parts
from alerts.delivery.rendering.cutting import marker

FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
CELL = "padding:3px 12px 3px 0;vertical-align:top"
BUTTON = "display:inline-block;padding:12px 20px;margin:0 8px 8px 0;border-radius:6px;text-decoration:none"
FRAME = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>{title}</title></head><body style="margin:0;padding:16px;background:#f4f5f7;color:#1c1e21;{font}">'
    '<div style="max-width:640px;margin:auto;background:#fff;border-radius:8px;border-top:6px solid #{colour:06x};padding:20px">'
    "{body}</div></body></html>"
)


def html_mail(message: Message, *, answer_url: str = "", most_characters: int = 60_000) -> str:
    """The whole document; of its body at most `most_characters`, with a mark where something was left out."""
    kept: list[str] = []
    used = left_out = 0
    for piece in _pieces(message, answer_url):
        if used + len(piece) > most_characters:
            left_out += len(piece)
            continue
        kept.append(piece)
        used += len(piece)
    if left_out:
        kept.append(f"<p>{escape(marker(left_out))}</p>")
    title = escape(parts.title(message))
    return FRAME.format(title=title, font=FONT, colour=parts.colour(message), body="\n".join(kept))


def _pieces(message: Message, answer_url: str) -> Iterator[str]:
    yield f'<h1 style="font-size:20px;margin:0 0 12px">{escape(parts.title(message))}</h1>'
    if message.text:
        yield f'<p style="white-space:pre-wrap;font-size:15px">{escape(parts.text(message))}</p>'
    yield from _buttons(message, answer_url)
    yield _table(parts.facts(message))
    if shared := parts.shared(message):
        yield '<h2 style="font-size:15px;margin:16px 0 4px">All alerts</h2>'
        yield _table(shared)
    for alert in parts.alerts(message):
        yield f'<h2 style="font-size:15px;margin:16px 0 4px">{escape(alert.heading)}</h2>'
        yield _table(list(alert.pairs))
    if more := parts.alerts_left_out(message):
        yield f"<p>{escape(more)}</p>"


def _buttons(message: Message, answer_url: str) -> Iterator[str]:
    if answer_url:
        yield _button(answer_url, "Acknowledge, resolve or snooze", "background:#1565c0;color:#fff")
    for name, url in parts.links(message):
        yield _button(url, name, "background:#e8eaed;color:#1c1e21")


def _button(url: str, words: str, style: str) -> str:
    return f'<a href="{escape(url)}" style="{BUTTON};{style}">{escape(words)}</a>'


def _table(pairs: list[parts.Pair]) -> str:
    rows = (
        f'<tr><td style="{CELL};color:#5f6368">{escape(name)}</td>'
        f'<td style="{CELL};white-space:pre-wrap;word-break:break-word">{escape(told)}</td></tr>'
        for name, told in pairs
    )
    return f'<table role="presentation" style="border-collapse:collapse;font-size:14px">{"".join(rows)}</table>'
