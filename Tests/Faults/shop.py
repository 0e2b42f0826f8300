"""A shop in plain Python: what writers send to a server, and what the server must hold then.

Here live the streams of commands, drawn from a seed, and the model that foretells each answer and
each customer's columns. Not here: sockets, processes, files; see life.py. The bytes are made by the
Python client.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "clients" / "python"))
sys.dont_write_bytecode = True

import patron  # noqa: E402

FIRST_DAY = 19_000
DAYS = 120
CUSTOMERS = 200
CURRENCY, MINOR_DIGITS = "EUR", 2
LEDGER_MINOR = 10**9
"""What is left of this order tells how many commands took a cent of it."""

UNKNOWN_ORDER, RETURN_BEFORE_ORDER, RETURN_EXCEEDS_ORDER = 20, 21, 22


@lru_cache(maxsize=None)
def date_of(day: int) -> date:
    """The date so many days after 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=day)


class OrderRow(NamedTuple):
    customer: str
    order: str
    day: int
    amount: int


class ReturnRow(NamedTuple):
    customer: str
    order: str
    returned: str
    day: int
    amount: int


class Columns(NamedTuple):
    """What a score reply tells of a customer's own orders."""

    first_day: int
    repeat_orders: int
    recency: int
    mean_spend: float


class Outcome(NamedTuple):
    """What must come of the rows of a command."""

    recorded: int
    duplicates: int
    refused: Tuple[Tuple[int, int], ...]


class Command:
    """A command: how it travels, what it says, and what became of it."""

    __slots__ = ("verb", "content", "body", "answer", "refusal", "outcome")

    def __init__(self, verb: str, content: Any, key: patron.CommandKey) -> None:
        self.verb = verb
        self.content = content
        self.answer: Optional[bytes] = None  # the body of the reply that acknowledged it
        self.refusal: Optional[int] = None  # the status of the reply that refused it
        self.outcome: Optional[Outcome] = None  # what the model says must come of it
        if verb == "adopt model":
            self.body = patron.adopt_body(key, content)
            return
        encode = _encode_order if verb == "record orders" else _encode_return
        rows = [encode(row) for row in content]
        head = patron.batch_head(key, CURRENCY, MINOR_DIGITS, len(rows))
        self.body = head + b"".join(rows)


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _encode_order(row: OrderRow) -> bytes:
    order = patron.Order(row.customer, row.order, date_of(row.day), _amount(row.amount))
    return patron.order_row(order, MINOR_DIGITS, patron.timezone.utc)


def _encode_return(row: ReturnRow) -> bytes:
    amount = _amount(row.amount) if row.amount else None
    back = patron.Return(row.customer, row.order, row.returned, date_of(row.day), amount)
    return patron.return_row(back, MINOR_DIGITS, patron.timezone.utc)


def number_of(day: Optional[date]) -> int:
    """Days since 1970."""
    return -1 if day is None else (day - date(1970, 1, 1)).days


# ---------------------------------------------------------------------------------------------
# What is sent


class Stream:
    """One writer's commands. Writers share customers, but no orders: so theirs commute.

    Each command leaves a mark that counts it: one that records orders adds a day to the orders of
    the customer `marks`, one that records returns takes a cent of the order of `ledger`, and the
    adoptions, of the first writer only, are counted by the server. So the state tells which prefix
    of the stream it holds. The ledger is opened before all else, where nothing can refuse it.
    """

    def __init__(self, seed: object, writer: int, *, bulk: bool = False) -> None:
        self.random = Random(f"{seed} {writer}")
        self.bulk = 0.5 if bulk else 0.02  # share of commands with many rows
        self.padding = "x" * 50 if bulk else ""
        self.writer = writer
        self.producer = self.random.getrandbits(64) | 1
        self.number = 0  # of the last command
        self.orders = 0
        self.part = 0
        self.ledger = f"ledger-{writer}"
        self.return_commands = 0
        self.own: List[OrderRow] = []  # orders that returns can name
        self.begin()

    def begin(self) -> None:
        """Begins a new part, with marks of its own."""
        self.part += 1
        self.marks = f"marks-{self.writer}-{self.part}"
        self.order_commands = self.adoptions = 0

    def opening(self) -> Command:
        """Opens the ledger: the first of all commands."""
        rows = [
            OrderRow(self.ledger, "first", FIRST_DAY, 100),
            OrderRow(self.ledger, "ledger", FIRST_DAY + 1, LEDGER_MINOR)]
        return Command("record orders", rows, self._key())

    def next(self) -> Command:
        """The next command."""
        kind = self.random.random()
        if not self.own or kind < 0.85:
            return self._orders()
        if self.writer == 0 and kind > 0.98:
            return self._adoption()
        return self._returns()

    def _key(self) -> patron.CommandKey:
        self.number += 1
        return patron.CommandKey(self.producer, self.number)

    def _orders(self) -> Command:
        draw = self.random
        count = 150 if draw.random() < self.bulk else draw.randint(1, 6)
        rows = [OrderRow(self.marks, str(self.order_commands), 1000 + self.order_commands, 100)]
        for _ in range(count):
            if self.own and draw.random() < 0.04:
                # A duplicate: neither its day nor its amount may count.
                old = draw.choice(self.own)
                rows.append(old._replace(day=FIRST_DAY, amount=old.amount + 1))
                continue
            self.orders += 1
            row = OrderRow(
                f"c{draw.randrange(CUSTOMERS)}", f"{self.writer}-{self.orders}{self.padding}",
                FIRST_DAY + draw.randrange(DAYS),
                0 if draw.random() < 0.02 else draw.randint(1, 20_000))
            rows.append(row)
            self.own.append(row)
        del self.own[:-300]
        self.order_commands += 1
        return Command("record orders", rows, self._key())

    def _returns(self) -> Command:
        draw = self.random
        rows = [ReturnRow(self.ledger, "ledger", str(self.return_commands), FIRST_DAY + 1, 1)]
        for _ in range(draw.randint(0, 3)):
            order = draw.choice(self.own)
            # Some come twice, some before their order, some exceed it, some name no order.
            share = draw.choice((0, 0, draw.randint(1, 9_000)))
            name = order.order if draw.random() < 0.97 else "none"
            rows.append(ReturnRow(
                order.customer, name, str(draw.randrange(3)),
                order.day + draw.randint(-1, 30), share))
        self.return_commands += 1
        return Command("record returns", rows, self._key())

    def _adoption(self) -> Command:
        self.adoptions += 1
        return Command("adopt model", a_model(self.random), self._key())


