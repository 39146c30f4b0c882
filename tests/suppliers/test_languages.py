"""The portal in the reader's language; the journal and staff pages in English."""

import ast
import gettext
import re
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from journal.models import Event
from suppliers.languages import in_every_language, written_for
from suppliers.models import CommitRevision, SupplierUser, Upload
from suppliers.sheet.layout import COLUMNS
from tests.builders.factory import NOW
from tests.builders.suppliers import a_line, a_supplier, a_supplier_user
from tests.builders.world import a_user

CATALOGUE = Path("locale/zh_Hant/LC_MESSAGES")
NAMED = re.compile(r"%\((\w+)\)s")
TAGGED = re.compile(r'(?:\{% translate |\b_\()"([^"]+)"')
CALLS = {"_", "_noop", "gettext", "gettext_noop", "gettext_lazy"}


def compiled():
    """Return the compiled catalogue: text by message, plural forms by theirs."""
    with (CATALOGUE / "django.mo").open("rb") as file:
        found = gettext.GNUTranslations(file)._catalog
    return {
        key[0] if isinstance(key, tuple) else key: text for key, text in found.items()
    }


def written():
    """Return the messages of the source catalogue with their translations."""
    text = (CATALOGUE / "django.po").read_text(encoding="utf-8")
    pairs = re.findall(
        r'^msgid (".*")\n(?:msgid_plural ".*"\n)?msgstr(?:\[0\])? (".*")$',
        text,
        re.MULTILINE,
    )
    return {
        ast.literal_eval(message): ast.literal_eval(said)
        for message, said in pairs
        if message != '""'
    }


def spoken():
    """Yield every message the portal's templates and code ask for by itself."""
    for path in sorted(Path("templates").glob("*.html")):
        yield from TAGGED.findall(path.read_text(encoding="utf-8"))
    for path in sorted(Path("templates/suppliers").glob("*.html")):
        yield from TAGGED.findall(path.read_text(encoding="utf-8"))
    for path in sorted(Path("suppliers").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in CALLS
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield node.args[0].value


def test_the_compiled_catalogue_is_the_written_one():
    messages = compiled()

    assert len(written()) > 550
    for message, said in written().items():
        assert messages.get(message) == said, message


def test_every_text_is_translated_with_all_its_values():
    for message, said in written().items():
        assert said, message
        assert set(NAMED.findall(said)) <= set(NAMED.findall(message)), message
        if "%(names)s" not in message:
            assert set(NAMED.findall(said)) == set(NAMED.findall(message)), message


def test_what_the_portal_asks_for_is_in_the_catalogue_but_for_its_newest_texts():
    asked = set(spoken())
    missing = asked - set(written())

    # A text is English until it is translated; few may wait for that at a time.
    assert len(missing) < 0.05 * len(asked), missing


@pytest.fixture
def present():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def reader(present, db):
    supplier = a_supplier(name="Tessaline Sensors", language="zh-hant")
    a_line(supplier=supplier)
    return a_supplier_user(supplier)


def page_of(client, address="/portal/", **options):
    return client.get(address, **options).content.decode().replace("\u00a0", " ")


def test_people_read_in_their_suppliers_language(client, reader):
    client.force_login(reader)

    page = page_of(client)

    assert '<html lang="zh-hant"' in page
    assert "1 件事需要您處理。" in page
    assert "12月7日\uff08週一\uff09 前 90 件" in page
    assert "11月23日\uff08週一\uff09 22:00" in page


def test_each_person_switches_for_themselves(client, reader):
    client.force_login(reader)

    sent = client.post(
        "/portal/language/", {"language": "en", "next": "/portal/people/"}
    )

    assert sent.url == "/portal/people/"
    assert "1 thing needs you now." in page_of(client)
    other = a_supplier_user(reader.supplier_user.supplier)
    client.force_login(other)
    assert "1 件事需要您處理。" in page_of(client)


@pytest.mark.parametrize("language", ["xx", "zh-hans", "\x00", "../en"])
def test_a_language_pages_are_not_written_in_is_refused(client, reader, language):
    client.force_login(reader)

    sent = client.post("/portal/language/", {"language": language})

    assert sent.status_code == 302
    assert SupplierUser.objects.for_staff().get(user=reader).language == ""


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/admin/"]
)
def test_the_switch_leads_nowhere_else(client, reader, back):
    client.force_login(reader)

    sent = client.post("/portal/language/", {"language": "en", "next": back})

    assert sent.url == "/portal/"


def test_one_script_is_never_shown_for_another(db):
    for language, shown in (("zh-hans", "en"), ("ja", "en"), ("zh-Hant", "zh-hant")):
        person = a_supplier_user(a_supplier(language=language)).supplier_user
        assert written_for(person) == shown
    assert [code for code, _ in settings.LANGUAGES] == ["en", "zh-hant"]


