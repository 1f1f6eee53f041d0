"""The demo's test set: what it names is there."""

import json
from pathlib import Path

from documents.evaluation.reading import Source, read
from ragsite.demo import story

FILE = Path(story.__file__).with_name("evaluation.jsonl")


def drafts():
    return read([Source(FILE.name, FILE.read_bytes())])


def test_it_judges_documents_that_the_demo_has():
    samples = {path.name for path in story.SAMPLES.iterdir()}

    assert {one.name for draft in drafts() for one in draft.named} <= samples


def test_it_asks_what_the_demo_asks_and_more():
    known = {entry["question"]: entry["document"] for entry in json.loads(story.QUESTIONS.read_text())}
    asked = {draft.text: {one.name for one in draft.named if one.grade} for draft in drafts()}

    assert {question for question, document in known.items() if document not in asked.get(question, ())} == set()
    assert len(asked) >= 20
