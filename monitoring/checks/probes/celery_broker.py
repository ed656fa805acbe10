"""The broker's address in the three ways it is needed: for redis-py, for kombu, and for people. Pure."""

from urllib.parse import parse_qs, urlencode, urlsplit

from django import forms

from monitoring.checks.probes.redis_session import clean_url

AMQP = ("amqp", "amqps", "pyamqp")


def is_amqp(url: str) -> bool:
    return urlsplit(url).scheme in AMQP


def client_url(url: str) -> str:
    """For redis-py: `redis+socket:///path?virtual_host=1` is `unix:///path?db=1`."""
    if not url.startswith("redis+socket://"):
        return url
    parts = urlsplit(url)
    database = parse_qs(parts.query).get("virtual_host", ["0"])[0]
    password = f":{parts.password}@" if parts.password else ""
    return f"unix://{password}{parts.path}?db={database}"


def kombu_url(url: str) -> str:
    """For kombu: the other way round."""
    if not url.startswith("unix://"):
        return url
    parts = urlsplit(url)
    database = parse_qs(parts.query).get("db", ["0"])[0]
    password = f":{parts.password}@" if parts.password else ""
    return f"redis+socket://{password}{parts.path}?{urlencode({'virtual_host': database})}"


def clean_broker_url(url: str) -> str:
    """The URL as it is. Raises forms.ValidationError, whose words repeat nothing of it."""
    if not is_amqp(url):
        clean_url(client_url(url))
        return url
    try:
        readable = (urlsplit(url).port or 0) >= 0 and "@" not in urlsplit(url).path
    except ValueError:
        readable = False
    if not readable:
        raise forms.ValidationError(
            "Not a URL of a broker; write amqp://user:password@host:5672/vhost or redis://host:6379/0."
        )
    return url
