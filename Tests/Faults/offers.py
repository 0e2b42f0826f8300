"""A shop with offers in plain Python: what writers ask and report, and what the server must hold then.

Here live the streams of decisions and outcomes, drawn from a seed, and the accounts that foretell each
answer, each offer's budget and each customer's contacts. Not here: processes, and what is compared
after a crash; see offer_life.py.
"""

from __future__ import annotations

import json
from datetime import datetime
from random import Random
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from shop import CURRENCY, MINOR_DIGITS, patron

BAD_AMOUNT, UNKNOWN_DECISION = 46, 45
PLACES = 3
"""Offers of an answer at "home", at most."""
CONTACTS_MAX = 4
"""Of a customer, those that failed not counted."""
SAME_OFFER_MAX = 2
"""Contacts with one offer, those that failed counted too."""
ROOM = 25
"""So many of an offer can be given before its budget must be raised."""


class Terms(NamedTuple):
    """What the accounts must know of an offer."""

    liability: int  # minor units
    in_money: bool  # its budget is in money
    in_count: bool  # its budget is in numbers
    mandatory: bool = False


OFFERS = {
    "coupon": Terms(500, True, False),
    "gift": Terms(800, True, True),
    "mail": Terms(0, False, False),
    "must": Terms(300, False, True, mandatory=True),
    "points": Terms(250, False, True),
}
"""By identifier, in the order of the reasons."""


def a_catalogue(money: Dict[str, int], counts: Dict[str, int]) -> str:
    """The catalogue with the offers' budgets, in minor units and in numbers."""
    offers = []
    for name, terms in OFFERS.items():
        placements = ["home"] if terms.mandatory else ["checkout", "home"]
        offer = {
            "id": name, "family": name, "state": "live", "channels": ["site"],
            "placements": placements, "class": "mandatory" if terms.mandatory else "normal"}
        if terms.liability:
            offer["reward"] = {"kind": "discount_amount", "value": terms.liability / 100}
        budget = {}
        if terms.in_money:
            budget["money"] = money[name] / 100
        if terms.in_count:
            budget["count"] = counts[name]
        if budget:
            offer["budget"] = budget
        offers.append(offer)
    return json.dumps({
        "currency": CURRENCY, "minor_digits": MINOR_DIGITS, "margin_rate": 0.4,
        "profiling": "opt_out", "outcome_noise": 20, "epsilon": 0.5,
        "channels": {"site": {"consent": "opt_out", "reservation_minutes": 43_200}},
        "placements": [{"id": "checkout", "top": 1}, {"id": "home", "top": PLACES}],
        "caps": [
            {"scope": "global", "limit": CONTACTS_MAX, "days": 30},
            {"scope": "offer", "limit": SAME_OFFER_MAX, "days": 30, "event": "decided"}],
        "holdouts": [
            {"level": "global", "key": "everybody", "percent": 10},
            {"level": "offer", "of": "gift", "key": "no gift", "percent": 20}],
        "campaigns": [{"id": "autumn", "offers": ["coupon", "gift"]}],
        "offers": offers})


# ---------------------------------------------------------------------------------------------
# What is sent


class Ask:
    """A request: how it travels, and what became of it."""

    __slots__ = ("verb", "body", "answer", "refusal", "customer", "rows", "made")

    def __init__(self, verb: str, body: bytes) -> None:
        self.verb = verb
        self.body = body
        self.answer: Optional[bytes] = None  # the body of the reply that acknowledged it
        self.refusal: Optional[int] = None
        self.customer = ""  # of a decision
        self.rows: List[patron.Outcome] = []
        self.made: Optional[Made] = None  # the decision, once its answer was read


class Made:
    """A decision that was answered, and what came of it so far."""

    def __init__(self, customer: str, told: patron.Decision) -> None:
        self.customer = customer
        self.told = told
        self.receipt = told.receipt or ""
        self.offers = [offer.offer for offer in told.offers]
        self.is_lost = False  # a crash took it, and only its receipt is left
        self.outcomes: Set[str] = set()
        self.failed = [False] * len(self.offers)
        self.arrived = [False] * len(self.offers)
        self.reserved = [True] * len(self.offers)
        self.redeemed = [False] * len(self.offers)
        self.is_closed = False
        self.margin = self.cost = self.ordered = 0

    @property
    def learns(self) -> bool:
        """Whether what came of it is learnt: it was a free choice."""
        return not self.is_lost and not (self.offers and OFFERS[self.offers[0]].mandatory)

    def in_log(self) -> Tuple[str, datetime, Optional[str], bool, Optional[float]]:
        """As the server must list it."""
        action = self.offers[0] if self.offers else None
        if not self.learns:
            return self.customer, self.told.time, action, True, None
        outcome = round((self.margin - self.cost) / 100, 6) if self.is_closed else None
        return self.customer, self.told.time, action, self.is_closed, outcome


