#!/usr/bin/env python3
"""Decisions a second: Patron beside Vowpal Wabbit with as many actions, taking turns.

Patron, through the network: `loadtest --decide --pin`, a server with all its threads on processor 0 and the
load on processor 1. A decision reads the request, looks the customer up, builds 32 features, scores the
customer, evaluates three conditions of each offer, consent, caps, refusals, budgets and holdouts, draws
with exact propensities, keeps and journals the decision with every offer's reason, and answers. «per core»
is one second over the server's processor time by decision, all its threads and the kernel's share
included: the steadiest of the figures, for it is not the load that limits it.
Patron, in process: `Benchmarks --filter "decisions, the engine"`: the same without sockets and disk.

Vowpal Wabbit (PyPI `vowpalwabbit`), in process and on one processor: `--cb_explore_adf --squarecb` predicts
a distribution over as many actions as there are offers, and no offer. 32 features of the customer, each
crossed with the action, which is what a regression for each arm has. No conditions, no caps, no budgets, no
log, no network: what is compared is a part of Patron's task. It reads its own text («text») or examples that
were parsed before («parsed»); the faster of the two is compared.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List

BUILT = Path(__file__).resolve().parents[1] / ".build" / "release"
FEATURES = 32


def loads(offers: int, greedy: bool, arguments: argparse.Namespace) -> Dict[str, float]:
    """What a server of loadtest's own says of a closed loop, and of an open one at half its rate."""
    told = subprocess.run(
        [str(BUILT / "loadtest"), "--decide", "--offers", str(offers), "--pin",
         "--customers", str(arguments.customers), "--connections", str(arguments.connections),
         "--pipeline", str(arguments.pipeline), "--duration", f"{arguments.seconds}s",
         "--outcomes", str(arguments.outcomes), "--json"] + (["--greedy"] if greedy else []),
        check=True, capture_output=True, text=True)
    closed, half = json.loads(told.stdout)["runs"]
    if closed["errors"] or closed["wrong"] or half["errors"] or half["wrong"]:
        sys.exit(f"decisions: the load was not what it should be: {closed} {half}")
    decide = closed["decide"]
    return {
        "rate": decide["perSecond"], "micros": decide["serverMicros"],
        "core": 1e6 / decide["serverMicros"], "bytes": decide.get("journalBytes", 0),
        "p50": half["decisions"]["p50"], "p99": half["decisions"]["p99"],
        "p999": half["decisions"]["p999"], "chosen": decide["chosenShare"],
        "candidates": decide["candidates"]}


def engine() -> Dict[str, float]:
    """Microseconds of a decision in process, by the benchmark's line."""
    told = subprocess.run(
        ["taskset", "--cpu-list", "0", str(BUILT / "Benchmarks"), "--quick", "--json",
         "--filter", "decisions, the engine"], check=True, capture_output=True, text=True)
    return {f"{line['group'].split()[-3]} {'drawn' in line['name']}": line["median"]
            for line in json.loads(told.stdout)}


# Vowpal Wabbit's turn, in a process of its own.

def examples(actions: int, number: int) -> str:
    """A decision in Vowpal Wabbit's text."""
    draw = random.Random(number)
    shared = " ".join(f"f{place}:{draw.uniform(-2, 2):.4f}" for place in range(FEATURES))
    return "\n".join([f"shared |u {shared}"] + [f"|a o{action}" for action in range(actions)])


def vowpal(actions: int, seconds: float) -> None:
    """Prints how many decisions a second are predicted, from text and from parsed examples."""
    import vowpalwabbit
    os.sched_setaffinity(0, {0})
    settings = "--cb_explore_adf --squarecb --cb_type mtr -q ua --quiet -b 18"
    texts = [examples(actions, number) for number in range(200)]
    model = vowpalwabbit.Workspace(settings)
    for number in range(2_000):
        lines = texts[number % len(texts)].split("\n")
        chosen = 1 + number % actions
        lines[chosen] = f"0:{-random.random():.3f}:{1 / actions:.4f} {lines[chosen]}"
        model.learn(lines)
    parsed = [model.parse(text.split("\n")) for text in texts]
    # Processor time of all its threads, as that of Patron's server is.
    count, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        for one in parsed:
            model.predict(one)
        count += len(parsed)
    fromParsed = count / (time.process_time() - start)

    with tempfile.TemporaryDirectory() as place:
        weights, data = Path(place) / "weights", Path(place) / "data"
        model.save(str(weights))
        count = max(200, int(fromParsed * seconds))
        data.write_text("\n\n".join(texts[number % len(texts)] for number in range(count)) + "\n\n")
        start = time.process_time()
        # It reads the whole file as it is made.
        vowpalwabbit.Workspace(f"-t -i {weights} -d {data} --quiet")
        fromText = count / (time.process_time() - start)
    print(json.dumps({"parsed": fromParsed, "text": fromText, "version": vowpalwabbit.__version__}))


