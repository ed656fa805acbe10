"""WebSocket routes of every room."""

from django.urls import URLPattern

websocket_urlpatterns: list[URLPattern] = []
