"""The demo's 200 suppliers, all invented: names, regions, people, what they make."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.db.models import Min

from factory.demo import DemoFactory
from factory.models import BomLine, Part
from suppliers.models import Source, Supplier, SupplierUser

# Share of 200 suppliers, zone, language.
_PLACES = (
    ("TW", 90, "Asia/Taipei", "zh-hant"),
    ("CN", 20, "Asia/Shanghai", "zh-hans"),
    ("VN", 10, "Asia/Ho_Chi_Minh", "vi"),
    ("TH", 6, "Asia/Bangkok", "th"),
    ("MY", 4, "Asia/Kuala_Lumpur", "en"),
    ("US", 24, "America/Chicago", "en"),
    ("MX", 16, "America/Monterrey", "es"),
    ("JP", 12, "Asia/Tokyo", "ja"),
    ("KR", 8, "Asia/Seoul", "ko"),
    ("DE", 10, "Europe/Berlin", "de"),
)

_TRADES = {
    "GPU-MOD": "Compute",
    "HBM-STK": "Memory",
    "COWOS": "Packaging",
    "NVSW-ASIC": "Silicon",
    "CT-L10": "Systems",
    "SW-L10": "Switching",
    "CPU-MEM": "Memory",
    "NVL-CART": "Cable",
    "BP-CONN": "Connect",
    "PWR-SHELF": "Power",
    "PSU": "Supply",
    "BUSBAR": "Metals",
    "CAP-BBU": "Storage",
    "WHIP": "Wiring",
    "RACK": "Frames",
    "MANIFOLD": "Manifold",
    "UQD": "Coupling",
    "COLDPL": "Thermal",
    "HOSE": "Hose",
    "LEAKSNS": "Sensors",
    "CDU": "Cooling",
    "COOLANT": "Fluids",
    "TIM": "Interface",
    "NIC": "Networks",
    "DPU": "Logic",
    "OPTIC": "Optics",
    "FIBER": "Fibre",
    "COPPER": "Copper",
    "TOR": "Networks",
    "SSD": "Flash",
    "BMC": "Control",
    "PCB": "Boards",
    "ABF": "Substrate",
    "VRM": "Regulator",
    "MLCC": "Ceramics",
    "FAN": "Airflow",
    "CHASSIS": "Sheet",
    "MECH": "Hardware",
    "HARNESS": "Harness",
    "CRATE": "Crates",
}

# The first supplier of these parts has a part in the demo's story.
_FIRST = {
    "LEAKSNS": "Tessaline",
    "UQD": "Kohaku",
    "NVL-CART": "Kestrova",
    "MANIFOLD": "Ostrey",
    "PWR-SHELF": "Quillon",
    "OPTIC": "Pendrift",
    "CPU-MEM": "Nimbara",
    "BUSBAR": "Marrowby",
    "PCB": "Velquist",
}
_HEADS = (
    "Ald",
    "Bren",
    "Cor",
    "Dov",
    "Esk",
    "Fenn",
    "Gal",
    "Hest",
    "Isk",
    "Jor",
    "Kald",
    "Lun",
    "Mor",
    "Nar",
    "Orl",
    "Pell",
    "Rav",
    "Sel",
    "Thal",
    "Ulv",
)
_TAILS = (
    "amere",
    "avane",
    "edale",
    "estra",
    "ihara",
    "onquist",
    "orwick",
    "ostrom",
    "ulane",
    "yssen",
)
_GIVEN = ("Ana", "Bao", "Chen", "Duc", "Emi", "Felix", "Gita", "Hana", "Ivo", "Jun")
_FAMILY = ("Arai", "Berg", "Chou", "Diaz", "Ek", "Fuentes", "Gupta", "Ho", "Ito", "Lin")

STORY_PART = "LEAKSNS"
"""Its first supplier withdraws a promise; the demo's log-in ``supplier`` is theirs."""

LOG_IN_PARTS = ("LEAKSNS", "UQD")
"""Parts whose first suppliers can be signed in to, and find something to do."""

DAYS_A_WEEK = 7
_JITTER_PERCENT = (90, 112)
_USUALLY_ON_TIME = (23.0, 2.0)
"""Beta distribution with a mean of 0.92."""
_OFTEN_LATE = (15.0, 5.0)
"""Beta distribution with a mean of 0.75."""
_OFTEN_LATE_SHARE = 0.1
_USUAL_SHARE_ON_TIME = 0.92


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """One supplier of the demo.

    Attributes:
        supplier: Its row.
        part: What it makes.
        lead_days: Its lead time at P50.
        on_time: The share of its deliveries that come on the day promised.
        user_id: The person who answers for it.
        is_first: Whether it is the first of its part's suppliers.
    """

    supplier: Supplier
    part: Part
    lead_days: int
    on_time: float
    user_id: int
    is_first: bool = False


