"""Who answers: the person or client, the door, and whose doing it is."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import AbstractBaseUser

from suppliers.errors import NotYourLineError
from suppliers.models import CommitRevision, PurchaseOrderLine
from suppliers.tenancy import Tenant

Door = CommitRevision.Door
Cause = CommitRevision.Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """One who answers for a line.

    Attributes:
        actor: ``user:12``, ``client:3`` or ``system``.
        door: The way the answer came in.
        user_id: The user behind it, if it is one.
        cause: Whose doing it is. Only staff may say that it is not the supplier's.
        request_id: Of the HTTP request, if one caused it.
        supplier_id: The supplier it may answer for; None: any, as staff and ERPs may.
    """

    actor: str
    door: Door
    user_id: int | None = None
    cause: Cause = Cause.SUPPLIER
    request_id: str = ""
    supplier_id: int | None = None

    @classmethod
    def of_user(
        cls, user: AbstractBaseUser, *, door: Door, cause: Cause = Cause.SUPPLIER
    ) -> Self:
        """Return the author a signed-in user is."""
        return cls(actor=f"user:{user.pk}", door=door, user_id=user.pk, cause=cause)

    @classmethod
    def of_tenant(cls, tenant: Tenant, *, door: Door) -> Self:
        """Return the author one of a supplier's people is.

        Raises:
            PermissionDenied: If the person may not answer.
        """
        tenant.must_answer()
        return cls(
            actor=f"user:{tenant.person.pk}",
            door=door,
            user_id=tenant.person.pk,
            supplier_id=tenant.supplier.pk,
        )

    def must_speak_for(self, line: PurchaseOrderLine) -> None:
        """Go on only if the author may answer for a line, whichever way it was found.

        Raises:
            NotYourLineError: If the line is another supplier's.
        """
        if self.supplier_id not in {None, line.purchase_order.supplier_id}:
            raise NotYourLineError
