"""HTTP towards one Sellsy account, read side only: token, V2 pages and objects, whitelisted V1 methods, files.

It writes nothing: the only requests with a body are searches and V1 calls of a closed list of reading methods. It
never logs a token or a signed URL. Sources: Sellsy's OpenAPI 2.264 and V1 documentation.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from sellsy_ledger.errors import InvariantBroken, LedgerError, TryLater
from sellsy_ledger.http.paging import follow
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer, Download, Transport
from sellsy_ledger.sources.sellsy.errors import TokenRefused, login_rule, v1_rule, v2_rule
from sellsy_ledger.sources.sellsy.fields import UNDECODABLE
from sellsy_ledger.sources.sellsy.halves import mended
from sellsy_ledger.sources.sellsy.pages import (
    PAGE_SIZE,
    Listing,
    Page,
    Pagination,
    V1Infos,
    V1List,
    listing_decoder,
    next_number,
    next_offset,
    v1_items,
    without_repeats,
)

__all__ = ["PAGE_SIZE", "V1_METHODS", "Page", "SellsyClient"]

# The scope api-v1 opens every V1 method, writing ones too: this list is the only fence.
V1_METHODS = frozenset({"Purchase.getList", "Purchase.getOne", "Purchase.getPublicLink", "Briefcases.getList"})
# Below every figure seen on real accounts; the account's own quotas replace them once a run proves long.
DEFAULT_LIMITS = [(5, 1.0), (120, 60.0)]
CALLS_BEFORE_QUOTAS = 40
RENEW_EARLY_SECONDS = 60.0
OFFICIAL_API = "https://api.sellsy.com/v2"
OFFICIAL_V1 = "https://apifeed.sellsy.com/0/"
OFFICIAL_FILES = "https://www.sellsy.com/"
FILE_HOSTS = ("sellsy.com", "*.sellsy.com")

Params = Sequence[tuple[str, str]]


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float | str | None = None


class _V1Answer(msgspec.Struct):
    response: msgspec.Raw = msgspec.Raw(b"null")
    result: msgspec.Raw = msgspec.Raw(b"null")


class _Rate(msgspec.Struct):
    limit: int | None = None


class _Quotas(msgspec.Struct):
    api_rate_seconds: _Rate | None = None
    api_rate_minutes: _Rate | None = None


class SellsyClient:
    """One Sellsy account. Not thread-safe; one instance per task.

    Args:
        api: transport of the V2 API (its base path ends with ``/v2``).
        login: transport of the OAuth2 server.
        v1: transport of the V1 API.
        credentials: client id and secret of a *personal* API client.
        files_url: what V1's partial file links are relative to.
        file_hosts: the only hosts that files may come from.
        account: the Sellsy account's id; a stable hash of the client id where nobody told one.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        api: Transport,
        login: Transport,
        v1: Transport,
        credentials: tuple[str, str],
        files_url: str = OFFICIAL_FILES,
        file_hosts: Sequence[str] = FILE_HOSTS,
        account: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._login = login
        self._v1 = v1
        self._id, self._secret = credentials
        self._files_url = files_url
        self._file_hosts = tuple(file_hosts)
        self._clock = clock
        self._token = ""
        self._expires = 0.0
        self._calls = 0
        self.account = account or hashlib.sha256(self._id.encode()).hexdigest()[:12]

    @classmethod
    def from_credentials(
        cls,
        *,
        client_id: str,
        client_secret: str,
        base_url_api: str = OFFICIAL_API,
        base_url_login: str = "https://login.sellsy.com",
        base_url_v1: str = OFFICIAL_V1,
        base_url_files: str = "",
        file_hosts: Sequence[str] = FILE_HOSTS,
        throttle: Throttle | None = None,
        account: str = "",
    ) -> SellsyClient:
        """A client from what a Connection holds.

        Args:
            client_id: of a personal API client.
            client_secret: its secret.
            base_url_api: the V2 API, ``/v2`` included.
            base_url_login: the OAuth2 server.
            base_url_v1: the V1 endpoint, ``/0/`` included.
            base_url_files: what V1's partial file links are relative to: Sellsy's site, or the folder above another
                server's V2 API.
            file_hosts: hosts that files may come from (see ``Transport.download``).
            throttle: the limiter of this API account, shared by the V2 and V1 transports.
            account: the Sellsy account's id, part of every posting key. Sellsy names it nowhere in V2, so that it is
                an option of the Connection; by default a hash of ``client_id``. Changing it later makes every
                document look new: set it once, or keep the API client.
        """
        throttle = throttle or Throttle(list(DEFAULT_LIMITS))
        official = base_url_api.rstrip("/") == OFFICIAL_API
        files_url = base_url_files or (OFFICIAL_FILES if official else urljoin(base_url_api.rstrip("/"), "."))
        return cls(
            api=Transport(base_url_api, "sellsy", throttle, v2_rule),
            login=Transport(base_url_login, "sellsy", Throttle([(5, 1.0)]), login_rule),
            v1=Transport(base_url_v1, "sellsy", throttle, v1_rule),
            credentials=(client_id, client_secret),
            files_url=files_url,
            file_hosts=[*file_hosts, *(() if official else (_origin(files_url),))],
            account=account,
        )

    # -- V2 ----------------------------------------------------------------------------------------------------
    def get(self, path: str, params: Params = ()) -> bytes:
        """One object's JSON.

        Raises:
            NotFound: Sellsy does not have it (any more).
            AccessError: refused credentials, or a missing scope, which is named.
            TryLater: a passing fault.
        """
        return self._authorized(self._api, "GET", path, params=params).body

    def pages(self, path: str, params: Params = (), *, filters: Mapping[str, Any] | None = None) -> Iterator[Page]:
        """Every page of a listing, by seek offsets; a POST search when ``filters`` is given (``{}`` included).

        Raises:
            TryLater: also when a page came again, or the listing broke off: it cannot be trusted as complete.
        """
        collected = 0

        def fetch(offset: str) -> tuple[Page, str | None]:
            nonlocal collected
            listing = self._listing(path, params, filters, offset)
            items = list(listing.data.values()) if isinstance(listing.data, dict) else listing.data
            collected += len(items)
            pagination = listing.pagination if isinstance(listing.pagination, Pagination) else Pagination()
            return Page(items, pagination.total), next_offset(path, pagination, len(items), collected)

        return follow("", fetch, what=f"Sellsy's {path}")

    def first(self, path: str, params: Params = (), *, filters: Mapping[str, Any] | None = None) -> bytes:
        """The JSON of a listing's first object only: a cheap probe, which also tells the total."""
        return self._page(path, [*params, ("limit", "1")], filters)

    def _listing(self, path: str, params: Params, filters: Mapping[str, Any] | None, offset: str) -> Listing:
        query = [*params, ("limit", str(PAGE_SIZE)), *([("offset", offset)] if offset else [])]
        try:
            return listing_decoder.decode(self._page(path, query, filters))
        except UNDECODABLE as error:
            raise TryLater(f"Sellsy's {path} answered no listing ({error}).", tool="sellsy") from None

    def _page(self, path: str, query: Params, filters: Mapping[str, Any] | None) -> bytes:
        if filters is None:
            return self._authorized(self._api, "GET", path, params=query).body
        return self._authorized(self._api, "POST", path, params=query, json={"filters": filters}).body

    # -- V1 ----------------------------------------------------------------------------------------------------
    def v1(self, method: str, params: Mapping[str, Any]) -> bytes:
        """The ``response`` of one whitelisted V1 method, as JSON.

        Raises:
            InvariantBroken: the method is not on the list of reading methods.
            NotFound: the object does not exist.
            V1Refused: another error of the V1 API.
            AccessError: the scope ``api-v1`` is missing.
        """
        if method not in V1_METHODS:
            raise InvariantBroken(f"{method} is not on the list of Sellsy V1 methods that may be called")
        do_in = msgspec.json.encode({"method": method, "params": params}).decode()
        form = {"request": "1", "io_mode": "json", "do_in": do_in}
        body = self._authorized(self._v1, "POST", "/", data=form).body
        answer = msgspec.json.decode(body, type=_V1Answer)
        # One documented answer has no `response` around its `result`.
        return bytes(answer.response) if bytes(answer.response) != b"null" else body

    def v1_pages(self, method: str, params: Mapping[str, Any]) -> Iterator[list[msgspec.Raw]]:
        """Every page of a V1 listing.

        Raises:
            TryLater: also when the pages do not end, or the answer is no listing.
        """

        def fetch(number: int) -> tuple[list[msgspec.Raw], int | None]:
            asked = {**params, "pagination": {"pagenum": number, "nbperpage": PAGE_SIZE}}
            try:
                found = msgspec.json.decode(self.v1(method, asked), type=V1List | list[Any])
            except msgspec.DecodeError as error:
                raise TryLater(f"Sellsy's {method} answered no listing ({error}).", tool="sellsy") from None
            if isinstance(found, list):
                if found:
                    raise TryLater(f"Sellsy's {method} answered no listing.", tool="sellsy")
                return [], None
            items = v1_items(found.result)
            infos = found.infos if isinstance(found.infos, V1Infos) else V1Infos()
            return items, next_number(number, infos, len(items))

        return without_repeats(follow(1, fetch, what=f"Sellsy's {method}"), method)

    # -- files -------------------------------------------------------------------------------------------------
    def download(self, url: str, *, max_bytes: int) -> Download:
        """A file by its signed link, absolute or V1-partial (``?_f=file&id=…``). Sent without our authorization.

        Raises:
            DocumentError: not there, too large, or on a host that is not allowed.
            TryLater: a passing fault.
        """
        absolute = url if "://" in url else urljoin(self._files_url.rstrip("/") + "/", url)
        return self._api.download(absolute, allowed_hosts=self._file_hosts, max_bytes=max_bytes)

    # -- token and quotas --------------------------------------------------------------------------------------
    def connect(self) -> None:
        """Make sure that there is a valid token.

        Raises:
            AccessError: Sellsy refuses the credentials.
        """
        if not self._token or self._clock() >= self._expires:
            self._mint()

    def _mint(self) -> None:
        body = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret}
        answer = self._login.read("POST", "/oauth2/access-tokens", json=body)
        try:
            token = msgspec.json.decode(answer.body, type=_Token)
            lifetime = float(token.expires_in or 0)
        except (msgspec.DecodeError, ValueError):
            raise TryLater("Sellsy's login answered no token.", tool="sellsy", request_id=answer.request_id) from None
        self._token = token.access_token
        # A lifetime of a few seconds would renew before every call; half of it is always left to use.
        self._expires = self._clock() + max(lifetime - RENEW_EARLY_SECONDS, lifetime / 2)

    def _authorized(self, transport: Transport, method: str, path: str, **request: Any) -> Answer:
        """Send with the token; when it is refused, once more with a fresh one."""
        self._adopt_quotas_in_time()
        for last in (False, True):
            self.connect()
            try:
                answer = transport.read(method, path, headers={"Authorization": f"Bearer {self._token}"}, **request)
            except TokenRefused:
                self._token = ""
                if last:
                    raise
            else:
                body = mended(answer.body)
                return answer if body is answer.body else dataclasses.replace(answer, body=body)
        raise InvariantBroken("unreachable: the second try returned or raised")

    def _adopt_quotas_in_time(self) -> None:
        """Ask the account's own quotas once, when a run turns out to be long: one call for a full-speed run."""
        self._calls += 1
        if self._calls != CALLS_BEFORE_QUOTAS:
            return
        with contextlib.suppress(LedgerError, msgspec.DecodeError):
            quotas = msgspec.json.decode(self.get("/quotas"), type=_Quotas)
            rates = ((quotas.api_rate_seconds, 1.0), (quotas.api_rate_minutes, 60.0))
            limits = [(rate.limit, seconds) for rate, seconds in rates if rate and rate.limit]
            if len(limits) == len(rates):
                self._api.throttle.set_limits(limits)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
