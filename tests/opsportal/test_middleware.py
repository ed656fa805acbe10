import re

import pytest
from django.test import Client


def policy(client: Client, path: str) -> dict[str, str]:
    header = client.get(path)["Content-Security-Policy"]
    return dict(re.findall(r"([a-z-]+) ([^;]+)", header))


@pytest.mark.parametrize("path", ["/", "/login/", "/password/", "/nothing/", "/api/docs/", "/api/v1/me/"])
def test_a_page_of_the_portal_runs_and_styles_nothing_inline(vera_client: Client, path: str) -> None:
    found = policy(vera_client, path)
    assert "unsafe" not in found["script-src"] + found["style-src"]
    assert (found["default-src"], found["object-src"], found["frame-ancestors"]) == ("'self'", "'none'", "'none'")


def test_the_admin_has_a_policy_of_its_own_still_without_inline_scripts(ada_client: Client) -> None:
    found = policy(ada_client, "/admin/")
    assert found["script-src"] == "'self' 'unsafe-eval'"
    assert found["style-src"] == "'self' 'unsafe-inline'"


def test_pages_are_not_framed_and_not_sniffed(client: Client) -> None:
    response = client.get("/login/")
    assert (response["X-Frame-Options"], response["X-Content-Type-Options"]) == ("DENY", "nosniff")


@pytest.mark.parametrize("path", ["opsportal/tokens.css", "unfold/js/alpine/alpine.js", "access/api_docs.js"])
def test_static_files_are_served_without_debug_and_without_a_collected_folder(client: Client, path: str) -> None:
    response = client.get(f"/static/{path}")
    assert response.status_code == 200
    assert response["Cache-Control"] == "max-age=60, public"
    assert response.getvalue()
