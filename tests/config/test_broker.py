"""The bundled broker."""

import pytest
import redis

from config import broker


@pytest.fixture
def running(tmp_path):
    """Return a broker of our own that runs for one test."""
    prepared = broker.prepare(tmp_path / "data", tmp_path / "broker.log")
    if prepared is None:
        pytest.skip("this machine has neither a bundled nor an own broker")
    prepared.process.start()
    broker.wait_until_it_answers(prepared)
    yield prepared
    prepared.process.ask_to_stop()
    prepared.process.reap(0.0)


@pytest.mark.broker
def test_it_asks_for_its_password_and_listens_on_loopback_only(running):
    without_password = running.url.replace(running.url.split("@")[0], "redis://")

    with (
        redis.Redis.from_url(without_password.replace("//@", "//")) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    with redis.Redis.from_url(running.url) as client:
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


@pytest.mark.broker
def test_it_writes_every_message_down_and_drops_none(running):
    with redis.Redis.from_url(running.url) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {
            "maxmemory-policy": "noeviction"
        }


@pytest.mark.broker
def test_a_message_survives_a_killed_broker(running):
    with redis.Redis.from_url(running.url) as client:
        client.lpush("solve", "run 42")
        client.execute_command("WAITAOF", 1, 0, 5_000)

    running.process.popen.kill()
    running.process.popen.wait()
    running.process.start()
    broker.wait_until_it_answers(running)

    with redis.Redis.from_url(running.url) as client:
        assert client.lpop("solve") == b"run 42"


def test_its_password_is_for_this_user_alone(tmp_path):
    prepared = broker.prepare(tmp_path, tmp_path / "broker.log")

    config = tmp_path / "broker.conf"
    password = prepared.url.split(":")[2].split("@")[0]
    assert config.stat().st_mode & 0o777 == 0o600
    assert f"requirepass {password}" in config.read_text()
    assert not any(password in part for part in prepared.process.command)


def test_without_any_server_there_is_no_broker(tmp_path, monkeypatch):
    monkeypatch.setattr(broker, "get_binary_path", None)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert broker.prepare(tmp_path, tmp_path / "broker.log") is None


def test_a_redis_of_the_machine_stands_in(tmp_path, monkeypatch):
    program = tmp_path / "redis-server"
    program.touch(mode=0o755)
    monkeypatch.setattr(broker, "get_binary_path", None)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert broker.find_server() == (str(program), "redis-server, of this machine")
