"""The whole demo: factory, suppliers, people, promises, a grid event, in one go.

Only here does everything the demo needs meet. Log-ins are fixed and public, so they are
made only where ``DEBUG`` or ``RACKLINE_DEMO`` says that this is no real system.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Model

from factory.demo import DemoFactory, build_factory
from factory.models import Order, Place, Site, StaffProfile
from journal.keys import create_client
from journal.models import ApiClient, Event
from journal.services import record
from scheduling.engine.units import FULL_PERMILLE
from scheduling.errors import DatabaseInUseError
from scheduling.models import (
    CustomerPromise,
    GridContract,
    GridEvent,
    MeteredPeak,
    Scenario,
)
from scheduling.services.scenarios import BASE_NAME
from suppliers.demo import build_suppliers
from suppliers.models import Supplier, SupplierUser

LOADED = "demo.loaded"
"""The kind of the event that marks a database as a demo's."""
PASSWORD = "rackline-demo"  # noqa: S105 - public on purpose
ERP_KEY = "rk_demo_harrow_creek_erp"
ERP_NAME = "Harrow Creek ERP"
CAP_SHARE_PERCENT = 80
INTERRUPTIBLE_PERCENT = 20
CURTAILED_HOURS = 100
PEAKS_PERMILLE = (842, 861, 853, 874, 890, 902, 931, 944, 926, 897, 868)
"""Metered peaks as shares of the contract, eleven months up to the last one."""
CAP_FROM = time(16)
CAP_LASTS = timedelta(hours=4)
LATER_SHARE = 0.15
MOVED_SHARE = 0.1

# username, given name, family name, role, place
STAFF = (
    ("planner", "Ruth", "Okafor", StaffProfile.Role.PLANNER, ""),
    ("buyer", "Mei-Ling", "Hsu", StaffProfile.Role.BUYER, ""),
    ("energy", "Tomás", "Reyes", StaffProfile.Role.ENERGY_DESK, ""),
    ("technician", "Leo", "Marsh", StaffProfile.Role.TECHNICIAN, Place.BAY),
    ("assembler", "Nia", "Brandt", StaffProfile.Role.TECHNICIAN, Place.STATION),
    ("quality", "Inês", "Duarte", StaffProfile.Role.QUALITY, ""),
    ("admin", "Robin", "Ito", StaffProfile.Role.ADMINISTRATOR, ""),
)
SUPPLIER_PEOPLE = (
    ("supplier", "LEAKSNS", "Ana", "Fuentes"),
    ("supplier2", "UQD", "Kenji", "Mori"),
)
"""Log-ins of the first suppliers of two parts that tell a story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One way into the demo.

    Attributes:
        who: What the person or machine is.
        name: The person's name, with the supplier's where there is one.
        username: What to sign in with; empty for a machine.
        secret: The password or key; empty where none was set.
        opens: The page or door it is for.
    """

    who: str
    name: str
    username: str
    secret: str
    opens: str


def may_set_passwords() -> bool:
    """Return whether this is no real system, so that public passwords do no harm."""
    return bool(settings.DEBUG or settings.RACKLINE_DEMO)


def loaded() -> Event | None:
    """Return the event of a demo's loading, or None. One query."""
    return Event.objects.filter(kind=LOADED).order_by("pk").first()


def foreign_rows() -> Iterator[str]:
    """Yield what the database holds, model by model: ``3 orders``."""
    rows: list[type[Model]] = [User, ApiClient, Event]
    for label in ("factory", "suppliers", "scheduling"):
        rows += apps.get_app_config(label).get_models()
    for model in rows:
        # Every row counts, whoever's it is.
        number = model._base_manager.count()  # noqa: SLF001
        if number:
            yield f"{number:,} {model._meta.verbose_name_plural}"  # noqa: SLF001


@transaction.atomic
def load(*, racks: int, seed: int, as_of: datetime) -> Event:
    """Fill an empty database with the demo; return the event that says so.

    Args:
        racks: How many racks; at least 1.
        seed: Of everything that is drawn.
        as_of: The demo's present, aware.

    Raises:
        DatabaseInUseError: If the database holds anything; names what.
    """
    held = list(foreign_rows())
    if held:
        raise DatabaseInUseError(held)
    moment = as_of.replace(second=0, microsecond=0)
    factory = build_factory(racks=racks, seed=seed, as_of=moment)
    build_suppliers(factory=factory, seed=seed, as_of=moment)
    _build_staff(factory)
    _build_supplier_people(factory)
    _build_promises(factory, seed)
    _build_schedule(factory)
    if may_set_passwords():
        create_client(
            name=ERP_NAME,
            system="erp",
            actor="system",
            sensitive_data=True,
            key=ERP_KEY,
        )
    return record(
        kind=LOADED,
        about=factory.site,
        actor="system",
        summary=f"Demo of {racks} racks loaded",
        after={"racks": racks, "seed": seed, "as_of": moment.isoformat()},
    )


