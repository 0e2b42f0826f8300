"""The life of a data directory with offers: writers decide and report, the server dies, and what comes
back is compared with the accounts in offers.py."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from life import Life, follows, must
from offers import (
    CONTACTS_MAX, OFFERS, PLACES, SAME_OFFER_MAX, UNKNOWN_DECISION, Ask, Books, Made, OfferStream, Result,
    a_catalogue, outcomes_ask, read_made)
from server import Connection, Server
from shop import CURRENCY, date_of, patron


class Part:
    """What a crash left of one writer's requests: which are there, and how the others were answered when
    they were sent again."""

    def __init__(self) -> None:
        self.there: List[Ask] = []
        self.new: List[Ask] = []
        self.lost: List[Made] = []


class OfferLife(Life):
    """One directory, its streams of decisions and outcomes, and the accounts they must come to.

    `may_lose`: whether a decision that was answered may be lost, if all after it of its writer is.
    """

    def __init__(
        self, seed: object, directory: Path, writers: int = 4, *, may_lose: bool = True
    ) -> None:
        super().__init__(seed, directory, writers)
        self.may_lose = may_lose
        self.streams = [OfferStream(seed, number) for number in range(writers)]
        self.books = Books()
        self.version = 0
        self.reported: List[Ask] = []  # outcomes that are there, of earlier parts
        self.held: Dict[str, bool] = {}
        self.ended: Optional[datetime] = None
        self.decisions = self.outcomes = self.lost = self.lost_most = self.barred = 0
        self.lost_within = timedelta()

    def begin(self, server: Server) -> None:
        """Declares the currency and puts the first catalogue."""
        with Connection(server.address) as connection:
            connection.record_orders(
                [patron.Order("first", "1", date_of(19_000), "1.00")], currency=CURRENCY)
            self._raise_budgets(connection)

    def kill(self, server: Server) -> None:
        """SIGKILL; and when that was."""
        server.kill()
        self.ended = datetime.now(timezone.utc)

    def _raise_budgets(self, connection: Connection) -> None:
        """Puts the catalogue anew, with room for some more of each offer."""
        self.version = connection.put_catalogue(a_catalogue(*self.books.budgets())).version

    # -- the comparison -----------------------------------------------------------------------

    def check(  # type: ignore[override]
        self, server: Server, *, promised: Optional[int] = None
    ) -> None:
        """Compares the server with the accounts, sends again what is open, and begins a new part."""
        with Connection(server.address, timeout=20, client="check") as connection:
            status = connection.status()
            must(promised is None or follows(promised, status.sequence), (
                f"patron verify promised {promised} records, the server has {status.sequence}"))
            catalogue, log = connection.catalogue(), list(connection.decisions())
            must(catalogue.decisions == len(log), (
                f"{len(log)} decisions are listed of {catalogue.decisions}"))
            parts = [self._part(connection, writer.sent, status.sequence) for writer in self.writers]
            self._restore(connection, parts)
            last = max((decision.time for decision in log), default=None)
            for writer, part in zip(self.writers, parts):
                self._decide_again(connection, part, writer.sent, last)
            for part in parts:
                for made in [ask.made for ask in part.there if ask.made is not None]:
                    self.books.add(made)
            for part in parts:
                self._report(part.there)
            self._compare(catalogue, log)
            for part in parts:
                for made in part.lost + [ask.made for ask in part.new if ask.made is not None]:
                    self.books.add(made)
            for part in parts:
                self._report(part.new)
            self._compare(connection.catalogue(), list(connection.decisions()))
            self._report_again(connection)
            self._compare_answers(connection)
            self._raise_budgets(connection)
        for stream in self.streams:
            for ask in stream.waiting:
                if ask.answer is not None:
                    stream.plan(read_made(ask))
            stream.begin()
        self.writers = []

    def _part(self, connection: Connection, sent: List[Ask], sequence: int) -> Part:
        """Finds what is there of a writer's requests; outcomes that are not are sent again."""
        part = Part()
        explained = {
            id(ask): answer for ask, answer in zip(
                [ask for ask in sent if ask.verb == "decide" and ask.answer is not None],
                self._explanations(connection, sent))}
        is_there = True
        acknowledged_after: List[str] = []
        for ask in sent:
            if ask.verb == "decide":
                if ask.answer is None:
                    continue
                self.decisions += 1
                made, told = read_made(ask), explained[id(ask)]
                there = told is not None
                if told is not None:
                    must((told.time, told.offers and [one.offer for one in told.offers], told.reasons)
                         == (made.told.time, made.told.offers and made.offers, made.told.reasons), (
                        f"the decision {made.receipt} was answered {made.told}, it is now {told}"))
                else:
                    made.is_lost = True
                    part.lost.append(made)
            else:
                was_answered = ask.answer is not None
                if not was_answered:
                    self.resent += 1
                    ask.answer = connection.reply(connection.submit(ask.verb, ask.body))
                told_sequence = patron.read_record(ask.answer).sequence
                there = told_sequence <= sequence
                self.outcomes += was_answered
                must(there or not was_answered, (
                    f"acknowledged outcomes are LOST: record {told_sequence} of {sequence}"))
                if not there:
                    part.new.append(ask)
            must(is_there or not there, (
                f"a decision of a writer is LOST, but {ask.verb}, which was sent after it, is there"))
            is_there = there
            if there:
                part.there.append(ask)
        must(self.may_lose or not part.lost, (
            f"{len(part.lost)} decisions are LOST although they were synced before they were answered"))
        return part

    def _explanations(
        self, connection: Connection, sent: List[Ask]
    ) -> Iterator[Optional[patron.Decision]]:
        """What the server knows of each decision that was answered."""
        asks = [ask for ask in sent if ask.verb == "decide" and ask.answer is not None]
        for start in range(0, len(asks), 16):
            tags = [
                connection.submit("explain decision", patron.decision_body(read_made(ask).receipt))
                for ask in asks[start:start + 16]]
            for tag in tags:
                try:
                    yield patron.read_decision(connection.reply(tag))
                except patron.PatronRefused as refusal:
                    if refusal.status != UNKNOWN_DECISION:
                        raise
                    yield None

    def _restore(self, connection: Connection, parts: List[Part]) -> None:
        """Reports something of each decision that was lost: its receipt must be taken."""
        lost = [made for part in parts for made in part.lost]
        self.lost += len(lost)
        self.lost_most = max(self.lost_most, len(lost))
        for made in lost:
            if self.ended is not None:
                self.lost_within = max(self.lost_within, self.ended - made.told.time)
        for part, stream in zip(parts, self.streams):
            for start in range(0, len(part.lost), 50):
                rows = [
                    patron.Outcome(made.receipt, "ended", made.told.time, "after the crash")
                    for made in part.lost[start:start + 50]]
                ask = outcomes_ask(stream.key(), rows)
                ask.answer = connection.reply(connection.submit(ask.verb, ask.body))
                part.new.append(ask)

    def _decide_again(
        self, connection: Connection, part: Part, sent: List[Ask], last: Optional[datetime]
    ) -> None:
        """Asks again what was not answered: what the log has gets the answer it was given."""
        for ask in sent:
            if ask.verb == "decide" and ask.answer is None:
                ask.answer = connection.reply(connection.submit(ask.verb, ask.body))
                made = read_made(ask)
                self.resent += 1
                if last is not None and made.told.time <= last:
                    part.there.append(ask)
                    self.recovered += 1
                else:
                    part.new.append(ask)

    def _report(self, asks: List[Ask]) -> None:
        """Applies outcomes to the accounts, and compares each answer."""
        for ask in asks:
            if ask.made is not None:
                held = ask.made.told.held_out
                must(self.held.setdefault(ask.customer, held) == held, (
                    f"{ask.customer} was {'' if not held else 'not '}held back before"))
                continue
            told = patron.read_record(ask.answer or b"")
            result = Result(
                told.recorded, told.duplicates, tuple((row.row, row.status) for row in told.refused))
            expected = self.books.record(ask.rows)
            must(result == expected, f"{ask.rows} were answered {result}, must be {expected}")
            self.acknowledged += 1
            self.reported.append(ask)

    def _compare(self, catalogue: patron.Catalogue, log: List[patron.LoggedDecision]) -> None:
        """Budgets, the log of decisions and caps against the accounts."""
        must(catalogue.version == self.version, (
            f"the catalogue's version is {catalogue.version}, must be {self.version}"))
        lines = self.books.lines()
        for line in catalogue.offers:
            told = (line.spent, line.reserved, line.given, line.reserved_count, line.chosen)
            must(told == lines[line.offer], (
                f"of {line.offer} spent, reserved, given, reserved in numbers and chosen are {told}, "
                f"by the log they must be {lines[line.offer]}"))
            must(line.budget is None or line.spent + line.reserved <= line.budget, (
                f"the budget of {line.offer} is overdrawn: {line}"))
            must(line.budget_count is None or line.given + line.reserved_count <= line.budget_count, (
                f"more of {line.offer} were given than there are: {line}"))
        is_listed = Counter(
            (one.customer, one.time, one.action, one.closed,
             None if one.outcome is None else round(one.outcome, 6)) for one in log)
        must_be = Counter(
            made.in_log() for made in self.books.made.values() if not made.is_lost)
        must(is_listed == must_be, (
            f"the log of decisions differs: too much is {list((is_listed - must_be))[:3]}, "
            f"missing is {list((must_be - is_listed))[:3]}"))
        self._compare_caps()

    def _compare_caps(self) -> None:
        """Nobody who was at a cap got a normal offer; an answer's earlier offers count for its later."""
        before: Dict[str, int] = {}
        same: Dict[Tuple[str, str], int] = {}
        for made in sorted(self.books.made.values(), key=lambda made: made.told.time):
            count = before.get(made.customer, 0)
            for place, offer in enumerate(made.offers):
                must(OFFERS[offer].mandatory or count + place < CONTACTS_MAX, (
                    f"{made.customer} got {offer} after {count + place} contacts, {CONTACTS_MAX} are "
                    "allowed"))
                number = same.get((made.customer, offer), 0)
                must(OFFERS[offer].mandatory or number < SAME_OFFER_MAX, (
                    f"{made.customer} got {offer} after {number} times, {SAME_OFFER_MAX} are allowed"))
                same[made.customer, offer] = number + 1
            before[made.customer] = count + made.failed.count(False)

    # -- once more ----------------------------------------------------------------------------

    def _report_again(self, connection: Connection) -> None:
        """Sends some outcomes again: under their keys they get their answers, under others they are
        duplicates, and either way nothing changes."""
        some = self.random.sample(self.reported, min(len(self.reported), 20))
        before = connection.catalogue().offers
        for place, ask in enumerate(some):
            self.resent += 1
            if place % 2 == 0:
                again = connection.reply(connection.submit(ask.verb, ask.body))
                must(again == ask.answer, f"{ask.rows}, sent again, were answered differently")
                continue
            result = connection.record_outcomes(ask.rows)
            must(result.recorded == 0, f"{ask.rows} were counted twice")
        must(connection.catalogue().offers == before, "outcomes sent again changed a budget")
        del self.reported[:-2_000]

    def _compare_answers(self, connection: Connection) -> None:
        """What customers would be told now: who is at a cap or a budget's end is told so, nobody else."""
        people = self.books.contacts()
        free = {line.offer: line for line in connection.catalogue().offers}
        some = self.random.sample(sorted(people), min(len(people), 30))
        told = connection.decide_many(
            patron.DecisionRequest(customer, "home", "site", dry_run=True) for customer in some)
        for customer, decision in zip(some, told):
            count, by_offer = people[customer]
            chosen = [offer.offer for offer in decision.offers]
            # Nothing is left out for what takes the last place.
            beside = count + min(len(chosen), PLACES - 1)
            for (name, terms), reason in zip(OFFERS.items(), decision.reasons):
                if reason == "HOLDOUT":
                    continue
                was_capped = not terms.mandatory and (
                    count >= CONTACTS_MAX or by_offer.get(name, 0) >= SAME_OFFER_MAX)
                line = free[name]
                is_spent = not was_capped and (
                    line.budget is not None
                    and line.budget - line.spent - line.reserved < terms.liability
                    or line.budget_count is not None
                    and line.budget_count - line.given - line.reserved_count < 1)
                must(is_spent == (reason == "BUDGET"), f"{line} is told {reason}")
                is_capped = was_capped or not (
                    terms.mandatory or is_spent or name in chosen or beside < CONTACTS_MAX)
                must(is_capped == (reason == "CAP"), (
                    f"{customer} has {count} contacts, {by_offer}, and gets {chosen}; {name} is told "
                    f"{reason}"))
                self.barred += is_capped or is_spent
