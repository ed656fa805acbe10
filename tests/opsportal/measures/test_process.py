from opsportal.measures.process import reader
from opsportal.measures.registry import registry


def test_cpu_and_memory_are_read_and_cpu_is_counted_once() -> None:
    read = reader("test")
    registry.take_counts()
    read()
    first = registry.take_counts()['opsportal_process_cpu_seconds_total\x1fprocess="test"']
    read()
    second = registry.take_counts()['opsportal_process_cpu_seconds_total\x1fprocess="test"']
    assert 0 <= second < first
    assert registry.gauges['opsportal_processes\x1fprocess="test"'] == 1.0
    assert registry.gauges['opsportal_process_resident_memory_bytes\x1fprocess="test"'] > 10_000_000