def test_refusals_are_read_in_the_language_and_the_journal_stays_english(
    client, reader
):
    client.force_login(reader)
    line = reader.supplier_user.supplier.purchase_orders.get().lines.get()

    refused = client.post(f"/portal/lines/{line.pk}/reject/", {"version": 1})
    client.post(f"/portal/lines/{line.pk}/accept/", {"version": 1})
    late = client.post(f"/portal/lines/{line.pk}/accept/", {"version": 1})

    assert "拒絕訂單項目需要原因" in refused.content.decode()
    assert late.status_code == 409
    assert "沒有任何變更" in late.content.decode()
    assert "promises 90 on 7\u00a0Dec" in Event.objects.get().summary


@pytest.mark.parametrize(
    ("method", "address", "status", "heading"),
    [
        ("get", "/portal/nowhere/", 404, "這個網址沒有任何內容"),
        ("get", "/portal/people/role/", 405, "這個網址接收表單"),
        ("get", "/publish/", 403, "您的角色不能開啟此頁"),
        ("post", "/portal/sheet/", 400, "無法理解這項請求"),
    ],
)
def test_an_error_is_told_in_the_readers_language(
    client, reader, settings, method, address, status, heading
):
    client.force_login(reader)
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1

    answer = getattr(client, method)(address, {"rows": "", "mode": "each"})

    page = answer.content.decode()
    assert answer.status_code == status
    assert heading in page
    assert '<html lang="zh-hant"' in page


def test_staff_read_english_whatever_the_browser_asks_for(client, present, db):
    client.force_login(a_user("buyer"))

    page = page_of(client, "/suppliers/", headers={"Accept-Language": "zh-TW"})

    assert '<html lang="en"' in page
    assert "Suppliers" in page


def test_a_files_refusals_are_in_its_senders_language_and_the_journal_in_english(
    client, reader
):
    client.force_login(reader)
    rows = (
        "Order\tLine\tPromised quantity\tPromised date\tVersion\n"
        "4500-1\t10\t60\t03/04/2026\t1"
    )

    page = page_of_post(client, "/portal/sheet/", {"rows": rows, "mode": "each"})

    assert "03/04/2026 有兩種讀法" in page
    told = Event.objects.get(kind="upload.applied").summary.replace("\u00a0", " ")
    assert "0 rows changed, 0 as before, 1 refused" in told


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("sender", ["zh-hant", "en"])
def test_a_file_in_the_readers_language_goes_back_in_any(client, reader, kind, sender):
    client.force_login(reader)
    content = client.get(f"/portal/sheet/open-lines.{kind}").content
    reader.supplier_user.language = sender
    reader.supplier_user.save()

    back = SimpleUploadedFile(f"lines.{kind}", content)
    page_of_post(client, "/portal/sheet/", {"file": back, "mode": "each"})
    order = reader.supplier_user.supplier.purchase_orders.get().number
    english = "Order\tLine\tPromised quantity\tPromised date\tVersion\n"
    page_of_post(
        client,
        "/portal/sheet/",
        {"rows": f"{english}{order}\t10\t90\t2026-12-07\t1", "mode": "each"},
    )

    first, second = Upload.objects.for_staff().order_by("pk")
    assert (first.state, first.unchanged, first.changed) == ("applied", 1, 0)
    assert (second.state, second.changed, second.refused) == ("applied", 1, 0)
    row = first.rows.get()
    said = {"en": f"{order} line 10", "zh-hant": f"{order} 第 10 項"}
    assert row.name == said[sender]


def test_headings_and_reasons_are_written_in_the_readers_language(client, reader):
    client.force_login(reader)

    content = client.get("/portal/sheet/open-lines.csv").content.decode("utf-8-sig")
    order = reader.supplier_user.supplier.purchase_orders.get().number
    rows = (
        "訂單\t項目\t承諾數量\t承諾日期\t原因\t版本\n"
        f"{order}\t10\t60\t2026-12-09\t良率\t1"
    )
    page = page_of_post(client, "/portal/sheet/", {"rows": rows, "mode": "each"})

    assert content.splitlines()[0].startswith("訂單,項目,料件,說明,要求數量")
    assert "已變更 1 列" in page
    assert CommitRevision.objects.for_staff().get().reason_code == "yield"


def test_no_heading_means_two_columns_in_any_two_languages():
    spelled = [
        (name.casefold(), column.key)
        for column in COLUMNS
        for name in set(in_every_language(column.name))
    ]

    assert len({name for name, _ in spelled}) == len(spelled)
    assert len(spelled) == 2 * len(COLUMNS)


def page_of_post(client, address, data):
    """Return the page a form leads to, with plain blanks."""
    answer = client.post(address, data, follow=True)
    return answer.content.decode().replace("\u00a0", " ")
