"""Templates of rules, with the store behind `query`. What goes wrong is said in the text, as Prometheus does; nothing is raised."""

import time
from datetime import datetime

from alerts.rules.kinds.base import samples_of
from alerts.rules.states import Labels
from alerts.rules.templating import Sample, TemplateError, expanded, holds_template
from monitoring.metrics import querying
from monitoring.metrics.promql.errors import PromqlError

QUERIES_S = 2.0  # for all queries of the templates of one batch


class Expander:
    """Expands the templates of a batch, whose queries are answered at `time_ms`."""

    def __init__(self, time_ms: int) -> None:
        self.time_ms = time_ms
        self.left_s = QUERIES_S

    def __call__(self, text: str, labels: Labels, value: float | None, at: datetime) -> str:
        if not holds_template(text):
            return text
        try:
            return expanded(text, dict(labels), float("nan") if value is None else value, query=self._query)
        except TemplateError as error:
            return f"<error expanding template: {error}>"

    def _query(self, text: str) -> list[Sample]:
        if self.left_s <= 0:
            raise TemplateError("no time is left for the queries of templates")
        began = time.monotonic()
        try:
            found = querying.query(text, self.time_ms, timeout_s=self.left_s)
            return [Sample(dict(labels), value) for labels, value in samples_of(found)]
        except PromqlError as error:
            raise TemplateError(error.message) from None
        finally:
            self.left_s -= time.monotonic() - began
