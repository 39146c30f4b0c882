"""Addresses of the technician's pages."""

from django.urls import URLPattern, path

from factory.web import floor

urlpatterns: list[URLPattern] = [
    path("floor/", floor.floor, name="floor"),
    path("floor/<str:serial>/", floor.floor_rack, name="floor_rack"),
]
