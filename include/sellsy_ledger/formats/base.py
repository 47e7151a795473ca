"""What every file format shares: the entry to write, and the refusal of a value that does not fit.

A format is a module of this folder with the same four names, so that a connector or the command line can take any of
them: ``ENCODING`` (Python name), ``Options`` (what a customer's version decides), ``head(options)``,
``entry_lines(entry, ledger, options)`` and ``tail(options)``. Pure: values in, text out, line ends included.

Words are transliterated and cut to their field, at their end. What identifies something (account, auxiliary account,
journal, piece number) is never cut by a format: where it does not fit, the entry is refused and the field named.
Cutting a piece number is the capabilities' business, where collisions are found too (``labels.piece_number``).
"""

from __future__ import annotations

import msgspec

from sellsy_ledger.core.documents import Kind
from sellsy_ledger.core.entries import JournalEntry
from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.core.third_parties import ThirdParty
from sellsy_ledger.errors import DocumentError

__all__ = ["FileEntry", "does_not_fit"]


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry to be written: ``third_party`` as Sellsy knows it (None: only the name is known), ``pdf_name`` the
    file name of its PDF beside the file, empty when there is none.
    """

    entry: JournalEntry
    kind: Kind
    third_party_name: str = ""
    third_party: ThirdParty | None = None
    pdf_name: str = ""


def does_not_fit(field: str, value: str, longest: int, file_format: str) -> DocumentError:
    """The refusal of a value that identifies something and is too long for its field.

    Args:
        field: what the accountant calls it, in French (``"compte"``).
        value: the value.
        longest: characters that the field has.
        file_format: the format's name, as people write it (``"PNM"``).
    """
    return DocumentError(
        f"{field} {value!r} has {len(value)} characters, a {file_format} file takes {longest}.",
        reason=Reason.REFUSED_BY_TOOL,
        facts={"detail": f"{field} « {value} » dépasse les {longest} caractères du format {file_format}"},
        field=field,
    )
