"""Addresses of the portal, of links in mails, and of staff pages."""

from django.urls import URLPattern

from suppliers.web import link_urls, portal_urls, staff_urls

urlpatterns: list[URLPattern] = [
    *portal_urls.urlpatterns,
    *link_urls.urlpatterns,
    *staff_urls.urlpatterns,
]
