"""Pages as a reader reads them: words without markup, tables as rows of cells."""

from html.parser import HTMLParser

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from factory.models import Site
from tests.builders.world import a_user

SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})
UNREAD = {"script", "style", "template", "svg"}
VOID = {"input", "link", "meta", "br", "img", "hr", "use", "path", "rect", "line"}


class _Reader(HTMLParser):
    """Collects words, and each table under its region's label."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.links: list[str] = []
        self._label = ""
        self._rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self._unread = 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in UNREAD:
            self._unread += 1
        if given.get("role") == "region":
            self._label = given.get("aria-label") or ""
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "table":
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._cell = []

    def handle_endtag(self, tag):
        if tag in UNREAD:
            self._unread -= 1
        elif tag in {"td", "th"} and self._cell is not None:
            self._rows[-1].append(_plain(self._cell))
            self._cell = None
        elif tag == "table":
            self.tables[self._label] = self._rows

    def handle_data(self, data):
        if self._unread:
            return
        self.words.append(data)
        if self._cell is not None:
            self._cell.append(data)


def a_reader(site: Site, role: str = "planner") -> Client:
    """Return a client signed in as a member of a site's staff."""
    return signed_in(a_user(role, site=site))


def signed_in(user: User) -> Client:
    """Return a client signed in as somebody."""
    client = Client()
    client.force_login(user)
    return client


def words(response: HttpResponse) -> str:
    """Return what a page says, its white space made single spaces."""
    return _plain(_read(response).words)


def links(response: HttpResponse) -> list[str]:
    """Return where a page leads, in order."""
    return _read(response).links


def table(response: HttpResponse, label: str) -> list[list[str]]:
    """Return a table by its region's label: rows of cells, the head left out."""
    return _read(response).tables[label][1:]


def _read(response: HttpResponse) -> _Reader:
    reader = _Reader()
    reader.feed(response.content.decode())
    return reader


def _plain(parts: list[str]) -> str:
    return " ".join(" ".join(parts).translate(SPACES).split())
