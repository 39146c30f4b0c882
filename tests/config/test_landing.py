"""After signing in, everybody lands on the page made for them."""

import pytest
from django.test import Client

from tests.builders.suppliers import a_supplier_user
from tests.builders.world import a_user


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "page"),
    [("planner", "/"), ("buyer", "/"), ("technician", "/floor/"), ("", "/portal/")],
)
def test_people_land_on_their_own_page(role: str, page: str) -> None:
    user = a_user(role) if role else a_supplier_user()
    user.set_password("a-long-pass-phrase")
    user.save()

    answer = Client().post(
        "/accounts/login/",
        {"login": user.username, "password": "a-long-pass-phrase"},
    )

    assert answer.headers["Location"] == page
