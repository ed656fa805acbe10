"""Places to scrape as people write them: `host:port`, `host:port/path` or a whole URL, to labels and back. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

ADDRESS, SCHEME, PATH, PARAM = "__address__", "__scheme__", "__metrics_path__", "__param_"
PORTS = {"http": "80", "https": "443"}

Params = tuple[tuple[str, str], ...]


class Place(NamedTuple):
    """`labels` as Prometheus derives them; `params` is the whole query, whose first values are labels too."""

    labels: dict[str, str]
    params: Params


def place_of(text: str) -> Place:
    """Raises ValueError saying what is wrong."""
    if text.startswith("/") or " " in text:
        raise ValueError("write host:port, or a URL that begins with http:// or https://")
    scheme, mark, _ = text.partition("://")
    parts = urlsplit(text if mark else f"//{text}")
    if mark and scheme not in PORTS:
        raise ValueError("must begin with http:// or https://, or be host:port")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user or password; use the settings for those")
    address = parts.netloc
    refuse_wrong_address(address)
    params = tuple(parse_qsl(parts.query, keep_blank_values=True))
    labels = {ADDRESS: address}
    if mark:
        labels[SCHEME] = scheme
    if parts.path:
        labels[PATH] = parts.path
    return Place(labels | first_values(params), params)


def first_values(params: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Labels of a query: `__param_<name>`, the first value of each."""
    labels: dict[str, str] = {}
    for name, value in params:
        labels.setdefault(PARAM + name, value)
    return labels


def refuse_wrong_address(address: str) -> None:
    """Raises ValueError where it is not `host` or `host:port`."""
    if not address or any(character in address for character in "/?#@ \t\r\n"):
        raise ValueError("is not host:port")
    try:
        port = urlsplit(f"//{address}").port
    except ValueError:
        raise ValueError("has a port that is not one") from None
    if port == 0 or not urlsplit(f"//{address}").hostname:
        raise ValueError("is not host:port")


def with_port(address: str, scheme: str) -> str:
    """As Prometheus 2.42: the scheme's own port is added where there is none."""
    return address if urlsplit(f"//{address}").port is not None else f"{address}:{PORTS[scheme]}"


def url_of(labels: Mapping[str, str], params: Params) -> str:
    """What is asked: the first value of each parameter is that of its label, the others are `params`'."""
    firsts = {name[len(PARAM) :]: value for name, value in labels.items() if name.startswith(PARAM)}
    seen: set[str] = set()
    query = []
    for name, value in params:
        query.append((name, value if name in seen else firsts.pop(name, value)))
        seen.add(name)
    query += sorted(firsts.items())
    path = labels[PATH] if labels[PATH].startswith("/") else f"/{labels[PATH]}"
    return f"{labels[SCHEME]}://{labels[ADDRESS]}{path}" + (f"?{urlencode(query)}" if query else "")
