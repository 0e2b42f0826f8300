#!/usr/bin/env python3
"""Fills the server's disk, a tmpfs of a few megabytes, and makes room again.

Must hold: commands are refused with «no space» while scores and status are answered, a refused command
has changed nothing, a snapshot that finds no room does no harm; when there is room again, commands are
accepted without a restart, the refused ones too, under their first key; after SIGKILL, full or not, the
server starts again and holds what the model holds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import List

from life import Life, must
from script import Script, totals
from server import NO_SPACE, TASK_FAILED, Connection, Server
from shop import Stream, patron

SIZE_BYTES = 8 << 20
BALLAST_BYTES = 5 << 20


def mount(script: Script, place: Path) -> None:
    """Mounts a tmpfs, in a name space of our own where we are not root."""
    if os.geteuid() != 0 and "PATRON_FAULTS_UNSHARED" not in os.environ:
        os.environ["PATRON_FAULTS_UNSHARED"] = "1"
        shutil.rmtree(script.place)
        try:
            os.execvp("unshare", ["unshare", "-Urm", sys.executable, *sys.argv])
        except OSError as error:
            script.skip(f"not root, and no unshare: {error}")
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "patron", str(place)],
        capture_output=True, text=True)
    if done.returncode != 0:
        script.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")


def fill(life: Life, server: Server, seconds: float = 60) -> None:
    """Has commands written until some were refused for want of space."""
    life.write(server, depth=4, bearable=(NO_SPACE,))
    until = time.monotonic() + seconds
    while sum(len(writer.refusals) and writer.refusals[NO_SPACE] for writer in life.writers) < 100:
        must(time.monotonic() < until, "the disk did not fill up")
        must(all(writer.is_alive() for writer in life.writers), (
            f"a writer ended: {[writer.broke or writer.problem for writer in life.writers]}; "
            f"the server: {server.process.poll()}, {server.said()}"))
        time.sleep(0.01)
    # Queries go on.
    with Connection(server.address, timeout=2) as connection:
        must(connection.score("c1").known, "a score is wrong while the disk is full")
        connection.status()
        try:
            connection.snapshot(timeout=10)
        except patron.PatronRefused as refusal:
            must(refusal.status in (TASK_FAILED, NO_SPACE), f"a snapshot was refused: {refusal}")
    life.join(end=True)


def await_room(life: Life, server: Server, seconds: float) -> None:
    """Waits until commands are accepted again."""
    until = time.monotonic() + seconds
    while True:
        life.write(server, count=1, bearable=(NO_SPACE,))
        life.join()
        is_refused = any(writer.refusals for writer in life.writers)
        life.check(server, sample=0)
        if not is_refused:
            return
        must(time.monotonic() < until, f"commands are still refused {seconds} s after there is room")
        time.sleep(0.05)


def full_disk(script: Script) -> str:
    place = script.place / "disk"
    mount(script, place)
    lives: List[Life] = []
    restarts_full = 0
    waited = 0.0
    try:
        while not script.is_over():
            directory, ballast = place / "shop", place / "ballast"
            ballast.write_bytes(bytes(BALLAST_BYTES))
            life = Life(f"{script.seed} {len(lives)}", directory)
            life.streams = [
                Stream(f"{script.seed} {len(lives)}", number, bulk=True) for number in range(4)]
            lives.append(life)
            server = script.start(directory)
            try:
                life.begin(server.ready())
                fill(life, server)
                life.check(server, resend=False)
                if script.done % 2 == 1:
                    # Full, and killed: it must start, answer queries, and wait for room.
                    server.__exit__()
                    server = script.start(directory).ready()
                    life.check(server, resend=False)
                    restarts_full += 1
                began = time.monotonic()
                ballast.unlink()
                await_room(life, server, 5)
                waited = max(waited, time.monotonic() - began)
                life.resend_refused(server)
                life.write(server, count=20, bearable=())
                life.join()
                life.check(server)
                server.__exit__()
                server = script.start(directory).ready()
                life.check(server)
            finally:
                server.__exit__()
            shutil.rmtree(directory)
            script.done += 1
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)
    sums = totals(lives)
    return (
        f"{script.done} full disks, {restarts_full} with a restart while full: "
        f"{sums['refused']} commands refused without a trace, 0 of {sums['acknowledged']} "
        f"acknowledged ones lost, scores answered, accepted again within {waited:.2f} s")


if __name__ == "__main__":
    Script(__doc__, count=2, many="times full").run(full_disk)
