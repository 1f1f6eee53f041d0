"""Actions on one row that ask in a dialog before they are done."""

from django.forms import Form
from django.http import HttpResponse
from unfold.dataclasses import ActionDialog


def asking(title: str, description: str, *, submit: str, form: type[Form] | None = None) -> ActionDialog:
    """The dialog: a question, what follows, the word on its button, and a form where there is more to say."""
    return ActionDialog(title=title, description=description, form_class=form, form_submit_text=submit)


def onward(url: str) -> HttpResponse:
    """The answer to a dialog that was confirmed: the browser goes on to `url`."""
    return HttpResponse(headers={"HX-Redirect": url})
