"""A problem shaped like the default site: 40 bays in four halls, three models."""

from random import Random

from scheduling.engine.problem import (
    Bay,
    Calendar,
    Curtailment,
    Lag,
    Material,
    PowerClass,
    Problem,
    Progress,
    Rack,
    Resource,
    ResourceKind,
    Running,
    Session,
    Step,
    Supply,
    SupplyKind,
    Template,
)
from scheduling.engine.profile import StepFunction, constant

DAY = 1_440
WEEK = 7 * DAY
MODELS = ("GB200", "GB300", "VR200")
LIQUID_PERMILLE = {"GB200": 880, "GB300": 950, "VR200": 1_000}
REWORK_PERCENT = 20

# code, hours by model, kilowatts by model, place, extra, crew, eighths, class, session
ROUTING = (
    ("KIT", (4, 4, 3), (0, 0, 0), "kitting", "", "material", 16, "manual", ""),
    ("PREP", (8, 8, 6), (0, 0, 0), "asm", "", "mech", 16, "manual", "station"),
    ("TRAY", (6, 6, 2), (0, 0, 0), "asm", "", "mech", 16, "manual", "station"),
    ("CABLE", (6, 6, 2), (0, 0, 0), "asm", "", "cable", 16, "manual", "station"),
    ("DRYLEAK", (3, 3, 3), (0, 0, 0), "leakrig", "", "fluid", 8, "through", ""),
    ("DOCKFILL", (4, 4, 4), (2, 2, 3), "", "cart", "fluid", 8, "through", "bay"),
    ("POWERON", (2, 2, 2), (25, 28, 40), "", "", "test", 8, "cut", "bay"),
    ("FLASH", (4, 4, 3), (35, 38, 55), "", "", "test", 4, "never", "bay"),
    ("FUNC", (6, 6, 5), (80, 87, 135), "", "", "test", 4, "restart", "bay"),
    ("FABRIC", (4, 4, 4), (95, 102, 160), "", "", "test", 4, "restart", "bay"),
    ("SOAK", (24, 24, 24), (125, 137, 210), "", "", "test", 1, "soak", "bay"),
    ("POST", (2, 2, 2), (55, 60, 90), "", "", "test", 4, "restart", "bay"),
    ("DRAIN", (3, 3, 3), (1, 1, 1), "", "cart", "fluid", 8, "through", "bay"),
    ("OBA", (2, 2, 2), (0, 0, 0), "qa", "", "qa", 8, "manual", ""),
    ("PACK", (4, 4, 4), (0, 0, 0), "pack", "", "material", 16, "manual", ""),
)
CLASSES = {
    "manual": PowerClass.SHIFT_BOUND,
    "through": PowerClass.NON_PREEMPTIVE,
    "cut": PowerClass.INTERRUPTIBLE,
    "never": PowerClass.NEVER_INTERRUPT,
    "restart": PowerClass.RESTARTABLE,
    "soak": PowerClass.PREEMPTIVE_DERATABLE,
}
# part, quantity by model, consuming step
PARTS = (
    ("CT-L10", (18, 18, 18), "TRAY"),
    ("SW-L10", (9, 9, 9), "TRAY"),
    ("NVL-CART", (4, 4, 4), "PREP"),
    ("PWR-SHELF", (8, 8, 4), "PREP"),
    ("BUSBAR", (1, 1, 1), "PREP"),
    ("CAP-BBU", (0, 1, 1), "PREP"),
    ("WHIP", (8, 8, 8), "CABLE"),
    ("RACK", (1, 1, 1), "PREP"),
    ("MANIFOLD", (1, 1, 1), "PREP"),
    ("UQD", (54, 54, 54), "PREP"),
    ("HOSE", (120, 120, 90), "PREP"),
    ("LEAKSNS", (29, 29, 32), "PREP"),
    ("COOLANT", (80, 80, 110), "DOCKFILL"),
    ("OPTIC", (72, 72, 144), "CABLE"),
    ("FIBER", (144, 144, 288), "CABLE"),
    ("COPPER", (60, 60, 30), "CABLE"),
    ("TOR", (2, 2, 2), "TRAY"),
    ("MECH", (1, 1, 1), "PREP"),
    ("CRATE", (1, 1, 1), "PACK"),
)
PLACES = {"kitting": 4, "asm": 18, "leakrig": 4, "cart": 6, "qa": 3, "pack": 4}
PEOPLE = {"material": 14, "mech": 24, "cable": 12, "fluid": 8, "test": 12, "qa": 3}
AROUND_THE_CLOCK = {"fluid", "test"}
HALLS = (("A", 1_250, 700), ("B", 1_250, 700), ("C", 1_250, 700), ("D", 1_500, 800))
IMPORT_W = 4_500_000
BASE_DAY_W = 1_000_000
BASE_NIGHT_W = 850_000
POWER_CEILING = {"GB200": 106.0, "GB300": 97.0, "VR200": 64.0}
LAGS_BEFORE = (
    Lag(
        code="ANSWER",
        label="Order and supplier answers",
        minutes=2 * DAY,
        owner="Ines Duarte",
        reason="Suppliers take two days to answer a purchase order.",
        is_physics=False,
        limit="answer",
    ),
    Lag(
        code="L10",
        label="Tray build and test",
        minutes=2_304,
        owner="Wei Chen",
        reason="Trays are built and tested before the rack is kitted.",
        is_physics=True,
    ),
)
LAGS_AFTER = (
    Lag(
        code="AIR",
        label="Flight",
        minutes=DAY,
        owner="Lena Fischer",
        reason="Racks fly to the customer.",
        is_physics=True,
    ),
    Lag(
        code="CUSTOMS",
        label="Slower freight mode",
        minutes=2 * DAY,
        owner="Lena Fischer",
        reason="The cheaper forwarder flies twice a week.",
        is_physics=False,
        limit="freight",
    ),
)


