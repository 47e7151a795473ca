"""What a hostile or broken server could write in any place of an object."""

from __future__ import annotations

import random
from decimal import Decimal, InvalidOperation
from typing import Any

from fuzz.written import Deep, Raw, Twice

__all__ = ["mutate"]

Path = tuple[Any, ...]

_NUMBERS = (
    *(
        "999999999999999999999999",
        "-999999999999.99",
        "1e400",
        "-1E+14",
        "1e-300",
        "1E2",
        "0",
        "-0.00",
        "-1",
        "12",
        "-100",
        "100.01",
    ),
    *("123456789012.123456789012", "0.000000000001", "0.005", "-0.005", "1.005", "99999999999999.995", "0.1", "1200.0"),
    *("0.004999999999999999999999999999999999999", "123456789012345.999999999999999999999999", "9223372036854775808"),
    *(
        "NaN",
        "Infinity",
        "-inf",
        "sNaN12",
        "0x10",
        "1_000.00",
        "1_0",
        "1 000,00",
        "1,5",
        "1.2.3",
        "--1",
        "+5",
        " 7.00 ",
    ),
    *("٣", "１２.00", "²", ".5", "5.", ".", "-", "1e", "True", "null", "9" * 5000, "1" * 14 + "." + "3" * 40),
)
_RAW_NUMBERS = (
    *("0", "-1", "1e2", "12.5", "1200.00", "1e400", "-1e-400", "123456789012.123456789012", "9223372036854775808"),
    *("18446744073709551616", "9" * 40, "9" * 5000, "-0", "0.1", "1.0"),
)
_DATES = (
    *("0000-00-00", "0000-00-00 00:00:00", "9999-12-31", "0001-01-01", "10000-01-01", "2026-02-30", "2026-13-01"),
    *(
        "31/12/9999",
        "00/00/0000",
        "32/01/2026",
        "1/2/2026",
        "2026-02-03T10:00:00Z",
        "2026-W05-2",
        "20260203",
        "-2026-01-01",
    ),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-02-03T25:00:00+01:00", "02/03/26", "٢٠٢٦-٠٢-٠٣"),
)
_TEXTS = (
    *("", " ", "\x00", "\x00\x01\x1f\x7f\x85", "\r\n\tA|B;C#D", "\u202e\u200f\u2066abc\u2069", "\ud800", "a\udfffb"),
    *("<script>alert(1)</script>", "<b>gras</b>&nbsp;&#10;&#xD800;&#0;", "<" * 300, "&lt;p&gt;", "\ufeff\u2028\u2029"),
    *(
        "'; DROP TABLE x; --",
        "{detail}",
        "{0}",
        "%s%n",
        "🙂🙃漢字",
        "e\u0301" * 50,
        "../../etc/passwd",
        "É" * 300,
        "=1+1",
    ),
    *(
        'a:1:{i:911;s:4:"7.00";}',
        "a:1:{i:" + "9" * 4500 + ";d:7;}",
        "a:" + "9" * 4500 + ":{}",
        "a:2:{i:1;d:1;}",
        "a:0:{}",
    ),
)
_LONG = ("x" * 100_000, "é<b>" * 25_000, "&amp;" * 20_000, "9" * 100_000, "\u202e \x00" * 30_000)
_OTHERS: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [None], {"": None}, {"id": 1}, ["1.00"], "1.00", "EUR", "Y", "N"),
    *([0, [1, 2, 3, 4], -2], [0, [9], "F"], {"amount": "5.00"}, {"1": {"id": 1}}, {"_xml_childtag": "row"}),
)
_NESTED = tuple(Deep(opening * 20_000 + "0" + closing * 20_000) for opening, closing in (("[", "]"), ('{"a":', "}")))
_GONE = object()


def mutate(rng: random.Random, tree: Any, times: int) -> tuple[Any, list[str]]:
    """``tree`` changed in place in ``times`` places, and what was done, in words."""
    done = []
    for _ in range(times):
        places = _places(tree)
        if not places:
            break
        said, important = rng.choice(places), [place for place in places if _matters(place)]
        path = rng.choice(important) if important and rng.random() < 0.6 else said
        holder = _at(tree, path[:-1])
        new, how = _other(rng, tree, holder[path[-1]], path)
        if new is _GONE:
            del holder[path[-1]]
        else:
            holder[path[-1]] = new
        done.append(f"{'.'.join(map(str, path))}: {how}")
    return tree, done


def _matters(path: Path) -> bool:
    """True for what an entry is made of, the objects of people and teams apart."""
    if "company" in path or len(path) > 4:
        return False
    name = str(path[-1]).lower()
    return any(word in name for word in ("amount", "total", "tax", "rate", "date", "number", "ident", "discount", "id"))


def _other(rng: random.Random, tree: Any, old: Any, path: Path) -> tuple[Any, str]:
    choice = rng.randrange(100)
    if choice < 10:
        return _GONE, "missing"
    if choice < 17:
        return None, "null"
    if choice < 38:
        text = rng.choice(_NUMBERS)
        return text, f"text {text[:40]!r}"
    if choice < 48:
        raw = rng.choice(_RAW_NUMBERS)
        return Raw(raw), f"number {raw[:40]}"
    if choice < 58:
        text = rng.choice(_DATES)
        return text, f"date {text!r}"
    if choice < 74:
        text = rng.choice(_TEXTS) if rng.random() < 0.93 else rng.choice(_LONG)
        return text, f"text {text[:30]!r} of {len(text)}"
    if choice < 86:
        other = rng.choice(_OTHERS)
        return _copy(other), f"value {other!r}"
    if choice < 91:
        places = _places(tree)
        donor = rng.choice(places)
        if donor[: len(path)] != path:
            return _copy(_at(tree, donor)), f"the value of {'.'.join(map(str, donor))}"
    if choice < 93:
        return rng.choice(_NESTED), "nested 20,000 deep"
    if choice < 97 and isinstance(path[-1], str):
        before = rng.choice((None, "1.00", [], {}, "9999.99"))
        return Twice(before, old), f"key twice, first {before!r}"
    cents = rng.choice(("0.01", "-0.01", "1.00", "0.001"))
    return f"{old}{cents[1:]}" if rng.random() < 0.2 else _nudged(old, cents), f"nudged by {cents}"


def _nudged(old: Any, by: str) -> Any:
    try:
        return str(Decimal(old) + Decimal(by)) if isinstance(old, str) else by
    except InvalidOperation:
        return by


def _places(value: Any, path: Path = ()) -> list[Path]:
    found: list[Path] = [path] if path else []
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _places(inner, (*path, key))
    return found


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(one) for key, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value
