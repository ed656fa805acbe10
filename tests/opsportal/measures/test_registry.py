from math import inf, nan
from threading import Thread

import pytest

from opsportal.measures.registry import MOST_SERIES, OTHER, SEPARATOR, Registry, counter, gauge, histogram


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_a_counter_adds_up_by_labels(registry: Registry) -> None:
    taken = counter("opsportal_taken_total", "Taken.", ("door",), to=registry)
    taken.add(2, "scrape")
    taken.add(3, "scrape")
    taken.add(1, "push")
    name = "opsportal_taken_total" + SEPARATOR
    assert registry.take_counts() == {f'{name}door="scrape"': 5.0, f'{name}door="push"': 1.0}
    assert registry.take_counts() == {}


def test_a_counter_without_labels_is_known_before_its_first_use(registry: Registry) -> None:
    counter("opsportal_taken_total", "Taken.", to=registry)
    assert registry.take_counts() == {"opsportal_taken_total" + SEPARATOR: 0.0}


@pytest.mark.parametrize("amount", [-1.0, nan, inf, -inf])
def test_a_counter_takes_nothing_that_is_no_count(registry: Registry, amount: float) -> None:
    counter("opsportal_taken_total", "Taken.", ("door",), to=registry).add(amount, "push")
    assert registry.counts == {}


def test_threads_count_together(registry: Registry) -> None:
    taken = counter("opsportal_taken_total", "Taken.", to=registry)

    def count() -> None:
        for _ in range(5_000):
            taken.add()

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.counts == {"opsportal_taken_total" + SEPARATOR: 20_000.0}


def test_an_observation_is_in_the_bucket_whose_bound_it_does_not_exceed(registry: Registry) -> None:
    waited = histogram("opsportal_wait_seconds", "Waited.", bounds=(0.1, 1), to=registry)
    for value in (0.1, 0.2, 5.0, nan):
        waited.observe(value)
    found = {field.rpartition(SEPARATOR)[2]: count for field, count in registry.counts.items()}
    assert found == {"0.1": 1.0, "1": 1.0, "+Inf": 1.0, "sum": 5.3}


def test_a_gauge_is_set_moved_and_forgotten(registry: Registry) -> None:
    open_tabs = gauge("opsportal_tabs", "Open tabs.", ("page",), to=registry)
    open_tabs.set(3, "feed")
    open_tabs.add(-1, "feed")
    assert registry.gauges == {f'opsportal_tabs{SEPARATOR}page="feed"': 2.0}
    open_tabs.forget("feed")
    assert registry.gauges == {}


def test_label_values_are_escaped(registry: Registry) -> None:
    counter("opsportal_taken_total", "Taken.", ("door",), to=registry).add(1, 'a"b\\c\nd\x1fe')
    assert list(registry.counts) == [f'opsportal_taken_total{SEPARATOR}door="a\\"b\\\\c\\nd e"']


def test_past_the_most_series_the_rest_is_counted_together(registry: Registry) -> None:
    taken = counter("opsportal_taken_total", "Taken.", ("door",), to=registry)
    for number in range(MOST_SERIES + 10):
        taken.add(1, str(number))
    assert len(registry.counts) == MOST_SERIES + 1
    assert registry.counts[f'opsportal_taken_total{SEPARATOR}door="{OTHER}"'] == 10.0


@pytest.mark.parametrize("name", ["taken_total", "opsportal_taken", "opsportal_Taken_total", "opsportal__total_"])
def test_a_counter_with_an_odd_name_is_refused(registry: Registry, name: str) -> None:
    with pytest.raises(ValueError, match="is called opsportal_"):
        counter(name, "Taken.", to=registry)


def test_a_name_means_one_thing(registry: Registry) -> None:
    counter("opsportal_taken_total", "Taken.", to=registry)
    counter("opsportal_taken_total", "Taken.", to=registry)
    with pytest.raises(ValueError, match="declared twice"):
        counter("opsportal_taken_total", "Taken.", ("door",), to=registry)


def test_labels_have_to_be_given_all(registry: Registry) -> None:
    with pytest.raises(ValueError, match="has the labels"):
        counter("opsportal_taken_total", "Taken.", ("door", "reason"), to=registry).add(1, "push")
