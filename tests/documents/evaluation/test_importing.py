import json

import pytest

from documents import removal
from documents.evaluation import drafts, keeping, reading
from documents.evaluation.reading import Source
from documents.models import Judgement, Question, QuestionSet
from system.errors import ArgumentError, NotFound, TooLarge

pytestmark = pytest.mark.django_db

HEAD = "id,question,document,grade\n"
BEIR = {
    "queries.jsonl": '{"_id": "1", "text": "Who builds dams?"}\n{"_id": "2", "text": "Of another split"}\n',
    "qrels.tsv": "query-id\tcorpus-id\tscore\n1\tbeavers\t2\n1\therons\t0\n",
}


def kept():
    """Questions by id, with what answers them."""
    return {
        question.key: (
            question.text,
            {one.chunk_id or one.name: one.grade for one in question.judgements.order_by("pk")},
        )
        for question in Question.objects.all()
    }


def jsonl(*rows):
    return {"t.jsonl": "\n".join(json.dumps(row) for row in rows)}


def test_a_table_has_a_row_for_each_judgement(take):
    found = take({"t.csv": HEAD + 'a,"Dams, who?",beavers.md,2\na,"Dams, who?",herons.txt,\nb,Where?,otters.txt,0\n'})

    assert kept() == {
        "a": ("Dams, who?", {"beavers.md": 2, "herons.txt": 1}),
        "b": ("Where?", {"otters.txt": 0}),
    }
    assert (found.added, found.replaced, found.missing, found.left_out) == (2, 0, 0, 0)


def test_a_question_without_an_id_is_known_by_its_text(take):
    take({"t.csv": "question,document\nWho?,beavers.md\nWho?,herons.txt\n"})
    (key,) = kept()

    again = take(jsonl({"question": "Who?", "relevant": ["otters.txt"]}))

    assert kept() == {key: ("Who?", {"otters.txt": 1})}
    assert (again.added, again.replaced) == (0, 1)


def test_json_lines_name_documents_and_chunks(take, documents, chunk):
    dams = chunk("Beavers build")

    take(
        jsonl(
            {
                "id": "a",
                "question": "Who?",
                "relevant": ["OTTERS.txt", {"document": documents["herons.txt"].pk, "grade": 3}],
            },
            {"id": 7, "question": "What?", "relevant": [{"chunk": dams.pk, "document": None}]},
        )
    )

    assert kept() == {"a": ("Who?", {"otters.txt": 1, "herons.txt": 3}), "7": ("What?", {dams.pk: 1})}
    assert Judgement.objects.get(chunk_id=dams.pk).name == "beavers.md"


def test_the_files_of_beir_know_documents_without_suffix(take):
    take(BEIR)

    assert kept() == {"1": ("Who builds dams?", {"beavers.md": 2, "herons.txt": 0})}


