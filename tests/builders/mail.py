"""Mails and the links in them, sent as the dispatcher sends them."""

import re
from datetime import datetime

from django.contrib.auth.models import User
from django.core import mail
from django.db import connection

from suppliers.models import Message, PurchaseOrderLine, Supplier, SupplierUser
from suppliers.services.mail import queue_digests, remind
from suppliers.services.sending import send_waiting
from tests.builders.factory import NOW
from tests.builders.suppliers import a_line, a_supplier_user

LINK = re.compile(r"https?://\S+/answer/(\S+?)/")


def a_contact(
    supplier: Supplier | None = None, *, email: str = "ana@tessaline.example"
) -> SupplierUser:
    """Return a person who may answer and has an address."""
    user = a_supplier_user(supplier)
    User.objects.filter(pk=user.pk).update(email=email)
    return (
        SupplierUser.objects.for_staff()
        .select_related("user", "supplier")
        .get(user=user)
    )


def a_mail(contact: SupplierUser, *, now: datetime = NOW) -> Message:
    """Return the newest mail to a contact after the day's digests were sent."""
    queue_digests(now=now)
    send_waiting(now=now)
    return Message.objects.for_staff().filter(contact=contact).first()


def tokens() -> list[str]:
    """Return the tokens of every link in every mail sent, the oldest first."""
    return [token for one in mail.outbox for token in LINK.findall(one.body)]


def a_link(line: PurchaseOrderLine | None = None) -> str:
    """Return the token of a link to a line's order, as its supplier's contact got it.

    It is mailed on the builders' present, 22:00 in Taipei, whatever the hour.
    """
    line = line or a_line()
    contact = a_contact(line.purchase_order.supplier)
    remind(line_ids=[line.pk], by=contact.user, now=NOW)
    send_waiting(now=NOW)
    return tokens()[-1]


def dump() -> dict[str, list[tuple]]:
    """Return every row of every table of the database."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found
