#!/usr/bin/env python3
"""Whole segments of a large shop: Patron through its protocol beside numpy, scipy and DuckDB.

A shop of simulated customers (BG/NBD with CDNOW's parameters) is written as a CSV file by DuckDB, imported into a server
and fitted. Then, in turns: lifetime value, churn and P(alive) of everybody, added up by the server, beside the same
arithmetic in numpy and scipy over a million of the same customers; and a filter over two columns beside DuckDB over the
same two columns. Told as well: rows a second of the import, memory as `patron status` prints it, and what the scan reads
a second beside what one thread can read. Clocks start before a request is sent and stop when its answer is decoded.
Where numpy, scipy and duckdb cannot be imported or installed, nothing is compared.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any, Dict, List, Tuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "clients" / "python"), str(ROOT / "Benchmarks")]
PATRON = ROOT / ".build" / "release" / "patron"
BENCHMARKS = ROOT / ".build" / "release" / "Benchmarks"
TODAY = 20_001  # days since 1970, the day that is asked about
LONGEST = 546  # days since the first order, at most
# What a customer of the scan of scores takes in memory: x and the days, and the sum of later orders.
SCANNED_BYTES = 16


def orders(customers: int, seed: int) -> Tuple[Any, Any]:
    """Who ordered when: the customer's number and the day of each order, first ones included."""
    import numpy

    import batch

    chance = numpy.random.default_rng(seed)
    first = chance.integers(TODAY - LONGEST, TODAY - 1, customers).astype(numpy.float64)
    rate = chance.gamma(batch.R, 1 / batch.ALPHA, customers)
    leaving = chance.beta(batch.A, batch.B, customers)
    who, when = [numpy.arange(customers, dtype=numpy.int64)], [first.astype(numpy.int64)]
    left, day = numpy.arange(customers, dtype=numpy.int64), first
    while len(left):
        day = day + chance.exponential(1, len(left)) / rate[left]
        stays = day < TODAY
        left, day = left[stays], day[stays]
        who.append(left)
        when.append(day.astype(numpy.int64))
        stays = chance.random(len(left)) >= leaving[left]
        left, day = left[stays], day[stays]
    return numpy.concatenate(who), numpy.concatenate(when)


def write_file(path: Path, customers: int, seed: int) -> int:
    """Writes the orders as CSV, as they came; returns how many there are."""
    import duckdb

    who, when = orders(customers, seed)
    count = len(who)
    base = duckdb.connect()
    base.register("orders_told", {"who": who, "day": when})
    base.execute(
        "COPY (SELECT 'c' || who AS customer, 'o' || row_number() OVER () AS number,"
        " DATE '1970-01-01' + CAST(day AS INTEGER) AS day,"
        " CAST(10 + 60 * (hash(who * 7919 + day) % 10000) / 10000.0 AS DECIMAL(9, 2)) AS amount"
        f" FROM orders_told ORDER BY day) TO '{path}' (HEADER, DELIMITER ',')")
    return count


