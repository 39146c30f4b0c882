"""How the environment chooses database and broker."""

from pathlib import Path

from config import env


def test_postgresql_gets_a_pool_and_bounds(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://rackline:secret@db:5433/factory")

    database = env.database()

    assert database["NAME"] == "factory"
    assert database["HOST"] == "db"
    assert database["PORT"] == 5433
    assert database["OPTIONS"] == {
        "connect_timeout": 5,
        "options": "-c statement_timeout=30000 -c lock_timeout=5000 "
        "-c idle_in_transaction_session_timeout=60000",
        "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
    }


def test_without_a_pool_connections_are_kept_and_checked(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://db/factory")
    monkeypatch.setenv("DATABASE_POOL_MAX", "0")

    database = env.database()

    assert "pool" not in database["OPTIONS"]
    assert database["CONN_MAX_AGE"] == 60
    assert database["CONN_HEALTH_CHECKS"] is True


def test_redis_gets_bounded_waits(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://broker:6379/3")

    url, options = env.broker(visibility_timeout_s=1_320)

    assert url == "redis://broker:6379/3"
    assert options["visibility_timeout"] == 1_320
    assert options["socket_timeout"] == 10
    assert options["socket_connect_timeout"] == 3
    assert options["health_check_interval"] == 10


def test_without_redis_messages_are_files(monkeypatch, tmp_path):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(env, "VAR_DIR", tmp_path)

    url, options = env.broker(visibility_timeout_s=60)

    assert url == "filesystem://"
    assert Path(options["data_folder_in"]).is_dir()
    assert options["data_folder_in"] == options["data_folder_out"]
