"""What a sender may call a series, told over the wire. Pure."""

from collections.abc import Sequence

from monitoring.metrics.identities import MOST_LABELS, fault_of
from monitoring.metrics.ingest import Source
from monitoring.metrics.promql.storage import Labels

MOST_LABEL_BYTES = 32_768  # of a series as it is sent; more is not looked at

__all__ = ["MOST_LABELS", "MOST_LABEL_BYTES", "LabelError", "checked", "identity", "source_of"]


class LabelError(ValueError):
    """A sentence that says what is wrong with the labels of a series, and which series it is."""


def identity(pairs: Sequence[tuple[bytes, bytes]]) -> Labels:
    """Labels as they came over the wire, checked. Raises LabelError."""
    try:
        return checked([(name.decode(), value.decode()) for name, value in pairs])
    except UnicodeDecodeError:
        name = dict(pairs).get(b"__name__", b"").decode(errors="replace")[:80]
        raise LabelError(f"Labels of {name!r} are not valid UTF-8; send UTF-8.") from None


def checked(labels: Sequence[tuple[str, str]]) -> Labels:
    """Labels sorted by the sender, without those whose value is empty: these say what a missing label says. Raises LabelError."""
    if fault := fault_of(found := tuple(pair for pair in labels if pair[1])):
        raise LabelError(fault)
    return found


def source_of(kind: str, labels: Labels, sender: str) -> Source:
    """Series of one scrape share their times, so they belong together: by job and instance, else by who sends."""
    own = dict(labels)
    job, instance = own.get("job", ""), own.get("instance", "")
    return Source(kind, f"{job}/{instance}" if job or instance else sender)
