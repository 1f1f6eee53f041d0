"""The form of a dataset, and what its values are to the deeds."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from knowledgebases import embedders
from knowledgebases.models import Knowledgebase
from system.console.pages import DeedForm
from system.models import ModelEndpoint, ModelType

CHUNK_TOKENS = 512
DELIMITER = r"\n"


class DatasetForm(DeedForm):
    """A dataset as people think of it; the config of its parser is more, and the API's to set."""

    name = forms.CharField(max_length=128, widget=UnfoldAdminTextInputWidget)
    description = forms.CharField(required=False, max_length=65_535, widget=UnfoldAdminTextareaWidget({"rows": 3}))
    embd_id = forms.ChoiceField(
        label="Embedding model",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Once there are chunks it is changed by reindexing: vectors of two models cannot be compared.",
    )
    chunk_token_num = forms.IntegerField(
        label="Tokens of a chunk",
        min_value=1,
        max_value=2048,
        initial=CHUNK_TOKENS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="At most. New values hold for documents that are uploaded from now on.",
    )
    delimiter = forms.CharField(
        initial=DELIMITER,
        max_length=1000,
        strip=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=r"Characters to cut at; \n is a line break, several characters that belong together go in backticks.",
    )

    pagerank = forms.IntegerField(
        min_value=0,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Added to the score of its passages when several datasets are searched; 0 to 100.",
    )

    class Meta:
        model = Knowledgebase
        fields = ["tenant", "name", "description", "embd_id", "permission", "parser_id"]
        help_texts = {
            "tenant": "Who owns the dataset; it cannot be moved later.",
            "permission": "me: the tenant's owner; team: every member of the tenant.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.parser_config or {}
        self.initial.setdefault("chunk_token_num", stored.get("chunk_token_num", CHUNK_TOKENS))
        self.initial.setdefault("delimiter", str(stored.get("delimiter", DELIMITER)).replace("\n", r"\n"))
        if self.instance._state.adding:
            self.fields.pop("pagerank", None)  # the deed gives new datasets none
        if isinstance(model := self.fields.get("embd_id"), forms.ChoiceField):
            model.choices = self._models()
            model.disabled = self.instance.chunk_num > 0

    def validate_constraints(self) -> None:
        """Left to the deeds, which find a free name for a new dataset."""

    def given(self) -> dict[str, Any]:
        """The values that were changed (of a new dataset all), under the names of the deeds."""
        new = self.instance._state.adding
        data = {key: value for key, value in self.cleaned_data.items() if new or key in self.changed_data}
        config = {key: data.pop(key) for key in ("chunk_token_num", "delimiter") if key in data}
        names = {"embd_id": "embedding_model", "parser_id": "chunk_method"}
        given = {names.get(key, key): value for key, value in data.items() if key != "tenant"}
        return {**given, **({"parser_config": config} if config else {})}

    def _models(self) -> list[tuple[str, str]]:
        endpoints = ModelEndpoint.objects.filter(model_type=ModelType.EMBEDDING)
        new = self.instance._state.adding
        if not new:
            endpoints = endpoints.filter(tenant=self.instance.tenant_id)
        names = dict.fromkeys(
            [*embedders.installed(), *(endpoint.model_id for endpoint in endpoints), self.instance.embd_id or ""]
        )
        first = [("", "the tenant's own choice")] if new else []
        return [*first, *((name, name) for name in names if name)]
