"""Put a file where Cegid Loop's file imports take it from: an Azure blob, at an address that the API gave us.

The address is untrusted and signed: only hosts that the Connection allows are written to, our credentials never go
there, and neither the address nor its query is logged or repeated in a message. Nothing is booked by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from sellsy_ledger.errors import ConfigurationError, LedgerError, TryLater
from sellsy_ledger.http.downloads import AllowList
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer, Transport

__all__ = ["FileDrop"]

TOOL = "cegid_loop"
# Azure's own limits are far beyond; this only keeps a loop of ours polite.
RATE = (20, 1.0)


class FileDrop:
    """Writes files to allowed hosts.

    Args:
        api: the API's transport; waits and time-outs are taken from it, its credentials are not.
        hosts: ``*.blob.core.windows.net``, or a whole origin (``http://127.0.0.1:8700``), as for downloads.
    """

    def __init__(self, api: Transport, hosts: Iterable[str]) -> None:
        self._api = api
        self._allowed = AllowList(hosts)
        self._throttle = Throttle([RATE])

    def put(self, address: str, body: bytes) -> None:
        """Write one file; doing it twice writes the same file again.

        Raises:
            ConfigurationError: the host is not allowed.
            TryLater: it did not get there.
        """
        if not self._allowed.allows(address):
            raise ConfigurationError(
                "Cegid Loop asks to put a file on a host that the Connection does not allow: add it to deposit_hosts "
                "if it is Cegid's.",
                field="deposit_hosts",
                tool=TOOL,
            )
        parts = urlsplit(address)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        transport = Transport(
            base_url=f"{parts.scheme}://{parts.netloc}",
            tool=TOOL,
            throttle=self._throttle,
            error_rule=_rule,
            timeout_seconds=self._api.timeout_seconds,
            sleep=self._api.sleep,
        )
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"}
        try:
            transport.write("PUT", target, data=body, headers=headers)
        except TryLater:
            raise
        except LedgerError as error:
            # Whether the file got there does not matter: nothing is booked before an import names it.
            raise TryLater(
                f"The file for Cegid Loop did not get to its storage: {type(error).__name__}.",
                tool=TOOL,
                tool_code=error.tool_code,
            ) from None
        finally:
            transport.close()


def _rule(answer: Answer, wrote: bool) -> LedgerError | None:
    if answer.status < 400:
        return None
    return ConfigurationError("The storage refused the file.", tool=TOOL, tool_code=str(answer.status))
