#!/usr/bin/env python3
"""A shop's own past foretold: every model's hold-out, and what the intervals of scores held.

On a server of its own it records the orders of a CSV with columns customer, date, amount; fits every model to
the days up to the cut, and compares with the days after it. Then it adopts a model of the cut and asks for
each customer's interval: how many of them ordered, and spent, what theirs contained.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any, Dict, List

HOUSE = Path(__file__).resolve().parents[1]
PATRON = HOUSE / ".build" / "release" / "patron"
sys.path[:0] = [str(HOUSE / "Benchmarks"), str(HOUSE / "clients" / "python")]

import fit as fits  # noqa: E402
import patron  # noqa: E402

MODELS = ("bg-nbd", "mbg-nbd", "pareto-nbd", "bg-cnbd-2", "mbg-cnbd-2", "auto")


def asked(address: str, *words: str) -> Dict[str, Any]:
    told = subprocess.run(
        [PATRON, *words, "--json", "--address", address], capture_output=True, text=True)
    if told.returncode != 0:
        sys.exit(f"holdout: {told.stderr.strip()}")
    return json.loads(told.stdout)


def table(address: str, cut: date) -> None:
    print(f"{'model':12}{'actual':>9}{'predicted':>11}{'bias':>9}{'MAE':>8}{'RMSE':>8}"
          f"{'deviance':>10}{'Gini':>7}{'ln L':>14}")
    for model in MODELS:
        report = asked(address, "fit", "--model", model, "--holdout", cut.isoformat())
        held = report["holdout"]
        print(f"{model:12}{held['actual']:9.0f}{held['predicted']:11.1f}{100 * held['bias']:8.1f}%"
              f"{held['meanAbsoluteError']:8.4f}{held['rootMeanSquareError']:8.4f}"
              f"{held['poissonDeviance']:10.4f}{held['normalizedGini']:7.4f}"
              f"{report['logLikelihood']:14.2f}", flush=True)


def intervals(
    address: str, shop: fits.Shop, cut: date, level: float, model: str, most: int
) -> None:
    """Adopts the model as of the cut, and counts whose future lay within the interval."""
    asked(address, "fit", "--model", model, "--as-of", cut.isoformat())
    last = max(day for days in shop.values() for day, _ in days)
    horizon = (last - cut).days
    known = [(customer, days) for customer, days in shop.items() if days[0][0] <= cut]
    people = orders = values = undecided = within = 0
    start = time.perf_counter()
    with patron.Patron(address) as server:
        for customer, days in known[:: max(1, -(-len(known) // most))]:
            told = server.score_interval(
                customer, level=level, as_of=cut, horizon=f"{horizon}d", discount_rate=0)
            later = [amount for day, amount in days if day > cut]
            people += 1
            fits_orders = told.orders[0] <= len(later) <= told.orders[1]
            orders += fits_orders
            if told.value:
                # Half a cent each way: the server tells minor units' worth.
                values += told.value[0] - 0.005 <= sum(later) <= told.value[1] + 0.005
            if told.orders[1] > 0:
                undecided += 1
                within += fits_orders
    print(f"{model}, intervals of {100 * level:.0f} % over {horizon} days, {people} customers: "
          f"orders {100 * orders / people:.1f} %, value {100 * values / people:.1f} %; "
          f"of {undecided} who may order again {100 * within / max(undecided, 1):.1f} %; "
          f"{1e6 * (time.perf_counter() - start) / people:.0f} us each", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path, help="customer, date, amount")
    parser.add_argument("--cut", type=date.fromisoformat, default=date(1997, 9, 30))
    parser.add_argument("--level", type=float, default=0.9)
    parser.add_argument("--most", type=int, default=6000, help="customers whose intervals are asked")
    arguments = parser.parse_args()
    if not PATRON.exists():
        sys.exit("holdout: build it first: swift build -c release")
    shop = fits.read(arguments.csv)
    with tempfile.TemporaryDirectory() as name:
        server = fits.Patron(Path(name), shop, date.max)
        try:
            table(server.address, arguments.cut)
            for model in ("mbg-nbd", "auto"):
                intervals(server.address, shop, arguments.cut, arguments.level, model,
                          arguments.most)
        finally:
            server.end()


if __name__ == "__main__":
    main()
