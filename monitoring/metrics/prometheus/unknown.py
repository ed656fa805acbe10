"""Any other address under `/prometheus/`: 404 in the form of the API, for those who may ask at all."""

from django.http import HttpRequest

from monitoring.metrics.prometheus.door import Door
from monitoring.metrics.prometheus.envelope import Answer, ApiError
from monitoring.metrics.prometheus.parameters import Parameters


class Unknown(Door):
    """Stands last of all."""

    methods = ("GET", "POST", "PUT", "PATCH", "DELETE")

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        raise ApiError("not_found", "there is nothing at this address")
