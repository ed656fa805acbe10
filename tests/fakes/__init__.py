"""Strict stand-ins for services that cannot run here, and real servers that can."""
