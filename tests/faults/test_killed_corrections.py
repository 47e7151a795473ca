"""The run that books corrections dies at every call and every commit; the next nights finish it, to the cent and once.

Two ways into the books: one that reverses and books anew, one that puts the new entry in the place of the old one.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from tests.faults.killing import Killed, killing_commits, killing_http
from tests.scenario.changes import begin, change, problems
from tests.scenario.stage import Stage, line, paper, serving, write_papers

from sellsy_ledger.pipeline.corrections import accept, stored_proposals

PLACES = {"http": killing_http, "commit": killing_commits}
NUMBER = "F-2025-0001"


@pytest.fixture
def accepted(tmp_path: Path):
    """Makes a company whose invoice was posted, became dearer, and whose correction a person accepted."""
    opened = []
    papers = write_papers(tmp_path / "papers.jsonl", [paper("S1", line("Conseil", "100.00"))], [])

    def begin_anew(target: str, number: int) -> Stage:
        server = serving(papers)
        folder = tmp_path / f"{number}"
        folder.mkdir()
        stage = Stage(server.__enter__(), target, folder)
        opened.append((stage, server))
        stage.keep_only(NUMBER)
        (proposal,) = change(stage, begin(stage), "amount")
        stage.tomorrow()
        return accepting(stage, proposal)

    yield begin_anew
    for stage, server in opened:
        stage.close()
        server.__exit__(None, None, None)


def accepting(stage: Stage, proposal) -> Stage:
    assert accept(stage.register, "atelier", {proposal.key: proposal.seal}, who="Jeanne").accepted == [proposal.key]
    return stage


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("target", ["inqom-api", "myunisoft"])
def test_wherever_a_run_of_corrections_dies_the_books_end_right(accepted, target, place, moment):
    wrong = {}
    for nth in count(1):
        stage = accepted(target, nth)
        with PLACES[place](nth, after=moment == "after") as killer:
            try:
                stage.night()
            except Killed as death:
                name = f"{nth}: {death}"
        if not killer.fired:
            break
        for _ in range(2):
            stage.tomorrow()
            stage.night()
        if found := problems(stage):
            wrong[name] = found
        assert stored_proposals(stage.register, "atelier") == []
    assert wrong == {}
    assert nth > 5
    assert problems(stage) == []
