"""Shape, word and colour of a state."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from alerts.delivery.choices import CircuitState, Outcome, State

COLOURS: dict[str, str] = {
    State.DELIVERED: "success",
    State.FAILED: "danger",
    State.SENDING: "info",
    State.BUNDLED: "info",
    Outcome.RETRY: "warning",
    Outcome.PERMANENT: "danger",
    CircuitState.CLOSED: "success",
    CircuitState.OPEN: "danger",
    CircuitState.HALF_OPEN: "warning",
}
ICONS: dict[str, str] = {
    CircuitState.CLOSED: "link",
    CircuitState.OPEN: "link_off",
    CircuitState.HALF_OPEN: "troubleshoot",
    Outcome.RETRY: "refresh",
    Outcome.PERMANENT: "error",
}


def badge(value: str, words: str) -> SafeString:
    icon = State(value).icon if value in State.values else ICONS.get(value, "")
    return render_to_string("unfold/helpers/label.html", {"icon": icon, "text": words, "type": COLOURS.get(value, "")})
