"""A client for Patron, the in-memory customer-scoring server. One file, standard library only.

    from datetime import date
    from patron import Order, Patron

    with Patron("127.0.0.1:7433") as patron:
        patron.record_orders([Order("C-1001", "1", date(1997, 1, 1), "29.33")], currency="USD")
        patron.fit("mbg-nbd")
        print(patron.score("C-1001", horizon="39w").lifetime_value)
        for score in patron.score_many(["C-1001", "C-1002"], horizon="12m", margin=0.4):
            print(score.customer, score.alive_probability, score.expected_orders)

A `Patron` is one connection and belongs to one thread. What the server declines raises
`PatronRefused`; a connection that cannot be made, breaks or goes silent raises
`PatronConnectionError`, and is closed then. Whether a command that was under way was applied is not
known then: draw a key before (`next_key`), give it to the command, and give the same key when you
send the same command again over a new connection; it is applied once. The bytes are described in
protocol.md.
"""

from __future__ import annotations

import math
import re
import secrets
import selectors
import socket
import struct
import time
import warnings
from collections import deque
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any, Callable, Deque, Dict, Generator, Iterable, Iterator, List, Mapping, Optional, Set, Tuple, Union
from zoneinfo import ZoneInfo

__all__ = [
    "Adoption", "Calibration", "Campaign", "CampaignArm", "CampaignBudget", "CampaignGroup",
    "CampaignLine", "CampaignOffer",
    "Catalogue", "CatalogueChange", "Estimate", "ChosenOffer", "ChurnJudgement", "ChurnLayer",
    "CommandKey", "Consent", "Correction", "CountedCustomers", "CountedGroup", "Customer", "Decision", "DecisionRequest", "Event", "ExplainedOffer",
    "FactTable", "Fit",
    "Forecast", "Hello", "KEEP", "LoggedDecision", "Measure", "Model", "OfferLine", "Order", "OrderLine", "Outcome", "Patron",
    "PatronConnectionError", "PatronError",
    "PatronRefused", "Profile", "Recommendation", "RecommendedOffer", "RecordResult", "RefusedRow", "Report", "Return", "Score", "ScoreInterval",
    "ServerStatus", "Snapshot", "Trial", "TriedBudget", "TriedCampaign", "TriedOffer",
    "days",
]

Moment = Union[date, datetime]
"""A `date` is that calendar day in the shop's time zone; so is a `datetime` without a zone."""

Amount = Union[Decimal, str, int]
"""Major units, exactly; never a float, which could not hold 0.10."""

# ---------------------------------------------------------------------------------------------
# The protocol's numbers

VERSION = 1
DEFAULT_PORT = 7433
MAGIC = 0x4E525450

VERBS = {
    "hello": 1, "ping": 2, "status": 3, "snapshot": 4, "declare shop": 5, "cancel": 6, "record orders": 16,
    "record returns": 17, "record profiles": 18, "record consents": 19, "record events": 20, "record order lines": 21,
    "put catalogue": 22, "amend offer": 23, "decide": 24, "record decision": 25, "record outcomes": 26,
    "adopt policy": 27, "refit policy": 53, "try catalogue": 54,
    "read catalogue": 42, "explain decision": 43, "read decisions": 44, "report campaign": 45,
    "score one": 32, "score many": 33, "fit": 48, "adopt model": 49,
    "put back model": 50, "score interval": 34, "recommend": 35, "forecast": 52,
    "report": 51, "consent history": 41, "describe customer": 40,
    "define segments": 28, "keep segments": 29, "keep quantiles": 30, "select customers": 55, "count customers": 56,
    "read segments": 57, "watch customers": 58,
}

STATUSES = {
    0: "ok", 1: "bad frame", 2: "frame too large", 3: "hello required", 4: "unsupported version",
    5: "unsupported verb", 6: "malformed", 7: "invalid field", 8: "deadline exceeded",
    9: "overloaded", 10: "shutting down", 11: "table full", 12: "loading",
    13: "no space", 14: "key reused", 15: "more",
    16: "already declared", 17: "not declared", 18: "currency mismatch", 19: "time out of range", 20: "unknown order",
    21: "return before order", 22: "return exceeds order", 23: "amount overflow", 32: "no model",
    33: "not enough data", 34: "task failed", 40: "bad catalogue", 41: "no catalogue",
    42: "unknown offer", 43: "unknown placement", 44: "bad schema", 45: "unknown decision", 46: "bad amount",
    47: "unknown campaign", 48: "cancelled", 49: "bad condition", 50: "too many groups",
    51: "too many ordered",
}

CHANNELS = {"email": 1, "sms": 2, "push": 3, "site": 4, "phone": 5, "post": 6, "store": 7}
PURPOSES = {"marketing": 1, "profiling": 2, "service": 3, "partners": 4}
EVENTS = {
    "cart changed": 1, "cart emptied": 2, "viewed": 3, "contact sent": 4, "contact delivered": 5,
    "contact failed": 6, "complaint opened": 7, "complaint solved": 8,
}
TIERS = {"bronze": 1, "silver": 2, "gold": 3, "platinum": 4}
SAID = {"granted": 1, "denied": 2, "revoked": 3}
STAGES = {"draft": 0, "live": 1, "paused": 2, "ended": 3}
OUTCOMES = {
    "shown": 1, "delivered": 2, "failed": 3, "clicked": 4, "accepted": 5, "refused": 6, "redeemed": 7,
    "refunded": 8, "ended": 9,
}
SEGMENTS = {"new": 0, "vip": 1, "loyal": 2, "will buy again": 3, "about to leave": 4, "inactive": 5}
REASONS = {
    "NOT_LIVE": 0, "HOLDOUT": 1, "CONSENT": 2, "RULE": 3, "CAP": 4, "QUIET": 5, "BUDGET": 6, "EXCLUSIVE": 7,
    "NOT_IN_PLACEMENT": 8, "NEGATIVE_UPLIFT": 9, "RANKED": 10, "EXPLORED": 11, "CHOSEN": 12,
}

CLOSING = frozenset({1, 2, 3, 4})
MORE = 15  # a part of a reply; further ones follow
MODELS = {
    "bg-nbd": 1, "mbg-nbd": 2, "pareto-nbd": 3, "bg-cnbd-2": 12, "bg-cnbd-3": 13, "bg-cnbd-4": 14,
    "mbg-cnbd-2": 22, "mbg-cnbd-3": 23, "mbg-cnbd-4": 24,
}
CHOICES = {**MODELS, "bg-cnbd-k": 10, "mbg-cnbd-k": 20, "auto": 255}  # what a fit may be asked for
_DROPOUT = {"pareto-nbd": ("s", "beta")}  # the last two parameters; of all others a and b
_TIMES = ("alpha", "beta")  # parameters that change with the unit of time
FRAME_SIZE_MAX = 1 << 20
BATCH_FRAME_SIZE_MAX = 8 << 20
IDENTIFIER_SIZE_MAX = 64
NAME_SIZE_MAX = 64
ROWS_MAX = 8192
CONSENTS_TOLD_MAX = 1024
EVENTS_TOLD_MAX = 16
CATEGORIES_TOLD_MAX = 64
CUSTOMERS_MAX = 100_000
SCORE_MONTHS_MAX = 12_288
AMOUNT_MAX = 10**15
MINOR_DIGITS_MAX = 4
BLEND_MAX = 2
SEASON_PARTS_MAX = 24
SIGNALS_MAX = 5
CHURN_TERMS_MAX = 32
CATALOGUE_SIZE_MAX = 700_000
OFFERS_MAX = 256
SLATE_MAX = 30
BASKET_CATEGORIES_MAX = 32
OWN_FEATURES_MAX = 16
CONDITION_SIZE_MAX = 4_096
SELECT_COLUMNS_MAX = 32
GROUP_FIELDS_MAX = 4
MEASURES_MAX = 8
QUANTILES_MAX = 8

MONTH_DAYS = 30.4375
"""Days of a month; a year is twelve of them."""

_HEADER = struct.Struct("<IHHQII")
_TERMS = struct.Struct("<qddd")
_SCORE = struct.Struct("<BBHIiiIiiIddddddd")
_MODEL = struct.Struct("<BB7d")
_FURTHER = struct.Struct("<B4d")
_COUNT = struct.Struct("<B")
_COUNT32 = struct.Struct("<I")
_NUMBER = struct.Struct("<d")
_LAYER = struct.Struct("<dddB")
_TERM = struct.Struct("<Bddd")
_TERM_KEYS = ("feature", "coefficient", "centre", "scale")
_FIT = struct.Struct("<4ddQQIB3dddQIBd")
_STATUS = struct.Struct("<10QqqB5QIiqQQIQ")
_NO_OFFSET = 0xFFFF_FFFF
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_WINDOW = 8  # requests under way at once


# ---------------------------------------------------------------------------------------------
# What goes wrong


class PatronError(Exception):
    """Whatever this module raises on purpose, but for wrong arguments (ValueError, TypeError)."""


class PatronRefused(PatronError):
    """The server declined a request; nothing was changed by it.

    `status` is the number, `name` its name in protocol.md, `offset` the place of the field at
    fault in the request's frame (None where no field is), `sentence` the explanation.
    """

    def __init__(self, status: int, offset: Optional[int], sentence: str) -> None:
        self.status = status
        self.name = STATUSES.get(status, f"status {status}")
        self.offset = offset
        self.sentence = sentence
        place = "" if offset is None else f" at byte {offset}"
        super().__init__(f"{self.name}{place}: {sentence}")

    def __reduce__(self) -> Tuple[Any, ...]:
        return (PatronRefused, (self.status, self.offset, self.sentence))


class PatronConnectionError(PatronError, ConnectionError):
    """There is no connection, or not any more. What was under way may or may not have been done."""


# ---------------------------------------------------------------------------------------------
# What goes in and comes out


@dataclass(frozen=True)
class CommandKey:
    """What tells a command from every other one: two numbers of 64 bits, not both 0.

    A stream of commands uses a number of its own and a rising one; others take `Patron.next_key`.
    """

    producer: int
    number: int

    def plus(self, count: int) -> CommandKey:
        """The key `count` commands later.

        >>> CommandKey(7, 2**64 - 1).plus(2)
        CommandKey(producer=7, number=1)
        """
        return CommandKey(self.producer, (self.number + count) % 2**64)


@dataclass(frozen=True)
class Order:
    """One completed purchase. The same customer and order again is a duplicate.

    >>> Order("C-1001", "1", date(1997, 1, 1), "29.33").amount
    '29.33'
    """

    customer: str
    order: str
    time: Moment
    amount: Amount


@dataclass(frozen=True)
class Return:
    """An order, or a part of it, given back; no amount means all that is left of it."""

    customer: str
    order: str
    returned: str
    time: Moment
    amount: Optional[Amount] = None


class _Keep:
    def __repr__(self) -> str:
        return "KEEP"


KEEP = _Keep()
"""Stands for a field of a profile that stays as it was; None stands for one to be forgotten."""


@dataclass(frozen=True)
class Profile:
    """What is known of a person, and of how the shop came by the customer.

    The birthday is "1980-05-17", or "--05-17" without its year. `acquisition_cost` is an amount such as
    "12.50" when it is recorded, and minor units when it is told. `tier` is one of TIERS, held up to and
    with the day `tier_until`, or without end; the two change together.

    >>> Profile("C-1001", country="FR", language=None).birthday
    KEEP
    """

    customer: str
    birthday: Union[str, None, _Keep] = KEEP
    country: Union[str, None, _Keep] = KEEP
    language: Union[str, None, _Keep] = KEEP
    channel: Union[str, None, _Keep] = KEEP
    source: Union[str, None, _Keep] = KEEP
    acquisition_cost: Union[Decimal, str, int, None, _Keep] = KEEP
    tier: Union[str, None, _Keep] = KEEP
    tier_until: Optional[date] = None


@dataclass(frozen=True)
class Consent:
    """What a customer said about one channel and purpose: "granted", "denied" or "revoked".

    >>> Consent("C-1001", "email", "marketing", "granted", date(1997, 8, 20)).allows(date(1998, 1, 1))
    True
    """

    customer: str
    channel: str
    purpose: str
    said: str
    time: Moment
    expires: Optional[Moment] = None
    source: str = ""
    text_version: str = ""

    def allows(self, now: Moment, zone: tzinfo = timezone.utc) -> bool:
        """Whether it lets the customer be contacted at a time."""
        ends = None if self.expires is None else micros(self.expires, zone)
        return self.said == "granted" and (ends is None or micros(now, zone) < ends)


@dataclass(frozen=True)
class Event:
    """What happened to a customer beside orders; the same customer and identifier is a duplicate.

    `kind` is one of EVENTS; `name` a category, an offer or a complaint's reference; `amount` and
    `lines` are a cart's, `channel` a contact's.

    >>> Event("C-1001", "e1", "viewed", date(1997, 8, 20), name="shoes").kind
    'viewed'
    """

    customer: str
    event: str
    kind: str
    time: Moment
    name: str = ""
    channel: Optional[str] = None
    amount: Amount = 0
    lines: int = 0


@dataclass(frozen=True)
class OrderLine:
    """One line of an order that was recorded before; the same number again is a duplicate.

    >>> OrderLine("C-1001", "1", 1, "shoes", "29.33").quantity
    1
    """

    customer: str
    order: str
    line: int
    category: str
    amount: Amount
    quantity: int = 1


@dataclass(frozen=True)
class BoughtCategory:
    """What a customer bought of a category; `amount` in minor units."""

    category: str
    quantity: int
    amount: int
    last_day: date


@dataclass(frozen=True)
class Customer:
    """Everything that is known of a customer; `spent` in minor units."""

    known: bool
    first_order: Optional[date]
    last_order: Optional[date]
    repeat_orders: int
    spent: int
    profile: Profile
    consents: Tuple[Consent, ...]
    open_complaints: int
    events: Tuple[Event, ...]  # without identifiers; amounts in minor units
    categories: Tuple[BoughtCategory, ...]


@dataclass(frozen=True)
class CatalogueChange:
    """Which catalogue is in force after a change, and how many of its offers are live."""

    sequence: int
    version: int
    offers: int
    live: int


@dataclass(frozen=True)
class Segment:
    """A named segment: what it is, and who is in it.

    `before` is how many were in it when everybody's segment was found last, or None before the first time.
    """

    name: str
    enters: str
    stays: str
    customers: int
    valued: int
    lifetime_value: float
    netted: int
    net_value: float
    before: Optional[int]


@dataclass(frozen=True)
class Segments:
    """The named segments in the order in which they are tried; days are None before the first time."""

    customers: int
    as_of: date
    generation: int
    version: int
    found_on: Optional[date]
    found_with: int
    found_by: int
    quantiles_of: Optional[date]
    segments: Tuple[Segment, ...]


