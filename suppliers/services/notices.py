"""Advance ship notices as suppliers give them, and what may stand in one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from factory.models import Site
from factory.services.stock import LOT_MAX
from journal.wording import full_date, grouped
from suppliers.errors import SerialsRefusedError, ShipmentRefusedError
from suppliers.models import Shipment, ShipmentSerial, Supplier
from suppliers.serials import checked_serials
from suppliers.services.hold import Held

LINES_MAX = 200
TRANSIT_MAX_DAYS = 180
NUMBER_MAX = 40
WORDS_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Pieces of one purchase-order line in a shipment.

    Attributes:
        line_id: The line they are for.
        quantity: Pieces, at least 1.
        serials: One a piece, or none.
        lot: The supplier's lot, if it has one.
        package: The box or pallet they are in.
        promised_on: The promised dock date they answer; None is the earliest.
    """

    line_id: int
    quantity: int
    serials: tuple[str, ...] = ()
    lot: str = ""
    package: str = ""
    promised_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An advance ship notice as a supplier gives it.

    Attributes:
        number: The supplier's own, up to 40 characters; one is made if it is empty.
        carrier: Who carries it.
        shipped_on: The day it left.
        expected_on: The dock date it is expected on.
        items: What is in it; 1 to ``LINES_MAX``.
        tracking_number: The carrier's.
        packing_list: Number of the paper that comes with the goods.
    """

    carrier: str
    shipped_on: date
    expected_on: date
    items: tuple[Item, ...]
    number: str = ""
    tracking_number: str = ""
    packing_list: str = ""


def notice_of(shipment: Shipment) -> Notice:
    """Return a shipment as it was announced. Two queries."""
    return Notice(
        number=shipment.number,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        packing_list=shipment.packing_list,
        shipped_on=shipment.shipped_on,
        expected_on=shipment.expected_on,
        items=tuple(
            Item(
                line_id=row.line_id,
                quantity=row.quantity,
                serials=tuple(one.serial for one in row.serials.all()),
                lot=row.lot,
                package=row.package,
                promised_on=row.promised_on,
            )
            for row in shipment.lines.prefetch_related("serials")
        ),
    )


def facts(notice: Notice) -> dict[str, Any]:
    """Return what an event keeps of a notice."""
    facts = asdict(notice)
    facts["shipped_on"] = notice.shipped_on.isoformat()
    facts["expected_on"] = notice.expected_on.isoformat()
    for item in facts["items"]:
        item["promised_on"] = item["promised_on"] and item["promised_on"].isoformat()
    return facts


def one_site(helds: Iterable[Held]) -> Site:
    """Return the site all lines are for, or refuse the mixture."""
    sites = {held.line.purchase_order.site for held in helds}
    if len(sites) > 1:
        names = ", ".join(sorted(site.name for site in sites))
        raise ShipmentRefusedError(
            "lines",
            _("One shipment goes to one site; these lines are for %(names)s.")
            % {"names": names},
        )
    return sites.pop()


def check_notice(notice: Notice, held: Held, supplier: Supplier) -> None:
    """Refuse words that cannot be kept and days that cannot be."""
    limits = {
        "number": NUMBER_MAX,
        "carrier": WORDS_MAX,
        "tracking_number": WORDS_MAX,
        "packing_list": WORDS_MAX,
    }
    for field, limit in limits.items():
        words = getattr(notice, field)
        if len(words) > limit or not words.isprintable():
            raise ShipmentRefusedError(
                field,
                _("Plain text of up to %(limit)s characters is kept here.")
                % {"limit": limit},
            )
    if not notice.carrier.strip():
        raise ShipmentRefusedError("carrier", _("Say who carries it."))
    order = held.line.purchase_order
    first = order.ordered_at.astimezone(ZoneInfo(order.site.zone)).date()
    # It may be tomorrow already where it leaves from.
    last = max(held.today, held.now.astimezone(ZoneInfo(supplier.zone)).date())
    if not first <= notice.shipped_on <= last:
        raise ShipmentRefusedError(
            "shipped_on",
            _(
                "It can have left from %(first)s to %(last)s; %(shipped_on)s "
                "is given. Announce it once it has left."
            )
            % {
                "first": full_date(first),
                "last": full_date(last),
                "shipped_on": full_date(notice.shipped_on),
            },
        )
    latest = notice.shipped_on + timedelta(days=TRANSIT_MAX_DAYS)
    if not notice.shipped_on <= notice.expected_on <= latest:
        raise ShipmentRefusedError(
            "expected_on",
            _(
                "It can arrive from %(shipped_on)s to %(latest)s; "
                "%(expected_on)s is given."
            )
            % {
                "shipped_on": full_date(notice.shipped_on),
                "latest": full_date(latest),
                "expected_on": full_date(notice.expected_on),
            },
        )


def check_number(supplier: Supplier, number: str) -> None:
    """Refuse a number this supplier has used."""
    if Shipment.objects.for_supplier(supplier).filter(number=number).exists():
        raise ShipmentRefusedError(
            "number",
            _("You have announced a shipment %(number)s already.") % {"number": number},
        )


def next_number(supplier: Supplier) -> str:
    """Return a number for a shipment without one; the supplier's row is locked."""
    taken = set(
        Shipment.objects.for_supplier(supplier)
        .filter(number__startswith="ASN-")
        .values_list("number", flat=True)
    )
    count = len(taken) + 1
    while f"ASN-{count}" in taken:
        count += 1
    return f"ASN-{count}"


