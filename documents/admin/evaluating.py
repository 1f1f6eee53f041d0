"""The console's page that evaluates a test set, one way to search at a time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from documents.evaluation import measuring
from documents.evaluation import settings as ways
from documents.evaluation.alone import alone
from documents.evaluation.keeping import QUESTIONS
from documents.evaluation.measuring import Bound, Plan
from documents.evaluation.settings import Setting
from documents.models import Evaluation, QuestionSet
from knowledgebases.models import Knowledgebase
from system.errors import RagError

if TYPE_CHECKING:
    from documents.admin.test_sets import QuestionSetAdmin


_KINDS: Mapping[str, type[forms.Field]] = {"top_k": forms.IntegerField, "rerank_id": forms.CharField}
_LABELS = {"rerank_id": "Rerank model"}


class EvaluateForm(forms.Form):
    """How to search; what is left empty is as searches have it by default."""

    sample = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=QUESTIONS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Ask so many of the questions, the same ones each time. Empty: all.",
    )

    def __init__(self, *args: Any, kb: Knowledgebase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = Setting({}).effective(kb)
        for name, meaning in ways.NAMES.items():
            kind = _KINDS.get(name, forms.FloatField)
            self.fields[name] = kind(
                required=False,
                help_text=meaning.replace("`", ""),
                widget=UnfoldAdminTextInputWidget(attrs={"placeholder": usual[name] or "none"}),
                label=_LABELS.get(name, name.replace("_", " ").capitalize()),
            )
        self.order_fields([*ways.NAMES, "sample"])

    def plan(self) -> Plan:
        """What to measure. Raises ArgumentError."""
        value = self.cleaned_data
        given = {name: value[name] for name in ways.NAMES if value[name] not in (None, "")}
        return Plan.of(ways.several([given]), (), sample=value["sample"])


class Evaluate:
    """The view."""

    def __init__(self, page: "QuestionSetAdmin") -> None:
        self.page = page

    def __call__(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask how, then measure, and show what came of it."""
        if not self.page.has_evaluate_permission(request):
            raise PermissionDenied
        test_set = get_object_or_404(self.page.get_queryset(request), pk=pk)
        form = EvaluateForm(request.POST or None, kb=test_set.kb)
        if form.is_valid():
            try:
                made = self._measure(test_set, form)
                return HttpResponseRedirect(reverse("admin:documents_evaluation_change", args=[made.pk]))
            except RagError as error:
                form.add_error(None, error.message)
        context: dict[str, Any] = {
            **self.page.admin_site.each_context(request),
            "title": f"Evaluate {test_set.name}",
            "opts": QuestionSet._meta,
            "form": form,
            "media": self.page.media + form.media,
            "lead": "What is left empty is as searches of the dataset have it.",
            "submit": "Evaluate",
            "back": reverse("admin:documents_questionset_change", args=[test_set.pk]),
        }
        return TemplateResponse(request, "console/test_set.html", context)

    def _measure(self, test_set: QuestionSet, form: EvaluateForm) -> Evaluation:
        plan = form.plan()
        bound = Bound(settings.RAG_EVALUATION_SEARCHES, settings.RAG_EVALUATION_SECONDS)
        with alone(test_set):
            reached = Knowledgebase.objects.live().filter(tenant=test_set.kb.tenant_id)
            return measuring.evaluate(test_set, plan, reached=reached, bound=bound)[0]
