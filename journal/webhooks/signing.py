"""Signatures of webhooks, as Standard Webhooks 1.0 has them.

A secret is made from a random salt and the server's own key, so that a copy of the
database alone signs nothing.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

PREFIX = "whsec_"
_PURPOSE = b"rackline.webhook:"


def new_salt() -> str:
    """Return 256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


def shown(salt: str) -> str:
    """Return the secret of a salt as its receiver is told it, once: ``whsec_…``."""
    return PREFIX + base64.b64encode(_secret(salt)).decode()


def headers(
    *, message: str, at: datetime, body: bytes, salts: Iterable[str]
) -> dict[str, str]:
    """Return the three headers of a message, signed with each secret.

    Args:
        message: Its id: the same however often it is sent.
        at: When it is sent; receivers refuse one that is minutes old.
        body: As sent.
        salts: Of the secrets that are valid, the newest first.
    """
    timestamp = str(int(at.timestamp()))
    signed = f"{message}.{timestamp}.".encode() + body
    signatures = [_signature(_secret(salt), signed) for salt in salts]
    return {
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _secret(salt: str) -> bytes:
    """Return the 32 bytes that sign."""
    key = settings.SECRET_KEY.encode()
    return hmac.digest(key, _PURPOSE + salt.encode(), hashlib.sha256)


def _signature(secret: bytes, signed: bytes) -> str:
    """Return one signature of version 1."""
    digest = hmac.digest(secret, signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"
