"""One file per run: whole, once, with everything beside it; whatever dies in between loses and doubles nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sellsy_ledger.connectors.base import BatchState, PostingRequest
from sellsy_ledger.connectors.sage100.depot import LocalDepot
from sellsy_ledger.connectors.sage100.files import FilesConnector
from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.ledger import Account, Journal, Ledger
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import LedgerThirdParty
from sellsy_ledger.errors import (
    ConfigurationError,
    DocumentError,
    InvariantBroken,
    OutcomeUnknown,
    PostingConflict,
    TryLater,
)
from tests.unit.connectors.sage100.builders import LISTED, PARTY, PDF, Broken, FailingDepot, files, on, request

BATCH = "20260203020000"
STEM = f"SAGE_SELLSY_{BATCH}"


class Died(BaseException):
    """The process was killed."""


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=";"))


# -- what is delivered -------------------------------------------------------------------------------------------
def test_the_file_its_pdfs_its_manifest_and_the_missing_third_parties_lie_beside_each_other(tmp_path: Path) -> None:
    pdf = PDF + b"1"
    result = files(tmp_path).deliver_batch(BATCH, [request(1, pdf=pdf), request(2)])
    assert len(result.delivered) == 2
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        f"{STEM}.pnm",
        f"{STEM}/FAC-0001.pdf",
        f"{STEM}_tiers_manquants.csv",
        f"manifestes/{STEM}.csv",
    ]
    assert (tmp_path / STEM / "FAC-0001.pdf").read_bytes() == pdf
    first, second = rows((tmp_path / "manifestes" / f"{STEM}.csv").read_bytes())
    assert first["cle"] == "sellsy:4242:sales_invoice:990001"
    assert (first["journal"], first["piece"], first["date"], first["tiers"]) == (
        "VE",
        "FAC-0001",
        "2026-02-03",
        "CEXEMPLE",
    )
    assert (first["montant_ttc"], first["pdf"], second["pdf"]) == ("120,00", "FAC-0001.pdf", "")
    assert len(first["empreinte"]) == 64


def test_missing_third_parties_come_once_with_what_is_needed_to_create_them(tmp_path: Path) -> None:
    files(tmp_path).deliver_batch(BATCH, [request(1), request(2)])
    (row,) = rows((tmp_path / f"{STEM}_tiers_manquants.csv").read_bytes())
    assert row == {
        "compte_tiers": "CEXEMPLE",
        "type": "client",
        "compte_collectif": "411000",
        "nom": "Exemple SARL",
        "siret": "73282932000074",
        "siren": "",
        "tva_intracom": "FR44732829320",
        "adresse": "1 rue de l'Exemple",
        "code_postal": "69001",
        "ville": "Lyon",
        "pays": "FR",
    }


def test_a_third_party_of_the_accountants_list_is_not_missing(tmp_path: Path) -> None:
    ledger = Ledger(third_parties=(PARTY,), unlisted=("accounts", "journals"))
    files(tmp_path).deliver_batch(BATCH, [request(ledger=ledger)])
    assert not (tmp_path / f"{STEM}_tiers_manquants.csv").exists()


def test_a_name_that_a_spreadsheet_would_run_is_defused(tmp_path: Path) -> None:
    party = msgspec.structs.replace(PARTY, name="=HYPERLINK(1)")
    files(tmp_path).deliver_batch(BATCH, [request(third_party=party, number="@1", piece="1")])
    (row,) = rows((tmp_path / f"{STEM}_tiers_manquants.csv").read_bytes())
    assert row["nom"] == "'=HYPERLINK(1)"
    (row,) = rows((tmp_path / "manifestes" / f"{STEM}.csv").read_bytes())
    assert row["numero"] == "'@1"
    found = files(tmp_path).find_entry(request(third_party=party))
    assert found is not None
    assert found.piece == "@1"


def test_pdfs_of_one_number_get_names_of_their_own(tmp_path: Path) -> None:
    other = msgspec.structs.replace(PARTY, auxiliary_account="CAUTRE")
    requests = [
        request(1, pdf=PDF + b"1", number="A/1", piece="A1"),
        request(2, pdf=PDF + b"2", number="a\\1", piece="A1", third_party=other),
        request(3, pdf=PDF + b"3", number="con", piece="CON"),
    ]
    assert not files(tmp_path).deliver_batch(BATCH, requests).refused
    assert sorted(path.name for path in (tmp_path / STEM).iterdir()) == ["A-1.pdf", "a-1-2.pdf", "con-.pdf"]


def test_the_flat_format_is_delivered_as_text_in_its_own_character_set(tmp_path: Path) -> None:
    connector = files(tmp_path, format="mecg", label_max="69", dossier="DEMO-1")
    assert (connector.capabilities.label_max, connector.capabilities.auxiliary_max) == (69, 17)
    connector.deliver_batch(BATCH, [request()])
    text = (tmp_path / f"SAGE_DEMO-1_{BATCH}.txt").read_bytes().decode("cp850")
    assert text.startswith("#FLG 000\r\n#VER 31\r\n#DEV EUR\r\n#MECG\r\nVE\r\n030226\r\n\r\nFAC0001\r\nFAC-0001\r\n")
    assert text.endswith("#FIN\r\n")
    assert "\r\nFC990001\r\n" in text


def test_sellsys_own_id_can_be_the_invoice_number(tmp_path: Path) -> None:
    files(tmp_path, invoice_number="reference").deliver_batch(BATCH, [request()])
    assert "FC990001" in (tmp_path / f"{STEM}.pnm").read_text("ascii")
    found = files(tmp_path).find_entry(request())
    assert found is not None
    assert found.piece == "FAC-0001"


def test_ten_thousand_documents_take_little_time_and_no_more_memory_than_ten(tmp_path: Path) -> None:
    def stream(count: int) -> Iterator[PostingRequest]:
        return (request(number) for number in range(1, count + 1))

    def peak(batch: str, count: int) -> int:
        tracemalloc.start()
        files(tmp_path / batch).deliver_batch(batch, stream(count))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    for name in ("small", "large"):
        (tmp_path / name).mkdir()
    # Keys and pieces are kept, a few words each; entries, lines and PDFs are not.
    assert peak("large", 3000) - peak("small", 10) < 3000 * 2000
    started = time.perf_counter()
    result = files(tmp_path).deliver_batch(BATCH, stream(10_000))
    assert len(result.delivered) == 10_000
    assert time.perf_counter() - started < 5.0


# -- what is not -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (request(2, lines=request().entry.lines[:2]), Reason.AMOUNTS_DO_NOT_CLOSE),
        (request(2, gross=0), Reason.AMOUNTS_DO_NOT_CLOSE),
        (request(2, journal="TOOLONG"), Reason.REFUSED_BY_TOOL),
        (request(2, ledger=LISTED, journal="ZZ"), Reason.JOURNAL_MISSING),
        (request(2, ledger=msgspec.structs.replace(LISTED, accounts=())), Reason.ACCOUNT_UNKNOWN),
        (request(2, pdf=b"<html>"), Reason.SUPPORTING_DOCUMENT_MISSING),
        (request(2, number="FAC-0001", piece="FAC0001"), Reason.POSSIBLE_DUPLICATE),
        (request(2, number="", piece=""), Reason.REFUSED_BY_TOOL),
    ],
)
def test_what_does_not_fit_stays_out_and_says_why(tmp_path: Path, bad: PostingRequest, reason: Reason) -> None:
    result = files(tmp_path).deliver_batch(BATCH, [request(1, pdf=PDF), bad])
    assert result.delivered == (request(1).posting_key,)
    assert result.refused[bad.posting_key].reason is reason
    assert result.refused[bad.posting_key].facts["detail"]
    assert bad.posting_key not in (tmp_path / "manifestes" / f"{STEM}.csv").read_text("utf-8")
    assert [path.name for path in (tmp_path / STEM).iterdir()] == ["FAC-0001.pdf"]


def test_a_closed_year_of_the_accountants_list_keeps_a_document_out(tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "exercices.csv").write_text("Début;Fin;Clôturé\n01/01/2026;31/12/2026;oui\n", "utf-8")
    connector = files(tmp_path)
    result = connector.deliver_batch(BATCH, [request(ledger=connector.read_ledger())])
    assert result.refused[request().posting_key].reason is Reason.PERIOD_CLOSED
    assert not list(tmp_path.glob("SAGE*"))


def test_a_run_of_which_nothing_fits_delivers_nothing_and_may_be_tried_again(tmp_path: Path) -> None:
    connector = files(tmp_path)
    assert connector.deliver_batch(BATCH, [request(journal="TOOLONG")]).delivered == ()
    assert list(tmp_path.iterdir()) == []
    assert connector.deliver_batch(BATCH, [request()]).delivered


def test_a_document_of_another_file_is_never_delivered_again(tmp_path: Path) -> None:
    files(tmp_path).deliver_batch(BATCH, [request(1)])
    result = files(tmp_path).deliver_batch("20260204020000", [request(1), request(2)])
    assert result.delivered == (request(2).posting_key,)
    assert result.refused[request(1).posting_key].reason is Reason.POSSIBLE_DUPLICATE


def test_a_key_that_comes_twice_in_a_batch_is_our_own_mistake(tmp_path: Path) -> None:
    with pytest.raises(InvariantBroken):
        files(tmp_path).deliver_batch(BATCH, [request(1), request(1, number="X", piece="X")])
    assert not list(tmp_path.glob("SAGE*"))


def test_a_name_that_leaves_the_folder_is_no_batch(tmp_path: Path) -> None:
    for name in ("../x", "", "a_b", "a/b"):
        with pytest.raises(InvariantBroken):
            files(tmp_path).deliver_batch(name, [])


# -- once --------------------------------------------------------------------------------------------------------
def never() -> Iterator[PostingRequest]:
    raise AssertionError("the requests of a delivered batch are not looked at")
    yield


def test_a_delivered_file_is_never_written_again_even_when_it_was_moved_away(tmp_path: Path) -> None:
    files(tmp_path).deliver_batch(BATCH, [request(1)])
    body = (tmp_path / f"{STEM}.pnm").read_bytes()
    assert files(tmp_path).deliver_batch(BATCH, never()).delivered == (request(1).posting_key,)
    (tmp_path / f"{STEM}.pnm").unlink()
    assert files(tmp_path).deliver_batch(BATCH, never()).delivered == (request(1).posting_key,)
    assert not (tmp_path / f"{STEM}.pnm").exists()
    assert body.startswith(b"SELLSY\r\n")


def test_a_file_whose_manifest_somebody_took_is_left_to_a_person(tmp_path: Path) -> None:
    files(tmp_path).deliver_batch(BATCH, [request(1)])
    (tmp_path / "manifestes" / f"{STEM}.csv").unlink()
    with pytest.raises(OutcomeUnknown):
        files(tmp_path).deliver_batch(BATCH, never())


def test_a_batch_whose_name_begins_like_another_is_left_alone(tmp_path: Path) -> None:
    files(tmp_path).deliver_batch("B10", [request(1)])
    files(tmp_path).deliver_batch("B1", [request(2)])
    assert (tmp_path / "SAGE_SELLSY_B10.pnm").exists()
    assert files(tmp_path).find_entry(request(1)) is not None


def acts(folder: Path, *, atomic: bool) -> list[str]:
    folder.mkdir()
    depot = FailingDepot(folder, 0, atomic=atomic)
    on(depot).deliver_batch(BATCH, [request(1, pdf=PDF + b"1"), request(2, pdf=PDF + b"2")])
    return depot.acts


def test_the_order_of_the_acts(tmp_path: Path) -> None:
    assert acts(tmp_path / "depot", atomic=True) == [
        f"put {STEM}/FAC-0001.pdf",
        f"put {STEM}/FAC-0002.pdf",
        f"put {STEM}.pnm.tmp",
        f"put {STEM}_tiers_manquants.csv",
        f"put manifestes/{STEM}.csv",
        f"commit {STEM}.pnm",
    ]


@pytest.mark.parametrize("error", [Broken, Died])
@pytest.mark.parametrize("nth", range(1, 7))
def test_a_delivery_that_broke_off_anywhere_is_made_good_by_the_next_try(
    tmp_path: Path, nth: int, error: type[BaseException]
) -> None:
    pdfs = [request(1, pdf=PDF + b"1"), request(2, pdf=PDF + b"2")]
    broken = on(FailingDepot(tmp_path, nth, error=error))
    with pytest.raises((TryLater, Died)):
        broken.deliver_batch(BATCH, pdfs)
    assert not (tmp_path / f"{STEM}.pnm").exists()
    # A new process: nothing was delivered, and it knows that.
    again = files(tmp_path)
    assert again.find_entry(pdfs[0]) is None
    # This time the first document no longer fits.
    result = again.deliver_batch(BATCH, [request(1, journal="TOOLONG"), pdfs[1]])
    assert result.delivered == (pdfs[1].posting_key,)
    assert [path.name for path in (tmp_path / STEM).iterdir()] == ["FAC-0002.pdf"]
    assert files(tmp_path).find_entry(pdfs[0]) is None
    assert files(tmp_path).find_entry(pdfs[1]) is not None


def _seen(connector: FilesConnector, wanted: PostingRequest) -> str:
    try:
        return "delivered" if connector.find_entry(wanted) else "not delivered"
    except OutcomeUnknown:
        return "unknown"


def test_without_an_atomic_rename_the_state_in_the_middle_is_left_to_a_person(tmp_path: Path) -> None:
    """Before the manifest: not delivered. With manifest and temporary file only: nobody can tell."""
    wanted = [request(1, pdf=PDF)]
    outcomes = {}
    for nth in range(1, 7):
        folder = tmp_path / str(nth)
        folder.mkdir()
        broken = FailingDepot(folder, nth, atomic=False, error=Died)
        with pytest.raises(Died):
            on(broken).deliver_batch(BATCH, wanted)
        depot = FailingDepot(folder, 0, atomic=False)
        outcomes[f"{broken.acts[-1].split()[0]}{nth}"] = seen = _seen(on(depot), wanted[0])
        if seen != "unknown":
            continue
        with pytest.raises(OutcomeUnknown) as unknown:
            on(depot).deliver_batch(BATCH, never())
        assert unknown.value.action
        checks = on(depot).check_access()
        assert any(STEM in check.detail and check.action and check.blocking for check in checks if not check.ok)
        # Another batch goes on, without the document in doubt.
        assert on(depot).deliver_batch("B2", [request(2), wanted[0]]).delivered == (request(2).posting_key,)
    assert outcomes == {
        "put1": "not delivered",
        "put2": "not delivered",
        "put3": "not delivered",
        "put4": "not delivered",
        "commit5": "unknown",
        "remove6": "delivered",
    }


def test_a_twin_that_clears_the_folder_leaves_no_manifest_without_a_file(tmp_path: Path) -> None:
    """A manifest alone would say that somebody has taken the file, and its documents would never be delivered."""

    class Cleared(LocalDepot):
        def commit(self, temporary: str, final: str) -> None:
            self.delete(temporary)
            super().commit(temporary, final)

    with pytest.raises(TryLater):
        on(Cleared(tmp_path)).deliver_batch(BATCH, [request(1)])
    assert files(tmp_path).find_entry(request(1)) is None
    assert files(tmp_path).deliver_batch(BATCH, [request(1)]).delivered == (request(1).posting_key,)
    assert (tmp_path / f"{STEM}.pnm").exists()


def test_a_failed_rename_without_atomicity_is_an_unknown_outcome(tmp_path: Path) -> None:
    with pytest.raises(OutcomeUnknown):
        on(FailingDepot(tmp_path, 4, atomic=False)).deliver_batch(BATCH, [request(1)])


def test_a_run_that_stops_in_the_middle_of_its_documents_leaves_no_file(tmp_path: Path) -> None:
    def stops() -> Iterator[PostingRequest]:
        yield request(1, pdf=PDF)
        raise TryLater("the lease is gone")

    with pytest.raises(TryLater):
        files(tmp_path).deliver_batch(BATCH, stops())
    assert not list(tmp_path.glob("SAGE*.*"))
    assert files(tmp_path).find_entry(request(1)) is None


# -- found again -------------------------------------------------------------------------------------------------
def test_an_entry_is_found_by_its_key_with_what_the_manifest_says(tmp_path: Path) -> None:
    connector = files(tmp_path)
    assert connector.find_entry(request(1)) is None
    connector.deliver_batch(BATCH, [request(1), request(2)])
    for each in (connector, files(tmp_path), files(tmp_path, dossier="OTHER", format="mecg")):
        found = each.find_entry(request(2))
        assert found is not None
        assert (found.entry_id, found.handle, found.lines) == (BATCH, BATCH, None)
        assert (found.date, found.journal, found.piece) == (request().entry.date, "VE", "FAC-0002")


def test_a_document_in_two_files_is_a_conflict(tmp_path: Path) -> None:
    files(tmp_path).deliver_batch(BATCH, [request(1)])
    body = (tmp_path / "manifestes" / f"{STEM}.csv").read_bytes()
    (tmp_path / "manifestes" / "SAGE_SELLSY_COPY.csv").write_bytes(body)
    with pytest.raises(PostingConflict, match="2 delivered files"):
        files(tmp_path).find_entry(request(1))


@pytest.mark.parametrize(
    "changed",
    [request(1, gross=12006), request(1, third_party=msgspec.structs.replace(PARTY, auxiliary_account="CAUTRE"))],
)
def test_a_document_delivered_with_another_amount_or_third_party_is_a_conflict(
    tmp_path: Path, changed: PostingRequest
) -> None:
    files(tmp_path).deliver_batch(BATCH, [request(1)])
    with pytest.raises(PostingConflict):
        files(tmp_path).find_entry(changed)


@pytest.mark.parametrize(
    "body", [b"", b"x;y\r\n", b"\xef\xbb\xbfcle;journal\r\n", None], ids=["empty", "other", "short", "cut"]
)
def test_a_manifest_that_somebody_changed_stops_everything_with_its_name(tmp_path: Path, body: bytes | None) -> None:
    files(tmp_path).deliver_batch(BATCH, [request(1), request(2)])
    manifest = tmp_path / "manifestes" / f"{STEM}.csv"
    manifest.write_bytes(manifest.read_bytes()[:-80] if body is None else body)
    with pytest.raises(ConfigurationError, match=STEM):
        files(tmp_path).find_entry(request(1))


def test_a_share_that_is_not_mounted_is_a_passing_fault_and_nothing_is_found_absent(tmp_path: Path) -> None:
    connector = files(tmp_path / "share")
    for act in (
        connector.read_ledger,
        lambda: connector.find_entry(request(1)),
        lambda: connector.deliver_batch(BATCH, [request(1)]),
        lambda: connector.post_entry(request(1)),
    ):
        with pytest.raises(TryLater):
            act()
    assert not (tmp_path / "share").exists()
    assert [check.ok for check in connector.check_access()] == [False]


# -- what became of it -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "state"),
    [
        (f"{STEM}.pnm.ok", BatchState.IMPORTED),
        (f"{STEM}.ok", BatchState.IMPORTED),
        (f"{STEM}.PNM.OK", BatchState.IMPORTED),
        (f"{STEM}.pnm.importe", BatchState.IMPORTED),
        (f"{STEM}.pnm.refuse", BatchState.REFUSED),
        (f"{STEM}.pnm.bak", BatchState.DELIVERED),
        ("SAGE_SELLSY_2026020302000.pnm.ok", BatchState.DELIVERED),
    ],
)
def test_the_acknowledgement_beside_the_file_says_what_became_of_it(
    tmp_path: Path, name: str, state: BatchState
) -> None:
    connector = files(tmp_path)
    connector.deliver_batch(BATCH, [request(1)])
    assert connector.batch_state(BATCH) is BatchState.DELIVERED
    (tmp_path / name).write_bytes(b"")
    assert connector.batch_state(BATCH) is state
    assert files(tmp_path).deliver_batch(BATCH, never()).delivered == (request(1).posting_key,)


def test_the_endings_of_acknowledgements_can_be_chosen(tmp_path: Path) -> None:
    connector = files(tmp_path, imported_suffixes=".fait", refused_suffixes=".ko,.erreur")
    connector.deliver_batch(BATCH, [request(1)])
    (tmp_path / f"{STEM}.pnm.ok").write_bytes(b"")
    assert connector.batch_state(BATCH) is BatchState.DELIVERED
    (tmp_path / f"{STEM}.pnm.fait").write_bytes(b"")
    assert connector.batch_state(BATCH) is BatchState.IMPORTED
    (tmp_path / f"{STEM}.pnm.erreur").write_bytes(b"")
    assert connector.batch_state(BATCH) is BatchState.REFUSED


def test_the_access_check_names_the_files_that_nobody_acknowledged(tmp_path: Path) -> None:
    connector = files(tmp_path)
    connector.deliver_batch(BATCH, [request(1)])
    waiting = next(check for check in connector.check_access() if check.step == "Imports en attente")
    assert f"{STEM}.pnm" in waiting.detail
    assert not waiting.blocking
    (tmp_path / f"{STEM}.pnm.ok").write_bytes(b"")
    assert "Imports en attente" not in [check.step for check in connector.check_access()]


def test_one_entry_alone_is_a_file_of_its_own_and_always_the_same(tmp_path: Path) -> None:
    receipt = files(tmp_path).post_entry(request(1))
    assert receipt == files(tmp_path).post_entry(request(1))
    assert (receipt.entry_id, receipt.pdf_attached) == ("", False)
    assert len(list(tmp_path.glob("*.pnm"))) == 1
    (tmp_path / f"SAGE_SELLSY_{receipt.handle}.pnm.refuse").write_bytes(b"")
    with pytest.raises(DocumentError, match="refused the file"):
        files(tmp_path).post_entry(request(1))


def test_a_payload_is_the_text_of_the_entry_and_seals_its_pdf(tmp_path: Path) -> None:
    payload = files(tmp_path).payload(request(1, pdf=PDF))
    assert payload["pdf"] == f"sha256:{hashlib.sha256(PDF).hexdigest()}"
    assert payload["text"].count("\r\n") == 3
    assert list(tmp_path.iterdir()) == []


def test_a_proposed_account_is_made_to_fit_and_nothing_is_written(tmp_path: Path) -> None:
    made = files(tmp_path).create_third_party(request().source_third_party, "c-éxemple très long")  # type: ignore[arg-type]
    assert made.auxiliary_account == "CXEMPLETRSLON"
    assert made.siret == "73282932000074"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DocumentError) as refused:
        files(tmp_path).create_third_party(request().source_third_party, "--")  # type: ignore[arg-type]
    assert refused.value.reason is Reason.THIRD_PARTY_REFUSED


def test_what_is_listed_is_checked_and_what_is_not_is_trusted(tmp_path: Path) -> None:
    ledger = Ledger(
        accounts=tuple(Account(number=number) for number in ("411000", "706000")),
        journals=(Journal(code="VE"),),
        third_parties=(LedgerThirdParty(auxiliary_account="X", name="X", direction=PARTY.direction),),
    )
    result = files(tmp_path).deliver_batch(BATCH, [request(ledger=ledger)])
    assert result.refused[request().posting_key].facts["detail"] == "445710"


def test_files_are_written_whole_and_stay_inside_their_folder(tmp_path: Path) -> None:
    depot = LocalDepot(tmp_path)
    for path in ("../x", "/x", "", "a\\b", "a/../../x"):
        with pytest.raises(InvariantBroken):
            depot.put(path, b"")
    depot.put("a/b.txt", io.BytesIO(b"body"))
    assert (depot.read("a/b.txt"), depot.names("a"), depot.names(), depot.names("none")) == (b"body", ["b.txt"], [], [])


# -- corrections -------------------------------------------------------------------------------------------------
def versions(made: PostingRequest) -> tuple[PostingRequest, PostingRequest, PostingRequest]:
    """The request, its reversal and its second version."""
    credit = made.posting_key.replace("sales_invoice", "sales_credit_note")
    reversal = msgspec.structs.replace(made, posting_key=f"{credit}-r1", kind=Kind.SALES_CREDIT_NOTE)
    return made, reversal, msgspec.structs.replace(made, posting_key=f"{made.posting_key}-v2")


@pytest.mark.parametrize(
    ("options", "pieces"),
    [
        ({}, ["FAC-0001", "FAC0001R1", "FAC0001V2"]),
        ({"format": "mecg"}, ["FAC0001", "FAC0001R1", "FAC0001V2"]),
        ({"invoice_number": "reference"}, ["FC990001", "AC990001-R1", "FC990001-V2"]),
    ],
)
def test_a_correction_is_a_piece_of_its_own_in_the_file_and_beside_it(
    tmp_path: Path, options: dict[str, str], pieces: list[str]
) -> None:
    connector, requests = files(tmp_path, **options), versions(request(1, pdf=PDF))
    assert connector.deliver_batch(BATCH, requests).refused == {}
    listed = rows((tmp_path / "manifestes" / f"{STEM}.csv").read_bytes())
    assert [row["piece"] for row in listed] == pieces
    assert [row["pdf"] for row in listed] == ["FAC-0001.pdf", "FAC-0001-R1.pdf", "FAC-0001-V2.pdf"]
    for each in requests:
        found = connector.find_entry(each)
        assert found is not None
        assert found.piece == "FAC-0001"


def test_a_correction_whose_label_does_not_fit_takes_the_documents_id(tmp_path: Path) -> None:
    """Cut to thirteen characters, it might come to the piece number of another document."""
    made = request(1, piece="FACT202600012", number="FACT-2026-00012")
    files(tmp_path).deliver_batch(BATCH, versions(made))
    listed = rows((tmp_path / "manifestes" / f"{STEM}.csv").read_bytes())
    assert [row["piece"] for row in listed] == ["FACT202600012", "SCN990001R1", "SI990001V2"]
