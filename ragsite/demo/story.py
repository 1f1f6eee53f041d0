"""What `manage.py demo` does on a running site, over the same REST API that applications use."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

SAMPLES = Path(__file__).with_name("samples")
QUESTIONS = Path(__file__).with_name("questions.json")

HANDBOOK = "Ragsite handbook"
OWN_FILES = "Demo: my files"

READY_SECONDS = 120.0
INGEST_SECONDS = 1800.0
POLL_SECONDS = 0.25
ASKED = 3  # questions of the handbook's
SHOWN = 3  # passages of an answer
FINAL = {"DONE", "FAIL", "CANCEL"}


class StoryError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Story:
    """Where the site is, whose token to use, what to ingest and to ask."""

    url: str
    token: str
    files: Sequence[Path]
    questions: Sequence[str]

    @classmethod
    def of_handbook(cls, url: str, token: str) -> "Story":
        """The product asked about the product."""
        questions = [entry["question"] for entry in json.loads(QUESTIONS.read_text())[:ASKED]]
        return cls(url, token, sorted(path for path in SAMPLES.iterdir() if path.is_file()), questions)

    @property
    def dataset(self) -> str:
        """Name of the dataset that the documents go to."""
        return HANDBOOK if all(file.parent == SAMPLES for file in self.files) else OWN_FILES


def tell(story: Story, console: Console) -> None:
    """Ingest the documents with a progress bar each, ask the questions, show the passages and how to go on.

    Raises StoryError where a document cannot be ingested, a question finds nothing, or the site does not answer.
    """
    try:
        _tell(story, console)
    except httpx.HTTPError as error:
        raise StoryError(f"{story.url} does not answer any more: {error}") from error


def _tell(story: Story, console: Console) -> None:
    with httpx.Client(
        base_url=f"{story.url}/api/v1", headers={"Authorization": f"Bearer {story.token}"}, timeout=120, trust_env=False
    ) as api:
        dataset = _dataset(api, story.dataset)
        documents = _upload(api, dataset, story.files)
        _ingest(api, dataset, documents, console)
        for question in story.questions:
            _ask(api, dataset, question, console)
    _farewell(story, dataset, console)


def wait_until_ready(url: str) -> None:
    """Return once the site answers; raises StoryError after READY_SECONDS."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/v1/system/ping", timeout=5, trust_env=False).text == "pong":
                return
        except httpx.TransportError:
            pass  # not yet: the site is starting
        time.sleep(0.1)
    raise StoryError(f"{url} did not answer within {READY_SECONDS:.0f} s; the lines above tell why.")


def _call(answer: httpx.Response) -> Any:
    try:
        body = answer.json()
    except ValueError:
        raise StoryError(f"{answer.request.url} answered {answer.status_code}, and no JSON. Is it Ragsite?") from None
    if body.get("code") != 0:
        raise StoryError(f"{answer.request.method} {answer.request.url} answered: {body.get('message')}")
    return body.get("data")


def _dataset(api: httpx.Client, name: str) -> str:
    for dataset in _call(api.get("/datasets", params={"page_size": 1000})):
        if dataset["name"] == name:
            return str(dataset["id"])
    return str(_call(api.post("/datasets", json={"name": name}))["id"])


def _upload(api: httpx.Client, dataset: str, files: Sequence[Path]) -> list[str]:
    """Ids of the documents of `files`; those that an earlier demo uploaded are taken as they are."""
    listed = _call(api.get(f"/datasets/{dataset}/documents", params={"page_size": 1000}))["docs"]
    there = {document["name"]: document for document in listed}
    ids = []
    for file in files:
        known = there.get(file.name)
        if known and known["size"] != file.stat().st_size:
            _call(api.request("DELETE", f"/datasets/{dataset}/documents", json={"ids": [known["id"]]}))
            known = None
        if known is None:
            with file.open("rb") as data:
                known = _call(api.post(f"/datasets/{dataset}/documents", files={"file": (file.name, data)}))[0]
        ids.append(str(known["id"]))
    return ids