@pytest.mark.parametrize(
    "files",
    [
        {"t.csv": b"\xef\xbb\xbf" + HEAD.encode() + b"a,Who?,beavers.md,1\n"},
        {"t.csv": HEAD.replace("\n", "\r\n") + "a,Who?,beavers.md,1\r\n\r\n"},
        {"t.csv": HEAD.replace(",", ";") + "a;Who?;beavers.md;1.0\n"},
        {"t.csv": HEAD.replace(",", "\t") + "a\t Who? \tbeavers.md\t1\n"},
        {"T.CSV": HEAD.upper() + "a,Who?,beavers.md,1"},
        {"t.jsonl": '\ufeff{"id": "a", "question": "Who?", "relevant": ["beavers.md"]}\r\n\r\n'},
        {"q.jsonl": '{"id": "a", "text": "Who?"}\r\n', "q.tsv": "a\tbeavers.md\t1\r\n"},
    ],
    ids=["BOM", "CRLF", "semicolons", "tabs", "capitals", "BOM and CRLF", "BEIR, CRLF, no head"],
)
def test_files_come_as_programs_write_them(take, files):
    take(files)

    assert kept() == {"a": ("Who?", {"beavers.md": 1})}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"t.csv": HEAD + "a,Who?,beavers.md,1\nb,Where?,moles.txt,1\n"},
            "Line 3 of t.csv: .* no document 'moles.txt'",
        ),
        ({"t.jsonl": '{"question": "Q", "relevant": [{"chunk": "c0ffee"}]}'}, "Line 1 of .* no chunk 'c0ffee'"),
        ({**BEIR, "qrels.tsv": "1\tmoles\t1"}, "Line 1 of qrels.tsv: the dataset has no document 'moles'"),
        ({**BEIR, "qrels.tsv": "9\tbeavers\t1"}, "Line 1 of qrels.tsv: queries.jsonl has no query '9'"),
        ({**BEIR, "qrels.tsv": "1 beavers 1"}, "Line 1 of qrels.tsv: .* parted by tabs"),
        (
            {**BEIR, "queries.jsonl": BEIR["queries.jsonl"] * 2},
            "Line 3 of queries.jsonl: the id '1' .* was there before",
        ),
        ({**BEIR, "queries.jsonl": '{"text": "no id"}'}, "Line 1 of queries.jsonl: the id '' is missing"),
        ({**BEIR, "queries.jsonl": '{"_id": null, "text": "Who?"}'}, "Line 1 of queries.jsonl: the id '' is missing"),
        ({**BEIR, "queries.jsonl": '{"_id": "1", "text": 5}'}, "Line 1 of queries.jsonl: the question is missing"),
        ({"t.csv": HEAD + "a,Who?,beavers.md,-1\n"}, "Line 2 of t.csv: the grade '-1'"),
        ({"t.csv": HEAD + "a,Who?,beavers.md,101\n"}, "Line 2 of t.csv: the grade '101'"),
        ({"t.csv": HEAD + "a,Who?,beavers.md,0.5\n"}, "Line 2 of t.csv: the grade '0.5'"),
        ({"t.csv": HEAD + "a,Who?,beavers.md,nan\n"}, "Line 2 of t.csv: the grade 'nan'"),
        ({"t.jsonl": '{"question": "Q", "relevant": [{"document": "d", "grade": true}]}'}, "the grade 'True'"),
        ({"t.jsonl": '{"question": "Q", "relevant": [{"document": "d", "grade": 1e999}]}'}, "the grade 'inf'"),
        ({"t.csv": HEAD + "a,Who?,beavers.md,1\na,Who?,BEAVERS,2\n"}, "Line 3 of t.csv: 'BEAVERS' is judged twice"),
        ({"t.csv": HEAD + "a,Who?,beavers.md,1\na,What?,otters.txt,2\n"}, "Line 3 .* the id 'a' had another question"),
        ({"t.csv": HEAD + "a,,beavers.md,1\n"}, "Line 2 of t.csv: the question is missing"),
        ({"t.csv": HEAD + "a,Who?,,1\n"}, "Line 2 of t.csv: one of `document` and `chunk`"),
        ({"t.csv": HEAD + "a,Who?,beavers.md\n"}, "Line 2 of t.csv: 3 columns, where the first line has 4"),
        ({"t.csv": HEAD + 'a,"Who?,beavers.md,1\n'}, "Line 2 of t.csv: unexpected end of data"),
        ({"t.csv": "a,b\n1,2\n"}, "Line 1 of t.csv: the columns should be"),
        ({"t.csv": "question,document,document\nQ,a,b\n"}, "Line 1 of t.csv: the columns should be"),
        ({"t.csv": HEAD}, "There is no question"),
        ({"t.csv": ""}, "There is no question"),
        ({"t.csv": HEAD + "a,Wh\0o?,beavers.md,1\n"}, "Line 2 of t.csv: the question holds a NUL"),
        ({"t.jsonl": '{"question": "\\ud800", "relevant": ["d"]}'}, "Line 1 of t.jsonl: the question holds a NUL"),
        ({"t.jsonl": '{"id": "a\\tb", "question": "Q", "relevant": ["d"]}'}, "the id holds a line break or another"),
        ({"t.csv": b"\xff\xfeq\x00"}, "t.csv is not in UTF-8"),
        ({"t.jsonl": "[]"}, "Line 1 of t.jsonl is no JSON object"),
        ({"t.jsonl": "{}\n{"}, "Line 1 of t.jsonl: `relevant` should be a list"),
        ({"t.jsonl": "[" * 100_000}, "Line 1 of t.jsonl is no JSON object"),
        ({"t.jsonl": '{"question": "Q", "relevant": []}'}, "names nothing that answers it"),
        ({"t.jsonl": '{"question": "Q", "relevant": [5]}'}, "'5' should be the name of a document"),
        ({"t.jsonl": '{"question": "Q", "relevant": [{"document": "d", "chunk": "c"}]}'}, "should be the name of"),
        ({"t.jsonl": '{"question": "Q", "relevant": ["d", {"chunk": "c"}]}'}, "names documents and chunks"),
        ({"t.jsonl": json.dumps({"question": "Q" * 10_001, "relevant": ["d"]})}, "has 10,001 characters"),
        ({"t.jsonl": json.dumps({"id": "k" * 129, "question": "Q", "relevant": ["d"]})}, "has 129 characters"),
        (
            {"t.jsonl": '{"id": "a", "question": "Q", "relevant": ["d"]}\n' * 2},
            "Line 2 of t.jsonl: the question 'a' was there before",
        ),
        ({"t.xlsx": "PK"}, "A test set comes as a .csv file"),
        ({"a.csv": HEAD, "b.csv": HEAD}, "A test set comes as a .csv file"),
        ({}, "A test set comes as .* this is nothing"),
    ],
)
def test_what_cannot_be_understood_is_told_by_line_and_nothing_is_kept(take, files, said):
    with pytest.raises(ArgumentError, match=said):
        take(files)

    assert not Question.objects.exists()
    assert not Judgement.objects.exists()


