"""Text to terms."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledgebases.lexical import tokenizer
from knowledgebases.lexical.tokenizer import marked, salted, terms


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("The running dogs", "English", ["run", "dog"], id="english is stemmed, stop words left out"),
        pytest.param("die Häuser", "German", ["die", "haus"], id="german is stemmed as german"),
        pytest.param("die Häuser", "de-AT", ["die", "haus"], id="language by code"),
        pytest.param("Привет мирами", "English", ["привет", "мир"], id="cyrillic is stemmed as russian"),
        pytest.param("战国无双", "Chinese", ["战", "国", "无", "双", "战国", "国无", "无双"], id="han: ones and pairs"),
        pytest.param("由GPT-4开发", "Chinese", ["由", "gpt4", "gpt", "4", "开", "发", "开发"], id="scripts part words"),
        pytest.param("テスト", "Japanese", ["テ", "ス", "ト", "テス", "スト"], id="kana"),
        pytest.param("สวัส", "Thai", ["ส", "วั", "ส", "สวั", "วัส"], id="thai: marks stay with their letter"),
        pytest.param("বাংলা ভাষা", "Bengali", ["বাংলা", "ভাষা"], id="a script without a stemmer"),
        pytest.param("user_id", "English", ["userid", "user", "id"], id="identifier, whole and in parts"),
        pytest.param("userId", "English", ["userid", "user", "id"], id="camel case is the same name"),
        pytest.param("boundary-layer", "English", ["boundari", "layer"], id="hyphened words are only words"),
        pytest.param("v1.2.3", "English", ["v1.2.3", "v", "1", "2", "3"], id="version"),
        pytest.param("2024-01-15", "English", ["2024-01-15", "2024", "01", "15"], id="date"),
        pytest.param("1,234.50", "English", ["1234.50", "1234", "50"], id="thousands"),
        pytest.param("C++ and C#", "English", ["c++", "c", "c#", "c"], id="names with signs"),
        pytest.param("ragflow_test_upload_0", "English", ["ragflowtestupload0", "ragflow", "test", "upload", "0"],
                     id="file name"),
        pytest.param("ＧＰＴ ﬁne", "English", ["gpt", "fine"], id="compatibility forms"),
        pytest.param("to be or not to be", "English", [], id="stop words alone"),
        pytest.param("", "English", [], id="nothing"),
        pytest.param("plain words", "Klingon", ["plain", "word"], id="unknown language"),
    ],
)  # fmt: skip
def test_terms(text, language, expected):
    assert terms(text, language) == expected


@given(st.text(), st.text(max_size=12))
def test_any_text_in_any_language_gives_terms_that_can_be_hashed(text, language):
    found = terms(text, language)

    assert all(term and -(1 << 31) <= salted(term, "kb") < 1 << 31 for term in found)
    assert all(0 <= tokenizer.dimension(term) < tokenizer.DIMENSIONS for term in found)


@given(st.text())
def test_marked_stretches_are_in_order_and_within_the_text(text):
    stretches = list(marked(text))

    assert all(0 <= start < end <= len(text) for start, end, _ in stretches)
    assert all(one[1] <= two[0] for one, two in pairwise(stretches))


@pytest.mark.parametrize("text", ["The user_id of 战国无双, 1,234.50", "ﬁne ＧＰＴ", "សួស្តី ทดสอบ"])
def test_marked_gives_the_same_terms(text):
    assert {term for _, _, given_ in marked(text) for term in given_} == set(terms(text))


def test_long_runs_are_cut_not_dropped():
    assert [len(term) for term in terms("x" * 10_000)] == [64]


def test_a_dataset_salts_its_terms():
    assert salted("term", "one") != salted("term", "two")


def test_threads_do_not_share_a_stemmer():
    words = [f"running{letter} connections" for letter in "abcdefgh"] * 200
    expected = [terms(word) for word in words]
    tokenizer._stem.cache_clear()
    tokenizer._known.cache_clear()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(terms, words))

    assert found == expected


def test_languages_are_stemmed_alike_or_not():
    assert tokenizer.stemming("English") == tokenizer.stemming("en-GB") == tokenizer.stemming("Chinese")
    assert tokenizer.stemming("English") != tokenizer.stemming("German")
    assert tokenizer.stemming("Persian") != tokenizer.stemming("Arabic")
