"""The administrators' pages: clients, keys shown once, webhooks and sending again."""

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from journal.keys import client_of
from journal.models import ApiClient, Delivery, Event, WebhookEndpoint
from journal.sequencing import sequence
from journal.webhooks import queue
from scheduling.web.client_forms import ReplayForm
from tests.builders.api import Caller
from tests.builders.journal import an_event
from tests.builders.webhooks import an_endpoint
from tests.builders.world import a_small_world, a_user

pytestmark = pytest.mark.django_db

KEY = re.compile(r"rk_[\w-]{40,}")
SECRET = re.compile(r"whsec_[\w+/=]{40,}")
URL = "https://hooks.example.com/rackline"


@pytest.fixture
def admin() -> Client:
    """Return an administrator's browser."""
    world = a_small_world()
    client = Client(raise_request_exception=False)
    client.force_login(a_user("administrator", site=world.site))
    return client


def text(answer: HttpResponse) -> str:
    """Return a page's text."""
    return answer.content.decode()


def new_client(admin: Client, **values: Any) -> HttpResponse:
    """Send the form of a new client."""
    return admin.post("/clients/", {"name": "ERP", "system": "sap"} | values)


def test_a_client_is_made_and_its_key_is_shown_once(admin: Client) -> None:
    answer = new_client(admin, sensitive_data="on", requests_per_min="300")

    (key,) = set(KEY.findall(text(answer)))
    client = client_of(key)
    assert client is not None
    assert (client.name, client.sensitive_data, client.requests_per_min) == (
        "ERP",
        True,
        300,
    )
    assert answer.headers["Cache-Control"] == "no-store"
    again = text(admin.get("/clients/"))
    assert key not in again
    assert "ERP" in again


def test_a_third_capability_is_refused_in_words_and_listed(admin: Client) -> None:
    answer = new_client(
        admin, sensitive_data="on", code_execution="on", external_communication="on"
    )

    assert "may hold two of the three capabilities" in text(answer)
    assert "A third capability refused to API client ERP" in text(answer)
    assert not ApiClient.objects.exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "a\x00b"}, "Null characters are not allowed"),
        ({"system": "no spaces"}, "valid “slug”"),
        ({"requests_per_min": "0"}, "greater than or equal to 1"),
        ({"requests_per_min": "9" * 30}, "less than or equal to 1000000"),
        ({"expires_at": "2020-01-01"}, "Choose a day from today on"),
        ({"expires_at": "yesterday"}, "valid date"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    values: dict[str, str], sentence: str, admin: Client
) -> None:
    answer = new_client(admin, **values)

    assert answer.status_code == 200
    assert sentence in text(answer)
    assert not ApiClient.objects.exists()


def test_a_name_twice_is_refused(admin: Client) -> None:
    new_client(admin)

    assert "There is an API client named ERP already" in text(new_client(admin))


def test_a_key_is_changed_with_an_overlap_and_the_old_one_taken_back(
    admin: Client,
) -> None:
    caller = Caller(sensitive_data=True)
    page = f"/clients/{caller.client.pk}/"

    answer = admin.post(f"{page}rotate/", {"overlap_s": "86400"})

    (key,) = set(KEY.findall(text(answer)))
    assert client_of(key) == client_of(caller.key) == caller.client
    old = caller.client.keys.order_by("pk")[0]
    admin.post(f"{page}keys/{old.pk}/revoke/")
    assert client_of(caller.key) is None
    assert client_of(key) == caller.client
    assert "opens nothing any more" in text(admin.get(page))


def test_a_client_is_switched_off_and_on(admin: Client) -> None:
    caller = Caller(sensitive_data=True)
    page = f"/clients/{caller.client.pk}/switch/"

    admin.post(page, {"to": "off"})
    assert client_of(caller.key) is None
    admin.post(page, {"to": "on"})
    assert client_of(caller.key) == caller.client
    assert Event.objects.filter(kind="api_client.changed").count() == 2


def test_what_a_client_may_do_is_changed_but_never_to_three(admin: Client) -> None:
    client = Caller(sensitive_data=True).client
    page = f"/clients/{client.pk}/"

    two = {"sensitive_data": "on", "external_communication": "on"}
    assert admin.post(page, two).status_code == 302
    refused = admin.post(page, two | {"code_execution": "on"})

    assert "may hold two of the three capabilities" in text(refused)
    client.refresh_from_db()
    assert (client.external_communication, client.code_execution) == (True, False)


