"""Calendars in and out: iCalendar, RFC 5545."""
