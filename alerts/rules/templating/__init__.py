"""The templates of labels and annotations: the part of Go's text/template that Prometheus's rules use, with Prometheus's functions. Pure.

Written anew and sandboxed: a template reads its labels and its value, asks queries through the function it is given, and is bounded in
length, steps, depth and output. https://pkg.go.dev/text/template, https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
"""

from alerts.rules.templating.execution import Data, expanded
from alerts.rules.templating.parsing import parsed
from alerts.rules.templating.values import Sample, TemplateError

__all__ = ["Data", "Sample", "TemplateError", "expanded", "holds_template", "parsed"]


def holds_template(text: str) -> bool:
    return "{{" in text