def _template(model: str) -> Template:
    column = MODELS.index(model)
    steps = []
    for code, hours, kilowatts, place, extra, crew, eighths, kind, held in ROUTING:
        work = hours[column] * 60
        session = Session(held)
        steps.append(
            Step(
                code=code,
                label=code.capitalize(),
                work=work,
                allowance=work * REWORK_PERCENT // 100 if held == "bay" else 0,
                place=f"place:{place}" if place else "",
                extra=f"place:{extra}" if extra else "",
                crew=f"crew:{crew}",
                crew_eighths=eighths,
                draw=kilowatts[column] * 1_000,
                power_class=CLASSES[kind],
                session=session,
            )
        )
    liquid = LIQUID_PERMILLE[model]
    return Template(
        key=model,
        label=f"{model} NVL72",
        steps=tuple(steps),
        materials=tuple(
            Material(part=part, quantity=quantities[column], step=step)
            for part, quantities, step in PARTS
            if quantities[column]
        ),
        liquid_permille=liquid,
        # Rounded up: cooling takes 0.12 W per watt of liquid heat.
        site_permille=1_000 + -(-120 * liquid // 1_000),
        lags_before=LAGS_BEFORE,
        lags_after=LAGS_AFTER,
    )


def _base_load(days: int) -> StepFunction:
    times, values = [0], [BASE_NIGHT_W]
    for day in range(days):
        times += [day * DAY + 360, day * DAY + 1_320]
        values += [BASE_DAY_W, BASE_NIGHT_W]
    return StepFunction(times=tuple(times), values=tuple(values))


def _import_left(base: StepFunction, event: Curtailment | None) -> StepFunction:
    times = set(base.times)
    if event:
        times |= {event.start, event.end}

    def left(minute: int) -> int:
        curtailed = event is not None and event.start <= minute < event.end
        return (event.limit if event and curtailed else IMPORT_W) - base.at(minute)

    ordered = tuple(sorted(times))
    return StepFunction(times=ordered, values=tuple(left(time) for time in ordered))


def _resources(site: StepFunction) -> tuple[Resource, ...]:
    found = [
        Resource(
            key="site:main",
            kind=ResourceKind.SITE,
            label="Site power",
            owner="Tomás Reyes",
            capacity=site,
        )
    ]
    for hall, limit_kw, busway_kw in HALLS:
        loop = (
            StepFunction(times=(0, 10 * DAY), values=(1_000_000, limit_kw * 1_000))
            if hall == "B"
            else constant(limit_kw * 1_000)
        )
        found += [
            Resource(
                key=f"node:{hall}",
                kind=ResourceKind.NODE,
                label=f"Hall {hall}",
                owner="Tomás Reyes",
                capacity=constant(limit_kw * 1_000),
            ),
            *(
                Resource(
                    key=f"node:{hall}{side}",
                    kind=ResourceKind.NODE,
                    label=f"Busway {hall}{side}",
                    owner="Tomás Reyes",
                    capacity=constant(busway_kw * 1_000),
                )
                for side in (1, 2)
            ),
            Resource(
                key=f"loop:{hall}",
                kind=ResourceKind.LOOP,
                label=f"Cooling {hall}",
                owner="Amara Osei",
                capacity=loop,
            ),
        ]
    for place, count in PLACES.items():
        found.append(
            Resource(
                key=f"place:{place}",
                kind=ResourceKind.PLACE,
                label=place.capitalize(),
                owner="Jonas Weber",
                capacity=constant(count),
            )
        )
    for crew, people in PEOPLE.items():
        shift = "test" if crew in AROUND_THE_CLOCK else "assembly"
        found.append(
            Resource(
                key=f"crew:{crew}",
                kind=ResourceKind.CREW,
                label=f"{crew.capitalize()} crew",
                owner="Priya Nair",
                capacity=constant(people * 8),
                calendar=f"calendar:{shift}",
            )
        )
    return tuple(found)


def _bays() -> tuple[Bay, ...]:
    return tuple(
        Bay(
            key=f"bay:{hall}{number:02}",
            label=f"{hall}{number:02}",
            limit=250_000 if hall == "D" else 150_000,
            models=MODELS if hall == "D" else MODELS[:2],
            nodes=(f"node:{hall}{1 if number <= 5 else 2}", f"node:{hall}"),
            site="site:main",
            loop=f"loop:{hall}",
            capacity=constant(1),
        )
        for hall, _, _ in HALLS
        for number in range(1, 11)
    )


def _progress(index: int, template: Template) -> Progress:
    """Return one of four states, each in bays or stations of its own."""
    by_code = {step.code: place for place, step in enumerate(template.steps)}
    in_bay = Progress(
        done=by_code["SOAK"],
        running=Running(step="SOAK", started=-300, remaining=1_428),
        bay=f"bay:{'ABC'[index % 3]}{index // 4 + 1:02}",
        bay_since=-1_800,
        kit_started=-4_300,
        last_end=-300,
    )
    return (
        in_bay,
        Progress(
            done=by_code["TRAY"],
            running=Running(step="TRAY", started=-100, remaining=260),
            kit_started=-900,
            last_end=-100,
            holds_station=True,
        ),
        Progress(
            done=by_code["PREP"],
            running=Running(step="PREP", started=-60, remaining=420),
            kit_started=-300,
            last_end=-60,
            holds_station=True,
        ),
        Progress(done=by_code["DOCKFILL"], kit_started=-3_000, last_end=-120),
    )[index % 4]


def _racks(
    count: int, started: int, random: Random, templates: dict[str, Template]
) -> tuple[Rack, ...]:
    models = [MODELS[0]] * 3 + [MODELS[1]] * 5 + [MODELS[2]] * 2
    a_week = 10 / sum(1 / POWER_CEILING[model] for model in models) * 0.95
    days = max(10, round(count / a_week * 5))
    lead = sum(lag.minutes for lag in LAGS_BEFORE)
    racks = []
    for index in range(count):
        model = MODELS[1] if index < started else random.choice(models)
        working_day = index * days // count
        # The first racks are due on Thursday of the first week.
        day = 3 + working_day + 2 * ((working_day + 3) // 5)
        due = day * DAY + 1_439
        received = -random.randrange(8 * DAY, 30 * DAY) + max(0, day - 20) * DAY
        racks.append(
            Rack(
                key=f"R-{index + 1:05}",
                order=f"O-{index // 4 + 1:05}",
                template=model,
                received=received,
                release=received + lead,
                due=due,
                promise=due + DAY * random.choice((0, 0, 1, 2)),
                late_cents_per_day=random.choice((600_000, 600_000, 1_200_000)),
                progress=_progress(index, templates[model])
                if index < started
                else Progress(),
            )
        )
    return tuple(racks)


def _supplies(
    racks: tuple[Rack, ...], templates: dict[str, Template], random: Random
) -> tuple[Supply, ...]:
    """Return stock for the first racks and a weekly tranche for each later week."""
    needs: dict[str, dict[int, int]] = {part: {} for part, _, _ in PARTS}
    for rack in racks:
        needed = max(0, (rack.due or 0) // DAY - 9) // 7
        for material in templates[rack.template].materials:
            weeks = needs[material.part]
            weeks[needed] = weeks.get(needed, 0) + material.quantity
    supplies = []
    for part, weeks in needs.items():
        for week, quantity in sorted(weeks.items()):
            late = random.choice((0,) * 9 + (2, 4, 6)) if week else 0
            available = (week * 7 + late) * DAY + (17 + 4) * 60 if week else 0
            supplies.append(
                Supply(
                    key=f"{part}:{week}",
                    part=part,
                    quantity=quantity + quantity // 20,
                    available=available,
                    kind=SupplyKind.TRANCHE if week else SupplyKind.STOCK,
                    owner="Ines Duarte",
                    label=f"{part} week {week}" if week else f"{part} stock",
                )
            )
    return tuple(supplies)


def a_demo_like_problem(
    racks: int = 120,
    seed: int = 1,
    *,
    started: int | None = None,
    curtailed: bool = False,
) -> Problem:
    """Return a problem shaped like the default site.

    Args:
        racks: How many; due over ten working days, or longer at 95 % of the power
            ceiling.
        seed: Of models, dates and late tranches.
        started: Racks in progress; default one in ten, at most 12.
        curtailed: Whether the grid takes 80 % from 16:00 to 20:00 on the second day.
    """
    random = Random(seed)
    templates = {model: _template(model) for model in MODELS}
    begun = min(12, racks // 10) if started is None else started
    listed = _racks(racks, begun, random, templates)
    days = max(rack.due or 0 for rack in listed) // DAY + 1 + 28
    event = Curtailment(
        key="grid:1",
        label="Grid event, 80 %",
        start=DAY + 960,
        end=DAY + 1_200,
        limit=IMPORT_W * 8 // 10,
        owner="Tomás Reyes",
    )
    base = _base_load(days)
    weeks = -(-days // 7)
    return Problem(
        site="MTY1",
        zone="America/Monterrey",
        epoch="2026-11-23T06:00:00Z",
        horizon=days * DAY,
        resources=_resources(_import_left(base, event if curtailed else None)),
        calendars=(
            # Assembly works six days; the epoch is a Monday.
            Calendar(
                key="calendar:assembly",
                open=tuple((w * WEEK, w * WEEK + 6 * DAY) for w in range(weeks)),
            ),
            Calendar(key="calendar:test", open=((0, days * DAY),)),
        ),
        bays=_bays(),
        templates=tuple(templates.values()),
        supplies=_supplies(listed, templates, random),
        racks=listed,
        base_load=base,
        curtailments=(event,) if curtailed else (),
    )