def test_the_first_ten_names_that_mean_nothing_are_told(take):
    with pytest.raises(ArgumentError) as told:
        take({"t.csv": HEAD + "".join(f"{number},Q,mole {number},1\n" for number in range(15))})

    assert told.value.message.count("no document") == 10
    assert "and 5 more like these" in told.value.message


def test_a_name_that_may_be_several_documents_is_refused(take, library, upload):
    upload("beavers.txt", "others")

    with pytest.raises(ArgumentError, match=r"'beavers' may be any of beavers.md, beavers.txt"):
        take(BEIR)
    assert take({"t.csv": HEAD + "a,Who?,beavers.txt,1\n"}, skip_missing=True).added == 1


def test_what_the_dataset_does_not_have_can_be_left_out(take):
    found = take({"t.csv": HEAD + "a,Who?,beavers.md,1\na,Who?,moles.txt,1\nb,Q,moles.txt,1\n"}, skip_missing=True)

    assert kept() == {"a": ("Who?", {"beavers.md": 1})}
    assert (found.added, found.missing, found.left_out) == (1, 2, 1)


def test_a_question_that_is_there_is_replaced_and_stays_the_same_row(take):
    take({"t.csv": HEAD + "a,Who?,beavers.md,1\nb,Where?,otters.txt,1\n"})
    before = Question.objects.get(key="a").pk

    found = take({"t.csv": HEAD + "a,Who not?,herons.txt,3\nc,When?,otters.txt,1\n"})

    assert (found.added, found.replaced) == (1, 1)
    assert kept()["a"] == ("Who not?", {"herons.txt": 3})
    assert set(kept()) == {"a", "b", "c"}
    assert Question.objects.get(key="a").pk == before


def test_the_case_of_a_name_does_not_matter_with_or_without_suffix(take):
    take({"t.csv": HEAD + "a,A?,BEAVERS,1\nb,B?,beavers,1\nc,C?,Beavers.MD,1\n"})

    assert [judged for _, judged in kept().values()] == [{"beavers.md": 1}] * 3


def test_documents_of_other_datasets_and_deleted_ones_are_not_there(take, documents, owner):
    removal.remove([documents["otters.txt"].pk])

    with pytest.raises(ArgumentError, match=r"no document 'otters.txt'"):
        take({"t.csv": HEAD + "a,Who?,otters.txt,1\n"})


def test_a_set_has_so_many_questions_and_no_more(take, monkeypatch):
    monkeypatch.setattr(keeping, "QUESTIONS", 2)
    take({"t.csv": HEAD + "a,Who?,beavers.md,1\nb,Where?,otters.txt,1\n"})

    with pytest.raises(TooLarge, match="may have 2 questions"):
        take({"t.csv": HEAD + "c,When?,otters.txt,1\n"})
    assert take({"t.csv": HEAD + "a,Who not?,beavers.md,1\n"}).replaced == 1


@pytest.mark.parametrize(
    "files",
    [
        {"t.csv": HEAD + "a,Who?,beavers.md,1\nb,Where?,otters.txt,1\nno row"},
        jsonl({"question": "Who?", "relevant": ["beavers.md", "otters.txt"]}),
        {"t.jsonl": '{"question": "Who?", "relevant": ["beavers.md"]}\n' * 2 + "no JSON"},
        {**BEIR, "qrels.tsv": BEIR["qrels.tsv"] + "no row"},
    ],
    ids=["CSV", "one line", "lines", "BEIR"],
)
def test_a_request_brings_so_many_judgements_and_no_more_are_read(take, monkeypatch, files):
    monkeypatch.setattr(drafts, "JUDGEMENTS", 1)

    with pytest.raises(TooLarge, match="may bring 1 judgements, and this one brings more"):
        take(files)


@pytest.mark.parametrize("name", ["ΟΔΟΣ.txt", "İstanbul.txt", "ẞ.txt"])
def test_names_in_any_script_are_found_as_they_are_written(take, upload, name):
    upload(name, "text")

    take({"t.csv": f"{HEAD}a,A?,{name},1\n"})
    take({"q.jsonl": '{"_id": "b", "text": "B?"}', "q.tsv": f"b\t{name.removesuffix('.txt')}\t1"})

    assert [judged for _, judged in kept().values()] == [{name: 1}] * 2


def test_a_deleted_set_takes_nothing(take, test_set):
    QuestionSet.objects.all().delete()

    with pytest.raises(NotFound, match="has been deleted"):
        take(BEIR)


def test_a_thousand_questions_are_imported_in_few_statements(test_set, django_assert_max_num_queries):
    text = HEAD + "".join(f"{number},Question {number}?,beavers.md,1\n" for number in range(1000))
    drafts = reading.read([Source("t.csv", text.encode())])

    with django_assert_max_num_queries(20):
        assert keeping.put(test_set, drafts).added == 1000
