#!/usr/bin/env python
"""Command-line door of the portal."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # says which setting and what to do; a traceback would bury it
        sys.exit(str(error))


if __name__ == "__main__":
    main()
