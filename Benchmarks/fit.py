#!/usr/bin/env python3
"""Fits: Patron beside lifetimes, on the same customers in one run, taking turns.

The customers are those of a CSV with columns customer, date, amount, or a simulated BG/NBD shop.
Patron: `patron fit`, over TCP, on a server that holds the orders up to the cut; the seconds are the
server's own and contain reading the orders, grouping and both models' fits. Last, the orders after the
cut are recorded too and left out again by the day of the fit. lifetimes: `fit` on x, t_x and T in a
table, which was made before and is not counted. Where lifetimes cannot be installed, Patron runs alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

PATRON = Path(__file__).resolve().parents[1] / ".build" / "release" / "patron"
PAIRS = (("bg-nbd", "BetaGeoFitter"), ("mbg-nbd", "ModifiedBetaGeoFitter"),
         ("pareto-nbd", "ParetoNBDFitter"))

LIFETIMES = """
import json, math, sys, time, warnings
warnings.simplefilter("ignore")
import lifetimes
table = json.load(open(sys.argv[1]))
from pandas import Series
x, recency, age = (Series(column, dtype=float) / unit for column, unit in zip(table, (1, 7, 7)))
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    fitter = getattr(lifetimes, line.strip())()
    try:
        fitter.fit(x, recency, age)
        # Pareto/NBD keeps the sum, the others its mean; all of them fit to times over the longest age,
        # and a density per week is that much larger.
        customers = 1 if "Pareto" in line else len(x)
        value = sum(x) * math.log(fitter._scale) - fitter._negative_log_likelihood_ * customers
    except Exception as error:
        value = None
    print(json.dumps([time.perf_counter() - start, value]), flush=True)
