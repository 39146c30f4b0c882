"""`manage.py load_demo`: once, the same every time, never over anything else."""

import io
from contextlib import nullcontext
from datetime import UTC, date, datetime

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction

from config.env import BASE_DIR
from factory.models import Order, Part, Site, StaffProfile, Unit
from journal.keys import client_of
from journal.models import ApiClient, Event
from scheduling import demo
from scheduling.models import CustomerPromise, GridEvent, Scenario
from suppliers.models import Supplier
from tests.builders.export import digest_of
from tests.builders.factory import a_site
from tests.builders.ties import shuffled_ties

pytestmark = pytest.mark.django_db

GUIDE = BASE_DIR / "docs" / "integrate.md"


@pytest.fixture
def is_a_demo(settings):
    settings.RACKLINE_DEMO = True


def load_demo(*arguments):
    said = io.StringIO()
    call_command("load_demo", *arguments, stdout=said)
    return said.getvalue()


def the_rows():
    labels = ("auth", "factory", "suppliers", "scheduling")
    models = [
        model for label in labels for model in apps.get_app_config(label).get_models()
    ]
    kept = [model for model in models if model.__name__ not in {"Permission", "Group"}]
    return digest_of(kept)


def test_a_date_means_eight_in_the_morning_at_the_site(is_a_demo):
    said = load_demo("--racks", "30", "--as-of", "2026-11-23")

    assert said == (
        "The demo is loaded: 30 racks, seed 1, as of 2026-11-23T08:00:00-06:00.\n"
    )
    assert Unit.objects.racks().count() == 30
    # What the integrator's guide pushes an order with.
    for model, code in (
        (Site, "harrow-creek"),
        (Supplier, "tessaline-sensors"),
        (Part, "LEAKSNS"),
    ):
        assert model.objects.filter(code=code).exists()
        assert f'"{code}"' in GUIDE.read_text(encoding="utf-8")


def test_the_default_is_120_racks_of_this_hour(is_a_demo):
    load_demo()

    loaded = demo.loaded()
    assert loaded.after["racks"] == 120
    assert loaded.after["seed"] == 1
    assert datetime.fromisoformat(loaded.after["as_of"]).minute == 0


def test_a_second_call_says_so_and_changes_nothing(is_a_demo):
    load_demo("--racks", "30", "--as-of", "2026-11-23")
    before = the_rows(), Event.objects.count()

    said = load_demo()

    assert said.startswith("The demo is loaded already: 30 racks, seed 1, as of")
    assert (the_rows(), Event.objects.count()) == before


@pytest.mark.parametrize(
    "arguments", [["--racks", "40"], ["--seed", "2"], ["--as-of", "2026-11-24"]]
)
def test_another_demo_over_the_first_is_refused(is_a_demo, arguments):
    load_demo("--racks", "30", "--as-of", "2026-11-23")

    with pytest.raises(CommandError, match="Start from an empty database"):
        load_demo(*arguments)

    assert Unit.objects.racks().count() == 30


def test_the_same_wishes_as_the_first_time_are_no_other_demo(is_a_demo):
    wishes = ["--racks", "30", "--seed", "1", "--as-of", "2026-11-23"]
    load_demo(*wishes)

    assert load_demo(*wishes).startswith("The demo is loaded already")


def test_a_database_that_holds_a_site_is_refused_and_left_alone(is_a_demo):
    a_site(code="our-own")

    with pytest.raises(CommandError, match="not a demo's: it holds 1 sites"):
        load_demo("--racks", "30")

    assert [site.code for site in Site.objects.all()] == ["our-own"]
    assert not User.objects.exists()


def test_a_database_that_holds_a_person_is_refused(is_a_demo):
    User.objects.create_user("somebody")

    with pytest.raises(CommandError, match="it holds 1 users"):
        load_demo("--racks", "30")

    assert not Site.objects.exists()


@pytest.mark.parametrize("racks", ["29", "10001", "-1"])
def test_fewer_or_more_racks_than_can_be_made_are_refused(is_a_demo, racks):
    with pytest.raises(CommandError, match="30 to 10,000"):
        load_demo("--racks", racks)

    assert not Site.objects.exists()


def test_a_moment_that_is_none_is_refused(is_a_demo):
    with pytest.raises(CommandError, match="say a date such as"):
        load_demo("--as-of", "soon")


def test_everybody_can_sign_in_with_what_is_printed(is_a_demo, client):
    said = load_demo("--racks", "30", "--print-logins")

    rows = [line.split() for line in said.splitlines()[1:]]
    people = [login for login in demo.log_ins() if login.username]
    assert len(rows) == len(people) + 1
    for login in people:
        assert client.login(username=login.username, password=login.secret)
    roles = set(StaffProfile.objects.values_list("role", flat=True))
    assert roles == set(StaffProfile.Role.values)
    assert client_of(demo.ERP_KEY).name == demo.ERP_NAME


def test_a_real_system_gets_no_public_passwords_and_no_key(settings):
    settings.RACKLINE_DEMO = False

    said = load_demo("--racks", "30", "--print-logins")

    assert "rackline-demo" not in said
    assert demo.PASSWORD not in said
    assert not ApiClient.objects.exists()
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_the_erp_client_holds_one_capability(is_a_demo):
    load_demo("--racks", "30")

    client = ApiClient.objects.get()
    assert (client.sensitive_data, client.code_execution) == (True, False)
    assert client.external_communication is False


def test_the_grid_asks_for_80_percent_tomorrow_afternoon(is_a_demo):
    load_demo("--racks", "30", "--as-of", "2026-11-23")

    event = GridEvent.objects.get()
    assert event.cap_w == 3_600_000
    assert event.starts_at == datetime(2026, 11, 24, 22, tzinfo=UTC)
    assert event.ends_at == datetime(2026, 11, 25, 2, tzinfo=UTC)


def test_every_order_has_a_promise_and_few_have_moved(is_a_demo):
    load_demo("--as-of", "2026-11-23")

    first = CustomerPromise.objects.filter(number=1)
    assert first.count() == Order.objects.count()
    later = CustomerPromise.objects.filter(number=2)
    assert 1 <= later.count() <= 12
    assert {promise.kind for promise in later} == {"push_out"}
    assert min(promise.date for promise in first) >= date(2026, 11, 24)
    assert Scenario.objects.get().is_base


def test_the_whole_demo_is_the_same_every_time(is_a_demo):
    found = []
    for ties in (nullcontext, shuffled_ties):
        with transaction.atomic():
            with ties():
                load_demo("--racks", "30", "--as-of", "2026-11-23")
            found.append(the_rows())
            transaction.set_rollback(True)

    assert found[0] == found[1]