def check_item(field: str, item: Item, held: Held) -> None:
    """Refuse one line of a notice that cannot be kept as given."""
    if item.quantity < 1:
        raise ShipmentRefusedError(
            f"{field}.quantity",
            _("%(line)s: %(quantity)s pieces are none. Say 1 or more.")
            % {"line": held.name, "quantity": grouped(item.quantity)},
        )
    for name in ("lot", "package"):
        words = getattr(item, name)
        if len(words) > LOT_MAX or not words.isprintable():
            raise ShipmentRefusedError(
                f"{field}.{name}",
                _("%(line)s: plain text of up to %(limit)s characters is kept here.")
                % {"line": held.name, "limit": LOT_MAX},
            )
    days = [delivery.on for delivery in held.promise]
    if item.promised_on is not None and item.promised_on not in days:
        raise ShipmentRefusedError(
            f"{field}.promised_on",
            _("%(line)s: nothing is promised for %(promised_on)s.")
            % {"line": held.name, "promised_on": full_date(item.promised_on)},
        )
    serials = checked_serials(item.serials, field=f"{field}.serials")
    if serials and len(serials) != item.quantity:
        raise SerialsRefusedError(
            f"{field}.serials",
            _(
                "%(line)s: %(quantity)s pieces with %(serials)s serial "
                "numbers. Give one for each piece, or none."
            )
            % {
                "line": held.name,
                "quantity": grouped(item.quantity),
                "serials": grouped(len(serials)),
            },
        )


def check_pieces(field: str, held: Held) -> None:
    """Refuse more pieces on the way than are promised and not come."""
    promised = sum(delivery.quantity for delivery in held.promise)
    if held.line.on_the_way > promised:
        over = held.line.on_the_way - promised
        raise ShipmentRefusedError(
            field,
            _(
                "%(line)s: %(promised)s pieces are promised and still to come; "
                "with this shipment %(on_the_way)s would be on the way, "
                "%(over)s too many. Promise them first, or ship fewer."
            )
            % {
                "line": held.name,
                "promised": grouped(promised),
                "on_the_way": grouped(held.line.on_the_way),
                "over": grouped(over),
            },
        )


def check_serials(supplier: Supplier, items: Sequence[Item]) -> None:
    """Refuse a serial number given on two lines, or sent by this supplier before."""
    counts = Counter(serial for item in items for serial in item.serials)
    twice = next((serial for serial, count in counts.items() if count > 1), None)
    if twice is not None:
        raise SerialsRefusedError(
            "lines",
            _("Serial number %(serial)s is given on two lines.") % {"serial": twice},
        )
    sent = (
        ShipmentSerial.objects.for_supplier(supplier)
        .filter(serial__in=list(counts), is_live=True)
        .select_related("shipment_line__shipment")
        .order_by("serial")
        .first()
    )
    if sent is not None:
        raise SerialsRefusedError(
            "lines",
            _("Serial number %(serial)s is in your shipment %(number)s already.")
            % {"serial": sent.serial, "number": sent.shipment_line.shipment.number},
        )
