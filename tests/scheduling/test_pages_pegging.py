"""Clear to build and pegging: both ways, with slack on every edge, and as files."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from factory.models import Site
from scheduling.models import Pegging
from scheduling.pegging import edges_of
from scheduling.web.clear import shortages
from tests.builders.factory import NOW, a_stock_lot
from tests.builders.reading import a_reader, table, words
from tests.builders.scheduling import a_plan
from tests.builders.suppliers import a_commitment, a_line, a_supplier
from tests.builders.world import a_small_world

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MATRIX = "Racks and component groups"


@pytest.fixture(autouse=True)
def present(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world():
    return a_small_world()


@pytest.fixture
def planner(world):
    return a_reader(world.site)


def a_pegged_line(world, day):
    """Peg a promise for a day to the second rack, and stock to the first."""
    plan = a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))
    line = a_line(
        site=world.site, part=world.parts["SENSOR"], supplier=a_supplier(name="Acme")
    )
    commitment = a_commitment(line, [(day, 29)])
    step = world.model.steps.get(code="PREP")
    lot = a_stock_lot(world.site, world.parts["SENSOR"], 29)
    first, second, _ = world.racks
    Pegging.objects.create(plan=plan, rack=first, step=step, quantity=29, stock_lot=lot)
    Pegging.objects.create(
        plan=plan,
        rack=second,
        step=step,
        quantity=29,
        tranche=commitment.current.tranches.get(),
    )
    return line


@pytest.fixture
def line(world):
    return a_pegged_line(world, date(2026, 12, 1))


def edges(world):
    """Return the edges of the one plan, its site read anew."""
    site = Site.objects.get(pk=world.site.pk)
    return edges_of(Pegging.objects.all()[0].plan, site, now=NOW)


def test_slack_runs_from_the_received_pieces_to_the_step_that_takes_them(world, line):
    plan = Pegging.objects.all()[0].plan

    stock, promise = edges(world)

    start = plan.planned_steps.get(rack=world.racks[1], step__code="PREP").starts_at
    assert (stock.lot != "", stock.days, stock.slack_min) == (True, None, None)
    assert promise.number == f"{line.purchase_order.number} / {line.number}"
    # On the dock at 17:00 in Monterrey, received four working hours later.
    usable = start - timedelta(minutes=promise.slack("promised"))
    assert usable.date() >= date(2026, 12, 1)
    assert promise.slack("p90") <= promise.slack("promised")


def test_an_order_leads_to_its_lines_and_a_line_back_to_its_racks(world, planner, line):
    down = planner.get(reverse("pegging_order", args=[world.order.number]))
    rack = planner.get(reverse("pegging_rack", args=[world.racks[1].serial]))
    back = planner.get(reverse("pegging_line", args=[line.pk]))

    assert "Stock, lot" in words(down)
    (row,) = table(rack, f"Material of {world.racks[1].serial}")
    assert row[0] == world.parts["SENSOR"].code
    assert row[4] == f"{line.purchase_order.number} / {line.number}"
    (taker,) = table(back, "Racks of this line")
    assert taker[:2] == [world.racks[1].serial, world.order.number]
    assert "1 rack of 1 order wait for it" in words(back)
    (edge,) = table(back, "Edges with their slack")
    assert edge[:4] == [row[4], row[0], world.racks[1].serial, world.order.number]
    assert edge[5] == row[8]
    assert len(table(down, "Edges with their slack")) == 2


def test_a_line_nobody_takes_does_no_harm(world, planner):
    a_plan(world.site, dict.fromkeys(world.racks, NOW + 10 * DAY))
    line = a_line(site=world.site, part=world.parts["FRAME"])

    said = words(planner.get(reverse("pegging_line", args=[line.pk])))

    assert "no harm if it slips" in said


@pytest.mark.parametrize(
    ("name", "key"),
    [("pegging_order", "CO-0"), ("pegging_rack", "R-0"), ("pegging_line", 999_999)],
)
def test_what_is_gone_leads_to_the_racks_there_are(world, planner, name, key):
    answer = planner.get(reverse(name, args=[key]), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("clear_to_build")
    assert "These are the racks there are." in words(answer)


def test_the_matrix_says_what_is_here_and_names_the_golden_screw(world, planner, line):
    page = planner.get(reverse("clear_to_build") + "?level=promised")
    by_part = planner.get(reverse("clear_to_build") + "?by=part&level=nonsense")

    rows = {row[0]: row for row in table(page, MATRIX)}
    assert "2 racks of 3 have every part in the house." in words(page)
    assert rows[world.racks[0].serial][-1] == "all here"
    screw = rows[world.racks[1].serial][-1].split(" , ")
    assert screw == [world.parts["SENSOR"].code, "Acme"]
    assert rows[world.racks[1].serial][-2] == "1 Dec"
    assert world.parts["SENSOR"].code in words(by_part)


def test_a_rack_without_a_plan_says_why_in_the_matrix(world, planner):
    first, *others = world.racks
    a_plan(
        world.site,
        {first: None, **dict.fromkeys(others, NOW + 10 * DAY)},
        sentence="Nobody has promised sensors.",
    )

    assert "Nobody has promised sensors." in words(
        planner.get(reverse("clear_to_build"))
    )


def test_the_kit_list_and_the_shortages_are_files(world, planner, line):
    csv = planner.get(reverse("kit_list", args=["csv"])).content.decode("utf-8-sig")
    book = planner.get(reverse("shortage_report", args=["xlsx"])).content

    assert csv.splitlines()[0].startswith("rack,order,starts,step,part")
    assert len(csv.splitlines()) == 3
    sheet = load_workbook(BytesIO(book)).active
    assert sheet["A1"].value == "part"
    assert planner.get(reverse("kit_list", args=["exe"])).status_code == 404


def test_a_part_that_comes_after_its_step_is_short(world):
    a_pegged_line(world, date(2026, 12, 20))

    (row,) = shortages(edges(world))

    assert row[0] == world.parts["SENSOR"].code
    assert (row[2], row[3]) == (29, 1)
    assert row[5] < -10


def test_the_table_of_a_page_comes_back_as_a_file_with_formulas_defused(planner):
    sent = {"table": '[["Rack", "Why"], ["R-1", "=1+1"]]', "name": "Racks late!"}

    answer = planner.post(reverse("download_table", args=["csv"]), sent)

    assert 'filename="racks-late.csv"' in answer.headers["Content-Disposition"]
    assert answer.content.decode("utf-8-sig") == "Rack,Why\r\nR-1,'=1+1\r\n"


@pytest.mark.parametrize(
    "table", ["", "x", "{}", "[]", "[[]]", '["a"]', "[" * 100_000, '[["a"], 3]']
)
def test_what_is_no_table_is_refused(planner, table):
    answer = planner.post(reverse("download_table", args=["csv"]), {"table": table})

    assert answer.status_code == 400
