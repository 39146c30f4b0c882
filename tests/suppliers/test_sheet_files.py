"""Files as suppliers send them: encodings, separators, columns, bombs."""

import io
import struct
import time
import tracemalloc
import zipfile
import zlib
from datetime import date, datetime
from datetime import time as wall_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from journal.export import csv_bytes, defused, xlsx_bytes
from suppliers.sheet import book
from suppliers.sheet.errors import SheetRefusedError
from suppliers.sheet.layout import COLUMNS
from suppliers.sheet.table import FILE_BYTES_MAX, read_file, read_text

HEAD = [str(column.name) for column in COLUMNS]
NAMES = {column.key: place for place, column in enumerate(COLUMNS)}
DAY = date(2026, 12, 9)


def cells(**values):
    row = ["4500-1", 10, "P-1", "Sensor", 90, DAY, 90, 60, DAY, "", "", 2]
    for key, value in values.items():
        row[NAMES[key]] = value
    return row


def as_csv(*rows, head=HEAD, encoding="utf-8", separator=","):
    lines = [head, *(["" if v is None else str(v) for v in row] for row in rows)]
    return "\r\n".join(separator.join(line) for line in lines).encode(encoding)


def as_workbook(*rows, head=HEAD):
    workbook = Workbook()
    for row in [head, *rows]:
        workbook.active.append(list(row))
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def the_row(content):
    (row,) = read_file(content)
    return row


def refusal(content):
    with pytest.raises(SheetRefusedError) as caught:
        read_file(content)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        as_workbook(cells()),
        as_workbook(cells(dock_date=datetime.combine(DAY, wall_time()), quantity="60")),
        as_csv(cells()),
        as_csv(cells(), encoding="utf-8-sig"),
        as_csv(cells(), encoding="utf-16"),
        as_csv(cells(), encoding="utf-16-le"),
        as_csv(cells(), encoding="utf-16-be"),
        as_csv(cells(), encoding="utf-32"),
        as_csv(cells(), separator="\t"),
        as_csv(cells(), separator=";"),
        as_csv(cells()).replace(b"\r\n", b"\r"),
        csv_bytes([HEAD, cells()]),
        xlsx_bytes([HEAD, cells()], title="Open lines"),
    ],
)
def test_a_row_reads_the_same_in_every_kind_of_file(content):
    row = the_row(content)

    assert (row.name, row.quantity, row.dock_date) == ("4500-1 line 10", 60, DAY)
    assert (row.version, row.refusal, row.number) == (2, "", 2)


@pytest.mark.parametrize("encoding", ["big5", "gb18030", "gbk"])
def test_an_encoding_that_can_be_two_is_refused_by_name(encoding):
    content = as_csv(cells(note="延遲"), encoding=encoding)

    said = refusal(content)

    assert "not in UTF-8 or UTF-16" in said
    assert {"big5": "Big5", "gbk": "GB18030"}.get(encoding, "GB18030") in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b" \r\n \r\n", "The file is empty."),
        (b"\xef\xbb\xbf\xff\xfe\xfa", "says it is UTF-8 and is not"),
        (b"a\x00\x00b,c", "empty bytes"),
        (b"PK\x03\x04 nonsense", "not a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 500, "old kind (.xls)"),
        (b"x" * (FILE_BYTES_MAX + 1), "10,485,761 bytes; 10,485,760 are read"),
        (b"%PDF-1.7\n%\xe2\xe3", "not in UTF-8"),
        (b"hello,world\n1,2", "does not name the columns"),
        (as_csv(cells(), head=[*HEAD[:11], "Line"]), "Line stands there twice"),
        (as_csv(cells(), head=[*HEAD[:11], "Versio"]), "lacks the column Version"),
        (as_workbook(), ""),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content, said):
    if said:
        assert said in refusal(content)
    else:
        assert read_file(content) == []


def test_columns_may_stand_in_any_order_with_others_between():
    order = [7, 0, 11, 1, 8]
    head = ["Our note", *(HEAD[place].upper() for place in order)]
    row = ["hello", *(cells()[place] for place in order)]

    read = the_row(as_workbook(row, head=head))

    assert (read.name, read.quantity, read.dock_date) == ("4500-1 line 10", 60, DAY)


def test_pasted_rows_may_come_without_a_heading():
    words = "\t".join(str(value) for value in cells())

    (row,) = read_text(words)

    assert (row.name, row.number, row.quantity) == ("4500-1 line 10", 1, 60)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"quantity": None}, "Promised date is given without promised quantity"),
        ({"dock_date": None}, "Promised quantity is given without promised date"),
        ({"quantity": "=1+59"}, "a formula is not read"),
        ({"dock_date": "=TODAY()"}, "a formula is not read"),
        ({"dock_date": "03/04/2026"}, "3 Apr 2026 and 4 Mar 2026"),
        ({"line": "ten"}, "Line: ten is no number"),
        ({"order": ""}, "Order: an empty cell"),
        ({"version": ""}, "Version: an empty cell"),
        ({"reason": "because"}, "because is not on the list"),
        ({"note": "x" * 301}, "up to 300 characters"),
        ({"order": "x" * 99}, "names no order"),
    ],
)
def test_a_row_that_cannot_be_read_says_which_cell(values, said):
    assert said in the_row(as_workbook(cells(**values))).refusal


