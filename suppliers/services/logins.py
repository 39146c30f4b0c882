"""Log-ins that the buyer makes for a supplier's people, and ends."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from journal.services import record
from suppliers.errors import PeopleRefusedError
from suppliers.languages import written_for
from suppliers.models import Supplier, SupplierUser
from suppliers.services.sending import public_url

NAME_MAX = 60
EMAIL_MAX = 150


@transaction.atomic
def give_login(
    *, supplier: Supplier, name: str, email: str, role: str, actor: str
) -> SupplierUser:
    """Make a log-in for a person of a supplier and mail how to choose a password.

    Nobody but the person learns the password. An address signs in for one supplier.

    Args:
        supplier: Whom the person acts for.
        name: What people call the person, 1 to 60 characters.
        email: Where the mail goes, and the name to sign in with.
        role: One of ``SupplierUser.Role``.
        actor: Who makes it, such as ``user:12``.

    Raises:
        PeopleRefusedError: If a field cannot be kept; names it.
    """
    words, address = name.strip(), email.strip().lower()
    if not 1 <= len(words) <= NAME_MAX or not words.isprintable():
        raise PeopleRefusedError(
            "name", f"Give a name of 1 to {NAME_MAX} printable characters."
        )
    if role not in SupplierUser.Role.values:
        raise PeopleRefusedError("role", "There is no such right.")
    try:
        validate_email(address)
    except ValidationError:
        raise PeopleRefusedError("email", "That is no e-mail address.") from None
    taken = User.objects.filter(email__iexact=address) | User.objects.filter(
        username=address
    )
    if len(address) > EMAIL_MAX or taken.exists():
        raise PeopleRefusedError(
            "email",
            f"Somebody signs in with {address} already. An address signs in for one "
            "supplier.",
        )
    first, _, last = words.rpartition(" ")
    user = User(username=address, email=address, first_name=first, last_name=last)
    user.set_unusable_password()
    user.save()
    person = SupplierUser.objects.create(user=user, supplier=supplier, role=role)
    _tell(person, "login_given", actor, f"{words} may sign in and {role}")
    transaction.on_commit(lambda: _invite(person))
    return person


@transaction.atomic
def end_login(*, person: SupplierUser, actor: str) -> None:
    """Let a person sign in no more; what the person said stays on record."""
    user = person.user
    if not user.is_active:
        return
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    _tell(person, "login_ended", actor, f"{person.name} may sign in no more")


def _invite(person: SupplierUser) -> None:
    """Mail the address under which the person chooses a password."""
    key = default_token_generator.make_token(person.user)
    url = public_url(
        "account_reset_password_from_key", user_pk_to_url_str(person.user), key
    )
    context = {
        "person": person,
        "supplier": person.supplier,
        "url": url,
        "again_url": public_url("account_reset_password"),
    }
    with translation.override(written_for(person)):
        subject = translation.gettext("Your log-in for %(supplier)s") % {
            "supplier": person.supplier.name
        }
        body = render_to_string("suppliers/invitation.txt", context)
    send_mail(subject, body, None, [person.user.email])


def _tell(person: SupplierUser, verb: str, actor: str, words: str) -> None:
    """Append the event about a person's log-in."""
    record(
        kind=f"supplier.{verb}",
        about=person.supplier,
        actor=actor,
        scope=person.supplier.scope,
        summary=f"{person.supplier.name}: {words}",
        after={"person": person.name, "role": str(person.role)},
    )
