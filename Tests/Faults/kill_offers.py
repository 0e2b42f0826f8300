#!/usr/bin/env python3
"""Kills the server with SIGKILL at random instants while it decides, and compares what comes back.

Four writers pipeline decisions and report what came of them, under caps, budgets and holdouts, while
snapshots are being written; after 5 to 80 ms, now and then 400, the process is killed, and started again on the
same directory. Must hold: no acknowledged outcome is lost; the same outcome again counts once; what is spent,
reserved and given of each budget, each customer's contacts and the log of decisions are what the
decisions that are there and their outcomes come to. A decision is answered before it is synced, so the last
ones may be lost, but only if all after them is, and an outcome by their receipts must be taken; every other
directory is served with --decision-sync, and there none may be lost.
"""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from typing import Dict, List

from kill import KILLS_A_DIRECTORY, Snapshots
from offer_life import OfferLife
from script import Script, bites
from server import Server

SYNC = "--decision-sync"


def kill_once(script: Script, life: OfferLife, server: Server) -> int:
    """One part of a life, ended by SIGKILL; gives how many snapshots were written."""
    # Some live long enough for a snapshot that is whole.
    most = 0.4 if script.random.random() < 0.2 else 0.08
    life.write(server)
    taker = Snapshots(server.address, script.random)
    taker.start()
    time.sleep(script.random.uniform(0.005, most))
    life.kill(server)
    life.join()
    taker.join()
    return taker.written


def kill_without_writes(script: Script, life: OfferLife, environment: Dict[str, str]) -> None:
    """A server whose writes do nothing from some time on, to show that losses are found."""
    with script.start(life.directory, environment=environment) as server:
        life.begin(server.ready())
        life.write(server)
        time.sleep(0.3)
        life.kill(server)
        life.join()


def kill_offers(script: Script) -> str:
    every = script.snapshots_every("200ms")
    found_out = bites(
        script, "pwrite", script.place,
        lambda life, environment: kill_without_writes(script, life, environment),
        make=OfferLife, first=20)
    lives: List[OfferLife] = []
    snapshots = starts_killed = 0
    while not script.is_over():
        directory = script.place / f"shop-{len(lives)}"
        synced = [SYNC] if len(lives) % 2 == 1 and SYNC not in script.options else []
        life = OfferLife(
            f"{script.seed} {len(lives)}", directory,
            may_lose=not synced and SYNC not in script.options)
        lives.append(life)
        server = script.start(directory, *every, *synced)
        try:
            life.begin(server.ready())
            for _ in range(KILLS_A_DIRECTORY):
                snapshots += kill_once(script, life, server)
                script.done += 1
                if script.random.random() < 0.1:
                    server.__exit__()
                    server = script.start(directory, *every, *synced)
                    time.sleep(script.random.uniform(0, 0.02))
                    server.kill()
                    starts_killed += 1
                promised = script.verify(directory) if script.random.random() < 0.1 else None
                server.__exit__()
                server = script.start(directory, *every, *synced).ready()
                life.check(server, promised=promised)
                if script.is_over():
                    break
        finally:
            server.__exit__()
        shutil.rmtree(directory)

    def total(name: str) -> int:
        return sum(getattr(life, name) for life in lives)

    within = max((life.lost_within for life in lives), default=timedelta())
    return (
        f"{script.done} kills and {starts_killed} during a start: 0 of {total('outcomes')} "
        f"acknowledged reports of outcomes lost, none counted twice; of {total('decisions')} answered "
        f"decisions {total('lost')} were lost, at most {max(life.lost_most for life in lives)} at once, "
        f"made within {within / timedelta(milliseconds=1):.0f} ms, and all their receipts taken, "
        f"{sum(life.lost for life in lives if not life.may_lose)} with {SYNC}; budgets, caps and log "
        f"agreed each time, {total('barred')} answers were barred by them; {total('resent')} requests "
        f"were sent again, {snapshots} snapshots; {found_out}")


if __name__ == "__main__":
    Script(__doc__, count=40, many="kills").run(kill_offers)
