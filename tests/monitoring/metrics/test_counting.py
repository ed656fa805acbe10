from monitoring.metrics import counting
from monitoring.metrics.ingest import Reason, Refusal
from opsportal.measures.registry import registry


def test_what_came_in_is_counted_by_door_and_reason() -> None:
    registry.take_counts()
    counting.came_in("push", 3, [Refusal(Reason.TOO_OLD, 2, "Old."), Refusal(Reason.INVALID, 1, "Bad.")])
    counts = {field.replace("\x1f", " "): count for field, count in registry.take_counts().items()}
    assert counts == {
        'opsportal_ingest_samples_total door="push"': 3.0,
        'opsportal_ingest_refused_samples_total door="push",reason="too_old"': 2.0,
        'opsportal_ingest_refused_samples_total door="push",reason="invalid"': 1.0,
    }
