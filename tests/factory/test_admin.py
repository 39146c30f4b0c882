"""The admin: master data for administrators, the record for looking up only."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from factory.models import Outage, StaffProfile
from journal.models import Event
from tests.builders.factory import NOW, a_step_record, a_stock_lot
from tests.builders.world import a_small_world, a_user

pytestmark = pytest.mark.django_db

MODELS = [
    model
    for model in apps.get_app_config("factory").get_models()
    if model in admin.site._registry
]
LOOKED_UP = {
    "order",
    "orderchange",
    "changedecision",
    "unit",
    "steprecord",
    "measuredresult",
    "stocklot",
    "stockissue",
}


@pytest.fixture
def administrator(client):
    user = User.objects.create_superuser("root")
    client.force_login(user)
    return user


def url_of(model, view, *arguments):
    return reverse(f"admin:factory_{model._meta.model_name}_{view}", args=arguments)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_opens_and_can_be_searched(client, administrator, model):
    world = a_small_world(racks=1)
    a_step_record(world.racks[0])
    a_stock_lot(world.site, world.parts["FRAME"])

    assert client.get(url_of(model, "changelist")).status_code == 200
    assert client.get(url_of(model, "changelist"), {"q": "R-0"}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_happened_is_looked_up_and_master_data_edited(
    client, administrator, model
):
    world = a_small_world(racks=1)
    a_step_record(world.racks[0])
    status = 403 if model._meta.model_name in LOOKED_UP else 200

    assert client.get(url_of(model, "add")).status_code == status
    row = model.objects.first()
    if row is not None:
        assert client.get(url_of(model, "change", row.pk)).status_code == 200
        deleted = client.get(url_of(model, "delete", row.pk)).status_code
        assert deleted == status


@pytest.mark.parametrize(
    "role", [role for role in StaffProfile.Role if role != "administrator"]
)
def test_nobody_else_gets_in(client, role):
    client.force_login(a_user(role))

    for url in (reverse("admin:index"), url_of(Outage, "add")):
        assert client.get(url).status_code in {302, 403}


def test_an_outage_that_is_saved_is_an_event(client, administrator):
    world = a_small_world()
    ends = NOW + timedelta(days=1)

    answer = client.post(
        url_of(Outage, "add"),
        {
            "site": world.site.pk,
            "bay": world.bays[0].pk,
            "starts_at_0": f"{NOW:%Y-%m-%d}",
            "starts_at_1": f"{NOW:%H:%M}",
            "ends_at_0": f"{ends:%Y-%m-%d}",
            "ends_at_1": f"{ends:%H:%M}",
            "remaining": 0,
            "reason": "Whip replaced",
        },
    )

    assert answer.status_code == 302
    assert Outage.objects.get().bay == world.bays[0]
    event = Event.objects.get(kind="outage.recorded")
    assert event.summary == "Outage: Whip replaced"
    assert event.actor == f"user:{administrator.pk}"