def build_makers(factory: DemoFactory, seed: int) -> list[Maker]:
    """Write suppliers, one person each and sources; return them by part.

    Each part has as many suppliers as its component says; the first one of the story
    part is in Taipei.
    """
    random = Random(f"{seed}:makers")  # noqa: S311 - dice of a demo
    makers = [
        code for code, row in factory.components.items() for _ in range(row.suppliers)
    ]
    places = _places(random, makers)
    suppliers = Supplier.objects.bulk_create(
        Supplier(
            code=name.lower().replace(" ", "-")[:20],
            name=name,
            region=region,
            zone=zone,
            language=language,
            buyer=factory.parts[code].buyer,
        )
        for code, name, (region, zone, language) in zip(
            makers, _names(makers), places, strict=True
        )
    )
    users = User.objects.bulk_create(
        User(
            username=f"at-{supplier.code}",
            first_name=_GIVEN[place % len(_GIVEN)],
            last_name=_FAMILY[place // len(_GIVEN) % len(_FAMILY)],
            email=f"orders@{supplier.code}.example",
            password=UNUSABLE_PASSWORD_PREFIX,
            date_joined=factory.as_of,
        )
        for place, supplier in enumerate(suppliers)
    )
    SupplierUser.objects.bulk_create(
        SupplierUser(user=user, supplier=supplier)
        for user, supplier in zip(users, suppliers, strict=True)
    )
    found = [
        replace(
            _maker(factory, random, makers[place], supplier, user),
            is_first=makers.index(makers[place]) == place,
        )
        for place, (supplier, user) in enumerate(zip(suppliers, users, strict=True))
    ]
    Source.objects.bulk_create(_source(factory, maker) for maker in found)
    return found


def _places(random: Random, makers: list[str]) -> list[tuple[str, str, str]]:
    """Return region, zone and language of each supplier."""
    places = [
        (region, zone, language)
        for region, count, zone, language in _PLACES
        for _ in range(count)
    ]
    random.shuffle(places)
    story = makers.index(STORY_PART)
    taipei = next(place for place, row in enumerate(places) if row[0] == "TW")
    places[story], places[taipei] = places[taipei], places[story]
    return [places[place % len(places)] for place in range(len(makers))]


def _names(makers: list[str]) -> list[str]:
    """Return a name for each supplier, made up and like no other."""
    stems = (head + tail for tail in _TAILS for head in _HEADS)
    seen: set[str] = set()
    names = []
    for code in makers:
        stem = _FIRST.get(code, "") if code not in seen else ""
        seen.add(code)
        names.append(f"{stem or next(stems)} {_TRADES.get(code, 'Works')}")
    return names


def _maker(
    factory: DemoFactory, random: Random, code: str, supplier: Supplier, user: User
) -> Maker:
    """Draw how long a supplier takes and how often it keeps its day."""
    weeks = factory.components[code].lead_time_p50_weeks
    often_late = random.random() < _OFTEN_LATE_SHARE
    return Maker(
        supplier=supplier,
        part=factory.parts[code],
        lead_days=weeks * DAYS_A_WEEK * random.randint(*_JITTER_PERCENT) // 100,
        on_time=random.betavariate(*(_OFTEN_LATE if often_late else _USUALLY_ON_TIME)),
        user_id=user.pk,
    )


def _source(factory: DemoFactory, maker: Maker) -> Source:
    """Return a maker's approval for its part."""
    component = factory.components[maker.part.code]
    spread = component.lead_time_p90_weeks - component.lead_time_p50_weeks
    return Source(
        supplier=maker.supplier,
        part=maker.part,
        lead_time_p50_days=maker.lead_days,
        lead_time_p90_days=maker.lead_days + spread * DAYS_A_WEEK,
        share_percent=100 // component.suppliers,
    )


def read_makers() -> list[Maker]:
    """Return one maker a source of a part that no rack consumes. One query."""
    consumed = BomLine.objects.filter(parent=None).values("part")
    rows = (
        Source.objects.for_staff()
        .exclude(part__in=consumed)
        .filter(supplier__people__isnull=False)
        .select_related("supplier", "part")
        .annotate(person=Min("supplier__people__user"))
        .order_by("pk")
    )
    return [
        Maker(
            supplier=row.supplier,
            part=row.part,
            lead_days=row.lead_time_p50_days,
            on_time=_USUAL_SHARE_ON_TIME,
            user_id=row.person,
        )
        for row in rows
    ]


def makers_of(makers: list[Maker]) -> Mapping[str, list[Maker]]:
    """Return makers by part's code, in order."""
    found: dict[str, list[Maker]] = {}
    for maker in makers:
        found.setdefault(maker.part.code, []).append(maker)
    return found
