"""Changing and deleting documents (contract C.5)."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from documents import changes, removal
from documents.models import Document
from documents.web.document_input import (
    ChangeInput,
    MetaInput,
    ParserInput,
    RemovalInput,
    RenameInput,
    StatusInput,
)
from documents.web.reach import InDocuments, in_words_of_the_web
from system.rest.bodies import require, web_object
from system.rest.envelope import Answer
from system.rest.refusing import no_authorization


class ChangingViewSet(InDocuments):
    """Change, switch and delete documents; every member may who reaches them."""

    queryset = Document.objects.only("name", "parser_id")  # what new values are judged by

    @extend_schema(request={"application/json": RenameInput}, responses=bool)
    def rename(self, request: Request) -> Answer:
        """Give a document another name, under which it is searched for at once."""
        with in_words_of_the_web():
            return self._change(request, RenameInput, "name")

    @extend_schema(request={"application/json": ParserInput}, responses=bool)
    def change_parser(self, request: Request) -> Answer:
        """Have a document cut another way: what differs from before takes its chunks away."""
        return self._change(request, ParserInput)

    @extend_schema(request={"application/json": MetaInput}, responses=bool)
    def set_meta(self, request: Request) -> Answer:
        """Replace the metadata of a document."""
        return self._change(request, MetaInput, "meta")

    @extend_schema(request={"application/json": StatusInput}, responses=dict[str, dict[str, str]])
    def change_status(self, request: Request) -> Answer:
        """Have searches find documents, or not; the answer tells of each."""
        value = self.checked(StatusInput, "doc_ids", "status")
        reached = self.get_queryset().filter(pk__in=value["doc_ids"]).values_list("pk", flat=True)
        switched = set(changes.switch(list(reached), enabled=value["status"]))
        there, gone = {"status": str(int(value["status"]))}, {"error": no_authorization().message}
        return Answer({pk: there if pk in switched else gone for pk in value["doc_ids"]})

    @extend_schema(request={"application/json": RemovalInput}, responses=bool)
    def rm(self, request: Request) -> Answer:
        """Delete documents with their chunks: all that are named, or none."""
        value = self.checked(RemovalInput, "doc_id")
        removal.remove_many([document.pk for document in self.all_reached(value["doc_id"])])
        return Answer(True)

    def _change(self, request: Request, rules: type[ChangeInput], *keys: str) -> Answer:
        body = web_object(request)
        require(body, "doc_id", *keys)
        document = self.document(str(body["doc_id"]))
        changes.change(document, rules(document, data=body).change())
        return Answer(True)
