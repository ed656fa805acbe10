import gc

from opsportal.warm_up import warm_up


def test_what_is_loaded_at_the_start_is_no_work_for_the_collector() -> None:
    try:
        warm_up()
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
