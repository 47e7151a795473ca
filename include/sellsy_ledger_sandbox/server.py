"""The sandbox: one Flask application with a source and accounting tools, faults on demand, and a control surface.

It imports nothing of the product, so that what it recorded is the word of an independent witness. Tools are the
modules of this package that have a ``build`` function; nothing here names one.
"""

from __future__ import annotations

import pkgutil
import threading
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from flask import Flask

import sellsy_ledger_sandbox
from sellsy_ledger_sandbox.base import Entry, Tool, World
from sellsy_ledger_sandbox.by_hand import checked
from sellsy_ledger_sandbox.control import control
from sellsy_ledger_sandbox.gate import Gate
from sellsy_ledger_sandbox.memory import Memory
from sellsy_ledger_sandbox.serving import listen
from sellsy_ledger_sandbox.storage import Storage

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

__all__ = ["Sandbox", "discover"]


def discover(world: World) -> dict[str, Tool]:
    """Build every tool of this package, by name: the modules that have ``build``."""
    found: dict[str, Tool] = {}
    for module in pkgutil.iter_modules(sellsy_ledger_sandbox.__path__, sellsy_ledger_sandbox.__name__ + "."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue
        build = getattr(import_module(module.name), "build", None)
        if build is not None:
            tool: Tool = build(world)
            found[tool.name] = tool
    return found


class Sandbox:
    """The emulated APIs, served from a background thread.

    Args:
        quota: Apply the APIs' real quotas.
        data: A JSON file of Sellsy documents that replaces the built-in ones.
        state: A file where accepted writes are kept, and played back from at the start; None forgets with the process.
        world: Another world, for tests that move the clock.
        storage: A folder whose files are served under signed URLs, below ``/storage``.

    Example:
        >>> with Sandbox(quota=False) as sandbox:
        ...     sandbox.url, sorted(sandbox.tools)
    """

    def __init__(
        self,
        *,
        quota: bool = True,
        data: Path | None = None,
        state: Path | None = None,
        world: World | None = None,
        storage: Path | None = None,
    ) -> None:
        self.world = world or World(data=data)
        self.storage = Storage(storage, lambda: self.world.time()) if storage else None
        self.tools = discover(self.world)
        self.app = self._application()
        self._memory = Memory(self.app.wsgi_app, state, self._remembers) if state else None
        if self._memory and state:
            self.world.fetched.open(state.with_name(f"{state.name}.fetched"))
            self._memory.replay(self.app)
        self.gate = Gate(self._memory or self.app.wsgi_app, self.app.url_map, self.tools, self.world)
        self.url = ""
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.set_quota(enabled=quota)

    def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Serve from a background thread; returns the base URL (``http://127.0.0.1:8700``)."""
        self._server = listen(self.gate, host, port)
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self.url

    def stop(self) -> None:
        """Stop serving and wake what hangs; does nothing when it is not running."""
        self.gate.release()
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def entries(self, tool: str) -> list[Entry]:
        """The entries that ``tool`` holds, of all its ledgers."""
        with self.world.lock:
            return self.tools[tool].entries()

    def type_in(self, tool: str, entry: Mapping[str, Any]) -> None:
        """Somebody types an entry into ``tool``'s ledger; see :class:`HandEntry` for its shape.

        Raises:
            ValueError: It is malformed, or nobody types into this tool.
        """
        keep = self.tools[tool].type_in
        if keep is None:
            raise ValueError(f"nobody types entries into {tool}")
        with self.world.lock:
            keep(checked(entry))

    def calls(self) -> dict[str, dict[str, int]]:
        """Requests counted since the start or the last reset: ``{tool: {"METHOD /rule": n}}``."""
        return self.gate.calls.as_dict()

    def faults(self, wanted: Iterable[Mapping[str, Any]]) -> int:
        """Plan faults ``{"tool", "route", "nth", "kind"}``; returns how many are waiting.

        Raises:
            ValueError: When one is malformed; none is planned then.
        """
        return self.gate.faults.add(wanted)

    def planned_faults(self) -> list[dict[str, Any]]:
        """The faults that have not fired."""
        return self.gate.faults.waiting()

    @property
    def quota_enabled(self) -> bool:
        """True when at least one tool applies its quota."""
        return any(tool.quota.enabled for tool in self.tools.values() if tool.quota)

    def set_quota(self, *, enabled: bool) -> None:
        """Apply the quotas from now on, or no longer."""
        for tool in self.tools.values():
            if tool.quota:
                tool.quota.enabled = enabled

    def reset(self) -> None:
        """Put everything back to the start: ledgers, data, faults, counts, quotas; wakes what hangs."""
        self.gate.release()
        self.gate.faults.clear()
        self.gate.calls.clear()
        if self._memory:
            self._memory.forget()
            self.world.fetched.forget()
        with self.world.lock:
            for tool in self.tools.values():
                tool.reset()
                if tool.quota:
                    tool.quota.reset()

    def __enter__(self) -> Self:
        """Start on any free port."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _remembers(self, path: str) -> bool:
        # What somebody types in comes by the control surface, and lies in the same ledger.
        typed = path.startswith("/_sandbox/") and path.endswith("/entries")
        tool = self.tools.get(path.split("/")[2 if typed else 1])
        return tool is not None and tool.remembered

    def _application(self) -> Flask:
        app = Flask(__name__, static_folder=None)
        app.json.sort_keys = False  # type: ignore[attr-defined]
        app.json.ensure_ascii = False  # type: ignore[attr-defined]
        app.url_map.strict_slashes = False
        app.register_blueprint(control(self))
        if self.storage is not None:
            app.register_blueprint(self.storage.routes())
        for tool in self.tools.values():
            app.register_blueprint(tool.routes, url_prefix=f"/{tool.name}")
            if tool.controls is not None:
                app.register_blueprint(tool.controls, url_prefix=f"/_sandbox/{tool.name}")
        return app
