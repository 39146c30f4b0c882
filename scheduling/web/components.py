"""The living style sheet: every component in every state, with made-up data.

Shown to anyone signed in; reads no rows. What looks right here looks right everywhere.
"""

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.views.generic import TemplateView

from journal.wording import LIMITS, STATUSES, UNKNOWN
from scheduling.charts import burn_up, dumbbell, load_strip, sparkline, table, waterfall

_ZONE = ZoneInfo("America/Monterrey")
_MONDAY = datetime(2026, 11, 30, 18, tzinfo=UTC)

_SEGMENTS = [
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

_MOODS = ("kept", "at_risk", "broken", "running", "requested", "cannot_say", "on_hold")

_INBOX = [
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


_REFUSAL = (
    "Site power: 3,835 kW needed, 3,600 kW allowed until Wed 20:00. "
    "First free start is Thu 05:00. Tomás Reyes owns this limit."
)


class _MoveForm(forms.Form):
    """A form with every kind of field, bound to values of which one is refused."""

    bay = forms.ChoiceField(label="Move R-0412 to bay", choices=[("D09", "D09")])
    start = forms.CharField(label="Start", help_text="The site's time.")
    reason = forms.CharField(label="Why", required=False, widget=forms.Textarea)
    pin = forms.BooleanField(label="Pin it there", required=False)

    def clean_start(self) -> str:
        """Refuse the start, to show how a refusal reads."""
        raise forms.ValidationError(_REFUSAL)


class ComponentsPage(TemplateView):
    """Show every component in every state."""

    template_name = "components_page.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Add the made-up data; no SQL."""
        form = _MoveForm({"bay": "D09", "start": "Wed 2 Dec, 16:00", "pin": "on"})
        moves = [_move(*row) for row in _MOVES]
        load = _load()
        return super().get_context_data(
            **kwargs,
            moods=_MOODS,
            statuses=STATUSES,
            limits=LIMITS,
            form=form,
            kpis=[_kpi(*row) for row in _KPIS],
            inbox=_INBOX,
            tabs=_tabs(),
            facts=[("Serial", "R-0412"), ("Model", "VR200"), ("Customer", None)],
            lines=_lines(),
            waterfall=waterfall.both(_SEGMENTS, "R-0412"),
            waterfall_rows=waterfall.rows(_SEGMENTS, "R-0412"),
            waterfall_table=waterfall.table(_SEGMENTS, "R-0412"),
            dumbbells=dumbbell.both(moves, _ZONE),
            dumbbell_table=dumbbell.table(moves, _ZONE, date(2026, 12, 1)),
            burn_up=burn_up.both(_BURN_UP),
            burn_up_table=burn_up.table(_BURN_UP),
            load_strip=_strips(load),
            load_table=load_strip.table(load, _ZONE),
            sparkline=sparkline.sparkline([9, 11, 8, 14, 16, 15], "Broken a week"),
            promised=date(2026, 12, 5),
            planned=date(2026, 12, 7),
        )


_BURN_UP = burn_up.BurnUp(
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
    first = datetime(2026, 12, 1, tzinfo=_ZONE)
    return dumbbell.Move(
        name=str(name),
        detail=str(detail),
        was=first + timedelta(days=float(str(was)) - 1),
        now=first + timedelta(days=float(str(now)) - 1),
        promised=date(2026, 12, int(str(due))),
        limit=str(limit),
        reason=str(reason),
    )


def _load() -> load_strip.Load:
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


def _strips(load: load_strip.Load) -> object:
    wide = load_strip.load_strip(load, _ZONE, css="only-wide")
    return wide + load_strip.load_strip(load, _ZONE, size=(320, 150), css="only-narrow")


def _tabs() -> list[dict[str, object]]:
    return [
        {"label": "Matters to a promise", "url": "#tabs", "count": 10, "current": True},
        {"label": "Needs an answer", "url": "#tabs", "count": 9},
        {"label": "All", "url": "#tabs", "count": 1534},
    ]


def _lines() -> dict[str, object]:
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
