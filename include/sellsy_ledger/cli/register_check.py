"""What ``register check`` prints: one line per check, in French, then what is wrong, document by document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table
from sqlalchemy import Connection

from sellsy_ledger.cli.register_views import console, plain
from sellsy_ledger.errors import ConfigurationError, InvariantBroken
from sellsy_ledger.register import check as checks
from sellsy_ledger.register import restored, tables
from sellsy_ledger.register.audit import Broken
from sellsy_ledger.register.database import Database
from sellsy_ledger.register.migrate import schema_revision
from sellsy_ledger.register.migrations import HEAD
from sellsy_ledger.register.pdf_store import LocalDocumentStore

__all__ = ["check"]

SHOWN = 100
SENTENCES = {
    Broken.EVENT_MISSING: "un événement manque dans son histoire",
    Broken.CONTENT_CHANGED: "son contenu n'est pas celui que son dernier événement a laissé",
    Broken.DOCUMENT_MISSING: "son histoire existe, la pièce a disparu du registre",
}


class _Findings:
    """What was looked at, and what is wrong."""

    def __init__(self) -> None:
        self._checks = Table(title="Contrôle du registre")
        for name in ("Contrôle", "Société", "Résultat", "Détail"):
            self._checks.add_column(name, overflow="fold")
        self._wrong = Table(title="À regarder")
        for name in ("Société", "Pièce", "Ce qui ne va pas"):
            self._wrong.add_column(name, overflow="fold")
        self._left_out = 0
        self.is_sound = True

    def told(self, what: str, detail: str, *, company: str = "", sound: bool | None = True) -> None:
        """One check; ``sound`` None = only for information."""
        self.is_sound = self.is_sound and sound is not False
        result = {True: "conforme", False: "ANOMALIE", None: "à savoir"}[sound]
        self._checks.add_row(*map(plain, (what, company, result, detail)))

    def wrong(self, company: str, key: str, sentence: str) -> None:
        """One document that something is wrong with."""
        if self._wrong.row_count < SHOWN:
            self._wrong.add_row(*map(plain, (company, key, sentence)))
        else:
            self._left_out += 1

    def show(self) -> None:
        """Print it all."""
        out = console()
        out.print(self._checks)
        if self._wrong.row_count:
            out.print(self._wrong)
        if self._left_out:
            out.print(plain(f"… et {self._left_out} autres."))


def check(database: Database, company: str | None, folder: Path | None) -> int:
    """Check one register and print what was found.

    Returns:
        0 when everything is sound, 1 when something is wrong.

    Raises:
        ConfigurationError: there is no register, or no such company in it.
        TryLater: the database does not answer.
    """
    findings = _Findings()
    with _damage(findings), database.snapshot() as connection:
        if _looks_like_ours(connection, database, findings):
            _check_database(connection, findings)
            known = checks.companies(connection)
            if company is not None and company not in known:
                raise ConfigurationError(f"The register knows no company {company!r}.", field="--company")
            for name in [company] if company else known:
                _check_stories(connection, name, findings)
                if folder is not None:
                    _check_pdfs(connection, name, LocalDocumentStore(folder), findings)
                _tell_restored(connection, name, findings)
    findings.show()
    return 0 if findings.is_sound else 1


@contextmanager
def _damage(findings: _Findings) -> Iterator[None]:
    """A file that breaks under the reading is what this command is for: it is told, not raised."""
    try:
        yield
    except (ConfigurationError, InvariantBroken) as error:
        if error.tool_code is None or not error.tool_code.startswith(("SQLITE_CORRUPT", "XX001", "XX002")):
            raise
        findings.told("Base de données", f"illisible ({error.tool_code}) : restaurez une sauvegarde", sound=False)


def _looks_like_ours(connection: Connection, database: Database, findings: _Findings) -> bool:
    revision = schema_revision(connection)
    if revision is None:
        raise ConfigurationError(f"There is no register in {database.name}.", field="--register")
    if revision != HEAD:
        findings.told(
            "Schéma", f"révision {revision}, ce programme attend {HEAD} ; rien d'autre n'est contrôlé", sound=False
        )
        return False
    findings.told("Schéma", f"révision {revision}")
    return True


def _check_database(connection: Connection, findings: _Findings) -> None:
    if connection.dialect.name == "sqlite":
        problems = checks.sqlite_problems(connection)
        findings.told("Base de données", "; ".join(problems) or "SQLite : integrity_check", sound=not problems)
    else:
        findings.told("Base de données", "PostgreSQL : toutes les pièces sont lues ci-dessous", sound=None)
    orphans = checks.orphans(connection)
    lost = ", ".join(f"{name} : {number}" for name, number in orphans.items())
    findings.told("Liens entre tables", lost or "aucune ligne sans sa pièce", sound=not orphans)
    guarded = checks.is_journal_guarded(connection)
    detail = "les événements ne peuvent être ni changés ni supprimés" if guarded else "ses déclencheurs manquent"
    findings.told("Journal protégé", detail, sound=guarded)


def _check_stories(connection: Connection, company: str, findings: _Findings) -> None:
    broken = 0
    for one in checks.company_breaks(connection, company):
        broken += 1
        findings.wrong(company, one.key, SENTENCES[one.broken])
    documents = checks.count(connection, tables.document, company)
    events = checks.count(connection, tables.event, company)
    detail = f"{documents} pièces, {events} événements" + (f", {broken} ruptures" if broken else "")
    findings.told("Histoire des pièces", detail, company=company, sound=not broken)


def _check_pdfs(connection: Connection, company: str, store: LocalDocumentStore, findings: _Findings) -> None:
    wrong = 0
    for key, path, is_there in checks.pdf_problems(connection, company, store):
        wrong += 1
        what = "n'est pas celui qui a été reçu" if is_there else "manque"
        findings.wrong(company, key, f"le justificatif {path} {what}")
    total = checks.count(connection, tables.supporting_document, company)
    detail = f"{total} justificatifs" + (f", {wrong} manquants ou altérés" if wrong else "")
    findings.told("Justificatifs PDF", detail, company=company, sound=not wrong)


def _tell_restored(connection: Connection, company: str, findings: _Findings) -> None:
    known = restored.read(connection, company)
    if known is None:
        return
    caught_up = (
        f"rattrapé le {known.caught_up_at:%d/%m/%Y}" if known.caught_up_at else "la prochaine nuit le rattrapera"
    )
    detail = f"le {known.at:%d/%m/%Y à %H:%M} UTC ; {caught_up} ; les pièces d'avant sont cherchées avant tout envoi"
    findings.told("Registre restauré", detail, company=company, sound=None)
