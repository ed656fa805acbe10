"""All settings of the portal, read from the environment by `opsportal.env`; `docs/configuration.md` explains each."""

import sys
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from opsportal import env, logs, production, unfold
from opsportal.api import openapi
from opsportal.secret_key import generated_key
from opsportal.stack import paths

BASE_DIR = env.BASE_DIR
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

# --- What kind of run this is -----------------------------------------------------------------------------------
PRODUCTION = env.boolean("PRODUCTION", False, help="Refuse to start unless the settings are fit for the open network.")
DEBUG = env.boolean("DEBUG", False, help="Show tracebacks in the browser; refused in production.")
DATA_DIR = env.folder("DATA_DIR", "var", help="The embedded servers' data and generated secrets.") or BASE_DIR / "var"
SECRET_KEY = env.text("SECRET_KEY", help="Signs sessions and seals stored secrets; 50 characters or more.", secret=True)
SECRET_KEY_FALLBACKS = env.listing(
    "SECRET_KEY_FALLBACKS", help="Former secret keys, still good for opening what they sealed.", secret=True
)
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", help="Host names the portal answers to; required in production.")
CSRF_TRUSTED_ORIGINS = env.listing(
    "CSRF_TRUSTED_ORIGINS", help="More origins (https://host) whose forms are accepted; PUBLIC_URL's own always is."
)
TRUSTED_PROXIES = env.integer(
    "TRUSTED_PROXIES",
    1 if PRODUCTION else 0,
    low=0,
    high=9,
    help="Proxies in front whose X-Forwarded-For and X-Forwarded-Proto are believed; 1 in production unless told.",
)
BIND = env.text(
    "BIND", "127.0.0.1", help="Address the web process listens on; 0.0.0.0 for every address of this machine."
)
PORT = env.integer("PORT", 8000, low=1, high=65535, help="Port the web process listens on.")
PUBLIC_URL = env.url(
    "PUBLIC_URL", "", schemes=("https", "http"), secret=False, help="How people reach the portal; empty: BIND and PORT."
)
PUBLIC_URL = (PUBLIC_URL or paths.local_url(BIND, PORT)).rstrip("/")
ENVIRONMENT_LABEL = env.text("ENVIRONMENT_LABEL", help="Word shown on every admin page, such as staging.")

if PRODUCTION and (
    unfit := production.faults(debug=DEBUG, secret_key=SECRET_KEY, allowed_hosts=ALLOWED_HOSTS, public_url=PUBLIC_URL)
):
    raise ImproperlyConfigured("PRODUCTION is on, and: " + " ".join(unfit))
SECRET_KEY = SECRET_KEY or generated_key(DATA_DIR)
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]", urlsplit(PUBLIC_URL).hostname or "localhost"]
CSRF_TRUSTED_ORIGINS = [*CSRF_TRUSTED_ORIGINS, "{0.scheme}://{0.netloc}".format(urlsplit(PUBLIC_URL))]

# --- PostgreSQL and Valkey --------------------------------------------------------------------------------------
DATABASE_URL = env.url(
    "DATABASE_URL", "", schemes=("postgresql", "postgres"), help="PostgreSQL 15 to 18; empty: the embedded one."
)
REDIS_URL = env.url(
    "REDIS_URL", "", schemes=("redis", "rediss", "unix"), help="Redis 6+ or Valkey; empty: the embedded one."
)
EMBEDDED_DATABASE = not DATABASE_URL
EMBEDDED_REDIS = not REDIS_URL
DATABASE_URL = DATABASE_URL or paths.postgres_url(DATA_DIR)
REDIS_URL = REDIS_URL or paths.valkey_url(DATA_DIR)

DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL) | {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}}
DATABASES["default"]["TEST"] = {"TEMPLATE": "template0"}
DATABASES["default"]["OPTIONS"] = {"connect_timeout": 5} | DATABASES["default"].get("OPTIONS", {})
WEB_PROCESS = "opsportal.asgi" in sys.modules  # it is what loads the settings of a web process, and of no other
WEB_CONNECTIONS = env.integer(
    "WEB_CONNECTIONS",
    16,
    low=0,
    high=500,
    help="Most connections to PostgreSQL of a web process, kept for a minute; 0: one for each request, without a bound.",
)
if WEB_PROCESS and WEB_CONNECTIONS:
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 0,
        "max_size": WEB_CONNECTIONS,
        "max_idle": 60,
        "timeout": 10,
    }
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "opsportal",
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 1},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Rooms ------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "channels",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "opsportal",
    "security.access",
    "monitoring.events",
    "monitoring.metrics",
    "monitoring.metrics.shipping",
    "monitoring.checks",
    "alerts.delivery",
    "alerts.oncall",
    "alerts.incidents",
    "alerts.rules",
    "monitoring.dashboards",
]
MIDDLEWARE = [
    "opsportal.middleware.health_door",
    "opsportal.measures.requests.measured",
    "opsportal.quick_doors.quick_doors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "opsportal.middleware.PolicyMiddleware",
    "opsportal.middleware.refuse_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "opsportal.urls"
ASGI_APPLICATION = "opsportal.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

# --- People -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["security.access.backends.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "access:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "access:login"
SESSION_COOKIE_AGE = 86_400 * env.integer("SESSION_DAYS", 7, low=1, high=90, help="Days until a log-in ends by itself.")
LOGIN_TRIES = env.integer(
    "LOGIN_TRIES", 5, low=1, high=100, help="Wrong passwords for one account from one address before a pause."
)
LOGIN_PAUSE_S = env.integer("LOGIN_PAUSE_S", 300, low=1, high=86_400, help="Length of that pause in seconds.")

# --- What is kept, and for how long ------------------------------------------------------------------------------
SAMPLES_KEPT_DAYS = env.integer("SAMPLES_KEPT_DAYS", 30, low=1, help="Days for which measured values are kept.")
METRICS_SERIES_PER_SOURCE = env.integer(
    "METRICS_SERIES_PER_SOURCE",
    50_000,
    low=1,
    help="Series of one source of metrics; more are refused, those there are go on.",
)
METRICS_LATE_WINDOW_S = env.integer(
    "METRICS_LATE_WINDOW_S", 3600, low=0, help="How old a sample may be when it comes in; an import takes any age."
)
METRICS_AHEAD_S = env.integer(
    "METRICS_AHEAD_S", 600, low=0, high=86_400, help="How far a sample's time may be ahead of the portal's clock."
)
EVENTS_KEPT_DAYS = env.integer(
    "EVENTS_KEPT_DAYS",
    400,
    low=31,
    help="Days for which events, changes of status and pings are kept; whole months are dropped.",
)
DELIVERIES_KEPT_DAYS = env.integer(
    "DELIVERIES_KEPT_DAYS", 400, low=31, help="Days for which it is kept who was told what, with each attempt."
)
INCIDENTS_KEPT_DAYS = env.integer(
    "INCIDENTS_KEPT_DAYS",
    400,
    low=31,
    help="Days for which incidents, alerts, escalations and silences are kept once over.",
)
ROLLUPS_KEPT_DAYS = env.integer("ROLLUPS_KEPT_DAYS", 800, low=92, help="Days for which daily uptime is kept.")

# --- Words and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORMAT_MODULE_PATH = ["opsportal.formats"]

# --- Static files -----------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = env.folder(
    "STATIC_ROOT", "", help="Folder of `manage.py collectstatic`, for hashed names; empty: straight from the packages."
)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
if STATIC_ROOT:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# --- The browser's rules ----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Unfold's pages are driven by Alpine, which builds functions from attributes, and set styles inline.
CSP_BY_PREFIX = {
    "/admin/": CONTENT_SECURITY_POLICY["DIRECTIVES"]
    | {"script-src": [SELF, NONCE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]},
}
CSRF_FAILURE_VIEW = "opsportal.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_NAME = "__Host-opsportal" if PRODUCTION else "opsportal"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Questions about what was measured ----------------------------------------------------------------------------
METRICS_BACKEND = env.url(
    "METRICS_BACKEND",
    "",
    schemes=("prometheus", "prometheus+https"),
    help="Prometheus-compatible system that keeps the samples; empty: the portal's own PostgreSQL.",
)
METRICS_QUEUE_HOURS = env.integer(
    "METRICS_QUEUE_HOURS",
    48,
    low=1,
    help="Hours for which samples wait for a remote-write destination that does not answer.",
)
METRICS_QUERY_TIMEOUT_S = env.number(
    "METRICS_QUERY_TIMEOUT_S", 30, low=0.1, high=600, help="Longest time a PromQL query may take, in seconds."
)
METRICS_QUERY_MAX_SAMPLES = env.integer(
    "METRICS_QUERY_MAX_SAMPLES",
    50_000_000,
    low=1_000,
    high=1_000_000_000,
    help="Most samples that one PromQL query may load; each takes 16 bytes of memory.",
)
METRICS_QUERY_MAX_POINTS = env.integer(
    "METRICS_QUERY_MAX_POINTS",
    1_000_000,
    low=1_000,
    high=100_000_000,
    help="Most points that the answer to a PromQL query may have; each is sent as about 25 bytes.",
)
METRICS_QUERY_CONCURRENCY = env.integer(
    "METRICS_QUERY_CONCURRENCY", 4, low=1, high=64, help="PromQL queries that one process answers at the same time."
)

