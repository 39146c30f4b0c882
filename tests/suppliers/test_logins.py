"""The buyer makes and ends log-ins for a supplier's people."""

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail

from factory.access import Audience
from journal.models import Event
from suppliers.models import SupplierUser
from tests.builders.suppliers import a_supplier, a_supplier_user
from tests.builders.world import a_user

pytestmark = pytest.mark.django_db

GIVEN = {"name": "Wei Chen", "email": "Wei@Tessaline.example", "role": "ship"}


@pytest.fixture
def supplier():
    return a_supplier(name="Tessaline Sensors")


@pytest.fixture
def buyer(client):
    client.force_login(a_user(Audience.BUYER))
    return client


def people_of(supplier):
    return [(one.user.username, one.role) for one in supplier.people.all()]


def test_a_new_person_chooses_the_password_from_the_mail(
    buyer, client, supplier, django_capture_on_commit_callbacks
):
    address = f"/suppliers/{supplier.code}/people/"

    with django_capture_on_commit_callbacks(execute=True):
        page = buyer.post(address, GIVEN, follow=True).content.decode()

    assert people_of(supplier) == [("wei@tessaline.example", "ship")]
    assert "Wei Chen gets a mail to choose a password." in page
    assert not User.objects.get(username="wei@tessaline.example").has_usable_password()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (
        ["wei@tessaline.example"],
        "Your log-in for Tessaline Sensors",
    )
    event = Event.objects.get(kind="supplier.login_given")
    assert event.scope == supplier.scope
    client.logout()
    url = re.search(r"https?://[^/]+(/\S+password/reset/\S+)", sent.body)[1]
    form = client.get(url, follow=True)
    chosen = {"password1": "eleven-lanterns-7", "password2": "eleven-lanterns-7"}
    client.post(form.redirect_chain[-1][0], chosen)
    assert client.login(username="wei@tessaline.example", password="eleven-lanterns-7")
    assert client.get("/portal/").status_code == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"email": "wei"}, "valid email address"),
        ({"name": ""}, "required"),
        ({"role": "own"}, "valid choice"),
        ({"email": "lee@orbel.example"}, "An address signs in for one supplier"),
    ],
)
def test_a_log_in_that_cannot_be_is_refused_at_its_field(
    buyer, supplier, changed, said
):
    other = a_supplier_user(a_supplier())
    User.objects.filter(pk=other.pk).update(email="Lee@orbel.example")

    refused = buyer.post(f"/suppliers/{supplier.code}/people/", GIVEN | changed)

    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert people_of(supplier) == []
    assert mail.outbox == []


def test_an_ended_log_in_opens_nothing_and_what_was_said_stays(buyer, client, supplier):
    person = SupplierUser.objects.for_supplier(supplier).get(
        user=a_supplier_user(supplier)
    )

    page = buyer.post(
        f"/suppliers/{supplier.code}/people/{person.pk}/end/", follow=True
    ).content.decode()
    elsewhere = buyer.post(f"/suppliers/{a_supplier().code}/people/{person.pk}/end/")

    assert "can sign in no more" in page
    assert "Ended" in page
    assert elsewhere.status_code == 404
    person.user.refresh_from_db()
    assert not person.user.is_active
    assert Event.objects.filter(kind="supplier.login_ended").count() == 1
