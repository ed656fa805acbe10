from opsportal.stack.backoff import Backoff

BACKOFF = Backoff(first_s=0.5, cap_s=30, well_s=60)


def test_each_death_in_a_row_doubles_the_wait_up_to_the_cap() -> None:
    assert [BACKOFF.delay_s(deaths) for deaths in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_thousand_deaths_in_a_row_wait_no_longer_than_the_cap() -> None:
    assert BACKOFF.delay_s(1000) == 30


def test_a_process_that_ran_well_starts_counting_anew() -> None:
    assert BACKOFF.deaths(before=6, ran_s=60) == 1


def test_a_process_that_died_young_is_counted_on() -> None:
    assert BACKOFF.deaths(before=6, ran_s=59) == 7