"""


Shop = Dict[str, List[Tuple[date, float]]]
"""Days with an order, rising, and their amounts, by customer."""


def simulated(customers: int, seed: int) -> Shop:
    """A BG/NBD shop, r 0.25, alpha 4.8 weeks, a 0.72, b 2.2, 12 weeks of joiners; amounts as
    Gamma-Gamma has them, p 6, q 4, gamma 15."""
    source = random.Random(seed)
    start, end = date(1997, 1, 1), 272
    shop = {}
    for number in range(customers):
        day = source.uniform(0, 84)
        rate, leaving = source.gammavariate(0.25, 1 / 33.6), source.betavariate(0.72, 2.2)
        days = {int(day)}
        while rate > 1e-9:
            day += source.expovariate(rate)
            if day > end:
                break
            days.add(int(day))
            if source.random() < leaving:
                break
        scale = 1 / source.gammavariate(4, 1 / 15)
        shop[f"c{number}"] = [
            (start + timedelta(days=d), source.gammavariate(6, scale)) for d in sorted(days)]
    return shop


def read(path: Path) -> Shop:
    shop: Dict[str, Dict[date, float]] = {}
    with path.open(newline="") as rows:
        for customer, day, amount in list(csv.reader(rows))[1:]:
            days = shop.setdefault(customer, {})
            day = date.fromisoformat(day[:10])
            days[day] = days.get(day, 0.0) + float(amount)
    return {customer: sorted(days.items()) for customer, days in shop.items()}


def summary(shop: Shop, cut: date) -> List[List[int]]:
    rows = []
    for days in shop.values():
        known = [day for day, _ in days if day <= cut]
        if known:
            rows.append((len(known) - 1, (known[-1] - known[0]).days, (cut - known[0]).days))
    return [list(column) for column in zip(*rows)]


class Lifetimes:
    """A process of our own with lifetimes in it."""

    def __init__(self, place: Path, table: List[List[int]]) -> None:
        venv.create(place / "venv", with_pip=True)
        python = place / "venv" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", "lifetimes", "setuptools"], check=True)
        (place / "table.json").write_text(json.dumps(table))
        self.process = subprocess.Popen(
            [python, "-c", LIFETIMES, str(place / "table.json")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        # What it imports takes both cores for seconds.
        assert self.process.stdout
        if self.process.stdout.readline() != "ready\n":
            raise OSError("it does not start")

    def fit(self, name: str) -> Tuple[float, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        seconds, value = json.loads(self.process.stdout.readline())
        return seconds, value

    def end(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


class Patron:
    """A server of our own with the shop in it."""

    def __init__(self, place: Path, shop: Shop, cut: date) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.cut = cut
        self.process = subprocess.Popen(
            [PATRON, "serve", "--listen", self.address, "--data", place / "data"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.rows = place / "orders.csv"
        self.shop = shop
        self.record(lambda day: day <= cut)

    def record(self, is_wanted: Callable[[date], bool]) -> None:
        """Imports the orders of the days that are wanted."""
        with self.rows.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("customer", "date", "amount"))
            for customer, days in self.shop.items():
                writer.writerows(
                    (customer, day.isoformat(), f"{amount:.2f}")
                    for day, amount in days if is_wanted(day))
        for _ in range(200):
            done = subprocess.run(
                [PATRON, "import", self.rows, "--customer", "customer", "--date", "date", "--amount",
                 "amount", "--address", self.address], capture_output=True,
                text=True)
            if done.returncode == 0:
                return
            time.sleep(0.05)
        sys.exit(f"fit: the orders could not be imported: {done.stderr}")

    def fit(self, name: str) -> Tuple[float, float]:
        told = subprocess.run(
            [PATRON, "fit", "--model", name, "--as-of", self.cut.isoformat(), "--json", "--address",
             self.address], check=True, capture_output=True, text=True)
        report = json.loads(told.stdout)
        return report["seconds"], report["logLikelihood"]

    def end(self) -> None:
        """Ends the server."""
        self.process.terminate()
        self.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", nargs="?", type=Path, help="customer, date, amount; default: simulated")
    parser.add_argument("--cut", type=date.fromisoformat, default=date(1997, 9, 30))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--customers", type=int, default=23570, help="of the simulated shop")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not PATRON.exists():
        sys.exit("fit: build it first: swift build -c release")
    shop = read(arguments.csv) if arguments.csv else simulated(arguments.customers, arguments.seed)
    table = summary(shop, arguments.cut)
    print(f"{arguments.csv.name if arguments.csv else f'simulated, seed {arguments.seed}'}: "
          f"{len(table[0])} customers, {arguments.rounds} rounds")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        other = None
        try:
            other = Lifetimes(place, table)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"SKIPPED: lifetimes cannot be installed ({error}); Patron runs alone")
        server = Patron(place, shop, arguments.cut)
        try:
            for model, fitter in PAIRS:
                ours, theirs = [], []
                # lifetimes' Pareto/NBD takes minutes; once is enough.
                rounds = 1 if other and model == "pareto-nbd" else arguments.rounds
                for number in range(arguments.rounds):
                    ours.append(server.fit(model))
                    if other and number < rounds:
                        theirs.append(other.fit(fitter))
                line = (f"{model:11} patron {1000 * statistics.median(s for s, _ in ours):9.2f} ms "
                        f"(least {1000 * min(s for s, _ in ours):.2f}), ln L {ours[0][1]:.4f}")
                if theirs:
                    middle = statistics.median(s for s, _ in theirs)
                    best = theirs[0][1]
                    line += (f"; lifetimes {1000 * middle:9.2f} ms, ln L "
                             f"{'failed' if best is None else f'{best:.4f}'}; ratio "
                             f"{middle / statistics.median(s for s, _ in ours):.0f}")
                print(line, flush=True)
            server.record(lambda day: day > arguments.cut)
            late = [server.fit("bg-nbd") for _ in range(arguments.rounds)]
            print(f"bg-nbd      patron {1000 * statistics.median(s for s, _ in late):9.2f} ms "
                  f"(least {1000 * min(s for s, _ in late):.2f}), ln L {late[0][1]:.4f}, "
                  "with the later orders recorded too")
        finally:
            server.end()
            if other:
                other.end()


if __name__ == "__main__":
    main()
