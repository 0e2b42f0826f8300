#!/usr/bin/env python3
"""P(alive) and expected orders of a million customers: Patron's pass over columns beside numpy and scipy.

Both do the same customers of a simulated shop under the same BG/NBD model, 273 days ahead, and take turns. Patron:
`Benchmarks --filter «batch, columns, bg-nbd»`, the passes alone, from columns of orders and days that lie in
memory, one thread and two. scipy: the formulas of Fader, Hardie and Lee 2005 with `scipy.special.hyp2f1` over
whole arrays, one thread, from columns of doubles. Then the largest relative error between the two over all
customers, and what the pass reads and writes a second beside what one thread can read. Where numpy and
scipy cannot be imported or installed, Patron runs alone.
"""

from __future__ import annotations

import argparse
import json
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
GOALS = {"one thread": 60, "two threads": 100, "bytes": 0.35, "error": 1e-9}


def scipy_scores(x: Any, recency: Any, age: Any) -> Any:
    """P(alive) and expected orders, as the paper has them."""
    import numpy
    from scipy.special import hyp2f1
    alive = 1 / (1 + (x > 0) * (A / (B + numpy.maximum(x, 1) - 1))
                 * ((ALPHA + age) / (ALPHA + recency)) ** (R + x))
    z = HORIZON / (ALPHA + age + HORIZON)
    left = hyp2f1(R + x, B + x, A + B + x - 1, z) * ((ALPHA + age) / (ALPHA + age + HORIZON)) ** (R + x)
    return alive, (A + B + x - 1) / (A - 1) * (1 - left) * alive


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
        x, first, last, alive, orders = (
            numpy.fromfile(Path(folder) / name, kind) for name, kind in (
                ("x", "<i8"), ("first", "<i8"), ("last", "<i8"), ("alive", "<f8"), ("orders", "<f8")))
    columns = [column.astype(float) for column in (x, last - first, DAY - first)]
    truth = scipy_scores(*columns)
    error = max(float(numpy.max(numpy.abs(found / true - 1)))
                for found, true in zip((alive, orders), truth))
    print(f"{len(x):,} customers, x {x.mean():.2f} in the mean and {x.max()} at most")
    ratios: Dict[str, List[float]] = {}
    times: Dict[str, List[float]] = {}
    for _ in range(rounds):
        start = time.perf_counter()
        scipy_scores(*columns)
        theirs = (time.perf_counter() - start) / len(x) * 1e9
        times.setdefault("scipy", []).append(theirs)
        for line in patron("--quick", "--filter", "batch, columns, bg-nbd"):
            times.setdefault(line["name"], []).append(line["median"])
            ratios.setdefault(line["name"], []).append(theirs / line["median"])
    for name, values in times.items():
        print(f"{name}: {statistics.median(values):.2f} ns a customer ({min(values):.2f} … {max(values):.2f})")
    for name, values in ratios.items():
        if name == "two threads":
            told(f"scipy ÷ {name}", values, GOALS["two threads"])
        elif name.startswith("one thread"):
            told(f"scipy ÷ {name}", values, GOALS["one thread"])
    print(f"largest relative error beside scipy: {error:.2g}, goal {GOALS['error']}")


def bandwidth(rounds: int) -> None:
    shares: List[float] = []
    for _ in range(rounds):
        lines = {line["name"]: line["median"] for line in patron("--filter", "batch, bytes")}
        ours, memory = (next(value for name, value in lines.items() if name.startswith(word))
                        for word in ("the pass", "reading"))
        shares.append(ours / memory)
        print(f"pass {ours:.2f} GB/s (8 bytes read and 16 written a customer), one thread reads {memory:.2f} GB/s")
    told("bytes/s of the pass ÷ read bandwidth", shares, GOALS["bytes"])


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
                for line in patron("--filter", "batch, columns, bg-nbd"):
                    print(f"{line['name']}: {line['median']:.2f} ns a customer")
                bandwidth(rounds)
                return
            subprocess.run(
                [python, __file__, "--rounds", str(rounds)], check=True,
                env={**os.environ, "PATRON_BATCH_VENV": "1"})
            return
    bandwidth(rounds)


if __name__ == "__main__":
    main()
