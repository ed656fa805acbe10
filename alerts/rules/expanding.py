"""Templates of rules, with the store behind `query`. What goes wrong is said in the text, as Prometheus does; nothing is raised."""

import time
from collections.abc import Callable
from datetime import datetime

from alerts.rules.kinds.base import samples_of
from alerts.rules.states import Labels
from alerts.rules.templating import Sample, TemplateError, expanded, holds_template
from monitoring.metrics import querying
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result

QUERIES_S = 2.0  # for all queries of the templates of one batch


Ask = Callable[[str, int, float], Result]
"""The answer to a query at a time in ms, within so many seconds. Raises PromqlError."""


def ask_store(text: str, time_ms: int, timeout_s: float) -> Result:
    return querying.query(text, time_ms, timeout_s=timeout_s)


class Expander:
    """Expands the templates of a batch, whose queries are answered as of `time_ms`."""

    def __init__(self, time_ms: int, ask: Ask = ask_store) -> None:
        self.time_ms = time_ms
        self.ask = ask
        self.left_s = QUERIES_S

    def __call__(self, text: str, labels: Labels, value: float | None, at: datetime) -> str:
        if not holds_template(text):
            return text
        try:
            found = expanded(text, dict(labels), float("nan") if value is None else value, query=self._query)
            return found.replace("\x00", "\N{REPLACEMENT CHARACTER}")  # jsonb holds none
        except TemplateError as error:
            return f"<error expanding template: {error}>"

    def _query(self, text: str) -> list[Sample]:
        if self.left_s <= 0:
            raise TemplateError("no time is left for the queries of templates")
        began = time.monotonic()
        try:
            found = self.ask(text, self.time_ms, self.left_s)
            return [Sample(dict(labels), value) for labels, value in samples_of(found)]
        except PromqlError as error:
            raise TemplateError(error.message) from None
        finally:
            self.left_s -= time.monotonic() - began
