"""Workbooks as they are written, read back by a library that did not write them."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from journal.export import defused, xlsx_bytes
from journal.workbook import Sheet, workbook_bytes

HEAD = ["part", "pieces", "promised"]


def read(content, *, sheet=0):
    """Return a sheet as openpyxl reads it."""
    return load_workbook(io.BytesIO(content)).worksheets[sheet]


def rows_of(content):
    return [list(row) for row in read(content).iter_rows(values_only=True)]


def test_cells_come_back_as_they_were():
    row = ["NVL-CART", 72, date(2027, 1, 4)]

    sheet = read(xlsx_bytes([HEAD, row, ["here", -1.5, None]], title="Kits"))

    assert [cell.value for cell in sheet[1]] == HEAD
    assert [cell.value for cell in sheet[2]][:2] == row[:2]
    assert sheet["C2"].value.date() == row[2]
    assert [cell.value for cell in sheet[3]] == ["here", -1.5, None]
    assert sheet["C2"].number_format == "yyyy-mm-dd"
    assert sheet["C2"].is_date


def test_the_heading_is_bold_and_stays_in_sight_and_columns_are_as_wide_as_asked():
    sheet = read(xlsx_bytes([HEAD, ["A", 1, None]], title="Kits", widths=[30, 8]))

    assert [cell.font.bold for cell in sheet[1]] == [True] * 3
    assert sheet["A2"].font.bold is False
    assert sheet.freeze_panes == "A2"
    # A file counts a cell's padding too.
    assert [int(sheet.column_dimensions[one].width) for one in "AB"] == [30, 8]
    assert sheet.calculate_dimension() == "A1:C2"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_what_looks_like_a_formula_is_text(text):
    cell = read(xlsx_bytes([["head"], [text]], title="Kits"))["A2"]

    assert (cell.data_type, cell.value) == ("s", f"'{text}")


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_any_text_comes_back_as_it_may_leave(texts):
    content = xlsx_bytes([["head"], *([text] for text in texts)], title="Kits")

    found = [unescape(row[0] or "") for row in rows_of(content)[1:]]

    assert found == [defused(text) for text in texts]


def test_the_same_cells_give_the_same_bytes():
    rows = [HEAD, ["Leak sensor", 1, date(2027, 1, 4)]]

    assert xlsx_bytes(iter(rows), title="Kits") == xlsx_bytes(rows, title="Kits")


def test_a_day_no_sheet_knows_is_text_and_what_is_true_is_a_number():
    days = [date(1, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date(9999, 12, 31)]

    rows = rows_of(xlsx_bytes([["head"], days, [True, 10**15, 0.1]], title="Kits"))

    assert rows[1][:2] == ["0001-01-01", "1900-02-28"]
    assert [one.date() for one in rows[1][2:]] == days[2:]
    assert rows[2][:3] == [1, 10**15, 0.1]


def test_a_sheet_of_nothing_can_be_read():
    assert rows_of(xlsx_bytes([], title="Kits")) == []


def test_several_sheets_stand_in_order_under_titles_a_workbook_takes():
    sheets = [
        Sheet(title="Racks / [late]", rows=[["a"], ["b"]]),
        Sheet(title="x" * 40, rows=[["c"]]),
    ]

    content = workbook_bytes(sheets, text=str.upper)

    book = load_workbook(io.BytesIO(content), read_only=True)
    assert book.sheetnames == ["Racks    late ", "x" * 31]
    assert [list(one.values) for one in book] == [[("A",), ("B",)], [("C",)]]
