"""The console's page that takes files into a dataset."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from documents import queueing, uploads
from documents.admin import refusals
from documents.conflicts import OnConflict, Outcome, on_conflict
from documents.models import Document, Run
from knowledgebases.models import Knowledgebase
from system.console.display import Tone, badge, link
from system.errors import RagError

if TYPE_CHECKING:
    from documents.admin.documents import DocumentAdmin

_CHOICES = [
    (OnConflict.KEEP, "Keep both, the new one under another name"),
    (OnConflict.SKIP, "Skip it where the dataset has the same content"),
    (OnConflict.REPLACE, "Replace the document of the same name"),
    (OnConflict.ERROR, "Refuse it"),
]
_TONES = {
    Outcome.STORED: Tone.GOOD,
    Outcome.KEPT: Tone.WARN,
    Outcome.SKIPPED: Tone.PLAIN,
    Outcome.REPLACED: Tone.GOOD,
    Outcome.REFUSED: Tone.BAD,
}


class FilesField(forms.FileField):
    """One or more files."""

    widget = type("FilesInput", (forms.FileInput,), {"allow_multiple_selected": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        """The files; raises ValidationError where there is none. Names and sizes are the deed's to judge."""
        if not data:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return list(data)


class UploadForm(forms.Form):
    """Which files go where."""

    kb = forms.ModelChoiceField(Knowledgebase.objects.none(), label="Dataset", widget=UnfoldAdminSelect2Widget)
    file = FilesField(label="Files", widget=FilesField.widget({"class": "rs-files", "multiple": True}))
    on_conflict = forms.ChoiceField(
        label="A file that is there already", choices=_CHOICES, required=False, widget=UnfoldAdminSelectWidget
    )
    parse = forms.BooleanField(label="Parse at once", required=False, initial=True, widget=UnfoldBooleanSwitchWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        datasets: Any = self.fields["kb"]
        datasets.queryset = Knowledgebase.objects.live().select_related("tenant")
        datasets.label_from_instance = lambda kb: f"{kb.name} · {kb.tenant.name}"


class Upload:
    """The view."""

    def __init__(self, page: "DocumentAdmin") -> None:
        self.page = page

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what the upload handler refuses while it reads is told on the empty form."""
        try:
            return csrf_protect(require_http_methods(["GET", "POST"])(self._answer))(request)
        except RagError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.get_full_path())

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if not self.page.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._show(request, UploadForm(initial={"kb": request.GET.get("kb"), "parse": True}))
        form = UploadForm(request.POST, request.FILES)
        return self._take(request, form) if form.is_valid() else self._show(request, form)

    def _take(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        kb = form.cleaned_data["kb"]
        taken = uploads.add(
            kb,
            user=request.user,  # type: ignore[arg-type]
            files=form.cleaned_data["file"],
            on_conflict=on_conflict(form.cleaned_data["on_conflict"]),
        )
        self.page.log_uploads(request, taken)
        documents = f"{reverse('admin:documents_document_changelist')}?kb__id__exact={kb.pk}"
        if count := len(taken.changed):
            size = filesizeformat(sum(document.size for document in taken.changed))
            messages.success(request, f"{count} file{'' if count == 1 else 's'} uploaded, {size}.")
        if form.cleaned_data["parse"]:
            with refusals.told(request):
                queueing.start([document.pk for document in taken.changed if document.run != Run.RUNNING])
        if any(result.outcome is not Outcome.STORED for result in taken.results):
            return self._tell(request, taken, kb=kb, documents=documents)
        return HttpResponseRedirect(documents)

    def _tell(
        self, request: HttpRequest, taken: uploads.Uploaded, *, kb: Knowledgebase, documents: str
    ) -> HttpResponse:
        """What became of each file, where that is more than to be stored under its name."""
        context = {
            **self.page.admin_site.each_context(request),
            "title": "Uploaded files",
            "opts": Document._meta,
            "kb": kb,
            "rows": [
                (result, badge(result.outcome, _TONES[result.outcome]), _told(result)) for result in taken.results
            ],
            "documents": documents,
            "again": f"{request.path}?kb={kb.pk}",
        }
        return TemplateResponse(request, "console/uploaded.html", context)

    def _show(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        context = {
            **self.page.admin_site.each_context(request),
            "title": "Upload files",
            "opts": Document._meta,
            "form": form,
            "media": self.page.media + form.media,
            "back": reverse("admin:documents_document_changelist"),
            "any_dataset": Knowledgebase.objects.live().exists(),
            "add_dataset": reverse("admin:knowledgebases_knowledgebase_add"),
        }
        return TemplateResponse(request, "console/upload.html", context)


def _told(result: uploads.Result) -> str:
    """The document that there is now, or why there is none."""
    if result.document is None:
        return result.error.message if result.error else ""
    return link(reverse("admin:documents_document_change", args=[result.document.pk]), result.document.name)
