"""Groups: sets of permissions for people who share the console."""

from django.contrib import admin
from django.contrib.auth.models import Group

from system.console.pages import ConsoleAdmin


@admin.register(Group)
class GroupAdmin(ConsoleAdmin):
    """What the members of a group may see and do in the console."""

    list_display = ["name"]
    search_fields = ["name"]
    ordering = ["name"]
    filter_horizontal = ["permissions"]
    first_step = "A group gives several people the same permissions in the console: add one, then put users into it."
