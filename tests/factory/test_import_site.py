"""`manage.py import_site`: all of a workbook or nothing, every finding at once."""

import io
import shutil
import zipfile
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook, load_workbook

from factory.errors import WorkbookRefusedError
from factory.models import (
    BomLine,
    Calendar,
    Crew,
    Order,
    Part,
    PowerBay,
    PowerNode,
    RackModel,
    RoutingStep,
    Shift,
    Site,
    StockLot,
    Unit,
    WorkCentre,
)
from factory.services.workbook import import_workbook
from factory.validation import findings
from factory.workbook import read
from factory.workbook.layout import SHEETS
from factory.workbook.template import write_template
from journal.models import Event
from tests.builders.factory import a_part

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Write the template once."""
    path = tmp_path_factory.mktemp("template") / "site.xlsx"
    write_template(path)
    return path


@pytest.fixture
def book(tmp_path, template):
    """Return the template's example, open for changes."""
    return Book(shutil.copy(template, tmp_path / "site.xlsx"))


class Book:
    """A workbook under test."""

    def __init__(self, path):
        """Open it."""
        self.path = path
        self.cells = load_workbook(path)

    def set(self, sheet, row, **values):
        """Write cells of a row by column name."""
        rows = self.cells[sheet]
        names = [cell.value for cell in rows[1]]
        for name, value in values.items():
            rows.cell(row=row, column=names.index(name) + 1).value = value
        return self

    def add(self, sheet, **values):
        """Append a row."""
        rows = self.cells[sheet]
        names = [cell.value for cell in rows[1]]
        rows.append([values.get(name) for name in names])
        return self

    def keep(self, *, is_dry_run=False):
        """Save and import."""
        self.cells.save(self.path)
        return import_workbook(path=self.path, actor="system", is_dry_run=is_dry_run)

    def refused(self):
        """Save, import, and return the findings; nothing may have been kept."""
        before = Site.objects.count(), Order.objects.count(), Event.objects.count()
        with pytest.raises(WorkbookRefusedError) as error:
            self.keep()
        after = Site.objects.count(), Order.objects.count(), Event.objects.count()
        assert after == before
        return [finding.replace("\u00a0", " ") for finding in error.value.findings]


# What a good workbook becomes


def test_the_template_has_every_sheet_and_can_be_imported_as_it_stands(book):
    assert book.cells.sheetnames == ["read me", *(sheet.name for sheet in SHEETS)]

    outcome = book.keep()

    site = Site.objects.get()
    assert outcome.made["bays"] == 2
    assert findings(site) == ()
    assert (site.contracted_import_w, site.base_load_day_w) == (1_000_000, 200_000)


def test_units_of_the_sheets_become_units_of_the_tables(book):
    book.keep()

    soak = RoutingStep.objects.get(code="SOAK")
    assert (soak.draw_w, soak.crew_eighths, soak.rack_model.liquid_permille) == (
        130_000,
        1,
        950,
    )
    late = Shift.objects.get(calendar__code="day", weekday=0, name="Late")
    assert (late.start_min, late.end_min) == (840, 1_320)
    assert {bay.limit_w for bay in PowerBay.objects.all()} == {150_000}
    assert BomLine.objects.get(part__code="RAIL").parent.code == "FRAME"


def test_an_order_brings_its_racks_and_its_event(book):
    book.keep()

    order = Order.objects.get()
    assert order.requested_date == date(2026, 12, 11)
    assert order.received_at == datetime(2026, 11, 2, 6, tzinfo=UTC)
    assert [rack.serial for rack in Unit.objects.racks().in_order_of_serial()] == [
        "CO-1-01",
        "CO-1-02",
    ]
    assert Event.objects.filter(kind="order.created").count() == 1
    assert Event.objects.filter(kind="site.imported").count() == 1


def test_every_object_made_is_told_of_in_the_feed(book):
    book.keep()

    told = Counter(Event.objects.values_list("kind", flat=True))
    for kind, model in {
        "power_node.created": PowerNode,
        "power_bay.created": PowerBay,
        "crew.created": Crew,
        "calendar.created": Calendar,
        "routing_step.created": RoutingStep,
        "part.created": Part,
        "stock_lot.created": StockLot,
    }.items():
        assert told[kind] == model.objects.count() > 0, kind
    assert told["bom.changed"] == RackModel.objects.count()
    assert {one.cause for one in Event.objects.exclude(kind="order.created")} == {
        "import:example"
    }


