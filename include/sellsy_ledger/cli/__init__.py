"""The command line: ``python -m sellsy_ledger <command>``. stdout is data, stderr is messages.

Exit 0 = done, 1 = it failed, 2 = bad input or a setting to correct. Each command is a module with
``configure(parser)`` and ``run(args) -> int``; only the module of the command that is run is imported, so that
``preview`` starts without HTTP, SQL or Airflow.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from sellsy_ledger.errors import ConfigurationError, LedgerError

__all__ = ["COMMANDS", "main"]

# command → (module, one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "preview": ("sellsy_ledger.cli.preview", "documents to entries; nothing is sent"),
    "doctor": ("sellsy_ledger.cli.doctor", "check a company's connections, rights and mappings"),
    "capabilities": ("sellsy_ledger.cli.capabilities", "what each accounting tool lets us prove"),
    "register": ("sellsy_ledger.cli.register", "look into the memory of every document"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments after the program's name; those of the process by default.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = _parser(arguments).parse_args(arguments)
    command = import_module(COMMANDS[args.command][0])
    try:
        return int(command.run(args))
    except ConfigurationError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - the command line talks through stderr
        return 2
    except LedgerError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sellsy_ledger", description="Sellsy to the accounting tool.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (module, help_text) in COMMANDS.items():
        sub = commands.add_parser(name, help=help_text, description=help_text)
        if name in arguments:
            import_module(module).configure(sub)
    return parser
