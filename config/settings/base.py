"""Settings every environment shares; dev, test and prod add what differs."""

import os
import sys
from pathlib import Path
from typing import Any

import structlog
from csp.constants import NONCE, NONE, SELF

from config.env import BASE_DIR, VAR_DIR, broker, database, env

# Applications

INSTALLED_APPS = [
    "scheduling",
    "suppliers",
    "factory",
    "journal",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.request_context",
    "config.middleware.response_headers",
    "csp.middleware.CSPMiddleware",
    "config.middleware.body_limit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "config.middleware.reader_zone",
    "config.middleware.reader_language",
    "config.middleware.page_for_wrong_method",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "scheduling.web.shell.shell",
            ],
        },
    },
]

# Data

DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# In the database, since every process must count the same failed log-ins and the
# broker may be away. `manage.py createcachetable` makes the table.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
    },
}

# Language, time

LANGUAGE_CODE = "en"
# The suppliers' pages; what staff read is written in English.
LANGUAGES = [("en", "English"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Files

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"

# Bodies: 20,000 rows of an ERP's nightly push are about 6 MB of JSON.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
# Two fields a broken promise are signed for: 10,000 racks are 2,700 orders.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# Files included; more is refused before it is read.
REQUEST_BODY_MAX_BYTES = 25 * 1024 * 1024

# Log-in

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.accounts.ClosedSignUp"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# A stranger's address gets no mail from here, and the page tells nothing either.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Rackline"

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Whether this is a demo: only then, or under DEBUG, are public log-ins made.
RACKLINE_DEMO = env.bool("RACKLINE_DEMO", default=False)

# Mail, and the address that its links begin with

PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000/")

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="rackline@localhost")
EMAIL_TIMEOUT = 10

# Headers

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        # The QR code of a second factor is a data: picture.
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
    ],
    # A view that declares no permission serves nobody.
    "DEFAULT_PERMISSION_CLASSES": ["journal.api.permissions.Nobody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["journal.api.parsers.PlainJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.problem_from_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Rackline API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    # Without the library's own: enums stay where they are used, under no made-up names.
    "POSTPROCESSING_HOOKS": ["journal.api.contract.add_problems"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# Requests a client may make a minute, unless it has a limit of its own.
API_REQUESTS_PER_MIN = env.int("API_REQUESTS_PER_MIN", default=6_000)

# For how long the change feed hands out events; they are never erased.
FEED_KEPT_DAYS = env.int("FEED_KEPT_DAYS", default=90)

# A promise date that its ERP has not stored for so long is an alarm.
PROMISE_ACK_MAX_AGE_MIN = env.int("PROMISE_ACK_MAX_AGE_MIN", default=60)
# Webhooks: hosts that may be private, as host or host:port; for how many days an
# endpoint may fail; for how long deliveries are shown.
WEBHOOK_PRIVATE_HOSTS = env.list("WEBHOOK_PRIVATE_HOSTS", default=[])
WEBHOOK_FAILING_DAYS = env.int("WEBHOOK_FAILING_DAYS", default=5)
WEBHOOK_KEPT_DAYS = env.int("WEBHOOK_KEPT_DAYS", default=30)

# OpenADR: the secret of each site's client at its VTN, as MTY=secret,ELP=other; hosts
# of VTNs that may be private, as host or host:port.
OPENADR_SECRETS = env.dict("OPENADR_SECRETS", default={})
OPENADR_PRIVATE_HOSTS = env.list("OPENADR_PRIVATE_HOSTS", default=[])

# For how long a repeated request is answered as it was the first time.
IDEMPOTENCY_KEPT_H = env.int("IDEMPOTENCY_KEPT_H", default=48)
# For how long a bulk write that a worker did can be asked for its results.
OPERATIONS_KEPT_DAYS = env.int("OPERATIONS_KEPT_DAYS", default=14)

# The floor: for how long the last record of a rack can be taken back.
FLOOR_UNDO_WINDOW_S = env.int("FLOOR_UNDO_WINDOW_S", default=900)

# The commitment ledger: how far a promise reaches, how it may be cut, how long an
# answer can be taken back, and how far off a supplier may put its next word.

PROMISE_HORIZON_DAYS = env.int("PROMISE_HORIZON_DAYS", default=1_095)
PROMISE_TRANCHES_MAX = env.int("PROMISE_TRANCHES_MAX", default=12)
ANSWER_UNDO_WINDOW_S = env.int("ANSWER_UNDO_WINDOW_S", default=60)
WORD_BY_MAX_DAYS = env.int("WORD_BY_MAX_DAYS", default=90)

# Trust: the window in which a delivery is on time, in days before and after the score
# date, and the hours in which an answer is.

TRUST_EARLY_DAYS = env.int("TRUST_EARLY_DAYS", default=5)
TRUST_LATE_DAYS = env.int("TRUST_LATE_DAYS", default=0)
TRUST_RESPONSE_H = env.int("TRUST_RESPONSE_H", default=48)

# Mail to suppliers: from which hour of their day a digest may go out, how long a link
# in it works and how long the one before it works on, how many new ones may be asked
# for, and after how many days a mail that nobody opened alarms the buyer.

DIGEST_HOUR = env.int("DIGEST_HOUR", default=8)
LINK_LIFE_DAYS = env.int("LINK_LIFE_DAYS", default=14)
LINK_OVERLAP_HOURS = env.int("LINK_OVERLAP_HOURS", default=72)
LINK_RENEWALS_PER_HOUR = env.int("LINK_RENEWALS_PER_HOUR", default=3)
UNOPENED_ALARM_DAYS = env.int("UNOPENED_ALARM_DAYS", default=3)

# Runs and their worker. A message is only a hint; the Run row is the record, and
# its reaper publishes again, so messages are acknowledged early and never redelivered.

RUN_TIME_LIMIT_MAX_S = env.int("RUN_TIME_LIMIT_MAX_S", default=600)
# A worker that is silent for so long has lost its run to the next.
RUN_LEASE_S = env.int("RUN_LEASE_S", default=30)
# A message that nobody has answered for so long is sent again.
RUN_RESEND_S = env.int("RUN_RESEND_S", default=30)
# Most memory of its own that a worker may take; 0: no limit.
RUN_MEMORY_MB = env.int("RUN_MEMORY_MB", default=4_096)
# Other workers that may search parts of a large run; 0: each run by one worker.
RUN_HELPERS = env.int("RUN_HELPERS", default=1)
READY_BEAT_MAX_AGE_S = 30
# A run that nobody takes for so long tells that the workers are gone or deaf.
READY_RUN_WAIT_MAX_S = env.int("READY_RUN_WAIT_MAX_S", default=90)

CELERY_TASK_SOFT_TIME_LIMIT = RUN_TIME_LIMIT_MAX_S + 30
CELERY_TASK_TIME_LIMIT = RUN_TIME_LIMIT_MAX_S + 60
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = broker(
    visibility_timeout_s=2 * CELERY_TASK_TIME_LIMIT
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A busy worker takes no message it cannot begin; by files it may keep one for later.
CELERY_WORKER_DISABLE_PREFETCH = CELERY_BROKER_URL.startswith("redis")
CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=1)
# Threads of one search: searches side by side times threads are the cores.
RUN_THREADS = env.int(
    "RUN_THREADS",
    default=max(1, min(8, (os.cpu_count() or 1) // CELERY_WORKER_CONCURRENCY)),
)
# A forked child of a threaded parent is not safe on macOS.
CELERY_WORKER_POOL = "solo" if sys.platform == "darwin" else "prefork"
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30.0
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# The connector to a Tryton server; it calls both systems as any client would.

TRYTON_URL = env.str("TRYTON_URL", default="")
TRYTON_KEY = env.str("TRYTON_KEY", default="")
TRYTON_COMPANY = env.int("TRYTON_COMPANY", default=1)
TRYTON_RACKLINE_KEY = env.str("TRYTON_RACKLINE_KEY", default="")
TRYTON_SYSTEM = env.str("TRYTON_SYSTEM", default="tryton")
TRYTON_BOOK = Path(env.str("TRYTON_BOOK", default=str(VAR_DIR / "tryton.json")))
TRYTON_BACK_DAYS = env.int("TRYTON_BACK_DAYS", default=30)
TRYTON_INTERVAL_S = env.int("TRYTON_INTERVAL_S", default=60)

# Whether a plan that is looked at is made ready for moves in the background.
PREPARES_MOVES = True

# What a plan costs, in US cents; what power costs a site is a column of Site.

PRICE_WIP_CENTS_PER_DAY = env.int("PRICE_WIP_CENTS_PER_DAY", default=93_000)
PRICE_MOVE_CENTS = env.int("PRICE_MOVE_CENTS", default=5_000)
PRICE_MOVE_FENCED_CENTS = env.int("PRICE_MOVE_FENCED_CENTS", default=500_000)
PRICE_BROKEN_PROMISE_CENTS = env.int("PRICE_BROKEN_PROMISE_CENTS", default=2_000_000)
# Starts that shift by less are not moved.
MOVE_TOLERANCE_MIN = env.int("MOVE_TOLERANCE_MIN", default=15)

# Logs: one line an event, with the request's id; JSON where machines read it.

LOG_JSON = env.bool("LOG_JSON", default=False)
LOG_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[
        *LOG_PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": LOG_PROCESSORS,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer()
                if LOG_JSON
                else structlog.dev.ConsoleRenderer(colors=False),
            ],
        },
    },
    "filters": {"links": {"()": "config.logs.HideLinks"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "lines",
            "filters": ["links"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # It would write every address called, with its query, at INFO.
        "httpx": {"level": "WARNING"},
    },
}