def wabbit(offers: int, arguments: argparse.Namespace) -> Dict[str, float]:
    """Vowpal Wabbit's decisions a second."""
    told = subprocess.run(
        [sys.executable, __file__, "--vowpal", str(offers + 1), "--seconds",
         str(arguments.seconds)], check=True, capture_output=True, text=True)
    return json.loads(told.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="each takes all turns (5)")
    parser.add_argument("--seconds", type=float, default=2, help="of each load (2)")
    parser.add_argument("--customers", type=int, default=100_000, help="100000")
    parser.add_argument("--connections", type=int, default=8, help="8")
    parser.add_argument("--pipeline", type=int, default=16, help="requests under way on each (16)")
    parser.add_argument("--outcomes", type=float, default=0, help="share that is learnt from (0)")
    parser.add_argument("--offers", default="0,16,64,256", help="0,16,64,256")
    parser.add_argument("--vowpal", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.vowpal:
        vowpal(arguments.vowpal, arguments.seconds)
        return
    if not (BUILT / "loadtest").exists() or not (BUILT / "Benchmarks").exists():
        sys.exit("decisions: swift build -c release is missing")
    counts = [int(count) for count in arguments.offers.split(",")]
    version = ""
    try:
        import vowpalwabbit
        version = vowpalwabbit.__version__
    except ImportError:
        print("decisions: VOWPAL WABBIT WAS SKIPPED, NOTHING IS COMPARED WITH IT: "
              "pip install vowpalwabbit")

    served: Dict[str, List[Dict[str, float]]] = {}
    inside: Dict[str, List[float]] = {}
    theirs: Dict[int, List[Dict[str, float]]] = {}
    for number in range(arguments.rounds):
        # Who goes first changes.
        for offers in counts if number % 2 == 0 else counts[::-1]:
            for greedy in (False, True):
                served.setdefault(f"{offers} {not greedy}", []).append(
                    loads(offers, greedy, arguments))
            if version and offers > 0:
                theirs.setdefault(offers, []).append(wabbit(offers, arguments))
        for line, micros in engine().items():
            inside.setdefault(line, []).append(micros)

    def median(rows: List[Dict[str, float]], name: str) -> float:
        return statistics.median(row[name] for row in rows)

    print(f"decisions: medians of {arguments.rounds} rounds of {arguments.seconds:g} s; "
          f"{arguments.customers} customers, {arguments.connections} connections x "
          f"{arguments.pipeline}, outcomes of {arguments.outcomes * 100:g} %; "
          f"server on one processor, load on the other; latency at half the rate, in us")
    print(f"{'offers':>6} {'':8}{'served/s':>10}{'(least … most)':>20}{'CPU us':>8}{'per core':>10}"
          f"{'p50':>8}{'p99':>8}{'p99.9':>8}{'bytes':>7}{'scored':>8}{'engine us':>11}"
          f"{'per core':>10}")
    for offers in counts:
        for drawn in (True, False):
            rows = served[f"{offers} {drawn}"]
            micros = statistics.median(inside.get(f"{offers} {drawn}", [float("nan")]))
            rates = [row["rate"] for row in rows]
            print(f"{offers:>6} {'drawn' if drawn else 'the best':8}{median(rows, 'rate'):>10,.0f}"
                  f"{f'({min(rates):,.0f} … {max(rates):,.0f})':>20}"
                  f"{median(rows, 'micros'):>8.1f}{median(rows, 'core'):>10,.0f}"
                  f"{median(rows, 'p50'):>8.0f}{median(rows, 'p99'):>8.0f}"
                  f"{median(rows, 'p999'):>8.0f}{median(rows, 'bytes'):>7.0f}"
                  f"{median(rows, 'candidates'):>8.1f}{micros:>11.1f}{1e6 / micros:>10,.0f}")
    if not version:
        return
    print(f"Vowpal Wabbit {version}, --cb_explore_adf --squarecb, {FEATURES} features x actions, in "
          "process on one core")
    print(f"{'actions':>7}{'parsed/s':>10}{'text/s':>10}   Patron's per core by it: "
          "served drawn (least … most), in process drawn")
    for offers in counts:
        if offers == 0:
            continue
        best = [max(row["parsed"], row["text"]) for row in theirs[offers]]
        ratios = [row["core"] / their for row, their in zip(served[f"{offers} True"], best)]
        within = 1e6 / statistics.median(inside[f"{offers} True"]) / statistics.median(best)
        print(f"{offers + 1:>7}{median(theirs[offers], 'parsed'):>10,.0f}"
              f"{median(theirs[offers], 'text'):>10,.0f}   {statistics.median(ratios):.1f} "
              f"({min(ratios):.1f} … {max(ratios):.1f}), {within:.1f}")


if __name__ == "__main__":
    main()
