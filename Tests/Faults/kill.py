#!/usr/bin/env python3
"""Kills the server with SIGKILL at random instants and compares what comes back with a model.

Four writers pipeline commands while snapshots are being written; after 5 to 80 ms the process is
killed, and started again on the same directory. Every tenth start is killed too, within its first
milliseconds; now and then `patron verify` looks at the files before. Must hold: every acknowledged command is there, nothing is there that was not sent, the
state is that of a prefix of each writer's commands, every customer's columns included. Then all
commands without a reply and 5 % of the others are sent again: each counts once.
"""

from __future__ import annotations

import shutil
import threading
import time
from random import Random
from typing import Dict, List

from life import Life
from script import Script, bites, totals
from server import Connection, Server
from shop import patron

KILLS_A_DIRECTORY = 20


class Snapshots(threading.Thread):
    """Asks for snapshots at random moments until the server is gone."""

    def __init__(self, address: str, draw: Random) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.waits = [draw.uniform(0, 0.02) for _ in range(20)]
        self.written = 0

    def run(self) -> None:
        try:
            with Connection(self.address, timeout=20, client="snapshots") as connection:
                for wait in self.waits:
                    time.sleep(wait)
                    connection.snapshot()
                    self.written += 1
        except patron.PatronError:
            pass


def kill_once(script: Script, life: Life, server: Server) -> int:
    """One part of a life, ended by SIGKILL; gives how many snapshots were written."""
    life.write(server)
    taker = Snapshots(server.address, script.random)
    taker.start()
    time.sleep(script.random.uniform(0.005, 0.080))
    server.kill()
    life.join()
    taker.join()
    return taker.written


def kill_without_writes(script: Script, life: Life, environment: Dict[str, str]) -> None:
    """A server whose writes do nothing, to show that losses are found."""
    with script.start(life.directory, environment=environment) as server:
        life.begin(server.ready())
        kill_once(script, life, server)


def kill(script: Script) -> str:
    every = script.snapshots_every("200ms")
    found_out = bites(
        script, "pwrite", script.place,
        lambda life, environment: kill_without_writes(script, life, environment))
    lives: List[Life] = []
    snapshots = starts_killed = 0
    while not script.is_over():
        directory = script.place / f"shop-{len(lives)}"
        life = Life(f"{script.seed} {len(lives)}", directory)
        lives.append(life)
        server = script.start(directory, *every)
        try:
            life.begin(server.ready())
            for _ in range(KILLS_A_DIRECTORY):
                snapshots += kill_once(script, life, server)
                script.done += 1
                if script.random.random() < 0.1:
                    server.__exit__()
                    server = script.start(directory, *every)
                    time.sleep(script.random.uniform(0, 0.02))
                    server.kill()
                    starts_killed += 1
                promised = script.verify(directory) if script.random.random() < 0.1 else None
                server.__exit__()
                server = script.start(directory, *every).ready()
                life.check(server, promised=promised)
                if script.is_over():
                    break
        finally:
            server.__exit__()
        shutil.rmtree(directory)
    sums = totals(lives)
    return (
        f"{script.done} kills and {starts_killed} during a start: 0 of {sums['acknowledged']} "
        f"acknowledged commands lost, 0 phantoms, 0 wrong columns; {sums['recovered']} more were "
        f"there without a reply, {sums['resent']} were sent again, {snapshots} snapshots; "
        f"{found_out}")


if __name__ == "__main__":
    Script(__doc__, count=40, many="kills").run(kill)