def _ingest(api: httpx.Client, dataset: str, ids: Sequence[str], console: Console) -> None:
    def listed() -> list[dict[str, Any]]:
        rows = _call(api.get(f"/datasets/{dataset}/documents", params={"page_size": 1000, "desc": "false"}))["docs"]
        return [row for row in rows if row["id"] in ids]

    if waiting := [row["id"] for row in listed() if row["run"] not in {"DONE", "RUNNING"}]:
        _call(api.post(f"/datasets/{dataset}/chunks", json={"document_ids": waiting}))
    console.print(f"\n[bold]Ingesting {len(ids)} documents[/bold]")
    columns = (TextColumn("{task.fields[name]:<28.28}"), BarColumn(), TextColumn("{task.fields[note]}"))
    deadline = time.monotonic() + INGEST_SECONDS
    with Progress(*columns, TimeElapsedColumn(), console=console) as bars:
        shown: dict[str, TaskID] = {}
        while rows := listed():
            for row in rows:
                if row["id"] not in shown:
                    shown[row["id"]] = bars.add_task("", total=1.0, name=row["name"], note="")
                bar = shown[row["id"]]
                bars.update(bar, completed=max(row["progress"], 0), note=_note(row))
                if row["run"] in FINAL:
                    bars.stop_task(bar)
            if all(row["run"] in FINAL for row in rows):
                break
            if time.monotonic() > deadline:
                raise StoryError("Ingestion took too long; the console shows where it stands.")
            time.sleep(POLL_SECONDS)
    if failed := [row for row in rows if row["run"] != "DONE"]:
        raise StoryError("\n".join(f"{row['name']}: {_note(row)}" for row in failed))


def _note(row: dict[str, Any]) -> str:
    if row["run"] == "DONE":
        return f"{row['chunk_count']} chunks"
    lines = str(row["progress_msg"]).splitlines()
    return lines[-1][:60] if lines else str(row["run"])


def _ask(api: httpx.Client, dataset: str, question: str, console: Console) -> None:
    began = time.monotonic()
    found = _call(api.post("/retrieval", json={"dataset_ids": [dataset], "question": question, "page_size": SHOWN}))
    elapsed = (time.monotonic() - began) * 1000
    console.print(f"\n[bold cyan]? {question}[/bold cyan]  [dim]({found['total']} passages, {elapsed:.0f} ms)[/dim]")
    if not found["chunks"]:
        raise StoryError(f"Nothing was found for {question!r}.")
    for hit in found["chunks"]:
        console.print(
            Text.assemble(
                (f"  {hit['similarity']:.3f}", "bold green"),
                f"  {hit['document_keyword']}{_place(hit)}",
                (f"  (term {hit['term_similarity']:.2f}, vector {hit['vector_similarity']:.2f})", "dim"),
            )
        )
        console.print(Padding(Text(" ".join(hit["content"].split())[:300], style="italic"), (0, 0, 0, 9)))


def _place(hit: dict[str, Any]) -> str:
    pages = sorted({position[0] for position in hit["positions"] if position[0] > 0})
    return f", page {pages[0]}" if pages else ""


def _farewell(story: Story, dataset: str, console: Console) -> None:
    question = story.questions[0].replace("'", "'\\''")
    console.print(f"\n[bold]Console[/bold]   {story.url}/admin/")
    console.print(f"[bold]API docs[/bold]  {story.url}/api/docs\n")
    console.print("[bold]The same search with curl[/bold]")
    body = json.dumps({"dataset_ids": [dataset], "question": question}, ensure_ascii=False)
    console.print(
        f"curl -s {story.url}/api/v1/retrieval -H 'Authorization: Bearer {story.token}' \\\n"
        f"     -H 'Content-Type: application/json' -d '{body}'",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    console.print("\n[bold]and with the SDK[/bold] (pip install ragflow-sdk)")
    console.print(
        "from ragflow_sdk import RAGFlow\n"
        f"rag = RAGFlow(api_key={story.token!r}, base_url={story.url!r})\n"
        f"for chunk in rag.retrieve(question={story.questions[0]!r}, dataset_ids=[{dataset!r}]):\n"
        "    print(chunk.similarity, chunk.content)\n",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