def log_ins() -> list[Login]:
    """Return the demo's log-ins in the order a newcomer meets them. Three queries."""
    users = {user.username: user for user in User.objects.all()}
    found = []
    for username, _, _, role, _ in STAFF:
        if username in users:
            opens = "/floor/" if role == StaffProfile.Role.TECHNICIAN else "/"
            found.append(_login(users[username], StaffProfile.Role(role).label, opens))
    people = SupplierUser.objects.for_staff().select_related("user", "supplier")
    companies = {person.user.username: person.supplier.name for person in people}
    for username, _, _, _ in SUPPLIER_PEOPLE:
        if username in users:
            company = f"Supplier, {companies[username]}"
            found.append(_login(users[username], company, "/portal/"))
    if ApiClient.objects.filter(name=ERP_NAME).exists():
        found.append(
            Login(
                who="ERP client",
                name=ERP_NAME,
                username="",
                secret=ERP_KEY,
                opens="/api/v1/",
            )
        )
    return found


def _login(user: User, who: str, opens: str) -> Login:
    """Return a person's log-in, with the password while it is the demo's."""
    return Login(
        who=who,
        name=user.get_full_name(),
        username=user.username,
        secret=PASSWORD if user.check_password(PASSWORD) else "",
        opens=opens,
    )


def _user(factory: DemoFactory, username: str, first: str, last: str) -> User:
    """Write a person; without a password where this may be a real system."""
    user = User(
        username=username,
        first_name=first,
        last_name=last,
        email=f"{username}@{factory.site.code}.example",
        date_joined=factory.as_of,
    )
    if may_set_passwords():
        user.set_password(PASSWORD)
    else:
        user.set_unusable_password()
    user.save()
    return user


def _build_staff(factory: DemoFactory) -> None:
    """Write one person of each role."""
    for username, first, last, role, place in STAFF:
        user = _user(factory, username, first, last)
        if role == StaffProfile.Role.ADMINISTRATOR:
            user.is_staff = user.is_superuser = True
            user.save(update_fields=["is_staff", "is_superuser"])
        StaffProfile.objects.create(
            user=user, role=role, site=factory.site, place=place
        )


def _build_supplier_people(factory: DemoFactory) -> None:
    """Write a person of each of two suppliers, both of whom may answer."""
    for username, part, first, last in SUPPLIER_PEOPLE:
        supplier = (
            Supplier.objects.filter(sources__part=factory.parts[part])
            .exclude(people__user__username__in=[row[0] for row in SUPPLIER_PEOPLE])
            .order_by("pk")
            .first()
        )
        if supplier is not None:
            user = _user(factory, username, first, last)
            # Read in English by whoever tries the demo, with a switch on each page.
            SupplierUser.objects.for_staff().create(
                user=user, supplier=supplier, language="en"
            )


def _build_promises(factory: DemoFactory, seed: int) -> None:
    """Write what customers were promised: mostly their date, some later or moved."""
    random = Random(f"{seed}:promises")  # noqa: S311 - dice of a demo
    rows: list[CustomerPromise] = []
    second: list[tuple[CustomerPromise, CustomerPromise]] = []
    for order in factory.orders:
        date = order.requested_date
        if random.random() < LATER_SHARE:
            date += timedelta(days=random.randint(1, 3))
        made_at = order.received_at + timedelta(days=3)
        rows.append(_promise(order, made_at))
        rows[-1].date = date
        if random.random() < MOVED_SHARE:
            moved = _promise(order, made_at + timedelta(days=7), number=2)
            moved.kind = CustomerPromise.Kind.PUSH_OUT
            moved.date = date + timedelta(days=1)
            moved.limit = "material"
            moved.reason = "Cable cartridges came a day late."
            second.append((rows[-1], moved))
    CustomerPromise.objects.bulk_create(rows, batch_size=1_000)
    for first, moved in second:
        moved.predecessor = first
    CustomerPromise.objects.bulk_create(
        [moved for _, moved in second], batch_size=1_000
    )


def _promise(order: Order, made_at: datetime, number: int = 1) -> CustomerPromise:
    """Return an unsaved promise of an order's own date."""
    return CustomerPromise(
        order=order,
        number=number,
        kind=CustomerPromise.Kind.PROMISE,
        date=order.requested_date,
        quantity=order.quantity,
        actor="system",
        made_at=made_at,
    )


def _build_schedule(factory: DemoFactory) -> None:
    """Write the base scenario, what was metered, and 80 % of the grid tomorrow."""
    site: Site = factory.site
    tomorrow = factory.today + timedelta(days=1)
    starts_at = datetime.combine(tomorrow, CAP_FROM, tzinfo=factory.zone)
    GridEvent.objects.create(
        site=site,
        name=f"Grid asks for {CAP_SHARE_PERCENT} %",
        external_id=f"grid-{tomorrow:%Y%m%d}",
        starts_at=starts_at,
        ends_at=starts_at + CAP_LASTS,
        cap_w=site.contracted_import_w * CAP_SHARE_PERCENT // 100,
        received_at=factory.as_of - timedelta(hours=3),
    )
    GridContract.objects.create(
        site=site,
        interruptible_w=site.contracted_import_w * INTERRUPTIBLE_PERCENT // 100,
        curtailed_hours=CURTAILED_HOURS,
    )
    month = factory.today.replace(day=1)
    for permille in reversed(PEAKS_PERMILLE):
        month = (month - timedelta(days=1)).replace(day=1)
        MeteredPeak.objects.create(
            site=site,
            month=month,
            peak_w=site.contracted_import_w * permille // FULL_PERMILLE,
        )
    Scenario.objects.create(
        site=site,
        name=BASE_NAME,
        is_base=True,
        created_at=factory.as_of,
        changed_at=factory.as_of,
    )