class Server:
    """A server of its own, on a free port."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % free.getsockname()[1]
        self.process = subprocess.Popen(
            [PATRON, "serve", "--data", folder, "--listen", self.address, "--snapshot-every", "0s"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "listening" in line:
                break

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [PATRON, *words, "--address", self.address], check=True, capture_output=True, text=True)
        return done.stdout

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def sized(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode()


def names(words: List[str]) -> bytes:
    return struct.pack("<B", len(words)) + b"".join(struct.pack("<H", len(w)) + w.encode() for w in words)


def terms() -> bytes:
    """The end of the day that is asked about, and the scores that offers use."""
    return struct.pack("<qddd", TODAY * 86_400_000_000 + 43_200_000_000, 0, 0, 0)


def count(client: Any, condition: str, measures: List[str]) -> Dict[str, Any]:
    """One count: how many were found, and the sums."""
    body = terms() + sized(condition) + names([]) + names(measures) + b"\0"
    part = b""
    for part in client._pipeline("count customers", iter((body,)), 600.0):
        pass
    scanned, _, found, _, groups = struct.unpack_from("<QQQiI", part)
    assert groups == 1
    sums, place = [], 24 + 8 + 8 + 1 + 1
    place = 32 + 8 + 1 + 1
    for _ in measures:
        known, total = struct.unpack_from("<Qd", part, place)
        sums.append((known, total))
        place += 33
    return {"scanned": scanned, "found": found, "sums": sums}


def select(client: Any, columns: List[str], limit: int = 0) -> List[Any]:
    """Numbers of customers, column by column."""
    import numpy

    body = terms() + struct.pack("<QBB", limit, 0, 0) + sized("") + names(columns)
    pieces: List[List[Any]] = [[] for _ in columns]
    for part in client._pipeline("select customers", iter((body,)), 600.0):
        rows, told = struct.unpack_from("<IB", part, 28)
        place = 33
        for column in range(told):
            _, size = struct.unpack_from("<BI", part, place)
            pieces[column].append(numpy.frombuffer(part, "<f8", rows, place + 5))
            place += 5 + size
    return [numpy.concatenate(column) for column in pieces]


def told(name: str, values: List[float], unit: str, goal: str = "") -> None:
    values = sorted(values)
    print(f"{name}: {statistics.median(values):.2f} {unit} ({values[0]:.2f} … {values[-1]:.2f})"
          + (f", goal {goal}" if goal else ""))


def timed(work: Any) -> Tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def scores(client: Any, customers: int, rounds: int, model: Dict[str, Any]) -> None:
    import numpy

    import batch

    batch.R, batch.ALPHA, batch.A, batch.B = (model["parametersDays"][name] for name in ("r", "alpha", "a", "b"))
    wanted = ["lifetime_value", "churn", "p_alive"]
    some = min(customers, 1_000_000)
    found, idle, age, churn, alive, mean = select(
        client, ["orders", "days_since_order", "age_days", "churn", "p_alive", "mean_spend"], some)
    x, recency = found - 1, age - idle
    theirs = batch.scipy_three(x, recency, age, mean)
    error = max(
        float(numpy.max(numpy.abs(alive / theirs[0] - 1))), float(numpy.max(numpy.abs(churn / theirs[1] - 1))))
    count(client, "", wanted)
    time.sleep(2)  # until the tables that the first question ordered are made
    ours: List[float] = []
    scipys: List[float] = []
    for _ in range(rounds):
        seconds, answer = timed(lambda: count(client, "", wanted))
        assert answer["found"] == customers
        ours.append(seconds)
        seconds, _ = timed(lambda: batch.scipy_three(x, recency, age, mean))
        scipys.append(seconds)
    cores = os.cpu_count() or 1
    each = [seconds / customers * 1e9 for seconds in ours]
    print(f"lifetime value, churn and P(alive) of {customers:,} customers, {cores} cores:")
    told("  seconds", ours, "s")
    told("  customers a second", [customers / seconds / 1e6 for seconds in ours], "million")
    told("  a customer and core", [value * cores for value in each], "ns", "≤ 6")
    told("  numpy and scipy, one thread, a customer", [value / some * 1e9 for value in scipys], "ns")
    told("  scipy ÷ Patron", [their / some / (our / customers) for our, their in zip(ours, scipys)],
         "times", "≥ 300")
    print(f"  largest relative error of P(alive) and churn beside scipy: {error:.2g}")
    lines = json.loads(subprocess.run(
        [BENCHMARKS, "--json", "--filter", "batch, all scores of columns, bytes"], check=True,
        capture_output=True, text=True).stdout)
    memory = next(line["median"] for line in lines if line["name"].startswith("reading"))
    told(f"  read by the scan ÷ what one thread reads ({memory:.1f} GB/s)",
         [SCANNED_BYTES * customers / seconds / 1e9 / memory for seconds in ours], "of it", "≥ 0.5")


def two_columns(client: Any, customers: int, rounds: int) -> None:
    import duckdb

    orders_, idle = select(client, ["orders", "days_since_order"])
    base = duckdb.connect()
    base.execute(f"SET threads = {os.cpu_count() or 1}")
    base.register("told", {"orders": orders_, "idle": idle})
    base.execute("CREATE TABLE customers AS SELECT CAST(orders AS INTEGER) AS orders, CAST(idle AS INTEGER) AS idle FROM told")
    query = "SELECT count(*) FROM customers WHERE orders >= 3 AND idle > 90"
    condition = "orders >= 3 and days_since_order > 90"
    ours, theirs = [], []
    for round_ in range(rounds + 1):
        seconds, answer = timed(lambda: count(client, condition, []))
        their, rows = timed(lambda: base.execute(query).fetchall())
        assert answer["found"] == rows[0][0], (answer, rows)
        if round_:  # the first warms both
            ours.append(seconds)
            theirs.append(their)
    print(f"«{condition}» of {customers:,} customers, {answer['found']:,} found:")
    told("  Patron", [seconds * 1e3 for seconds in ours], "ms")
    told(f"  DuckDB {duckdb.__version__}", [seconds * 1e3 for seconds in theirs], "ms")
    told("  DuckDB ÷ Patron", [their / our for our, their in zip(ours, theirs)], "times", "≥ 1")


def compare(customers: int, rounds: int, seed: int) -> None:
    import patron

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "orders.csv"
        rows = write_file(path, customers, seed)
        print(f"{customers:,} customers, {rows:,} orders, {path.stat().st_size / 1e6:,.0f} MB, seed {seed}")
        server = Server(Path(place) / "data")
        try:
            seconds, text = timed(lambda: server.run(
                "import", str(path), "--customer", "customer", "--date", "day", "--amount", "amount",
                "--order", "number", "--json"))
            print(f"imported in {seconds:.1f} s, {rows / seconds / 1e6:.2f} million rows a second")
            path.unlink()
            print(server.run("status").rstrip())
            model = json.loads(server.run("fit", "--model", "bg-nbd", "--json"))
            with patron.Patron(server.address) as client:
                scores(client, customers, rounds, model)
                two_columns(client, customers, rounds)
        finally:
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not BENCHMARKS.exists() or not PATRON.exists():
        sys.exit("scan: build first: swift build -c release")
    # One thread means one.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        import duckdb  # noqa: F401
        import scipy  # noqa: F401
    except ImportError:
        if os.environ.get("PATRON_SCAN_VENV"):
            sys.exit("scan: numpy, scipy and duckdb do not import where they were installed")
        with tempfile.TemporaryDirectory() as place:
            try:
                venv.create(place, with_pip=True)
                python = Path(place) / "bin" / "python"
                subprocess.run(
                    [python, "-m", "pip", "install", "-q", "numpy", "scipy", "duckdb"], check=True)
            except (subprocess.CalledProcessError, OSError) as error:
                print(f"SKIPPED: numpy, scipy and duckdb cannot be installed ({error})")
                return
            subprocess.run(
                [python, __file__, *sys.argv[1:]], check=True,
                env={**os.environ, "PATRON_SCAN_VENV": "1"})
        return
    compare(options.customers, options.rounds, options.seed)


if __name__ == "__main__":
    main()
