"""Blocks as earlier releases wrote them: whatever changes, they are read."""

import numpy as np

from monitoring.metrics.blocks.codec import decode
from monitoring.metrics.blocks.header import Header
from monitoring.metrics.blocks.packing import Reader, read_integers
from monitoring.metrics.blocks.rollup_codec import decode_rollup
from monitoring.metrics.promql.storage import STALE_BITS
from tests.monitoring.metrics.blocks.strategies import of_bits

TICKS = [1000, 2001, 3000, 4002, 5000, 6000, 7003, 8000]
SAMPLES = bytes.fromhex(
    "4f4d420176000000760000007b2b1a6a4801000001000000050000000008e80300000000000001581b000d027134de2e0300"
    "0000000000000000043c00ff000000000002000000000003000000010000010000000000000000d007010000000000000000"
    "b80b0010004e480b02ecda20a400000000b553d3ed109fd3ca87fe2d020300000000000004400102e8030000001000001084"
    "3002000001010010000030c0803cd81810082005082001020000000000f07f006300c8ffffffffffffff1f009a9999999999"
    "b9bf8000000000000040ff0200000000000040000c000000000000c00730000000000000408fc00022013e00000100230000"
    "0000000000000020c0000000000000f0bf35200902000000000000cd3b7f669ea04695090b5dcf760100000000004054facb"
    "cdbbf1e8129240e18839d5f1a553ff542a0200000105001000000804"
)
TWINS = bytes.fromhex(
    "4f4d4202520000006a00000093b2979ba400000028b52ffd206a4d020082040f18c0dd0c0f0f7bf9be78d51abd7bb5b2c58f"
    "f05b2049952d05d2f00bc6e185e014d639d69331af45f3820439f23b1a0acd0655c151998002573c71200510004568ff6a4a"
    "ae2f0102e80300000010000010843002000001010010000030c0803cd81810020000014b0010000030d9d302373616020000"
    "01960010000038080ce1a7790248"
)
ROWS = bytes.fromhex(
    "4f4d5201830000008300000064f852f14f010000010000000c0000000003000000000000000001401fffff18000000000000"
    "000100000000000000000000020003000b02010000000000ffffffffffff000c0b0c0c0b0b000b21221a0b0214fae8572798"
    "c40f9027e7ba51035ea5d3abac94275eca5300000000d3abac94c5a5796cd6d3e7908e891b62d3abac940300000000000004"
    "4002000001020010000018c700010008002200100000080201000801f80800100000080601000001ff001000001860000200"
    "00010100100000100e0840000000000000003d40020000010100100000100e0110110200bcd7c995f19101800061e589adef"
    "f70c8000cd3b7f669ea0f6bf010000011011020040ac7ac10474098000aa4c58e87ab6fbbf000000000000000080010001ff"
    "0c5587e72941dc0466867d25ef959781a004001000000802020000010100100000100e"
)


def test_samples_of_version_1_are_read() -> None:
    whole, constant, lacking, floats, part = decode(SAMPLES).series()
    assert (whole.id, constant.id, lacking.id, floats.id, part.id) == (3, 4, 9, 70, 71)
    assert whole.times.tolist() == constant.times.tolist() == floats.times.tolist() == TICKS
    assert lacking.times.tolist() == [time for time in TICKS if time != 3000]
    assert part.times.tolist() == TICKS[2:5]
    assert whole.values.tolist() == [1, 4, 9, 16, 25, 36, 2, 5]
    assert constant.values.tolist() == [2.5] * 8
    stale = float(of_bits([STALE_BITS])[0])
    expected = np.array([0.1, 0.25, stale, -0.0, 7.75, 1000, 2.5])
    assert lacking.values.view(np.uint64).tolist() == expected.view(np.uint64).tolist()
    assert floats.values.tolist() == np.sqrt(np.arange(8)).tolist()
    assert part.values.tolist() == [5, 5, 6]


def test_the_front_of_version_1_is_as_the_page_on_the_format_says() -> None:
    assert SAMPLES[:4] == b"OMB\x01"
    assert int.from_bytes(SAMPLES[4:8], "little") == int.from_bytes(SAMPLES[8:12], "little") == 118
    assert int.from_bytes(SAMPLES[16:20], "little") == len(SAMPLES)
    header = Header.parse(SAMPLES)
    assert isinstance(header, Header)
    assert header.length == 20 + 118


def test_roll_ups_of_version_1_are_read() -> None:
    found = decode_rollup(ROWS, 4000)
    assert found.ids.tolist() == [3, 4, 70]
    assert found.starts.tolist() == [0, 4000, 8000] * 3
    assert found.column("min")[:6].tolist() == [1, 2, 5, 2.5, 2.5, 2.5]
    assert found.column("max")[:6].tolist() == [9, 36, 5, 2.5, 2.5, 2.5]
    assert found.column("last")[6:].tolist() == np.sqrt([2, 6, 7]).tolist()
    assert found.column("count").tolist() == [3, 4, 1] * 3
    assert found.column("sum")[:6].tolist() == [14, 79, 5, 7.5, 10, 2.5]
    assert found.column("increase")[:6].tolist() == [8, 29, 3, 0, 0, 0]


def test_twins_and_what_is_told_beside_another_of_version_2_are_read() -> None:
    assert TWINS[:4] == b"OMB\x02"
    first, constant, same, scaled, base, beside = decode(TWINS).series()
    assert base.values.tolist() == [100, 90, 120, 75, 130, 99, 110, 80]
    assert beside.values.tolist() == [99, 86, 111, 59, 105, 63, 108, 75]
    assert first.values.tolist() == same.values.tolist() == [1, 4, 9, 16, 25, 36, 2, 5]
    assert constant.values.tolist() == [2.5] * 8
    assert scaled.values.tolist() == [0.001, 0.004, 0.009, 0.016, 0.025, 0.036, 0.002, 0.005]


PACED = bytes.fromhex(
    "1048e17a14ae07244011010101001000000050072ae8dab1960100010005001000000006001000000802050010000000050010000000"
)


def test_rounded_multiples_of_version_2_are_read() -> None:
    found = read_integers(Reader(PACED), 6)
    assert found.tolist() == [5207, 5237, 4316, 7131, 4076, 10]