PLANS = (
    ("shown", "accepted", "redeemed"), ("redeemed", "accepted"), ("shown", "refused"), ("refused",),
    ("failed",), ("accepted", "redeemed", "refunded"), ("delivered",),
    ("shown", "clicked", "accepted", "refunded", "refunded"), ("ended",), ("redeemed", "again", "ended"),
    ("shown", "too much", "redeemed"), (),
)
"""What comes of a choice, in its sequence; «again» and «too much» must be refused."""


class OfferStream:
    """One writer's decisions and their outcomes. Writers share offers, but no customers."""

    def __init__(self, seed: object, writer: int) -> None:
        self.random = Random(f"offers {seed} {writer}")
        self.writer = writer
        self.producer = self.random.getrandbits(64) | 1
        self.number = 0  # of the last command
        self.part = 0
        self.waiting: List[Ask] = []  # decisions whose answer was not read yet
        self.plans: List[Tuple[Made, List[patron.Outcome]]] = []
        self.told: List[patron.Outcome] = []
        self.begin()

    def begin(self) -> None:
        """Begins a new part, with customers of its own beside old ones."""
        self.part += 1
        self.waiting = []
        self.told = []

    def key(self) -> patron.CommandKey:
        """The next command's."""
        self.number += 1
        return patron.CommandKey(self.producer, self.number)

    def next(self) -> Ask:
        """The next request."""
        for ask in [ask for ask in self.waiting if ask.answer is not None]:
            self.waiting.remove(ask)
            self.plan(read_made(ask))
        if self.plans and self.random.random() < 0.5:
            return self._outcomes()
        return self._decision()

    def plan(self, made: Made) -> None:
        """Draws what will come of a decision."""
        draw = self.random
        rows: List[patron.Outcome] = []
        for choice, offer in enumerate(made.offers):
            for place, kind in enumerate(draw.choice(PLANS)):
                rows.append(self._outcome(made, choice, offer, place, kind))
        if not made.offers and draw.random() < 0.5:
            rows.append(patron.Outcome(
                made.receipt, "accepted", made.told.time, order_value="20.00", margin="8.00"))
        if rows:
            self.plans.append((made, rows))

    def _outcome(
        self, made: Made, choice: int, offer: str, place: int, kind: str
    ) -> patron.Outcome:
        draw, liability = self.random, OFFERS[offer].liability
        name = f"{choice} {place} {kind}"
        kind, cost = {
            "again": ("redeemed", 0), "too much": ("redeemed", liability + 1),
            "redeemed": ("redeemed", draw.randint(0, liability))}.get(kind, (kind, 0))
        order, margin = {"accepted": (5_000, 2_000), "refunded": (1_500, 500), "ended": (900, 300)}.get(
            kind, (0, 0))
        return patron.Outcome(
            made.receipt, kind, made.told.time, name, choice, f"{order / 100:.2f}",
            f"{margin / 100:.2f}", f"{cost / 100:.2f}")

    def _decision(self) -> Ask:
        draw = self.random
        part = self.part if draw.random() < 0.7 else draw.randint(1, self.part)
        customer = f"w{self.writer}-{part}-{draw.randrange(15)}"
        request = patron.DecisionRequest(
            customer, "home" if draw.random() < 0.4 else "checkout", "site",
            basket=f"{draw.randint(5, 150)}.00", greedy=draw.random() < 0.1)
        ask = Ask("decide", patron.decide_body(self.key(), request, MINOR_DIGITS))
        ask.customer = customer
        self.waiting.append(ask)
        return ask

    def _outcomes(self) -> Ask:
        draw = self.random
        rows = []
        for _ in range(draw.randint(1, 4)):
            if self.told and draw.random() < 0.1:
                rows.append(draw.choice(self.told))
                continue
            if not self.plans:
                break
            place = draw.randrange(len(self.plans))
            made, left = self.plans[place]
            rows.append(left.pop(0))
            if not left:
                del self.plans[place]
        self.told += rows
        del self.told[:-200]
        return outcomes_ask(self.key(), rows)