# --- Where the portal may connect to ------------------------------------------------------------------------------
CHECKS_ALLOW_PRIVATE = env.boolean(
    "CHECKS_ALLOW_PRIVATE", True, help="Let checks connect to private and loopback addresses."
)
WEBHOOKS_ALLOW_PRIVATE = env.boolean(
    "WEBHOOKS_ALLOW_PRIVATE", False, help="Let webhooks connect to private and loopback addresses."
)

METRICS_FILE_SD_DIR = (
    env.folder(
        "METRICS_FILE_SD_DIR", "", help="Where lists of scrape targets may be read from; empty: `DATA_DIR/file_sd`."
    )
    or DATA_DIR / "file_sd"
)

# --- Admin ------------------------------------------------------------------------------------------------------
UNFOLD = unfold.configuration(ENVIRONMENT_LABEL)

# --- Pings of jobs ------------------------------------------------------------------------------------------------
HEARTBEAT_BODY_LIMIT_BYTES = env.integer(
    "HEARTBEAT_BODY_LIMIT_BYTES",
    10_000,
    low=0,
    high=1_000_000,
    help="How much of what a job sends with a ping is kept.",
)

# --- API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # The token comes first, because the first one says how to log in (WWW-Authenticate) in a 401.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "security.access.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "opsportal.api.permissions.ModelPermissions",
    ],
    "DEFAULT_PARSER_CLASSES": ["opsportal.api.media.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["opsportal.api.media.PlainJSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "opsportal.api.paging.NumberedPages",
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.SearchFilter",
        "opsportal.api.filters.StrictOrdering",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["opsportal.api.throttling.PersonThrottle", "opsportal.api.throttling.ScopeThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "person": env.rate("API_RATE", "1200/minute", help="API requests of one account or token."),
        "stranger": env.rate("API_RATE_STRANGER", "60/minute", help="API requests of one address without a log-in."),
        "costly": env.rate("API_RATE_COSTLY", "60/minute", help="API requests that run something, such as a check."),
    },
    "EXCEPTION_HANDLER": "opsportal.api.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
# At the addresses of Prometheus and its relatives (opsportal.api.programs). The first one says how to log in.
PROGRAM_AUTHENTICATION = [
    "security.access.authentication.BasicTokenAuthentication",
    "rest_framework.authentication.SessionAuthentication",
]
METRICS_PAGE_OPEN = env.boolean(
    "METRICS_PAGE_OPEN", False, help="Let anybody who can reach the portal read `/metrics` without a log-in."
)
METRICS_PUSH_MAX_BYTES = env.integer(
    "METRICS_PUSH_MAX_BYTES",
    16_777_216,
    low=65_536,
    high=268_435_456,
    help="Largest body of pushed samples, packed and unpacked; OTLP may have a quarter of it.",
)
METRICS_PUSH_AT_ONCE = env.integer(
    "METRICS_PUSH_AT_ONCE", 4, low=1, high=64, help="Pushes of samples that a web process works on at once."
)
SPECTACULAR_SETTINGS = openapi.SETTINGS

# --- Celery: work that is due now; what is due later is a column (docs/architecture.md) ---------------------------
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_DEFAULT_QUEUE = "opsportal"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TIMEZONE = "UTC"
BEAT_TICK_KEY = "opsportal:beat"  # in Valkey: when beat last ticked, in Unix seconds

# --- Logs -------------------------------------------------------------------------------------------------------
LOGGING = logs.configuration(
    level=env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"), help="Least severe record logged."),
    style=env.choice("LOG_FORMAT", "text", ("text", "json"), help="One line of text, or one JSON object, a record."),
    secrets=[SECRET_KEY, *SECRET_KEY_FALLBACKS, DATABASE_URL, REDIS_URL, METRICS_BACKEND],
)
