"""A plain serial scheduler on dense minute arrays: slow, simple, feasible.

It plans racks one after the other, each step at its earliest place, and shares no code
with the engine. Tests compare the engine with it and bend its schedules.
"""

from collections.abc import Sequence
from random import Random

from scheduling.engine.problem import (
    Bay,
    PowerClass,
    Problem,
    Rack,
    ResourceKind,
    Session,
    Step,
    Template,
)
from scheduling.engine.schedule import (
    Peg,
    Phase,
    PhaseKind,
    PlannedStep,
    Schedule,
    Unplannable,
)


class StuckError(Exception):
    """A rack finds no place."""


Load = tuple[list[int], int, int, int]
"""Array, first minute, first minute after, amount."""


def _up(amount: int, over: int) -> int:
    return -(-amount // over)


class Reference:
    """Plans one problem.

    Args:
        problem: What to plan.
        order: Rack keys in the order of planning; default by due date.
        random: If given, soak levels and pauses are drawn from it.
    """

    def __init__(
        self,
        problem: Problem,
        order: Sequence[str] = (),
        random: Random | None = None,
    ) -> None:
        """Lay out every limit minute by minute."""
        self.problem = problem
        self.random = random
        self.horizon = problem.horizon
        self.free = {r.key: self._dense(r.capacity) for r in problem.resources}
        self.bay_free = {bay.key: self._dense(bay.capacity) for bay in problem.bays}
        self.bays = {bay.key: bay for bay in problem.bays}
        self.templates = {template.key: template for template in problem.templates}
        self.open = self._open_minutes()
        self.left = {supply.key: supply.quantity for supply in problem.supplies}
        self.supplies = sorted(problem.supplies, key=lambda s: (s.available, s.key))
        self.fixed: dict[tuple[str, str], list[Load]] = {}
        place = {key: index for index, key in enumerate(order)}
        self.racks = sorted(
            problem.racks,
            key=lambda rack: (
                not rack.progress.bay,
                not (rack.progress.running or rack.progress.holds_station),
                not rack.pins,
                place.get(rack.key, len(place)),
                rack.due if rack.due is not None else self.horizon,
            ),
        )

    def _dense(self, capacity) -> list[int]:
        values: list[int] = []
        for start, end, value in capacity.pieces(self.horizon):
            values += [value] * (end - start)
        return values

    def _open_minutes(self) -> dict[str, list[int]]:
        hours = {calendar.key: calendar.open for calendar in self.problem.calendars}
        dense = {}
        for resource in self.problem.resources:
            if resource.kind is ResourceKind.CREW:
                minutes = [0] * self.horizon
                for start, end in hours[resource.calendar]:
                    for minute in range(start, min(end, self.horizon)):
                        minutes[minute] = 1
                dense[resource.key] = minutes
        return dense

    def plan(self) -> Schedule:
        """Return a schedule; racks that find no place are listed as unplannable."""
        steps: dict[str, list[PlannedStep]] = {}
        pegs: list[Peg] = []
        left_out = []
        for rack in self.racks:
            self._fix(rack)
        for rack in self.racks:
            kept = dict(self.left)
            try:
                steps[rack.key], found = self._rack(rack)
                pegs += found
            except StuckError as reason:
                self.left = kept
                left_out.append(
                    Unplannable(
                        rack=rack.key,
                        code="no_place",
                        sentence=f"{rack.key} finds no place: {reason}.",
                        limit="bay",
                    )
                )
        return Schedule(
            steps=tuple(
                step for rack in self.problem.racks for step in steps.get(rack.key, ())
            ),
            pegs=tuple(pegs),
            unplannable=tuple(left_out),
        )

    # Facts

    def _fix(self, rack: Rack) -> None:
        """Take what running and pinned steps cannot avoid, before anything else."""
        template = self.templates[rack.template]
        running = rack.progress.running
        if running:
            step = template.steps[rack.progress.done]
            bay = self.bays.get(rack.progress.bay)
            _, _, phases = self._forced(step, 0, running.remaining, soak_level=-1)
            self._take_fixed(rack, template, step, phases, bay)
        for pin in rack.pins:
            step = next(s for s in template.steps if s.code == pin.step)
            bay = self.bays.get(pin.bay)
            forced = self._forced(step, pin.start, step.duration, soak_level=-1)
            self._take_fixed(rack, template, step, forced[2], bay)

    def _take_fixed(
        self,
        rack: Rack,
        template: Template,
        step: Step,
        phases: Sequence[Phase],
        bay: Bay | None,
    ) -> None:
        if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            minutes = self.problem.soak.levels[-1][1]
            first = phases[0]
            end = min(first.start + minutes, first.end)
            phases = [
                Phase(start=first.start, end=end, draw=first.draw, kind=first.kind)
            ]
        loads = self._loads(template, step, phases, bay)
        if step.session is not Session.BAY:
            loads.append((self.free[step.place], phases[0].start, phases[-1].end, 1))
        self.fixed[rack.key, step.code] = loads
        self._book(loads)

    def _unfix(self, rack: Rack, step: Step) -> None:
        self._book(self.fixed.pop((rack.key, step.code), []), sign=-1)

    def _forced(
        self, step: Step, start: int, work: int, soak_level: int
    ) -> tuple[int, int, list[Phase]]:
        """Return a step that starts at a given minute, whatever the limits say."""
        if step.power_class is PowerClass.SHIFT_BOUND:
            return self._manual(step, start, work)
        if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            percent, minutes = self.problem.soak.levels[soak_level]
            block = self.problem.soak.block
            end = start + work // block * minutes + _up(work % block * minutes, block)
            return start, end, [self._soak_phase(step, start, end, percent)]
        end = start + work
        whole = Phase(start=start, end=end, draw=step.draw, kind=PhaseKind.WORK)
        return start, end, [whole]

    # Booking

    def _book(self, loads: Sequence[Load], sign: int = 1) -> None:
        for array, start, end, amount in loads:
            for minute in range(max(start, 0), min(end, self.horizon)):
                array[minute] -= sign * amount

    def _loads(
        self,
        template: Template,
        step: Step,
        phases: Sequence[Phase],
        bay: Bay | None,
    ) -> list[Load]:
        loads: list[Load] = []
        start, end = phases[0].start, phases[-1].end
        if step.extra:
            loads.append((self.free[step.extra], start, end, 1))
        for phase in phases:
            span = (phase.start, phase.end)
            if phase.kind not in {PhaseKind.STANDBY, PhaseKind.CLOSED}:
                loads.append((self.free[step.crew], *span, step.crew_eighths))
            if bay and phase.draw:
                loads += [(self.free[node], *span, phase.draw) for node in bay.nodes]
                site = _up(phase.draw * template.site_permille, 1_000)
                heat = _up(phase.draw * template.liquid_permille, 1_000)
                loads.append((self.free[bay.site], *span, site))
                loads.append((self.free[bay.loop], *span, heat))
        return loads

    def _blocked(self, loads: Sequence[Load]) -> int | None:
        """Return the last minute at which a load does not fit, or None."""
        worst = None
        for array, start, end, amount in loads:
            if end > self.horizon:
                raise StuckError("the horizon ends")
            if start < end and min(array[start:end]) < amount:
                minute = end - 1
                while array[minute] >= amount:
                    minute -= 1
                worst = minute if worst is None else max(worst, minute)
        return worst

    # One rack

    def _rack(self, rack: Rack) -> tuple[list[PlannedStep], list[Peg]]:
        template = self.templates[rack.template]
        steps = template.steps[rack.progress.done :]
        planned: list[PlannedStep] = []
        booked: list[Load] = []
        pegs: list[Peg] = []
        now = max(0, rack.release) if rack.progress.done == 0 else 0
        index = 0
        try:
            while index < len(steps):
                group = [steps[index]]
                session = group[0].session
                while (
                    session is not Session.NONE
                    and index + len(group) < len(steps)
                    and steps[index + len(group)].session is session
                ):
                    group.append(steps[index + len(group)])
                for step in group:
                    self._unfix(rack, step)
                found, loads = self._group(rack, template, group, now)
                self._book(loads)
                booked += loads
                planned += found
                now = found[-1].end
                index += len(group)
                for one in found:
                    pegs += self._peg(rack, template, one)
        except StuckError:
            self._book(booked, sign=-1)
            if rack.progress.bay or rack.progress.running or rack.pins:
                raise AssertionError(
                    f"{rack.key} is begun and finds no place"
                ) from None
            raise
        return planned, pegs

    def _group(
        self, rack: Rack, template: Template, group: Sequence[Step], now: int
    ) -> tuple[list[PlannedStep], list[Load]]:
        if group[0].session is not Session.BAY:
            hold = self.free[group[0].place]
            return self._session(rack, template, group, now, None, hold)
        kept = rack.progress.bay or next(
            (p.bay for p in rack.pins if p.bay and p.step == group[0].code), ""
        )
        best = None
        least = now + sum(step.duration for step in group)
        for bay in self.problem.bays:
            if kept and bay.key != kept:
                continue
            highest = max(step.draw for step in group)
            fits = template.key in bay.models and bay.limit >= highest
            if not fits and not kept:
                continue
            try:
                found = self._session(
                    rack, template, group, now, bay, self.bay_free[bay.key]
                )
            except StuckError:
                continue
            if best is None or found[0][-1].end < best[0][-1].end:
                best = found
            if best[0][-1].end <= least:
                break
        if best is None:
            raise StuckError("no bay")
        return best

    def _session(
        self,
        rack: Rack,
        template: Template,
        group: Sequence[Step],
        now: int,
        bay: Bay | None,
        hold: list[int],
    ) -> tuple[list[PlannedStep], list[Load]]:
        """Place steps that hold one place together, from ``now`` on."""
        is_held = bool(rack.progress.bay) if bay else rack.progress.holds_station
        running = rack.progress.running
        is_held = is_held or bool(running and running.step == group[0].code)
        start = now
        while True:
            planned: list[PlannedStep] = []
            loads: list[Load] = []
            ready = start
            for step in group:
                one, taken = self._step(rack, template, step, ready, bay)
                planned.append(one)
                loads += taken
                ready = one.end
            first, end = max(0, planned[0].start), planned[-1].end
            if is_held:
                first = 0
            holding = (hold, first, end, 1)
            limit = self.problem.bay_stay_limit
            if bay and not is_held and end - first > limit:
                if any(pin.step == group[0].code for pin in rack.pins):
                    raise StuckError("the pin")
                start = max(planned[0].start + 1, end - limit)
                continue
            blocked = None if is_held else self._blocked([holding])
            if blocked is None:
                return planned, [*loads, holding]
            if any(pin.step == group[0].code for pin in rack.pins):
                raise StuckError("the pin")
            start = blocked + 1

    def _step(
        self, rack: Rack, template: Template, step: Step, ready: int, bay: Bay | None
    ) -> tuple[PlannedStep, list[Load]]:
        running = rack.progress.running
        pin = next((p for p in rack.pins if p.step == step.code), None)
        if running and running.step == step.code:
            found = self._run_on(template, step, running.remaining, bay)
            shown = running.started
        elif pin:
            if pin.start < ready:
                raise StuckError("the pin")
            found = self._search(rack, template, step, pin.start, bay)
            shown = found[0]
            if shown != pin.start:
                raise StuckError("the pin")
        else:
            found = self._search(rack, template, step, ready, bay)
            shown = found[0]
        _, end, phases = found
        one = PlannedStep(
            rack=rack.key,
            step=step.code,
            start=shown,
            end=end,
            bay=bay.key if bay else "",
            phases=tuple(phases),
        )
        return one, self._loads(template, step, phases, bay)

    def _run_on(
        self, template: Template, step: Step, remaining: int, bay: Bay | None
    ) -> tuple[int, int, list[Phase]]:
        if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            found = self._soak(template, step, 0, remaining, bay)
            if found[0] == 0:
                return found
        return self._forced(step, 0, remaining, soak_level=-1)

    def _search(
        self, rack: Rack, template: Template, step: Step, ready: int, bay: Bay | None
    ) -> tuple[int, int, list[Phase]]:
        start = max(ready, self._material_ready(rack, template, step))
        if step.power_class is PowerClass.PREEMPTIVE_DERATABLE:
            return self._soak(template, step, start, step.duration, bay)
        hours = self.open[step.crew]
        while True:
            while start < self.horizon and not hours[start]:
                start += 1
            if start >= self.horizon:
                raise StuckError("nobody is there")
            found = self._forced(step, start, step.duration, soak_level=0)
            loads = self._loads(template, step, found[2], bay)
            if step.power_class is not PowerClass.SHIFT_BOUND:
                loads.append((hours, found[0], found[1], 1))
            blocked = self._blocked(loads)
            if blocked is None:
                return found
            start = blocked + 1

    def _manual(
        self, step: Step, start: int, work: int
    ) -> tuple[int, int, list[Phase]]:
        hours = self.open[step.crew]
        phases: list[Phase] = []
        now = start
        while work:
            if now >= self.horizon:
                raise StuckError("nobody is there")
            is_open = hours[now]
            end = now
            while (
                end < self.horizon
                and hours[end] == is_open
                and (not is_open or end - now < work)
            ):
                end += 1
            kind = PhaseKind.WORK if is_open else PhaseKind.CLOSED
            draw = step.draw if is_open else 0
            phases.append(Phase(start=now, end=end, draw=draw, kind=kind))
            work -= end - now if is_open else 0
            now = end
        return start, now, phases

    # Soak

    def _soak_phase(self, step: Step, start: int, end: int, percent: int) -> Phase:
        return Phase(
            start=start,
            end=end,
            draw=_up(step.draw * percent, 100),
            kind=PhaseKind.WORK if percent == 100 else PhaseKind.DERATED,
            percent=percent,
        )

    def _soak(
        self, template: Template, step: Step, start: int, work: int, bay: Bay | None
    ) -> tuple[int, int, list[Phase]]:
        """Take each block at the best level that fits, pausing where none does."""
        while True:
            phases = self._soak_from(template, step, start, work, bay)
            if phases:
                return start, phases[-1].end, phases
            start += 15
            if start >= self.horizon:
                raise StuckError("the horizon ends")

    def _soak_from(
        self, template: Template, step: Step, start: int, work: int, bay: Bay | None
    ) -> list[Phase]:
        phases: list[Phase] = []
        rule = self.problem.soak
        now, left = start, work
        while left:
            size = min(rule.block, left)
            wish = self.random.random() if self.random else 1.0
            block = (
                None
                if wish < 0.1 and phases
                else self._block(template, step, now, size, bay, [])
            )
            if block is None:
                if not phases:
                    return []
                pause = 15
                while block is None:
                    block = self._block_after_pause(
                        template, step, now, pause, size, bay
                    )
                    pause += 15
                    if pause > 2_880:
                        return []
            phases += block
            now, left = phases[-1].end, left - size
        return phases

    def _block(
        self,
        template: Template,
        step: Step,
        now: int,
        size: int,
        bay: Bay | None,
        before: Sequence[Phase],
    ) -> list[Phase] | None:
        rule = self.problem.soak
        levels = list(rule.levels)
        if self.random and self.random.random() < 0.2:
            self.random.shuffle(levels)
        for percent, minutes in levels:
            found = list(before)
            at = now
            if before and rule.resume:
                draw = _up(step.draw * percent, 100)
                found.append(
                    Phase(
                        start=at,
                        end=at + rule.resume,
                        draw=draw,
                        kind=PhaseKind.RESUME,
                        percent=percent,
                    )
                )
                at += rule.resume
            end = at + _up(size * minutes, rule.block)
            found.append(self._soak_phase(step, at, end, percent))
            working = [p for p in found if p.kind is not PhaseKind.STANDBY]
            loads = self._loads(template, step, found, bay)
            hours = self.open[step.crew]
            loads += [(hours, p.start, p.end, 1) for p in working]
            if end <= self.horizon and self._blocked(loads) is None:
                return found
        return None

    def _block_after_pause(
        self,
        template: Template,
        step: Step,
        now: int,
        pause: int,
        size: int,
        bay: Bay | None,
    ) -> list[Phase] | None:
        rule = self.problem.soak
        standby = Phase(
            start=now,
            end=now + pause,
            draw=_up(step.draw * rule.standby_percent, 100),
            kind=PhaseKind.STANDBY,
            percent=rule.standby_percent,
        )
        if standby.end >= self.horizon:
            return None
        return self._block(template, step, now + pause, size, bay, [standby])

    # Material

    def _needs(self, rack: Rack, template: Template) -> dict[tuple[str, str], int]:
        reserved = dict(rack.materials_reserved)
        first = rack.progress.done + bool(rack.progress.running)
        needs: dict[tuple[str, str], int] = {}
        for step in template.steps[first:]:
            for material in template.materials:
                if material.step == step.code:
                    kept = min(reserved.get(material.part, 0), material.quantity)
                    reserved[material.part] = reserved.get(material.part, 0) - kept
                    key = (step.code, material.part)
                    needs[key] = needs.get(key, 0) + material.quantity - kept
        return {key: quantity for key, quantity in needs.items() if quantity}

    def _material_ready(self, rack: Rack, template: Template, step: Step) -> int:
        ready = 0
        for (code, part), quantity in self._needs(rack, template).items():
            if code != step.code:
                continue
            short = quantity
            for supply in self.supplies:
                if supply.part == part and short > 0:
                    short -= self.left[supply.key]
                    ready = max(ready, supply.available) if short <= 0 else ready
            if short > 0:
                raise StuckError(f"{part} never arrives")
        return ready

    def _peg(self, rack: Rack, template: Template, one: PlannedStep) -> list[Peg]:
        pegs = []
        for (code, part), quantity in self._needs(rack, template).items():
            if code != one.step:
                continue
            short = quantity
            for supply in self.supplies:
                taken = min(short, self.left[supply.key])
                if supply.part == part and taken:
                    self.left[supply.key] -= taken
                    short -= taken
                    pegs.append(
                        Peg(
                            rack=rack.key,
                            step=code,
                            part=part,
                            supply=supply.key,
                            quantity=taken,
                        )
                    )
        return pegs


def reference_plan(
    problem: Problem, order: Sequence[str] = (), random: Random | None = None
) -> Schedule:
    """Return a feasible schedule of a problem, rack by rack."""
    return Reference(problem, order, random).plan()