def test_what_differs_is_told_with_what_was_before(book):
    book.keep()
    last = Event.objects.last().pk
    book.set("crews", 2, people=40)
    book.set("bom", 2, quantity=7)

    book.keep()

    crew, bill, whole = Event.objects.filter(pk__gt=last).order_by("pk")
    assert (crew.kind, list(crew.before), crew.after) == (
        "crew.changed",
        ["people"],
        {"people": 40},
    )
    assert [line["quantity"] for line in bill.after["lines"]] == [7]
    assert bill.before["lines"][0]["quantity"] != 7
    assert whole.kind == "site.imported"


def test_the_same_workbook_again_changes_nothing_and_says_nothing(book):
    book.keep()
    events = Event.objects.count()

    outcome = book.keep()

    assert (outcome.made, outcome.changed) == ({}, {})
    assert Event.objects.count() == events


def test_a_dry_run_judges_everything_and_keeps_nothing(book):
    outcome = book.keep(is_dry_run=True)

    assert outcome.made["site"] == 1
    assert not Site.objects.exists()
    assert not Event.objects.exists()


def test_what_differs_is_changed_and_counted(book):
    book.keep()
    book.set("bays", 2, limit_kw=140).set("orders", 2, quantity=3)
    book.set("shifts", 2, start="07:00")

    outcome = book.keep()

    assert outcome.made == {}
    assert outcome.changed == {"bays": 1, "shifts": 10, "orders": 1}
    assert PowerBay.objects.get(code="A01").limit_w == 140_000
    assert Unit.objects.racks().count() == 3


def test_a_bay_that_takes_other_models_is_changed(book):
    book.keep()
    book.add("rack_models", code="M2", name="Model 2", liquid_percent=50)
    book.add(
        "routing",
        model="M2",
        op=10,
        code="KIT",
        name="Kitting",
        minutes=60,
        place="kitting",
        skill="assembly",
        people=1,
        power_class="shift_bound",
    )
    book.set("bays", 3, models="M1, M2")

    outcome = book.keep()

    assert outcome.changed == {"bays": 1}
    bay = PowerBay.objects.get(code="A02")
    assert [model.code for model in bay.supported_models.all()] == ["M1", "M2"]


def test_an_empty_cell_leaves_what_is_there(book):
    book.keep()
    WorkCentre.objects.filter(place="kitting").update(owner="Jonas Weber")

    book.keep()

    assert WorkCentre.objects.get(place="kitting").owner == "Jonas Weber"


def test_nodes_may_be_written_in_any_order(book):
    book.set("power_nodes", 2, code="A1", kind="busway", parent="A", limit_kw=300)
    book.set("power_nodes", 4, code="GRID", kind="feed", parent=None, limit_kw=1_000)

    assert book.keep().made["power_nodes"] == 3


def test_a_night_shift_ends_on_the_next_day(book):
    book.set("shifts", 2, start="22:00", end="06:00")

    book.keep()

    night = Shift.objects.get(start_min=1_320)
    assert night.end_min == 1_800


def test_parts_of_the_database_may_be_referred_to(book):
    a_part("SENSOR")
    book.add("bom", model="M1", part="SENSOR", quantity=29, consumed_at="BUILD")

    assert book.keep().made["bom"] == 3


# What is refused, and how it is said


