#!/usr/bin/env python3
"""A log of random decisions, decided anew by a server: what its choices would have earned.

Replay (Li et al. 2011): each row of the log is put to the server; where it chooses what was done, the row's
reward counts and is told to it; else the row is left out. The log needs columns id, action, the reward and
numeric features, as `patron evaluate` reads them; action 0 is no offer, and all actions were equally likely.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

HOUSE = Path(__file__).resolve().parents[1]
PATRON = HOUSE / ".build" / "release" / "patron"
sys.path[:0] = [str(HOUSE / "clients" / "python")]

import patron  # noqa: E402

NOT_FEATURES = {"id", "action", "propensity", "visit", "conversion", "spend", "reward"}

Row = Tuple[int, float, Tuple[float, ...]]


def read(path: str, reward: str) -> Tuple[List[str], List[Row]]:
    with open(path, newline="") as file:
        table = csv.DictReader(file)
        names = [n for n in table.fieldnames or [] if n not in NOT_FEATURES and n != reward]
        rows = [(int(line["action"]), float(line[reward]), tuple(float(line[n]) for n in names))
                for line in table]
    return names, rows


def catalogue(names: List[str], rows: List[Row], epsilon: float) -> str:
    """One offer for each action, and the log's features, centred and scaled."""
    count = len(rows)
    features = []
    for place, name in enumerate(names):
        mean = sum(row[2][place] for row in rows) / count
        variance = sum((row[2][place] - mean) ** 2 for row in rows) / count
        features.append({"id": name, "default": mean, "center": mean, "scale": variance ** 0.5 or 1})
    mean = sum(row[1] for row in rows) / count
    noise = (sum((row[1] - mean) ** 2 for row in rows) / count) ** 0.5
    offers = [
        {"id": f"action-{action}", "family": f"action-{action}", "state": "live",
         "channels": ["site"], "placements": ["log"]}
        for action in sorted({row[0] for row in rows}) if action > 0]
    return json.dumps({
        "currency": "USD", "minor_digits": 4, "margin_rate": 1, "epsilon": epsilon,
        "outcome_noise": noise, "profiling": "opt_out", "channels": {"site": {"consent": "opt_out"}},
        "placements": [{"id": "log", "top": 1}], "features": {"schema": 1, "list": features},
        "offers": offers})


@contextmanager
def server(directory: str) -> Iterator[str]:
    """A server of our own; its address."""
    process = subprocess.Popen(
        [PATRON, "serve", "--data", f"{directory}/shop", "--listen", "127.0.0.1:0",
         # Nothing here has to outlive a loss of power.
         "--sync", "100ms"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            found = re.search(r"^listening on (\S+)", line)
            if found:
                yield found.group(1)
                return
        sys.exit("replay: the server did not start")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def replay(names: List[str], rows: List[Row], epsilon: float, seed: int) -> Dict[str, float]:
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    with tempfile.TemporaryDirectory() as directory, server(directory) as address:
        client = patron.Patron(address)
        client.put_catalogue(catalogue(names, rows, epsilon))
        counted = reward = 0.0
        began = time.monotonic()
        for place in order:
            action, y, features = rows[place]
            decision = client.decide(
                f"r{seed}-{place}", "log", "site", features=features, schema=1)
            chosen = int(decision.offers[0].offer.split("-")[1]) if decision.offers else 0
            if chosen != action:
                continue
            counted += 1
            reward += y
            client.record_outcomes(
                [patron.Outcome(decision.receipt, "ended", datetime.now(timezone.utc),
                                order_value=f"{max(y, 0):.4f}", margin=f"{y:.4f}")],
                currency="USD", minor_digits=4)
        seconds = time.monotonic() - began
        client.close()
    return {"mean": reward / counted, "counted": counted, "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", help="CSV with id, action, the reward and features")
    parser.add_argument("--reward", default="visit", help="the reward's column (default visit)")
    parser.add_argument("--shuffles", type=int, default=6, help="sequences of the rows (default 6)")
    parser.add_argument("--seed", type=int, default=1, help="the first shuffle's seed (default 1)")
    parser.add_argument("--epsilon", type=float, default=0.02,
                        help="the share of decisions that is spread evenly (default 0.02)")
    arguments = parser.parse_args()
    names, rows = read(arguments.log, arguments.reward)
    random_mean = sum(row[1] for row in rows) / len(rows)
    print(f"{len(rows)} rows, {len(names)} features; at random {random_mean:.5f}", flush=True)
    means = []
    for seed in range(arguments.seed, arguments.seed + arguments.shuffles):
        one = replay(names, rows, arguments.epsilon, seed)
        means.append(one["mean"])
        print(f"seed {seed}: {one['mean']:.5f} over {one['counted']:.0f} rows, "
              f"{len(rows) / one['seconds']:.0f} decisions a second", flush=True)
    print(f"mean of {len(means)} shuffles: {sum(means) / len(means):.5f}")


if __name__ == "__main__":
    main()
