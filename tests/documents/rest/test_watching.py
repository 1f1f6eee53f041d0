import pytest

from documents.rest.watching import Told
from documents.watching.hub import hub

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("path", ["events", "documents/{}/events"], ids=["dataset", "document"])
def test_a_question_about_a_stream_alone_is_answered_at_once(api, kb, document, monkeypatch, path):
    lasting = []

    class Noted(Told):
        def __init__(self, stream, seconds, link):
            lasting.append(seconds)
            super().__init__(stream, seconds, link)

    monkeypatch.setattr("documents.rest.watching.Told", Noted)
    url = f"/api/v1/datasets/{kb.pk}/{path.format(document.pk)}"

    answer = api.head(f"{url}?seconds=1")
    answer.close()

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
    assert lasting == [0]
    assert len(hub) == 0
