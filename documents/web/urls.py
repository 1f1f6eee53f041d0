"""Routes of the web API that belong to documents."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
