"""Accounts: people are invited by an administrator; nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    """Keep allauth's log-in and second factor, and close its sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse, whoever asks."""
        return False
