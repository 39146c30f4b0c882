"""Made-up data for the living style sheet; nothing is read from rows or written."""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from journal.wording import UNKNOWN
from scheduling.charts import burn_up, dumbbell, load_strip, table, waterfall

ZONE = ZoneInfo("America/Monterrey")
_MONDAY = datetime(2026, 11, 30, 18, tzinfo=UTC)

SEGMENTS = [
    waterfall.Segment(limit="answer", name="Answer", minutes=2_900, owner="Joon Park"),
    waterfall.Segment(
        limit="material", name="Leak sensors", minutes=9_000, owner="Mei-Ling Hsu"
    ),
    waterfall.Segment(limit="physics", name="Kit, build, leak test", minutes=960),
    waterfall.Segment(
        limit="power", name="Power, site full", minutes=1_560, owner="Tomás Reyes"
    ),
    waterfall.Segment(limit="physics", name="In bay D07", minutes=2_820),
    waterfall.Segment(
        limit="curtailment", name="Derated", minutes=240, owner="Tomás Reyes"
    ),
    waterfall.Segment(
        limit="shift", name="QA, no weekend shift", minutes=3_000, owner="Dana Whitlock"
    ),
    waterfall.Segment(limit="physics", name="Audit, pack", minutes=360),
]

_KPIS = [
    ("Promises kept, 28 d", "93.9", "%", "4.6 pt", "down", "bad"),
    ("Racks late", "8", "of 131", "6", "up", "bad"),
    ("Cost of lateness", "$162", "k", "$150 k", "up", "bad"),
    ("Lead time, median", "61.4", "d", "2.1 d", "down", "good"),
    ("Clear to build, 14 d", "64", "of 74", "6", "down", "bad"),
    ("Power at peak", "99", "% of 4,500 kW", "3 pt", "up", ""),
    ("Shipped in Q4", "84.1", "MW", "4.2 MW", "up", "good"),
]

_MOVES = [
    ("R-0437", "Nordvik Cloud", 10.3, 14.6, 11, "material", "Leak sensors"),
    ("R-0412", "Alder Compute", 5.0, 7.5, 5, "power", "Site power"),
    ("R-0415", "Alder Compute", 6.5, 8.3, 9, "power", "Site power"),
    ("R-0406", "Nordvik Cloud", 5.4, 6.1, 8, "curtailment", "Grid order"),
    ("R-0425", "Meridon Research", 7.6, 7.2, 9, "bay", "Freed bay"),
    ("R-0417", "Alder Compute", 8.2, 6.6, 9, "bay", "Freed bay"),
]

MOODS = ("kept", "at_risk", "broken", "running", "requested", "cannot_say", "on_hold")

INBOX = [
    {
        "status": "broken",
        "title": "Tessaline moved 174 leak sensors from 3 to 9 Dec",
        "url": "#inbox",
        "effect": "6 racks lose clear-to-build. Ignored: CO-2184 breaks, $144 k.",
        "limit": "material",
        "owner": "Mei-Ling Hsu",
        "age": "38 min · 41 messages",
    },
    {
        "status": "at_risk",
        "title": "Grid orders 80 % on Wed 16:00 to 20:00",
        "url": "#inbox",
        "effect": "19 soaks run derated, 3 starts move. No promise breaks.",
        "limit": "curtailment",
        "owner": "Tomás Reyes",
        "age": "3 h",
    },
]

BURN_UP = burn_up.BurnUp(
    labels=[
        "2 Nov",
        "9 Nov",
        "16 Nov",
        "23 Nov",
        "30 Nov",
        "7 Dec",
        "14 Dec",
        "21 Dec",
        "28 Dec",
    ],
    demand=[285, 365, 450, 540, 632, 722, 812, 900, 985],
    promised=[282, 362, 446, 534, 624, 708, 790, 868, 944],
    actual=[268, 341, 430, 518, 604],
    now=4.2,
    now_count=613,
    planned=[(5, 688), (6, 760), (7, 832), (8, 900)],
    likely=[
        (4.2, 613, 613),
        (5, 672, 698),
        (6, 728, 783),
        (7, 782, 868),
        (8, 833, 946),
    ],
    events=[(1.2, 1.27), (4.37, 4.47)],
)


def _kpi(*row: str) -> dict[str, str]:
    names = ("label", "value", "unit", "change", "way", "mood")
    return {**dict(zip(names, row, strict=True)), "since": "since 412", "url": "#kpi"}


def _move(*row: object) -> dumbbell.Move:
    name, detail, was, now, due, limit, reason = row
    first = datetime(2026, 12, 1, tzinfo=ZONE)
    return dumbbell.Move(
        name=str(name),
        detail=str(detail),
        was=first + timedelta(days=float(str(was)) - 1),
        now=first + timedelta(days=float(str(now)) - 1),
        promised=date(2026, 12, int(str(due))),
        limit=str(limit),
        reason=str(reason),
    )


def load() -> load_strip.Load:
    """Give four days of site power with one curtailment."""
    draws = [
        3_300,
        3_900,
        4_400,
        4_480,
        3_580,
        3_590,
        4_450,
        4_100,
        3_200,
        2_900,
        3_800,
        4_300,
    ]
    return load_strip.Load(
        epoch=_MONDAY,
        to_min=12 * 480,
        load=[(at * 480, draw * 1000) for at, draw in enumerate(draws)],
        base=[(at * 480, 850_000 if at % 3 == 0 else 1_000_000) for at in range(12)],
        limits=[(0, 4_500_000), (1_920, 3_600_000), (2_880, 4_500_000)],
        curtailments=[(1_920, 2_880)],
    )


