"""Changes of orders on a plan of 1,000 racks: how long a look takes, what it moves."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from time import monotonic

from django.utils import timezone

from config.celery import freeze_what_is_loaded
from factory.errors import OrderChangeRefusedError
from factory.models import Customer, Order, OrderChange, RackModel
from factory.order_rules import Kind, Wish
from factory.services.order_changes import Signed
from scheduling import previewing
from scheduling.models import ChangePreview
from scheduling.services import order_changes, previews
from tests.bench.row import Row, at_most, middle, p95
from tests.bench.worlds import World

LOOK_S, MOVED_PERCENT = 2.0, 5.0
EMERGENCIES, MINUTE_S = 50, 60.0
BY = Signed(author="Bench", actor="system")
KINDS = (
    Kind.INCREASE,
    Kind.DECREASE,
    Kind.CANCEL,
    Kind.PULL_IN,
    Kind.PUSH_OUT,
    Kind.CUSTOMER_SWITCH,
    Kind.EMERGENCY_ADD,
    Kind.PAUSE,
    Kind.MODEL_CHANGE,
)


def change_rows(world: World, seeds: int) -> Iterator[Row]:
    """Measure looks at seeded changes of every kind, then a minute of emergencies."""
    freeze_what_is_loaded()
    _look(world, Kind.INCREASE, Random(0))
    spent: list[float] = []
    moved: list[float] = []
    refused = 0
    for kind in KINDS:
        for seed in range(seeds):
            found = _look(world, kind, Random(seed))
            if found is None:
                refused += 1
                continue
            seconds, preview = found
            spent.append(seconds)
            share = preview.firm.get("moved_racks", 0) / max(
                1, preview.unaffected_racks
            )
            moved.append(100 * share)
    note = f"{len(spent)} changes of {len(KINDS)} kinds, {refused} not possible; "
    note += f"median {middle(spent):.2f} s; claim to answer stored"
    yield at_most("change: look at it, p95", p95(spent), LOOK_S, "s", note)
    yield at_most(
        "change: unaffected racks moved, most", max(moved), MOVED_PERCENT, "%", note
    )
    yield _emergencies(world)


def _look(
    world: World, kind: Kind, random: Random
) -> tuple[float, ChangePreview] | None:
    """Look at one change; None where the chosen order cannot take it."""
    order = random.choice(list(Order.objects.filter(state="open").order_by("pk")))
    wish = _wish(order, kind, random)
    try:
        preview = previews.dry_run(order=order, wish=wish, actor="system")
    except OrderChangeRefusedError:
        return None
    began = monotonic()
    claimed = previews.claim(preview.pk)
    if claimed is None:
        return None
    previewing.execute(claimed)
    seconds = monotonic() - began
    return seconds, ChangePreview.objects.get(pk=preview.pk)


def _wish(order: Order, kind: Kind, random: Random) -> Wish:
    """Return a change that an order may take."""
    late = kind in {Kind.PUSH_OUT, Kind.RESTART}
    shift = timedelta(days=random.randint(1, 7) * (1 if late else -1))
    wished = {
        Kind.INCREASE: order.quantity + random.randint(1, 4),
        Kind.DECREASE: max(1, order.quantity - random.randint(1, 4)),
        Kind.EMERGENCY_ADD: random.randint(1, 4),
        Kind.CUSTOMER_SWITCH: random.randint(1, order.quantity),
    }
    dated = {Kind.PULL_IN, Kind.PUSH_OUT, Kind.EMERGENCY_ADD}
    customers = Customer.objects.exclude(pk=order.customer_id).order_by("pk")
    models = RackModel.objects.exclude(pk=order.rack_model_id).order_by("pk")
    return Wish(
        kind=kind,
        reason="Measured.",
        quantity=wished.get(kind),
        requested_date=max(timezone.localdate(), order.requested_date + shift)
        if kind in dated
        else None,
        customer=random.choice(list(customers))
        if kind == Kind.CUSTOMER_SWITCH
        else None,
        rack_model=random.choice(list(models)) if kind == Kind.MODEL_CHANGE else None,
    )


def _emergencies(world: World) -> Row:
    """Ask for 50 emergencies as fast as they come, look at each, and count."""
    random = Random(world.seed)
    orders = list(Order.objects.filter(state="open").order_by("pk"))
    before = OrderChange.objects.count()
    began = monotonic()
    for _ in range(EMERGENCIES):
        order_changes.propose(
            order=random.choice(orders),
            wish=Wish(
                kind=Kind.EMERGENCY_ADD,
                reason="An outage at the customer's.",
                quantity=1,
                requested_date=timezone.localdate() + timedelta(days=14),
            ),
            by=BY,
        )
    asked_s = monotonic() - began
    waiting = ChangePreview.objects.filter(state="requested", change__isnull=False)
    for pk in list(waiting.values_list("pk", flat=True)):
        claimed = previews.claim(pk)
        if claimed is not None:
            previewing.execute(claimed)
    kept = OrderChange.objects.count() - before
    answered = ChangePreview.objects.filter(
        state="answered", change__kind=Kind.EMERGENCY_ADD
    ).count()
    return at_most(
        f"{EMERGENCIES} emergencies: asked for and kept",
        asked_s,
        MINUTE_S,
        "s",
        f"{kept} of {EMERGENCIES} kept, {answered} looked at and answered, the last "
        f"{monotonic() - began:.0f} s after the first was asked, by one worker",
    )
