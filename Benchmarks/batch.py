#!/usr/bin/env python3
"""Scores of a million customers: Patron's pass over columns beside numpy and scipy.

First P(alive) and expected orders, then P(alive), churn and lifetime value. Both do the same customers of a simulated
shop under the same BG/NBD model, 273 days ahead, and take turns. Patron: `Benchmarks --filter «batch, columns,
bg-nbd»` and `«batch, all scores of columns, bg-nbd»`, the passes alone, from columns of orders, days and amounts that
lie in memory, one thread and two. scipy: the formulas of Fader, Hardie and Lee 2005 with `scipy.special.hyp2f1` over
whole arrays, month by month for the lifetime value, one thread, from columns of doubles. Then the largest relative
error between the two over all customers, and what the passes read and write a second beside what one thread can read.
Where numpy and scipy cannot be imported or installed, Patron runs alone.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any, Dict, List

BENCHMARKS = Path(__file__).resolve().parents[1] / ".build" / "release" / "Benchmarks"
DAY, HORIZON = 20_001, 273.0
R, ALPHA, A, B = 0.243, 30.898, 0.793, 2.426
P, Q, GAMMA = 6.25, 3.74, 15.44
MONTH, RATE = 30.4375, 0.1
# What is compared: the benchmark's group, the scores, the goals of one thread and of two.
TRIALS = [
    ("batch, columns, bg-nbd", ("alive", "orders"), 60, 100),
    ("batch, all scores of columns, bg-nbd", ("alive", "churn", "value"), 150, 300),
]
# The groups of bytes, what a customer costs of them, and the goal.
BYTES = [
    ("batch, bytes", "8 bytes read and 16 written", 0.35),
    ("batch, all scores of columns, bytes", "16 bytes read and 24 written", 0.5),
]
ERROR = 1e-9


def scipy_alive(x: Any, recency: Any, age: Any) -> Any:
    """P(alive), as the paper has it."""
    import numpy
    return 1 / (1 + (x > 0) * (A / (B + numpy.maximum(x, 1) - 1))
                * ((ALPHA + age) / (ALPHA + recency)) ** (R + x))


def scipy_orders(x: Any, age: Any, days: float) -> Any:
    """Expected orders of the living."""
    from scipy.special import hyp2f1
    z = days / (ALPHA + age + days)
    left = hyp2f1(R + x, B + x, A + B + x - 1, z) * ((ALPHA + age) / (ALPHA + age + days)) ** (R + x)
    return (A + B + x - 1) / (A - 1) * (1 - left)


def scipy_two(x: Any, recency: Any, age: Any, _: Any) -> Any:
    """P(alive) and expected orders."""
    alive = scipy_alive(x, recency, age)
    return alive, scipy_orders(x, age, HORIZON) * alive


def scipy_three(x: Any, recency: Any, age: Any, amount: Any) -> Any:
    """P(alive), churn and lifetime value: orders by month, each month's discounted, times Gamma-Gamma's spend."""
    import numpy
    alive = scipy_alive(x, recency, age)
    churn = 1 - alive * (1 - ((ALPHA + age) / (ALPHA + age + HORIZON)) ** (R + x))
    months = max(1, math.ceil(HORIZON / MONTH * (1 - 1e-12)))
    worth: Any = 0.0
    for month in range(1, months + 1):
        weight = (1 + RATE) ** (-month / 12)
        if month < months:
            weight -= (1 + RATE) ** (-(month + 1) / 12)
        worth = worth + weight * scipy_orders(x, age, month * MONTH if month < months else HORIZON)
    spend = numpy.where((x > 0) & (amount > 0), P * (GAMMA + amount) / (P * x + Q - 1), P * GAMMA / (Q - 1))
    return alive, churn, alive * worth * spend


def patron(*arguments: str) -> List[Dict[str, Any]]:
    """What Patron's benchmarks print."""
    told = subprocess.run([BENCHMARKS, "--json", *arguments], check=True, capture_output=True, text=True)
    return json.loads(told.stdout)


