"""API clients: who may call, with which keys. For administrators."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from factory.access import Audience, allow
from journal import keys
from journal.errors import JournalError
from journal.models import ApiClient, ClientKey
from journal.webhooks.endpoints import create_endpoint
from scheduling.queries.clients import (
    client_rows,
    in_words,
    key_rows,
    refusals,
    state_of,
)
from scheduling.web.client_forms import (
    CapabilitiesForm,
    EndpointForm,
    NewClientForm,
    RotateForm,
    capabilities_of,
)

ADMINISTRATORS = (Audience.ADMINISTRATOR,)


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
def client_list(request: HttpRequest) -> HttpResponse:
    """Show every client; a POST makes one and shows its key, once. Few queries."""
    form = NewClientForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            made = keys.create_client(actor=actor_of(request), **form.cleaned_data)
        except JournalError as error:
            form.add_error(None, str(error))
    context = {
        "rows": client_rows(timezone.now()),
        "refusals": refusals(),
        "form": NewClientForm() if made else form,
        "made": made,
    }
    answer = render(request, "journal/clients.html", context)
    return shown_once(answer) if made else answer


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
def client_page(request: HttpRequest, client_id: int) -> HttpResponse:
    """Show one client; a POST changes what it may do."""
    client = get_object_or_404(ApiClient, pk=client_id)
    if request.method != "POST":
        return _page(request, client)
    form = CapabilitiesForm(request.POST)
    if not form.is_valid():
        return _page(request, client, form=form)
    try:
        keys.change_client(client=client, actor=actor_of(request), **form.cleaned_data)
    except JournalError as error:
        form.add_error(None, str(error))
        return _page(request, client, form=form)
    messages.success(request, f"{client.name} may do what is ticked below.")
    return redirect("client", client.pk)


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def client_rotate(request: HttpRequest, client_id: int) -> HttpResponse:
    """Give a client a new key and show it, once."""
    client = get_object_or_404(ApiClient, pk=client_id)
    form = RotateForm(request.POST)
    if not form.is_valid():
        return _page(request, client, rotate=form)
    try:
        key = keys.rotate_key(
            client=client,
            actor=actor_of(request),
            overlap=timedelta(seconds=form.cleaned_data["overlap_s"]),
            expires_at=form.cleaned_data["expires_at"],
        )
    except JournalError as error:
        form.add_error(None, str(error))
        return _page(request, client, rotate=form)
    return _page(request, client, key=key)


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def client_revoke(request: HttpRequest, client_id: int, key_id: int) -> HttpResponse:
    """Take one key back."""
    key = get_object_or_404(
        ClientKey.objects.select_related("client"), pk=key_id, client=client_id
    )
    try:
        keys.revoke_key(key=key, actor=actor_of(request))
    except JournalError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The key {key} opens nothing any more.")
    return redirect("client", client_id)


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def client_switch(request: HttpRequest, client_id: int) -> HttpResponse:
    """Switch a client off, or on again; its keys stay as they are."""
    client = get_object_or_404(ApiClient, pk=client_id)
    is_active = request.POST.get("to") == "on"
    keys.change_client(client=client, actor=actor_of(request), is_active=is_active)
    return redirect("client", client.pk)


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def client_endpoint(request: HttpRequest, client_id: int) -> HttpResponse:
    """Make an endpoint of a client and show its secret, once."""
    client = get_object_or_404(ApiClient, pk=client_id)
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _page(request, client, endpoint=form)
    try:
        made = create_endpoint(
            client=client, actor=actor_of(request), **form.cleaned_data
        )
    except JournalError as error:
        form.add_error(None, str(error))
        return _page(request, client, endpoint=form)
    return _page(request, client, secret=made.secret)


def actor_of(request: HttpRequest) -> str:
    """Return the reader as the journal names actors."""
    return f"user:{request.user.pk}"


def shown_once(answer: HttpResponse) -> HttpResponse:
    """Let no browser keep a page with a key or secret on it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(request: HttpRequest, client: ApiClient, **shown: Any) -> HttpResponse:
    """Render a client's page. About eight queries.

    Args:
        request: For the shell.
        client: Whose page it is.
        **shown: Forms with refusals, or what is shown once.
    """
    context = {
        "client": client,
        "may": in_words(client),
        "keys": key_rows(client, timezone.now()),
        "endpoints": [(one, state_of(one)) for one in client.endpoints.all()],
        "form": CapabilitiesForm(initial=capabilities_of(client)),
        "rotate": RotateForm(),
        "endpoint": EndpointForm(),
        **shown,
    }
    answer = render(request, "journal/client.html", context)
    return shown_once(answer) if "key" in shown or "secret" in shown else answer
