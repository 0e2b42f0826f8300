"""What all scripts of this folder have in common: arguments, seed, files, and the last line.

Not here: what a script breaks, and how a server is compared; see life.py.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any, Callable, Dict, List, NoReturn, Optional, Sequence

from life import Life, Violation, must
from server import PROGRAM, Server, Unstarted
from shop import patron


class Script:
    """The arguments, the seed, the place for files, and the last line of a script."""

    def __init__(self, description: str, *, count: int, many: str) -> None:
        self.parser = argparse.ArgumentParser(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
        self.parser.add_argument("--seed", type=int, help="of all that is drawn; else a fresh one")
        self.parser.add_argument("--count", type=int, default=count, help=f"{many} ({count})")
        self.parser.add_argument(
            "--seconds", type=float, help="end after so many seconds, whatever the count")
        self.parser.add_argument(
            "--at", type=Path, help="where to make directories, for the disk to be tried")
        self.parser.add_argument(
            "--program", type=Path, default=PROGRAM, help="the patron to run")
        self.parser.add_argument(
            "--serve", default="", metavar="OPTIONS", help="more options for patron serve")
        self.many = many

    def run(self, body: Callable[[Script], str]) -> NoReturn:
        """Runs the script and exits; `body` gives the sentence that says what held."""
        self.arguments = self.parser.parse_args()
        name = Path(sys.argv[0]).stem
        if not self.arguments.program.exists():
            sys.exit(f"{name}: {self.arguments.program} is missing: swift build -c release")
        self.seed = self.arguments.seed
        if self.seed is None:
            self.seed = Random().getrandbits(32)
        self.options = self.arguments.serve.split()
        self.random = Random(self.seed)
        self.place = Path(tempfile.mkdtemp(prefix=f"patron-{name}-", dir=self.arguments.at))
        self.done = 0
        self.began = time.monotonic()
        print(f"{name}: seed {self.seed}, {self.arguments.count} {self.many}", flush=True)
        sys.setswitchinterval(0.0005)
        try:
            held = body(self)
        except (Violation, Unstarted, patron.PatronError, TimeoutError,
                subprocess.TimeoutExpired) as error:
            print(f"{name}: FAILED after {self.done} {self.many}: {error}")
            print(f"{name}: --seed {self.seed} draws the same; the files are in {self.place}")
            sys.exit(1)
        except BaseException:
            shutil.rmtree(self.place, ignore_errors=True)
            raise
        shutil.rmtree(self.place, ignore_errors=True)
        print(f"{name}: {self.seconds():.1f} s; {held}")
        sys.exit(0)

    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self.began

    def is_over(self) -> bool:
        """Whether enough was done."""
        limit = self.arguments.seconds
        return self.done >= self.arguments.count or (limit is not None and self.seconds() >= limit)

    def skip(self, reason: str) -> NoReturn:
        """Ends the script because the machine does not allow it."""
        shutil.rmtree(self.place, ignore_errors=True)
        print(f"{Path(sys.argv[0]).stem}: SKIPPED, NOTHING WAS TRIED: {reason}")
        sys.exit(0)

    def start(self, directory: Path, *options: str, **how: object) -> Server:
        """Starts a server on a directory; it may not be ready yet."""
        return Server(
            directory, [*self.options, *options], program=self.arguments.program,
            **how)  # type: ignore[arg-type]

    def verify(self, directory: Path) -> int:
        """Has `patron verify` check a directory, and gives the last record that can be restored."""
        told = subprocess.run(
            [str(self.arguments.program), "verify", str(directory)], capture_output=True, text=True)
        match = re.search(r"can be restored: .*up to record (\d+)", told.stdout)
        must(told.returncode == 0 and match, (
            f"patron verify ended with {told.returncode}: {told.stdout}{told.stderr}"))
        return int(match[1])

    def snapshots_every(self, text: str) -> List[str]:
        """The option for snapshots every fraction of a second, where the server knows that."""
        told = subprocess.run(
            [str(self.arguments.program), "serve", "--help"], capture_output=True, text=True)
        known = re.search(r"--snapshot-every\b.*(\n {10,}.*)*", told.stdout)
        return ["--snapshot-every", text] if known and "ms" in known[0] else []


def compile_shim(script: Script) -> Optional[Path]:
    """Compiles faultio.c into the script's directory; None where there is no compiler."""
    compiler = next(filter(None, map(shutil.which, ("cc", "clang", "gcc"))), None)
    if compiler is None:
        return None
    shim = script.place / "faultio.so"
    source = Path(__file__).with_name("faultio.c")
    subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", str(shim), str(source), "-ldl", "-lpthread"],
        check=True)
    return shim


def bites(
    script: Script, call: str, place: Path, live: Callable[[Any, Dict[str, str]], None], *,
    make: Callable[[str, Path], Any] = Life, first: int = 1,
) -> str:
    """Lives twice with a call that does nothing from the `first` on and says it did; something must be
    lost each time, or the script would prove nothing."""
    shim = compile_shim(script)
    if shim is None:
        return "without a C compiler it was NOT TRIED whether this script finds a loss"
    for number in range(2):
        life = make(f"{script.seed} bite {number}", place / f"bite-{number}")
        live(life, {
            "LD_PRELOAD": str(shim), "FAULTIO": f"{call}:SKIP:{first}:0", "FAULTIO_PATH": "/bite-"})
        try:
            with script.start(life.directory) as server:
                life.check(server.ready())
        except (Violation, Unstarted, patron.PatronRefused):
            continue
        raise Violation(f"a server whose {call} does nothing lost nothing: this proves nothing")
    return f"2 of 2 servers whose {call} does nothing were found out"


def totals(lives: Sequence[Life]) -> Dict[str, int]:
    """What the lives come to together."""
    names = ("acknowledged", "recovered", "refused", "resent")
    return {name: sum(getattr(life, name) for life in lives) for name in names}
