"""The tags, the shells and the parts, rendered."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.template.loader import render_to_string
from django.utils import timezone

from journal.templatetags import rackline

pytestmark = pytest.mark.urls("tests.look.urls")
NOW = datetime(2026, 12, 1, 15, 20, tzinfo=UTC)


def test_a_state_is_shape_word_and_colour():
    markup = rackline.status_mark("broken")

    assert 'data-status="bad"' in markup
    assert "#status-bad" in markup
    assert "Broken" in markup


def test_words_in_a_mark_are_escaped():
    assert "<b>" not in rackline.status_badge("late", "<b>2 d</b>")
    assert "<b>" not in rackline.limit_mark("power", "<b>Power</b>")


def test_a_limit_may_be_called_by_a_more_exact_word():
    markup = rackline.limit_mark("station", "Manifold station")

    assert markup == '<span class="limit" data-limit="bay">Manifold station</span>'


@time_machine.travel(NOW, tick=False)
def test_dates_are_read_in_the_active_zone():
    with timezone.override("America/Monterrey"):
        assert (
            rackline.moment(datetime(2026, 12, 3, 11, tzinfo=UTC))
            == '<time datetime="2026-12-03T11:00Z">Thu\u00a005:00</time>'
        )
        assert rackline.promise_date(date(2026, 12, 4)) == "Fri 4\u00a0Dec"


def test_a_table_shows_markup_only_where_it_was_made_safe():
    table = {
        "label": "Lines",
        "head": [{"label": "Line"}, {"label": "State"}, {"label": "n", "num": True}],
        "rows": [["<i>4500</i>", rackline.status_mark("kept"), "3"]],
    }

    markup = render_to_string("components/table.html", {"table": table})

    assert "&lt;i&gt;4500&lt;/i&gt;" in markup
    assert '<span class="status"' in markup
    assert '<td class="num">3</td>' in markup


def test_a_promise_that_moved_shows_what_it_was():
    moved = {"now": date(2026, 12, 9), "was": date(2026, 12, 3), "weekday": False}
    kept = {**moved, "was": moved["now"]}

    assert "strike" in render_to_string("components/promise.html", moved)
    assert "strike" not in render_to_string("components/promise.html", kept)


def test_the_way_out_is_a_post(rf, django_user_model):
    user = django_user_model(username="ruth", first_name="Ruth", last_name="Okafor")

    markup = render_to_string(
        "components/user_menu.html", {"user": user, "csrf_token": "t"}
    )

    assert '<form method="post" action="/accounts/logout/">' in markup
    assert 'href="/accounts/logout/"' not in markup
    assert "RO" in markup


@pytest.mark.parametrize("name", ["403.html", "404.html", "500.html", "403_csrf.html"])
def test_error_pages_need_no_context(name):
    markup = render_to_string(name)

    assert markup.startswith("<!doctype html>")
    assert "<h1>" in markup


def test_a_refusal_says_the_sentence_it_was_given():
    markup = render_to_string("403.html", {"exception": "Plan 412 is not yours."})

    assert "Plan 412 is not yours." in markup


def test_the_sheet_shows_every_part_and_no_inline_style(client):
    answer = client.get("/components/")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert " style=" not in text
    assert "3\u00a0facts newer" in text
    assert "Site power: 3,835 kW needed" in text


def test_the_portal_has_no_planner_navigation(client):
    text = client.get("/portal/").content.decode()

    assert "Tessaline Sensors" in text
    assert 'class="nav"' not in text
    assert 'data-density="roomy"' in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "heading"),
    [
        ("/accounts/login/", "Sign in"),
        ("/accounts/password/reset/", "Reset your password"),
        ("/accounts/password/reset/sent/", "Look into your mail"),
        ("/accounts/password/reset/1-bad/", "This link is used up"),
        ("/accounts/inactive/", "This account is closed"),
    ],
)
def test_pages_before_sign_in_wear_the_house_dress(client, url, heading):
    text = client.get(url).content.decode()

    assert f"<h1>{heading}</h1>" in text
    assert 'class="alone__card' in text


@pytest.mark.django_db
def test_a_refused_sign_in_says_so_in_the_form(client):
    answer = client.post("/accounts/login/", {"login": "nobody", "password": "wrong"})

    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-status="bad"' in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url", ["/accounts/password/", "/accounts/2fa/", "/accounts/logout/"]
)
def test_pages_of_an_account_wear_the_house_dress(client, django_user_model, url):
    client.force_login(django_user_model.objects.create_user("ruth", password="x"))

    answer = client.get(url)

    assert answer.status_code == 200
    assert 'class="alone__card' in answer.content.decode()
