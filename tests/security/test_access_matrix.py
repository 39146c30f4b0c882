"""Every address × method × audience: denied by default, an unlisted address fails."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from factory.access import Audience
from suppliers.models import SupplierUser
from tests.builders.api import Caller
from tests.security.audiences import API, LIBRARIES, LINKS, OPEN, PAGES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def addresses(
    patterns: list[Any] | None = None, prefix: str = ""
) -> Iterator[tuple[str, str | None]]:
    """Yield the route and name of every address of the site."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.name


def ours() -> list[tuple[str, str | None]]:
    """Return every address that is not a library's."""
    return [
        (route, name)
        for route, name in addresses()
        if not route.startswith(tuple(LIBRARIES))
    ]


def test_every_address_is_listed_and_every_listed_address_exists() -> None:
    names = [name for _, name in ours()]

    assert None not in names
    assert set(names) == set(PAGES) | set(API) | OPEN | LINKS


def path_of(name: str, objects: dict[str, Any]) -> str:
    """Return an address with the sample objects filled in."""
    route = next(route for route, found in ours() if found == name)
    wanted = {key: value for key, value in objects.items() if f":{key}>" in route}
    return reverse(name, kwargs=wanted)


def is_refused(status: int, location: str) -> bool:
    """Return whether an answer means "not for you"."""
    return status == 403 or (status == 302 and location.startswith("/accounts/login/"))


def send(user: User | None, method: str, path: str) -> tuple[int, str]:
    """Send an empty request and return its status and where it leads."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    answer = client.generic(method, path)
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_serves_its_audiences_and_nobody_else(
    name: str, people: dict[str, Any]
) -> None:
    readers, writers = PAGES[name]
    path = path_of(name, people.pop("objects"))
    people.pop("stranger")

    for who, user in people.items():
        for method, audiences in (("GET", readers), ("HEAD", readers)):
            status, location = send(user, method, path)
            assert is_refused(status, location) == (who not in audiences), (
                method,
                who,
                status,
            )
            assert status < 500
        status, location = send(user, "POST", path)
        assert (is_refused(status, location) or status == 405) == (
            who not in writers or status == 405
        ), ("POST", who, status)
        assert status < 500
        if who not in writers:
            assert status in {302, 403, 405}


@pytest.mark.slow
def test_without_signing_in_every_page_leads_to_the_sign_in(
    people: dict[str, Any],
) -> None:
    for name in sorted(PAGES):
        path = path_of(name, people["objects"])
        for method in METHODS:
            status, location = send(None, method, path)
            assert status == 405 or is_refused(status, location), (name, method)


@pytest.mark.slow
def test_a_link_opens_by_its_token_and_not_by_who_has_signed_in(
    people: dict[str, Any],
) -> None:
    objects = people.pop("objects") | {"token": "made-up.token"}  # type: ignore[operator]

    for name in sorted(LINKS):
        for user in (None, *people.values()):
            for method in METHODS:
                status, _ = send(user, method, path_of(name, objects))
                assert status in {404, 405}, (name, method)


@pytest.mark.slow
def test_another_suppliers_line_is_not_there(people: dict[str, Any]) -> None:
    of_one_object = {name for route, name in ours() if "_id>" in route}

    for name in sorted(of_one_object & set(PAGES)):
        if name.startswith("portal_"):
            path = path_of(name, people["objects"])
            assert send(people["stranger"], "GET", path)[0] in {404, 405}, name
            assert send(people["stranger"], "POST", path)[0] in {404, 405}, name


@pytest.mark.slow
def test_a_reading_supplier_may_not_answer(people: dict[str, Any]) -> None:
    reader = people[Audience.SUPPLIER.value]
    SupplierUser.objects.for_staff().filter(user=reader).update(
        role=SupplierUser.Role.READ
    )

    for name, (_, writers) in sorted(PAGES.items()):
        if name.startswith("portal_") and writers:
            path = path_of(name, people["objects"])
            assert send(reader, "POST", path)[0] == 403, name


@pytest.mark.slow
@pytest.mark.parametrize(
    "capability", ["sensitive_data", "code_execution", "external_communication", ""]
)
def test_an_api_address_serves_its_capability_and_no_other(
    capability: str, people: dict[str, Any]
) -> None:
    caller = Caller(**({capability: True} if capability else {}))

    for name, method in product(API, METHODS):
        path = path_of(name, people["objects"])
        wanted = API[name].get(method)
        answer = Client(raise_request_exception=False).generic(
            method,
            path,
            headers={"Authorization": f"Bearer {caller.key}"},
            content_type="application/json",
        )
        assert answer.status_code < 500
        if wanted is None:
            assert answer.status_code in {403, 405}, (name, method, answer.status_code)
        else:
            is_served = answer.status_code not in {401, 403}
            assert is_served == (capability in wanted.split()), (
                name,
                method,
                answer.status_code,
            )


@pytest.mark.slow
def test_a_session_opens_no_api_address(people: dict[str, Any]) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(people[Audience.ADMINISTRATOR.value])

    for name, methods in API.items():
        path = path_of(name, people["objects"])
        for method in methods:
            assert client.generic(method, path).status_code == 401, name


@pytest.mark.slow
def test_the_administration_opens_to_administrators_alone(
    people: dict[str, Any],
) -> None:
    for who in [*(role.value for role in Audience), "nobody"]:
        status, location = send(people[who], "GET", "/admin/")
        assert is_refused(status, location) or location.startswith("/admin/login/"), who


@pytest.mark.slow
def test_every_view_of_ours_says_whom_it_serves() -> None:
    for pattern in _leaves(get_resolver().url_patterns):
        if pattern.name in PAGES:
            readers, writers = PAGES[pattern.name]
            assert getattr(pattern.callback, "readers", None) == readers | writers
            assert getattr(pattern.callback, "writers", None) == writers


def _leaves(patterns: list[Any]) -> Iterator[URLPattern]:
    """Yield every pattern that leads to a view."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _leaves(pattern.url_patterns)
        else:
            yield pattern
