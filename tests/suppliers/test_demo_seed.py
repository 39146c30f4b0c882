"""The demo's ledgers are the same for the same seed, and as large as asked for."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.db import transaction

from factory.demo import build_factory
from factory.models import BomLine
from suppliers.demo import build_suppliers, load_commitments
from suppliers.models import Commitment, PurchaseOrderLine
from tests.builders.export import digest_of

pytestmark = pytest.mark.django_db

AS_OF = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def build(seed):
    factory = build_factory(racks=30, seed=1, as_of=AS_OF)
    return factory, build_suppliers(factory=factory, seed=seed, as_of=AS_OF)


def rows_of(seed):
    """Return the digest of the rows a seed gives, and leave none of them."""
    with transaction.atomic():
        build(seed)
        digest = digest_of(apps.get_app_config("suppliers").get_models())
        transaction.set_rollback(True)
    return digest


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    first = rows_of(seed=1)

    assert rows_of(seed=1) == first
    assert rows_of(seed=2) != first


def test_the_ledger_grows_to_the_size_a_measurement_wants_and_feeds_no_plan():
    factory, suppliers = build(seed=1)

    added = load_commitments(site=factory.site, total=3_000, seed=1, as_of=AS_OF)

    assert suppliers.commitments + added == 3_000
    assert Commitment.objects.for_staff().count() == 3_000
    assert load_commitments(site=factory.site, total=3_000, seed=2, as_of=AS_OF) == 0
    consumed = BomLine.objects.filter(parent=None).values("part")
    loaded = PurchaseOrderLine.objects.for_staff().filter(
        purchase_order__number__startswith="4500-10"
    )
    assert loaded.filter(state="open").exists()
    assert not loaded.filter(part__in=consumed).exists()
