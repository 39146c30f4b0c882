"""What has happened on the demo's floor already: racks under way at the demo's present.

Each rack is laid backward from its due date. What would have begun by now has begun, as
long as places, people, bays, watts and heat allow; the rest waits.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from factory.calendars import Window, minutes_before, windows_of
from factory.ceilings import planned_minutes
from factory.demo_orders import Book
from factory.models import (
    MeasuredResult,
    Outage,
    PowerBay,
    RoutingStep,
    Site,
    StepRecord,
    Unit,
)
from factory.models.site import Place

HORIZON_PAST = timedelta(days=30)
SLACK_HOURS = (3, 30)
GAP_MIN = (5, 60)
FAILED_SHARE = 0.4
_END_OF_DAY = time(23, 59)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One step of one rack, laid backward from its due date."""

    step: RoutingStep
    start: datetime
    end: datetime


@dataclass(slots=True)
class RackState:
    """How far one rack is: ``done`` steps are over, the next one may be running."""

    rack: Unit
    stretches: list[Stretch]
    done: int = 0
    is_running: bool = False
    bay: PowerBay | None = None

    @property
    def begun(self) -> list[Stretch]:
        """Return the stretches that have begun, in routing order."""
        return self.stretches[: self.done + self.is_running]

    @property
    def to_come(self) -> list[Stretch]:
        """Return the stretches that have not begun, in routing order."""
        return self.stretches[self.done + self.is_running :]


@dataclass(slots=True)
class Tally:
    """What is in use at the demo's present, against what there is."""

    limits: dict[str, int]
    used: Counter[str] = field(default_factory=Counter)

    def take(self, wanted: dict[str, int]) -> bool:
        """Take all that is wanted, or nothing and return False."""
        if any(
            self.used[key] + more > self.limits[key] for key, more in wanted.items()
        ):
            return False
        self.used.update(wanted)
        return True


