import errno
import socket

import pytest

from opsportal.stack import ports
from opsportal.stack.errors import StackError


def test_a_taken_port_is_named_with_the_setting_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} on 127\.0\.0\.1 is taken .*PORT="):
            ports.check_free("127.0.0.1", port)


def test_a_free_port_is_fine_and_stays_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    ports.check_free("127.0.0.1", port)
    ports.check_free("127.0.0.1", port)


def test_an_address_of_another_machine_names_bind() -> None:
    with pytest.raises(StackError, match=r"BIND=192\.0\.2\.1 PORT=8000"):
        ports.check_free("192.0.2.1", 8000)


def test_a_name_that_is_no_address_names_bind() -> None:
    with pytest.raises(StackError, match=r"BIND=not an address is not an address"):
        ports.check_free("not an address", 8000)


def test_a_port_kept_for_root_is_explained() -> None:
    assert "1024 or above" in ports.explained(OSError(errno.EACCES, "Permission denied"), "127.0.0.1", 80)
