"""Random lives of orders: changes by every door while the floor goes on."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from factory.errors import FactoryError
from factory.models import ChangeDecision, Order, OrderChange, StepRecord, Unit
from factory.models.routing import PowerClass
from factory.order_rules import DATED, MAY_CHANGE, Kind, Wish
from factory.services.order_changes import Signed, refuse_change
from factory.services.order_racks import GONE
from factory.services.orders import OrderPush, push_order
from journal.models import Event
from scheduling.errors import SchedulingError
from scheduling.models import ChangePreview, CustomerPromise
from scheduling.services import order_changes, previews
from scheduling.services.previews import Foreseen
from tests.builders.factory import NOW, a_customer, a_rack_model, a_step_record
from tests.builders.scheduling import a_promise
from tests.builders.world import a_small_world

TODAY = NOW.date()
BY = Signed(author="Ruth Okafor", actor="user:7")
BEGUN = (Unit.State.IN_WORK, Unit.State.ON_HOLD, Unit.State.SHIPPED)

orders = st.integers(0, 5)
racks = st.integers(0, 11)
sizes = st.integers(0, 9)
days = st.integers(-2, 40)


class OrderLife(RuleBasedStateMachine):
    """One site, a few orders; every rule is a door, every invariant a promise of ours.

    What a worker would find is written as an answer of physics' own day, so that
    thousands of lives need no search.
    """

    def __init__(self) -> None:
        """Open a transaction that the end takes back."""
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        world = a_small_world()
        self.world = world
        self.customers = [world.order.customer, a_customer(), a_customer()]
        self.models = [world.model, a_rack_model()]
        self.soak = world.model.steps.get(power_class=PowerClass.PREEMPTIVE_DERATABLE)
        a_promise(world.order, world.order.requested_date)
        self.begun: set[int] = set()
        self.tested: dict[int, int] = {}
        self.revision = 0

    def teardown(self) -> None:
        """Take everything back."""
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @rule(
        at=orders,
        kind=st.sampled_from(list(Kind)),
        size=sizes,
        day=days,
        customer=st.integers(0, 2),
        model=st.integers(0, 1),
        granted=days,
        is_granted=st.integers(0, 9),
    )
    def change(
        self, at: int, kind: Any, is_granted: int, granted: int, **of: int
    ) -> None:
        """Ask for a change, look at it, and mostly grant it."""
        wish = Wish(
            kind=kind,
            reason="Their hall is ready.",
            quantity=of["size"] or None,
            requested_date=self._day(of["day"]),
            customer=self.customers[of["customer"]]
            if kind == Kind.CUSTOMER_SWITCH
            else None,
            rack_model=self.models[of["model"]] if kind == Kind.MODEL_CHANGE else None,
        )
        with self._refusable() as _:
            change = order_changes.propose(order=self._order(at), wish=wish, by=BY)
            self._answer(change)
            if is_granted == 0:
                refuse_change(change=change, reason="No bay is free.", by=BY)
            else:
                order_changes.grant(
                    change=change,
                    granted_date=self._day(granted) if kind in DATED else None,
                    by=BY,
                )

    @rule(size=st.integers(1, 9), day=days, is_cancelled=st.booleans())
    def push(self, size: int, day: int, *, is_cancelled: bool) -> None:
        """Let an ERP state its order."""
        self.revision += 1
        push = OrderPush(
            external_id="SO-1",
            revision=self.revision,
            number="CO-ERP",
            customer=self.customers[0].code,
            site=self.world.site.code,
            rack_model=self.world.model.code,
            quantity=size,
            requested_date=self._day(day) or TODAY,
            received_at=NOW,
            service_class=Order.ServiceClass.FIRM,
            is_cancelled=is_cancelled,
        )
        with self._refusable() as _:
            push_order(push=push, system="erp", actor="client:1")

    @rule(at=racks)
    def begin(self, at: int) -> None:
        """Begin a rack that waits."""
        rack = self._rack(at, Unit.State.PLANNED)
        if rack is not None:
            Unit.objects.filter(pk=rack.pk).update(state=Unit.State.IN_WORK)
            self.begun.add(rack.pk)

    @rule(at=racks)
    def test_rack(self, at: int) -> None:
        """Let a rack in work pass its soak."""
        rack = self._rack(at, Unit.State.IN_WORK)
        if rack is not None and rack.pk not in self.tested and rack.order:
            if rack.rack_model_id != self.world.model.pk:
                return
            a_step_record(
                rack,
                self.soak.code,
                outcome=StepRecord.Outcome.PASSED,
                ended_at=NOW,
            )
            self.tested[rack.pk] = rack.order.customer_id

    @rule(at=racks)
    def ship(self, at: int) -> None:
        """Ship a tested rack, and its order with the last one."""
        rack = self._rack(at, Unit.State.IN_WORK)
        if rack is None or rack.pk not in self.tested or rack.order is None:
            return
        Unit.objects.filter(pk=rack.pk).update(state=Unit.State.SHIPPED)
        left = rack.order.racks.exclude(state__in=(*GONE, Unit.State.SHIPPED))
        if rack.order.state == Order.State.OPEN and not left.exists():
            Order.objects.filter(pk=rack.order_id).update(state=Order.State.SHIPPED)

    @invariant()
    def every_order_counts_its_racks(self) -> None:
        """Quantity and living racks agree; nothing shipped is uncounted."""
        living = Counter(
            Unit.objects.racks().exclude(state__in=GONE).values_list("order", flat=True)
        )
        for order in Order.objects.all():
            if order.state != Order.State.CANCELLED:
                assert living[order.pk] == order.quantity, order
            else:
                assert not living[order.pk], order

    @invariant()
    def nothing_begun_is_lost(self) -> None:
        """What is begun stays begun; what is tested stays its customer's."""
        rows = {
            pk: (state, customer)
            for pk, state, customer in Unit.objects.filter(
                pk__in=self.begun
            ).values_list("pk", "state", "order__customer")
        }
        assert set(rows) == self.begun
        assert all(state in BEGUN for state, _ in rows.values())
        assert all(rows[pk][1] == owner for pk, owner in self.tested.items())

    @invariant()
    def every_promise_follows_one_with_author_and_reason(self) -> None:
        """The outward ledger has no fork, no gap and no silence."""
        last: dict[int, CustomerPromise] = {}
        for promise in CustomerPromise.objects.order_by("order", "number"):
            before = last.get(promise.order_id)
            assert promise.actor
            assert promise.predecessor_id == (before.pk if before else None)
            assert promise.number == (before.number + 1 if before else 1)
            assert promise.reason or before is None
            last[promise.order_id] = promise

    @invariant()
    def every_granted_change_was_allowed(self) -> None:
        """The state table holds for every decision that stands."""
        for decision in ChangeDecision.objects.filter(is_granted=True):
            assert decision.state_before in MAY_CHANGE[decision.kind], decision
        assert not OrderChange.objects.filter(author="").exists()
        assert not OrderChange.objects.filter(reason="").exists()

    def _refusable(self) -> "_Refusable":
        return _Refusable()

    def _order(self, at: int) -> Order:
        found = list(Order.objects.select_related("site").order_by("pk"))
        return found[at % len(found)]

    def _rack(self, at: int, state: str) -> Unit | None:
        found = list(
            Unit.objects.racks()
            .filter(state=state, order__state=Order.State.OPEN)
            .select_related("order")
            .order_by("pk")
        )
        return found[at % len(found)] if found else None

    def _day(self, count: int) -> date | None:
        return None if count == -2 else TODAY + timedelta(days=count)

    def _answer(self, change: OrderChange) -> None:
        """Answer a preview as if physics allowed tomorrow."""
        preview = order_changes.newest_preview(change)
        assert preview is not None
        previews.answer(
            ChangePreview.objects.get(pk=preview.pk),
            Foreseen(
                ships_on=TODAY + timedelta(days=1), bound_on=TODAY + timedelta(days=1)
            ),
            order_changes.in_force(change.order.site),
        )


class _Refusable:
    """A block that is refused by name or done; refused, it leaves nothing behind."""

    def __enter__(self) -> "_Refusable":
        self.before = _rows()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        self.atomic.__exit__(kind, error, trace)
        if isinstance(error, FactoryError | SchedulingError):
            assert str(error)
            assert _rows() == self.before
            return True
        return False


def _rows() -> tuple[object, ...]:
    """Return everything that a refused change could have touched."""
    return (
        list(Order.objects.order_by("pk").values()),
        list(Unit.objects.order_by("pk").values_list("pk", "state", "order")),
        CustomerPromise.objects.count(),
        OrderChange.objects.count(),
        ChangeDecision.objects.count(),
        Event.objects.count(),
    )


def lives(examples: int, steps: int) -> settings:
    """Return the settings of so many lives of so many changes."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