@pytest.mark.parametrize(
    ("sheet", "row", "values", "finding"),
    [
        (
            "bays",
            2,
            {"limit_kw": -5},
            "bays row 2, limit_kw: is -5; 0.001 to 1,000,000 kW can be given.",
        ),
        (
            "bays",
            2,
            {"limit_kw": "lots"},
            "bays row 2, limit_kw: is lots; a number is needed.",
        ),
        (
            "bays",
            2,
            {"limit_kw": 0.0001},
            "bays row 2, limit_kw: is 0.0001; 0.001 to 1,000,000 kW can be given.",
        ),
        (
            "bays",
            2,
            {"limit_kw": 150.0001},
            "bays row 2, limit_kw: is 150.0001; it can have 3 decimals.",
        ),
        (
            "bays",
            3,
            {"node": "Z9"},
            "bays row 3, node: is Z9; sheet power_nodes has no such row.",
        ),
        (
            "bays",
            3,
            {"models": "M1, M9"},
            "bays row 3, models: is M9; sheet rack_models has no such row.",
        ),
        ("crews", 2, {"people": None}, "crews row 2, people: is empty."),
        (
            "crews",
            2,
            {"people": 1.5},
            "crews row 2, people: is 1.5; it can have no decimals.",
        ),
        (
            "routing",
            2,
            {"people": 0.1},
            "routing row 2, people: is 0.1; 0.125 to 1,000 people can be given.",
        ),
        (
            "routing",
            2,
            {"people": 1.1},
            "routing row 2, people: is 1.1; it can have 3 decimals.",
        ),
        (
            "work_centres",
            2,
            {"place": "bay"},
            (
                "work_centres row 2, place: is bay; one of kitting, station, leak_rig, "
                "cart, qa, pack can be given."
            ),
        ),
        (
            "shifts",
            2,
            {"start": "25:00"},
            "shifts row 2, start: is 25:00; 00:00 to 24:00 can be given.",
        ),
        (
            "orders",
            2,
            {"requested_date": "soon"},
            (
                "orders row 2, requested_date: is soon; a date such as 2026-11-23 is "
                "needed."
            ),
        ),
        (
            "site",
            2,
            {"zone": "Mars/Base"},
            (
                "site row 2, zone: is Mars/Base; a zone such as America/Monterrey is "
                "needed."
            ),
        ),
        (
            "site",
            2,
            {"zone": "../../etc/passwd"},
            (
                "site row 2, zone: is ../../etc/passwd; a zone such as "
                "America/Monterrey is needed."
            ),
        ),
        ("parts", 2, {"name": "n" * 161}, "parts row 2, name: has 161 characters; 160"),
        ("parts", 2, {"code": "a\x0bb"}, None),
        (
            "lags",
            2,
            {"is_physics": "maybe"},
            "lags row 2, is_physics: is maybe; yes or no can be given.",
        ),
        (
            "power_nodes",
            2,
            {"parent": "A"},
            "power_nodes row 2, parent: a grid feed has no parent.",
        ),
        (
            "power_nodes",
            3,
            {"parent": None},
            "power_nodes row 3, parent: is empty; only a grid feed has none.",
        ),
        (
            "power_nodes",
            3,
            {"parent": "A1"},
            "power_nodes row 3, parent: is A1, which hangs on it.",
        ),
        (
            "bom",
            2,
            {"consumed_at": "SMELT"},
            "bom row 2, consumed_at: is SMELT; the routing of M1 has no such step.",
        ),
        (
            "bom",
            2,
            {"consumed_at": None},
            "bom row 2, consumed_at: is empty; a part on rack level names its step.",
        ),
        (
            "bom",
            3,
            {"consumed_at": "KIT"},
            "bom row 3, consumed_at: a part inside FRAME is not consumed by the rack.",
        ),
        (
            "site",
            2,
            {"frozen_days": 30, "slushy_days": 7},
            "site row 2, slushy_days: is 7; at least frozen_days, 30, can be given.",
        ),
        (
            "routing",
            2,
            {"draw_kw": 5},
            "routing row 2: breaks the rule routing step power needs a bay.",
        ),
        (
            "bays",
            2,
            {"limit_kw": "=1+1"},
            "bays row 2, limit_kw: holds a formula; give the value itself.",
        ),
        (
            "parts",
            2,
            {"name": '=HYPERLINK("http://x","y")'},
            "parts row 2, name: holds a formula; give the value itself.",
        ),
    ],
)
def test_a_bad_cell_is_named_by_sheet_row_and_column(book, sheet, row, values, finding):
    if finding is None:
        with pytest.raises(Exception, match="cannot be used in worksheets"):
            book.set(sheet, row, **values)
        return
    book.set(sheet, row, **values)

    assert any(said.startswith(finding) for said in book.refused())