def a_model(draw: Random) -> patron.Model:
    """Some parameters; which does not matter."""
    values = [draw.uniform(0.2, 3) for _ in range(4)]
    days = dict(zip(("r", "alpha", "a", "b"), values))
    return patron.Model("mbg-nbd", days, draw.uniform(1, 9), draw.uniform(2, 9), 15.0)


# ---------------------------------------------------------------------------------------------
# What must be there


class _Order:
    __slots__ = ("day", "amount", "back", "returns")

    def __init__(self, day: int, amount: int) -> None:
        self.day = day
        self.amount = amount
        self.back = 0
        self.returns: Dict[str, Tuple[int, int]] = {}  # day and amount by identifier


class Shop:
    """The state as protocol.md describes it, without any cleverness."""

    def __init__(self) -> None:
        self.customers: Dict[str, Dict[str, _Order]] = {}
        self.orders = self.returns = self.adoptions = 0
        self.model: Optional[patron.Model] = None
        self._columns: Dict[str, Optional[Columns]] = {}

    def apply(self, command: Command) -> Outcome:
        """Applies a command and foretells what the server says to it."""
        if command.verb == "adopt model":
            self.adoptions += 1
            self.model = command.content
            command.outcome = Outcome(0, 0, ())
            return command.outcome
        record = self._order if command.verb == "record orders" else self._return
        recorded = duplicates = 0
        refused = []
        for place, row in enumerate(command.content):
            status = record(row)
            if status is None:
                duplicates += 1
            elif status == 0:
                recorded += 1
                self._columns.pop(row.customer, None)
            else:
                refused.append((place, status))
        command.outcome = Outcome(recorded, duplicates, tuple(refused))
        return command.outcome

    def _order(self, row: OrderRow) -> Optional[int]:
        orders = self.customers.setdefault(row.customer, {})
        if row.order in orders:
            return None
        orders[row.order] = _Order(row.day, row.amount)
        self.orders += 1
        return 0

    def _return(self, row: ReturnRow) -> Optional[int]:
        order = self.customers.get(row.customer, {}).get(row.order)
        if order is None:
            return UNKNOWN_ORDER
        if row.returned in order.returns:
            return None
        if row.day < order.day:
            return RETURN_BEFORE_ORDER
        left = order.amount - order.back
        if row.amount > left or (left == 0 and order.returns):
            return RETURN_EXCEEDS_ORDER
        amount = row.amount or left
        order.returns[row.returned] = (row.day, amount)
        order.back += amount
        self.returns += 1
        return 0

    def taken(self, ledger: str) -> int:
        """How many commands have taken a cent of a ledger."""
        return self.customers[ledger]["ledger"].back

    def columns(self, customer: str) -> Optional[Columns]:
        """A customer's columns now; None for one without an order that stands."""
        if customer not in self._columns:
            standing: Dict[int, int] = {}
            for order in self.customers.get(customer, {}).values():
                if not order.returns or order.back < order.amount:
                    standing[order.day] = standing.get(order.day, 0) + order.amount - order.back
            self._columns[customer] = _columns(standing)
        return self._columns[customer]

    def columns_as_of(self, customer: str, day: int) -> Optional[Columns]:
        """The same from the orders and returns up to a day."""
        standing: Dict[int, int] = {}
        for order in self.customers.get(customer, {}).values():
            if order.day > day:
                continue
            back = [amount for when, amount in order.returns.values() if when <= day]
            if not back or sum(back) < order.amount:
                standing[order.day] = standing.get(order.day, 0) + order.amount - sum(back)
        return _columns(standing)


def _columns(standing: Dict[int, int]) -> Optional[Columns]:
    """Of the amounts in minor units by day."""
    if not standing:
        return None
    first, last = min(standing), max(standing)
    repeat = len(standing) - 1
    spend = sum(standing.values()) - standing[first]
    mean = spend / repeat / 10**MINOR_DIGITS if repeat else 0.0
    return Columns(first, repeat, last - first, mean)


def columns_of(score: patron.Score) -> Optional[Columns]:
    """The columns in a score reply."""
    if not score.known:
        return None
    return Columns(
        number_of(score.first_order), score.repeat_orders, score.recency_days, score.mean_spend)


def same(one: Optional[Columns], other: Optional[Columns]) -> bool:
    """Whether columns are equal; mean spends but for rounding."""
    if one is None or other is None:
        return one is other
    return one[:3] == other[:3] and abs(one[3] - other[3]) <= 1e-9 * max(1.0, abs(one[3]))
