"""Marks of what was found."""

import pytest

from knowledgebases.lexical.tokenizer import terms
from knowledgebases.retrieval.highlight import highlight, plain


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        pytest.param("Dogs run.", "running dog", "<em>Dogs</em> <em>run</em>.", id="inflected words"),
        pytest.param(
            "One apple. Two pears. Three apples!", "apple", "One <em>apple</em>....Three <em>apples</em>!",
            id="sentences without a match",
        ),
        pytest.param("Nothing here.", "apple", None, id="no match"),
        pytest.param("Anything", "the", None, id="no terms"),
        pytest.param("战国无双3》开发", "无双", "战国<em>无双</em>3》开发", id="neighbours are one mark"),
        pytest.param("这是的。那不是无双。", "的无双", "那不是<em>无双</em>。", id="lone characters do not count"),
        pytest.param("我有猫。", "猫", "我有<em>猫</em>。", id="a single character asked for"),
        pytest.param("see ragflow_test.txt", "ragflow", "see <em>ragflow_test.txt</em>", id="part of an identifier"),
        pytest.param(
            "<b>apple</b> & <script>alert(1)</script>", "apple",
            "&lt;b&gt;<em>apple</em>&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;", id="text is escaped",
        ),
        pytest.param("<em>a</em> apple", "apple", "&lt;em&gt;a&lt;/em&gt; <em>apple</em>", id="foreign marks too"),
        pytest.param("line one\n\napple line", "apple", "<em>apple</em> line", id="lines are sentences"),
    ],
)  # fmt: skip
def test_highlight(text, question, expected):
    assert highlight(text, terms(question)) == expected


def test_plain_is_escaped():
    assert plain("a < b & 'c'") == "a &lt; b &amp; 'c'"
