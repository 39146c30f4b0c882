"""Signatures: the reference package takes ours, and nothing that was changed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from journal.webhooks.signing import headers, new_salt, shown

BODY = json.dumps({"type": "order.created", "data": {"name": "Größe 中文"}}).encode()


def signed(*salts, at=None):
    """Return the headers of a message."""
    return headers(message="evt_12", at=at or timezone.now(), body=BODY, salts=salts)


def test_the_reference_package_verifies_our_signature():
    salt = new_salt()

    said = Webhook(shown(salt)).verify(BODY, signed(salt))

    assert said == json.loads(BODY)


def test_we_sign_as_the_reference_package_does():
    salt = new_salt()
    at = datetime(2026, 11, 23, 12, 0, 1, tzinfo=UTC)

    theirs = Webhook(shown(salt)).sign("evt_12", at, BODY.decode())

    assert signed(salt, at=at) == {
        "webhook-id": "evt_12",
        "webhook-timestamp": "1795435201",
        "webhook-signature": theirs,
    }


def test_while_a_secret_changes_both_verify_and_a_third_does_not():
    old, new = new_salt(), new_salt()
    both = signed(new, old)

    for salt in (old, new):
        Webhook(shown(salt)).verify(BODY, both)
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(new_salt())).verify(BODY, both)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_one_changed_character_is_refused(changed):
    salt = new_salt()
    sent, body = signed(salt), BODY
    if changed == "webhook-id":
        sent[changed] = "evt_13"
    elif changed == "webhook-timestamp":
        sent[changed] = str(int(sent[changed]) + 1)
    else:
        body = BODY.replace(b"created", b"creater")

    with pytest.raises(WebhookVerificationError):
        Webhook(shown(salt)).verify(body, sent)


def test_an_old_message_sent_again_by_a_stranger_is_refused():
    salt = new_salt()

    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(shown(salt)).verify(
            BODY, signed(salt, at=timezone.now() - timedelta(minutes=6))
        )


def test_a_secret_needs_the_servers_key(settings):
    salt = new_salt()
    before = shown(salt)

    settings.SECRET_KEY = "another-key"

    assert shown(salt) != before
    assert before.startswith("whsec_")