def outcomes_ask(key: patron.CommandKey, rows: List[patron.Outcome]) -> Ask:
    """A report of outcomes."""
    head = patron.batch_head(key, CURRENCY, MINOR_DIGITS, len(rows))
    ask = Ask("record outcomes", head + b"".join(
        patron.outcome_row(row, MINOR_DIGITS, patron.timezone.utc) for row in rows))
    ask.rows = rows
    return ask


def read_made(ask: Ask) -> Made:
    """The decision that was answered; always the same object."""
    assert ask.answer is not None
    if ask.made is None:
        ask.made = Made(ask.customer, patron.read_decision(ask.answer))
    return ask.made


# ---------------------------------------------------------------------------------------------
# What must be there


class Result(NamedTuple):
    """What must come of a report of outcomes."""

    recorded: int
    duplicates: int
    refused: Tuple[Tuple[int, int], ...]


class Books:
    """The accounts as protocol.md describes them, without any cleverness."""

    def __init__(self) -> None:
        self.made: Dict[str, Made] = {}  # by receipt
        self.money = {name: 0 for name in OFFERS}
        self.counts = {name: 0 for name in OFFERS}

    def add(self, made: Made) -> None:
        """A decision that is there."""
        self.made[made.receipt] = made

    def record(self, rows: List[patron.Outcome]) -> Result:
        """Applies outcomes and foretells what the server says to them."""
        statuses = [self._outcome(row) for row in rows]
        return Result(
            statuses.count(0), statuses.count(None),
            tuple((place, status) for place, status in enumerate(statuses) if status))

    def _outcome(self, row: patron.Outcome) -> Optional[int]:
        """0 where it is new, None for a duplicate, else why it is refused."""
        made, choice = self.made[row.decision], row.choice
        cost, order, margin = (round(float(x) * 100) for x in (row.cost, row.order_value, row.margin))
        if row.outcome in made.outcomes or not row.outcome and row.kind in made.outcomes:
            return None
        if row.kind == "redeemed" and (
                made.redeemed[choice] or cost > OFFERS[made.offers[choice]].liability):
            return BAD_AMOUNT
        if row.kind == "refunded" and order > made.ordered and not made.is_lost:
            return BAD_AMOUNT
        made.outcomes.add(row.outcome or row.kind)
        if row.kind in ("accepted", "refused", "ended"):
            made.is_closed = True
            made.margin += margin
            made.ordered += order
        elif row.kind == "refunded":
            made.margin -= margin
            made.ordered -= order
        elif row.kind == "redeemed":
            made.cost += cost
        if made.offers:
            self._contact(made, choice, row.kind)
            if row.kind == "redeemed":
                made.redeemed[choice] = True
                self.money[made.offers[choice]] += cost
                self.counts[made.offers[choice]] += 1
        return 0

    def _contact(self, made: Made, choice: int, kind: str) -> None:
        if kind in ("shown", "delivered", "clicked", "accepted", "refused"):
            made.failed[choice] = False
            made.arrived[choice] = True
        elif kind == "failed" and not made.arrived[choice]:
            made.failed[choice] = True
            made.reserved[choice] = False
        if kind in ("refused", "redeemed"):
            made.reserved[choice] = False

    def lines(self) -> Dict[str, Tuple[int, int, int, int, int]]:
        """Of each offer: spent, reserved, given, reserved in numbers, chosen."""
        lines = {name: [self.money[name], 0, self.counts[name], 0, 0] for name in OFFERS}
        for made in self.made.values():
            for offer, reserved in zip(made.offers, made.reserved):
                lines[offer][4] += 1
                if reserved:
                    lines[offer][1] += OFFERS[offer].liability
                    lines[offer][3] += 1
        return {name: tuple(line) for name, line in lines.items()}

    def budgets(self) -> Tuple[Dict[str, int], Dict[str, int]]:
        """Budgets with some room, in money and in numbers."""
        lines = self.lines()
        return (
            {name: lines[name][0] + lines[name][1] + ROOM * OFFERS[name].liability for name in OFFERS},
            {name: lines[name][2] + lines[name][3] + ROOM for name in OFFERS})

    def contacts(self) -> Dict[str, Tuple[int, Dict[str, int]]]:
        """Of each customer: contacts that did not fail, and all by offer."""
        people: Dict[str, Tuple[int, Dict[str, int]]] = {}
        for made in self.made.values():
            count, by_offer = people.get(made.customer, (0, {}))
            for offer, failed in zip(made.offers, made.failed):
                count += not failed
                by_offer[offer] = by_offer.get(offer, 0) + 1
            people[made.customer] = (count, by_offer)
        return people
