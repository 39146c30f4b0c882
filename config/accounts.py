"""Accounts: people are invited by an administrator; nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from factory.access import Audience, audience_of

HOMES = {Audience.SUPPLIER: "portal", Audience.TECHNICIAN: "floor"}
"""Where people land after signing in, when it is not the control page."""


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    """Keep allauth's log-in and second factor, and close its sign-up."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead each to the page made for them; where they came from goes before."""
        audience = audience_of(request.user)
        return reverse(HOMES.get(audience, "control") if audience else "control")

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse, whoever asks."""
        return False
