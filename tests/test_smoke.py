import pytest

from monitoring.checks.models import Service


@pytest.mark.django_db
def test_database_is_there():
    assert Service.objects.count() == 0
