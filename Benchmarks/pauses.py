#!/usr/bin/env python3
"""What snapshots and synced orders do to the latency of everybody else, measured side by side.

Each comparison takes turns on fresh servers with as many customers: a load without the disturbance, the
same load with it, and again. Printed are the medians over the turns, in microseconds, and their ratio;
then the same of the least over the turns, which a noisy machine disturbs less.

snapshots  a steady open loop of scores and orders, without snapshots and with one after the other
writes     a steady open loop of scores alone, without writers and with writers on connections of their
           own that record orders as fast as they are acknowledged (--sync always)
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, List

BUILT = Path(__file__).resolve().parents[1] / ".build" / "release"


def measure(place: Path, serve: List[str], load: List[str], arguments: argparse.Namespace) -> Dict:
    """One load on a server of its own; the result of loadtest and the server's status after it."""
    with tempfile.TemporaryDirectory(dir=place) as directory:
        server = subprocess.Popen(
            [str(BUILT / "patron"), "serve", "--data", directory + "/shop", "--listen", "127.0.0.1:0", *serve],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert server.stdout is not None
        found = re.search(r"listening on (\S+)", server.stdout.readline())
        if found is None:
            sys.exit("pauses: the server did not start")
        address = found.group(1)
        try:
            told = subprocess.run(
                [str(BUILT / "loadtest"), "--address", address, "--customers", str(arguments.customers),
                 "--duration", f"{arguments.seconds}s", "--warm-up", "2s", "--json", *load],
                check=False, capture_output=True, text=True)
            if told.returncode != 0:
                sys.exit(f"pauses: the load failed: {told.stdout}{told.stderr}")
            status = subprocess.run(
                [str(BUILT / "patron"), "status", "--json", "--address", address],
                check=True, capture_output=True, text=True)
        finally:
            server.send_signal(signal.SIGKILL)
            server.wait()
        return {"load": json.loads(told.stdout)["runs"][0], "status": json.loads(status.stdout)}


def row(name: str, kind: str, calm: List[Dict], disturbed: List[Dict]) -> None:
    """One line for each quantile, medians over the turns."""
    for quantile in ("p50", "p99", "p999"):
        line = f"{name:<12}{kind:<8}{quantile:<6}"
        for of in (statistics.median, min):
            a = of(result["load"][kind][quantile] for result in calm)
            b = of(result["load"][kind][quantile] for result in disturbed)
            line += f"{a:>12.0f}{b:>12.0f}{b / a:>8.2f}"
        print(line)


def late(results: List[Dict]) -> float:
    """How late the load generator itself was, in 99 of 100 cases; it is in the latencies."""
    return statistics.median(result["load"]["lateP99"] for result in results)


def compare(name: str, kinds: List[str], place: Path, serves: List[List[str]], loads: List[List[str]],
            arguments: argparse.Namespace) -> None:
    results: List[List[Dict]] = [[], []]
    for _ in range(arguments.turns):
        for which in (0, 1):
            results[which].append(measure(place, serves[which], loads[which], arguments))
    for kind in kinds:
        row(name, kind, results[0], results[1])
    last = results[1][-1]
    print(f"    disturbed: {last['load']['requestsPerSecond']:,.0f} requests/s, snapshot of "
          f"{last['status'].get('snapshotBytes', 0):,} bytes, {last['status'].get('snapshotWritten', 0):,} of "
          f"them written by the last one, load generator busy {last['load']['loadBusy']:.0%}, 99 % "
          f"of its requests at most {late(results[0]):.0f} us late without and {late(results[1]):.0f} with")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=10, help="of each load")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--rate", type=int, default=10_000, help="requests a second of the steady load")
    parser.add_argument("--snapshot-every", default="1s")
    parser.add_argument("--snapshot-rate", default="50", help="megabytes a second")
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--pipeline", type=int, default=1, help="of the writers")
    parser.add_argument("--only", choices=("snapshots", "writes"))
    parser.add_argument("--place", type=Path, default=Path(os.environ.get("TMPDIR", "/var/tmp")))
    arguments = parser.parse_args()

    print(f"{arguments.customers:,} customers, {arguments.rate:,} requests/s, {arguments.turns} turns of "
          f"{arguments.seconds} s; microseconds")
    print(f"{'':<26}{'medians':^32}{'the least':^32}")
    print(f"{'':<12}{'what':<8}{'':<6}" + f"{'without':>12}{'with':>12}{'ratio':>8}" * 2)
    steady = ["--connections", "50", "--rate", str(arguments.rate)]
    quiet = ["--snapshot-every", "0s"]
    if arguments.only != "writes":
        busy = ["--snapshot-every", arguments.snapshot_every, "--snapshot-rate", arguments.snapshot_rate]
        mixed = steady + ["--orders", "0.05"]
        compare("snapshots", ["scores", "orders"], arguments.place, [quiet, busy], [mixed, mixed], arguments)
    if arguments.only != "snapshots":
        scores = steady + ["--orders", "0"]
        writers = scores + ["--writers", str(arguments.writers), "--pipeline", str(arguments.pipeline)]
        compare("writes", ["scores"], arguments.place, [quiet, quiet], [scores, writers], arguments)


if __name__ == "__main__":
    main()