def told(name: str, values: List[float], goal: float) -> None:
    values = sorted(values)
    print(f"{name}: {statistics.median(values):.2f} ({values[0]:.2f} … {values[-1]:.2f}), goal {goal}")


def compare(rounds: int) -> None:
    import numpy
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([BENCHMARKS, "--columns", folder], check=True)
        x, first, last, minor = (
            numpy.fromfile(Path(folder) / name, "<i8") for name in ("x", "first", "last", "minor"))
        found = {name: numpy.fromfile(Path(folder) / name, "<f8") for _, names, _, _ in TRIALS for name in names}
    columns = [column.astype(float) for column in (x, last - first, DAY - first, minor / 100)]
    print(f"{len(x):,} customers, x {x.mean():.2f} in the mean and {x.max()} at most")
    for (group, names, one, two), scipy_scores in zip(TRIALS, (scipy_two, scipy_three)):
        print(f"{', '.join(names)}:")
        error = max(float(numpy.max(numpy.abs(found[name] / true - 1)))
                    for name, true in zip(names, scipy_scores(*columns)))
        ratios: Dict[str, List[float]] = {}
        times: Dict[str, List[float]] = {}
        for _ in range(rounds):
            start = time.perf_counter()
            scipy_scores(*columns)
            theirs = (time.perf_counter() - start) / len(x) * 1e9
            times.setdefault("scipy", []).append(theirs)
            for line in patron("--quick", "--filter", group):
                times.setdefault(line["name"], []).append(line["median"])
                ratios.setdefault(line["name"], []).append(theirs / line["median"])
        for name, values in times.items():
            print(f"{name}: {statistics.median(values):.2f} ns a customer ({min(values):.2f} … {max(values):.2f})")
        for name, values in ratios.items():
            if name == "two threads":
                told(f"scipy ÷ {name}", values, two)
            elif name.startswith("one thread") and not name.endswith("five"):
                told(f"scipy ÷ {name}", values, one)
        print(f"largest relative error beside scipy: {error:.2g}, goal {ERROR}")


def bandwidth(rounds: int) -> None:
    for group, size, goal in BYTES:
        shares: List[float] = []
        for _ in range(rounds):
            lines = {line["name"]: line["median"] for line in patron("--filter", group)}
            ours, memory = (next(value for name, value in lines.items() if name.startswith(word))
                            for word in ("the pass", "reading"))
            shares.append(ours / memory)
            print(f"pass {ours:.2f} GB/s ({size} a customer), one thread reads {memory:.2f} GB/s")
        told("bytes/s of the pass ÷ read bandwidth", shares, goal)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if not BENCHMARKS.exists():
        sys.exit("batch: build first: swift build -c release --product Benchmarks")
    # One thread means one.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        import scipy  # noqa: F401
        compare(rounds)
    except ImportError:
        if os.environ.get("PATRON_BATCH_VENV"):
            sys.exit("batch: numpy and scipy do not import where they were installed")
        with tempfile.TemporaryDirectory() as place:
            try:
                venv.create(place, with_pip=True)
                python = Path(place) / "bin" / "python"
                subprocess.run([python, "-m", "pip", "install", "-q", "numpy", "scipy"], check=True)
            except (subprocess.CalledProcessError, OSError) as error:
                print(f"SKIPPED: numpy and scipy cannot be installed ({error}); Patron alone")
                for group, *_ in TRIALS:
                    for line in patron("--filter", group):
                        print(f"{group}, {line['name']}: {line['median']:.2f} ns a customer")
                bandwidth(rounds)
                return
            subprocess.run(
                [python, __file__, "--rounds", str(rounds)], check=True,
                env={**os.environ, "PATRON_BATCH_VENV": "1"})
            return
    bandwidth(rounds)


if __name__ == "__main__":
    main()
