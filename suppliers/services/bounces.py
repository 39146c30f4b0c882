"""Bounces: what a mail server says later, read from its message (RFC 3464)."""

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import Message as Mail

from suppliers.errors import BounceRefusedError
from suppliers.models import Message
from suppliers.services.sending import note_bounce

BYTES_MAX = 2 * 1024 * 1024
FAILED = "failed"


def read_bounce(*, raw: bytes, now: datetime) -> Message:
    """Mark the mail that a delivery status notification is about as bounced.

    The mail is known by the Message-ID that the notification gives back, and the
    notification has to be about the address that it went to.

    Args:
        raw: The notification as it came, at most 2 MiB.
        now: The moment, aware.

    Raises:
        BounceRefusedError: If it is no such notification, says that the mail is only
            delayed, or is about no mail of ours. Nothing is changed then.
    """
    if len(raw) > BYTES_MAX:
        raise BounceRefusedError(f"The file has {len(raw):,} bytes; 2 MiB are read.")
    notice = message_from_bytes(raw)
    if notice.get_content_type() != "multipart/report":
        raise BounceRefusedError("The file is no delivery status notification.")
    status = _status(notice)
    if status.get("Action", "").strip().lower() != FAILED:
        action = status.get("Action", "nothing")[:40]
        raise BounceRefusedError(f"It tells of no failure, but of: {action}.")
    message = _message(notice)
    recipient = status.get("Final-Recipient", "").rpartition(";")[2].strip()
    if recipient.lower() != message.to.lower():
        raise BounceRefusedError("It is about another address than the mail went to.")
    said = status.get("Diagnostic-Code", "").partition(";")[2].strip()
    words = " ".join((said or f"status {status.get('Status', 'unknown')}").split())
    note_bounce(message=message, error=words.replace("\0", ""), now=now)
    return message


def _status(notice: Mail) -> Mail:
    """Return the fields about the first recipient of whom a notification tells."""
    for part in notice.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in _blocks(part):
                if "Action" in block:
                    return block
    raise BounceRefusedError("The notification names no recipient.")


def _message(notice: Mail) -> Message:
    """Return our mail by the Message-ID that a notification gives back."""
    for part in notice.walk():
        given = []
        if part.get_content_type() == "message/rfc822":
            given = [block.get("Message-ID", "") for block in _blocks(part)]
        elif part.get_content_type() == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            if isinstance(text, bytes):
                given = [message_from_bytes(text).get("Message-ID", "")]
        for mail_id in given:
            found = (
                Message.objects.for_staff()
                .filter(mail_id=str(mail_id).strip().replace("\0", ""))
                .first()
            )
            if found is not None:
                return found
    raise BounceRefusedError("It is about no mail of ours.")


def _blocks(part: Mail) -> Iterator[Mail]:
    """Yield the messages a part holds."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Mail))
