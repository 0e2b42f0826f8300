#!/usr/bin/env python3
"""Lets the n-th call of the system on a file of the server fail, for n = 1, 2, 3 and so on.

The shim faultio.c is compiled on the spot and preloaded into the server. A load of commands, scores
and snapshots runs over it; then the server ends, or has ended, is started again without the shim, and
is compared with the model. Must hold for every call, fault and n: no acknowledged command is lost, no
crash, no hang; an end of the server has a sentence and comes within a second; a file whose sync failed
is never synced again. A failed sync or write of the journal ends the server with exit code 4; a full
disk refuses commands and nothing else; an interrupted or a short call is not noticed at all.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from life import Life, Violation, must
from script import Script, compile_shim, totals
from server import NO_SPACE, TASK_FAILED, Connection, Server, Unstarted
from shop import patron

# What must come of a fault.
ENDS, FULL, UNNOTICED, BORNE = (
    "the server ends with 4", "commands are refused at most", "nobody notices",
    "the server goes on or ends with 4")


class Case(NamedTuple):
    call: str
    fault: str
    path: str  # part of the path of the files meant
    must: str
    far: int = 0  # in the short form too: from every n up to this on for ever


NEVER = 10_000
FAILURES_MAX = 3  # of one case, with --go-on; the rest would only say the same
JOURNAL, SNAPSHOT, NEW, ALL = "/journal-", "/snapshot-", ".tmp", "/shop"

CASES = [
    Case("fdatasync", "EIO", JOURNAL, ENDS),
    Case("fdatasync", "ENOSPC", JOURNAL, ENDS),
    Case("pwrite", "EIO", JOURNAL, ENDS),
    Case("pwrite", "ENOSPC", JOURNAL, FULL),
    Case("pwrite", "EDQUOT", JOURNAL, FULL),
    Case("fallocate", "ENOSPC", JOURNAL, FULL),
    Case("fallocate", "EDQUOT", JOURNAL, FULL),
    Case("fallocate", "EIO", JOURNAL, BORNE),
    Case("openat", "ENOSPC", NEW, FULL),
    Case("openat", "EIO", JOURNAL, BORNE),
    Case("ftruncate", "EIO", JOURNAL, BORNE),
    Case("renameat", "EIO", JOURNAL, BORNE),
    Case("openat", "EIO", SNAPSHOT, BORNE, far=12),
    Case("openat", "EMFILE", SNAPSHOT, BORNE),
    Case("pread", "EIO", SNAPSHOT, BORNE),
    Case("pread", "EIO", JOURNAL, BORNE),
    Case("pwrite", "EIO", SNAPSHOT, BORNE),
    Case("pwrite", "ENOSPC", SNAPSHOT, FULL),
    Case("fdatasync", "EIO", SNAPSHOT, BORNE),
    Case("renameat", "EIO", SNAPSHOT, BORNE),
    Case("fsync", "EIO", ALL, BORNE),
    Case("pwrite", "EINTR", ALL, UNNOTICED),
    Case("pwrite", "SHORT", ALL, UNNOTICED),
    Case("pread", "EINTR", ALL, UNNOTICED),
    Case("pread", "SHORT", ALL, UNNOTICED),
    Case("fdatasync", "EINTR", ALL, UNNOTICED),
    Case("fsync", "EINTR", ALL, UNNOTICED),
    Case("openat", "EINTR", ALL, UNNOTICED),
    Case("ftruncate", "EINTR", ALL, UNNOTICED),
    Case("fallocate", "EINTR", ALL, UNNOTICED),
]


class Run:
    """One fault in one load."""

    def __init__(self, script: Script, shim: Path, case: Case, number: int, times: int) -> None:
        self.script = script
        self.case = case
        self.log = script.place / "log"
        self.log.write_text("")
        self.name = f"{case.call}:{case.fault}:{number}:{times} on {case.path}"
        self.once = times == 1
        self.directory = script.place / "shop"
        self.environment = {
            "LD_PRELOAD": str(shim), "FAULTIO": f"{case.call}:{case.fault}:{number}:{times}",
            "FAULTIO_PATH": case.path, "FAULTIO_LOG": str(self.log)}
        self.life = Life(f"{script.seed} {self.name}", self.directory, writers=2)
        self.refused_snapshots = 0
        self.code: Optional[int] = None
        self.has_started = True
        self.was_asked_to_end = False

    def run(self) -> bool:
        """Runs it, raises what did not hold, and tells whether the fault was met."""
        try:
            return self._run()
        except (Violation, patron.PatronError, Unstarted) as error:
            raise Violation(f"{self.name}: {error}") from error

    def _run(self) -> bool:
        shutil.rmtree(self.directory, ignore_errors=True)
        with self.script.start(self.directory) as server:
            self.life.begin(server.ready())
            server.terminate()
            must(server.ended(5) == 0, "the server did not end well before any fault")
        with self.script.start(self.directory, environment=self.environment) as server:
            try:
                self._load(server)
                if server.process.poll() is None:
                    self.was_asked_to_end = True
                    server.terminate()
                self.code = self._end(server, 5)
            except Unstarted as error:
                self.code = error.code
                self.ended_at = time.monotonic()
                self.has_started = False
            said = server.said()
        faults = [line.split(" ", 4) for line in self.log.read_text().splitlines()]
        met = [fault for fault in faults if fault[0] == "fault"]
        self._judge(met, said)
        for fault in faults:
            must(fault[0] != "resync", f"a file whose sync had failed was synced again: {fault[4]}")
        with self.script.start(self.directory) as server:
            self.life.check(server.ready())
        return bool(met)

    def _load(self, server: Server) -> None:
        server.ready(5)
        # Slow enough to go on while snapshots are written.
        self.life.write(server, count=30, depth=4, pause=0.001, bearable=(NO_SPACE,))
        try:
            with Connection(server.address, timeout=5) as connection:
                for _ in range(2):
                    time.sleep(0.01)
                    try:
                        connection.snapshot(timeout=5)
                    except patron.PatronRefused as refusal:
                        if refusal.status not in (TASK_FAILED, NO_SPACE):
                            raise
                        self.refused_snapshots += 1
                    # Queries go on whatever happens to the disk.
                    connection.score("c1")
        except patron.PatronConnectionError:
            self.code = self._end(server, 2)
        self.life.join(seconds=5)

    def _end(self, server: Server, seconds: float) -> int:
        try:
            return server.ended(seconds)
        except subprocess.TimeoutExpired:
            raise Violation(
                f"no answer, and the server did not end within {seconds} s: a hang") from None
        finally:
            self.ended_at = time.monotonic()

    def _judge(self, met: List[List[str]], said: str) -> None:
        """Compares the end with what must come of the fault."""
        code, kind = self.code, self.case.must
        refusals = sum(sum(writer.refusals.values()) for writer in self.life.writers)
        must(code is not None and code >= 0, f"the server crashed with signal {-(code or 0)}: {said}")
        if not met:
            must(code == 0 and not refusals, f"no fault, and yet the exit code {code}: {said}")
            return
        if not self.has_started and kind != UNNOTICED:
            must(code in (1, 4), (
                f"at its start the server ended with {code}; that it could not start is 1, that "
                f"the disk failed is 4: {said}"))
        elif kind == ENDS:
            must(code == 4, f"the exit code is {code}, must be 4: {said}")
            late = self.ended_at - float(met[0][1])
            must(late < 1, f"the server ended {late:.1f} s after the fault")
        elif kind == UNNOTICED:
            must(code == 0 and not refusals and not self.refused_snapshots, (
                f"exit code {code}, {refusals} commands and {self.refused_snapshots} snapshots "
                f"refused: {said}"))
        elif kind == FULL:
            # Where the disk took back for ever what it had promised, an end is better than a hang.
            must(code == 0 or (code == 4 and not self.once) or (self.was_asked_to_end and "the last snapshot failed" in said), (
                f"the exit code is {code}, a full disk must not end the server: {said}"))
        else:
            must(code in (0, 4), f"the exit code is {code}: {said}")
        sentence = re.search(r"patron serve: .{20,}", said)
        must(code == 0 or sentence, f"it ended with {code} and without a sentence: {said!r}")


def plan(
    case: Case, arguments: argparse.Namespace, ended: Set[Tuple[Case, int]]
) -> Iterator[Tuple[int, int]]:
    """Which calls are to fail: from which on, and how many; 0 is for ever."""
    # Whoever is interrupted tries again, and may do so for ever.
    both = (1,) if case.fault == "EINTR" else (1, 0)
    for times in both if arguments.every or case.far else (1,):
        last = NEVER if arguments.every else arguments.count if times else case.far
        numbers = [arguments.n] if arguments.n else range(1, last + 1)
        for number in numbers:
            yield number, times
            if (case, times) in ended:
                break


def faultio(script: Script) -> str:
    arguments = script.arguments
    shim = compile_shim(script)
    if shim is None:
        script.skip("there is no C compiler for faultio.c")
    met: Dict[Case, int] = {}
    ended: Set[Tuple[Case, int]] = set()  # the load ends before the next n
    runs = 0
    problems: List[str] = []
    failures: Dict[Tuple[Case, int], int] = {}
    lives: List[Life] = []
    for case in CASES:
        if arguments.only and arguments.only not in f"{case.call}:{case.fault}:{case.path}":
            continue
        for number, times in plan(case, arguments, ended):
            run = Run(script, shim, case, number, times)
            runs += 1
            was_met = True
            try:
                was_met = run.run()
            except Violation as error:
                if not arguments.go_on:
                    raise
                problems.append(str(error))
                print(f"faultio: FAILED: {error}", flush=True)
                failures[case, times] = failures.get((case, times), 0) + 1
            lives.append(run.life)
            met[case] = met.get(case, 0) + was_met
            script.done += was_met
            if not was_met or failures.get((case, times), 0) == FAILURES_MAX:
                ended.add((case, times))
        print(
            f"  {case.call:9} {case.fault:6} {case.path:10} {met.get(case, 0):4} met; "
            f"{case.must}", flush=True)
    must(not problems, f"{len(problems)} of {runs} runs")
    sums = totals(lives)
    return (
        f"{script.done} faults in {runs} runs: 0 of {sums['acknowledged']} acknowledged commands "
        f"lost, no crash, no hang, no file synced again after its sync had failed")


if __name__ == "__main__":
    the_script = Script(__doc__, count=3, many="faults of each kind at most")
    the_script.parser.add_argument(
        "--every", action="store_true",
        help="every n until the load ends without the fault, once and from there on for ever")
    the_script.parser.add_argument("--n", type=int, help="only this n")
    the_script.parser.add_argument("--only", help="only cases that contain this text")
    the_script.parser.add_argument(
        "--go-on", action="store_true", help="go on after a failure and tell all of them")
    the_script.run(faultio)
