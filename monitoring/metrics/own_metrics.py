"""What the metrics are that the portal makes itself: nobody else would say it."""

from monitoring.metrics.ingest import Metadata

OWN = tuple(
    Metadata(*one)
    for one in (
        ("check_duration_seconds", "gauge", "Duration of each run that got an answer.", "seconds"),
        ("check_status", "gauge", "Verdict of each run: 0 up, 1 degraded, 2 unknown, 3 down.", ""),
        ("engine_backlog_checks", "gauge", "Checks that are due and not taken.", ""),
        ("engine_lateness_max_seconds", "gauge", "How late the latest run of the last 15 s began.", "seconds"),
        (
            "engine_lateness_p99_seconds",
            "gauge",
            "How late 99 % of the runs of the last 15 s began at most.",
            "seconds",
        ),
        ("engine_lost_leases", "gauge", "Results thrown away over the last 15 s.", ""),
        ("engine_runs", "gauge", "Runs written over the last 15 s.", ""),
    )
)
"""By name. What somebody sends of the same name counts more."""
