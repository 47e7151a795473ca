"""``python -m kills``: backfill companies in real Airflow on PostgreSQL, kill its parts, compare the ledgers."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import requests
from rich.console import Console

from kills.campaign import Campaign, Plan
from sellsy_ledger_airflow.demo.processes import DemoFailed
from sellsy_ledger_airflow.demo.result import show

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Returns 0, or 1 when a ledger is not what it must be."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m kills", description=__doc__)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--kills", type=int, default=usual.kills)
    parser.add_argument("--companies", nargs="+", default=list(usual.companies), help="demo companies to backfill")
    parser.add_argument("--schedule", default=usual.schedule, help="cron text; each of its intervals is one run")
    parser.add_argument("--pause", type=float, nargs=2, default=list(usual.pause), help="seconds between two kills")
    options = parser.parse_args(arguments)
    plan = Plan(
        seed=options.seed,
        kills=options.kills,
        companies=tuple(options.companies),
        schedule=options.schedule,
        pause=(options.pause[0], options.pause[1]),
    )
    console = Console() if sys.stdout.isatty() else Console(width=150)
    folder = Path(tempfile.mkdtemp(prefix="sellsy-ledger-kills-"))
    print(
        f"Seed {plan.seed}, {plan.kills} kills, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; everything is in {folder}",
        flush=True,
    )
    campaign = Campaign(plan, folder, lambda line: print(line, flush=True))
    try:
        results = campaign.run()
        gaps = campaign.judge(results)
    except (DemoFailed, requests.RequestException) as failure:
        print(f"Failed: {failure}", flush=True)
        return 1
    finally:
        campaign.stop()
    show(console, results)
    print(f"Killed: {_counted(campaign.killed)}.")
    print(f"Ended by themselves, when what they need was gone: {_counted(campaign.supervisor.own_ends) or 'none'}.")
    for gap in gaps:
        print(gap)
    print("The ledgers disagree." if gaps else "Every ledger is what an undisturbed run makes of it, to the cent.")
    return 1 if gaps else 0


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    raise SystemExit(main())
