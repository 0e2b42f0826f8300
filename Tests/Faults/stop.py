#!/usr/bin/env python3
"""Asks the server to end, with SIGTERM, while four writers pipeline commands.

Must hold: it ends with exit code 0 within 5 seconds; no acknowledged command is lost; every request
is answered or its connection closed; the next start finds a snapshot of everything.
"""

from __future__ import annotations

import shutil
import time
from typing import List

from life import Life, follows, must
from script import Script, totals
from server import SHUTTING_DOWN, Connection

STOPS_A_DIRECTORY = 20


def stop(script: Script) -> str:
    lives: List[Life] = []
    slowest = 0.0
    shut_out = 0
    while not script.is_over():
        directory = script.place / f"shop-{len(lives)}"
        life = Life(f"{script.seed} {len(lives)}", directory)
        lives.append(life)
        for _ in range(STOPS_A_DIRECTORY):
            with script.start(directory) as server:
                server.ready()
                if life.sequence is None:
                    life.begin(server)
                else:
                    life.check(server)
                life.write(server)
                time.sleep(script.random.uniform(0.01, 0.1))
                began = time.monotonic()
                server.terminate()
                code = server.ended(10)
                took = time.monotonic() - began
                said = server.said()
                must(code == 0, f"the exit code is {code}: {said}")
                must(took < 5, f"the server took {took:.1f} s to end")
                life.join()
            slowest = max(slowest, took)
            shut_out += sum(writer.refusals.get(SHUTTING_DOWN, 0) for writer in life.writers)
            script.done += 1
            if script.is_over():
                break
        with script.start(directory) as server:
            life.check(server.ready(), resend=False)
            with Connection(server.address) as connection:
                status = connection.status()
            must(follows(status.snapshot_sequence, status.sequence), (
                f"the snapshot ends at {status.snapshot_sequence}, not at {status.sequence}"))
        shutil.rmtree(directory)
    sums = totals(lives)
    return (
        f"{script.done} stops under load, each with exit code 0, the slowest after "
        f"{1000 * slowest:.0f} ms: 0 of {sums['acknowledged']} acknowledged commands lost, "
        f"{sums['recovered']} more were kept without a reply, {shut_out} were told that the "
        f"server is stopping")


if __name__ == "__main__":
    Script(__doc__, count=10, many="stops").run(stop)
