"""Where pages about lines live: the portal's, a link's, or staff's addresses."""

from dataclasses import dataclass

from django.urls import reverse

from suppliers.tenancy import Tenant


@dataclass(frozen=True, slots=True)
class Place:
    """One set of addresses.

    Attributes:
        prefix: Of their names: ``portal``, ``link`` or ``commitment``.
        token: What a link's addresses begin with; empty for the others.
    """

    prefix: str
    token: str = ""

    def url(self, name: str = "", *keys: int) -> str:
        """Return an address by the last word of its name; "" is the first page."""
        view = f"{self.prefix}_{name}" if name else self.prefix
        return reverse(view, args=[*([self.token] if self.token else []), *keys])


def place_of(tenant: Tenant) -> Place:
    """Return the addresses of the door a tenant came in by."""
    return Place("link", tenant.token) if tenant.token else Place("portal")
