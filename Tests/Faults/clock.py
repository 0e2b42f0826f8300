#!/usr/bin/env python3
"""Turns the server's wall clock back and forward while it runs, with libfaketime.

The clock goes back by an hour, forward by 30 days, and to where it was, in the middle of commands; the
monotonic clock goes on as it does. Must hold: commands are accepted all the while and counted one by
one; the time they count as never falls, so what a later clock allowed stays allowed; snapshots go on
being written; a restart with the right clock gives the same state and the same scores as of a fixed day.
"""

from __future__ import annotations

import glob
import time
from datetime import timedelta
from pathlib import Path
from typing import List, Optional, Tuple

from life import Life, must
from script import Script, totals
from server import Connection, Server
from shop import FIRST_DAY, Command, OrderRow, date_of, number_of, patron

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1",
             "/usr/local/lib/faketime/libfaketimeMT.so.1")
STEPS = (("+0", timedelta()), ("-1h", timedelta(hours=-1)), ("+30d", timedelta(days=30)),
         ("-1h", timedelta(hours=-1)), ("+0", timedelta()))


def seen(connection: Connection, life: Life) -> Tuple[Optional[int], List[patron.Score]]:
    """The hash of the state, and everybody's scores as of a fixed day."""
    names = sorted(life.shop.customers)
    return (
        connection.status(with_state_hash=True).state_hash,
        list(connection.score_many(names, as_of=date_of(FIRST_DAY + 100))))


def order_ahead(connection: Connection, life: Life, number: int, today: int) -> bool:
    """Records an order dated 20 days from now, and tells whether that was accepted."""
    row = OrderRow("traveller", str(number), today + 20, 100)
    command = Command("record orders", [row], patron.CommandKey(2, number + 1))
    result = patron.read_record(connection.reply(connection.submit(command.verb, command.body)))
    life.sequence += 1
    if result.recorded == 1:
        life.shop.apply(command)
    return result.recorded == 1


def travel(script: Script, life: Life, server: Server, turned: Path) -> None:
    """Turns the clock step by step under load."""
    for number, (text, offset) in enumerate(STEPS):
        turned.write_text(text)
        with Connection(server.address) as connection:
            told = connection.ping()
            now = patron.datetime.now(patron.timezone.utc)
            must(abs(told - now - offset) < timedelta(seconds=5), (
                f"the clock was turned by {text}, and the server's time is {told}"))
        life.write(server, depth=4)
        time.sleep(0.15)
        life.join(end=True)
        life.check(server)
        with Connection(server.address) as connection:
            # Refused before the clock was ever ahead, accepted from then on.
            accepted = order_ahead(connection, life, number, number_of(now.date()))
            must(accepted == (number >= 2), (
                f"after the clock was turned by {text}, an order dated 20 days ahead was "
                f"{'accepted' if accepted else 'refused'}"))


def clock(script: Script) -> str:
    library = next((found for place in LIBRARIES for found in glob.glob(place)), None)
    if library is None:
        script.skip("there is no libfaketime (package faketime)")
    turned = script.place / "turned"
    environment = {
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(turned), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    lives: List[Life] = []
    while not script.is_over():
        turned.write_text("+0")
        life = Life(f"{script.seed} {len(lives)}", script.place / f"shop-{len(lives)}")
        lives.append(life)
        every = script.snapshots_every("200ms") or ["--snapshot-every", "1s"]
        # The library sets a variable for its children, and Swift, which finds its arguments before the
        # environment, finds none then. So `env` goes first: its child is told and sets nothing.
        with script.start(
            life.directory, *every, environment=environment, prefix=["env"]) as server:
            try:
                life.begin(server.ready())
                travel(script, life, server, turned)
                turned.write_text("-1h")
                with Connection(server.address) as connection:
                    until = time.monotonic() + 4
                    while connection.status().snapshot_sequence < life.sequence:
                        must(time.monotonic() < until, "no snapshot was written after the clock fell")
                        time.sleep(0.05)
                    before = seen(connection, life)
            finally:
                for left in glob.glob(f"/dev/shm/*faketime*_{server.process.pid}"):
                    Path(left).unlink()
        with script.start(life.directory) as server:
            with Connection(server.ready().address) as connection:
                after = seen(connection, life)
                life.compare(connection)
        must(before[0] == after[0], f"the state's hash was {before[0]:x}, now it is {after[0]:x}")
        must(before[1] == after[1], "the scores as of a fixed day differ after the restart")
        script.done += 1
    sums = totals(lives)
    return (
        f"{script.done} journeys through -1 h, +30 d, -1 h, 0: all of {sums['acknowledged']} commands "
        f"accepted and counted in order, the recorded time never fell, snapshots went on, "
        f"the restarted server has the same hash and scores")


if __name__ == "__main__":
    Script(__doc__, count=1, many="journeys").run(clock)
