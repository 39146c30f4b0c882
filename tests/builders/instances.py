"""Random small problems for property tests: every rule in play, many conflicts."""

from dataclasses import replace
from random import Random

from scheduling.engine.problem import (
    Material,
    PowerClass,
    Prices,
    Problem,
    Progress,
    Rack,
    Running,
    Session,
    Supply,
    SupplyKind,
)
from scheduling.engine.profile import StepFunction
from tests.builders.problems import (
    a_bay,
    a_bay_step,
    a_calendar,
    a_crew,
    a_curtailment,
    a_lag,
    a_loop,
    a_manual_step,
    a_node,
    a_place,
    a_problem,
    a_site,
    a_soak,
    a_station_step,
    a_step,
    a_template,
    prices,
    soak_rule,
)

HORIZON = 7_200
SHIFT = ((60, 700), (800, 1_500), (1_900, 2_900), (3_000, 4_400), (4_500, 7_200))


def _windows(random: Random) -> tuple[tuple[int, int], ...]:
    return SHIFT if random.random() < 0.6 else ((0, HORIZON),)


def _capacity(random: Random, base: int, least: int) -> StepFunction:
    """Return a capacity that drops for a while in one of two problems."""
    if random.random() < 0.5:
        return StepFunction(times=(0,), values=(base,))
    start = random.randrange(1, 2_000)
    low = max(least, base * random.choice((5, 7, 9)) // 10)
    return StepFunction(
        times=(0, start, start + random.randrange(30, 600)), values=(base, low, base)
    )


def _template(random: Random, key: str):
    steps = [a_manual_step("KIT", random.randrange(20, 90))]
    if random.random() < 0.7:
        steps += [
            a_station_step("PREP", random.randrange(20, 200)),
            a_station_step("TRAY", random.randrange(20, 120)),
        ]
    if random.random() < 0.7:
        steps.append(a_step("LEAK", random.randrange(20, 120)))
    steps += [
        a_bay_step(
            "FILL",
            random.randrange(10, 60),
            2_001,
            power_class=PowerClass.NON_PREEMPTIVE,
            extra="place:cart",
        ),
        a_bay_step("FUNC", random.randrange(30, 120), random.choice((30_001, 60_000))),
    ]
    if random.random() < 0.8:
        steps.append(
            a_soak(
                random.choice((60, 120, 130, 240, 300)),
                random.choice((80_000, 99_999)),
                allowance=random.choice((0, 30)),
            )
        )
    if random.random() < 0.5:
        steps.append(
            a_bay_step(
                "DRAIN",
                random.randrange(10, 60),
                1_000,
                power_class=PowerClass.NON_PREEMPTIVE,
                extra="place:cart",
                allowance=5,
            )
        )
    if random.random() < 0.7:
        steps.append(a_manual_step("PACK", random.randrange(20, 60)))
    materials = [Material(part="part:x", quantity=2, step="KIT")]
    if random.random() < 0.5:
        materials.append(Material(part="part:y", quantity=1, step="FILL"))
    return a_template(
        key,
        steps,
        materials=tuple(materials),
        liquid_permille=random.choice((880, 950, 1_000)),
        site_permille=random.choice((1_000, 1_106, 1_120)),
        lags_before=(
            a_lag("ANSWER", 100, is_physics=False, limit="answer"),
            a_lag("L10", 60),
        ),
        lags_after=(
            a_lag("AIR", 90),
            a_lag("TRUCK", 45, is_physics=False, limit="freight"),
        ),
    )


def _progress(random: Random, template, bays: list[str]) -> Progress:
    """Return a state of one rack; bays already taken are not given again."""
    if random.random() < 0.6:
        return Progress()
    done = random.randrange(len(template.steps))
    step = template.steps[done]
    in_bay = step.session == "bay" and (
        done > 0 and template.steps[done - 1].session == "bay"
    )
    at_station = step.session == "station" and (
        done > 0 and template.steps[done - 1].session == "station"
    )
    running = None
    if random.random() < 0.6 and (step.session != "bay" or bays):
        running = Running(
            step=step.code,
            started=-random.randrange(1, 50),
            remaining=random.randrange(1, step.duration + 1),
        )
        in_bay = in_bay or step.session == "bay"
        at_station = at_station or step.session == "station"
    if in_bay and not bays:
        return Progress()
    return Progress(
        done=done,
        running=running,
        bay=bays.pop() if in_bay else "",
        bay_since=-random.randrange(50, 200) if in_bay else 0,
        kit_started=-300 if done else (running.started if running else None),
        last_end=-50 if done else None,
        holds_station=at_station,
    )


def a_random_problem(seed: int, *, racks: int = 5, begun: bool = True) -> Problem:
    """Return a small problem with conflicts on most limits, drawn from a seed."""
    random = Random(seed)
    templates = tuple(_template(random, key) for key in ("M", "N"))
    by_key = {template.key: template for template in templates}
    bay_count = random.randrange(1, 4)
    bays = tuple(
        a_bay(
            f"bay:{number}",
            models=("M", "N") if number == 0 or random.random() < 0.7 else ("M",),
            nodes=(f"node:{number % 2}", "node:hall"),
            limit=100_000,
        )
        for number in range(bay_count)
    )
    free = [bay.key for bay in bays if len(bay.models) == 2]
    listed = []
    for index in range(random.randrange(1, racks + 1)):
        template = random.choice(("M", "N"))
        received = -random.randrange(0, 1_000)
        progress = _progress(random, by_key[template], free) if begun else Progress()
        is_begun = bool(progress.done or progress.running)
        due = random.choice((None, random.randrange(200, 3_000)))
        listed.append(
            Rack(
                key=f"R{index}",
                order=f"O{index}",
                template=template,
                received=min(received, -700) if is_begun else received,
                release=received + 160 if not progress.done else -400,
                due=due,
                promise=random.choice((None, random.randrange(200, 3_000))),
                late_cents_per_day=random.choice((600_000, 1_200_000)),
                materials_reserved=(("part:x", 1),) if random.random() < 0.3 else (),
                progress=progress,
            )
        )
    count = len(listed)
    curtailed = random.random() < 0.5
    site = StepFunction(times=(0,), values=(220_000,))
    if curtailed:
        site = StepFunction(times=(0, 300, 700), values=(220_000, 120_000, 220_000))
    return a_problem(
        horizon=HORIZON,
        templates=templates,
        bays=bays,
        racks=tuple(listed),
        resources=(
            a_place("place:lane", 2),
            a_place("place:station", random.randrange(1, 3)),
            a_place("place:cart", random.randrange(1, 3)),
            a_crew("crew:test", random.choice((12, 24)), "calendar:test"),
            a_crew("crew:hands", random.choice((8, 16)), "calendar:hands"),
            a_node("node:0", _capacity(random, 160_000, 100_000)),
            a_node("node:1", _capacity(random, 140_000, 100_000)),
            a_node("node:hall", 250_000),
            a_site(capacity=site),
            a_loop(capacity=_capacity(random, 200_000, 100_000)),
        ),
        calendars=(
            a_calendar("calendar:test", ((0, HORIZON),)),
            a_calendar("calendar:hands", _windows(random)),
        ),
        supplies=(
            Supply(
                key="x:stock",
                part="part:x",
                quantity=count,
                available=0,
                kind=SupplyKind.STOCK,
                owner="Owner of x",
                label="x in stock",
            ),
            Supply(
                key="x:late",
                part="part:x",
                quantity=count,
                available=random.randrange(1, 1_500),
                kind=SupplyKind.TRANCHE,
                owner="Supplier of x",
                label="x on its way",
            ),
            Supply(
                key="y:late",
                part="part:y",
                quantity=count,
                available=random.randrange(0, 1_500),
                kind=SupplyKind.TRANCHE,
                owner="Supplier of y",
                label="y on its way",
            ),
        ),
        curtailments=(a_curtailment(300, 700, 120_000),) if curtailed else (),
        base_load=StepFunction(times=(0, 360), values=(10_000, 20_000)),
        soak=soak_rule(block=60, levels=((100, 60), (80, 75), (60, 100)), resume=15),
        bay_stay_limit=3_000,
        prices=_tariff(Random(f"{seed}:tariff")),
    )


def a_queue(seed: int, *, racks: int = 14) -> Problem:
    """Return racks that are alike and wait for their bays by turns, drawn from a seed.

    Each limit is shut now and then for the first 900 minutes, so that racks in bays
    under different feeders wait for something else at the same minute.
    """
    random = Random(seed)
    problem = a_random_problem(seed, begun=False)
    templates = tuple(
        replace(
            one,
            steps=tuple(step for step in one.steps if step.session is Session.BAY),
            materials=(),
        )
        for one in problem.templates
    )
    first = replace(problem.racks[0], template="M", due=None, promise=None)
    return replace(
        problem,
        templates=templates,
        racks=tuple(
            replace(first, key=f"R{number:02}", order=f"O{number:02}")
            for number in range(racks)
        ),
        supplies=tuple(replace(one, quantity=10 * racks) for one in problem.supplies),
        resources=tuple(
            replace(one, capacity=_shut_at_times(one.capacity, random, 900))
            for one in problem.resources
        ),
    )


def _shut_at_times(capacity: StepFunction, random: Random, end: int) -> StepFunction:
    """Return a capacity that is nothing in about half of the pieces before a minute."""
    drawn = (random.randrange(end) for _ in range(6))
    times = tuple(sorted({0, end, *capacity.times, *drawn}))
    values = tuple(
        0 if time < end and random.random() < 0.5 else capacity.at(time)
        for time in times
    )
    return StepFunction(times=times, values=values)


def _tariff(random: Random) -> Prices:
    """Return prices with an averaging window, half of the time by the hour."""
    averaging = random.choice((1, 5, 15, 15, 30, 60))
    hours = range(0, HORIZON, 60)
    dear = tuple(random.randrange(20_000) for _ in hours)
    return prices(
        averaging=averaging,
        averaging_begun=random.randrange(averaging),
        energy_steps=random.choice(
            (None, StepFunction(times=tuple(hours), values=dear))
        ),
    )
