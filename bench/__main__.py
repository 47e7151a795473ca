"""``python -m bench``: measure the budget's rows one after the other and print one table."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from rich.console import Console

from bench.measure import Measure, Options
from bench.rows import ROWS, run
from bench.table import as_markdown, as_table

ROW_SECONDS = 240
MARK = "measured: "


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 when a row could not be measured; a missed target is shown in the table and fails nothing."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", type=_rows, default=list(ROWS), help="rows, for instance 3,4")
    parser.add_argument("--quick", action="store_true", help="smaller counts: a first impression")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown, for the README")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    options = Options(quick=chosen.quick)
    if chosen.child:
        print(MARK + json.dumps([one.to_dict() for one in run(chosen.child, options)]))
        return 0
    messages = Console(stderr=True)
    measures: list[Measure] = []
    failed = False
    for row in chosen.only:
        with messages.status(f"row {row}: {ROWS[row]}"):
            found = _in_own_process(row, options)
        if found is None:
            messages.print(f"row {row} ({ROWS[row]}) could not be measured", style="red")
            failed = True
        measures += found or []
    if chosen.markdown:
        print(as_markdown(measures))
    else:
        width = None if sys.stdout.isatty() else 200
        Console(width=width).print(as_table(measures))
    return 1 if failed else 0


def _rows(text: str) -> list[int]:
    rows = [int(part) for part in text.split(",")]
    if unknown := set(rows) - set(ROWS):
        raise argparse.ArgumentTypeError(f"there is no row {', '.join(map(str, sorted(unknown)))}")
    return rows


def _in_own_process(row: int, options: Options) -> list[Measure] | None:
    flags = ["--quick"] if options.quick else []
    command = [sys.executable, "-m", "bench", "--child", str(row), *flags]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ROW_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        print(f"row {row} took longer than {ROW_SECONDS} s", file=sys.stderr)
        return None
    told = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not told:
        print(done.stderr[-3000:], file=sys.stderr)
        return None
    return [Measure(**one) for one in json.loads(told[-1].removeprefix(MARK))]


if __name__ == "__main__":
    sys.exit(main())
