"""Who answers: the person or client, the door, and whose doing it is."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import AbstractBaseUser

from suppliers.models import CommitRevision

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
    """

    actor: str
    door: Door
    user_id: int | None = None
    cause: Cause = Cause.SUPPLIER
    request_id: str = ""

    @classmethod
    def of_user(
        cls, user: AbstractBaseUser, *, door: Door, cause: Cause = Cause.SUPPLIER
    ) -> Self:
        """Return the author a signed-in user is."""
        return cls(actor=f"user:{user.pk}", door=door, user_id=user.pk, cause=cause)
