"""What a person does with delivered files: import each one once, and put the acknowledgement beside it.

For demonstrations and tests: a file ``SAGE_….pnm`` (or ``.txt``) without acknowledgement is sent to the importer
together with its manifest and its PDFs; ``<file>.ok`` or ``<file>.refuse`` is written after the answer.
"""

from __future__ import annotations

import base64
from pathlib import Path

import requests

__all__ = ["import_folder"]

ENDINGS = (".pnm", ".txt")
DONE = (".ok", ".importe", ".refuse")


def import_folder(url: str, folder: Path, **settings: object) -> list[str]:
    """Import what lies in ``folder``; the names of the files, refused ones included.

    Args:
        url: the sandbox's address.
        folder: where files are delivered.
        settings: ``company``, ``create_third_parties``, ``open_accounts``, ``charset`` of the importer.
    """
    found = []
    for file in sorted(folder.glob("SAGE_*")):
        if file.suffix not in ENDINGS or any(file.with_name(file.name + end).exists() for end in DONE):
            continue
        said = _import(url, file, settings)
        file.with_name(f"{file.name}{'.ok' if said is None else '.refuse'}").write_text(said or "", "utf-8")
        found.append(file.name)
    return found


def _import(url: str, file: Path, settings: dict[str, object]) -> str | None:
    """None when the file was imported, else why not."""
    manifest = file.parent / "manifestes" / f"{file.stem}.csv"
    beside = file.with_suffix("")
    body = {
        "name": file.name,
        "base64": _encoded(file),
        "manifest": _encoded(manifest) if manifest.exists() else None,
        "pdfs": [{"name": pdf.name, "base64": _encoded(pdf)} for pdf in sorted(beside.glob("*.pdf"))],
        **settings,
    }
    answer = requests.post(f"{url}/sage100/import", json=body, timeout=120)
    return None if answer.ok else str(answer.json().get("message", answer.status_code))


def _encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
