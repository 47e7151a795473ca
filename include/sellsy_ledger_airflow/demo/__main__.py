"""``make demo``, ``make up`` and ``make down``: real Airflow on embedded defaults, against the sandbox.

``run`` starts the sandbox and Airflow, lets the scheduler run each demo company's night, compares the register with the
ledgers' own witness and stops everything; exit 0 only when they agree to the cent. ``up`` keeps it all running.
"""

from __future__ import annotations

import argparse
import functools
import sys
from pathlib import Path

import requests
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sellsy_ledger.register.store import Register
from sellsy_ledger_airflow.demo import accountant, companies
from sellsy_ledger_airflow.demo.home import Home, free_port
from sellsy_ledger_airflow.demo.night import run_nights
from sellsy_ledger_airflow.demo.processes import DemoFailed, Processes, wait_for
from sellsy_ledger_airflow.demo.rest import AirflowApi
from sellsy_ledger_airflow.demo.result import BOOKED, CompanyResult, collect, differences, show

ROOT = Path(__file__).resolve().parents[3]


def main(arguments: list[str] | None = None) -> int:
    """Run one of the three commands; 0 done, 1 the books disagree or a step failed."""
    parser = argparse.ArgumentParser(prog="sellsy_ledger_airflow.demo", description=__doc__)
    parser.add_argument("command", choices=("run", "up", "down"))
    command = parser.parse_args(arguments).command
    console = Console() if sys.stdout.isatty() else Console(width=140)
    home = Home(ROOT)
    processes = Processes(home)
    keeps_running = False
    try:
        if command == "down":
            return _down(console, processes)
        if processes.any_recorded_alive():
            keeps_running = True
            raise DemoFailed("An Airflow of this folder is running already. Stop it first: make down")
        if command == "run":
            return _run(console, home, processes)
        keeps_running = _up(console, home, processes)
    except (DemoFailed, requests.RequestException) as failure:
        console.print(f"[bold red]Failed:[/] {failure}")
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted; stopping what was started.")
        return 130
    else:
        return 0
    finally:
        if not keeps_running:
            processes.stop()


def _down(console: Console, processes: Processes) -> int:
    stopped = processes.stop()
    console.print(f"Stopped: {', '.join(stopped)}" if stopped else "Nothing was running.")
    return 0


def _start(console: Console, home: Home, processes: Processes) -> tuple[AirflowApi, str]:
    """Everything up and configured: the API, logged in, and the sandbox's address."""
    home.prepare()
    api_port, sandbox_port = free_port(8080), free_port(8700)
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    api = AirflowApi(f"http://127.0.0.1:{api_port}", "admin", home.secrets()["password"])
    with _progress(console) as progress:
        step = progress.add_task("Starting the sandbox", total=4)
        processes.start_sandbox(sandbox_port)
        wait_for("The sandbox", lambda: _answers(f"{sandbox}/_sandbox/calls"), seconds=60, alive=processes.check_alive)
        progress.update(step, advance=1, description="Preparing Airflow's database")
        processes.start_airflow(home.environment(api_port))
        progress.update(step, advance=1, description="Starting Airflow")
        wait_for("Airflow", api.healthy, seconds=180, alive=processes.check_alive)
        api.login()
        progress.update(step, advance=1, description="Writing variables, connections and pools")
        companies.configure(api, sandbox, home.path)
        processes.write_files(home.environment(api_port), sandbox)
        for company in companies.COMPANIES:
            accountant.prepare(company, home.path)
            dag_id = companies.dag_id_of(company)
            seen = functools.partial(api.dag_exists, dag_id)
            wait_for(f"The DAG {dag_id}", seen, seconds=120, alive=processes.check_alive)
        progress.update(step, advance=1, description="Airflow is ready")
    return api, sandbox


def _up(console: Console, home: Home, processes: Processes) -> bool:
    api, sandbox = _start(console, home, processes)
    for company in companies.COMPANIES:
        api.unpause(companies.dag_id_of(company))
    console.print(
        f"Airflow:  [bold]{api.base_url}[/]   login [bold]admin[/]   password [bold]{home.secrets()['password']}[/]"
    )
    console.print(f"Sandbox:  {sandbox}   Stop both with: make down")
    return True


def _run(console: Console, home: Home, processes: Processes) -> int:
    api, sandbox = _start(console, home, processes)
    before = _booked(home)
    with _progress(console) as progress:
        run_nights(api, companies.COMPANIES, progress, alive=processes.check_alive)
    imported = _play_accountant(home, sandbox)
    if imported:
        # What was imported by hand is posted once the next run has seen the acknowledgement.
        with _progress(console) as progress:
            run_nights(api, list(imported), progress, alive=processes.check_alive)
    results = _results(home, sandbox, before)
    processes.stop()
    show(console, results)
    for company, names in imported.items():
        console.print(
            f"{company.name}: the night delivered {', '.join(names)}; the accountant (played by this demo) imported "
            "it, and the next run took note."
        )
    return _judge(console, results)


def _play_accountant(home: Home, sandbox: str) -> dict[companies.DemoCompany, list[str]]:
    """Import what was delivered; company → names of the files, only where there were some."""
    done = {company: accountant.work(company, sandbox, home.path) for company in companies.COMPANIES}
    return {company: names for company, names in done.items() if names}


def _judge(console: Console, results: list[CompanyResult]) -> int:
    gaps = [gap for result in results for gap in differences(result)]
    for gap in gaps:
        console.print(f"[red]{gap}[/]")
    if gaps:
        console.print("[bold red]The register and the ledgers disagree.[/]")
        return 1
    new = sum(result.new for result in results)
    posted = sum(result.posted for result in results)
    console.print("[bold green]Register and ledgers agree to the cent.[/]")
    if new:
        console.print(f"{new} entries posted by this run, {posted} in all.")
    else:
        console.print(f"Nothing new was posted: all {posted} entries were there already.")
    return 0


def _booked(home: Home) -> dict[str, int]:
    register = Register.open(home.register_url)
    try:
        return {
            company.company: len(register.select(company.company, states=BOOKED)) for company in companies.COMPANIES
        }
    finally:
        register.close()


def _results(home: Home, sandbox: str, before: dict[str, int]) -> list[CompanyResult]:
    register = Register.open(home.register_url)
    try:
        results = []
        for company in companies.COMPANIES:
            result = collect(company, register, accountant.witness(company, sandbox))
            result.new = result.posted - before[company.company]
            results.append(result)
        return results
    finally:
        register.close()


def _answers(url: str) -> bool:
    return requests.get(url, timeout=5).ok


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
    )


if __name__ == "__main__":
    sys.exit(main())
