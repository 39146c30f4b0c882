"""A mail that its contact has answered was opened, whichever door the answer took.

A consumer of the journal with a cursor of its own: answering knows nothing of mails.
"""

from journal.cursors import Consumer
from journal.models import Event
from suppliers.models import Message

ANSWERS = frozenset(
    {
        "commitment.acknowledged",
        "commitment.changed",
        "commitment.committed",
        "commitment.decommitted",
        "commitment.rejected",
    }
)
USER = "user:"


def note_answers(events: tuple[Event, ...]) -> None:
    """Note the mails that events answer as opened. One query an answer by a person."""
    for event in events:
        if event.kind in ANSWERS and event.actor.startswith(USER):
            Message.objects.for_staff().filter(
                contact__user=int(event.actor.removeprefix(USER)),
                lines__line__commitment=int(event.object_id),
                sent_at__lte=event.at,
                opened_at=None,
            ).update(opened_at=event.at)


MAIL_ANSWERS = Consumer(name="mail", handle=note_answers)
