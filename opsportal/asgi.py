"""The ASGI application: Django for HTTP, Channels consumers for WebSockets.

Consumers read the session cookie and the database themselves: Channels' session and login middleware would look the
person up a second time and stand between every frame and its socket.
"""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.core.asgi import get_asgi_application

from opsportal.memory import few_arenas

few_arenas()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings")
django_application = get_asgi_application()

from alerts.incidents.doors.alertmanager import posting  # noqa: E402 - views need the apps loaded
from opsportal import measures, quick_doors  # noqa: E402
from opsportal.routing import websocket_urlpatterns  # noqa: E402 - consumers need the apps loaded
from opsportal.warm_up import warm_up  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(CookieMiddleware(URLRouter(websocket_urlpatterns))),
    }
)
warm_up()
if settings.WEB_PROCESS:
    quick_doors.register("POST", posting.PATH, posting.post_quickly)
    measures.start("web")
