"""Settings for production: HTTPS only, nothing by default that should be chosen."""

from django.core.exceptions import ImproperlyConfigured

from config.env import env
from config.settings.base import *  # noqa: F403

SECRET_KEY_MIN_LENGTH = 50


def required(name: str) -> str:
    """Return an environment variable.

    Raises:
        ImproperlyConfigured: If it is missing or empty; names it.
    """
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} must be set in production.")
    return value


DEBUG = False
if env.bool("DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG must not be on in production: unset it.")
if env.bool("RACKLINE_DEMO", default=False):
    raise ImproperlyConfigured(
        "RACKLINE_DEMO must not be on in production: its log-ins are public."
    )

SECRET_KEY = required("SECRET_KEY")
if "insecure" in SECRET_KEY or len(SECRET_KEY) < SECRET_KEY_MIN_LENGTH:
    raise ImproperlyConfigured(
        f"SECRET_KEY must be a secret of your own of at least {SECRET_KEY_MIN_LENGTH} "
        "characters, not a default."
    )

# Production never falls back to a file beside the code.
required("DATABASE_URL")
required("REDIS_URL")
PUBLIC_URL = required("PUBLIC_URL")
ALLOWED_HOSTS = required("ALLOWED_HOSTS").split(",")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
# Probes come from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env.bool("TRUST_X_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
