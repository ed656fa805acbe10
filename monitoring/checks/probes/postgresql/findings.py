"""What is wrong in itself, whatever the thresholds say. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.finding import Finding

Document = Mapping[str, Any]


def findings(document: Document, settings: Mapping[str, Any]) -> list[Finding]:
    """All findings, in no order."""
    found = [*_schema(document), *_role(document, settings)]
    if settings["statistics"]:
        found += [*_rights(document), *_standby(document), *_replicas(document, settings), *_slots(document)]
        found += _archiver(document)
    return found


def _schema(document: Document) -> Iterator[Finding]:
    if missing := document["missing"]:
        words = f'Missing in database "{document["server"]["database"]}": {", ".join(missing[:5])}'
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        yield Finding(Status.DOWN, Cause.MISSING, f"{words}{more}; was a migration not run?")


def _role(document: Document, settings: Mapping[str, Any]) -> Iterator[Finding]:
    role = "standby" if document["server"]["in_recovery"] else "primary"
    wanted = settings["expected_role"]
    if wanted and wanted != role:
        meaning = "it takes no writes" if role == "standby" else "two primaries may be writing"
        yield Finding(Status.DOWN, Cause.UNEXPECTED, f"The server is a {role} where a {wanted} is expected: {meaning}.")


def _rights(document: Document) -> Iterator[Finding]:
    if not document["server"]["may_monitor"]:
        user = document["server"]["user"]
        yield Finding(
            Status.UNKNOWN,
            Cause.MISCONFIGURED,
            f'Misconfigured: the server answers, but user "{user}" may not read its statistics; '
            f'GRANT pg_monitor TO "{user}", or switch the statistics of this check off.',
        )


def _standby(document: Document) -> Iterator[Finding]:
    standby = document.get("standby")
    if standby is None:
        return
    if standby["receiver"] != "streaming":
        yield Finding(
            Status.DEGRADED, Cause.UNREACHABLE, "The standby receives nothing: its link to the primary is down."
        )
    if standby["paused"]:
        yield Finding(Status.DEGRADED, Cause.UNEXPECTED, "Replay on the standby is paused.")


def _replicas(document: Document, settings: Mapping[str, Any]) -> Iterator[Finding]:
    wanted, streaming = settings["min_replicas"], sum(one["state"] == "streaming" for one in document["replicas"])
    if streaming < wanted:
        yield Finding(Status.DEGRADED, Cause.MISSING, f"{streaming} of {wanted} expected replicas are streaming.")


def _slots(document: Document) -> Iterator[Finding]:
    for slot in document["slots"]:
        if slot["wal_status"] == "lost":
            yield Finding(
                Status.DEGRADED, Cause.FAILED, f"Replication slot {slot['name']} is lost: its replica must be rebuilt."
            )
        elif slot["wal_status"] == "unreserved":
            yield Finding(Status.DEGRADED, Cause.LATE, f"Replication slot {slot['name']} is about to be lost.")


def _archiver(document: Document) -> Iterator[Finding]:
    archiver = document["archiver"]
    if archiver["failing"] and document["server"]["archive_mode"] != "off":
        yield Finding(
            Status.DEGRADED,
            Cause.FAILED,
            f"WAL archiving fails (last at {archiver['last_failed_wal']}): backups fall behind.",
        )