def test_an_endpoint_is_made_and_its_secret_is_shown_once(admin: Client) -> None:
    client = Caller(sensitive_data=True, external_communication=True).client
    page = f"/clients/{client.pk}/"

    answer = admin.post(f"{page}webhooks/", {"url": URL, "kinds": "commitment.*"})

    (secret,) = set(SECRET.findall(text(answer)))
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.kinds) == (URL, "commitment.*")
    assert secret not in text(admin.get(page))
    assert secret not in text(admin.get(f"/webhooks/{endpoint.pk}/"))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"url": "http://hooks.example.com/"}, "Only https:// on port 443"),
        ({"url": "https://10.0.0.1/"}, "10.0.0.1 is not a public address"),
        ({"url": "https://hooks.example.com/\x00"}, "Null characters"),
        ({"kinds": "everything"}, "is no kind of event"),
    ],
)
def test_an_endpoint_inside_or_without_sense_is_refused_in_words(
    values: dict[str, str], sentence: str, admin: Client
) -> None:
    client = Caller(sensitive_data=True, external_communication=True).client

    answer = admin.post(
        f"/clients/{client.pk}/webhooks/", {"url": URL, "kinds": ""} | values
    )

    assert sentence in text(answer)
    assert not WebhookEndpoint.objects.exists()


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    """Return an endpoint."""
    return an_endpoint().endpoint


def test_a_ping_and_one_again_are_queued_from_the_page(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    page = f"/webhooks/{endpoint.pk}/"

    admin.post(f"{page}ping/")
    delivery = Delivery.objects.get()
    now = timezone.now()
    Delivery.objects.update(state="given_up", due_at=None, ended_at=now, attempts=10)
    admin.post(f"{page}deliveries/{delivery.pk}/again/")

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("waiting", 0)
    assert "ping" in text(admin.get(page))


def test_all_since_a_moment_are_sent_again_from_the_page(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    an_event(kind="order.created")
    sequence(limit=10)
    since = (timezone.localtime() - timedelta(hours=48)).strftime("%Y-%m-%dT%H:%M")

    answer = admin.post(
        f"/webhooks/{endpoint.pk}/replay/", {"since": since}, follow=True
    )

    assert "1\u00a0event sent again" in text(answer)
    assert Delivery.objects.get().event.kind == "order.created"


@pytest.mark.parametrize("since", ["", "yesterday", "9999-99-99T00:00"])
def test_a_moment_that_is_none_is_refused(
    since: str, admin: Client, endpoint: WebhookEndpoint
) -> None:
    answer = admin.post(f"/webhooks/{endpoint.pk}/replay/", {"since": since})

    assert answer.status_code == 200
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("zone", "since"),
    [("America/Chicago", "9999-12-31T23:59"), ("Asia/Taipei", "0001-01-01T00:00")],
)
def test_a_moment_that_utc_does_not_have_is_refused(zone: str, since: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        form = ReplayForm({"since": since})

        assert form.errors == {"since": ["Enter a valid date and time."]}


def test_an_endpoint_is_switched_off_told_why_and_on_again(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    page = f"/webhooks/{endpoint.pk}/"

    admin.post(f"{page}switch/", {"to": "off"})
    assert "Switched off by hand" in text(admin.get(page))
    admin.post(f"{page}ping/")
    assert not Delivery.objects.exists()
    admin.post(f"{page}switch/", {"to": "on"})

    endpoint.refresh_from_db()
    assert endpoint.is_active


def test_a_secret_is_changed_and_shown_once(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    page = f"/webhooks/{endpoint.pk}/"

    answer = admin.post(f"{page}secret/", {"overlap_s": "86400"})

    (secret,) = set(SECRET.findall(text(answer)))
    assert endpoint.secrets.valid(timezone.now()).count() == 2
    assert secret not in text(admin.get(page))


def test_what_an_endpoint_is_sent_is_changed(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    page = f"/webhooks/{endpoint.pk}/"

    admin.post(page, {"kinds": "plan.published , run.*"})
    refused = admin.post(page, {"kinds": "*"})

    endpoint.refresh_from_db()
    assert endpoint.kinds == "plan.published,run.*"
    assert "is no kind of event" in text(refused)


def test_another_endpoints_delivery_is_not_there(
    admin: Client, endpoint: WebhookEndpoint
) -> None:
    other, _ = an_endpoint(endpoint.client, url="http://127.0.0.1/other")
    delivery = queue.ping(endpoint=other)

    answer = admin.post(f"/webhooks/{endpoint.pk}/deliveries/{delivery.pk}/again/")

    assert answer.status_code == 404


@pytest.mark.parametrize("count", [2, 30])
def test_the_pages_cost_the_same_however_many_rows(
    count: int,
    admin: Client,
    endpoint: WebhookEndpoint,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(count):
        Caller(sensitive_data=True)
        an_endpoint(endpoint.client, url=f"http://127.0.0.1/{number}")
        queue.ping(endpoint=endpoint)

    for page, most in (
        ("/clients/", 12),
        (f"/clients/{endpoint.client.pk}/", 13),
        (f"/webhooks/{endpoint.pk}/", 13),
    ):
        with django_assert_max_num_queries(most):
            assert admin.get(page).status_code == 200
