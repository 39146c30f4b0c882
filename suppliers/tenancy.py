"""Whose page this is: the supplier behind a signed-in person, and that person's rights.

Portal views reach rows through a ``Tenant`` alone; a test reads their source for any
other way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from suppliers.models import (
    AnswerLink,
    Commitment,
    CommitRevision,
    Delegation,
    PurchaseOrder,
    PurchaseOrderLine,
    Shipment,
    Source,
    Supplier,
    SupplierUser,
    Upload,
)
from suppliers.queries.people import covered_by, today_of

Role = SupplierUser.Role

RIGHTS = (Role.ANSWER, Role.SHIP, Role.READ)
"""Each includes those that follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One supplier, as one of its people sees it.

    Attributes:
        supplier: Whose rows these are; no other's can be reached.
        person: Who is signed in, or whom the link was sent to.
        role: What that person may do, by right or while covering for a colleague.
        covering: Whom the person covers for today.
        order: The one order a link opens; None: all of the supplier's.
        token: The link's; empty for who has signed in.
    """

    supplier: Supplier
    person: User
    role: Role
    covering: tuple[Delegation, ...] = ()
    order: PurchaseOrder | None = None
    token: str = field(default="", repr=False)

    @property
    def zone(self) -> ZoneInfo:
        """Return the supplier's time zone."""
        return ZoneInfo(self.supplier.zone)

    @property
    def can_answer(self) -> bool:
        """Say whether the person may answer for lines."""
        return self.may(Role.ANSWER)

    def may(self, role: Role) -> bool:
        """Say whether the person's rights include those of a role."""
        return RIGHTS.index(self.role) <= RIGHTS.index(role)

    def must(self, role: Role) -> None:
        """Go on only if the person's rights include those of a role.

        Raises:
            PermissionDenied: If not; the sentence is shown.
        """
        if role == Role.ANSWER:
            self.must_answer()
        if not self.may(role):
            raise PermissionDenied(
                _(
                    "You may read for %(supplier)s, not announce what leaves. "
                    "A colleague who may ship can."
                )
                % {"supplier": self.supplier.name}
            )

    def must_answer(self) -> None:
        """Go on only if the person may answer.

        Raises:
            PermissionDenied: If not; the sentence is shown.
        """
        if not self.can_answer:
            raise PermissionDenied(
                _(
                    "You may read for %(supplier)s, not answer. "
                    "A colleague who may answer can."
                )
                % {"supplier": self.supplier.name}
            )

    def local(self, at: datetime) -> datetime:
        """Return a moment in the supplier's zone."""
        return at.astimezone(self.zone)

    def lines(self) -> QuerySet[PurchaseOrderLine]:
        """Return the supplier's lines, or the one order's."""
        rows = PurchaseOrderLine.objects.for_supplier(self.supplier)
        return rows.filter(purchase_order=self.order) if self.order else rows

    def commitments(self) -> QuerySet[Commitment]:
        """Return the supplier's commitments, or those on the one order."""
        rows = Commitment.objects.for_supplier(self.supplier)
        return rows.filter(line__purchase_order=self.order) if self.order else rows

    def sources(self) -> QuerySet[Source]:
        """Return the parts the supplier is approved for."""
        return Source.objects.for_supplier(self.supplier)

    def acting(self) -> SupplierUser:
        """Return the person's own row among the supplier's people. One query."""
        people = SupplierUser.objects.for_supplier(self.supplier)
        return people.select_related("supplier").get(user=self.person)

    def revisions(self) -> QuerySet[CommitRevision]:
        """Return everything the supplier said, or said about the one order."""
        rows = CommitRevision.objects.for_supplier(self.supplier)
        if self.order:
            rows = rows.filter(commitment__line__purchase_order=self.order)
        return rows

    def uploads(self) -> QuerySet[Upload]:
        """Return the spreadsheets the supplier sent."""
        return Upload.objects.for_supplier(self.supplier)

    def shipments(self) -> QuerySet[Shipment]:
        """Return what the supplier has announced."""
        return Shipment.objects.for_supplier(self.supplier)


def tenant_of(request: HttpRequest) -> Tenant:
    """Return the tenant of a request. At most three queries, two of them kept.

    Who covers for a colleague today has that colleague's rights as well.

    Raises:
        PermissionDenied: If the user acts for no supplier, or its supplier is not
            active any more.
    """
    person = request.user
    if not isinstance(person, User):
        raise PermissionDenied("Sign in first.")
    acting: SupplierUser | None = getattr(person, "supplier_user", None)
    if acting is None or not acting.supplier.is_active:
        raise PermissionDenied(_("You act for no supplier at present."))
    covering = covered_by(acting, today=today_of(acting.supplier, timezone.now()))
    return Tenant(
        supplier=acting.supplier,
        person=person,
        role=_highest(acting, covering),
        covering=covering,
    )


def _highest(acting: SupplierUser, covering: Iterable[Delegation]) -> Role:
    """Return the most a person may do, by right or while covering."""
    roles = [acting.role, *(row.person.role for row in covering)]
    return min((Role(role) for role in roles), key=RIGHTS.index)


def tenant_of_link(link: AnswerLink, token: str) -> Tenant:
    """Return the tenant a live link stands for: its contact, its one order. One query.

    Args:
        link: With its contact's user and supplier, and its order.
        token: What the link's addresses begin with.
    """
    today = today_of(link.contact.supplier, timezone.now())
    covering = covered_by(link.contact, today=today)
    return Tenant(
        supplier=link.contact.supplier,
        person=link.contact.user,
        role=_highest(link.contact, covering),
        covering=covering,
        order=link.purchase_order,
        token=token,
    )
