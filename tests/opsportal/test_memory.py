import platform
import subprocess
import sys

import pytest

HEAPS = """
import ctypes, threading
{call}
import numpy
def work():
    numpy.ones(3_000).sum(); held.append(bytearray(50_000)); ready.wait()
held, ready = [], threading.Barrier(9)
threads = [threading.Thread(target=work) for _ in range(8)]
[one.start() for one in threads]; ready.wait(); [one.join() for one in threads]
ctypes.CDLL(None).malloc_info(0, ctypes.c_void_p.in_dll(ctypes.CDLL(None), "stdout"))
ctypes.CDLL(None).fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library is not glibc")
def test_threads_share_two_heaps() -> None:
    assert heaps("") > 2
    assert heaps("from opsportal.memory import few_arenas; assert few_arenas()") == 2


def heaps(call: str) -> int:
    answer = subprocess.run([sys.executable, "-c", HEAPS.format(call=call)], capture_output=True, text=True, check=True)
    return answer.stdout.count("<heap nr=")
