"""A data directory's life: writers fill it, the server dies, and what comes back is compared.

What is sent is in shop.py, the process in server.py, what the scripts share besides in script.py.
"""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from typing import List, Optional, Sequence, Tuple

from server import SHUTTING_DOWN, Connection, Server, Writer
from shop import (
    DAYS, FIRST_DAY, LEDGER_MINOR, Command, Outcome, Shop, Stream, a_model, columns_of,
    date_of, number_of, patron, same)


class Violation(Exception):
    """Something did not hold."""


def must(holds: object, sentence: str) -> None:
    """Raises where something does not hold."""
    if not holds:
        raise Violation(sentence)


# Commands of its own that a server may make between two that are sent to it: where everybody's segment was
# found anew, after a model or at midnight. What clients sent is held to the marks in the state.
OWN_MAX = 200


def follows(expected: int, sequence: int) -> bool:
    """Whether a sequence is the expected one but for commands of the server's own."""
    return expected <= sequence <= expected + OWN_MAX


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
        """Has a first model adopted in an empty directory, so that scores can be asked for, and
        opens the ledgers."""
        command = Command("adopt model", a_model(self.random), patron.CommandKey(1, 1))
        with Connection(server.address) as connection:
            self.sequence = connection.status().sequence
            self._answer_new(connection, [command] + [one.opening() for one in self.streams])

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
            must(promised is None or follows(promised, status.sequence), (
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
        must(follows(self.sequence, status.sequence), (
            f"{self.sequence} commands were recovered by their marks, "
            f"but the server's sequence is {status.sequence}"))
        self.sequence = status.sequence
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
        taken = LEDGER_MINOR - round(ledger.mean_spend * 100)
        returns = taken - self.shop.taken(stream.ledger)
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
        repeated = connection.status().repeated
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
        # An open command of a stream that was not applied stands behind all that were.
        for command, answer in zip(old, self._answers(connection, old)):
            must(answer == command.answer, (
                f"{command.verb}, sent again, was answered differently: "
                f"{answer.hex()}, at first {command.answer.hex()}"))
        for command, answer in zip(applied, self._answers(connection, applied)):
            command.answer = answer
            sequence = self._compare_answer(command, command.outcome)
            must(sequence <= before, (
                f"{command.verb} was recovered as one of {before} commands, but sent again "
                f"it became number {sequence}: it was done twice"))
        repeated = connection.status().repeated - repeated
        must(repeated == len(old) + len(applied), (
            f"{len(old) + len(applied)} commands were sent again, {repeated} were recognised"))
        self._answer_new(connection, new)
        self.history += applied + new
        self.resent += len(old) + len(applied) + len(new)
        last = connection.status().sequence
        must(follows(self.sequence, last), (
            f"the sequence is {last} after sending commands again, must be {self.sequence}"))
        self.sequence = last

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
            must(follows(self.sequence, sequence), (
                f"{command.verb} became number {sequence}, must be {self.sequence}"))
            self.sequence = sequence

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
