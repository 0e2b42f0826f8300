#!/usr/bin/env python3
"""Reads everybody very slowly, over minutes, while another client records orders.

Must hold: what the slow reader is told is of the one instant at which it asked (its customers and their
total_spend are those of a count at that instant, whatever is recorded meanwhile); orders are acknowledged all the time;
and the server's memory grows by no more than what was recorded and what the reader's instant still holds.
"""

from __future__ import annotations

import math
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import List, Optional, Tuple

from life import must
from script import Script
from server import Connection, Server
from shop import a_model, patron

MIB = 1 << 20


def resident(server: Server) -> int:
    """Bytes of memory the server's process holds."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * 4096


class Recorder(threading.Thread):
    """Records single orders of customers by chance at a rate, until it is told to end."""

    def __init__(self, address: str, seed: int, customers: int, rate: float) -> None:
        super().__init__(daemon=True)
        self.address, self.seed, self.customers, self.rate = address, seed, customers, rate
        self.recorded = 0
        self.slowest = 0.0
        self.minor = 0
        self.is_ending = False
        self.problem: Optional[BaseException] = None

    def run(self) -> None:
        from random import Random

        random = Random(f"recorder {self.seed}")
        try:
            with Connection(self.address) as it:
                began = time.monotonic()
                while not self.is_ending:
                    due = began + self.recorded / self.rate
                    if due > time.monotonic():
                        time.sleep(min(0.2, due - time.monotonic()))
                        continue
                    cents = random.randrange(1, 100_000)
                    order = patron.Order(
                        f"c{random.randrange(self.customers)}", f"late {self.recorded}",
                        datetime.now(timezone.utc), f"{cents // 100}.{cents % 100:02}")
                    asked = time.monotonic()
                    result = it.record_orders([order])
                    must(result.recorded == 1, "an order was not recorded")
                    self.slowest = max(self.slowest, time.monotonic() - asked)
                    self.recorded += 1
                    self.minor += cents
        except BaseException as problem:  # noqa: B902: told by the main thread
            self.problem = problem


def fill(it: patron.Patron, customers: int, now: datetime) -> None:
    """Everybody has one to three orders of some days ago."""
    orders = (
        patron.Order(
            f"c{number}", str(order), now - timedelta(days=400 - number % 300 - 20 * order),
            f"{number % 500}.{order}0")
        for number in range(customers) for order in range(1 + number % 3))
    result = it.record_orders(orders)
    must(not result.refused and result.duplicates == 0, "the shop was not filled")


def hold(
    script: Script, server: Server, customers: int, seconds: float, rate: float
) -> Tuple[str, List[float]]:
    now = datetime.now(timezone.utc)
    with Connection(server.address) as filler:
        filler.adopt(a_model(script.random))
        fill(filler, customers, now)
    before = resident(server)
    with Connection(server.address, timeout=seconds + 600) as reader, \
            Connection(server.address) as other:
        condition, columns = "orders >= 1", ["customer", "total_spend", "p_alive", "segment"]
        asked = time.monotonic()
        counted = other.count(condition, measures=["total_spend"])
        rows = reader.select(condition, columns)
        first = next(rows)  # From here on it is under way.
        # Nothing was recorded yet, so the count is of the same instant.
        must(counted.customers == customers, f"there are {counted.customers} customers")
        recorder = Recorder(server.address, script.seed, customers, rate)
        recorder.start()
        began = time.monotonic()
        told, sums, most, names = 1, [first[1]], 0, {first[0]}
        while True:
            due = told / max(1, counted.found) * seconds
            wait = began + due - time.monotonic()
            if wait > 0:
                time.sleep(min(wait, 0.1))
                most = max(most, resident(server))
                if wait > 0.1:
                    continue
            some = [row for _, row in zip(range(500), rows)]
            if not some:
                break
            names.update(row[0] for row in some)
            sums += [row[1] for row in some]
            told += len(some)
        took = time.monotonic() - began
        most = max(most, resident(server))
        recorder.is_ending = True
        recorder.join(30)
        if recorder.problem is not None:
            raise recorder.problem
        must(not recorder.is_alive(), "an order was not answered within 30 s")
        must(recorder.recorded > 0 and took >= 0.9 * seconds, (
            f"only {recorder.recorded} orders were recorded in {took:.1f} s"))
        sum_told, measure = math.fsum(sums), counted.groups[0].measures[0]
        must(told == counted.found == len(names), (
            f"{told} customers were told, {len(names)} different ones, of {counted.found}"))
        must(abs(sum_told - measure.sum) <= 1e-9 * abs(measure.sum), (
            f"the sum of total_spend is {sum_told}, at the beginning it was {measure.sum}"))
        # What was recorded meanwhile is there, and was not told.
        later = other.count(condition, measures=["total_spend"]).groups[0].measures[0]
        must(abs(later.sum - measure.sum - recorder.minor / 100) <= 1e-9 * later.sum, (
            f"{recorder.minor / 100} were ordered meanwhile, {later.sum - measure.sum} are there"))
    time.sleep(0.3)
    after = resident(server)
    return (
        f"{told} customers were read over {took:.1f} s (asked {began - asked:.2f} s before) while "
        f"{recorder.recorded} orders were recorded, the slowest in {1000 * recorder.slowest:.0f} ms; "
        f"count and sum are those of the beginning ({sum_told:.2f}); resident MiB: before "
        f"{before / MIB:.1f}, most during {most / MIB:.1f}, after {after / MIB:.1f}"
    ), [before, most, after]


def scan_open(script: Script) -> str:
    arguments = script.arguments
    with script.start(script.place / "shop") as server:
        sentence, (before, most, _) = hold(
            script, server.ready(), arguments.customers, arguments.read_for, arguments.rate)
        # The chunks that change while the reader has them are there twice, columns and orders both; bytes of
        # customers and orders are those that README.md promises.
        bound = before + 2 * 160 * arguments.customers + 32 * MIB
        must(most <= bound, f"{most / MIB:.1f} MiB are resident, {bound / MIB:.1f} at most were due")
    script.done += 1
    return sentence


if __name__ == "__main__":
    one = Script(__doc__, count=1, many="scans held open")
    one.parser.add_argument("--customers", type=int, default=300_000, help="of the shop (300000)")
    one.parser.add_argument(
        "--read-for", type=float, default=120.0, metavar="SECONDS",
        help="how long everybody is read (120)")
    one.parser.add_argument(
        "--rate", type=float, default=200.0, help="orders a second meanwhile (200)")
    one.run(scan_open)
