"""urllib3 pool managers that honour the machine's proxies and certificates exactly as requests does."""

from __future__ import annotations

import certifi
import requests
import urllib3
from requests.utils import select_proxy

__all__ = ["open_manager"]

POOL_SIZE = 4


def open_manager(url: str) -> tuple[urllib3.PoolManager, bool]:
    """A pool manager for ``url`` and whether it goes through a proxy.

    Proxies come from the environment (``HTTPS_PROXY``, ``NO_PROXY``), certificates from ``REQUESTS_CA_BUNDLE`` or
    certifi. Verification is never switched off.
    """
    with requests.Session() as session:
        settings = session.merge_environment_settings(url, {}, None, True, None)
    bundle = settings["verify"] if isinstance(settings["verify"], str) else certifi.where()
    proxy = select_proxy(url, settings["proxies"])
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=POOL_SIZE, cert_reqs="CERT_REQUIRED", ca_certs=bundle), True
    return urllib3.PoolManager(maxsize=POOL_SIZE, cert_reqs="CERT_REQUIRED", ca_certs=bundle), False
