"""A webhook's endpoint: what was sent, what waits, and sending again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from factory.access import allow
from journal.errors import JournalError
from journal.models import Delivery, WebhookEndpoint
from journal.webhooks import endpoints, queue
from journal.wording import counted
from scheduling.queries.clients import state_of
from scheduling.web.client_forms import KindsForm, ReplayForm, SecretForm
from scheduling.web.clients import ADMINISTRATORS, actor_of, shown_once

DELIVERIES_A_PAGE = 50


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
def webhook_page(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Show one endpoint; a POST changes what it is sent."""
    endpoint = _endpoint(endpoint_id)
    if request.method != "POST":
        return _page(request, endpoint)
    form = KindsForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint, kinds=form)
    try:
        endpoints.change_kinds(
            endpoint=endpoint,
            kinds=form.cleaned_data["kinds"],
            actor=actor_of(request),
        )
    except JournalError as error:
        form.add_error("kinds", str(error))
        return _page(request, endpoint, kinds=form)
    messages.success(request, "The endpoint is sent these kinds from now on.")
    return redirect("webhook", endpoint.pk)


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def webhook_ping(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Send a message that only tries the way."""
    endpoint = _endpoint(endpoint_id)
    return _done(
        request,
        endpoint,
        lambda: queue.ping(endpoint=endpoint),
        "A ping is on its way; it is the first line below.",
    )


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def webhook_again(
    request: HttpRequest, endpoint_id: int, delivery_id: int
) -> HttpResponse:
    """Send one delivery again."""
    endpoint = _endpoint(endpoint_id)
    delivery = get_object_or_404(
        Delivery.objects.select_related("endpoint__client"),
        pk=delivery_id,
        endpoint=endpoint,
    )
    return _done(
        request,
        endpoint,
        lambda: queue.send_again(delivery=delivery),
        "It is sent again, under the same id.",
    )


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def webhook_replay(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Send everything since a moment again."""
    endpoint = _endpoint(endpoint_id)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint, replay=form)
    try:
        count = queue.replay(endpoint=endpoint, since=form.cleaned_data["since"])
    except JournalError as error:
        form.add_error("since", str(error))
        return _page(request, endpoint, replay=form)
    messages.success(request, f"{counted(count, 'event')} sent again.")
    return redirect("webhook", endpoint.pk)


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def webhook_secret(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Give an endpoint a new secret and show it, once."""
    endpoint = _endpoint(endpoint_id)
    form = SecretForm(request.POST)
    if not form.is_valid():
        return _page(request, endpoint, secret_form=form)
    secret = endpoints.rotate_secret(
        endpoint=endpoint,
        actor=actor_of(request),
        overlap=timedelta(seconds=form.cleaned_data["overlap_s"]),
    )
    return _page(request, endpoint, secret=secret)


@allow(*ADMINISTRATORS, writers=ADMINISTRATORS)
@require_POST
def webhook_switch(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Switch an endpoint off, or on again."""
    endpoint = _endpoint(endpoint_id)
    if request.POST.get("to") == "on":
        return _done(
            request,
            endpoint,
            lambda: endpoints.switch_on(endpoint=endpoint, actor=actor_of(request)),
            "It is sent to again; what waited goes first.",
        )
    endpoints.switch_off(
        endpoint=endpoint,
        because=WebhookEndpoint.Reason.BY_HAND,
        now=timezone.now(),
        actor=actor_of(request),
    )
    return redirect("webhook", endpoint.pk)


def _endpoint(endpoint_id: int) -> WebhookEndpoint:
    """Return an endpoint with its client, or 404."""
    found: WebhookEndpoint = get_object_or_404(
        WebhookEndpoint.objects.select_related("client"), pk=endpoint_id
    )
    return found


def _done(
    request: HttpRequest,
    endpoint: WebhookEndpoint,
    work: Callable[[], object],
    sentence: str,
) -> HttpResponse:
    """Do something, say so or why not, and show the endpoint."""
    try:
        work()
    except JournalError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, sentence)
    return redirect("webhook", endpoint.pk)


def _page(
    request: HttpRequest, endpoint: WebhookEndpoint, **shown: Any
) -> HttpResponse:
    """Render an endpoint's page. About eight queries however many deliveries.

    Args:
        request: For the shell, and which page of deliveries.
        endpoint: Which one.
        **shown: Forms with refusals, or a secret that is shown once.
    """
    deliveries = endpoint.deliveries.select_related("event").order_by("-pk")
    page = Paginator(deliveries, DELIVERIES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "endpoint": endpoint,
        "client": endpoint.client,
        "state": state_of(endpoint),
        "page": page,
        "kinds": KindsForm(initial={"kinds": endpoint.kinds}),
        "replay": ReplayForm(),
        "secret_form": SecretForm(),
        **shown,
    }
    answer = render(request, "journal/webhook.html", context)
    return shown_once(answer) if "secret" in shown else answer
