"""Filters and tags for every template: numbers and dates in words, marks for states.

Dates use the active time zone: on planners' pages the site's, in a portal the reader's.
"""

from datetime import UTC, date, datetime

from django import forms, template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from journal import wording

register = template.Library()

register.filter("kw", wording.kw)
register.filter("megawatts", wording.megawatts)
register.filter("money_cents", wording.money)
register.filter("money_short", wording.money_short)
register.filter("duration_min", wording.duration)
register.filter("signed_min", wording.signed_duration)
register.filter("signed_days", wording.signed_days)
register.filter("grouped", wording.grouped)
register.filter("percent", wording.percent)
register.filter("initials", wording.initials)


@register.filter
def promise_date(day: date | None) -> str:
    """Word a promise: "Fri 11 Dec"."""
    return wording.promise_date(day, timezone.localdate())


@register.filter
def column_date(day: date | None) -> str:
    """Word a promise in a column: "11 Dec"."""
    return wording.column_date(day, timezone.localdate())


@register.filter
def moment(at: datetime | None) -> str:
    """Word a planned moment: "Thu 05:00", or "Thu 3 Dec, 05:00" when further off.

    Marked up as a time, so that a reader elsewhere sees the own beside the site's.
    """
    zone = timezone.get_current_timezone()
    words = wording.moment(at, timezone.now(), zone)
    if at is None:
        return words
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    return format_html('<time datetime="{}">{}</time>', stamp, words)


@register.filter
def age(at: datetime | None) -> str:
    """Word how long ago: "38 min", "yesterday"."""
    return wording.age(at, timezone.now(), timezone.get_current_timezone())


@register.filter
def counted(number: int, noun: str) -> str:
    """Word a count with its noun: "rack", or "party,parties" for an odd plural."""
    one, _, many = noun.partition(",")
    return wording.counted(number, one, many)


@register.filter
def mood(status: str) -> str:
    """Give a state's colour for data-status."""
    return wording.status_look(status).mood


@register.filter
def limit_colour(limit: str) -> str:
    """Give a limit's colour for data-limit."""
    return wording.limit_look(limit).colour


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one picture of the sprite; a word must stand beside it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">'
        '<use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def glyph(status: str) -> SafeString:
    """Draw the shape of a state alone; its word must stand beside it."""
    look = wording.status_look(status)
    return format_html(
        '<svg class="glyph" data-status="{}" viewBox="0 0 14 14" aria-hidden="true">'
        '<use href="{}#status-{}"></use></svg>',
        look.mood,
        static("icons.svg"),
        look.glyph,
    )


@register.simple_tag
def status_mark(status: str, word: str = "") -> SafeString:
    """Show a state in a table: shape and word."""
    return _state("status", status, word)


@register.simple_tag
def status_badge(status: str, word: str = "") -> SafeString:
    """Show a state in a header: a pill with shape and word."""
    return _state("badge", status, word)


@register.simple_tag
def limit_mark(limit: str, word: str = "") -> SafeString:
    """Show a limit: the square of its colour and its word, or a more exact one."""
    look = wording.limit_look(limit)
    return format_html(
        '<span class="limit" data-limit="{}">{}</span>', look.colour, word or look.word
    )


def _state(css: str, status: str, word: str) -> SafeString:
    look = wording.status_look(status)
    return format_html(
        '<span class="{}" data-status="{}">{}{}</span>',
        css,
        look.mood,
        glyph(status),
        word or gettext(look.word),
    )


@register.simple_tag(name="input")
def form_input(field: BoundField) -> SafeString:
    """Draw a form field's control with the classes of the component library."""
    css = "input"
    if isinstance(field.field.widget, forms.Textarea):
        css += " textarea"
    if isinstance(field.field.widget, forms.RadioSelect):
        css = "radios"
    own = field.field.widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{css} {own}".strip()})
