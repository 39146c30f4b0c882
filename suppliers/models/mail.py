"""What was mailed to whom, and the links the mails carried."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from suppliers.models.purchase_order import PurchaseOrder, PurchaseOrderLine
from suppliers.models.supplier import SupplierUser
from suppliers.models.tenant import TenantManager


class Message(models.Model):
    """One mail to one contact: queued with its lines, sent by the dispatcher.

    The text is written when it is sent and kept nowhere, since it holds links.
    ``mail_id`` is its Message-ID, which a bounce names. ``day`` is the date at the
    supplier when it was queued; ``reason`` says why a buyer sent a second one that day.
    ``opened_at`` is set by a POST alone: the page's own note that somebody looks at it,
    or the first answer.
    """

    class Purpose(models.TextChoices):
        """Why it was sent."""

        DIGEST = "digest", "Daily digest"
        REMINDER = "reminder", "Reminder"
        NEW_LINK = "new_link", "New link"

    contact = models.ForeignKey(SupplierUser, models.PROTECT, related_name="messages")
    to = models.EmailField()
    purpose = models.CharField(max_length=10, choices=Purpose)
    day = models.DateField()
    reason = models.CharField(max_length=200, blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    mail_id = models.CharField(max_length=200, unique=True)
    queued_at = models.DateTimeField(default=timezone.now)
    try_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, default="")

    SUPPLIER_PATH: ClassVar = "contact__supplier"
    objects = TenantManager["Message"]()

    class Meta:
        """At most one a day without a reason; a bounce says what was answered."""

        ordering = ["-queued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "day"],
                condition=Q(purpose__in=["digest", "reminder"], reason=""),
                name="message_one_a_day",
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True) | Q(sent_at__isnull=False),
                name="message_opened_was_sent",
            ),
            models.CheckConstraint(
                condition=Q(bounced_at__isnull=True) | ~Q(error=""),
                name="message_bounce_has_error",
            ),
            models.CheckConstraint(condition=~Q(to=""), name="message_to_given"),
        ]
        indexes = [
            models.Index(
                fields=["try_at"],
                condition=Q(sent_at__isnull=True, bounced_at__isnull=True),
                name="message_waiting",
            )
        ]

    def __str__(self) -> str:
        """Return purpose and address."""
        return f"{self.purpose} to {self.to}"


class MessageLine(models.Model):
    """A line that a mail asked about."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="lines")
    line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="+")

    SUPPLIER_PATH: ClassVar = "message__contact__supplier"
    objects = TenantManager["MessageLine"]()

    class Meta:
        """A mail names a line once."""

        constraints = [
            models.UniqueConstraint(
                fields=["message", "line"], name="message_line_unique"
            )
        ]

    def __str__(self) -> str:
        """Return message and line."""
        return f"{self.message_id}: {self.line_id}"


class AnswerLink(models.Model):
    """A link that lets one contact answer for one purchase order without a log-in.

    The token itself is in the mail alone; ``token_hash`` is its SHA-256 in hex. Each
    mail carries a fresh one; the one before it, ``replaced_at``, works on for a while.
    """

    contact = models.ForeignKey(SupplierUser, models.PROTECT, related_name="links")
    purchase_order = models.ForeignKey(
        PurchaseOrder, models.PROTECT, related_name="links"
    )
    message = models.ForeignKey(Message, models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True, blank=True)

    SUPPLIER_PATH: ClassVar = "purchase_order__supplier"
    objects = TenantManager["AnswerLink"]()

    class Meta:
        """One newest link a contact and order; used links say when."""

        constraints = [
            models.UniqueConstraint(
                fields=["contact", "purchase_order"],
                condition=Q(replaced_at__isnull=True, revoked_at__isnull=True),
                name="answer_link_one_newest",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")),
                name="answer_link_expires_later",
            ),
            models.CheckConstraint(
                condition=Q(uses=0, last_used_at__isnull=True)
                | Q(uses__gte=1, last_used_at__isnull=False),
                name="answer_link_used_iff_moment",
            ),
        ]

    def __str__(self) -> str:
        """Return contact and order."""
        return f"link of {self.contact_id} to {self.purchase_order_id}"
