"""Over the wire: to the address that was checked, within limits, no redirects."""

import socket
import ssl
import threading
from contextlib import contextmanager
from itertools import count

import pytest

from journal.webhooks.addresses import Door
from journal.webhooks.sending import Letter, Post, Sent
from tests.builders.certificates import a_certificate
from tests.builders.ports import a_silent_port
from tests.builders.webhooks import a_receiver


def letter(url, **headers):
    """Return a small letter."""
    return Letter(url=url, headers=headers, body=b'{"type":"ping"}')


def post(*named, addresses=("127.0.0.1",), **values):
    """Return a post that may reach some named hosts, which lead to this machine."""
    names = Door(private_hosts=set(named), resolve=lambda *_: addresses)
    return Post(door=names, **values)


def test_what_is_sent_arrives_whole():
    with a_receiver() as receiver:
        sent = post("127.0.0.1").send(letter(receiver.url, **{"webhook-id": "evt_1"}))

    assert sent == Sent(204)
    path, headers, body = receiver.requests[0]
    assert (path, headers["webhook-id"], body) == (
        "/hooks",
        "evt_1",
        b'{"type":"ping"}',
    )


def test_a_name_is_resolved_once_and_the_host_keeps_its_name():
    asked = []

    def resolve_once(host, port):
        """Lead here the first time, elsewhere ever after."""
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.9.9.9"]

    with a_receiver() as receiver:
        name = f"erp.internal:{receiver.port}"
        door = Door(private_hosts={name}, resolve=resolve_once)
        sent = Post(door=door).send(letter(f"http://{name}/in"))

    assert sent.has_arrived
    assert asked == ["erp.internal"]
    assert receiver.requests[0][1]["host"] == name


def test_a_host_that_leads_inside_is_never_connected_to():
    with a_receiver() as receiver:
        sent = post().send(letter("https://hooks.example.com/"))

    assert sent.status is None
    assert "hooks.example.com leads to 127.0.0.1" in sent.error
    assert receiver.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(status):
    with a_receiver() as inside, a_receiver(status=status) as receiver:
        receiver.headers["Location"] = inside.url
        sent = post("127.0.0.1").send(letter(receiver.url))

    assert sent == Sent(status, f"Answered {status}")
    assert inside.requests == []


def test_410_says_that_no_more_is_wanted():
    with a_receiver(status=410) as receiver:
        sent = post("127.0.0.1").send(letter(receiver.url))

    assert sent.is_gone
    assert not sent.has_arrived


def test_where_nobody_listens_there_is_no_connection():
    with a_silent_port() as port:
        sent = post("127.0.0.1").send(letter(f"http://127.0.0.1:{port}/"))

    assert sent.status is None
    assert sent.error.startswith("No connection")


@contextmanager
def speaking(script):
    """Serve one connection by a script that is given the socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            """Take one connection; its peer may hang up at any time."""
            peer, _ = listener.accept()
            with peer:
                try:
                    script(peer)
                except OSError:
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


def test_an_answer_without_end_is_cut_off():
    def babble(peer):
        """Send headers for ever."""
        peer.recv(65_536)
        peer.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(10_000):
            peer.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1_000))

    with speaking(babble) as url:
        sent = post("127.0.0.1").send(letter(url))

    assert not sent.has_arrived
    assert sent.error.startswith("No connection")


def test_a_receiver_that_drips_is_given_its_time_and_no_more():
    ticks = count()

    def drip(peer):
        """Send one header at a time, each soon enough for a plain timeout."""
        peer.recv(65_536)
        peer.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(1_000):
            peer.sendall(b"X-%d: a\r\n" % number)

    with speaking(drip) as url:
        # Each look at the clock takes a second.
        sent = post("127.0.0.1", clock=lambda: float(next(ticks)), within_s=3.0).send(
            letter(url)
        )

    assert sent == Sent(None, "No answer within 3 s")


def test_what_is_no_http_is_no_connection():
    def hello(peer):
        """Speak another language."""
        peer.recv(65_536)
        peer.sendall(b"220 mail.example ESMTP\r\n")

    with speaking(hello) as url:
        sent = post("127.0.0.1").send(letter(url))

    assert sent.status is None
    assert sent.error.startswith("No connection")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return files of a certificate for erp.internal alone, and its key."""
    return a_certificate(tmp_path_factory.mktemp("tls"), "erp.internal")


def test_the_certificate_must_be_the_names_not_the_addresss(certificate):
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=certificate[0])

    with a_receiver(tls=serving) as receiver:
        right, wrong = (
            f"{name}:{receiver.port}" for name in ("erp.internal", "other.internal")
        )
        sender = post(right, wrong, ssl_context=trusting)
        taken = sender.send(letter(f"https://{right}/in"))
        refused = sender.send(letter(f"https://{wrong}/in"))

    assert taken == Sent(204)
    assert receiver.requests[0][1]["host"] == right
    assert refused.status is None
    assert "certificate" in refused.error
    assert len(receiver.requests) == 1
