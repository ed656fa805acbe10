"""Taking secrets out of text before it is shown, stored or logged. Pure."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

MASK = "***"
WORD = (
    r"(?:[\w.-]{0,40}"  # bounded, so that no text makes the search slow
    r"(?:token|secret|passw(?:or)?d|pwd|api[_-]?key|access[_-]?key|private[_-]?key|signature|credential)[\w.-]{0,40}"
    r"|key|sig|auth|authorization|cookie|set-cookie|proxy-authorization|session(?:id)?|x-api-key)"
)
SECRET_NAME = re.compile(WORD, re.IGNORECASE)
URL_USERINFO = re.compile(r"(?<=://)[^/?#\s@\"'<>]*@")
QUERY_PAIR = re.compile(rf"(?<=[?&;])({WORD})=[^&#;\s\"'<>]*", re.IGNORECASE)
JSON_PAIR = re.compile(rf"(\"{WORD}\"\s*:\s*)\"(?:[^\"\\]|\\.)*\"?", re.IGNORECASE)
TEXT_PAIR = re.compile(rf"\b({WORD}\s*[=:]\s*)(?![\"*\s])[^\s&,;\"'<>]+", re.IGNORECASE)
SCHEME_PAIR = re.compile(r"\b(Bearer|Basic|Token|Digest)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE)
SHORTEST_SECRET = 4  # masking shorter ones would riddle ordinary words


def is_secret_name(name: str) -> bool:
    """Whether a header, parameter or field of that name usually holds a secret."""
    return SECRET_NAME.fullmatch(name) is not None


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without `secrets` (as they are and percent-encoded) and without what looks like one: userinfo,
    `token=…`, `"password": "…"`, `Bearer …`."""
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    text = URL_USERINFO.sub(f"{MASK}@", text)
    text = SCHEME_PAIR.sub(rf"\1 {MASK}", text)
    text = QUERY_PAIR.sub(rf"\1={MASK}", text)
    text = JSON_PAIR.sub(rf'\1"{MASK}"', text)
    return TEXT_PAIR.sub(rf"\1{MASK}", text)


def scrub_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Headers by lower-case name, the values of secret ones masked."""
    kept = tuple(secrets)
    return {name.lower(): MASK if is_secret_name(name) else scrub(value, kept) for name, value in headers.items()}


def _forms(secret: str) -> Iterable[str]:
    if len(secret) < SHORTEST_SECRET:
        return ()
    return (secret, quote(secret, safe=""), quote_plus(secret))
