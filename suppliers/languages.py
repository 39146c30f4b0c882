"""In which language a supplier's people read."""

from django.conf import settings

from suppliers.models import SupplierUser


def written_for(person: SupplierUser) -> str:
    """Return the language pages are written in for a person; English if not in theirs.

    One script is never shown for another: who reads zh-hans gets English.
    """
    wanted = person.spoken.lower()
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
