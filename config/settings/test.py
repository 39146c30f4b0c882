"""Settings for the test suite: production's strictness, nothing outside the process."""

import atexit
import shutil
import tempfile
from pathlib import Path

from config.env import env
from config.settings.base import *  # noqa: F403
from config.settings.base import CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES

DEBUG = False
SECRET_KEY = "insecure-test-key-of-more-than-fifty-characters-for-signing"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

# A file, not memory: live servers and workers then lock as they do in real life.
TEST_DIR = Path(tempfile.mkdtemp(prefix="rackline-test-"))
atexit.register(shutil.rmtree, TEST_DIR, ignore_errors=True)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": str(TEST_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
else:
    DATABASES["default"]["OPTIONS"].pop("pool", None)
    # A busy machine is no fault: ten times as long as in real life.
    DATABASES["default"]["OPTIONS"]["options"] = (
        "-c statement_timeout=300000 -c lock_timeout=50000 "
        "-c idle_in_transaction_session_timeout=600000"
    )
    DATABASES["default"]["CONN_MAX_AGE"] = 0

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

# Nothing is published unless a test with the marker `broker` starts a broker.
CELERY_BROKER_URL = env.str("TEST_BROKER_URL", default="memory://")
CELERY_BROKER_TRANSPORT_OPTIONS.clear()

# A thread sees nothing of a test's transaction; the test of it says so itself.
PREPARES_MOVES = False

# Tests share one process and its count; those about the limit set their own.
API_REQUESTS_PER_MIN = 1_000_000
