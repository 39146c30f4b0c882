"""In which language a supplier's people read."""

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import override

from suppliers.models import SupplierUser


def written_for(person: SupplierUser) -> str:
    """Return the language pages are written in for a person; English if not in theirs.

    One script is never shown for another: who reads zh-hans gets English.
    """
    wanted = person.spoken.lower()
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def in_every_language(words: str | Promise) -> list[str]:
    """Return a text that is translated where it is shown, in each language we have."""
    found = []
    for language, _ in settings.LANGUAGES:
        with override(language):
            found.append(str(words))
    return found
