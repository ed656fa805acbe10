"""The kinds of checks, by name. A new kind costs one file, one line here, one test file and one page in docs/check-kinds/."""

from functools import cache

from monitoring.checks.probes.base import Probe
from opsportal.kinds import kind_class

PROBES = {
    "http": "monitoring.checks.probes.http.HttpProbe",
    "tcp": "monitoring.checks.probes.tcp.TcpProbe",
    "dns": "monitoring.checks.probes.dns.DnsProbe",
    "tls": "monitoring.checks.probes.tls.TlsProbe",
    "postgresql": "monitoring.checks.probes.postgresql.PostgresqlProbe",
    "redis": "monitoring.checks.probes.redis.RedisProbe",
    "meilisearch": "monitoring.checks.probes.meilisearch.MeilisearchProbe",
    "firecrawl": "monitoring.checks.probes.firecrawl.FirecrawlProbe",
    "system": "monitoring.checks.probes.system.SystemProbe",
    "celery": "monitoring.checks.probes.celery.CeleryProbe",
    "sql": "monitoring.checks.probes.sql.SqlProbe",
    "heartbeat": "monitoring.checks.probes.heartbeat.HeartbeatProbe",
    "prometheus": "monitoring.checks.probes.prometheus.PrometheusProbe",
}
LABELS = {
    "http": "HTTP(S) request",
    "tcp": "TCP connection",
    "dns": "DNS records",
    "tls": "TLS certificate",
    "postgresql": "PostgreSQL",
    "redis": "Redis or Valkey",
    "meilisearch": "Meilisearch",
    "firecrawl": "Firecrawl",
    "system": "Machine",
    "celery": "Celery",
    "sql": "SQL query",
    "heartbeat": "Heartbeat of a job",
    "prometheus": "Prometheus exporters",
}


@cache
def probe_class(kind: str) -> type[Probe]:
    """The class of a kind, imported on first use. Raises UnknownKindError; an import fault names the registry entry."""
    found: type[Probe] = kind_class(PROBES, kind)
    return found


def kind_choices() -> list[tuple[str, str]]:
    """Choices of `Check.kind`. A callable, so that a new kind needs no migration."""
    return list(LABELS.items())