@pytest.mark.parametrize("reason", ["capacity", "Capacity", "CAPACITY", " capacity "])
def test_a_reason_is_given_by_its_code_or_its_words(reason):
    assert the_row(as_workbook(cells(reason=reason))).reason_code == "capacity"


def a_bomb(size, *, lies=False):
    """Return a workbook whose sheet unpacks to so many bytes."""
    packed = io.BytesIO(as_workbook(cells()))
    with (
        zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as file,
        file.open("xl/media/zeros.bin", "w") as entry,
    ):
        for _ in range(size // 2**20):
            entry.write(bytes(2**20))
    content = packed.getvalue()
    if lies:
        content = content.replace(size.to_bytes(4, "little"), (7).to_bytes(4, "little"))
    return content


@pytest.mark.parametrize("lies", [False, True])
def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_parsed(
    monkeypatch, lies
):
    monkeypatch.setattr(book, "UNPACKED_BYTES_MAX", 4 * 2**20)
    content = a_bomb(8 * 2**20, lies=lies)

    said = refusal(content)

    # A directory that lies about a size makes the file broken, or is found out.
    assert "unpacks to" in said or "not a workbook" in said
    assert len(content) < 2**17


BLOCK = bytes(2**20)
BLOCKS = 9_600


def a_giant(declared):
    """Return a workbook of under 10 MiB, one file of which unpacks to over 10 GB.

    A megabyte of zeros is packed once, up to where a packer may begin anew, and stands
    there 9,600 times.

    Args:
        declared: Bytes it says it unpacks to, which need not be true.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = packer.compress(BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = one * BLOCKS + packer.flush()
    crc = 0
    name = b"xl/worksheets/sheet1.xml"
    entry = struct.pack(
        "<5H3L2H", 45, 0, 8, 0, 33, crc, len(packed), 0xFFFFFFFF, len(name), 12
    )
    extra = struct.pack("<2HQ", 1, 8, declared)
    local = b"PK\x03\x04" + entry + name + extra + packed
    central = (
        b"PK\x01\x02\x2d\x00"
        + entry
        + struct.pack("<3H2L", 0, 0, 0, 0, 0)
        + name
        + extra
    )
    end = struct.pack("<4H2LH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + b"PK\x05\x06" + end


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (BLOCKS * len(BLOCK), "unpacks to 10,066,329,600 bytes or more"),
        (100 * 2**20, "not a workbook"),
    ],
    ids=["honest", "lies"],
)
def test_ten_gigabytes_in_ten_megabytes_are_refused_in_little_time_and_memory(
    declared, said
):
    content = a_giant(declared)
    assert len(content) < FILE_BYTES_MAX
    assert len(content) * 900 < BLOCKS * len(BLOCK)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.infolist()[0].file_size == declared
    tracemalloc.start()
    began = time.process_time()

    refused = refusal(content)

    taken = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said in refused
    assert taken < 5
    assert peak < 8 * 2**20


def test_the_giant_is_one_that_a_trusting_reader_would_unpack():
    content = a_giant(BLOCKS * len(BLOCK))

    with (
        zipfile.ZipFile(io.BytesIO(content)) as packed,
        packed.open("xl/worksheets/sheet1.xml") as file,
    ):
        assert [file.read(2**20) == BLOCK for _ in range(50)] == [True] * 50


def test_a_workbook_of_too_many_files_or_rows_is_refused(monkeypatch):
    monkeypatch.setattr(book, "PACKED_FILES_MAX", 3)
    assert "in 3 are read" in refusal(as_workbook(cells()))


def test_an_entity_in_a_workbook_is_refused():
    packed = io.BytesIO(as_workbook(cells()))
    out = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
                head, _, rest = content.partition(b"?>")
                content = head + b"?>" + bomb + rest if rest else bomb + content
            new.writestr(name, content)

    assert "not a workbook" in refusal(out.getvalue())


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    try:
        rows = read_file(content)
    except SheetRefusedError:
        return
    assert isinstance(rows, list)


@given(st.lists(st.lists(st.text(max_size=12), max_size=14), max_size=6))
def test_any_text_under_our_heading_is_read_or_refused_row_by_row(rows):
    content = csv_bytes([HEAD, *rows])

    for row in read_file(content):
        assert row.refusal or row.version is not None
        assert row.refusal or (row.quantity is None) == (row.dock_date is None)


@given(st.text(max_size=30))
def test_no_export_begins_with_what_a_spreadsheet_computes(text):
    assert not defused(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert defused(defused(text)) == defused(text)


def test_joined_words_keep_their_space_and_no_blank_hides_a_formula():
    assert defused("3\u00a0racks wait") == "3\u00a0racks wait"
    for blank in "\u00a0\u2003\u3000":
        assert defused(f'{blank}" =1+1') == f"'{blank}\" =1+1"