class Floor:
    """Lays racks backward and lets them occupy the site."""

    def __init__(self, site: Site, as_of: datetime, until: datetime) -> None:
        """Read the site's limits at ``as_of`` and its open hours up to ``until``."""
        self.site = site
        self.as_of = as_of
        crews = list(site.crews.select_related("calendar__site"))
        self.windows: dict[str, tuple[Window, ...]] = {
            crew.skill: windows_of(crew.calendar, as_of - HORIZON_PAST, until)
            for crew in crews
        }
        limits = {f"crew:{crew.skill}": crew.people * 8 for crew in crews}
        limits |= {f"place:{row.place}": row.count for row in site.work_centres.all()}
        limits |= {f"node:{row.pk}": row.limit_w for row in site.power_nodes.all()}
        limits |= {f"loop:{row.pk}": row.limit_w for row in site.cooling_loops.all()}
        limits |= {
            f"loop:{row.loop_id}": row.remaining
            for row in Outage.objects.filter(site=site, loop__isnull=False)
        }
        limits["site"] = site.contracted_import_w - site.base_load_day_w
        self.tally = Tally(limits)
        self.bays = list(
            site.power_bays.select_related("node").prefetch_related("supported_models")
        )
        self.free_from: dict[int, datetime] = {}
        self.held: Counter[int] = Counter()
        self.steps: dict[int, list[RoutingStep]] = {}

    def lay(self, rack: Unit, ready: datetime, gaps: list[int]) -> list[Stretch]:
        """Return a rack's steps, the last one ending at ``ready``.

        Args:
            rack: The rack.
            ready: When it is crated.
            gaps: Minutes before each step, the last step's first.
        """
        found: list[Stretch] = []
        end = ready
        for step, gap in zip(reversed(self.steps_of(rack)), gaps, strict=True):
            minutes = round(planned_minutes(self.site, step))
            # Work does not end in closed hours either.
            start = minutes_before(self.windows[step.skill], end, minutes)
            found.append(Stretch(step, start, end))
            end = start - timedelta(minutes=gap)
        return found[::-1]

    def steps_of(self, rack: Unit) -> list[RoutingStep]:
        """Return the routing of a rack's model; one query a model."""
        if rack.rack_model is None or rack.rack_model_id is None:
            return []
        if rack.rack_model_id not in self.steps:
            self.steps[rack.rack_model_id] = list(rack.rack_model.steps.all())
        return self.steps[rack.rack_model_id]

    def admit(self, state: RackState) -> None:
        """Let a rack stand where its stretches say, or wait before that."""
        self._count(state)
        self._hold_station(state)
        self._hold_bay(state)
        if state.is_running:
            stretch = state.stretches[state.done]
            state.is_running = self.tally.take(self._wants(stretch.step, state.bay))

    def _count(self, state: RackState) -> None:
        """Set what is over and what would be running."""
        state.done = sum(stretch.end <= self.as_of for stretch in state.stretches)
        rest = state.stretches[state.done :]
        state.is_running = bool(rest) and rest[0].start < self.as_of

    def _hold_station(self, state: RackState) -> None:
        """Take a station for a rack between its first and last station step."""
        places = [
            index
            for index, stretch in enumerate(state.stretches)
            if stretch.step.place == Place.STATION
        ]
        reached = state.done + state.is_running
        if not places or reached <= places[0] or state.done > places[-1]:
            return
        if not self.tally.take({"place:station": 1}):
            state.done, state.is_running = places[0], False

    def _hold_bay(self, state: RackState) -> None:
        """Find the bay a rack is in since its fill; without one it never docked."""
        places = [
            index
            for index, stretch in enumerate(state.stretches)
            if stretch.step.place == Place.BAY
        ]
        if not places or state.done + state.is_running <= places[0]:
            return
        since = state.stretches[places[0]].start
        peak = max(stretch.step.draw_w for stretch in state.stretches)
        for bay in self._bays_by_load():
            is_free = self.free_from.get(bay.pk, since) <= since
            takes_it = state.rack.rack_model in bay.supported_models.all()
            if is_free and takes_it and bay.limit_w >= peak:
                state.bay = bay
                self.free_from[bay.pk] = state.stretches[places[-1]].end
                self.held[bay.node_id] += 1
                return
        state.done, state.is_running = places[0], False

    def _bays_by_load(self) -> list[PowerBay]:
        """Return bays, those of the least used busway first, the largest bays last."""
        return sorted(
            self.bays,
            key=lambda bay: (bay.limit_w, self.held[bay.node_id], bay.code),
        )

    def _wants(self, step: RoutingStep, bay: PowerBay | None) -> dict[str, int]:
        """Return what a running step takes.

        People count in closed hours too: all paused steps go on at opening.
        """
        wanted = {f"crew:{step.skill}": step.crew_eighths}
        if step.place not in {Place.BAY, Place.STATION}:
            wanted[f"place:{step.place}"] = 1
        if step.uses_cart:
            wanted["place:cart"] = 1
        if bay is not None:
            liquid = step.rack_model.liquid_permille
            heat = -(-step.draw_w * liquid // 1_000)
            wanted[f"node:{bay.node_id}"] = step.draw_w
            wanted[f"node:{bay.node.parent_id}"] = step.draw_w
            wanted[f"loop:{bay.loop_id}"] = heat
            cooling = -(-heat * self.site.cooling_permille // 1_000)
            wanted["site"] = step.draw_w + cooling
        return wanted


def lay_out(site: Site, book: Book, as_of: datetime, seed: int) -> list[RackState]:
    """Return every rack with its steps laid backward, and how far it is.

    Racks due first are admitted first, so what is nearly done has its place.
    """
    random = Random(f"{seed}:floor")  # noqa: S311 - dice of a demo
    zone = ZoneInfo(site.zone)
    last = max(order.requested_date for order in book.orders)
    floor = Floor(site, as_of, datetime.combine(last, _END_OF_DAY, tzinfo=zone))
    states = []
    for rack in book.racks:
        if rack.order is None:
            continue
        due = datetime.combine(rack.order.requested_date, _END_OF_DAY, tzinfo=zone)
        slack = random.randint(*(60 * hours for hours in SLACK_HOURS))
        ready = (due - timedelta(minutes=slack)).astimezone(UTC)
        gaps = [random.randint(*GAP_MIN) for _ in floor.steps_of(rack)]
        state = RackState(rack, floor.lay(rack, ready, gaps))
        floor.admit(state)
        states.append(state)
    return states


def record(states: list[RackState], as_of: datetime) -> None:
    """Write the step records of what has begun; two racks have had a failure.

    One failed its function test and passed at the second attempt; one has just failed
    the step it was at, and waits for its next attempt.
    """
    records = []
    for state in states:
        for place, stretch in enumerate(state.begun):
            is_over = place < state.done
            records.append(
                StepRecord(
                    rack=state.rack,
                    step=stretch.step,
                    outcome=(
                        StepRecord.Outcome.PASSED
                        if is_over
                        else StepRecord.Outcome.RUNNING
                    ),
                    bay=state.bay if stretch.step.place == Place.BAY else None,
                    started_at=stretch.start,
                    ended_at=stretch.end if is_over else None,
                    recorded_at=stretch.end if is_over else stretch.start,
                )
            )
        if state.begun:
            state.rack.state = Unit.State.IN_WORK
    records = _with_failures(records, as_of)
    StepRecord.objects.bulk_create(records, batch_size=1_000)
    begun = [state.rack for state in states if state.begun]
    Unit.objects.bulk_update(begun, ["state"], batch_size=500)
    MeasuredResult.objects.bulk_create(
        MeasuredResult(
            record=row,
            name="Pressure decay",
            value=f"0.{1 + place % 6}",
            unit="kPa",
            limits="at most 1.0",
            is_pass=True,
        )
        for place, row in enumerate(records)
        if row.step.code == "DRYLEAK" and row.outcome == StepRecord.Outcome.PASSED
    )


def _with_failures(records: list[StepRecord], as_of: datetime) -> list[StepRecord]:
    """Return the records with a failed first attempt, and one that fails just now."""
    outcomes = StepRecord.Outcome
    for place, row in enumerate(records):
        if row.step.code == "FUNC" and row.outcome == outcomes.PASSED and row.ended_at:
            middle = row.started_at + FAILED_SHARE * (row.ended_at - row.started_at)
            failed = StepRecord(
                rack=row.rack,
                step=row.step,
                outcome=outcomes.FAILED,
                bay=row.bay,
                started_at=row.started_at,
                ended_at=middle.replace(second=0, microsecond=0),
                reason_code=StepRecord.FailReason.TRAY_FAULT,
                note="Tray 7 fails its memory test; swapped from the spare pool.",
                recorded_at=middle.replace(second=0, microsecond=0),
            )
            row.attempt, row.started_at = 2, failed.ended_at or middle
            records.insert(place, failed)
            break
    running = [
        row
        for row in records
        if row.outcome == outcomes.RUNNING and row.step.place == Place.BAY
    ]
    # A soak that fails says less than a test that does.
    running.sort(key=lambda row: row.step.code == "SOAK")
    for row in running[:1]:
        row.outcome = outcomes.FAILED
        row.ended_at = max(row.started_at, as_of - timedelta(minutes=20))
        row.recorded_at = row.ended_at
        row.reason_code = StepRecord.FailReason.LINK_FAULT
        row.note = "Two links of tray 12 stay down."
    return records
