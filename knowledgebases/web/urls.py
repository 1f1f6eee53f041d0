"""Routes of the web API that belong to knowledgebases."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