def test_all_findings_come_at_once(book):
    book.set("bays", 2, limit_kw=-1).set("crews", 2, people="many")
    book.set("orders", 2, quantity=0).add("bays", code="A03")

    said = book.refused()

    assert len(said) == 7
    assert [line.partition(":")[0] for line in said] == [
        "bays row 2, limit_kw",
        "bays row 4, node",
        "bays row 4, loop",
        "bays row 4, limit_kw",
        "bays row 4, models",
        "crews row 2, people",
        "orders row 2, quantity",
    ]


def test_no_more_than_a_thousand_findings_are_listed(book):
    for _ in range(600):
        book.add("crews", skill="x y", people=-1)

    said = book.refused()

    assert len(said) == 1_001
    assert said[-1].startswith("and ")


def test_a_row_that_stands_twice_is_named_with_the_first(book):
    book.add("crews", skill="test", name="Again", people=1, calendar="day")

    assert book.refused() == ["crews row 4: test stands in row 3 already."]


def test_the_same_part_may_be_in_two_parents(book):
    book.add("parts", code="BOLT", name="Bolt")
    book.add("bom", model="M1", part="BOLT", parent="FRAME", quantity=8)
    book.add("bom", model="M1", part="BOLT", parent="RAIL", quantity=4)

    assert book.keep().made["bom"] == 4


def test_one_site_is_needed_and_no_more(book):
    book.add(
        "site",
        code="second",
        name="Second",
        zone="UTC",
        contracted_import_kw=1,
    )

    assert book.refused() == ["site has 2 rows; one is needed."]


def test_unknown_sheets_and_columns_and_missing_ones_are_named(book):
    book.cells.create_sheet("Robots")
    book.cells["bays"]["F1"] = "colour"
    book.cells["crews"]["C1"] = "persons"

    said = book.refused()

    assert said[0] == "bays has a column colour that is not known."
    assert said[1] == "crews has a column persons that is not known."
    assert said[2] == "crews lacks the column people."
    assert said[3].startswith("Sheet Robots is not known; the sheets are site,")


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (
            lambda book: book.add(
                "bom", model="M1", part="FRAME", parent="RAIL", quantity=1
            ),
            "The BOM of M1 goes round in a circle: FRAME → RAIL → FRAME.",
        ),
        (
            lambda book: book.set("bays", 2, limit_kw=100).set("bays", 3, limit_kw=120),
            (
                "Soak of M1 draws 130 kW; the largest bay that takes it, A02, "
                "carries 120 kW."
            ),
        ),
        (
            lambda book: book.set("power_nodes", 3, limit_kw=100),
            (
                "Soak of M1 draws 130 kW; of the feeders above its bays the best, "
                "Hall A, carries 100 kW."
            ),
        ),
        (
            lambda book: book.add("calendars", code="never", name="Never").set(
                "crews", 2, calendar="never"
            ),
            "Calendar Never has no open hour.",
        ),
    ],
)
def test_a_site_that_cannot_build_its_models_is_refused(book, change, finding):
    change(book)

    assert finding in book.refused()


def test_a_rack_no_bay_can_take_is_refused(book):
    book.add("rack_models", code="M2", name="Model 2", liquid_percent=50)
    for name in ("bays",):
        for row in (2, 3):
            book.set(name, row, models="M2")

    assert "No bay of Example takes M1." in book.refused()


def test_a_lot_is_not_cut_below_what_was_issued(book):
    book.keep()
    StockLot.objects.update(issued=2)
    book.set("stock", 2, quantity=1)

    assert book.refused() == ["stock row 2: breaks the rule stock lot not over issued."]


def test_an_order_in_work_is_not_cut_below_its_racks(book):
    book.keep()
    Unit.objects.update(state="in_work")
    book.set("orders", 2, quantity=1)

    assert book.refused() == [
        "orders row 2, quantity: CO-1: 2 racks are in work or shipped, 1 asked for."
    ]


# Files that mean harm


def test_what_is_no_workbook_is_refused(tmp_path):
    for name, content in (("a.xlsx", b"hello"), ("b.xlsx", b"PK\x03\x04 broken")):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(WorkbookRefusedError) as error:
            import_workbook(path=path, actor="system")
        assert error.value.findings == (f"{name} is not a workbook (.xlsx).",)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "site.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("hello.txt", "hello")

    with pytest.raises(WorkbookRefusedError):
        import_workbook(path=path, actor="system")