@dataclass(frozen=True)
class PolicyRefit:
    """What a refit of the offers' values came to, in major units a decision, with a paired 95 % interval."""

    adopted: bool
    rows: int
    arms: int
    difference: float
    interval: Tuple[float, float]
    reason: str


@dataclass(frozen=True)
class OfferLine:
    """How an offer stands; money in minor units, budgets None where there is none."""

    offer: str
    name: str
    state: str
    budget: Optional[int]
    spent: int
    reserved: int
    budget_count: Optional[int]
    given: int
    reserved_count: int
    price: float
    chosen: int
    learnt: int


@dataclass(frozen=True)
class CampaignBudget:
    """How the budget of a campaign stands; money in minor units, None where there is no such bound."""

    campaign: str
    budget: Optional[int]
    spent: int
    reserved: int
    budget_count: Optional[int]
    given: int
    reserved_count: int
    price: float


@dataclass(frozen=True)
class Catalogue:
    """The catalogue in force; version 0 before the first was put."""

    version: int
    currency: str
    minor_digits: int
    text: str  # the JSON that was put last
    decisions: int
    offers: Tuple[OfferLine, ...]
    campaigns: Tuple[CampaignBudget, ...]  # those with a budget


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval, whose ends may be infinite."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TriedBudget:
    """A budget before and after a trial; money in minor units, None where there is no such bound."""

    money: Optional[int]
    before: int
    taken: int
    count: Optional[int]
    count_before: int
    count_taken: int
    price: float


@dataclass(frozen=True)
class TriedOffer:
    """What a trial did with an offer; cost and margin in major units, liability in minor ones."""

    offer: str
    state: str
    chosen: int
    explored: int
    cost: float
    liability: int
    margin: Optional[Estimate]
    budget: Optional[TriedBudget]
    reasons: Dict[str, int]


@dataclass(frozen=True)
class TriedCampaign:
    """What a trial did with the budget of a campaign."""

    campaign: str
    chosen: int
    budget: Optional[TriedBudget]


@dataclass(frozen=True)
class Trial:
    """What a catalogue would decide; `without` counts customers without any offer by the reason of the
    offer that came furthest."""

    catalogue: int
    in_force: bool
    time: datetime
    placement: str
    channel: str
    currency: str
    minor_digits: int
    population: int
    customers: int
    offered: int
    held_out: int
    explored: int
    cost: float
    liability: int
    margin: Optional[Estimate]
    without: Dict[str, int]
    offers: Tuple[TriedOffer, ...]
    campaigns: Tuple[TriedCampaign, ...]


@dataclass(frozen=True)
class CampaignArm:
    """What the customers of one arm did within their windows; money in major units."""

    customers: int
    buyers: int
    repeat_buyers: int
    orders: int
    sales: float
    contacts: int
    opt_outs: int
    reward_cost: float
    contact_cost: float


@dataclass(frozen=True)
class CampaignGroup:
    """Treated against control: everybody (segment None) or a segment; None where there is no comparison.

    `uplift` is of sales per customer, `relative` the same relative to control, `adjusted` without what
    was different before, `sequence` with an interval that covers at every look.
    """

    segment: Optional[str]
    few_buyers: bool
    treated: CampaignArm
    control: CampaignArm
    uplift: Optional[Estimate]
    relative: Optional[Estimate]
    adjusted: Optional[Estimate]
    variance_ratio: Optional[float]
    sequence: Optional[Estimate]
    conversion: Optional[Estimate]
    orders: Optional[Estimate]
    basket: Optional[Estimate]
    repeat_rate: Optional[Estimate]  # repeat buyers of buyers
    repeat_share: Optional[Estimate]  # repeat buyers of all
    incremental_margin: Optional[Estimate]
    cost: float
    order_cost: Optional[float]
    return_on_cost: Optional[float]


@dataclass(frozen=True)
class CampaignOffer:
    """How far an offer came, over all its time; money in minor units, `reasons` counts decisions."""

    offer: str
    state: str
    chosen: int
    delivered: int
    shown: int
    clicked: int
    accepted: int
    refused: int
    redeemed: int
    spent: int
    reserved: int
    budget: Optional[int]
    reasons: Dict[str, int]


@dataclass(frozen=True)
class CampaignLine:
    """One campaign among all; `probability` is p of its uplift."""

    campaign: str
    treated: int
    control: int
    open_windows: int
    ratio_probability: Optional[float]
    withheld: bool
    uplift: Optional[Estimate]
    probability: Optional[float]
    stands: bool


@dataclass(frozen=True)
class Campaign:
    """What a campaign changed. `provisional` while windows are open; `withheld`: no verdict may be given.

    `everybody` is None and `lines` has all campaigns where none was asked for.
    """

    campaign: str
    catalogue: int
    as_of: date
    window_days: int
    currency: str
    planned: int
    margin_rate: float
    open_windows: int
    expected_control: float
    ratio_probability: Optional[float]
    withheld: bool
    everybody: Optional[CampaignGroup]
    segments: Tuple[CampaignGroup, ...]
    offers: Tuple[CampaignOffer, ...]
    lines: Tuple[CampaignLine, ...]

    @property
    def provisional(self) -> bool:
        return self.open_windows > 0


@dataclass(frozen=True)
class DecisionRequest:
    """Who asks for offers, where, and with what in the basket.

    `categories` None are not known; `features` are the shop's own of the catalogue's `schema`, None
    for one that is not known. `top` 0 is the placement's own number of offers.

    >>> DecisionRequest("C-1001", "checkout", "site", basket="80.00").lines
    0
    """

    customer: str
    placement: str
    channel: str
    basket: Optional[Amount] = None
    lines: int = 0
    categories: Optional[Tuple[str, ...]] = None
    features: Tuple[Optional[float], ...] = ()
    schema: int = 0
    top: int = 0
    greedy: bool = False
    dry_run: bool = False
    explain: bool = False


@dataclass(frozen=True)
class RecommendedOffer:
    """An offer that was recommended; money in major units, None for one chosen without a score."""

    score: Optional[float]
    uplift: Optional[float]
    offer: str


@dataclass(frozen=True)
class Recommendation:
    """A customer's scores for 39 weeks and best offers, of which nothing was kept; money in major units.

    What is None was not to be known: without consent to profiling, without a model, without spends.
    """

    known: bool
    held_out: bool
    fallback: bool
    profiled: bool
    catalogue: int
    generation: int
    as_of: date
    segment: str
    alive_probability: Optional[float]
    churn_probability: Optional[float]
    expected_orders: Optional[float]
    expected_spend: Optional[float]
    lifetime_value: Optional[float]
    offers: Tuple[RecommendedOffer, ...]


@dataclass(frozen=True)
class ChosenOffer:
    """A chosen offer with the probability of its choice; money in major units.

    `parts` are what the score is made of and `features` what adds to its sales; both are empty
    unless reasons were asked for.
    """

    offer: str
    best: bool
    propensity: float
    score: Optional[float]
    uplift: Optional[float]
    parts: Dict[str, float]
    features: Tuple[Tuple[str, float], ...]


@dataclass(frozen=True)
class ExplainedOffer:
    """Why an offer was chosen or not, in words for the staff and for the customer."""

    offer: str
    reason: str
    score: Optional[float]
    propensity: float
    staff: str
    customer: str


