import pytest

from documents import changes, editing, vectors
from documents.editing import Change
from knowledgebases import indexing
from knowledgebases.embedding import embedder_for
from knowledgebases.lexical import tokenizer
from knowledgebases.models import Chunk, DenseRow, LexicalRow, chunk_id
from system.errors import NotFound
from tests.factories import DocumentFactory

pytestmark = pytest.mark.django_db


def test_an_added_chunk_is_counted_and_searchable(document, kb):
    chunk = editing.add(document, "Otters sleep afloat.", important_keywords=["otter"], questions=["how?"])

    document.refresh_from_db()
    assert len(chunk.pk) == 16
    assert chunk.questions == ["how?"]
    assert (document.chunk_num, kb.refresh().chunk_num) == (1, 1)
    assert document.token_num == chunk.tokens > 0
    assert LexicalRow.objects.count() == DenseRow.objects.count() == 1


def test_the_same_content_again_is_the_same_chunk_and_counts_once(document):
    first = editing.add(document, "Otters sleep afloat.")
    second = editing.add(document, "Otters sleep afloat.", important_keywords=["again"])

    document.refresh_from_db()
    assert first.pk == second.pk
    assert document.chunk_num == 1
    assert Chunk.objects.get().important_keywords == ["again"]


def test_what_is_added_again_is_searchable_though_it_was_switched_off(document):
    chunk = editing.add(document, "Otters sleep afloat.")
    editing.switch(document, [chunk.pk], available=False)

    editing.add(document, "Otters sleep afloat.")

    assert Chunk.objects.get().available
    assert LexicalRow.objects.get().available
    assert DenseRow.objects.get().available


def test_an_id_that_a_chunk_of_another_document_has_is_passed_over(document, kb):
    other = DocumentFactory(kb=kb)
    taken = chunk_id(document.pk, "Otters sleep afloat.")
    Chunk.objects.create(pk=taken, document=other, kb=kb, content="made to have that id")

    first = editing.add(document, "Otters sleep afloat.")
    second = editing.add(document, "Otters sleep afloat.")

    assert first.pk == second.pk != taken
    assert Chunk.objects.get(pk=taken).document == other


def test_a_changed_chunk_keeps_its_id_and_what_was_not_named(document):
    chunk = editing.add(document, "Otters sleep.", important_keywords=["otter"])

    editing.change(document, chunk, Change(content="Otters swim."))

    now = Chunk.objects.get()
    assert (now.pk, now.content, now.important_keywords) == (chunk.pk, "Otters swim.", ["otter"])


def test_a_chunk_that_is_gone_cannot_be_changed(document):
    chunk = editing.add(document, "Otters sleep.")
    editing.delete(document, [chunk.pk])

    with pytest.raises(NotFound, match=chunk.pk):
        editing.change(document, chunk, Change(content="Otters swim."))


@pytest.fixture
def parsed(document):
    """A chunk as a parser makes it, under a heading and found by the title of its document."""
    text = vectors.text_of("Otters sleep afloat.", headings=["Sleep"])
    titled = vectors.TitledEmbedder(embedder_for(document.kb), document)
    chunk = Chunk.objects.create(
        pk="a" * 16,
        document=document,
        kb=document.kb,
        content="Otters sleep afloat.",
        headings=["Sleep"],
        spans=[[0, 20]],
        tokens=6,
        digest=titled.digest(text),
    )
    space = indexing.space_of(titled.embedder)
    indexing.index_chunks(document.kb, [indexing.Entry(chunk, titled.embed([text])[0], "note")], space=space)
    return chunk


@pytest.fixture
def no_model(monkeypatch):
    """Nothing may be embedded."""

    def refuse(kb):
        raise AssertionError("embedded anew")

    monkeypatch.setattr(editing, "embedder_for", refuse)


def found_by(kb, word):
    return LexicalRow.objects.filter(terms__contains=[tokenizer.salted(*tokenizer.terms(word, kb.language), kb.pk)])


def test_a_switch_hides_a_chunk_and_changes_nothing_else(document, parsed, no_model):
    before = Chunk.objects.values().get()

    editing.change(document, parsed, Change(available=False))

    after = Chunk.objects.values().get()
    assert after | {"updated_at": None} == before | {"updated_at": None, "available": False}
    assert not LexicalRow.objects.get().available
    assert not DenseRow.objects.get().available


def test_new_keywords_are_searched_without_embedding_anew(document, kb, parsed, no_model):
    editing.change(document, parsed, Change(important_keywords=["whiskers"]))

    assert Chunk.objects.get().by_hand
    for word in ("whiskers", "note", "sleep"):
        assert found_by(kb, word).exists()