def test_a_file_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(WorkbookRefusedError, match="1 findings"):
        import_workbook(path=tmp_path / "none.xlsx", actor="system")


def test_a_file_that_is_too_large_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "FILE_BYTES_MAX", 10)
    path = tmp_path / "site.xlsx"
    path.write_bytes(b"x" * 11)

    with pytest.raises(WorkbookRefusedError) as error:
        import_workbook(path=path, actor="system")

    assert error.value.findings == ("site.xlsx has 11 bytes; 10 are read.",)


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (101 * 1024 * 1024))

    with pytest.raises(WorkbookRefusedError) as error:
        import_workbook(path=path, actor="system")

    assert "unpacks to 105,906,176 bytes" in error.value.findings[0]


def test_more_rows_or_columns_than_are_read_are_refused(book, monkeypatch):
    monkeypatch.setattr(read, "ROWS_MAX", 3)
    monkeypatch.setattr(read, "COLUMNS_MAX", 12)

    said = book.refused()

    assert "routing has more than 3 rows." in said
    assert "routing has more than 12 columns." in said


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is(tmp_path, book):
    book.cells.save(book.path)
    lying = tmp_path / "lying.xlsx"
    with (
        zipfile.ZipFile(book.path) as honest,
        zipfile.ZipFile(lying, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for entry in honest.infolist():
            content = honest.read(entry)
            if entry.filename.startswith("xl/worksheets/sheet"):
                start = content.index(b'<dimension ref="')
                end = content.index(b"/>", start)
                content = (
                    content[:start] + b'<dimension ref="A1:XFD1048576"' + content[end:]
                )
            packed.writestr(entry, content)

    outcome = import_workbook(path=lying, actor="system")

    assert outcome.made["bays"] == 2


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY e "&a;&a;&a;">]>',
        "<!DOCTYPE x [<!ENTITY e ",
    ],
)
def test_a_workbook_with_entities_or_broken_xml_is_refused(tmp_path, book, doctype):
    book.cells.save(book.path)
    evil = tmp_path / "evil.xlsx"
    with (
        zipfile.ZipFile(book.path) as honest,
        zipfile.ZipFile(evil, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for entry in honest.infolist():
            content = honest.read(entry)
            if entry.filename == "xl/worksheets/sheet2.xml":
                content = doctype.encode() + content.replace(b"Example", b"&e;")
            packed.writestr(entry, content)

    with pytest.raises(WorkbookRefusedError) as error:
        import_workbook(path=evil, actor="system")

    assert error.value.findings == ("evil.xlsx is not a workbook (.xlsx).",)


# The command


def test_the_command_writes_a_template_and_imports_it(tmp_path):
    path, said = str(tmp_path / "site.xlsx"), io.StringIO()

    call_command("import_site", template=path, stdout=said)
    call_command("import_site", path, "--dry-run", stdout=said)
    assert not Site.objects.exists()
    call_command("import_site", path, stdout=said)
    call_command("import_site", path, stdout=said)

    told = said.getvalue()
    assert "bays: 2 made, 0 changed" in told
    assert "A dry run: nothing was kept." in told
    assert told.endswith("45 rows read; all of them are as they were.\nKept.\n")


def test_the_command_prints_every_finding(tmp_path, book):
    book.set("bays", 2, limit_kw=-1).set("crews", 2, people=-1)
    book.cells.save(book.path)
    said = io.StringIO()

    with pytest.raises(CommandError, match="2 findings; nothing was saved"):
        call_command("import_site", str(book.path), stderr=said)

    assert said.getvalue().count("\n") == 2


@pytest.mark.parametrize("arguments", [[], ["a.xlsx", "--template", "b.xlsx"]])
def test_the_command_needs_one_file(arguments):
    with pytest.raises(CommandError, match="Name a workbook to import"):
        call_command("import_site", *arguments)


def test_an_empty_workbook_lacks_its_site(tmp_path):
    path = tmp_path / "empty.xlsx"
    Workbook().save(path)

    with pytest.raises(WorkbookRefusedError) as error:
        import_workbook(path=path, actor="system")

    assert "site has 0 rows; one is needed." in error.value.findings