@dataclass(frozen=True)
class Decision:
    """What was decided: `receipt` is to be given back with outcomes, None after a dry run.

    Scores are None where there is no model for them. `reasons` has one for each offer of the
    catalogue, by identifier; `explanations` is empty unless asked for.
    """

    receipt: Optional[str]
    time: datetime
    known: bool
    held_out: bool
    fallback: bool
    explored: bool
    drawn: bool
    profiled: bool
    suspect: bool
    dropped: bool
    dry_run: bool
    catalogue: int
    generation: int
    segment: str
    alive_probability: Optional[float]
    churn_probability: Optional[float]
    expected_orders: Optional[float]
    expected_spend: Optional[float]
    lifetime_value: Optional[float]
    propensity: float
    offers: Tuple[ChosenOffer, ...]
    reasons: Tuple[str, ...]
    explanations: Tuple[ExplainedOffer, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a decision; `kind` is one of OUTCOMES.

    The same decision and `outcome` again is a duplicate; it is called like its kind unless a name
    is given. `choice` is which of the offers, from 0.

    >>> Outcome("AQ", "accepted", date(1997, 9, 30), order_value="72.50", margin="30.00").choice
    0
    """

    decision: str
    kind: str
    time: Moment
    outcome: str = ""
    choice: int = 0
    order_value: Amount = 0
    margin: Amount = 0
    cost: Amount = 0


@dataclass(frozen=True)
class LoggedDecision:
    """A decision with what came of it, in major units; None while that is open, or never known."""

    number: int
    customer: str
    time: datetime
    placement: str
    channel: str
    action: Optional[str]  # the first offer; None for no offer
    propensity: float
    closed: bool  # no outcome will come any more, or it is known
    outcome: Optional[float]
    features: Dict[str, float]


@dataclass(frozen=True)
class Hello:
    """What the server said of itself and the shop when the connection was made."""

    version: int
    minor_digits: int
    currency: str
    time_zone: str
    server: str


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not recorded: its place among the rows given, from 0, and why."""

    row: int
    status: int
    name: str


@dataclass(frozen=True)
class RecordResult:
    """How many rows were new, known already, and refused; and the last command's number."""

    recorded: int
    duplicates: int
    refused: Tuple[RefusedRow, ...]
    sequence: int


@dataclass(frozen=True)
class Score:
    """What is to be expected of a customer within the horizon; amounts in major units.

    For an unknown customer `known` is False, and the numbers are those to be expected of
    somebody who orders for the first time on the as-of day.
    """

    customer: str
    known: bool
    spend_known: bool
    generation: int
    as_of: date
    first_order: Optional[date]
    repeat_orders: int
    recency_days: int
    age_days: int
    mean_spend: float
    alive_probability: float
    churn_probability: float
    expected_orders: float
    expected_spend_per_order: float
    lifetime_value: float
    horizon_days: float
    model_churn: float = 0.0  # churn_probability by the purchase models alone, without a churn layer


@dataclass(frozen=True)
class Correction:
    """A factor for each customer; five weights, means and deviations, one for each signal."""

    reference_days: float
    intercept: float
    weights: Tuple[float, ...]
    means: Tuple[float, ...]
    deviations: Tuple[float, ...]

    def as_dict(self) -> Dict[str, Any]:
        """The keys that `patron fit --json` prints."""
        return {
            "referenceDays": self.reference_days, "intercept": self.intercept,
            "weights": list(self.weights), "means": list(self.means),
            "deviations": list(self.deviations),
        }


@dataclass(frozen=True)
class Calibration:
    """What is laid over the purchase models; as it is made without arguments, nothing."""

    season: Optional[Tuple[float, ...]] = None  # the clock's speed in 24 parts of the year
    log_level: float = 0.0
    correction: Optional[Correction] = None

    def as_dict(self) -> Dict[str, Any]:
        """The keys that `patron fit --json` prints."""
        return {
            "season": None if self.season is None else list(self.season),
            "logLevel": self.log_level,
            "correction": None if self.correction is None else self.correction.as_dict(),
        }


@dataclass(frozen=True)
class ChurnLayer:
    """What is laid over the purchase models' churn probability, for horizons near its own.

    Each of `terms` is a feature's number, its coefficient, centre and scale.
    """

    horizon_days: float
    typical_gap_days: float
    intercept: float
    terms: Tuple[Tuple[int, float, float, float], ...]

    def as_dict(self) -> Dict[str, Any]:
        """The keys that `patron fit --json` prints."""
        return {
            "horizonDays": self.horizon_days, "typicalGapDays": self.typical_gap_days,
            "intercept": self.intercept,
            "terms": [dict(zip(_TERM_KEYS, term)) for term in self.terms],
        }


@dataclass(frozen=True)
class Model:
    """A purchase model with time in days, and a spend model where p, q, gamma are not None.

    `blend` are further purchase models, which have no spend, blend or calibration of their own:
    scores are the mean of all.
    """

    name: str
    days: Dict[str, float]  # r, alpha, a, b; of Pareto/NBD r, alpha, s, beta
    p: Optional[float] = None
    q: Optional[float] = None
    gamma: Optional[float] = None
    blend: Tuple[Model, ...] = ()
    calibration: Calibration = Calibration()
    churn_layer: Optional[ChurnLayer] = None

    def parameters(self, unit_days: float = 1) -> Dict[str, float]:
        """The purchase parameters, with time in units of so many days: 7 for weeks."""
        return {n: v / unit_days if n in _TIMES else v for n, v in self.days.items()}


@dataclass(frozen=True)
class Holdout:
    """Predicted and actual orders of a hold-out period; deciles by falling prediction."""

    days: int
    customers: int
    actual: float
    predicted: float
    mean_absolute_error: float
    root_mean_square_error: float
    poisson_deviance: float
    normalized_gini: Optional[float]
    deciles: Tuple[Tuple[int, float, float], ...]  # customers, actual, predicted

    @property
    def bias(self) -> Optional[float]:
        """predicted/actual - 1; None where nobody ordered."""
        return self.predicted / self.actual - 1 if self.actual > 0 else None


@dataclass(frozen=True)
class ScoreInterval:
    """Within which numbers orders and value will lie; values None without a spend model."""

    generation: int
    as_of: date
    known: bool
    no_order: float
    expected_orders: float
    orders: Tuple[int, int]
    lifetime_value: Optional[float]
    value: Optional[Tuple[float, float]]


@dataclass(frozen=True)
class ForecastWeek:
    """One week of a forecast; revenue None where nothing is known of amounts."""

    last_day: date
    present_orders: float
    first_orders: float
    later_orders: float
    orders: Tuple[float, float]  # low, high
    revenue: Optional[Tuple[float, float, float]]  # expected, low, high


@dataclass(frozen=True)
class Forecast:
    """A shop's orders and revenue by week, intervals of 90 %."""

    generation: int
    as_of: date
    orders: Tuple[float, float, float]  # expected, low, high
    revenue: Optional[Tuple[float, float, float]]
    weeks_within: int
    weeks_judged: int
    cuts: int
    dispersion: float
    level_variance: float
    warnings: Tuple[str, ...]
    weeks: Tuple[ForecastWeek, ...]
    past: Tuple[float, ...]


@dataclass(frozen=True)
class Measure:
    """What a number comes to over some customers; least, most and mean are None where it is known of nobody."""

    field: str
    known: int
    """Customers of whom it is known."""
    sum: float
    least: Optional[float]
    most: Optional[float]
    quantiles: Tuple[Optional[float], ...]
    """One for each share that was asked for, within half a percent."""

    @property
    def mean(self) -> Optional[float]:
        return self.sum / self.known if self.known else None


@dataclass(frozen=True)
class CountedGroup:
    """Customers who have the same texts, levels or yes/no; a key is None where it is unknown."""

    customers: int
    keys: Tuple[Optional[str], ...]
    measures: Tuple[Measure, ...]


@dataclass(frozen=True)
class CountedCustomers:
    """How many customers a condition holds for; the groups by falling numbers of customers."""

    customers: int
    """All there are."""
    found: int
    as_of: date
    groups: Tuple[CountedGroup, ...]


@dataclass(frozen=True)
class ChurnJudgement:
    """How a churn layer foretold who would stay away, beside the purchase models."""

    horizon_days: float
    customers: int
    purchase_log_loss: float
    layer_log_loss: float
    gain_standard_error: float
    adopted: bool


@dataclass(frozen=True)
class Fit:
    """What a fit found; it has been adopted, unless it was a validation.

    Standard errors are None where they are not known.
    """

    generation: int
    as_of: date
    model: Model
    standard_errors: Dict[str, Optional[float]]
    log_likelihood: float
    customers: int
    distinct_histories: int
    iterations: int
    converged: bool
    spend_errors: Dict[str, Optional[float]]
    spend_log_likelihood: float
    correlation: float
    spend_customers: int
    spend_iterations: int
    spend_converged: bool
    seconds: float
    warnings: Tuple[str, ...]
    # By parameter: standard error, low and high of 90 %, times in days; from drawn shops.
    bootstrap: Optional[Dict[str, Tuple[float, float, float]]] = None
    trials: Tuple[Tuple[str, float, Optional[float]], ...] = ()  # name, deviance, bias; by back-test
    holdout: Optional[Holdout] = None
    churn: Optional[ChurnJudgement] = None  # None where no layer was judged

    def as_dict(self) -> Dict[str, Any]:
        """The keys that `patron fit --json` prints; `Patron.adopt` takes them back.

        `standardErrors` are those of the parameters in weeks, `standardErrorsDays` in days.
        """
        weeks = {n: v / 7 if n in _TIMES and v is not None else v
                 for n, v in self.standard_errors.items()}
        spend: Optional[Dict[str, Any]] = None
        if self.model.p is not None:
            spend = {
                "p": self.model.p, "q": self.model.q, "gamma": self.model.gamma,
                "logLikelihood": self.spend_log_likelihood, "correlation": None if self.correlation < -1 else self.correlation,
            }
        return {
            "model": self.model.name,
            "parametersWeeks": self.model.parameters(7),
            "parametersDays": self.model.parameters(),
            "standardErrors": weeks,
            "standardErrorsDays": dict(self.standard_errors),
            "logLikelihood": self.log_likelihood,
            "spend": spend,
            "blend": [
                {"model": one.name, "parametersDays": one.parameters()} for one in self.model.blend
            ],
            "calibration": self.model.calibration.as_dict(),
            "churnLayer": None if self.model.churn_layer is None else self.model.churn_layer.as_dict(),
            "customers": self.customers,
            "distinctHistories": self.distinct_histories,
            "iterations": self.iterations,
            "converged": self.converged,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Report:
    """The figures that `patron report` draws: see protocol.md for what each is."""

    generation: int
    as_of: date
    customers: int
    orders: int
    currency: str
    warnings: Tuple[str, ...]
    model: Model
    holdout: Optional[Holdout]
    """How the model's kind, fitted up to a cut, foretold what came after it."""
    horizon_days: float
    age_days: float
    cells: Tuple[Tuple[int, int, float, float], ...]
    """Repeat orders, recency in days, P(alive), expected orders, of customers of that age."""
    weeks: Tuple[Tuple[date, float, float], ...]
    """Last day, repeat orders up to it, those expected."""
    median_value: float
    mean_value: float
    bins: Tuple[Tuple[float, int], ...]
    """Lower edge, customers; empty without a spend model. The last bin is open."""
    customer: str
    order_days: Tuple[date, ...]
    life: Tuple[Tuple[date, float], ...]
    """Day, P(alive) of the customer; a day with an order is there twice."""
    cohorts: Tuple[Tuple[int, int, int, int], ...]
    """Year and month of the first order, months since, customers who ordered in that month."""

    @property
    def cut(self) -> Optional[date]:
        """The last day that the model which was held against later orders has seen."""
        return self.as_of - timedelta(days=self.holdout.days) if self.holdout else None


@dataclass(frozen=True)
class Adoption:
    """The number of the command, and which adoption this is."""

    sequence: int
    generation: int


@dataclass(frozen=True)
class Snapshot:
    """The last command the snapshot covers, its size in bytes, and how long it took."""

    sequence: int
    size_bytes: int
    seconds: float


@dataclass(frozen=True)
class FactTable:
    """How much there is of one kind of facts, and the memory it takes."""

    name: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class ServerStatus:
    """What the server holds and how it is. `state_hash` is None where it was not asked for.

    `sync_window_seconds` is 0 where every command is on disk before it is acknowledged;
    `no_space` is True while commands are refused because the disk is full.
    """

    customers: int
    orders: int
    returns: int
    customer_bytes: int
    order_bytes: int
    sequence: int
    durable_sequence: int
    snapshot_sequence: int
    answer_bytes: int
    repeated: int
    sync_window_seconds: float
    loss_window_seconds: float
    no_space: bool
    refused_for_space: int
    journal_bytes: int
    snapshot_bytes: int
    snapshot_written: int
    state_hash: Optional[int]
    generation: int
    newest_order: Optional[date]
    uptime_seconds: float
    requests: int
    refusals: int
    connections: int
    resident_bytes: int
    model: Optional[Model]
    minor_digits: int
    currency: str
    time_zone: str
    server: str
    facts: Tuple[FactTable, ...] = ()
    replies_in_parts: int = 0


# ---------------------------------------------------------------------------------------------
# Units


def days(duration: Union[str, int, float]) -> float:
    """A duration in days: "90d", "39w", "12m" (of 30.4375 days), "1y" (12 m), or a number of days.

    >>> days("39w"), days("12m"), days(90)
    (273.0, 365.25, 90.0)
    """
    if not isinstance(duration, str):
        return float(duration)
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([dwmy])", duration)
    if match is None:
        raise ValueError(f"{duration!r} is no duration; write 90d, 39w, 12m or 1y")
    unit = {"d": 1.0, "w": 7.0, "m": MONTH_DAYS, "y": 12 * MONTH_DAYS}
    return float(match[1]) * unit[match[2]]


def minor_units(amount: Amount, minor_digits: int) -> int:
    """An amount in minor units, exactly.

    >>> minor_units("29.33", 2), minor_units(Decimal("5"), 0)
    (2933, 5)
    """
    if isinstance(amount, bool) or not isinstance(amount, (Decimal, str, int)):
        raise TypeError(f"{amount!r} is no amount; give a Decimal, a str or an int, never a float")
    with localcontext() as context:
        context.prec = 100
        try:
            minor = Decimal(amount).scaleb(minor_digits)
        except InvalidOperation:
            raise ValueError(f"{amount!r} is no amount") from None
        if not minor.is_finite() or abs(minor) > AMOUNT_MAX:
            raise ValueError(f"{amount!r} is no amount, or more than can be recorded")
        if minor != minor.to_integral_value():
            raise ValueError(f"{amount!r} has more than {minor_digits} digits behind the point")
    if minor < 0:
        raise ValueError(f"{amount!r} is negative; what comes back is recorded as a return")
    return int(minor)


def micros(moment: Moment, zone: tzinfo) -> int:
    """Microseconds since 1970 UTC; a date means noon of that day in `zone`.

    >>> micros(date(1997, 9, 30), timezone.utc)
    875620800000000
    """
    if not isinstance(moment, datetime):
        if not isinstance(moment, date):
            raise TypeError(f"{moment!r} is neither a date nor a datetime")
        moment = datetime(moment.year, moment.month, moment.day, 12)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


# ---------------------------------------------------------------------------------------------
# Writing


def frame(verb: int, tag: int, body: bytes, deadline_millis: int = 0) -> bytes:
    """A whole request."""
    size = _HEADER.size + len(body)
    most = BATCH_FRAME_SIZE_MAX if verb == VERBS["score many"] else FRAME_SIZE_MAX
    if size > most:
        raise ValueError(f"the request has {size} bytes, at most {most} can be sent")
    return _HEADER.pack(size - 4, verb, 0, tag, deadline_millis, 0) + body


def _identifier(text: str, what: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= IDENTIFIER_SIZE_MAX:
        raise ValueError(f"{what} {text!r} has {len(data)} bytes, it must have 1 to 64")
    return bytes((len(data),)) + data


def _name(text: str) -> bytes:
    data = text.encode()
    if len(data) > NAME_SIZE_MAX:
        raise ValueError(f"the name {text!r} has {len(data)} bytes, at most 64 can be sent")
    return bytes((len(data),)) + data


def hello_body(client: str) -> bytes:
    """The body of a hello request."""
    return struct.pack("<IHH", MAGIC, VERSION, VERSION) + _name(client)


def cancel_body(tag: int) -> bytes:
    """The body of a request that ends the reply in parts to the request with this tag."""
    return struct.pack("<Q", tag)


def status_body(with_state_hash: bool) -> bytes:
    """The body of a status request."""
    return bytes((int(with_state_hash),))


def key_fields(key: CommandKey) -> bytes:
    """What the body of a command begins with."""
    for number in (key.producer, key.number):
        if not 0 <= number < 2**64:
            raise ValueError(f"{number} does not fit into the 64 bits of a key")
    return struct.pack("<QQ", key.producer, key.number)


def batch_head(key: CommandKey, currency: str, minor_digits: int, count: int) -> bytes:
    """What stands before the rows of a batch."""
    if re.fullmatch("[A-Z]{3}", currency) is None:
        raise ValueError(f"{currency!r} is no currency; give three capital letters such as EUR")
    if not 0 <= minor_digits <= MINOR_DIGITS_MAX:
        raise ValueError(f"minor_digits is {minor_digits}, it must be 0 to {MINOR_DIGITS_MAX}")
    return key_fields(key) + _name(currency) + struct.pack("<BI", minor_digits, count)


def order_row(order: Order, minor_digits: int, zone: tzinfo) -> bytes:
    """A row of record orders."""
    return (
        _identifier(order.customer, "the customer")
        + _identifier(order.order, "the order")
        + struct.pack("<qq", micros(order.time, zone), minor_units(order.amount, minor_digits))
    )


def return_row(row: Return, minor_digits: int, zone: tzinfo) -> bytes:
    """A row of record returns."""
    amount = 0 if row.amount is None else minor_units(row.amount, minor_digits)
    if row.amount is not None and amount == 0:
        raise ValueError("a return of 0 is none; leave the amount out to return all that is left")
    return (
        _identifier(row.customer, "the customer")
        + _identifier(row.order, "the order")
        + _identifier(row.returned, "the return")
        + struct.pack("<qq", micros(row.time, zone), amount)
    )


def rows_head(key: CommandKey, count: int) -> bytes:
    """What stands before the rows of a batch without amounts."""
    return key_fields(key) + struct.pack("<I", count)


def _number(table: Dict[str, int], name: str, what: str) -> int:
    if name not in table:
        raise ValueError(f"{name!r} is no {what}; there are {', '.join(table)}")
    return table[name]


def line_row(row: OrderLine, minor_digits: int) -> bytes:
    """A row of record order lines."""
    return (
        _identifier(row.customer, "the customer") + _identifier(row.order, "the order")
        + struct.pack("<H", row.line) + _identifier(row.category, "the category")
        + struct.pack("<Iq", row.quantity, minor_units(row.amount, minor_digits))
    )


def event_row(row: Event, minor_digits: int, zone: tzinfo) -> bytes:
    """A row of record events."""
    return (
        _identifier(row.customer, "the customer") + _identifier(row.event, "the event")
        + struct.pack(
            "<BBqqH", _number(EVENTS, row.kind, "event"),
            _number(CHANNELS, row.channel, "channel") if row.channel else 0,
            micros(row.time, zone), minor_units(row.amount, minor_digits), row.lines)
        + _name(row.name)
    )


def profile_row(row: Profile, currency: str = "EUR", minor_digits: int = 2) -> bytes:
    """A row of record profiles; the currency is that of the acquisition cost."""
    fields = (row.birthday, row.country, row.language, row.channel, row.source,
              row.acquisition_cost, row.tier)
    changes = sum(1 << n for n, field in enumerate(fields) if field is not KEEP)
    birthday, country, language, channel, source, cost, tier = (
        "" if field is KEEP or field is None else str(field) for field in fields)
    match = re.fullmatch(r"(?:([0-9]{4})|-)-([0-9]{2})-([0-9]{2})", birthday)
    if birthday and match is None:
        raise ValueError(f"the birthday {birthday!r} is none; write 1980-05-17 or --05-17")
    day = [int(part or 0) for part in match.groups()] if match else [0, 0, 0]
    person = (
        _identifier(row.customer, "the customer") + struct.pack("<BHBB", changes, *day)
        + _name(country) + _name(language)
        + bytes((_number(CHANNELS, channel, "channel") if channel else 0,))
    )
    if row.tier_until is not None and not tier:
        raise ValueError("tier_until goes with a tier")
    if changes < 16:  # The row ends here where nothing of the rest changes.
        return person
    if isinstance(row.acquisition_cost, float):
        raise TypeError(f"{cost} is no amount; give a Decimal, a str or an int, never a float")
    until = (row.tier_until - date(1970, 1, 1)).days if row.tier_until is not None else 0
    if row.tier_until is not None and not 1 <= until <= 65_534:
        raise ValueError(f"{row.tier_until} is no last day; it lies between 1970-01-02 and 2149-06-05")
    return (
        person + (_identifier(source, "the source") if source else _name(""))
        + struct.pack("<q", minor_units(cost, minor_digits) if cost else 0)
        + _name(currency if cost else "")
        + struct.pack("<BBH", minor_digits if cost else 0,
                      _number(TIERS, tier, "tier") if tier else 0, until)
    )


def consent_row(row: Consent, zone: tzinfo) -> bytes:
    """A row of record consents."""
    return (
        _identifier(row.customer, "the customer")
        + struct.pack(
            "<BBBqq", _number(CHANNELS, row.channel, "channel"),
            _number(PURPOSES, row.purpose, "purpose"), _number(SAID, row.said, "consent"),
            micros(row.time, zone), 0 if row.expires is None else micros(row.expires, zone))
        + _name(row.source) + _name(row.text_version)
    )


def campaign_body(campaign: str, as_of_micros: int = 0, planned: int = 0) -> bytes:
    """The body of a campaign request."""
    data = campaign.encode()
    if len(data) > NAME_SIZE_MAX:
        raise ValueError(f"{campaign!r} has {len(data)} bytes, at most {NAME_SIZE_MAX} can be sent")
    return struct.pack("<qIB", as_of_micros, planned, len(data)) + data


def put_catalogue_body(key: CommandKey, catalogue: str) -> bytes:
    """The body of a put catalogue request."""
    data = catalogue.encode()
    if len(data) > CATALOGUE_SIZE_MAX:
        raise ValueError(f"the catalogue has {len(data)} bytes, at most {CATALOGUE_SIZE_MAX} can be sent")
    return key_fields(key) + struct.pack("<I", len(data)) + data


def amend_offer_body(key: CommandKey, offer: str, state: str) -> bytes:
    """The body of an amend offer request."""
    number = _number(STAGES, state, "state")
    return key_fields(key) + _identifier(offer, "the offer") + bytes((number,))


def define_segments_body(
    key: CommandKey, definitions: Mapping[str, Union[str, Tuple[str, str]]]
) -> bytes:
    """The body of a define segments request."""
    body = key_fields(key) + bytes((len(definitions),))
    for name, given in definitions.items():
        body += _name(name)
        for condition in (given, given) if isinstance(given, str) else given:
            data = condition.encode()
            body += struct.pack("<I", len(data)) + data
    return body


def read_segments_body(as_of_micros: int) -> bytes:
    """The body of a read segments request."""
    return struct.pack("<q", as_of_micros)


def _told(request: DecisionRequest) -> Tuple[Tuple[str, ...], Tuple[Optional[float], ...]]:
    """The categories and features of a request that can be told."""
    categories, features = request.categories or (), request.features
    if len(categories) > BASKET_CATEGORIES_MAX or len(features) > OWN_FEATURES_MAX:
        raise ValueError(
            f"there are {len(categories)} categories and {len(features)} features; at most "
            f"{BASKET_CATEGORIES_MAX} and {OWN_FEATURES_MAX} can be told")
    if not 0 <= request.top <= SLATE_MAX:
        raise ValueError(f"top is {request.top}, it must be 0 to {SLATE_MAX}")
    return categories, features


def decide_body(key: CommandKey, request: DecisionRequest, minor_digits: int) -> bytes:
    """The body of a decide request."""
    categories, features = _told(request)
    flags = (
        int(request.dry_run) + 2 * int(request.greedy) + 4 * int(request.explain)
        + 8 * int(request.categories is not None))
    missing = sum(1 << n for n, value in enumerate(features) if value is None)
    basket = -1 if request.basket is None else minor_units(request.basket, minor_digits)
    return (
        key_fields(key) + _identifier(request.customer, "the customer")
        + _identifier(request.placement, "the placement")
        + struct.pack(
            "<BBBqHB", _number(CHANNELS, request.channel, "channel"), flags, request.top, basket,
            request.lines, len(categories))
        + b"".join(_identifier(category, "the category") for category in categories)
        + struct.pack("<HHB", request.schema, missing, len(features))
        + b"".join(_NUMBER.pack(value or 0.0) for value in features)
    )


def recommend_body(request: DecisionRequest, minor_digits: int) -> bytes:
    """The body of a recommend request; `greedy`, `dry_run` and `explain` have no meaning here."""
    categories, features = _told(request)
    missing = sum(1 << n for n, value in enumerate(features) if value is None)
    basket = -1 if request.basket is None else minor_units(request.basket, minor_digits)
    return (
        struct.pack(
            "<BBBBHHqH", _number(CHANNELS, request.channel, "channel"), request.top,
            8 * int(request.categories is not None), 0, request.lines, request.schema, basket, missing)
        + _identifier(request.placement, "the placement") + _identifier(request.customer, "the customer")
        + bytes([len(categories)])
        + b"".join(_identifier(category, "the category") for category in categories)
        + bytes([len(features)]) + b"".join(_NUMBER.pack(value or 0.0) for value in features)
    )


def try_catalogue_body(
    catalogue: str = "", placement: str = "", channel: str = "site", *, at_micros: int = 0,
    customers: int = 0, basket: Optional[Amount] = None, lines: int = 0, top: int = 0,
    greedy: bool = False, minor_digits: int = 2,
) -> bytes:
    """The body of a try catalogue request."""
    if not 0 <= top <= SLATE_MAX:
        raise ValueError(f"top is {top}, it must be 0 to {SLATE_MAX}")
    if not 0 <= customers < 1 << 32:
        raise ValueError(f"customers is {customers}, it must be 0 to {(1 << 32) - 1}")
    minor = -1 if basket is None else minor_units(basket, minor_digits)
    text = catalogue.encode()
    if len(text) > CATALOGUE_SIZE_MAX:
        raise ValueError(f"the catalogue has {len(text)} bytes, at most {CATALOGUE_SIZE_MAX} can be sent")
    return (
        struct.pack(
            "<qIBBBqH", at_micros, customers, _number(CHANNELS, channel, "channel"),
            2 * int(greedy), top, minor, lines)
        + _name(placement) + _COUNT32.pack(len(text)) + text
    )


def decision_body(receipt: str) -> bytes:
    """The body of an explain decision request."""
    return _sentence(receipt)


def _sentence(text: str) -> bytes:
    data = text.encode()
    if len(data) > 2048:
        raise ValueError(f"{text[:40]!r}... has {len(data)} bytes, at most 2048 can be sent")
    return struct.pack("<H", len(data)) + data


def scan_terms(
    as_of_micros: int, horizon: Optional[Union[str, int, float]], rate: Optional[float],
    margin: Optional[float],
) -> bytes:
    """What a question about all customers begins with; without any terms those that decisions use."""
    if horizon is None and rate is None and margin is None:
        return _TERMS.pack(as_of_micros, 0, 0, 0)
    return score_terms(
        as_of_micros, days("39w" if horizon is None else horizon), 0.10 if rate is None else rate,
        1.0 if margin is None else margin)


def _condition(text: str) -> bytes:
    data = text.encode()
    if len(data) > CONDITION_SIZE_MAX:
        raise ValueError(f"the condition has {len(data)} bytes, at most {CONDITION_SIZE_MAX} can be sent")
    return _COUNT32.pack(len(data)) + data


def _names(names: Iterable[str], what: str, most: int) -> bytes:
    if isinstance(names, str):
        raise TypeError(f"{what} are several: give a list, as [{names!r}]")
    rows = [_sentence(name) for name in names]
    if len(rows) > most:
        raise ValueError(f"{len(rows)} {what} are more than {most}")
    return _COUNT.pack(len(rows)) + b"".join(rows)


def select_body(
    terms: bytes, condition: str, columns: Iterable[str], *, order_by: str = "",
    descending: bool = False, limit: int = 0,
) -> bytes:
    """The body of a select customers request; the terms as `scan_terms` gives them."""
    if not 0 <= limit < 2**64:
        raise ValueError(f"limit is {limit}, it must be 0 for all or above")
    return (
        terms + struct.pack("<QB", limit, descending) + _name(order_by) + _condition(condition)
        + _names(columns, "columns", SELECT_COLUMNS_MAX))


def count_body(
    terms: bytes, condition: str, groups: Iterable[str], measures: Iterable[str],
    quantiles: Iterable[float],
) -> bytes:
    """The body of a count customers request; the terms as `scan_terms` gives them."""
    shares = list(quantiles)
    if len(shares) > QUANTILES_MAX:
        raise ValueError(f"{len(shares)} quantiles are more than {QUANTILES_MAX}")
    return (
        terms + _condition(condition) + _names(groups, "groups", GROUP_FIELDS_MAX)
        + _names(measures, "measures", MEASURES_MAX) + struct.pack(f"<B{len(shares)}d", len(shares), *shares))


def outcome_row(row: Outcome, minor_digits: int, zone: tzinfo) -> bytes:
    """A row of record outcomes."""
    margin = Decimal(row.margin) if isinstance(row.margin, str) else row.margin
    sign = -1 if isinstance(margin, (Decimal, int)) and margin < 0 else 1
    return (
        _sentence(row.decision) + _identifier(row.outcome or row.kind, "the outcome")
        + struct.pack(
            "<BBqqqq", _number(OUTCOMES, row.kind, "outcome"), row.choice, micros(row.time, zone),
            minor_units(row.order_value, minor_digits), sign * minor_units(sign * margin, minor_digits),
            minor_units(row.cost, minor_digits))
    )


def read_decisions_body(first: int, most: int) -> bytes:
    """The body of a read decisions request."""
    return struct.pack("<QI", first, most)


def customer_body(customer: str) -> bytes:
    """The body of a consent history request and of a customer request."""
    return _identifier(customer, "the customer")


def score_terms(as_of_micros: int, horizon_days: float, rate: float, margin: float) -> bytes:
    """What stands before the customers of a request for scores."""
    return _TERMS.pack(as_of_micros, horizon_days, rate, margin)


def score_one_body(terms: bytes, customer: str) -> bytes:
    """The body of a score one request."""
    return terms + _identifier(customer, "the customer")


def score_many_body(terms: bytes, customers: List[str]) -> bytes:
    """The body of a score many request."""
    names = b"".join(_identifier(customer, "the customer") for customer in customers)
    return terms + struct.pack("<I", len(customers)) + names


def score_interval_body(terms: bytes, level: float, customer: str) -> bytes:
    """The body of a score interval request; the terms as `terms_fields` gives them."""
    return terms + struct.pack("<d", level) + _identifier(customer, "the customer")


def forecast_body(as_of_micros: int, weeks: int) -> bytes:
    """The body of a forecast request."""
    return struct.pack("<qH", as_of_micros, weeks)


def fit_body(
    as_of_micros: int, model: str, holdout_from_micros: int = 0, bootstrap: int = 0
) -> bytes:
    """The body of a fit request."""
    if model not in CHOICES:
        raise ValueError(f"{model!r} cannot be fitted; there are {', '.join(CHOICES)}")
    return struct.pack("<qBqH", as_of_micros, CHOICES[model], holdout_from_micros, bootstrap)


def report_body(
    as_of_micros: int, holdout_from_micros: int, horizon_days: float, customer: str
) -> bytes:
    """The body of a report request."""
    name = _identifier(customer, "the customer") if customer else b"\0"
    return struct.pack("<qqd", as_of_micros, holdout_from_micros, horizon_days) + name


def adopt_body(key: CommandKey, model: Model) -> bytes:
    """The body of an adopt model request."""
    spend = (model.p, model.q, model.gamma)
    known = None not in spend
    body = key_fields(key) + _MODEL.pack(
        _model_kind(model.name), int(known), *_values(model),
        *(spend if known else (0.0, 0.0, 0.0)),
    )
    if len(model.blend) > BLEND_MAX:
        raise ValueError(f"there are {len(model.blend)} further models, there may be {BLEND_MAX}")
    body += struct.pack("<B", len(model.blend))
    for further in model.blend:
        body += _FURTHER.pack(_model_kind(further.name), *_values(further))
    return body + _calibration_fields(model.calibration) + _layer_fields(model.churn_layer)


def _values(model: Model) -> List[float]:
    return [model.days[name] for name in _parameter_names(model.name)]


def _calibration_fields(calibration: Calibration) -> bytes:
    season = calibration.season or ()
    if season and len(season) != SEASON_PARTS_MAX:
        raise ValueError(f"the season has {len(season)} parts, it must have {SEASON_PARTS_MAX}")
    body = struct.pack(f"<B{len(season)}dd", len(season), *season, calibration.log_level)
    known = calibration.correction
    if known is None:
        return body + struct.pack("<ddB", 0.0, 0.0, 0)
    if not len(known.weights) == len(known.means) == len(known.deviations) == SIGNALS_MAX:
        raise ValueError(f"a correction has {SIGNALS_MAX} weights, means and deviations")
    body += struct.pack("<ddB", known.reference_days, known.intercept, SIGNALS_MAX)
    for signal in zip(known.weights, known.means, known.deviations):
        body += struct.pack("<3d", *signal)
    return body


def _layer_fields(layer: Optional[ChurnLayer]) -> bytes:
    if layer is None:
        return _LAYER.pack(0.0, 0.0, 0.0, 0)
    if layer.horizon_days == 0:
        raise ValueError("the churn layer's horizon is 0; leave the layer out for none")
    if len(layer.terms) > CHURN_TERMS_MAX:
        raise ValueError(
            f"the churn layer has {len(layer.terms)} terms, there may be {CHURN_TERMS_MAX}")
    body = _LAYER.pack(
        layer.horizon_days, layer.typical_gap_days, layer.intercept, len(layer.terms))
    return body + b"".join(_TERM.pack(*term) for term in layer.terms)


def put_back_body(key: CommandKey) -> bytes:
    """The body of a put back model request."""
    return key_fields(key)


def _model_kind(name: str) -> int:
    if name not in MODELS:
        raise ValueError(f"{name!r} is no model; there are {', '.join(MODELS)}")
    return MODELS[name]


def _parameter_names(model: str) -> Tuple[str, ...]:
    return ("r", "alpha", *_DROPOUT.get(model, ("a", "b")))


def model_from(parameters: Mapping[str, Any]) -> Model:
    """The model in a mapping with the keys of `patron fit --json`.

    `model`, `parametersDays` or `parametersWeeks` (days win) and, if wanted, `spend`, `blend`,
    `calibration` and `churnLayer`.
    """
    unit, purchase = 1.0, parameters.get("parametersDays")
    if purchase is None:
        unit, purchase = 7.0, parameters.get("parametersWeeks")
    if purchase is None:
        raise ValueError("parametersDays or parametersWeeks is missing")
    spend = parameters.get("spend") or {}
    try:
        name = parameters["model"]
        _model_kind(name)
        days = {n: float(purchase[n]) * (unit if n in _TIMES else 1) for n in _parameter_names(name)}
        known = [float(spend[key]) for key in ("p", "q", "gamma")] if spend else [None] * 3
        blend = tuple(
            Model(one["model"], {n: float(one["parametersDays"][n])
                                 for n in _parameter_names(one["model"])})
            for one in parameters.get("blend") or ())
        calibration = _calibration_from(parameters.get("calibration") or {})
        layer = _layer_from(parameters.get("churnLayer"))
    except KeyError as missing:
        raise ValueError(f"{missing.args[0]} is missing") from None
    return Model(name, days, known[0], known[1], known[2], blend, calibration, layer)


def _layer_from(given: Optional[Mapping[str, Any]]) -> Optional[ChurnLayer]:
    if given is None:
        return None
    return ChurnLayer(
        float(given["horizonDays"]), float(given["typicalGapDays"]), float(given["intercept"]),
        tuple((int(one["feature"]), float(one["coefficient"]), float(one["centre"]),
               float(one["scale"])) for one in given["terms"]))


def _calibration_from(given: Mapping[str, Any]) -> Calibration:
    season, correction = given.get("season"), given.get("correction")
    return Calibration(
        None if season is None else tuple(float(speed) for speed in season),
        float(given.get("logLevel") or 0),
        None if correction is None else Correction(
            float(correction["referenceDays"]), float(correction["intercept"]),
            *(tuple(float(one) for one in correction[key])
              for key in ("weights", "means", "deviations"))),
    )


# ---------------------------------------------------------------------------------------------
# Reading


class _Reader:
    """A cursor over the body of a reply."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.offset = 0

    def take(self, layout: struct.Struct) -> Tuple[Any, ...]:
        return layout.unpack(self.bytes(layout.size))

    def bytes(self, size: int) -> bytes:
        end = self.offset + size
        if end > len(self.body):
            raise PatronConnectionError("a reply ends within a field: is this a Patron server?")
        self.offset = end
        return self.body[end - size : end]

    def text(self, length_bytes: int = 1) -> str:
        size = int.from_bytes(self.bytes(length_bytes), "little")
        return self.bytes(size).decode(errors="replace")

    def end(self) -> None:
        if self.offset != len(self.body):
            raise PatronConnectionError("a reply goes on after its last field")


def read_hello(body: bytes) -> Hello:
    """The reply to hello."""
    reader = _Reader(body)
    version, minor_digits = reader.take(struct.Struct("<HB"))
    hello = Hello(version, minor_digits, reader.text(), reader.text(), reader.text())
    reader.end()
    return hello


def read_refusal(status: int, body: bytes) -> PatronRefused:
    """The body of every reply whose status is not ok."""
    reader = _Reader(body)
    (offset,) = reader.take(struct.Struct("<I"))
    sentence = reader.text(2)
    reader.end()
    return PatronRefused(status, None if offset == _NO_OFFSET else offset, sentence)


def read_cancel(body: bytes) -> bool:
    """The reply to cancel: whether the reply was still under way."""
    reader = _Reader(body)
    (was_under_way,) = reader.take(_COUNT)
    reader.end()
    return was_under_way != 0


def read_ping(body: bytes) -> datetime:
    """The reply to ping."""
    reader = _Reader(body)
    (time_micros,) = reader.take(struct.Struct("<q"))
    reader.end()
    return _EPOCH + timedelta(microseconds=time_micros)


def read_record(body: bytes, first_row: int = 0) -> RecordResult:
    """The reply to record orders and record returns."""
    reader = _Reader(body)
    sequence, recorded, duplicates, count = reader.take(struct.Struct("<QIII"))
    refused = tuple(
        RefusedRow(first_row + row, status, STATUSES.get(status, f"status {status}"))
        for row, status in struct.iter_unpack("<IH", reader.bytes(6 * count))
    )
    reader.end()
    return RecordResult(recorded, duplicates, refused, sequence)


def _named(table: Dict[str, int], number: int) -> str:
    return {value: name for name, value in table.items()}.get(number, f"number {number}")


def _read_consent(reader: _Reader, customer: str) -> Consent:
    channel, purpose, said, time_micros, expires = reader.take(struct.Struct("<BBBqq"))
    return Consent(
        customer, _named(CHANNELS, channel), _named(PURPOSES, purpose), _named(SAID, said),
        _EPOCH + timedelta(microseconds=time_micros),
        None if expires == 0 else _EPOCH + timedelta(microseconds=expires),
        reader.text(), reader.text())


def _read_profile(reader: _Reader, customer: str) -> Profile:
    year, month, day = reader.take(struct.Struct("<HBB"))
    birthday = f"{year:04}-{month:02}-{day:02}" if year else f"--{month:02}-{day:02}"
    country, language = reader.text(), reader.text()
    (channel,) = reader.take(_COUNT)
    source = reader.text()
    cost, tier, until = reader.take(struct.Struct("<qBH"))
    return Profile(
        customer, birthday if month else None, country or None, language or None,
        _named(CHANNELS, channel) if channel else None, source or None, None if cost < 0 else cost,
        _named(TIERS, tier) if tier else None, _day(until) if until else None)


def read_customer(body: bytes, customer: str) -> Customer:
    """The reply to describe customer."""
    reader = _Reader(body)
    known, first, last, repeat, spent = reader.take(struct.Struct("<BiiIq"))
    profile = _read_profile(reader, customer)
    (count,) = reader.take(struct.Struct("<I"))
    consents = tuple(_read_consent(reader, customer) for _ in range(count))
    complaints, count = reader.take(struct.Struct("<II"))
    events = []
    for _ in range(count):
        kind, channel, time_micros, amount, lines = reader.take(struct.Struct("<BBqqH"))
        events.append(Event(
            customer, "", _named(EVENTS, kind), _EPOCH + timedelta(microseconds=time_micros),
            reader.text(), _named(CHANNELS, channel) if channel else None, amount, lines))
    (count,) = reader.take(struct.Struct("<I"))
    categories = []
    for _ in range(count):
        name = reader.text()
        quantity, amount, last_day = reader.take(struct.Struct("<Qqi"))
        categories.append(BoughtCategory(name, quantity, amount, _day(last_day)))
    reader.end()
    return Customer(
        known != 0, None if first < 0 else _day(first), None if last < 0 else _day(last), repeat,
        spent, profile, consents, complaints, tuple(events),
        tuple(categories))


def read_consents(body: bytes, customer: str) -> List[Consent]:
    """The reply to consent history."""
    reader = _Reader(body)
    _, count = reader.take(struct.Struct("<BI"))
    consents = [_read_consent(reader, customer) for _ in range(count)]
    reader.end()
    return consents


def read_catalogue_change(body: bytes) -> CatalogueChange:
    """The reply to put catalogue and amend offer."""
    reader = _Reader(body)
    change = CatalogueChange(*reader.take(struct.Struct("<QIII")))
    reader.end()
    return change


def read_define_segments(body: bytes) -> Tuple[int, int]:
    """The reply to define segments: the command's sequence, and the definitions' version."""
    reader = _Reader(body)
    sequence, version = reader.take(struct.Struct("<QI"))
    reader.end()
    return sequence, version


def read_segments(body: bytes) -> Segments:
    """The last part of the reply to read segments."""
    reader = _Reader(body)
    _, customers, as_of, generation, version, found_on, found_with, found_by, quantiles_of, count = reader.take(
        struct.Struct("<QQiIIiIIiB"))
    segments = []
    for _ in range(count):
        name, enters, stays = reader.text(), reader.text(4), reader.text(4)
        inside, valued, value, netted, net, before = reader.take(struct.Struct("<QQdQdq"))
        segments.append(
            Segment(name, enters, stays, inside, valued, value, netted, net, None if before < 0 else before))
    reader.end()

    def known(day: int) -> Optional[date]:
        return None if day < 0 else _day(day)

    return Segments(
        customers, _day(as_of), generation, version, known(found_on), found_with, found_by, known(quantiles_of),
        tuple(segments))


def read_policy_refit(body: bytes) -> PolicyRefit:
    """The reply to refit policy."""
    reader = _Reader(body)
    adopted, rows, arms, difference, low, high = reader.take(struct.Struct("<BQIddd"))
    refit = PolicyRefit(bool(adopted), rows, arms, difference, (low, high), reader.text(2))
    reader.end()
    return refit


def read_catalogue(body: bytes) -> Catalogue:
    """The reply to read catalogue."""
    reader = _Reader(body)
    (version,) = reader.take(struct.Struct("<I"))
    currency = reader.text()
    (digits,) = reader.take(_COUNT)
    text = reader.text(4)
    decisions, count = reader.take(struct.Struct("<QI"))
    offers = []
    for _ in range(count):
        offer, name = reader.text(), reader.text(2)
        state, budget, spent, reserved, budget_count, *rest = reader.take(struct.Struct("<B6qdQQ"))
        offers.append(OfferLine(
            offer, name, _named(STAGES, state), None if budget < 0 else budget, spent, reserved,
            None if budget_count < 0 else budget_count, *rest))
    campaigns = []
    for _ in range(reader.take(struct.Struct("<I"))[0]):
        campaign = reader.text()
        budget, spent, reserved, budget_count, *rest = reader.take(struct.Struct("<6qd"))
        campaigns.append(CampaignBudget(
            campaign, None if budget < 0 else budget, spent, reserved,
            None if budget_count < 0 else budget_count, *rest))
    reader.end()
    return Catalogue(
        version, currency, digits, text, decisions, tuple(offers), tuple(campaigns))


_ARM = struct.Struct("<4Qq2Qqd")
_ESTIMATE = struct.Struct("<ddd")


def _read_estimate(reader: _Reader) -> Optional[Estimate]:
    value, low, high = reader.take(_ESTIMATE)
    return None if math.isnan(value) else Estimate(value, low, high)


def _known(number: float) -> Optional[float]:
    return None if math.isnan(number) else number


def _read_arm(reader: _Reader, scale: int) -> CampaignArm:
    customers, buyers, repeats, orders, sales, contacts, opt_outs, rewards, cost = reader.take(_ARM)
    return CampaignArm(
        customers, buyers, repeats, orders, sales / scale, contacts, opt_outs, rewards / scale, cost)


def _read_group(reader: _Reader, scale: int) -> CampaignGroup:
    segment, few = reader.take(struct.Struct("<BB"))
    treated, control = _read_arm(reader, scale), _read_arm(reader, scale)
    first = [_read_estimate(reader) for _ in range(3)]
    ratio = _known(reader.take(_NUMBER)[0])
    rest = [_read_estimate(reader) for _ in range(7)]
    cost, order_cost, returned = reader.take(_ESTIMATE)
    return CampaignGroup(
        None if segment == 255 else _named(SEGMENTS, segment), few != 0, treated, control, *first,
        ratio, *rest, cost, _known(order_cost), _known(returned))


def read_campaign(body: bytes) -> Campaign:
    """The reply to report campaign."""
    reader = _Reader(body)

    def count() -> range:
        return range(reader.take(struct.Struct("<I"))[0])

    name = reader.text()
    version, day, window = reader.take(struct.Struct("<IiH"))
    currency = reader.text()
    digits, planned, rate, windows, expected, ratio, withheld = reader.take(struct.Struct("<BIdQddB"))
    groups = [_read_group(reader, 10**digits) for _ in count()]
    offers = []
    for _ in count():
        offer = reader.text()
        state, *counts, spent, reserved, budget, reasons = reader.take(struct.Struct("<BQ6IqqqB"))
        decisions = reader.take(struct.Struct(f"<{reasons}Q"))
        offers.append(CampaignOffer(
            offer, _named(STAGES, state), *counts, spent, reserved, None if budget < 0 else budget,
            {_named(REASONS, code): number for code, number in enumerate(decisions)}))
    lines = []
    for _ in count():
        campaign = reader.text()
        treated, control, still, chance, hidden = reader.take(struct.Struct("<QQQdB"))
        uplift = _read_estimate(reader)
        probability, stands = reader.take(struct.Struct("<dB"))
        lines.append(CampaignLine(
            campaign, treated, control, still, _known(chance), hidden != 0, uplift,
            _known(probability), stands != 0))
    reader.end()
    return Campaign(
        name, version, _day(day), window, currency, planned, rate, windows, expected, _known(ratio),
        withheld != 0, groups[0] if groups else None, tuple(groups[1:]), tuple(offers), tuple(lines))


_TRIED_BUDGET = struct.Struct("<6qd")


def _read_tried_budget(reader: _Reader) -> Optional[TriedBudget]:
    money, before, taken, count, *rest = reader.take(_TRIED_BUDGET)
    if money < 0 and count < 0:
        return None
    return TriedBudget(
        None if money < 0 else money, before, taken, None if count < 0 else count, *rest)


def _read_reasons(reader: _Reader) -> Dict[str, int]:
    (size,) = reader.take(_COUNT)
    return {
        _named(REASONS, code): number
        for code, number in enumerate(reader.take(struct.Struct(f"<{size}Q")))}


def read_trial(body: bytes) -> Trial:
    """The reply to try catalogue."""
    reader = _Reader(body)
    version, in_force, time = reader.take(struct.Struct("<IBq"))
    placement = reader.text()
    (channel,) = reader.take(_COUNT)
    currency = reader.text()
    digits, *counts, cost, liability = reader.take(struct.Struct("<B5Qdq"))
    margin = _read_estimate(reader)
    without = _read_reasons(reader)
    offers = []
    for _ in range(reader.take(_COUNT32)[0]):
        offer = reader.text()
        state, chosen, explored, its_cost, its_liability = reader.take(struct.Struct("<BQQdq"))
        its_margin, budget = _read_estimate(reader), _read_tried_budget(reader)
        offers.append(TriedOffer(
            offer, _named(STAGES, state), chosen, explored, its_cost, its_liability, its_margin,
            budget, _read_reasons(reader)))
    campaigns = []
    for _ in range(reader.take(_COUNT32)[0]):
        campaign = reader.text()
        (chosen,) = reader.take(struct.Struct("<Q"))
        campaigns.append(TriedCampaign(campaign, chosen, _read_tried_budget(reader)))
    reader.end()
    return Trial(
        version, in_force != 0, _EPOCH + timedelta(microseconds=time), placement, _named(CHANNELS, channel), currency, digits,
        *counts, cost, liability, margin, without, tuple(offers), tuple(campaigns))


_PARTS = ("sales", "reward", "contact", "lever", "scarcity", "fatigue")
_CHOICE = struct.Struct("<Bddd")


def _finite(number: float) -> Optional[float]:
    return number if math.isfinite(number) else None


def read_decision(body: bytes) -> Decision:
    """The reply to decide and explain decision."""
    reader = _Reader(body)

    def count(layout: str = "<I") -> range:
        return range(reader.take(struct.Struct(layout))[0])

    receipt = reader.text(2)
    time_micros, bits, version, generation, segment, *numbers = reader.take(struct.Struct("<qHIIB6d"))
    scored, valued = bits & 64 != 0, bits & 128 != 0
    choices = [(reader.text(), *reader.take(_CHOICE)) for _ in count("<B")]
    reasons = tuple(_named(REASONS, code) for code in reader.bytes(count("<H").stop))
    explanations = []
    for _ in count():
        offer = reader.text()
        reason, score, propensity = reader.take(struct.Struct("<Bdd"))
        explanations.append(ExplainedOffer(
            offer, _named(REASONS, reason), _finite(score), propensity, reader.text(2), reader.text(2)))
    parts = [dict(zip(_PARTS, reader.take(struct.Struct("<6d")))) for _ in count()]
    features: List[List[Tuple[str, float]]] = [[] for _ in choices]
    for _ in count():
        place, name = reader.take(_COUNT)[0], reader.text()
        features[place].append((name, reader.take(_NUMBER)[0]))
    reader.end()
    offers = tuple(
        ChosenOffer(
            offer, best != 0, propensity, _finite(score), _finite(uplift),
            parts[place] if parts else {}, tuple(features[place]))
        for place, (offer, best, propensity, score, uplift) in enumerate(choices))
    known, held, fallback, explored, drawn, profiled, suspect, dropped, dry = (
        bits & bit != 0 for bit in (1, 2, 4, 8, 16, 32, 256, 512, 1024))
    alive, churn, orders = (number if scored else None for number in numbers[:3])
    spend, value = (number if valued else None for number in numbers[3:5])
    return Decision(
        receipt or None, _EPOCH + timedelta(microseconds=time_micros), known, held, fallback, explored,
        drawn, profiled, suspect, dropped, dry, version, generation, _named(SEGMENTS, segment), alive,
        churn, orders, spend, value, numbers[5], offers, reasons, tuple(explanations))


def read_recommendation(body: bytes) -> Recommendation:
    """The reply to recommend."""
    reader = _Reader(body)
    bits, segment, count, generation, version, day, *numbers = reader.take(struct.Struct("<HBBIIi5d"))
    offers = tuple(
        RecommendedOffer(_finite(score), _finite(uplift), reader.text())
        for score, uplift in (reader.take(struct.Struct("<dd")) for _ in range(count)))
    reader.end()
    known, held, fallback, profiled, scored, valued = (bits & bit != 0 for bit in (1, 2, 4, 32, 64, 128))
    alive, churn, orders = (number if scored else None for number in numbers[:3])
    spend, value = (number if valued else None for number in numbers[3:])
    return Recommendation(
        known, held, fallback, profiled, version, generation, _EPOCH.date() + timedelta(days=day),
        _named(SEGMENTS, segment), alive, churn, orders, spend, value, offers)


def read_decisions(body: bytes) -> Tuple[int, int, List[LoggedDecision]]:
    """The reply to read decisions: where the next page begins, how many there are in all, the page."""
    reader = _Reader(body)
    following, total, width = reader.take(struct.Struct("<QQB"))
    names = [reader.text() for _ in range(width)]
    rows = []
    for _ in range(reader.take(struct.Struct("<I"))[0]):
        (number,) = reader.take(struct.Struct("<Q"))
        customer = reader.text()
        (time_micros,) = reader.take(struct.Struct("<q"))
        placement = reader.text()
        (channel,) = reader.take(_COUNT)
        action = reader.text()
        propensity, state, outcome, width = reader.take(struct.Struct("<dBdB"))
        features = reader.take(struct.Struct(f"<{width}f"))
        rows.append(LoggedDecision(
            number, customer, _EPOCH + timedelta(microseconds=time_micros), placement,
            _named(CHANNELS, channel), action or None, propensity, state != 0,
            outcome if state == 1 else None, dict(zip(names, features))))
    reader.end()
    return following, total, rows


def read_score(body: bytes, customer: str, horizon_days: float) -> Score:
    """The reply to score one, and a row of the reply to score many."""
    if len(body) != _SCORE.size:
        raise PatronConnectionError(f"a score has {len(body)} bytes, it should have {_SCORE.size}")
    (
        known, spend_known, _, generation, as_of, first, repeat, recency, age, _,
        mean, alive, churn, orders, spend, value, model_churn,
    ) = _SCORE.unpack(body)
    return Score(
        customer, known != 0, spend_known != 0, generation, _day(as_of),
        _day(first) if known else None, repeat, recency, age, mean, alive, churn, orders, spend,
        value, horizon_days, model_churn,
    )


def read_scores(body: bytes, customers: List[str], horizon_days: float) -> List[Score]:
    """The reply to score many."""
    reader = _Reader(body)
    count, _ = reader.take(struct.Struct("<II"))
    if count != len(customers):
        raise PatronConnectionError(f"{count} scores came for {len(customers)} customers")
    scores = [read_score(reader.bytes(_SCORE.size), one, horizon_days) for one in customers]
    reader.end()
    return scores


def _read_model(reader: _Reader) -> Optional[Model]:
    kind, spend_known, *values, p, q, gamma = reader.take(_MODEL)
    (count,) = reader.take(_COUNT)
    blend = tuple(_purchase_model(*reader.take(_FURTHER)) for _ in range(count))
    calibration = _read_calibration(reader)
    *numbers, count = reader.take(_LAYER)
    terms = tuple(reader.take(_TERM) for _ in range(count))
    layer = None if numbers[0] == 0 else ChurnLayer(*numbers, terms)
    if kind == 0:
        return None
    first = _purchase_model(kind, *values)
    spend = (p, q, gamma) if spend_known else (None, None, None)
    return Model(first.name, first.days, *spend, blend, calibration, layer)


def _purchase_model(kind: int, *values: float) -> Model:
    name = {number: name for name, number in MODELS.items()}.get(kind, f"kind {kind}")
    return Model(name, dict(zip(_parameter_names(name), values)))


def _read_calibration(reader: _Reader) -> Calibration:
    (parts,) = reader.take(_COUNT)
    season = tuple(reader.take(_NUMBER)[0] for _ in range(parts))
    log_level, reference_days, intercept, count = reader.take(struct.Struct("<dddB"))
    signals = [reader.take(struct.Struct("<3d")) for _ in range(count)]
    correction = Correction(reference_days, intercept, *zip(*signals)) if signals else None
    return Calibration(season or None, log_level, correction)


def read_score_interval(body: bytes) -> ScoreInterval:
    """The reply to score interval."""
    reader = _Reader(body)
    generation, as_of, known, has_value, none, expected, low, high, value, least, most = (
        reader.take(struct.Struct("<IiBBddIIddd")))
    reader.end()
    return ScoreInterval(
        generation, _day(as_of), known != 0, none, expected, (low, high),
        value if has_value else None, (least, most) if has_value else None)


def read_forecast(body: bytes) -> Forecast:
    """The reply to forecast."""
    reader = _Reader(body)
    generation, as_of, *orders, known = reader.take(struct.Struct("<Iidddb"))
    revenue = reader.take(struct.Struct("<ddd"))
    within, judged, cuts, dispersion, variance = reader.take(struct.Struct("<IIIdd"))
    sentences = reader.text(2)
    (count,) = reader.take(struct.Struct("<H"))
    weeks = []
    for _ in range(count):
        last, present, first, later, low, high, *money = reader.take(struct.Struct("<i8d"))
        weeks.append(ForecastWeek(
            _day(last), present, first, later, (low, high), tuple(money) if known else None))
    (count,) = reader.take(struct.Struct("<H"))
    past = tuple(reader.take(struct.Struct("<d"))[0] for _ in range(count))
    reader.end()
    return Forecast(
        generation, _day(as_of), tuple(orders), tuple(revenue) if known else None, within, judged,
        cuts, dispersion, variance, tuple(sentences.splitlines()), tuple(weeks), past)


_SCANNED = struct.Struct("<QQQi")
_SUM = struct.Struct("<QdddB")
_NO_TEXT = 255
_NO_DAY = -(2**31)
_TRUTHS = (False, True, None)


def _read_column(reader: _Reader, count: int) -> List[Any]:
    """One column of so many values; None is unknown."""
    kind, size = reader.take(struct.Struct("<BI"))
    end = reader.offset + size
    if kind == 1:
        values: List[Any] = [_known(value) for value in struct.unpack(f"<{count}d", reader.bytes(8 * count))]
    elif kind == 2:
        values = []
        for _ in range(count):
            (length,) = reader.take(_COUNT)
            values.append(None if length == _NO_TEXT else reader.bytes(length).decode(errors="replace"))
    elif kind == 3:
        values = [
            None if day == _NO_DAY else _day(day)
            for day in struct.unpack(f"<{count}i", reader.bytes(4 * count))]
    elif kind == 4:
        truths = reader.bytes(count)
        if count and max(truths) >= len(_TRUTHS):
            raise PatronConnectionError("a yes or no is neither, nor unknown: is this a Patron server?")
        values = [_TRUTHS[truth] for truth in truths]
    else:
        raise PatronConnectionError(f"column kind {kind} is not known: the server is newer than this client")
    if reader.offset != end:
        raise PatronConnectionError("the values of a column do not end where its size says")
    return values


def read_selected(body: bytes) -> List[Tuple[Any, ...]]:
    """A part of the reply to select customers: its customers, each with the columns that were asked for."""
    reader = _Reader(body)
    reader.take(_SCANNED)
    count, columns = reader.take(struct.Struct("<IB"))
    if count > len(body):
        raise PatronConnectionError("a reply has more customers than bytes: is this a Patron server?")
    told = [_read_column(reader, count) for _ in range(columns)]
    reader.end()
    return list(zip(*told))


def read_counted(body: bytes, measures: Iterable[str] = ()) -> CountedCustomers:
    """A part of the reply to count customers; only the last has groups."""
    names = tuple(measures)
    reader = _Reader(body)
    _, customers, found, as_of = reader.take(_SCANNED)
    (count,) = reader.take(_COUNT32)
    groups = []
    for _ in range(count):
        members, keys = reader.take(struct.Struct("<QB"))
        own: List[Optional[str]] = []
        for _ in range(keys):
            (known,) = reader.take(_COUNT)
            key = reader.text()
            own.append(key if known else None)
        (sums,) = reader.take(_COUNT)
        told = []
        for place in range(sums):
            known, total, least, most, shares = reader.take(_SUM)
            quantiles = reader.take(struct.Struct(f"<{shares}d"))
            told.append(Measure(
                names[place] if place < len(names) else "", known, total, _known(least),
                _known(most), tuple(_known(quantile) for quantile in quantiles)))
        groups.append(CountedGroup(members, tuple(own), tuple(told)))
    reader.end()
    return CountedCustomers(customers, found, _day(as_of), tuple(groups))


def read_fit(body: bytes) -> Fit:
    """The reply to fit."""
    reader = _Reader(body)
    generation, as_of = reader.take(struct.Struct("<Ii"))
    model = _read_model(reader)
    if model is None:
        raise PatronConnectionError("a fit came without a model")
    values = reader.take(_FIT)
    sentences = reader.text(2)
    _, spreads = reader.take(struct.Struct("<HB"))
    rows = [reader.take(struct.Struct("<ddd")) for _ in range(spreads)]
    bootstrap = dict(zip(_parameter_names(model.name), rows)) if rows else None
    churn_horizon, *measures, adopted = reader.take(struct.Struct("<dQdddB"))
    churn = None if churn_horizon == 0 else ChurnJudgement(churn_horizon, *measures, adopted != 0)
    trials = _read_trials(reader)
    holdout = _read_holdout(reader)
    reader.end()

    def errors(names: Tuple[str, ...], numbers: Tuple[float, ...]) -> Dict[str, Optional[float]]:
        return {name: None if n == -1 else n for name, n in zip(names, numbers)}

    return Fit(
        generation, _day(as_of), model, errors(_parameter_names(model.name), values[0:4]), values[4],
        values[5], values[6], values[7], values[8] != 0,
        errors(("p", "q", "gamma"), values[9:12]), values[12], values[13], values[14], values[15],
        values[16] != 0, values[17], tuple(sentences.splitlines()), bootstrap, trials, holdout,
        churn,
    )


def _read_trials(reader: _Reader) -> Tuple[Tuple[str, float, Optional[float]], ...]:
    (count,) = reader.take(struct.Struct("<I"))
    trials = []
    for _ in range(count):
        deviance, bias = reader.take(struct.Struct("<dd"))
        trials.append((reader.text(1), deviance, None if bias == -2 else bias))
    return tuple(trials)


def _read_holdout(reader: _Reader) -> Optional[Holdout]:
    days, customers, *measures, count = reader.take(struct.Struct("<IQ6dI"))
    row = struct.Struct("<Qdd")
    deciles = tuple(reader.take(row) for _ in range(count))
    if days == 0:
        return None
    gini = None if measures[5] == -2 else measures[5]
    return Holdout(days, customers, *measures[:5], gini, deciles)


def read_report(body: bytes) -> Report:
    """The reply to report."""
    reader = _Reader(body)

    def rows(layout: str) -> List[Tuple[Any, ...]]:
        (count,) = reader.take(struct.Struct("<I"))
        return [reader.take(struct.Struct(layout)) for _ in range(count)]

    generation, as_of, customers, orders = reader.take(struct.Struct("<IiQQ"))
    currency, sentences = reader.text(), reader.text(2)
    model = _read_model(reader)
    if model is None:
        raise PatronConnectionError("a report came without a model")
    holdout = _read_holdout(reader)
    horizon, age = reader.take(struct.Struct("<dd"))
    cells = tuple(rows("<IIdd"))
    weeks = tuple((_day(day), actual, expected) for day, actual, expected in rows("<idd"))
    median, mean = reader.take(struct.Struct("<dd"))
    bins = tuple(rows("<dQ"))
    customer = reader.text()
    order_days = tuple(_day(day) for (day,) in rows("<i"))
    life = tuple((_day(day), alive) for day, alive in rows("<id"))
    cohorts = tuple(rows("<HBBQ"))
    reader.end()
    return Report(
        generation, _day(as_of), customers, orders, currency, tuple(sentences.splitlines()), model,
        holdout, horizon, age, cells, weeks, median, mean, bins, customer, order_days, life, cohorts,
    )


def read_adoption(body: bytes) -> Adoption:
    """The reply to adopt model."""
    reader = _Reader(body)
    adoption = Adoption(*reader.take(struct.Struct("<QI")))
    reader.end()
    return adoption


def read_snapshot(body: bytes) -> Snapshot:
    """The reply to snapshot."""
    reader = _Reader(body)
    snapshot = Snapshot(*reader.take(struct.Struct("<QQd")))
    reader.end()
    return snapshot


def read_status(body: bytes, with_state_hash: bool) -> ServerStatus:
    """The reply to status."""
    reader = _Reader(body)
    (
        customers, orders, returns, customer_bytes, order_bytes, sequence, durable, snapshot,
        answer_bytes, repeated, sync_window, loss_window, no_space, refused_for_space,
        journal_bytes, snapshot_bytes, snapshot_written,
        state_hash, generation, newest, uptime, requests, refusals, connections, resident,
    ) = reader.take(_STATUS)
    model = _read_model(reader)
    (minor_digits,) = reader.take(struct.Struct("<B"))
    status = ServerStatus(
        customers, orders, returns, customer_bytes, order_bytes, sequence, durable, snapshot,
        answer_bytes, repeated, sync_window / 1e6, loss_window / 1e6, no_space != 0,
        refused_for_space, journal_bytes, snapshot_bytes, snapshot_written,
        state_hash if with_state_hash else None, generation,
        None if newest < 0 else _day(newest), uptime / 1e6, requests, refusals, connections,
        resident, model, minor_digits, reader.text(), reader.text(), reader.text(),
        tuple(FactTable(reader.text(), *reader.take(struct.Struct("<QQ")))
              for _ in range(reader.take(_COUNT)[0])),
        *reader.take(struct.Struct("<I")),
    )
    reader.end()
    return status


# ---------------------------------------------------------------------------------------------
# The connection


class Patron:
    """One connection to a server.

    `address` is "host:port"; `timeout` the seconds without any progress after which a request
    is given up, which is also the deadline the server is told.

        with Patron("127.0.0.1:7433") as patron:
            print(patron.hello.server, patron.ping())
    """

    hello: Hello
    """What the server said when the connection was made."""

    def __init__(
        self, address: str = f"127.0.0.1:{DEFAULT_PORT}", *, timeout: float = 30.0,
        client: str = "patron.py",
    ) -> None:
        self._timeout = timeout
        self._tag = 0
        self._producer = secrets.randbelow(2**64 - 1) + 1
        self._commands = 0
        self._inbox = bytearray()
        self._replies: Dict[int, Deque[Tuple[int, bytes]]] = {}  # by tag, whole or in parts
        self._abandoned: Set[int] = set()
        host, port = _host_and_port(address)
        try:
            self._socket = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise PatronConnectionError(f"there is no server at {address}: {error}") from error
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._open = True
        try:
            self.hello = read_hello(self._ask("hello", hello_body(client)))
            if self.hello.version != VERSION:
                raise PatronConnectionError(f"the server chose version {self.hello.version}")
        except BaseException:
            self.close()
            raise
        self._zone = _zone(self.hello.time_zone)

    def __enter__(self) -> Patron:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; nothing can be asked any more."""
        if self._open:
            self._open = False
            self._selector.close()
            self._socket.close()

    # -- questions ----------------------------------------------------------------------------

    def ping(self) -> datetime:
        """The server's time, in UTC."""
        return read_ping(self._ask("ping", b""))

    def status(self, with_state_hash: bool = False) -> ServerStatus:
        """What the server holds and how it is; the state's hash takes a pass over its memory.

            print(patron.status().customers)
        """
        return read_status(self._ask("status", status_body(with_state_hash)), with_state_hash)

    def score(
        self, customer: str, *, as_of: Optional[Moment] = None,
        horizon: Union[str, int, float] = "39w", discount_rate: float = 0.10, margin: float = 1.0,
    ) -> Score:
        """One customer's score: now, or as of a past day from the orders up to it.

            score = patron.score("C-1001", as_of=date(1997, 9, 30), horizon="12m", margin=0.4)
            if score.known and score.churn_probability > 0.5: ...
        """
        horizon_days = days(horizon)
        terms = score_terms(self._as_of(as_of), horizon_days, discount_rate, margin)
        reply = self._ask("score one", score_one_body(terms, customer))
        return read_score(reply, customer, horizon_days)

    def score_interval(
        self, customer: str, *, level: float = 0.9, as_of: Optional[Moment] = None,
        horizon: Union[str, int, float] = "39w", discount_rate: float = 0.10, margin: float = 1.0,
    ) -> ScoreInterval:
        """Within which numbers one customer's orders and their value will lie.

            low, high = patron.score_interval("C-1001", level=0.9, horizon="12m").orders
        """
        terms = score_terms(self._as_of(as_of), days(horizon), discount_rate, margin)
        return read_score_interval(
            self._ask("score interval", score_interval_body(terms, level, customer), 600.0))

    def forecast(
        self, *, weeks: int = 52, as_of: Optional[Moment] = None, timeout: float = 600.0
    ) -> Forecast:
        """The shop's orders and revenue by week.

            for week in patron.forecast(weeks=13).weeks: print(week.last_day, week.orders)
        """
        return read_forecast(
            self._ask("forecast", forecast_body(self._as_of(as_of), weeks), timeout))

    def score_many(
        self, customers: Iterable[str], *, as_of: Optional[Moment] = None,
        horizon: Union[str, int, float] = "39w", discount_rate: float = 0.10, margin: float = 1.0,
        batch: Optional[int] = None,
    ) -> Iterator[Score]:
        """The scores of any number of customers, in their order, as they come.

        Customers are taken and scores given while requests are under way, so neither has to fit
        into memory. `batch` is how many one request asks for, up to 100,000; without it as many as
        the server answers at once, at most 1,024.

            best = heapq.nlargest(100, patron.score_many(ids), key=lambda s: s.lifetime_value)
        """
        if batch is not None and not 1 <= batch <= CUSTOMERS_MAX:
            raise ValueError(f"batch is {batch}, it must be 1 to {CUSTOMERS_MAX}")
        horizon_days = days(horizon)
        terms = score_terms(self._as_of(as_of), horizon_days, discount_rate, margin)
        months = max(1, math.ceil(horizon_days / MONTH_DAYS))
        if batch is None:
            batch = min(1024, max(1, SCORE_MONTHS_MAX // months))
        return self._score_many(customers, terms, horizon_days, batch)

    def _score_many(
        self, customers: Iterable[str], terms: bytes, horizon_days: float, batch: int
    ) -> Iterator[Score]:
        asked: Deque[List[str]] = deque()

        def bodies() -> Iterator[bytes]:
            names: List[str] = []
            for customer in customers:
                names.append(customer)
                if len(names) == batch:
                    asked.append(names)
                    yield score_many_body(terms, names)
                    names = []
            if names:
                asked.append(names)
                yield score_many_body(terms, names)

        told = 0  # of the oldest request
        replies = self._pipeline("score many", bodies())
        try:
            for reply in replies:
                names = asked[0] if asked else []
                part = names[told : told + int.from_bytes(reply[:4], "little")]
                yield from read_scores(reply, part, horizon_days)
                told += len(part)
                if told == len(names):
                    asked.popleft()
                    told = 0
            if asked:
                raise self._broken(f"{len(asked[0]) - told} scores did not come")
        finally:
            replies.close()

    def select(
        self, condition: str = "", columns: Iterable[str] = ("customer",), *,
        order_by: str = "", descending: bool = False, limit: int = 0,
        as_of: Optional[Moment] = None, horizon: Optional[Union[str, int, float]] = None,
        discount_rate: Optional[float] = None, margin: Optional[float] = None,
        timeout: float = 600.0,
    ) -> Generator[Tuple[Any, ...], None, None]:
        """The customers a condition holds for (all without one), as they come; a tuple of the columns each.

        A column is "customer", a field of conditions, or "best_offer(email)"; a value None where it is
        unknown, a number a float, a day a `date`, yes or no a bool. All of it is of the instant at which the first
        is taken, however slowly the others are. They come as they were recorded, or by a number or a day, who has
        none last; `limit` 0 is all. Of a past day (`as_of`) orders and returns count up to it. Scores are those of
        decisions unless horizon, discount rate or margin are given (the others are 39w, 0.10 and 1 then).

            best = patron.select('segment == "vip" and consent.email', ["customer", "lifetime_value"],
                                 order_by="lifetime_value", descending=True, limit=1000)
            for customer, value in best: print(customer, value)

        Whoever stops early cancels the rest with `close()`. The condition is looked at when the first is taken; what
        is wrong with it raises `PatronRefused` ("bad condition") then.
        """
        terms = scan_terms(self._as_of(as_of), horizon, discount_rate, margin)
        body = select_body(
            terms, condition, columns, order_by=order_by, descending=descending, limit=limit)
        return self._select(body, timeout)

    def _select(self, body: bytes, timeout: float) -> Generator[Tuple[Any, ...], None, None]:
        parts = self._pipeline("select customers", iter((body,)), timeout)
        try:
            for part in parts:
                yield from read_selected(part)
        finally:
            parts.close()

    def count(
        self, condition: str = "", *, by: Iterable[str] = (), measures: Iterable[str] = (),
        quantiles: Iterable[float] = (), as_of: Optional[Moment] = None,
        horizon: Optional[Union[str, int, float]] = None, discount_rate: Optional[float] = None,
        margin: Optional[float] = None, timeout: float = 600.0,
    ) -> CountedCustomers:
        """How many customers a condition holds for, by group, and what they are worth; terms as for `select`.

        Groups are by up to four texts, levels and yes/no, measures up to eight numbers, quantiles shares from 0
        to 1 of each measure.

            counted = patron.count("orders > 0", by=["segment"], measures=["lifetime_value"], quantiles=[0.5])
            for group in counted.groups: print(group.keys, group.customers, group.measures[0].mean)
        """
        names = [measures] if isinstance(measures, str) else list(measures)
        groups = [by] if isinstance(by, str) else list(by)
        terms = scan_terms(self._as_of(as_of), horizon, discount_rate, margin)
        counted: Optional[CountedCustomers] = None
        body = count_body(terms, condition, groups, names, quantiles)
        for part in self._pipeline("count customers", iter((body,)), timeout):
            counted = read_counted(part, names)
        assert counted is not None, "a reply has a last part"
        return counted

    # -- commands -----------------------------------------------------------------------------

    def next_key(self) -> CommandKey:
        """Draws a key that no other client and no other call returns.

            key = patron.next_key()
            try:
                patron.record_orders(orders, key=key)
            except PatronConnectionError:  # Were they recorded? Sent again they are, once.
                patron = Patron(address)
                patron.record_orders(orders, key=key)
        """
        # One call may send many batches: each takes the next number.
        self._commands += 1 << 32
        return CommandKey(self._producer, self._commands)

    def record_orders(
        self, orders: Iterable[Union[Order, Tuple[str, str, Moment, Amount]]], *,
        currency: str = "EUR", minor_digits: int = 2, key: Optional[CommandKey] = None,
    ) -> RecordResult:
        """Records any number of orders, each at most once, and waits until they are on disk.

        They travel in batches. When one is refused as a whole (`PatronRefused`) or the
        connection breaks, earlier ones stay recorded, and so may later ones: put it right and
        give all of them again; what is known already is counted as a duplicate. The same orders
        again with the same `key` are answered as if they had been sent once.

            result = patron.record_orders(
                [Order("C-1001", "1", date(1997, 1, 1), "29.33")], currency="USD")
            for row in result.refused: print(row.row, row.name)
        """
        rows = (row if isinstance(row, Order) else Order(*row) for row in orders)
        encoded = (order_row(row, minor_digits, self._zone) for row in rows)
        return self._record("record orders", encoded, currency, minor_digits, key)

    def record_returns(
        self, returns: Iterable[Return], *, currency: str = "EUR", minor_digits: int = 2,
        key: Optional[CommandKey] = None,
    ) -> RecordResult:
        """Records any number of returns, as `record_orders` does orders.

            patron.record_returns([Return("C-1001", "1", "R-1", date(1997, 8, 20))])  # all of it
        """
        encoded = (return_row(row, minor_digits, self._zone) for row in returns)
        return self._record("record returns", encoded, currency, minor_digits, key)

    def record_profiles(
        self, profiles: Iterable[Profile], *, currency: str = "EUR", minor_digits: int = 2,
        key: Optional[CommandKey] = None,
    ) -> RecordResult:
        """Records what is known of customers, as `record_orders` does orders.

            patron.record_profiles([
                Profile("C-1001", birthday="1980-05-17", language=None),
                Profile("C-1002", source="search", acquisition_cost="12.50", tier="gold")])
        """
        encoded = (profile_row(row, currency, minor_digits) for row in profiles)
        return self._record_rows("record profiles", encoded, rows_head, key)

    def record_events(
        self, events: Iterable[Event], *, currency: str = "EUR", minor_digits: int = 2,
        key: Optional[CommandKey] = None,
    ) -> RecordResult:
        """Records what happened beside orders, as `record_orders` does orders.

            patron.record_events([Event("C-1001", "e1", "cart changed", now, amount="80.00")])
        """
        encoded = (event_row(row, minor_digits, self._zone) for row in events)
        return self._record("record events", encoded, currency, minor_digits, key)

    def record_order_lines(
        self, lines: Iterable[OrderLine], *, currency: str = "EUR", minor_digits: int = 2,
        key: Optional[CommandKey] = None,
    ) -> RecordResult:
        """Records what orders consist of, as `record_orders` does orders, after these.

            patron.record_order_lines([OrderLine("C-1001", "1", 1, "shoes", "29.33")])
        """
        encoded = (line_row(row, minor_digits) for row in lines)
        return self._record("record order lines", encoded, currency, minor_digits, key)

    def describe(self, customer: str) -> Customer:
        """Everything that is known of a customer, in one answer."""
        return read_customer(self._ask("describe customer", customer_body(customer)), customer)

    def record_consents(
        self, consents: Iterable[Consent], *, key: Optional[CommandKey] = None
    ) -> RecordResult:
        """Records what customers said about consent, as `record_orders` does orders.

            patron.record_consents([
                Consent("C-1001", "email", "marketing", "granted", date(1997, 8, 20), source="till")])
        """
        encoded = (consent_row(row, self._zone) for row in consents)
        return self._record_rows("record consents", encoded, rows_head, key)

    def consents(self, customer: str) -> List[Consent]:
        """Everything a customer said: by channel and purpose, the newest recorded first."""
        return read_consents(self._ask("consent history", customer_body(customer)), customer)

    # -- offers -------------------------------------------------------------------------------

    def put_catalogue(self, catalogue: str, *, key: Optional[CommandKey] = None) -> CatalogueChange:
        """Puts a catalogue of offers, as JSON, in the place of the present one: whole or not at all.

            patron.put_catalogue(pathlib.Path("offers.json").read_text())
        """
        body = put_catalogue_body(key or self.next_key(), catalogue)
        return read_catalogue_change(self._ask("put catalogue", body))

    def define_segments(
        self, definitions: Mapping[str, Union[str, Tuple[str, str]]], *, key: Optional[CommandKey] = None
    ) -> int:
        """Says what the shop means by some of its segments, and tells the version: all of it is taken or nothing.

        A definition is a condition, or one to enter and one to stay; an empty one puts the default back.

            patron.define_segments({"loyal": ("orders >= 4", "orders >= 3"), "vip": ""})
        """
        body = define_segments_body(key or self.next_key(), definitions)
        return read_define_segments(self._ask("define segments", body))[1]

    def read_segments(self, as_of: Optional[Moment] = None) -> Segments:
        """The named segments, now or on a past day, and how many customers are in each."""
        body = read_segments_body(self._as_of(as_of))
        parts = self._pipeline("read segments", iter((body,)))
        last = b""
        for part in parts:
            last = part
        return read_segments(last)

    def amend_offer(
        self, offer: str, state: str, *, key: Optional[CommandKey] = None
    ) -> CatalogueChange:
        """Has an offer "paused", "ended" (for ever) or "live" again, from now on."""
        body = amend_offer_body(key or self.next_key(), offer, state)
        return read_catalogue_change(self._ask("amend offer", body))

    def catalogue(self) -> Catalogue:
        """The catalogue in force, and how its offers stand."""
        return read_catalogue(self._ask("read catalogue", b""))

    def decide(
        self, customer: str, placement: str, channel: str, *, basket: Optional[Amount] = None,
        lines: int = 0, categories: Optional[Iterable[str]] = None,
        features: Iterable[Optional[float]] = (), schema: int = 0, top: int = 0,
        greedy: bool = False, dry_run: bool = False, explain: bool = False, minor_digits: int = 2,
        key: Optional[CommandKey] = None,
    ) -> Decision:
        """Which offers a customer gets, here and now; see `DecisionRequest` for the arguments.

        The same again with the same `key` is answered the same and reserves nothing twice.

            decision = patron.decide("C-1001", "checkout", "site", basket="80.00", categories=["shoes"])
            for offer in decision.offers: print(offer.offer, offer.propensity)
        """
        request = DecisionRequest(
            customer, placement, channel, basket, lines,
            None if categories is None else tuple(categories), tuple(features), schema, top, greedy,
            dry_run, explain)
        body = decide_body(key or self.next_key(), request, minor_digits)
        return read_decision(self._ask("decide", body))

    def decide_many(
        self, requests: Iterable[DecisionRequest], *, minor_digits: int = 2
    ) -> Iterator[Decision]:
        """Decides for any number of customers, in their order, with several requests under way."""
        bodies = (decide_body(self.next_key(), request, minor_digits) for request in requests)
        for reply in self._pipeline("decide", bodies):
            yield read_decision(reply)

    def recommend(
        self, customer: str, placement: str, channel: str, *, basket: Optional[Amount] = None,
        lines: int = 0, categories: Optional[Iterable[str]] = None,
        features: Iterable[Optional[float]] = (), schema: int = 0, top: int = 0,
        minor_digits: int = 2,
    ) -> Recommendation:
        """A customer's scores and best offers; nothing is kept, so show nothing without `decide`.

            best = patron.recommend("C-1001", "checkout", "site", basket="80.00", top=3)
            for offer in best.offers: print(offer.offer, offer.uplift)
        """
        request = DecisionRequest(
            customer, placement, channel, basket, lines,
            None if categories is None else tuple(categories), tuple(features), schema, top)
        return read_recommendation(self._ask("recommend", recommend_body(request, minor_digits)))

    def recommend_many(
        self, requests: Iterable[DecisionRequest], *, minor_digits: int = 2
    ) -> Iterator[Recommendation]:
        """Recommends to any number of customers, in their order, with several requests under way."""
        bodies = (recommend_body(request, minor_digits) for request in requests)
        for reply in self._pipeline("recommend", bodies):
            yield read_recommendation(reply)

    def explain(self, receipt: str) -> Decision:
        """A decision again, with the reason of every offer in words.

            for offer in patron.explain(decision.receipt).explanations: print(offer.offer, offer.staff)
        """
        return read_decision(self._ask("explain decision", decision_body(receipt)))

    def record_outcomes(
        self, outcomes: Iterable[Outcome], *, currency: str = "EUR", minor_digits: int = 2,
        key: Optional[CommandKey] = None,
    ) -> RecordResult:
        """Records what came of decisions, as `record_orders` does orders.

            patron.record_outcomes([
                Outcome(decision.receipt, "accepted", now, order_value="72.50", margin="30.00")])
        """
        encoded = (outcome_row(row, minor_digits, self._zone) for row in outcomes)
        return self._record("record outcomes", encoded, currency, minor_digits, key)

    def refit_policy(self, timeout: float = 600.0) -> PolicyRefit:
        """Learns what offers are worth anew from what was decided, and adopts it if it is surely better."""
        return read_policy_refit(self._ask("refit policy", b"", timeout))

    def campaign(
        self, campaign: str = "", *, as_of: Optional[Moment] = None, planned: int = 0,
        timeout: float = 600.0,
    ) -> Campaign:
        """What a campaign changed, treatment against control; without a name, a line about each.

        `planned` are the customers of the smaller arm at the end, fixed before the first look.

            uplift = patron.campaign("retention").everybody.uplift
            if uplift is not None: print(uplift.value, uplift.low, uplift.high)
        """
        body = campaign_body(campaign, self._as_of(as_of), planned)
        return read_campaign(self._ask("report campaign", body, timeout))

    def try_catalogue(
        self, catalogue: str = "", *, placement: str = "", channel: str = "site",
        at: Optional[Moment] = None, customers: int = 0, basket: Optional[Amount] = None,
        lines: int = 0, top: int = 0, greedy: bool = False, minor_digits: int = 2,
        timeout: float = 600.0,
    ) -> Trial:
        """What a catalogue (JSON; without one that in force) would decide for each of the customers.

        Nothing is decided or reserved. `customers` asks about so many at most.

            trial = patron.try_catalogue(open("offers.json").read(), placement="checkout")
            print(trial.offered, trial.cost, trial.margin)
        """
        body = try_catalogue_body(
            catalogue, placement, channel, at_micros=self._as_of(at), customers=customers,
            basket=basket, lines=lines, top=top, greedy=greedy, minor_digits=minor_digits)
        return read_trial(self._ask("try catalogue", body, timeout))

    def decisions(self, first: int = 0) -> Iterator[LoggedDecision]:
        """The decisions that are remembered, from a number on, page by page."""
        total = first + 1
        while first < total:
            reply = self._ask("read decisions", read_decisions_body(first, 1000))
            following, total, rows = read_decisions(reply)
            yield from rows
            if following <= first:
                return
            first = following

    def _record(
        self, verb: str, rows: Iterable[bytes], currency: str, minor_digits: int,
        given: Optional[CommandKey],
    ) -> RecordResult:
        def head(key: CommandKey, count: int) -> bytes:
            return batch_head(key, currency, minor_digits, count)

        return self._record_rows(verb, rows, head, given)

    def _record_rows(
        self, verb: str, rows: Iterable[bytes], head: Callable[[CommandKey, int], bytes],
        given: Optional[CommandKey],
    ) -> RecordResult:
        counts: Deque[int] = deque()
        key = given or self.next_key()

        def bodies() -> Iterator[bytes]:
            size = _HEADER.size + len(head(key, 0))
            for number, batch in enumerate(batches(rows, size)):
                counts.append(len(batch))
                yield head(key.plus(number), len(batch)) + b"".join(batch)

        first_row = recorded = duplicates = sequence = 0
        refused: List[RefusedRow] = []
        for reply in self._pipeline(verb, bodies()):
            result = read_record(reply, first_row)
            first_row += counts.popleft()
            recorded += result.recorded
            duplicates += result.duplicates
            refused += result.refused
            sequence = result.sequence
        return RecordResult(recorded, duplicates, tuple(refused), sequence)

    def fit(
        self, model: str = "mbg-nbd", *, as_of: Optional[Moment] = None,
        holdout: Optional[Moment] = None, bootstrap: int = 0, timeout: float = 600.0,
    ) -> Fit:
        """Fits the models to the orders recorded up to a day (the newest order's), and adopts them.

        With `holdout` it fits to the orders up to that day, predicts the later ones, compares, and
        adopts nothing.

            fit = patron.fit("mbg-nbd", as_of=date(1997, 9, 30))
            print(fit.model.parameters(7), fit.log_likelihood, fit.warnings)
        """
        body = fit_body(self._as_of(as_of), model, self._as_of(holdout), bootstrap)
        return read_fit(self._ask("fit", body, timeout))

    def report(
        self, customer: str = "", *, as_of: Optional[Moment] = None,
        holdout: Optional[Moment] = None, horizon: Union[str, float] = "1y", timeout: float = 600.0,
    ) -> Report:
        """Asks for the figures of a report: the adopted model, its hold-out, one customer's life.

        Without a customer it is the life of whoever has the most repeat orders; without `holdout`
        the last quarter of the shop's history is held out.

            report = patron.report("C-1001", horizon="90d")
            print(report.holdout.bias, report.median_value)
        """
        body = report_body(self._as_of(as_of), self._as_of(holdout), days(horizon), customer)
        return read_report(self._ask("report", body, timeout))

    def adopt(
        self, parameters: Union[Model, Mapping[str, Any]], *, key: Optional[CommandKey] = None
    ) -> Adoption:
        """Adopts parameters from elsewhere: a `Model`, or what `patron fit --json` printed.

            patron.adopt({
                "model": "mbg-nbd",
                "parametersWeeks": {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
                "spend": {"p": 6.25, "q": 3.74, "gamma": 15.44},
            })
        """
        model = parameters if isinstance(parameters, Model) else model_from(parameters)
        return read_adoption(self._ask("adopt model", adopt_body(key or self.next_key(), model)))

    def put_back(self, *, key: Optional[CommandKey] = None) -> Adoption:
        """Adopts the model before the present one again; the two change places."""
        return read_adoption(self._ask("put back model", put_back_body(key or self.next_key())))

    def snapshot(self, *, timeout: float = 600.0) -> Snapshot:
        """Has the server write a snapshot now, and waits until it is verified."""
        return read_snapshot(self._ask("snapshot", b"", timeout))

    # -- frames -------------------------------------------------------------------------------

    def _as_of(self, moment: Optional[Moment]) -> int:
        if moment is None:
            return 0
        number = micros(moment, self._zone)
        if number <= 0:
            raise ValueError(f"{moment} is too early, days are counted from 1970 on")
        return number

    def _ask(self, verb: str, body: bytes, timeout: Optional[float] = None) -> bytes:
        timeout = self._timeout if timeout is None else timeout
        return self._reply(self._submit(verb, body, timeout), timeout)

    def _pipeline(
        self, verb: str, bodies: Iterator[bytes], timeout: Optional[float] = None
    ) -> Generator[bytes, None, None]:
        """Sends the requests, a few of them ahead of the replies, whose parts it yields in order.

        Closed early it cancels the reply it is in the middle of, if no request waits behind that one.
        """
        timeout = self._timeout if timeout is None else timeout
        under_way: Deque[int] = deque()
        begun = False  # whether the oldest reply has told a part
        try:
            while True:
                while len(under_way) < _WINDOW and (body := next(bodies, None)) is not None:
                    under_way.append(self._submit(verb, body, timeout))
                if not under_way:
                    return
                try:
                    status, part = self._part(under_way[0], timeout)
                    begun = status == MORE
                except PatronRefused:
                    begun = False
                    under_way.popleft()
                    raise
                if not begun:
                    under_way.popleft()
                yield part
        finally:
            for tag in under_way:  # Nobody will ask for these any more.
                self._abandon(tag)
            if begun and self._open and len(under_way) == 1 and under_way[0] in self._abandoned:
                self._abandon(self._submit("cancel", cancel_body(under_way[0]), timeout))

    def _submit(self, verb: str, body: bytes, timeout: float) -> int:
        """Sends a request whole. What arrives meanwhile is taken in, so neither side can block."""
        self._tag += 1
        deadline = max(1, int(min(timeout * 1000, 0xFFFF_FFFF)))
        left = memoryview(frame(VERBS[verb], self._tag, body, deadline))
        silent_until = time.monotonic() + self._timeout
        while left:
            ready = self._wait(selectors.EVENT_READ | selectors.EVENT_WRITE, silent_until)
            if ready & selectors.EVENT_READ:
                self._receive()
            if ready & selectors.EVENT_WRITE:
                try:
                    left = left[self._socket.send(left) :]
                except BlockingIOError:
                    continue
                except OSError as error:
                    raise self._broken(f"the connection broke: {error}") from error
            silent_until = time.monotonic() + self._timeout
        return self._tag

    def _reply(self, tag: int, timeout: float) -> bytes:
        """The body of the reply with this tag; raises what the server refused."""
        status, body = self._part(tag, timeout)
        if status == MORE:
            raise self._broken("a reply that should be whole comes in parts")
        return body

    def _part(self, tag: int, timeout: float) -> Tuple[int, bytes]:
        """The next part of the reply with this tag, its status `MORE` or 0; raises what was refused.

        The socket is read only when no part is there, so who is slow slows the server down.
        """
        silent_until = time.monotonic() + timeout
        while tag not in self._replies:
            self._wait(selectors.EVENT_READ, silent_until)
            self._receive()
            silent_until = time.monotonic() + timeout
        parts = self._replies[tag]
        status, body = parts.popleft()
        if not parts:
            del self._replies[tag]
        if status not in (0, MORE):
            raise read_refusal(status, body)
        return status, body

    def _abandon(self, tag: int) -> None:
        """Passes over what is still to come of a reply."""
        parts = self._replies.pop(tag, None)
        if not parts or parts[-1][0] == MORE:
            self._abandoned.add(tag)

    def _wait(self, events: int, until: float) -> int:
        if not self._open:
            raise PatronConnectionError("the connection is closed; make a new Patron")
        self._selector.modify(self._socket, events)
        ready = self._selector.select(max(0.0, until - time.monotonic()))
        if not ready:
            raise self._broken("the server did not answer in time")
        return ready[0][1]

    def _receive(self) -> None:
        """Takes in what has arrived and puts whole replies aside."""
        try:
            data = self._socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            raise self._broken(f"the connection broke: {error}") from error
        if not data:
            raise self._broken("the server closed the connection")
        self._inbox += data
        start = 0
        while len(self._inbox) - start >= _HEADER.size:
            length, _, status, tag, _, _ = _HEADER.unpack_from(self._inbox, start)
            if not _HEADER.size - 4 <= length <= FRAME_SIZE_MAX - 4:
                raise self._broken("what answers is no Patron server")
            end = start + 4 + length
            if len(self._inbox) < end:
                break
            body = bytes(self._inbox[start + _HEADER.size : end])
            start = end
            if status in CLOSING:
                self.close()
                raise read_refusal(status, body)
            if tag not in self._abandoned:
                self._replies.setdefault(tag, deque()).append((status, body))
            elif status != MORE:
                self._abandoned.remove(tag)
        del self._inbox[:start]

    def _broken(self, sentence: str) -> PatronConnectionError:
        self.close()
        return PatronConnectionError(sentence)


def batches(rows: Iterable[bytes], head_size: int) -> Iterator[List[bytes]]:
    """Parts rows into runs that fit into one frame behind `head_size` bytes."""
    batch: List[bytes] = []
    size = head_size
    for row in rows:
        if len(batch) == ROWS_MAX or size + len(row) > FRAME_SIZE_MAX:
            yield batch
            batch, size = [], head_size
        batch.append(row)
        size += len(row)
    if batch:
        yield batch


def _host_and_port(address: str) -> Tuple[str, int]:
    match = re.fullmatch(r"(?:\[(.+)\]|([^:]+))(?::([0-9]{1,5}))?", address)
    if match is None or int(match[3] or DEFAULT_PORT) > 65535:
        raise ValueError(f"{address!r} is no address; write host:port or [ipv6]:port")
    return match[1] or match[2], int(match[3] or DEFAULT_PORT)


def _zone(name: str) -> tzinfo:
    if name in ("", "UTC"):
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError.
        warnings.warn(f"the time zone {name} is not known here; dates are taken as days in UTC")
        return timezone.utc
