"""The buyer's page of a supplier's people: who can sign in, a log-in more, one less."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from factory.access import OFFICE, allow
from suppliers.errors import PeopleRefusedError
from suppliers.models import Supplier, SupplierUser
from suppliers.services.logins import EMAIL_MAX, NAME_MAX, end_login, give_login
from suppliers.web.buyer import BUYERS, may_ask, person_of


class LoginForm(forms.Form):
    """Who gets a log-in, and what the person may do."""

    name = forms.CharField(label="Name", max_length=NAME_MAX)
    email = forms.EmailField(
        label="E-mail",
        max_length=EMAIL_MAX,
        help_text="The name to sign in with; the password is chosen from a mail to it.",
    )
    role = forms.ChoiceField(label="May", choices=SupplierUser.Role.choices)


@allow(*OFFICE, writers=BUYERS)
def supplier_people(request: HttpRequest, code: str) -> HttpResponse:
    """Show a supplier's people; a POST makes a log-in."""
    supplier = get_object_or_404(Supplier, code=code)
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = give_login(
                supplier=supplier,
                actor=f"user:{person_of(request).pk}",
                **form.cleaned_data,
            )
        except PeopleRefusedError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(
                request, f"{person.name} gets a mail to choose a password."
            )
            return redirect("supplier_people", code)
    context = {
        "supplier": supplier,
        "people": supplier.people.select_related("user").order_by("pk"),
        "form": form,
        "may_change": may_ask(request),
    }
    status = 422 if form.errors else 200
    return render(request, "suppliers/supplier_people.html", context, status=status)


@allow(writers=BUYERS)
@require_POST
def supplier_login_end(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Let one person sign in no more."""
    supplier = get_object_or_404(Supplier, code=code)
    person = get_object_or_404(supplier.people.select_related("user"), pk=pk)
    end_login(person=person, actor=f"user:{person_of(request).pk}")
    messages.success(request, f"{person.name} can sign in no more.")
    return redirect("supplier_people", code)
