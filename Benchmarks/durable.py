#!/usr/bin/env python3
"""Durable writes a second: Patron's orders beside Redis's SETs, on the same disk, taking turns.

Patron: `loadtest --orders 1.0`, one order of one customer in each command; the reply leaves when the
order is on disk (sync always). Redis: `redis-benchmark -t set -d 64` against a server with `appendonly
yes` and `appendfsync always`; the reply leaves when the SET is on disk. Both choose among as many
customers or keys at random, both with one client that waits for each reply, and with 50 connections
that keep 16 requests under way each. An order is the larger task (checks, index, history, columns);
the bytes that reach the disk are about the same. What is compared is acknowledged commands a second.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Dict, List

BUILT = Path(__file__).resolve().parents[1] / ".build" / "release"
LOADS = ((1, 1), (50, 16))


def patron(place: Path, connections: int, pipeline: int, arguments: argparse.Namespace) -> float:
    """Orders a second of a Patron server of loadtest's own."""
    told = subprocess.run(
        [str(BUILT / "loadtest"), "--orders", "1.0", "--connections", str(connections),
         "--pipeline", str(pipeline), "--customers", str(arguments.customers),
         "--duration", f"{arguments.seconds}s", "--json"],
        env={**os.environ, "TMPDIR": str(place)}, check=True, capture_output=True, text=True)
    result = json.loads(told.stdout)["runs"][0]
    if result["errors"] or result["wrong"] or result["orderShare"] != 1:
        sys.exit(f"durable: the load was not what it should be: {result}")
    return result["requestsPerSecond"]


class Redis:
    """A Redis server of our own."""

    def __init__(self, place: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = str(free.getsockname()[1])
        self.place = place / "redis"
        self.place.mkdir()
        self.process = subprocess.Popen(
            ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--dir", str(self.place),
             "--appendonly", "yes", "--appendfsync", "always", "--save", "",
             "--auto-aof-rewrite-percentage", "0"], stdout=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", int(self.port))).close()
                return
            except OSError:
                time.sleep(0.01)
        sys.exit("durable: redis-server does not listen")

    def sets(self, connections: int, pipeline: int, arguments: argparse.Namespace) -> float:
        """SETs a second; as many as fill the time, by a short run before."""
        def run(count: int) -> float:
            told = subprocess.run(
                ["redis-benchmark", "-p", self.port, "-t", "set", "-d", "64", "-n", str(count),
                 "-c", str(connections), "-P", str(pipeline), "-r", str(arguments.customers),
                 "--csv"], check=True, capture_output=True, text=True)
            row = next(row for row in csv.reader(told.stdout.splitlines()) if row[0] == "SET")
            return float(row[1])

        # redis-benchmark takes a number of requests, loadtest a time.
        rate = run(500 * connections * pipeline)
        return run(max(1000, int(rate * arguments.seconds)))

    def end(self) -> None:
        """Ends the server."""
        self.process.terminate()
        self.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="each takes both turns (5)")
    parser.add_argument("--seconds", type=float, default=2, help="of each load (2)")
    parser.add_argument("--customers", type=int, default=100_000, help="and keys (100000)")
    parser.add_argument("--at", help="where to make directories, for the disk to be tried")
    arguments = parser.parse_args()
    if not (BUILT / "loadtest").exists():
        sys.exit("durable: swift build -c release is missing")
    if not (shutil.which("redis-server") and shutil.which("redis-benchmark")):
        print("durable: SKIPPED, NOTHING WAS COMPARED: there is no redis-server "
              "(apt-get install redis-server redis-tools)")
        return

    place = Path(tempfile.mkdtemp(prefix="patron-durable-", dir=arguments.at))
    redis = Redis(place)
    rates: Dict[str, List[float]] = {}
    try:
        contestants: Dict[str, Callable[[int, int, argparse.Namespace], float]] = {
            "Patron": lambda *load: patron(place, *load), "Redis": redis.sets}
        for number in range(arguments.rounds):
            # Each goes first every other time.
            names = sorted(contestants, reverse=number % 2 == 1)
            for load in LOADS:
                for name in names:
                    rate = contestants[name](*load, arguments)
                    rates.setdefault(f"{name} {load}", []).append(rate)
    finally:
        redis.end()
        shutil.rmtree(place, ignore_errors=True)

    version = subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout
    print(f"durable: acknowledged commands a second, each on disk before its reply; "
          f"median (least … most) of {arguments.rounds} rounds of {arguments.seconds:g} s; "
          f"{arguments.customers} customers or keys")
    print("Patron: one order a command (loadtest --orders 1.0). Redis "
          f"{version.split('v=')[1].split()[0]}: one SET of 64 bytes a command, appendfsync always")
    print(f"{'load':24}{'Patron':>30}{'Redis':>30}   ratio (least … most)")
    for load in LOADS:
        ours, theirs = rates[f"Patron {load}"], rates[f"Redis {load}"]
        ratios = [one / other for one, other in zip(ours, theirs)]
        title = f"{load[0]} connections x {load[1]}" if load[0] > 1 else "1 client, serial"
        print(f"{title:24}{_spread(ours):>30}{_spread(theirs):>30}   "
              f"{statistics.median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f})")


def _spread(rates: List[float]) -> str:
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} … {max(rates):,.0f})"


if __name__ == "__main__":
    main()