def test_a_change_to_what_is_there_already_changes_nothing(document, parsed, no_model):
    editing.change(document, parsed, Change(content=parsed.content, questions=[]))

    assert not Chunk.objects.get().by_hand


def test_an_edited_chunk_keeps_the_title_and_the_headings_it_was_parsed_under(document, kb, parsed):
    editing.change(document, parsed, Change(content="They hold hands."))

    titled = vectors.TitledEmbedder(embedder_for(kb), document)
    text = vectors.text_of("They hold hands.", headings=["Sleep"])
    assert found_by(kb, "note").exists()
    assert Chunk.objects.get().digest == titled.digest(text)
    near = DenseRow.objects.get().embedding @ titled.embed([text])[0]
    assert near == pytest.approx(1, abs=1e-3)


def test_a_heading_that_a_person_takes_out_of_a_chunk_finds_it_no_more(document, kb, parsed):
    Chunk.objects.update(content="## Sleep in C#\n\nOtters sleep afloat.", headings=["Otters", "Sleep in C#"])

    editing.change(document, parsed, Change(content="## Rest\n\nOtters rest afloat."))

    assert Chunk.objects.get().headings == ["Otters"]
    assert found_by(kb, "otters").exists()
    assert not found_by(kb, "sleep").exists()


def test_a_title_finds_edited_chunks_and_not_added_ones_after_a_renaming(document, kb, parsed):
    editing.change(document, parsed, Change(important_keywords=["whiskers"]))
    editing.add(document, "Beavers build.")

    changes.change(document, changes.Change(name="zebrafish.txt"))

    assert [row.pk for row in found_by(kb, "zebrafish")] == [parsed.pk]
    assert not found_by(kb, "note").exists()


def test_a_change_is_made_to_the_chunk_as_it_is_now(document):
    stale = editing.add(document, "Otters sleep.")
    editing.change(document, stale, Change(content="Otters swim.", important_keywords=["fin"]))

    editing.change(document, stale, Change(questions=["Who?"]))

    now = Chunk.objects.get()
    assert (now.content, now.important_keywords, now.questions) == ("Otters swim.", ["fin"], ["Who?"])


def test_a_chunk_that_changes_while_it_is_embedded_is_embedded_again(document, monkeypatch):
    chunk = editing.add(document, "Otters sleep.")
    embedded, asked = editing._embedded, []

    def slow(document, text):
        if not asked:
            Chunk.objects.update(content="Otters swim.")
        asked.append(text.content)
        return embedded(document, text)

    monkeypatch.setattr(editing, "_embedded", slow)

    editing.change(document, chunk, Change(questions=["Who?"]))

    assert asked == ["Otters sleep.", "Otters swim."]
    assert Chunk.objects.get().content == "Otters swim."


def test_deleting_counts_what_was_deleted(document, kb):
    chunks = [editing.add(document, f"Otter {number}.") for number in range(3)]

    assert editing.delete(document, [chunks[0].pk, "unknown"]) == 1
    assert editing.delete(document, None) == 2

    document.refresh_from_db()
    assert (document.chunk_num, document.token_num, kb.refresh().token_num) == (0, 0, 0)
    assert not DenseRow.objects.exists()


def test_lists_are_kept_as_they_are_given(document):
    chunk = editing.add(document, "Otters.", questions=[" how? ", ""])
    editing.change(document, chunk, Change(questions=["", " "]))

    assert Chunk.objects.get().questions == ["", " "]


def test_a_titled_chunk_is_found_by_the_title_until_it_is_added_without(document, kb):
    editing.add(document, "Otters.", titled=True)
    editing.change(document, Chunk.objects.get(), Change(content="Otters swim."))
    titled = found_by(kb, "note").exists()
    editing.add(document, "Otters.")

    assert (titled, Chunk.objects.get().added, found_by(kb, "note").exists()) == (True, True, False)


def test_tags_are_kept_without_embedding_anew_and_make_a_chunk_one_by_hand(document, parsed, no_model):
    editing.change(document, parsed, Change(tags=["sea"], tag_weights={"sea": 0.5}))

    chunk = Chunk.objects.get()
    assert (chunk.tags, chunk.tag_weights, chunk.by_hand) == (["sea"], {"sea": 0.5}, True)


def test_a_switch_tells_how_many_chunks_of_the_document_it_found(document, kb):
    chunks = [editing.add(document, f"Otter {number}.") for number in range(3)]
    other = editing.add(DocumentFactory(kb=kb), "Otter.")

    assert editing.switch(document, [chunks[0].pk, other.pk, "unknown"], available=False) == 1
    assert editing.switch(document, ["unknown"], available=False) == 0
    assert [row.pk for row in LexicalRow.objects.filter(available=False)] == [chunks[0].pk]


def test_nul_characters_are_dropped(document):
    assert editing.add(document, "a\x00b").content == "ab"
