"""What production refuses to start with. Pure: settings in, faults out."""

from collections.abc import Sequence

SHORTEST_KEY = 50  # what `check --deploy` asks for (security.W009)
FEWEST_DIFFERENT = 5


def faults(*, debug: bool, secret_key: str, allowed_hosts: Sequence[str], public_url: str) -> list[str]:
    """Everything that makes these settings unfit for the open network, each naming its setting and the fix."""
    found = []
    if debug:
        found.append("DEBUG is on; switch it off.")
    if len(secret_key) < SHORTEST_KEY or len(set(secret_key)) < FEWEST_DIFFERENT:
        found.append(f"SECRET_KEY is missing or too weak; give one of your own of at least {SHORTEST_KEY} characters.")
    if not allowed_hosts:
        found.append("ALLOWED_HOSTS is empty; name the host names the portal answers to.")
    if "*" in allowed_hosts:
        found.append("ALLOWED_HOSTS holds *, which answers to any name; name the host names.")
    if not public_url.startswith("https://"):
        found.append("PUBLIC_URL is not an https:// address; passwords and cookies would travel in the clear.")
    return found
