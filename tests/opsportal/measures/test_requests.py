import pytest
from django.test import RequestFactory

from opsportal.measures.registry import registry
from opsportal.measures.requests import note, shown


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("", "/"),
        ("services/<slug:slug>/", "/services/<slug:slug>/"),
        (r"api/v1/^checks/(?P<pk>[^/.]+)/$", "/api/v1/checks/<pk>/"),
        (r"api/v1/^checks/(?P<pk>\d+)/run/$", "/api/v1/checks/<pk>/run/"),
        (r"^x/(?P<a>[a-z]+)/(?P<b>.*)$", "/x/<a>/<b>"),
    ],
)
def test_a_route_is_shown_as_people_read_it(route: str, expected: str) -> None:
    assert shown(route) == expected


def test_a_made_up_method_and_address_make_no_new_series() -> None:
    registry.take_counts()
    for method in ("BREW", "WHEN"):
        note(RequestFactory().generic(method, f"/{method}"), 404, 0.2)
    names = [field for field in registry.take_counts() if field.startswith("opsportal_http_requests_total")]
    assert names == ['opsportal_http_requests_total\x1fmethod="other",route="(unknown)",status="404"']