def strips() -> SafeString:
    """Draw the load strip for both widths."""
    wide = load_strip.load_strip(load(), ZONE, css="only-wide")
    narrow = load_strip.load_strip(load(), ZONE, size=(320, 150), css="only-narrow")
    return wide + narrow


def tabs() -> list[dict[str, object]]:
    """Give three tabs, the first chosen."""
    return [
        {"label": "Matters to a promise", "url": "#tabs", "count": 10, "current": True},
        {"label": "Needs an answer", "url": "#tabs", "count": 9},
        {"label": "All", "url": "#tabs", "count": 1534},
    ]


def lines() -> dict[str, object]:
    """Give a small table with a sum."""
    names = ("Order line", "Part", "Pieces", "Now", "Slip")
    twin = table.Table(
        label="Order lines",
        head=[
            table.Column(label=n, num=n in names[2:], wide=n in ("Part", "Pieces"))
            for n in names
        ],
        rows=[
            ("4500-7731 / 20", "Leak sensor set", "174", "9 Dec", "+19 d"),
            ("4500-7702 / 10", "NVLink cartridge rev C", "48", "4 Dec", "+4 d"),
            ("4500-7744 / 10", "Manifold pair", "20", UNKNOWN, UNKNOWN),
        ],
        foot=("3 lines", "", "242", "", ""),
    )
    return asdict(twin)


def kpis() -> list[dict[str, str]]:
    """Give the seven numbers of a control page."""
    return [_kpi(*row) for row in _KPIS]


def moves() -> list[dumbbell.Move]:
    """Give six racks that move, two of them past their promise."""
    return [_move(*row) for row in _MOVES]


_PHASES = (
    ("work", 360, 3_000),
    ("firmware", 240, 55_000),
    ("work", 600, 150_000),
    ("work", 1_440, 210_000),
    ("allowance", 240, 90_000),
)


def gantt() -> dict[str, object]:
    """Give two halls with three bays each, as components/gantt.html takes it."""
    halls = ("A", "D")
    groups = [
        {
            "key": hall,
            "label": f"Hall {hall}",
            "note": "peak 540 of 1,250 kW",
            "lanes": [
                _lane(hall, at, row) for row, at in enumerate((-700, 400, 1_200))
            ],
        }
        for hall in halls
    ]
    return {
        "epoch": "2026-12-01T00:00:00Z",
        "zone": ZONE.key,
        "now_min": 920,
        "fence_min": 2_340,
        "from_min": 0,
        "to_min": 7_200,
        "groups": groups,
        "limits": [[0, 1_500_000], [2_760, 1_200_000], [3_000, 1_500_000]],
        "base": [[0, 300_000]],
        "load": [[at * 240, 620_000 + (at * 7 % 11) * 70_000] for at in range(30)],
        "load_factor": 1.12,
        "curtailments": [
            {
                "start": 2_760,
                "end": 3_000,
                "label": "Grid order: 1,200 kW",
                "cap_w": 1_200_000,
            }
        ],
        "people": [
            {
                "key": "fluid",
                "label": "Fluid crew",
                "use": [[at * 480, at % 4] for at in range(15)],
                "roster": [[0, 4], [4_320, 3], [4_800, 4]],
            }
        ],
    }


def plan_rows() -> list[dict[str, object]]:
    """Give the plan's table twin: the bars of the first hall."""
    epoch = datetime(2026, 12, 1, tzinfo=UTC)
    return [
        {
            "rack": "R-0412",
            "url": "#plan",
            "place": "D01",
            "start": epoch + timedelta(minutes=400),
            "end": epoch + timedelta(minutes=3_280),
            "waited_min": 1_560,
            "limit": "power",
            "due": date(2026, 12, 2),
            "planned": date(2026, 12, 4),
            "status": "late",
            "status_word": "2 d late",
        }
    ]


def _lane(hall: str, first: int, row: int) -> dict[str, object]:
    bars: list[dict[str, object]] = []
    at = first
    for number in range(3):
        start, phases = at, []
        for kind, minutes, watts in _PHASES:
            phases.append([at, at + minutes, watts, kind])
            at += minutes
        rack = f"R-0{400 + row * 10 + number + (50 if hall == 'D' else 0)}"
        bars.append(
            {
                "rack": rack,
                "label": rack,
                "start": start,
                "end": at,
                "late_min": 2_880 if rack == "R-0411" else 0,
                "due": at + 300 if rack != "R-0411" else at - 2_880,
                "url": "#plan",
                "pinned": number == 1,
                "waits": [[start - 400, start, "power"]] if number else [],
                "phases": phases,
            }
        )
        at += 480
    return {"key": f"{hall}0{row + 1}", "label": f"{hall}0{row + 1}", "bars": bars}


def run() -> dict[str, object]:
    """Give a run that ended, as components/run.html takes it."""
    best = [33_690_000, 26_100_000, 23_140_000, 21_930_000, 21_200_000]
    bound = [None, 9_000_000, 16_400_000, 19_800_000, 20_330_000]
    curve = [
        [at * 12 + 1, *pair] for at, pair in enumerate(zip(best, bound, strict=True))
    ]
    return {
        "state": "succeeded",
        "label": "Done",
        "phase": "Proved within 4.1 %",
        "elapsed_s": 60,
        "limit_s": 60,
        "best_cents": best[-1],
        "bound_cents": bound[-1],
        "bound_reason": "OPTIC lets no more racks through from Thu 17:00 to Fri 17:00.",
        "gap": 0.041,
        "curve": curve,
        "plan_url": "#plan",
        "error": "",
    }
