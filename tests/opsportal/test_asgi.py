import os
import subprocess
import sys

import pytest

from opsportal.env import BASE_DIR


def pool_of(module: str, **environment: str) -> str:
    """The pool of connections of a process that begins by importing `module`."""
    code = f"import {module}; from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'].get('pool'))"
    variables = os.environ | {"DJANGO_SETTINGS_MODULE": "opsportal.settings"} | environment
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return answer.stdout.strip()


def test_a_web_process_keeps_a_bounded_number_of_connections() -> None:
    assert "'max_size': 7" in pool_of("opsportal.asgi", WEB_CONNECTIONS="7")


@pytest.mark.parametrize(("module", "connections"), [("opsportal.asgi", "0"), ("opsportal.celery", "7")])
def test_others_open_them_as_they_need_them(module: str, connections: str) -> None:
    assert pool_of(module, WEB_CONNECTIONS=connections) == "None"
