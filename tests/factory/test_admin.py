"""The admin: master data for administrators, the record for looking up only."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.forms import model_to_dict
from django.urls import reverse

from factory.models import Calendar, Outage, Shift, Site, StaffProfile
from journal.admin import LookUpAdmin, MasterAdmin
from journal.models import Event
from tests.builders.factory import NOW, a_calendar, a_step_record, a_stock_lot
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


OURS = [
    one
    for model, one in admin.site._registry.items()
    if model._meta.app_label in {"factory", "suppliers", "scheduling", "journal"}
]
BY_SERVICES = {"GridEventAdmin", "ScenarioAdmin"}
"""Those whose saving is a service's."""


@pytest.mark.parametrize("page", OURS, ids=lambda page: type(page).__name__)
def test_every_table_is_told_or_looked_up_or_saved_by_a_service(page):
    if type(page).__name__ in BY_SERVICES:
        assert "save_model" in vars(type(page))
        return

    assert isinstance(page, (MasterAdmin, LookUpAdmin))
    if not isinstance(page, LookUpAdmin):
        for name in ("save_model", "save_formset", "delete_model", "delete_queryset"):
            assert getattr(type(page), name) is getattr(MasterAdmin, name)


def rows_of(prefix, *rows):
    """Return a form's rows inside another's, as the page sends them."""
    sent = {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": sum("id" in row for row in rows),
    }
    for number, row in enumerate(rows):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return sent


def sent_of(row, **changed):
    """Return a row's columns as a form sends them."""
    values = {name: value for name, value in model_to_dict(row).items() if value}
    return values | changed


def test_rows_inside_anothers_form_are_told_one_by_one(client, administrator):
    site = a_small_world().site
    calendar = a_calendar(site, weekdays=(1, 2, 3), end_min=60)
    calendar.shifts.update(name="Day")
    kept, changed, gone = calendar.shifts.all()
    told_before = Event.objects.count()

    answer = client.post(
        url_of(Calendar, "change", calendar.pk),
        sent_of(calendar)
        | rows_of(
            "shifts",
            sent_of(kept, start_min=0),
            sent_of(changed, start_min=0, end_min=90),
            sent_of(gone, start_min=0, DELETE="on"),
            {
                "calendar": calendar.pk,
                "name": "N",
                "weekday": 4,
                "start_min": 1,
                "end_min": 9,
            },
        )
        | rows_of("exceptions"),
    )

    assert answer.status_code == 302
    events = list(Event.objects.order_by("pk")[told_before:])
    assert [(one.kind, one.object_id) for one in events] == [
        ("shift.deleted", str(gone.pk)),
        ("shift.changed", str(changed.pk)),
        ("shift.created", str(Shift.objects.last().pk)),
    ]
    assert (events[1].before, events[1].after) == ({"end_min": 60}, {"end_min": 90})
    assert {one.scope for one in events} == {f"site:{site.pk}"}


def test_a_change_that_is_not_told_is_not_made(client, administrator, monkeypatch):
    site = a_small_world().site
    crew = site.crews.first()

    def refuse(events):
        raise ConnectionAbortedError

    monkeypatch.setattr("journal.admin.append_events", refuse)
    with pytest.raises(ConnectionAbortedError):
        client.post(
            url_of(Site, "change", site.pk),
            sent_of(site)
            | rows_of("work_centres")
            | rows_of("crews", sent_of(crew, people=crew.people + 1)),
        )

    people = crew.people
    crew.refresh_from_db()
    assert crew.people == people


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
