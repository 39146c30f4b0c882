"""What each environment's settings promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config.env import BASE_DIR

PROD = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "SECRET_KEY": "k3y-of-this-test-" + "abcdefghijklmnopqrstuvwxyz0123456789",
    "DATABASE_URL": "postgres://rackline@db.example/rackline",
    "REDIS_URL": "redis://broker.example/0",
    "ALLOWED_HOSTS": "rackline.example",
    "PUBLIC_URL": "https://rackline.example/",
}


def python(*arguments: str, environment: dict[str, str], var: Path):
    """Run Python in the project with nothing but the given environment."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"], "RACKLINE_VAR": str(var), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_check_has_nothing_to_say(tmp_path):
    command = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    done = python(*command, environment=PROD, var=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"DEBUG": "1"}, "DEBUG must not be on in production"),
        ({"RACKLINE_DEMO": "1"}, "RACKLINE_DEMO must not be on in production"),
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set in production"),
        ({"SECRET_KEY": "insecure-development-key" * 3}, "a secret of your own"),
        ({"SECRET_KEY": "short"}, "at least 50 characters"),
        ({"DATABASE_URL": ""}, "DATABASE_URL must be set in production"),
        ({"REDIS_URL": ""}, "REDIS_URL must be set in production"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must be set in production"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL must be set in production"),
    ],
)
def test_production_refuses_to_start_unsafe(tmp_path, change, sentence):
    environment = {**PROD, **change}

    done = python(
        "-c", "import config.settings.prod", environment=environment, var=tmp_path
    )

    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert sentence in done.stderr


def test_sqlite_queues_writers_and_lets_readers_pass(tmp_path):
    code = (
        "import django; django.setup()\n"
        "from django.db import connection as c\n"
        "with c.cursor() as q:\n"
        "  print([q.execute(f'PRAGMA {p}').fetchone()[0] for p in "
        "('journal_mode', 'foreign_keys', 'busy_timeout', 'synchronous')])\n"
        "print(c.settings_dict['OPTIONS']['transaction_mode'])\n"
    )

    settings_module = {"DJANGO_SETTINGS_MODULE": "config.settings.dev"}
    done = python("-c", code, environment=settings_module, var=tmp_path)

    # synchronous 2 is FULL: an acknowledged promise survives a loss of power.
    assert done.stdout == "['wal', 1, 20000, 2]\nIMMEDIATE\n"
    assert (tmp_path / "rackline.sqlite3").exists()


@pytest.mark.django_db
def test_postgresql_waits_for_nothing_without_end():
    if connection.vendor != "postgresql":
        pytest.skip("says something about PostgreSQL alone")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), "
            "current_setting('lock_timeout'), "
            "current_setting('idle_in_transaction_session_timeout')"
        )
        limits = cursor.fetchone()

    # Ten times what production has.
    assert limits == ("5min", "50s", "10min")
    assert connection.settings_dict["OPTIONS"]["connect_timeout"] == 5


def test_a_message_is_a_hint_and_never_redelivered():
    limit_s = settings.CELERY_TASK_TIME_LIMIT

    assert settings.CELERY_TASK_ACKS_LATE is False
    assert settings.CELERY_TASK_IGNORE_RESULT is True
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_BROKER_CONNECTION_MAX_RETRIES is None
    assert (
        settings.RUN_TIME_LIMIT_MAX_S < settings.CELERY_TASK_SOFT_TIME_LIMIT < limit_s
    )
