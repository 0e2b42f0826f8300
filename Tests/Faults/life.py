"""A data directory's life: writers fill it, the server dies, and what comes back is compared.

Here lives the comparison of a restarted server with the model, and what every script of this folder
has in common. What is sent is in shop.py, the process in server.py.
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
from typing import Callable, Dict, List, NoReturn, Optional, Sequence, Tuple

from server import PROGRAM, SHUTTING_DOWN, Connection, Server, Unstarted, Writer
from shop import (
    DAYS, FIRST_DAY, HAS_KEYS, LEDGER_MINOR, Command, Outcome, Shop, Stream, a_model, columns_of,
    command_key, date_of, number_of, patron, same)


class Violation(Exception):
    """Something did not hold."""


def must(holds: object, sentence: str) -> None:
    """Raises where something does not hold."""
    if not holds:
        raise Violation(sentence)


class Life:
    """One directory, its streams of commands, and the shop they must have made of it.

    The words: a *part* is what happens between two checks. Its commands are *acknowledged*,
    *refused*, or *open* (sent, but no reply was read).
    """

    def __init__(self, seed: object, directory: Path, writers: int = 4) -> None:
        self.directory = directory
        self.random = Random(f"life {seed}")
        self.shop = Shop()
        self.streams = [Stream(seed, number) for number in range(writers)]
        self.writers: List[Writer] = []
        self.sequence: Optional[int] = None  # of the last command
        self.history: List[Command] = []  # acknowledged in earlier parts
        self.turned_away: List[Command] = []  # refused in earlier parts
        self.acknowledged = self.refused = self.recovered = self.resent = 0

    def begin(self, server: Server) -> None:
        """Has a first model adopted in an empty directory, so that scores can be asked for."""
        command = Command("adopt model", a_model(self.random), command_key(1, 1))
        with Connection(server.address) as connection:
            command.answer = connection.reply(connection.submit(command.verb, command.body))
        self.shop.apply(command)
        self.sequence = patron.read_adoption(command.answer).sequence

    def write(
        self, server: Server, *, depth: int = 8, count: Optional[int] = None, pause: float = 0.0,
        bearable: Sequence[int] = (SHUTTING_DOWN,),
    ) -> None:
        """Starts the writers of a part."""
        self.writers = [
            Writer(server.address, stream, depth=depth, count=count, pause=pause, bearable=bearable)
            for stream in self.streams]
        for writer in self.writers:
            writer.start()

    def freeze(self) -> None:
        """What is read after this does not count as acknowledged."""
        for writer in self.writers:
            writer.is_frozen = True

    def join(self, *, end: bool = False, seconds: float = 30.0) -> None:
        """Waits for the writers; with `end` they send nothing more and read what they are owed."""
        for writer in self.writers:
            writer.is_ending = writer.is_ending or end
        until = time.monotonic() + seconds
        for writer in self.writers:
            writer.join(max(0.0, until - time.monotonic()))
            must(not writer.is_alive(), f"a writer got no reply within {seconds} s: a hang")
            if writer.problem is not None:
                raise writer.problem

    # -- the comparison -----------------------------------------------------------------------

    def check(
        self, server: Server, *, resend: bool = True, sample: float = 0.05,
        promised: Optional[int] = None,
    ) -> None:
        """Compares the server with the model, sends again what is open, and begins a new part.

        `promised` is the last record that `patron verify` has said can be restored.
        """
        with Connection(server.address, timeout=20, client="check") as connection:
            status = connection.status()
            must(promised in (None, status.sequence), (
                f"patron verify promised {promised} records, the server has {status.sequence}"))
            self._apply_part(connection, status)
            self.compare(connection)
            if resend:
                self._resend(connection, sample)
        for stream in self.streams:
            stream.begin()
        self.writers = []

    def compare(self, connection: Connection) -> None:
        """The server's counts, model and columns of every customer against the model's."""
        status = connection.status()
        shop = self.shop
        must(status.sequence == self.sequence, (
            f"{self.sequence} commands were recovered by their marks, "
            f"but the server's sequence is {status.sequence}"))
        counts = (status.customers, status.orders, status.returns, status.generation)
        expected = (len(shop.customers), shop.orders, shop.returns, shop.adoptions)
        must(counts == expected, (
            f"customers, orders, returns, generation are {counts}, must be {expected}"))
        must(status.model == shop.model, f"the model is {status.model}, must be {shop.model}")
        names = list(shop.customers) + ["nobody"]
        for score in connection.score_many(names, horizon=1):
            expected_columns = shop.columns(score.customer)
            today = number_of(score.as_of)
            if expected_columns and expected_columns.first_day + expected_columns.recency > today:
                expected_columns = shop.columns_as_of(score.customer, today)
            must(same(columns_of(score), expected_columns), (
                f"the columns of {score.customer} are {columns_of(score)}, "
                f"must be {expected_columns}"))
        day = FIRST_DAY + self.random.randrange(DAYS)
        some = self.random.sample(names, min(len(names), 20))
        for score in connection.score_many(some, as_of=date_of(day), horizon=1):
            past = shop.columns_as_of(score.customer, day)
            must(same(columns_of(score), past), (
                f"as of day {day} the columns of {score.customer} are {columns_of(score)}, "
                f"must be {past}"))

    def _apply_part(self, connection: Connection, status: patron.ServerStatus) -> None:
        """Finds which prefix of each stream is there, and applies it to the model."""
        if self.sequence is None:
            must(status.sequence <= 1 and not self.writers, "an empty directory has commands")
            return
        adoptions = status.generation - self.shop.adoptions
        for writer in self.writers:
            stream = writer.stream
            there = self._marks(connection, stream, adoptions if stream.writer == 0 else 0)
            accepted = [command for command in writer.sent if command.refusal is None]
            count = prefix_with(there, accepted)
            certain = sum(1 for command in accepted if command.answer is not None)
            self.refused += len(writer.sent) - len(accepted)
            self.turned_away += [one for one in writer.sent if one.refusal is not None]
            must(count is not None, (
                f"writer {stream.writer}: the marks {there} are of no prefix of its "
                f"{len(accepted)} commands: something was lost, made up, or done twice"))
            must(count >= certain, (
                f"writer {stream.writer}: {certain} commands were acknowledged, only {count} "
                f"are there: {certain - count} acknowledged commands are LOST"))
            for place, command in enumerate(accepted[:count]):
                outcome = self.shop.apply(command)
                if command.answer is not None:
                    self._compare_answer(command, outcome, self.shop.adoptions)
            writer.sent = accepted
            writer.there = count
            self.sequence += count
            self.acknowledged += certain
            self.recovered += count - certain

    def _marks(
        self, connection: Connection, stream: Stream, adoptions: int
    ) -> Tuple[int, int, int]:
        """How many commands of each kind the marks of a stream's part count."""
        marks, ledger = connection.score_many([stream.marks, stream.ledger], horizon=1)
        orders = marks.repeat_orders + 1 if marks.known else 0
        returns = LEDGER_MINOR - round(ledger.mean_spend * 100) if ledger.known else 0
        return orders, returns, adoptions

    def _compare_answer(
        self, command: Command, outcome: Outcome, generation: Optional[int] = None
    ) -> int:
        """Compares an answer with what the model foretold, and gives the sequence in it."""
        assert command.answer is not None
        if command.verb == "adopt model":
            adoption = patron.read_adoption(command.answer)
            must(generation in (None, adoption.generation), (
                f"an adoption was answered with generation {adoption.generation}, "
                f"it was number {generation}"))
            return adoption.sequence
        result = patron.read_record(command.answer)
        refused = tuple((row.row, row.status) for row in result.refused)
        told = Outcome(result.recorded, result.duplicates, refused)
        must(told == outcome, f"{command.verb} was answered {told}, must be {outcome}")
        return result.sequence

    # -- once more ----------------------------------------------------------------------------

    def _resend(self, connection: Connection, sample: float) -> None:
        """Sends all open commands and some of the acknowledged ones again."""
        before = self.sequence
        old, applied, new = [], [], []
        for writer in self.writers:
            for place, command in enumerate(writer.sent):
                if command.answer is not None:
                    self.history.append(command)
                else:
                    (applied if place < writer.there else new).append(command)
        count = round(sample * sum(len(writer.sent) for writer in self.writers))
        if self.history and count:
            old = [self.random.choice(self.history) for _ in range(max(1, count))]
        if not HAS_KEYS:
            # Without a key an adoption counts again; orders and returns do not.
            old = [command for command in old if command.verb != "adopt model"]
            applied = [command for command in applied if command.verb != "adopt model"]
        # An open command of a stream that was not applied stands behind all that were.
        for command, answer in zip(old, self._answers(connection, old)):
            if HAS_KEYS:
                must(answer == command.answer, (
                    f"{command.verb}, sent again, was answered differently: "
                    f"{answer.hex()}, at first {command.answer.hex()}"))
            else:
                self._compare_again(command, answer)
        for command, answer in zip(applied, self._answers(connection, applied)):
            if HAS_KEYS:
                command.answer = answer
                sequence = self._compare_answer(command, command.outcome)
                must(sequence <= before, (
                    f"{command.verb} was recovered as one of {before} commands, but sent again "
                    f"it became number {sequence}: it was done twice"))
            else:
                self._compare_again(command, answer)
        self._answer_new(connection, new)
        if HAS_KEYS:
            self.history += applied
        self.history += new
        self.resent += len(old) + len(applied) + len(new)
        must(connection.status().sequence == self.sequence, (
            f"the sequence is {connection.status().sequence} after sending commands again, "
            f"must be {self.sequence}"))

    def resend_refused(self, server: Server) -> None:
        """Sends all commands that were refused again, under the keys they had."""
        commands, self.turned_away = self.turned_away, []
        with Connection(server.address, timeout=20, client="resend") as connection:
            self._answer_new(connection, commands)
        self.history += commands

    def _answer_new(self, connection: Connection, commands: List[Command]) -> None:
        """Sends commands that are not there yet, and compares each answer."""
        for command, answer in zip(commands, self._answers(connection, commands)):
            command.answer = answer
            outcome = self.shop.apply(command)
            sequence = self._compare_answer(command, outcome, self.shop.adoptions)
            self.sequence += 1
            must(sequence == self.sequence, (
                f"{command.verb} became number {sequence}, must be {self.sequence}"))

    def _compare_again(self, command: Command, answer: bytes) -> None:
        first, command.answer = command.answer, answer
        outcome = command.outcome
        self._compare_answer(command, self.shop.apply(command))
        command.answer, command.outcome = first, outcome
        self.sequence += 1

    def _answers(self, connection: Connection, commands: List[Command]) -> List[bytes]:
        tags: List[int] = []
        answers: List[bytes] = []
        for command in commands:
            tags.append(connection.submit(command.verb, command.body))
            if len(tags) - len(answers) == 16:
                answers.append(connection.reply(tags[len(answers)]))
        return answers + [connection.reply(tag) for tag in tags[len(answers):]]


def prefix_with(marks: Tuple[int, int, int], commands: List[Command]) -> Optional[int]:
    """How many commands have so many records of orders, of returns, and adoptions among them."""
    if min(marks) < 0:
        return None
    count = sum(marks)
    verbs = [command.verb for command in commands[:count]]
    kinds = ("record orders", "record returns", "adopt model")
    return count if tuple(verbs.count(kind) for kind in kinds) == marks else None


# ---------------------------------------------------------------------------------------------
# What all scripts have in common


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
    script: Script, call: str, place: Path, live: Callable[[Life, Dict[str, str]], None]
) -> str:
    """Lives twice with a call that does nothing and says it did; something must be lost each time,
    or the script would prove nothing."""
    shim = compile_shim(script)
    if shim is None:
        return "without a C compiler it was NOT TRIED whether this script finds a loss"
    for number in range(2):
        life = Life(f"{script.seed} bite {number}", place / f"bite-{number}")
        live(life, {
            "LD_PRELOAD": str(shim), "FAULTIO": f"{call}:SKIP:1:0", "FAULTIO_PATH": "/bite-"})
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
