"""Faults of a request that Django REST framework has no class for."""

from http import HTTPStatus

from rest_framework.exceptions import APIException


class Conflict(APIException):
    status_code = HTTPStatus.CONFLICT
    default_detail = "This clashes with what is stored; load it again and retry."
    default_code = "conflict"


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
