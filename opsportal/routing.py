"""WebSocket routes of every room."""

from django.urls import URLPattern, path

from opsportal.live.consumer import live_socket

websocket_urlpatterns: list[URLPattern] = [
    path("ws/live/", live_socket),  # type: ignore[arg-type]  # an ASGI application, as Channels' URLRouter takes it
]
