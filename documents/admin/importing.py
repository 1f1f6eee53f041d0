"""The console's page that takes the questions of a test set out of files."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldBooleanSwitchWidget

from documents.admin.uploading import FilesField
from documents.evaluation import keeping, reading
from documents.evaluation.reading import Source
from documents.models import QuestionSet
from system.errors import RagError, TooLarge

if TYPE_CHECKING:
    from documents.admin.test_sets import QuestionSetAdmin


class ImportForm(forms.Form):
    """Which files."""

    file = FilesField(
        label="Files",
        widget=FilesField.widget({"class": "rs-files", "multiple": True}),
        help_text="A CSV file (question, document or chunk, and perhaps id and grade), a JSON Lines file, or the two "
        "files of BEIR: queries.jsonl and qrels.tsv.",
    )
    skip_missing = forms.BooleanField(
        label="Leave out what the dataset does not have", required=False, widget=UnfoldBooleanSwitchWidget
    )


class Import:
    """The view."""

    def __init__(self, page: "QuestionSetAdmin") -> None:
        self.page = page

    def __call__(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Answer; what the upload handler refuses while it reads is told on the empty form."""
        try:
            return csrf_protect(require_http_methods(["GET", "POST"])(self._answer))(request, pk)
        except RagError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(request.path)

    def _answer(self, request: HttpRequest, pk: str) -> HttpResponse:
        if not self.page.has_import_permission(request):
            raise PermissionDenied
        test_set = get_object_or_404(self.page.get_queryset(request), pk=pk)
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
        if not form.is_valid():
            return self._show(request, test_set, form)
        try:
            kept = keeping.put(test_set, reading.read(_sources(form)), skip_missing=form.cleaned_data["skip_missing"])
        except RagError as error:
            form.add_error(None, error.message.split("\n"))
            return self._show(request, test_set, form)
        what = f"{kept.added} questions added, {kept.replaced} replaced, {kept.left_out} left out."
        self.page.note(request, [test_set], f"Imported: {what}")
        messages.success(request, what)
        return HttpResponseRedirect(f"{reverse('admin:documents_question_changelist')}?question_set__id__exact={pk}")

    def _show(self, request: HttpRequest, test_set: QuestionSet, form: ImportForm) -> HttpResponse:
        context: dict[str, Any] = {
            **self.page.admin_site.each_context(request),
            "title": f"Import into {test_set.name}",
            "opts": QuestionSet._meta,
            "form": form,
            "media": self.page.media + form.media,
            "submit": "Import",
            "back": reverse("admin:documents_questionset_change", args=[test_set.pk]),
        }
        return TemplateResponse(request, "console/test_set.html", context)


def _sources(form: ImportForm) -> list[Source]:
    """The files, in memory. Raises TooLarge beyond RAG_BODY_BYTES."""
    files = form.cleaned_data["file"]
    limit = settings.RAG_BODY_BYTES
    if sum(file.size for file in files) > limit:
        raise TooLarge(f"A test set may have {limit >> 20} MiB; import it in parts.")
    return [Source(file.name, file.read()) for file in files]
