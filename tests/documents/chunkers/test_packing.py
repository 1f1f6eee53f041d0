import pytest

from tests.documents.chunkers.drafts import contents, document, passages, prose


def test_paragraphs_that_fit_stay_whole():
    parsed = document(("text", prose("a", 60)), ("text", prose("b", 60)), ("text", prose("c", 60)))

    assert contents(parsed, 100) == [prose("a", 60), prose("b", 60), prose("c", 60)]


def test_neighbouring_paragraphs_share_a_passage_with_the_blank_between():
    parsed = document(("text", prose("a", 30)), ("text", prose("b", 30)), gap="\n\n\n")

    assert contents(parsed, 100) == [prose("a", 30) + "\n\n\n" + prose("b", 30)]


def test_endless_blank_space_parts_passages():
    parsed = document(("text", "a"), ("text", "b"), gap="\n" * 5000)

    assert contents(parsed) == ["a", "b"]


def test_heading_starts_a_passage_and_the_path_of_its_text_stands_beside():
    parsed = document(
        ("heading", "Guide", {"level": 1}),
        ("text", prose("a", 80)),
        ("heading", "Install", {"level": 2}),
        ("text", prose("b", 80)),
        ("heading", "Run", {"level": 2}),
        ("text", prose("c", 80)),
    )

    found = [(passage.headings, passage.content.split("\n")[0]) for passage in passages(parsed, 100)]

    assert found == [
        (("Guide",), "Guide"),
        (("Guide", "Install"), "Install"),
        (("Guide", "Run"), "Run"),
    ]


def test_all_passages_of_a_section_have_its_heading_in_their_path():
    parsed = document(("heading", "Guide", {"level": 1}), ("text", prose("a", 80)), ("text", prose("b", 80)))

    assert [passage.headings for passage in passages(parsed, 100)] == [("Guide",), ("Guide",)]


def test_small_sections_under_one_heading_share_a_passage():
    parsed = document(
        ("heading", "Guide", {"level": 1}),
        ("text", prose("a", 90)),
        *(part for name in "bcd" for part in (("heading", name, {"level": 2}), ("text", prose(name, 10)))),
    )

    found = passages(parsed, 100)

    assert [passage.headings for passage in found] == [("Guide",), ("Guide",)]
    assert found[1].content.startswith("b\n\nb0")
    assert found[1].content.endswith("d9")


@pytest.mark.parametrize("kind", ["text", "list_item", "table", "code"])
def test_heading_is_never_parted_from_what_follows(kind):
    parsed = document(
        ("text", prose("a", 95)),
        ("heading", "A heading", {"level": 2}),
        (kind, prose("b", 99)),
        ("heading", "Empty section", {"level": 3}),
        ("heading", "Full section", {"level": 1}),
        ("text", prose("c", 200)),
    )

    found = contents(parsed, 100)

    assert [content for content in found if content in ("A heading", "Empty section", "Full section")] == []
    assert any(content.startswith("A heading\n\nb0") for content in found)
    assert any(content.startswith("Empty section\n\nFull section\n\nc0") for content in found)
