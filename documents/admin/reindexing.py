"""Reindexing in the console: begun on a dataset's page, followed and decided on in a list of its own."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesCheckboxFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from documents import reindexing
from documents.admin import refusals
from documents.models import Goal, Reindex, ReindexState, What
from documents.reindexing.telling import aims, told
from knowledgebases import embedders
from knowledgebases.admin.datasets import DatasetAdmin
from knowledgebases.models import Knowledgebase
from system.console.dialogs import asking, onward
from system.console.display import Tone, ago, badge, bar, line, link, live
from system.console.pages import ReadOnlyAdmin
from system.errors import RagError
from system.models import ModelEndpoint, ModelType

TONES = {
    ReindexState.QUEUED: Tone.PLAIN,
    ReindexState.BUILDING: Tone.BUSY,
    ReindexState.READY: Tone.GOOD,
    ReindexState.SWITCHED: Tone.GOOD,
    ReindexState.PAUSED: Tone.WARN,
    ReindexState.FAILED: Tone.BAD,
    ReindexState.ROLLED_BACK: Tone.PLAIN,
    ReindexState.FINISHED: Tone.PLAIN,
}
_GOING = {ReindexState.QUEUED, ReindexState.BUILDING}
_CHANGE = "knowledgebases.change_knowledgebase"


def _models() -> list[tuple[str, str]]:
    endpoints = ModelEndpoint.objects.filter(model_type=ModelType.EMBEDDING)
    names = dict.fromkeys([*embedders.installed(), *(endpoint.model_id for endpoint in endpoints)])
    return [("", "as it is"), *((name, name) for name in names)]


class ReindexForm(BaseDialogForm):  # type: ignore[misc]
    """What is to be made anew."""

    what = forms.ChoiceField(
        label="Search rows",
        choices=[(What.DENSE, "vectors"), (What.LEXICAL, "words"), (What.ALL, "vectors and words")],
        widget=UnfoldAdminSelectWidget,
    )
    model = forms.ChoiceField(
        label="Embedding model",
        choices=_models,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="For vectors.",
    )
    language = forms.CharField(
        max_length=32,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="For words, such as German; empty: as it is.",
    )
    switch = forms.BooleanField(label="Switch as soon as it is built", required=False, widget=UnfoldBooleanSwitchWidget)


class ReindexingDatasetAdmin(DatasetAdmin):
    """Datasets that can be reindexed, and how far that is."""

    def has_reindex_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may begin: those who may change datasets."""
        return request.user.has_perm(_CHANGE)

    @action(
        description="Reindex",
        permissions=["reindex"],
        icon="model_training",
        dialog=asking(
            "Make the search rows of this dataset anew?",
            "Workers build them beside those that are served, while no document waits. Searches go on as before; "
            "from the switch on they use what was built, and for some days you can roll back.",
            submit="Reindex",
            form=ReindexForm,
        ),
    )
    def reindex_this(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Begin, and on to the list where it is followed."""
        kb = Knowledgebase.objects.live().select_related("tenant", "space").filter(pk=object_id).first()
        given = form.cleaned_data
        if kb is None:
            return onward(reverse("admin:knowledgebases_knowledgebase_changelist"))
        try:
            goal = Goal.SWITCH if given["switch"] else Goal.READY
            reindexing.start(kb, what=given["what"], model=given["model"], language=given["language"], goal=goal)
        except RagError as refused:
            messages.error(request, refused.message)
            return self.again(object_id)
        self.note(request, [kb], "Reindexing begun.")
        return onward(f"{reverse('admin:documents_reindex_changelist')}?kb__id__exact={kb.pk}")

    @display(description="reindexing")
    def shown_reindexing(self, kb: Knowledgebase) -> str:
        """How far the last one is."""
        job = Reindex.latest(kb)
        if job is None:
            return format_html('<span class="rs-dim">{}</span>', "never")
        url = f"{reverse('admin:documents_reindex_changelist')}?kb__id__exact={kb.pk}"
        return format_html(
            "{} {}", link(url, aims(job)), badge(told(job).split(";")[0], TONES[ReindexState(job.state)])
        )


@admin.register(Reindex)
class ReindexAdmin(ReadOnlyAdmin):
    """Reindexes of all datasets, and the decisions about them."""

    list_display = [
        *("shown_dataset", "shown_aims", "shown_state", "shown_progress", "shown_message", "shown_samples"),
        "shown_age",
    ]
    list_select_related = ["kb"]
    list_display_links = None
    list_filter = [("state", ChoicesCheckboxFilter)]
    search_fields = ["kb__name", "kb__id", "model", "former_model"]
    actions = ["pause", "resume", "switch", "rollback", "finish"]
    first_step = "A reindex makes the vectors or words of a dataset anew: begin one on the page of a dataset."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reindex]:
        """Those of living datasets."""
        rows: QuerySet[Reindex] = super().get_queryset(request)
        return rows.filter(kb__deleted_at=None)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """A dataset's page links to its own."""
        return lookup == "kb__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may decide: those who may change datasets."""
        return request.user.has_perm(_CHANGE)

    @action(description="Pause", permissions=["decide"], icon="pause", variant=ActionVariant.WARNING)
    def pause(self, request: HttpRequest, queryset: QuerySet[Reindex]) -> None:
        """Hold them where they are."""
        self._do(request, queryset, "pause", "Reindexing paused.")

    @action(description="Resume", permissions=["decide"], icon="play_arrow")
    def resume(self, request: HttpRequest, queryset: QuerySet[Reindex]) -> None:
        """Go on, after a failure, too."""
        self._do(request, queryset, "resume", "Reindexing resumed.")

    @action(description="Switch", permissions=["decide"], icon="swap_horiz")
    def switch(self, request: HttpRequest, queryset: QuerySet[Reindex]) -> None:
        """Serve what is built as soon as it is."""
        self._do(request, queryset, "switch", "Reindexing: to be switched.")

    @action(description="Roll back", permissions=["decide"], icon="undo", variant=ActionVariant.WARNING)
    def rollback(self, request: HttpRequest, queryset: QuerySet[Reindex]) -> None:
        """Go back to what was served before, or give up what is not switched."""
        self._do(request, queryset, "rollback", "Reindexing rolled back.")

    @action(description="Finish", permissions=["decide"], icon="done_all", variant=ActionVariant.WARNING)
    def finish(self, request: HttpRequest, queryset: QuerySet[Reindex]) -> None:
        """Give the way back up, and the room that it takes."""
        self._do(request, queryset, "finish", "Reindexing finished.")

    def _do(self, request: HttpRequest, jobs: Iterable[Reindex], deed: str, noted: str) -> None:
        done = []
        for job in jobs:
            with refusals.told(request):
                reindexing.DEEDS[deed](job)
                done.append(job.kb)
        self.note(request, done, noted)
        if done:
            self.tell(request, len(done), "{}: done.", "")

    @display(description="dataset", ordering="kb__name")
    def shown_dataset(self, job: Reindex) -> str:
        """Which dataset."""
        return link(reverse("admin:knowledgebases_knowledgebase_change", args=[job.kb_id]), job.kb)

    @display(description="makes")
    def shown_aims(self, job: Reindex) -> str:
        """What of what."""
        return line(aims(job), length=64)

    @display(description="state", ordering="state")
    def shown_state(self, job: Reindex) -> str:
        """Where it stands."""
        state = ReindexState(job.state)
        shown = badge(state.label.lower(), TONES[state])
        if job.back and job.finished_at is None:
            shown = format_html("{} {}", shown, badge("on the way back", Tone.WARN))
        return live(f"{job.pk}:state", shown, running=state in _GOING)

    @display(description="progress")
    def shown_progress(self, job: Reindex) -> str:
        """How far it is, and how fast it was lately."""
        rate = f", {job.rate:,.0f} a second" if job.rate else ""
        counts = format_html('<span class="rs-dim rs-line">{} of {}{}</span>', f"{job.done:,}", f"{job.total:,}", rate)
        return live(f"{job.pk}:bar", format_html("{} {}", bar(job.progress, TONES[ReindexState(job.state)]), counts))

    @display(description="message")
    def shown_message(self, job: Reindex) -> str:
        """What it says."""
        return live(f"{job.pk}:message", line(job.message, length=48))

    @display(description="samples")
    def shown_samples(self, job: Reindex) -> str:
        """How well vectors came out when they were made again."""
        if job.least_cosine is None:
            return "–"
        return format_html("{}, cosine ≥ {}", job.sampled, f"{job.least_cosine:.4f}")

    @display(description="begun", ordering="created_at")
    def shown_age(self, job: Reindex) -> str:
        """When."""
        return ago(job.created_at)
