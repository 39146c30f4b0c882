"""Who gets in, and who is kept out."""

import pytest
from django.contrib.auth.models import User
from django.urls import NoReverseMatch, reverse


@pytest.fixture
def ana(db):
    """Return a person with a password."""
    return User.objects.create_user("ana", "ana@example.com", "correct horse battery")


def log_in(client, name, password):
    """Send the log-in form."""
    return client.post("/accounts/login/", {"login": name, "password": password})


@pytest.mark.parametrize("name", ["ana", "ana@example.com"])
def test_a_person_logs_in_by_name_or_address(client, ana, name):
    answer = log_in(client, name, "correct horse battery")

    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert client.session["_auth_user_id"] == str(ana.pk)


def test_the_session_gets_a_new_key_at_log_in(client, ana):
    client.get("/accounts/login/")
    session = client.session
    session["kept"] = 1
    session.save()
    before = session.session_key

    client.cookies["sessionid"] = before
    log_in(client, "ana", "correct horse battery")

    assert client.session.session_key != before


def test_log_out_needs_a_post(client, ana):
    client.force_login(ana)

    client.get("/accounts/logout/")
    assert "_auth_user_id" in client.session

    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_the_sixth_guess_in_five_minutes_is_not_evaluated(client, ana):
    for _ in range(5):
        log_in(client, "ana", "wrong")

    answer = log_in(client, "ana", "correct horse battery")

    assert "_auth_user_id" not in client.session
    assert "Too many failed login attempts" in answer.content.decode()


def test_an_unknown_name_is_answered_like_a_wrong_password(client, ana):
    known = log_in(client, "ana", "wrong").content.decode()
    unknown = log_in(client, "nobody", "wrong").content.decode()

    sentence = "The username and/or password you specified are not correct."
    email_sentence = sentence.replace("username", "email address")
    assert (sentence in known) == (sentence in unknown)
    assert (email_sentence in known) == (email_sentence in unknown)


def test_nobody_signs_up(client, db):
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")

    assert client.get("/accounts/signup/").status_code == 404


def test_the_admin_has_no_log_in_of_its_own(client, db):
    answer = client.get("/admin/login/", follow=True)

    assert answer.redirect_chain[0][0].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ["mfa_index", "account_change_password"])
def test_second_factor_and_password_are_offered(client, ana, name):
    client.force_login(ana)

    assert client.get(reverse(name)).status_code == 200


def test_asking_for_a_reset_does_not_tell_whether_the_address_is_known(
    client, ana, mailoutbox
):
    known = client.post("/accounts/password/reset/", {"email": "ana@example.com"})
    unknown = client.post("/accounts/password/reset/", {"email": "no@example.com"})

    assert known.status_code == unknown.status_code == 302
    assert known["Location"] == unknown["Location"]
    assert [mail.to for mail in mailoutbox] == [["ana@example.com"]]
