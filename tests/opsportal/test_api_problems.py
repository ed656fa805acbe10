import pytest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from opsportal.api.problems import exception_handler, flatten


class DriverError(Exception):
    sqlstate = "23505"


def answer(error: Exception) -> Response:
    response = exception_handler(error, {})
    assert response is not None
    assert response.content_type == "application/problem+json"
    return response


def test_a_fault_of_fields_names_them_and_sums_up() -> None:
    body = answer(exceptions.ValidationError({"name": ["Too long."], "slug": ["Taken."]})).data
    assert body == {
        "type": "urn:opsportal:problem:invalid",
        "title": "Bad Request",
        "status": 400,
        "detail": "name: Too long. (and 1 more)",
        "errors": {"name": ["Too long."], "slug": ["Taken."]},
    }


def test_nested_faults_are_dotted() -> None:
    detail = {"settings": {"url": ["Not a URL."]}, "thresholds": [{}, {"value": ["Unknown."]}]}
    assert flatten(detail) == {"settings.url": ["Not a URL."], "thresholds.1.value": ["Unknown."]}


def test_a_fault_of_the_whole_request_stands_under_non_field_errors() -> None:
    assert answer(exceptions.ValidationError("No.")).data["errors"] == {"non_field_errors": ["No."]}


def test_a_fault_that_a_model_found_names_its_field_too() -> None:
    assert answer(ModelValidationError({"slug": "Taken."})).data["errors"] == {"slug": ["Taken."]}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Http404(), 404),
        (PermissionDenied(), 403),
        (exceptions.MethodNotAllowed("PUT"), 405),
        (exceptions.NotAcceptable(), 406),
        (exceptions.UnsupportedMediaType("text/csv"), 415),
        (exceptions.ParseError(), 400),
        (DataError("integer out of range"), 400),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_foreseen_error_is_a_problem_of_its_status(error: Exception, status: int) -> None:
    response = answer(error)
    assert response.status_code == response.data["status"] == status
    assert response.data["detail"]


def test_a_fault_of_the_database_does_not_show_its_words() -> None:
    assert "hunter22" not in str(answer(DataError('invalid input "hunter22"')).data)


def test_two_writers_at_once_is_a_conflict() -> None:
    error = IntegrityError("duplicate key")
    error.__cause__ = DriverError()
    assert answer(error).status_code == 409


def test_an_error_nobody_foresaw_is_left_to_django() -> None:
    assert exception_handler(IntegrityError("null value in column"), {}) is None


def test_a_wait_is_told_in_whole_seconds() -> None:
    assert answer(exceptions.Throttled(wait=12.3))["Retry-After"] == "13"
