"""How the console looks: django-unfold's settings. All assets are our own or unfold's; nothing comes from elsewhere."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# Login attempts are django-axes' business; its pages know nothing of the console's looks and rules.
AXES_ENABLE_ADMIN = False


def _may(*permissions: str) -> Callable[[HttpRequest], bool]:
    """Whether the reader of a page has one of the permissions: what they may not see is not offered."""
    return lambda request: any(map(request.user.has_perm, permissions))


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    """The sidebar's line to the list of `app.model`."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may(f"{app}.view_{name}", f"{app}.change_{name}"),
    }


def _asset(path: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(path)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Ragsite",
    "SITE_HEADER": "Ragsite",
    "SITE_SUBHEADER": "Console",
    "SITE_URL": None,
    "SITE_ICON": _asset("console/icon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("console/icon.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "STYLES": [_asset("console/console.css")],
    "SCRIPTS": [_asset("console/console.js")],
    "BORDER_RADIUS": "8px",
    # Tailwind's teal, a step darker from 500 on: white text on 600 has a contrast of 5.5:1 (WCAG AA asks for 4.5).
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.7)",
            "100": "oklch(95.3% .051 180.8)",
            "200": "oklch(91% .096 180.4)",
            "300": "oklch(85.5% .138 181.1)",
            "400": "oklch(77.7% .152 181.9)",
            "500": "oklch(66% .128 183.5)",
            "600": "oklch(51.1% .096 186.4)",
            "700": "oklch(43.7% .078 188.2)",
            "800": "oklch(38.6% .063 188.4)",
            "900": "oklch(33% .055 190)",
            "950": "oklch(27.7% .046 192.5)",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "items": [{"title": "Overview", "icon": "monitor_heart", "link": reverse_lazy("admin:index")}],
            },
            {
                "title": "Knowledge",
                "separator": True,
                "items": [
                    _item("Datasets", "database", "knowledgebases.knowledgebase"),
                    _item("Documents", "description", "documents.document"),
                    _item("Chunks", "segment", "knowledgebases.chunk"),
                    _item("Tasks", "pending_actions", "documents.task"),
                    _item("Reindexing", "model_training", "documents.reindex"),
                    _item("Test sets", "quiz", "documents.questionset"),
                    _item("Evaluations", "monitoring", "documents.evaluation"),
                ],
            },
            {
                "title": "Access",
                "separator": True,
                "items": [
                    _item("API tokens", "key", "system.apitoken"),
                    _item("Models", "neurology", "system.modelendpoint"),
                    _item("Users", "person", "system.user"),
                    _item("Tenants", "apartment", "system.tenant"),
                    _item("Groups", "group", "auth.group"),
                ],
            },
            {
                "title": "API",
                "separator": True,
                "items": [{"title": "Reference", "icon": "api", "link": reverse_lazy("docs")}],
            },
        ],
    },
}
