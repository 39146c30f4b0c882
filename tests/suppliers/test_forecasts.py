"""What suppliers are told ahead, what they answer, and what they can make."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.quarters import next_quarter
from journal.models import Event
from suppliers.errors import (
    DateRangeError,
    ForecastClosedError,
    NoSuchBucketError,
    NotAMondayError,
    PiecesRangeError,
)
from suppliers.horizon import (
    Fence,
    Fences,
    quarters_from,
    shared,
    week_of,
    weeks_from,
)
from suppliers.models import (
    DeclaredCapacity,
    ForecastBucket,
    ForecastResponse,
    ForecastRevision,
)
from suppliers.services import forecasts
from suppliers.services.forecasts import BucketKey, Span
from tests.builders.factory import NOW, a_part, a_site
from tests.builders.suppliers import BY_SYSTEM, TODAY, a_source, a_supplier

WEEK_ONE, WEEK_TWO = weeks_from(TODAY)[:2]


def tell(site, source, quantities, now=NOW, publication="1"):
    needs = {
        BucketKey(source.supplier_id, source.part_id, Span.WEEK, week): quantity
        for week, quantity in quantities.items()
    }
    return forecasts.tell(
        site=site, needs=needs, publication=publication, today=TODAY, now=now
    )


def buckets(source):
    rows = ForecastBucket.objects.for_supplier(source.supplier)
    return {row.starts_on: row for row in rows}


@pytest.fixture
def site(db):
    return a_site()


@pytest.fixture
def source(db):
    return a_source(a_supplier(), a_part())


def test_weeks_begin_on_mondays_and_quarters_follow_each_other():
    assert week_of(date(2026, 11, 29)) == date(2026, 11, 23)
    assert weeks_from(date(2026, 11, 25))[:2] == (
        date(2026, 11, 23),
        date(2026, 11, 30),
    )
    assert next_quarter(date(2026, 12, 31)) == date(2027, 1, 1)
    assert quarters_from(date(2026, 11, 25))[:3] == (
        date(2026, 10, 1),
        date(2027, 1, 1),
        date(2027, 4, 1),
    )


def test_fences_harden_as_a_week_comes_nearer():
    fences = Fences(frozen_days=7, slushy_days=28)

    assert fences.of(TODAY + timedelta(days=6), TODAY) == Fence.FROZEN
    assert fences.of(TODAY + timedelta(days=7), TODAY) == Fence.SLUSHY
    assert fences.of(TODAY + timedelta(days=28), TODAY) == Fence.LIQUID


@given(
    st.integers(0, 10_000),
    st.dictionaries(st.integers(1, 9), st.integers(0, 100), min_size=1),
)
def test_shares_add_up_and_are_fair_to_a_piece(quantity, shares):
    parts = shared(quantity, shares)

    total = sum(shares.values())
    assert sum(parts.values()) == quantity
    assert set(parts) == set(shares)
    if total:
        for taker, share in shares.items():
            assert abs(parts[taker] - quantity * share / total) < 1


def test_a_forecast_is_told_and_what_it_was_before_is_kept(site, source):
    assert tell(site, source, {WEEK_ONE: 10, WEEK_TWO: 20}) == 2
    assert tell(site, source, {WEEK_ONE: 10, WEEK_TWO: 20}) == 0
    assert tell(site, source, {WEEK_ONE: 15}, publication="2") == 2

    now = buckets(source)
    assert now[WEEK_ONE].quantity == 15
    assert now[WEEK_TWO].quantity == 0
    told = ForecastRevision.objects.for_supplier(source.supplier)
    assert [row.quantity for row in told.filter(bucket=now[WEEK_ONE])] == [10, 15]
    assert Event.objects.filter(kind="forecast.told").count() == 2


def test_weeks_that_are_over_keep_their_forecast(site, source):
    tell(site, source, {WEEK_ONE: 10})

    forecasts.tell(
        site=site, needs={}, publication="2", today=TODAY + timedelta(days=7), now=NOW
    )

    assert buckets(source)[WEEK_ONE].quantity == 10


def answer(source, quantities, now=NOW):
    return forecasts.answer(
        supplier=source.supplier, quantities=quantities, author=BY_SYSTEM, now=now
    )


def test_an_answer_is_kept_beside_what_it_answered(site, source):
    tell(site, source, {WEEK_ONE: 10})
    bucket = buckets(source)[WEEK_ONE]

    assert answer(source, {bucket.pk: 8}) == 1
    assert answer(source, {bucket.pk: 8}) == 0
    tell(site, source, {WEEK_ONE: 12}, publication="2")
    assert answer(source, {bucket.pk: 8}) == 1

    said = ForecastResponse.objects.for_supplier(source.supplier)
    assert [(row.forecast_quantity, row.quantity) for row in said] == [(10, 8), (12, 8)]
    assert buckets(source)[WEEK_ONE].response.number == 2
    summary = Event.objects.filter(kind="forecast.answered").last().summary
    assert summary.endswith("answered 1\u00a0bucket, 4 short")


@pytest.mark.parametrize("quantity", [-1, 2**31])
def test_a_quantity_out_of_range_is_refused_and_nothing_kept(site, source, quantity):
    tell(site, source, {WEEK_ONE: 10, WEEK_TWO: 10})
    rows = buckets(source)

    with pytest.raises(PiecesRangeError, match="Say 0 to 2,147,483,647"):
        answer(source, {rows[WEEK_ONE].pk: 1, rows[WEEK_TWO].pk: quantity})

    assert not ForecastResponse.objects.for_staff().exists()


def test_a_week_that_is_over_takes_no_answer(site, source):
    tell(site, source, {WEEK_ONE: 10})

    with pytest.raises(ForecastClosedError, match="is over"):
        answer(source, {buckets(source)[WEEK_ONE].pk: 1}, NOW + timedelta(days=8))


def test_another_suppliers_bucket_is_not_there(site, source):
    tell(site, source, {WEEK_ONE: 10})
    bucket = buckets(source)[WEEK_ONE]

    with pytest.raises(NoSuchBucketError, match="no forecast"):
        answer(a_source(), {bucket.pk: 1})


def declare(source, per_week=40, valid_from=WEEK_TWO, **words):
    return forecasts.declare_capacity(
        supplier=source.supplier,
        part=source.part,
        per_week=per_week,
        valid_from=valid_from,
        author=BY_SYSTEM,
        now=NOW,
        **words,
    )


def test_capacity_is_declared_again_and_both_are_kept(source):
    declare(source)
    declare(source, None)

    rows = DeclaredCapacity.objects.for_supplier(source.supplier)
    assert [(row.number, row.per_week) for row in rows] == [(1, 40), (2, None)]
    event = Event.objects.filter(kind="capacity.declared").last()
    assert event.scope == source.supplier.scope
    assert "no limit" in event.summary


def test_capacity_begins_on_a_monday_to_come(source):
    with pytest.raises(NotAMondayError, match="23 Nov 2026 or 30 Nov 2026"):
        declare(source, valid_from=TODAY + timedelta(days=1))
    with pytest.raises(DateRangeError, match="First week"):
        declare(source, valid_from=WEEK_ONE - timedelta(days=7))
    with pytest.raises(PiecesRangeError):
        declare(source, -1)
    with pytest.raises(NoSuchBucketError):
        forecasts.declare_capacity(
            supplier=a_supplier(),
            part=source.part,
            per_week=1,
            valid_from=WEEK_TWO,
            author=BY_SYSTEM,
            now=NOW,
        )
    assert not DeclaredCapacity.objects.for_staff().exists()
