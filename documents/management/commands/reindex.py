"""`manage.py reindex`: vectors of another model, words of another language, while the dataset is served."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import reindexing
from documents.models import Goal, Reindex, ReindexState, What
from documents.reindexing.telling import aims, told
from knowledgebases.models import Knowledgebase
from system.errors import RagError

_SECONDS = 1.0  # between two looks
_GOING = (ReindexState.QUEUED, ReindexState.BUILDING)


class Command(BaseCommand):
    help = (
        "Makes the search rows of a dataset anew beside those that are served: its vectors with another embedding "
        "model, its words in another language or by a newer tokenizer. Workers do it while no document waits; what is "
        "built is served after --switch, and --rollback goes back. Without more than --dataset, tells how far it is; "
        "without that, of all datasets. Ends with 1 where a reindex has failed. With --engine elasticsearch the "
        "sweeper makes the index in Elasticsearch anew from the search rows: a whole one beside the one that serves, "
        "which takes its place when it is full; or, with --dataset, what it holds of that one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", metavar="ID")
        parser.add_argument(
            "--engine",
            choices=["pgvector", "elasticsearch"],
            default="pgvector",
            help="where: the search rows in the database (default), or the index that follows them",
        )
        parser.add_argument("--what", choices=What.values, help="which rows (default: dense)")
        parser.add_argument("--embedding-model", metavar="MODEL", help="for the vectors, such as name@provider")
        parser.add_argument("--language", help="for the words, such as German")
        deeds = parser.add_mutually_exclusive_group()
        deeds.add_argument("--pause", action="store_const", dest="deed", const="pause")
        deeds.add_argument("--resume", action="store_const", dest="deed", const="resume", help="after a failure, too")
        deeds.add_argument(
            "--switch",
            action="store_const",
            dest="deed",
            const="switch",
            help="serve what is built, as soon as it is; with --what and the like: build, then serve",
        )
        deeds.add_argument("--rollback", action="store_const", dest="deed", const="rollback")
        deeds.add_argument(
            "--finish", action="store_const", dest="deed", const="finish", help="give the way back up, and its room"
        )
        parser.add_argument("--watch", action="store_true", help="tell how far it is until it rests; Ctrl-C leaves it")

    def handle(self, *args: Any, **options: Any) -> None:
        begins = any(options[name] for name in ("what", "embedding_model", "language"))
        kb = _dataset(options["dataset"])
        try:
            if options["engine"] == "elasticsearch":
                if begins or options["deed"]:
                    raise CommandError("--engine elasticsearch goes with --dataset and --watch alone.")
                self._rebuild(kb, watch=options["watch"])
            elif kb is None:
                if begins or options["deed"] or options["watch"]:
                    raise CommandError("Say which dataset: --dataset ID.")
                self._list()
            else:
                job = _begun(kb, options) if begins else _done(kb, options["deed"])
                self.stdout.write(f"{kb.name}: {aims(job)}")
                self._tell(job, watch=options["watch"])
        except RagError as refused:
            raise CommandError(refused.message) from None

    def _rebuild(self, kb: Knowledgebase | None, *, watch: bool) -> None:
        from knowledgebases.engines.elastic import rebuilding  # 10 MB that most sites have no use for

        index, said = rebuilding.rebuild(kb), ""
        while True:
            line, more = rebuilding.told(index, kb)
            said = self._say(line, said)
            if not (watch and more):
                return
            time.sleep(_SECONDS)

    def _list(self) -> None:
        found = Reindex.objects.unfinished().filter(kb__deleted_at=None).select_related("kb")
        for job in found:
            self.stdout.write(f"{job.kb_id} {job.kb.name}: {aims(job)}: {told(job)}")
        if not found:
            self.stdout.write("No dataset is being reindexed.")

    def _tell(self, job: Reindex, *, watch: bool) -> None:
        said = ""
        while True:
            said = self._say(told(job), said)
            if not watch or job.state not in _GOING:
                break
            time.sleep(_SECONDS)
            job.refresh_from_db()
        if job.state == ReindexState.FAILED:
            raise SystemExit(1)

    def _say(self, line: str, said: str) -> str:
        """Write what was not said just before."""
        if line != said:
            self.stdout.write(line)
            self.stdout.flush()
        return line


def _dataset(pk: str | None) -> Knowledgebase | None:
    if not pk:
        return None
    kb = Knowledgebase.objects.live().select_related("tenant", "space").filter(pk=pk).first()
    if kb is None:
        raise CommandError(f"There is no dataset {pk}.")
    return kb


def _begun(kb: Knowledgebase, options: dict[str, Any]) -> Reindex:
    if options["deed"] not in {None, "switch"}:
        raise CommandError(f"--{options['deed']} is for a reindex that is under way; it goes without other options.")
    dense, lexical = options["embedding_model"], options["language"]
    what = options["what"] or (What.ALL if dense and lexical else What.LEXICAL if lexical else What.DENSE)
    goal = Goal.SWITCH if options["deed"] else Goal.READY
    return reindexing.start(kb, what=what, model=dense or "", language=lexical or "", goal=goal)


def _done(kb: Knowledgebase, deed: str | None) -> Reindex:
    job = Reindex.latest(kb)
    if job is None:
        raise CommandError(f"Dataset `{kb.name}` was never reindexed. Give --embedding-model, --language or --what.")
    return reindexing.DEEDS[deed](job) if deed else job
