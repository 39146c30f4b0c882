"""Needs ahead on the portal and at the buyer's."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from factory.quarters import next_quarter
from suppliers.models import DeclaredCapacity, ForecastBucket, ForecastResponse
from tests.builders.factory import NOW, a_part, a_site
from tests.builders.reading import words
from tests.builders.suppliers import (
    TODAY,
    a_declared_capacity,
    a_forecast_bucket,
    a_source,
    a_supplier,
    a_supplier_user,
)
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db

PAGE = "/portal/forecast/"


@pytest.fixture(autouse=True)
def present():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def source():
    return a_source(a_supplier(), a_part(name="Leak sensor"))


@pytest.fixture
def bucket(source):
    return a_forecast_bucket(source.supplier, source.part, site=a_site())


@pytest.fixture
def portal(client, source):
    client.force_login(a_supplier_user(source.supplier))
    return client


def text(response):
    return response.content.decode().replace("\u00a0", " ")


def answers():
    rows = ForecastResponse.objects.for_staff()
    return [(row.forecast_quantity, row.quantity) for row in rows]


def test_nothing_forecast_is_said_so(client):
    client.force_login(a_supplier_user())

    assert "Nothing is forecast yet." in text(client.get(PAGE))


def test_a_week_is_answered_short(portal, bucket):
    page = portal.post(PAGE, {f"bucket-{bucket.pk}": "30"}, follow=True)

    assert "1 answer kept." in text(page)
    assert "Every week is answered." in text(page)
    assert answers() == [(40, 30)]


def test_all_weeks_are_accepted_as_they_were_shown(portal, bucket):
    ForecastBucket.objects.for_staff().filter(pk=bucket.pk).update(quantity=50)
    part = bucket.part_id

    portal.post(PAGE, {"accept": part, f"asked-{part}-{bucket.pk}": "40"})

    assert answers() == [(50, 40)]


@pytest.mark.parametrize("given", ["-1", "1.5", "many", "２²", "9" * 40, "\x00"])
def test_a_bad_number_is_told_at_its_field_and_nothing_kept(portal, bucket, given):
    page = portal.post(PAGE, {f"bucket-{bucket.pk}": given})

    assert page.status_code == 422
    assert "Say a whole number from 0 to 2,147,483,647." in text(page)
    assert answers() == []


def test_another_suppliers_week_is_left_alone(client, bucket):
    client.force_login(a_supplier_user())

    client.post(PAGE, {f"bucket-{bucket.pk}": "30"})

    assert answers() == []


def test_changes_since_the_last_look_are_marked(portal, source, bucket):
    portal.post(reverse("needs_ahead_seen"))
    with time_machine.travel(NOW.replace(hour=23), tick=False) as later:
        a_forecast_bucket(
            source.supplier,
            source.part,
            site=bucket.site,
            quantity=55,
            now=NOW.replace(hour=22),
        )
        page = text(portal.get(PAGE))
        assert later

    assert "1 need has changed since you looked." in page
    assert "+15" in page


def test_looking_at_the_page_changes_nothing(portal, bucket):
    portal.get(PAGE)
    portal.head(PAGE)

    assert "since you looked" not in text(portal.get(PAGE))


def test_capacity_is_declared_and_marks_what_is_over_it(portal, source, bucket):
    address = reverse("capacity", args=[source.part_id])
    prefix = f"capacity-{source.part_id}"

    page = portal.post(
        address,
        {f"{prefix}-per_week": "25", f"{prefix}-valid_from": f"{TODAY}"},
        follow=True,
    )

    assert DeclaredCapacity.objects.for_supplier(source.supplier).get().per_week == 25
    assert "over your 25" in text(page)
    assert "What you can make a week 25 from 23 Nov" in words(page)


def test_capacity_from_a_day_that_is_no_monday_is_told_at_its_field(portal, source):
    address = reverse("capacity", args=[source.part_id])
    prefix = f"capacity-{source.part_id}"
    a_forecast_bucket(source.supplier, source.part, site=a_site())

    page = portal.post(
        address, {f"{prefix}-per_week": "25", f"{prefix}-valid_from": "2026-11-25"}
    )

    assert page.status_code == 422
    assert "is no Monday" in text(page)


def test_what_was_declared_stands_where_it_is_answered_and_where_it_is_bought(
    client, source, bucket
):
    weeks = [TODAY + timedelta(weeks=number) for number in range(4)]
    said = [*zip((10, 20, 30, None), weeks, strict=True), (40, weeks[2])]
    for pieces, monday in said:
        a_declared_capacity(
            source.supplier, source.part, per_week=pieces, valid_from=monday
        )

    with time_machine.travel(NOW + timedelta(weeks=1), tick=False):
        client.force_login(a_supplier_user(source.supplier))
        asked = words(client.get(PAGE))
        client.force_login(a_user("buyer", site=bucket.site))
        bought = words(client.get("/forecast/"))

    holds = "20 from 30 Nov · 40 from 7 Dec · no limit from 14 Dec"
    assert f"What you can make a week {holds}" in asked
    assert f"can make a week: {holds}" in bought


def test_the_buyer_sees_the_largest_gap_first(client, source):
    site = a_site()
    other = a_source(a_supplier(), a_part())
    a_forecast_bucket(other.supplier, other.part, site=site, quantity=9, answered=9)
    a_forecast_bucket(source.supplier, source.part, site=site, answered=10)
    a_declared_capacity(source.supplier, source.part, per_week=10)
    client.force_login(a_user("buyer", site=site))

    page = text(client.get("/forecast/"))

    assert "1 part is answered short" in page
    assert page.index(source.part.code) < page.index(other.part.code)


def test_queries_do_not_grow_with_parts(portal, source, bucket, client):
    portal.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        portal.get(PAGE)
    for _ in range(5):
        part = a_part()
        a_source(source.supplier, part)
        a_forecast_bucket(source.supplier, part, site=bucket.site, answered=1)

    with CaptureQueriesContext(connection) as many:
        portal.get(PAGE)

    assert len(many) == len(few)


def test_the_buyer_reads_gaps_by_quarter_too(client, source):
    site = a_site()
    a_forecast_bucket(
        source.supplier,
        source.part,
        site=site,
        span=ForecastBucket.Span.QUARTER,
        starts_on=next_quarter(TODAY),
        quantity=900,
        answered=620,
    )
    client.force_login(a_user("buyer", site=site))

    by_week = text(client.get(reverse("forecast")))
    by_quarter = text(client.get(reverse("forecast"), {"by": "quarter"}))

    assert "Nothing is forecast yet" in by_week
    assert "1 part is answered short" in by_quarter
    assert '<td class="num bad">280</td>' in by_quarter
    assert "900<br>" in by_quarter
    assert "Jan 2027" in by_quarter
