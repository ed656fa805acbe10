"""Opsportal: one operations portal for a team that runs a web product."""

from opsportal.celery import app as celery_app

__all__ = ["celery_app"]
