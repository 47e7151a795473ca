"""The bench stays runnable: its rows exist, one of them runs, and the table tells what was measured. No timing here."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from bench.__main__ import main
from bench.measure import Measure, Options, interleaved
from bench.rows import ROWS, run
from bench.table import as_markdown, as_table
from rich.console import Console

TINY = Options(scale=0.01)
MEASURES = [
    Measure(3, "bytes to entry", "µs", 55.0, 60, peer="floor", peer_measured=18.0),
    Measure(5, "fetch", "ms", 0.5, 0.4, of_peer=True, peer="requests", peer_measured=1.0),
    Measure(6, "quota", "%", 99.4, 98, at_least=True, note="0 × 429"),
    Measure(2, "cold start", "ms", 3900.0),
]


def test_every_row_of_the_budget_has_its_module():
    assert list(ROWS) == list(range(1, 14))
    assert all(find_spec(f"bench.rows.{module}") for module in ROWS.values())


def test_a_row_measures_the_product_beside_its_floor():
    measures = run(3, TINY)

    assert {one.row for one in measures} == {3}
    assert all(one.measured > 0 and one.peer_measured for one in measures)


def test_a_target_is_an_amount_or_a_multiple_of_the_peer_or_a_minimum():
    assert [one.met for one in MEASURES] == [True, False, True, None]
    assert MEASURES[0].ratio == pytest.approx(55 / 18)


def test_the_sides_of_a_measure_take_turns():
    order: list[str] = []
    times = interleaved(lambda: order.append("a"), lambda: order.append("b"), rounds=3)

    assert "".join(order) == "abbaab"
    assert len(times) == 2


def test_the_table_says_target_figure_peer_and_verdict():
    console = Console(width=200)
    with console.capture() as shown:
        console.print(as_table(MEASURES))

    for text in (shown.get(), as_markdown(MEASURES)):
        assert "≤ 60 µs" in text
        assert "≤ 0.4 × peer" in text
        assert "requests: 1 ms" in text
        assert "quota (0 × 429)" in text
        assert "≥ 98 %" in text
        assert "3900 ms" in text


def test_markdown_has_one_line_per_measure_and_a_date():
    lines = as_markdown(MEASURES).splitlines()

    assert lines[0].startswith("Measured on 20")
    assert len(lines) == 4 + len(MEASURES)
    assert all(line.count("|") == 8 for line in lines[2:])


def test_an_unknown_row_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stop:
        main(["--only", "3,77"])

    assert stop.value.code == 2
    assert "there is no row 77" in capsys.readouterr().err
