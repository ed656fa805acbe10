"""A search of the timeline reads an index, also when it finds nothing."""

import pytest
from django.db import connection

from monitoring.events.models import Event


@pytest.mark.django_db
def test_a_search_that_finds_nothing_reads_the_index_of_words() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
        plan = Event.objects.search("nothing of the sort").explain()
    assert "(upper(summary) ~~ '%NOTHING OF THE SORT%'::text)" in plan
    assert "Bitmap Index Scan" in plan
