"""Holds patron.py against protocol.md, and its connection against a server made of the examples.

    python3 -m unittest discover --start-directory clients/python
"""

from __future__ import annotations

import doctest
import pathlib
import re
import socket
import struct
import threading
import unittest
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple
from zoneinfo import ZoneInfo

import patron
from patron import Consent, Event, Order, OrderLine, Patron, PatronConnectionError, PatronRefused, Profile, Return

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "protocol.md").read_text(encoding="utf-8")
HEADER = 24


class Example:
    """A hex block of protocol.md: its bytes, and its fields as the comments spell them out."""

    def __init__(self, block: str) -> None:
        self.bytes = b""
        self.fields: Dict[str, Any] = {}
        for line in block.splitlines():
            data, _, comment = line.partition(";")
            self.bytes += bytes.fromhex(data)
            if comment:
                name, _, value = comment.strip().partition(" = ")
                self.fields[name] = self.value(value)
        self.body = self.bytes[HEADER:]

    @staticmethod
    def value(text: str) -> Any:
        if text.startswith('"'):
            return text[1:-1].replace("\\n", "\n")
        number = text.partition(",")[0]
        return float(number) if re.search(r"[.e]|nan", number) else int(number, 0)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def rows(self, name: str) -> List[Dict[str, Any]]:
        rows: List[Dict[str, Any]] = []
        for key, value in self.fields.items():
            match = re.fullmatch(rf"{name}\[(\d+)\]\.(.+)", key)
            if match:
                while len(rows) <= int(match[1]):
                    rows.append({})
                rows[int(match[1])][match[2]] = value
        return rows

    @property
    def key(self) -> patron.CommandKey:
        return patron.CommandKey(self["producer"], self["number"])

    def request(self, body: bytes) -> bytes:
        return patron.frame(self["verb"], self["tag"], body, self["deadline"])


def section(title: str) -> str:
    match = re.search(rf"^#+ {re.escape(title)}$(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match is not None, f"protocol.md has no section {title}"
    return match[1]


def example(title: str, place: int = 0) -> Example:
    blocks = re.findall(r"^```hex$\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL)
    assert len(blocks) > place, f"{title} has no example {place}"
    return Example(blocks[place])


def table(title: str) -> List[List[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def names(row: Dict[str, Any]) -> Tuple[str, str, str]:
    """A consent's channel, purpose, and what was said."""
    tables = (("channel", patron.CHANNELS), ("purpose", patron.PURPOSES), ("said", patron.SAID))
    return tuple(next(n for n, v in table.items() if v == row[key]) for key, table in tables)  # type: ignore


def at(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=micros)


class TheTables(unittest.TestCase):
    def test_verbs(self) -> None:
        self.assertEqual(patron.VERBS, {row[1]: int(row[0]) for row in table("Verbs")})

    def test_statuses(self) -> None:
        rows = table("Statuses")
        self.assertEqual(patron.STATUSES, {int(row[0]): row[1] for row in rows})
        self.assertEqual(patron.CLOSING, {int(row[0]) for row in rows if row[2] == "yes"})

    def test_limits(self) -> None:
        limits = {row[0]: int(row[1].replace(",", "")) for row in table("Limits")}
        self.assertEqual(patron.FRAME_SIZE_MAX, limits["frameSizeMax"])
        self.assertEqual(patron.BATCH_FRAME_SIZE_MAX, limits["batchFrameSizeMax"])
        self.assertEqual(patron.IDENTIFIER_SIZE_MAX, limits["identifierSizeMax"])
        self.assertEqual(patron.NAME_SIZE_MAX, limits["nameSizeMax"])
        self.assertEqual(patron.ROWS_MAX, limits["rowsMax"])
        self.assertEqual(patron.CUSTOMERS_MAX, limits["customersMax"])
        self.assertEqual(patron.SCORE_MONTHS_MAX, limits["scoreMonthsMax"])
        self.assertEqual(patron.CATEGORIES_TOLD_MAX, limits["categoriesToldMax"])
        self.assertEqual(patron.EVENTS_TOLD_MAX, limits["eventsToldMax"])
        self.assertEqual(patron.CONSENTS_TOLD_MAX, limits["consentsToldMax"])
        self.assertEqual(patron.AMOUNT_MAX, limits["amountMax"])
        self.assertEqual(patron.MINOR_DIGITS_MAX, limits["minorDigitsMax"])
        self.assertEqual(
            (patron.BLEND_MAX, patron.SEASON_PARTS_MAX, patron.SIGNALS_MAX,
             patron.CHURN_TERMS_MAX),
            (limits["blendMax"], limits["seasonPartsMax"], limits["signalsMax"],
             limits["churnTermsMax"]))
        self.assertEqual(
            (patron.CATALOGUE_SIZE_MAX, patron.OFFERS_MAX, patron.SLATE_MAX,
             patron.BASKET_CATEGORIES_MAX, patron.OWN_FEATURES_MAX),
            tuple(limits[name] for name in (
                "catalogueSizeMax", "offersMax", "slateMax", "basketCategoriesMax",
                "ownFeaturesMax")))
        self.assertEqual(
            (patron.CONDITION_SIZE_MAX, patron.SELECT_COLUMNS_MAX, patron.GROUP_FIELDS_MAX,
             patron.MEASURES_MAX, patron.QUANTILES_MAX),
            tuple(limits[name] for name in (
                "conditionSizeMax", "selectColumnsMax", "groupFieldsMax", "measuresMax",
                "quantilesMax")))

    def test_codes_of_offers(self) -> None:
        words = section("What the words mean")
        for codes in (patron.OUTCOMES, patron.REASONS):
            for name, code in codes.items():
                self.assertRegex(words, rf"(?m)^\| {code} \| {name} \| ")
        for title, codes in (("decide reply", patron.SEGMENTS), ("amend offer request", patron.STAGES)):
            for name, code in codes.items():
                self.assertIn(f"{code} {name}", section(title))


class TheRequests(unittest.TestCase):
    """What is written from an example's values is the example, byte for byte."""

    def test_ping(self) -> None:
        e = example("empty")
        self.assertEqual(e.request(b""), e.bytes)

    def test_hello(self) -> None:
        e = example("hello request")
        self.assertEqual(e["magic"], patron.MAGIC)
        self.assertEqual(e.request(patron.hello_body(e["client"])), e.bytes)

    def test_status(self) -> None:
        e = example("status request")
        self.assertEqual(e.request(patron.status_body(e["state hash"] == 1)), e.bytes)

    def test_cancel(self) -> None:
        e = example("cancel request")
        self.assertEqual(e.request(patron.cancel_body(e["request"])), e.bytes)

    def test_orders(self) -> None:
        e = example("record orders request")
        digits = e["minor digits"]
        rows = [
            Order(row["customer"], row["order"], at(row["time"]),
                  Decimal(row["amount"]).scaleb(-digits))
            for row in e.rows("orders")
        ]
        body = patron.batch_head(e.key, e["currency"], digits, len(rows))
        body += b"".join(patron.order_row(row, digits, timezone.utc) for row in rows)
        self.assertEqual(e.request(body), e.bytes)

    def test_returns(self) -> None:
        e = example("record returns request")
        rows = [
            Return(row["customer"], row["order"], row["return"], at(row["time"]), None)
            for row in e.rows("returns")
        ]
        self.assertEqual([row["amount"] for row in e.rows("returns")], [0])
        body = patron.batch_head(e.key, e["currency"], e["minor digits"], len(rows))
        body += b"".join(patron.return_row(row, 2, timezone.utc) for row in rows)
        self.assertEqual(e.request(body), e.bytes)

    def test_lines(self) -> None:
        e = example("record order lines request")
        rows = [OrderLine("C-1001", "1", 1, "shoes", 20, 2), OrderLine("C-1001", "1", 2, "socks", "9.33")]
        body = patron.batch_head(e.key, e["currency"], 2, len(rows))
        body += b"".join(patron.line_row(row, 2) for row in rows)
        self.assertEqual(e.request(body), e.bytes)

    def test_events(self) -> None:
        e = example("record events request")
        first, second = e.rows("events")
        rows = [
            Event("C-1001", "e1", "cart changed", at(first["time"]), "shoes", None, "80.00", 2),
            Event("Zoë", "m/7", "contact sent", at(second["time"]), "welcome", "email"),
        ]
        body = patron.batch_head(e.key, e["currency"], 2, len(rows))
        body += b"".join(patron.event_row(row, 2, timezone.utc) for row in rows)
        self.assertEqual(e.request(body), e.bytes)

    def test_profiles(self) -> None:
        e = example("record profiles request")
        rows = [Profile("C-1001", birthday="1972-02-29", country="FR", channel="email",
                        source="search", acquisition_cost="12.50", tier="gold",
                        tier_until=date(1998, 1, 1)),
                Profile("Zoë", language=None, tier=None)]
        body = patron.rows_head(e.key, len(rows))
        body += b"".join(patron.profile_row(row, "USD") for row in rows)
        self.assertEqual(e.request(body), e.bytes)
        # Without the fields behind the person a row ends there.
        self.assertEqual(patron.profile_row(Profile("c", country="FR")),
                         b"\x01c\x02\0\0\0\0\x02FR\0\0")
        # A cost of nothing is one, and one that is forgotten has no currency.
        self.assertEqual(patron.profile_row(Profile("c", acquisition_cost=0))[-16:],
                         bytes(8) + b"\x03EUR\x02\0\0\0")
        self.assertEqual(patron.profile_row(Profile("c", acquisition_cost=None))[-12:], bytes(12))
        for wrong in (Profile("c", birthday="17 May"), Profile("c", channel="fax"),
                      Profile("c", tier="tin"), Profile("c", tier_until=date(1998, 1, 1)),
                      Profile("c", tier="gold", tier_until=date(1970, 1, 1)),
                      Profile("c", acquisition_cost="1.005"), Profile("c", acquisition_cost="-1"),
                      Profile("c", source="x" * 65)):
            with self.assertRaises(ValueError):
                patron.profile_row(wrong)
        with self.assertRaises(TypeError):
            patron.profile_row(Profile("c", acquisition_cost=1.5))  # type: ignore[arg-type]
        e = example("customer request")
        self.assertEqual(e.request(patron.customer_body(e["customer"])), e.bytes)

    def test_consents(self) -> None:
        e = example("record consents request")
        rows = [
            Consent(row["customer"], *names(row), at(row["time"]),
                    at(row["expires"]) if row["expires"] else None, row["source"],
                    row["text version"])
            for row in e.rows("consents")
        ]
        body = patron.rows_head(e.key, len(rows))
        body += b"".join(patron.consent_row(row, timezone.utc) for row in rows)
        self.assertEqual(e.request(body), e.bytes)
        with self.assertRaises(ValueError):
            patron.consent_row(Consent("c", "fax", "marketing", "granted", at(1)), timezone.utc)

    def test_catalogue(self) -> None:
        e = example("put catalogue request")
        self.assertEqual(e.request(patron.put_catalogue_body(e.key, e["catalogue"])), e.bytes)
        e = example("amend offer request")
        self.assertEqual(e.request(patron.amend_offer_body(e.key, e["offer"], "paused")), e.bytes)
        with self.assertRaises(ValueError):
            patron.amend_offer_body(e.key, "socks", "gone")
        with self.assertRaises(ValueError):
            patron.put_catalogue_body(e.key, "x" * (patron.CATALOGUE_SIZE_MAX + 1))

    def test_segments(self) -> None:
        e = example("define segments request")
        rows = {row["segment"]: (row["enters"], row["stays"]) for row in e.rows("segments")}
        self.assertEqual(e.request(patron.define_segments_body(e.key, rows)), e.bytes)
        e = example("read segments request")
        self.assertEqual(e.request(patron.read_segments_body(e["as of"])), e.bytes)

    def test_decide(self) -> None:
        e = example("decide request")
        request = patron.DecisionRequest(
            "C-1001", "checkout", "site", "80.00", 2, ("shoes", "laces"), (0.25, None), 1, 2)
        self.assertEqual(e.request(patron.decide_body(e.key, request, 2)), e.bytes)
        plain = patron.decide_body(e.key, patron.DecisionRequest("c", "p", "email"), 2)
        self.assertEqual(plain[-19:], struct.pack("<BBBqHBHHB", 1, 0, 0, -1, 0, 0, 0, 0, 0))
        wrong = [
            patron.DecisionRequest("c", "p", "fax"), patron.DecisionRequest("c", "p", "site", top=31),
            patron.DecisionRequest("c", "p", "site", categories=("x",) * 33),
            patron.DecisionRequest("c", "p", "site", features=(1.0,) * 17),
        ]
        for request in wrong:
            self.assertRaises(ValueError, patron.decide_body, e.key, request, 2)

    def test_recommend(self) -> None:
        e = example("recommend request")
        request = patron.DecisionRequest(
            "C-1001", "checkout", "site", "80.00", 2, ("shoes",), (0.25, None), 1, 2)
        self.assertEqual(e.request(patron.recommend_body(request, 2)), e.bytes)
        wrong = [
            patron.DecisionRequest("c", "p", "fax"), patron.DecisionRequest("c", "p", "site", top=31),
            patron.DecisionRequest("c", "p", "site", features=(1.0,) * 17),
        ]
        for request in wrong:
            self.assertRaises(ValueError, patron.recommend_body, request, 2)

    def test_explain_decision(self) -> None:
        e = example("explain decision request")
        self.assertEqual(e.request(patron.decision_body(e["decision"])), e.bytes)

    def test_outcomes(self) -> None:
        e = example("record outcomes request")
        first, second = e.rows("outcomes")
        rows = [
            patron.Outcome(first["decision"], "accepted", at(first["time"]), choice=1,
                           order_value="72.50", margin="30.00"),
            patron.Outcome(second["decision"], "redeemed", at(second["time"]), "used", 1, cost=2),
        ]
        body = patron.batch_head(e.key, e["currency"], 2, len(rows))
        body += b"".join(patron.outcome_row(row, 2, timezone.utc) for row in rows)
        self.assertEqual(e.request(body), e.bytes)
        loss = patron.outcome_row(
            patron.Outcome("A", "ended", at(0), order_value=5, margin="-2.50"), 2, timezone.utc)
        self.assertEqual(struct.unpack("<qqq", loss[-24:]), (500, -250, 0))
        with self.assertRaises(ValueError):
            patron.outcome_row(patron.Outcome("A", "lost", at(0)), 2, timezone.utc)

    def test_campaign(self) -> None:
        e = example("campaign request")
        body = patron.campaign_body(e["campaign"], e["as of"], e["planned"])
        self.assertEqual(e.request(body), e.bytes)
        with self.assertRaises(ValueError):
            patron.campaign_body("x" * 65)

    def test_try_catalogue(self) -> None:
        e = example("try catalogue request")
        body = patron.try_catalogue_body(
            e["catalogue"], e["placement"], "site", at_micros=e["at"], customers=e["customers"],
            basket="80.00", lines=e["lines"], top=e["top"], greedy=True)
        self.assertEqual(e.request(body), e.bytes)
        with self.assertRaises(ValueError):
            patron.try_catalogue_body(top=31)
        with self.assertRaises(ValueError):
            patron.try_catalogue_body(customers=-1)

    def test_read_decisions(self) -> None:
        e = example("read decisions request")
        self.assertEqual(e.request(patron.read_decisions_body(e["from"], e["most"])), e.bytes)

    def test_consent_history(self) -> None:
        e = example("consent history request")
        self.assertEqual(e.request(patron.customer_body(e["customer"])), e.bytes)

    def terms(self, e: Example) -> bytes:
        return patron.score_terms(e["as of"], e["horizon"], e["discount rate"], e["margin"])

    def test_score(self) -> None:
        e = example("score one request")
        self.assertEqual(e.request(patron.score_one_body(self.terms(e), e["customer"])), e.bytes)
        self.assertEqual(patron.days("39w"), e["horizon"])
        self.assertEqual(patron.micros(date(1997, 9, 30), timezone.utc), e["as of"])

    def test_scores(self) -> None:
        e = example("score many request")
        names = [row["customer"] for row in e.rows("customers")]
        self.assertEqual(e.request(patron.score_many_body(self.terms(e), names)), e.bytes)

    def test_fit(self) -> None:
        e = example("fit request")
        self.assertEqual(e.request(patron.fit_body(e["as of"], "mbg-nbd")), e.bytes)

    def test_score_interval(self) -> None:
        e = example("score interval request")
        body = patron.score_interval_body(self.terms(e), e["level"], e["customer"])
        self.assertEqual(e.request(body), e.bytes)

    def test_forecast(self) -> None:
        e = example("forecast request")
        self.assertEqual(e.request(patron.forecast_body(e["as of"], e["weeks"])), e.bytes)

    def test_report(self) -> None:
        e = example("report request")
        body = patron.report_body(e["as of"], e["holdout from"], e["horizon"], e["customer"])
        self.assertEqual(e.request(body), e.bytes)
        self.assertEqual(patron.report_body(0, 0, 1.0, "")[-1:], b"\0")

    def test_adopt(self) -> None:
        e = example("adopt model request")
        spend = {key: e[key] for key in ("p", "q", "gamma")}
        purchase = {"r": e["r"], "alpha": e["alpha"], "a": e["a or s"], "b": e["b or beta"]}
        given = {"model": "mbg-nbd", "parametersDays": purchase, "spend": spend}
        self.assertEqual(e.request(patron.adopt_body(e.key, patron.model_from(given))), e.bytes)
        weeks = {"model": "mbg-nbd", "parametersWeeks": {**purchase, "alpha": 6.0}}
        self.assertEqual(patron.model_from(weeks).days["alpha"], 42.0)
        self.assertIsNone(patron.model_from(weeks).p)
        pareto = {"model": "pareto-nbd",
                  "parametersWeeks": {"r": 0.5, "alpha": 10.0, "s": 0.6, "beta": 11.0}}
        self.assertEqual(patron.model_from(pareto).parameters(7), pareto["parametersWeeks"])
        for broken in ({}, {"model": "x", "parametersDays": purchase},
                       {"model": "bg-nbd", "parametersDays": {"r": 1}}):
            self.assertRaises(ValueError, patron.model_from, broken)

    def test_adopt_blend_and_calibration(self) -> None:
        e = example("adopt model request", 1)
        names = {number: name for name, number in patron.MODELS.items()}
        given: Dict[str, Any] = {
            "model": names[e["model kind"]],
            "parametersDays": {"r": e["r"], "alpha": e["alpha"], "a": e["a or s"], "b": e["b or beta"]},
            "spend": {key: e[key] for key in ("p", "q", "gamma")},
            "blend": [
                {"model": names[row["model kind"]],
                 "parametersDays": dict(zip(
                     ("r", "alpha", *(("s", "beta") if row["model kind"] == 3 else ("a", "b"))),
                     (row["r"], row["alpha"], row["a or s"], row["b or beta"])))}
                for row in e.rows("further models")
            ],
            "calibration": {
                "season": [row["speed"] for row in e.rows("season")],
                "logLevel": e["log level"],
                "correction": {
                    "referenceDays": e["reference days"], "intercept": e["intercept"],
                    **{key + "s": [row[key] for row in e.rows("signals")]
                       for key in ("weight", "mean", "deviation")},
                },
            },
            "churnLayer": {
                "horizonDays": e["layer horizon"], "typicalGapDays": e["typical gap"],
                "intercept": e["layer intercept"],
                "terms": [{key: row[key] for key in ("feature", "coefficient", "centre", "scale")}
                          for row in e.rows("layer terms")],
            },
        }
        self.assertEqual((len(given["blend"]), len(given["calibration"]["season"])), (2, 24))
        model = patron.model_from(given)
        self.assertEqual(e.request(patron.adopt_body(e.key, model)), e.bytes)
        self.assertEqual(model.calibration.as_dict(), given["calibration"])
        assert model.churn_layer is not None
        self.assertEqual(model.churn_layer.as_dict(), given["churnLayer"])
        self.assertIsNone(patron.model_from({**given, "churnLayer": None}).churn_layer)
        for key in ("season", "correction"):
            part = patron.model_from({**given, "calibration": {**given["calibration"], key: None}})
            self.assertIsNone(getattr(part.calibration, key))
        self.assertEqual(patron.model_from({**given, "calibration": None}).calibration,
                         patron.Calibration())
        short = {**given["calibration"], "season": [1.0]}
        broken: List[Dict[str, Any]] = [
            {**given, "blend": given["blend"] * 2}, {**given, "calibration": short},
            {**given, "churnLayer": {**given["churnLayer"], "horizonDays": 0}},
            {**given, "churnLayer": {
                **given["churnLayer"], "terms": given["churnLayer"]["terms"] * 17}}]
        for wrong in broken:
            self.assertRaises(ValueError, patron.adopt_body, e.key, patron.model_from(wrong))
        self.assertRaises(
            ValueError, patron.model_from, {**given, "blend": [{"model": "bg-nbd"}]})

    def test_put_back(self) -> None:
        e = example("put back model request")
        self.assertEqual(e.request(patron.put_back_body(e.key)), e.bytes)


class TheScans(unittest.TestCase):
    """Select and count customers: the bytes of protocol.md's tables, written out here by hand."""

    def test_select_request(self) -> None:
        terms = patron.scan_terms(1_000, None, None, None)
        body = patron.select_body(
            terms, 'tier >= gold and "é" == "é"', ["customer", "best_offer(email)"],
            order_by="lifetime_value", descending=True, limit=7)
        condition = 'tier >= gold and "é" == "é"'.encode()
        self.assertEqual(body, b"".join((
            struct.pack("<qdddQB", 1_000, 0, 0, 0, 7, 1), b"\x0elifetime_value",
            struct.pack("<I", len(condition)), condition, b"\2",
            b"\x08\0customer", b"\x11\0best_offer(email)")))
        own = patron.scan_terms(0, "39w", None, 0.4)
        self.assertEqual(own, struct.pack("<qddd", 0, 273, 0.1, 0.4))
        self.assertEqual(
            patron.select_body(own, "", ["customer"]),
            own + bytes(8) + b"\0" + b"\0" + bytes(4) + b"\1\x08\0customer")

    def test_count_request(self) -> None:
        terms = patron.scan_terms(0, None, None, None)
        self.assertEqual(
            patron.count_body(terms, "orders > 1", ["segment"], ["churn", "orders"], [0.5, 1]),
            bytes(32) + b"\x0a\0\0\0orders > 1" + b"\1\x07\0segment"
            + b"\2\x05\0churn\x06\0orders" + struct.pack("<Bdd", 2, 0.5, 1))

    def test_what_cannot_be_asked_is_refused_here(self) -> None:
        for wrong in (
            lambda: patron.select_body(b"", "x" * 4097, ["customer"]),
            lambda: patron.select_body(b"", "", ["customer"] * 33),
            lambda: patron.select_body(b"", "", ["customer"], limit=-1),
            lambda: patron.count_body(b"", "", ["segment"] * 5, [], []),
            lambda: patron.count_body(b"", "", [], ["orders"] * 9, []),
            lambda: patron.count_body(b"", "", [], [], [0.5] * 9),
        ):
            self.assertRaises(ValueError, wrong)
        self.assertRaises(TypeError, patron.select_body, b"", "", "customer")

    def test_examples(self) -> None:
        """What protocol.md shows of these messages can be read; the page may show none yet."""
        for title, read in (
            ("select customers reply", patron.read_selected), ("count customers reply", patron.read_counted),
        ):
            for block in re.findall(r"^```hex$\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL):
                if block.strip():
                    self.assertIsNotNone(read(Example(block).body), title)

    def test_select_reply(self) -> None:
        self.assertEqual(patron.read_selected(A_SELECTED), SELECTED)
        self.assertEqual(patron.read_selected(struct.pack("<QQQiIB", 5, 9, 0, 19, 0, 0)), [])
        for broken in [A_SELECTED[:size] for size in range(len(A_SELECTED))] + [A_SELECTED + b"\0"]:
            self.assertRaises(PatronConnectionError, patron.read_selected, broken)
        unknown = A_SELECTED.replace(column(4, b"\0\1\2"), column(5, b"\0\1\2"))
        self.assertRaises(PatronConnectionError, patron.read_selected, unknown)
        neither = A_SELECTED.replace(column(4, b"\0\1\2"), column(4, b"\0\1\3"))
        self.assertRaises(PatronConnectionError, patron.read_selected, neither)

    def test_count_reply(self) -> None:
        counted = patron.read_counted(A_COUNTED, ["churn"])
        self.assertEqual((counted.customers, counted.found, counted.as_of), (9, 4, date(1970, 1, 20)))
        self.assertEqual([(group.customers, group.keys) for group in counted.groups],
                         [(3, ("vip", None)), (1, (None, "yes"))])
        first, second = (group.measures[0] for group in counted.groups)
        self.assertEqual(first, patron.Measure("churn", 2, 1.5, 0.5, 1.0, (0.5,)))
        self.assertEqual((first.mean, second.mean, second.least, second.quantiles), (0.75, None, None, (None,)))
        for broken in [A_COUNTED[:size] for size in range(len(A_COUNTED))] + [A_COUNTED + b"\0"]:
            self.assertRaises(PatronConnectionError, patron.read_counted, broken)

    def test_parts_are_one_sequence_and_who_stops_cancels(self) -> None:
        cancelled: List[bytes] = []
        endless = False

        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            if verb == 55:
                nobody = reply(verb, tag, struct.pack("<QQQiIB", 0, 9, 0, 19, 0, 0), 15)
                parts = nobody + reply(verb, tag, A_SELECTED, 15) * 3
                return parts if endless else parts + reply(verb, tag, A_SELECTED)
            if verb == 56:
                return reply(verb, tag, struct.pack("<QQQiI", 5, 9, 2, 19, 0), 15) + reply(verb, tag, A_COUNTED)
            if verb == 6:
                cancelled.append(body)
                return reply(55, struct.unpack("<Q", body)[0], REFUSED, status=48) + reply(6, tag, b"\1")
            return from_examples(verb, tag, body)

        with Server(answer) as server, Patron(server.address, timeout=20) as it:
            self.assertEqual(list(it.select("", ["customer", "churn"])), SELECTED * 4)
            self.assertEqual(it.count(by="segment", measures="churn").groups[0].measures[0].field, "churn")
            endless = True
            rows = it.select()
            self.assertEqual([next(rows) for _ in range(4)], SELECTED + SELECTED[:1])
            rows.close()
            self.assertEqual((it.ping(), len(cancelled)), (at(875620800000000), 1))

    def test_a_wrong_condition_leaves_the_connection(self) -> None:
        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            return reply(verb, tag, REFUSED, status=49) if verb > 54 else from_examples(verb, tag, body)

        with Server(answer) as server, Patron(server.address) as it:
            for ask in (lambda: list(it.select("x")), lambda: it.count("x")):
                with self.assertRaises(PatronRefused) as caught:
                    ask()
                self.assertEqual(caught.exception.name, "bad condition")
            self.assertEqual(it.ping(), at(875620800000000))


def column(kind: int, values: bytes) -> bytes:
    return struct.pack("<BI", kind, len(values)) + values


SELECTED = [
    ("C-1", 0.25, None, date(1970, 1, 2), False), ("Zoë", None, "DE", None, True), ("", -1.0, "", date(2024, 2, 29), None),
]
A_SELECTED = struct.pack("<QQQiIB", 5, 9, 3, 19, 3, 5) + b"".join((
    column(2, b"\3C-1\4" + "Zoë".encode() + b"\0"),
    column(1, struct.pack("<3d", 0.25, float("nan"), -1)),
    column(2, b"\xff\2DE\0"),
    column(3, struct.pack("<3i", 1, -(2**31), 19_782)),
    column(4, b"\0\1\2")))
A_COUNTED = struct.pack("<QQQiI", 9, 9, 4, 19, 2) + b"".join((
    struct.pack("<QB", 3, 2), b"\1\3vip\0\0", b"\1", struct.pack("<QdddBd", 2, 1.5, 0.5, 1, 1, 0.5),
    struct.pack("<QB", 1, 2), b"\0\0\1\3yes", b"\1",
    struct.pack("<QdddBd", 0, 0, float("nan"), float("nan"), 1, float("nan"))))


class TheReplies(unittest.TestCase):
    """What is read from an example is what its comments say."""

    def test_hello(self) -> None:
        e = example("hello reply")
        self.assertEqual(
            patron.read_hello(e.body),
            patron.Hello(e["version"], e["minor digits"], e["currency"], e["time zone"],
                         e["server"]))

    def test_segments(self) -> None:
        e = example("define segments reply")
        self.assertEqual(patron.read_define_segments(e.body), (e["sequence"], e["version"]))
        e = example("read segments reply")
        read = patron.read_segments(e.body)
        self.assertEqual(
            (read.customers, read.generation, read.version, read.found_with, read.found_by),
            (e["customers"], e["generation"], e["version"], e["found with"], e["found by"]))
        self.assertEqual(
            [read.as_of, read.found_on, read.quantiles_of],
            [date(1970, 1, 1) + timedelta(e[name]) for name in ("as of day", "found on", "quantiles of")])
        for segment, row in zip(read.segments, e.rows("segments")):
            self.assertEqual(
                list(vars(segment).values()),
                [row[name] for name in (
                    "segment", "enters", "stays", "customers", "valued", "lifetime value", "netted", "net value",
                    "before")])
        self.assertEqual(len(read.segments), 1)

    def test_catalogue(self) -> None:
        e = example("catalogue change reply")
        change = patron.CatalogueChange(e["sequence"], e["version"], e["offers"], e["live"])
        self.assertEqual(patron.read_catalogue_change(e.body), change)
        e = example("catalogue reply")
        read = patron.read_catalogue(e.body)
        self.assertEqual((read.version, read.currency, read.minor_digits, read.text, read.decisions),
                         (2, "USD", 2, e["catalogue"], 18))
        self.assertEqual(read.offers[0], patron.OfferLine(
            "socks", "Socks to the shoes", "live", 50_000, 1_200, 400, None, 6, 2, 0.125, 11, 9))
        self.assertEqual((read.offers[1].state, read.offers[1].budget), ("paused", None))
        self.assertEqual(read.campaigns, (patron.CampaignBudget(
            "feet", 80_000, 1_200, 400, None, 6, 2, 0.0625),))

    def test_decision(self) -> None:
        e = example("decide reply")
        read = patron.read_decision(e.body)
        self.assertEqual((read.receipt, read.time), (e["decision"], at(e["time"])))
        self.assertEqual((read.known, read.explored, read.drawn, read.profiled), (True,) * 4)
        self.assertEqual((read.held_out, read.fallback, read.dry_run, read.suspect), (False,) * 4)
        self.assertEqual((read.catalogue, read.generation, read.segment), (1, 2, "about to leave"))
        self.assertEqual(
            (read.alive_probability, read.churn_probability, read.expected_orders,
             read.expected_spend, read.lifetime_value),
            (e["alive"], e["churn"], e["expected orders"], e["expected spend"], e["lifetime value"]))
        self.assertEqual(read.propensity, e["propensity"])
        rows = e.rows("choices")
        self.assertEqual(
            [(one.offer, one.best, one.propensity, one.score, one.uplift) for one in read.offers],
            [(row["offer"], row["best"] == 1, row["propensity"], row["score"], row["uplift"])
             for row in rows])
        self.assertEqual(read.reasons, ("CHOSEN", "EXPLORED", "RULE", "NOT_IN_PLACEMENT"))
        self.assertEqual((read.explanations, read.offers[0].parts, read.offers[0].features), ((), {}, ()))

    def test_recommendation(self) -> None:
        e = example("recommend reply")
        read = patron.read_recommendation(e.body)
        self.assertEqual((read.known, read.profiled, read.held_out, read.fallback), (True, True, False, False))
        self.assertEqual((read.catalogue, read.generation, read.segment), (1, 2, "about to leave"))
        self.assertEqual((read.as_of - date(1970, 1, 1)).days, e["as of day"])
        self.assertEqual(
            (read.alive_probability, read.churn_probability, read.expected_orders,
             read.expected_spend, read.lifetime_value),
            (e["alive probability"], e["churn probability"], e["expected orders"], e["expected spend"],
             e["lifetime value"]))
        self.assertEqual(
            [(one.offer, one.score, one.uplift) for one in read.offers],
            [(row["offer"], row["score"], row["uplift"]) for row in e.rows("offers")])
        nothing = patron.read_recommendation(struct.pack("<HBBIIi5d", 1, 0, 0, 0, 1, 0, *(0.0,) * 5))
        self.assertEqual((nothing.alive_probability, nothing.lifetime_value, nothing.offers), (None, None, ()))
        for size in range(len(e.body)):
            self.assertRaises(PatronConnectionError, patron.read_recommendation, e.body[:size])

    def test_explained_decision(self) -> None:
        e = example("decide reply", 1)
        read = patron.read_decision(e.body)
        self.assertEqual(
            [(one.offer, one.staff, one.customer) for one in read.explanations],
            [(row["offer"], row["staff"], row["customer"]) for row in e.rows("offers")])
        self.assertEqual([one.score for one in read.explanations], [1.5, 0.25, None, None])
        self.assertEqual(read.explanations[2].reason, "RULE")
        self.assertEqual([one.parts for one in read.offers], e.rows("scores"))
        self.assertEqual(read.offers[0].features, (("basket", 1.5), ("rest", 0.375)))
        self.assertEqual(read.offers[1].features, (("rest", 0.5),))
        for size in range(len(e.body)):
            self.assertRaises(PatronConnectionError, patron.read_decision, e.body[:size])

    def test_campaign(self) -> None:
        e = example("campaign reply")
        read = patron.read_campaign(e.body)
        self.assertEqual(
            (read.campaign, read.catalogue, read.window_days, read.currency, read.planned,
             read.margin_rate, read.open_windows, read.expected_control, read.ratio_probability),
            ("feet", 2, 30, "USD", 5_000, 0.25, 12, 0.5, 0.75))
        self.assertEqual((read.as_of, read.provisional, read.withheld), (date(1997, 10, 30), True, False))
        group, row = read.everybody, e.rows("groups")[0]
        assert group is not None
        self.assertEqual(group.treated, patron.CampaignArm(80, 40, 8, 50, 2_000.0, 96, 1, 30.0, 2.0))
        self.assertEqual(group.control, patron.CampaignArm(80, 20, 2, 20, 800.0, 0, 0, 0.0, 0.0))
        names = ("uplift", "relative uplift", "adjusted uplift", "sequence", "conversion uplift",
                 "order uplift", "basket uplift", "repeat rate uplift", "repeat share uplift",
                 "incremental margin")
        estimates = (group.uplift, group.relative, group.adjusted, group.sequence, group.conversion,
                     group.orders, group.basket, group.repeat_rate, group.repeat_share,
                     group.incremental_margin)
        for name, estimate in zip(names, estimates):
            self.assertEqual(
                estimate, patron.Estimate(row[name], row[name + " low"], row[name + " high"]), name)
        self.assertEqual(
            (group.segment, group.few_buyers, group.variance_ratio, group.cost, group.order_cost,
             group.return_on_cost), (None, True, 0.625, 32.0, 1.0625, 9.375))
        (loyal,) = read.segments
        self.assertEqual((loyal.segment, loyal.uplift, loyal.order_cost), ("loyal", None, None))
        (socks,) = read.offers
        self.assertEqual(
            (socks.offer, socks.state, socks.chosen, socks.delivered, socks.redeemed, socks.spent,
             socks.budget, socks.reasons["HOLDOUT"], socks.reasons["CHOSEN"]),
            ("socks", "live", 110, 96, 15, 3_000, 50_000, 80, 100))
        read = patron.read_campaign(example("campaign reply", 1).body)
        self.assertIsNone(read.everybody)
        self.assertEqual(read.lines, (patron.CampaignLine(
            "feet", 80, 80, 12, 0.75, False, patron.Estimate(15, 5, 25), 0.0033, True),))

    def test_trial(self) -> None:
        e = example("try catalogue reply")
        read = patron.read_trial(e.body)
        self.assertEqual(
            (read.catalogue, read.in_force, read.time, read.placement, read.channel, read.currency),
            (2, False, at(e["at"]), "checkout", "site", "USD"))
        self.assertEqual(
            (read.population, read.customers, read.offered, read.held_out, read.explored),
            (2_357, 1_000, 250, 100, 3))
        self.assertEqual(
            (read.cost, read.liability, read.margin), (31.25, 50_000, patron.Estimate(125, 100, 150)))
        self.assertEqual((read.without["HOLDOUT"], read.without["NEGATIVE_UPLIFT"]), (50, 300))
        socks, win_back = read.offers
        self.assertEqual(
            (socks.offer, socks.state, socks.chosen, socks.explored, socks.reasons["CHOSEN"]),
            ("socks", "live", 250, 3, 247))
        self.assertEqual(
            socks.budget, patron.TriedBudget(80_000, 1_600, 51_600, None, 8, 258, 0.0625))
        self.assertEqual((win_back.margin, win_back.budget), (None, None))
        (feet,) = read.campaigns
        assert feet.budget is not None
        self.assertEqual((feet.campaign, feet.chosen, feet.budget.count), ("feet", 250, 300))

    def test_decisions(self) -> None:
        e = example("decisions reply")
        following, total, rows = patron.read_decisions(e.body)
        self.assertEqual((following, total), (e["next"], e["total"]))
        self.assertEqual(rows, [patron.LoggedDecision(
            17, "C-1001", at(875_620_800_000_000), "checkout", "site", "socks", 0.625, True, 28.5,
            {"one": 1.0, "recency": -0.75, "basket": 0.5})])

    def test_refusal(self) -> None:
        e = example("refusal")
        refused = patron.read_refusal(e["status"], e.body)
        self.assertEqual((refused.status, refused.name), (7, "invalid field"))
        self.assertEqual((refused.offset, refused.sentence), (e["offset"], e["sentence"]))
        self.assertIsNone(patron.read_refusal(9, b"\xff\xff\xff\xff\0\0").offset)

    def test_ping(self) -> None:
        e = example("ping reply")
        self.assertEqual(patron.read_ping(e.body), at(e["time"]))

    def test_cancel(self) -> None:
        self.assertIs(patron.read_cancel(example("cancel reply").body), True)

    def test_record(self) -> None:
        e = example("record reply")
        result = patron.read_record(e.body, first_row=100)
        self.assertEqual(
            (result.sequence, result.recorded, result.duplicates),
            (e["sequence"], e["recorded"], e["duplicates"]))
        self.assertEqual(
            [(row.row, row.status, row.name) for row in result.refused],
            [(100 + row["row"], row["status"], "time out of range") for row in e.rows("refused")])

    def check_score(self, score: patron.Score, f: Dict[str, Any]) -> None:
        self.assertEqual(
            (score.known, score.spend_known, score.generation, score.repeat_orders,
             score.recency_days, score.age_days, score.mean_spend, score.alive_probability,
             score.churn_probability, score.expected_orders, score.expected_spend_per_order,
             score.lifetime_value, score.model_churn),
            (f["known"] == 1, f["spend known"] == 1, f["generation"], f["repeat orders"],
             f["recency"], f["age"], f["mean spend"], f["alive probability"],
             f["churn probability"], f["expected orders"], f["expected spend"],
             f["lifetime value"], f["model churn probability"]))
        self.assertEqual(score.as_of, date(1970, 1, 1) + timedelta(days=f["as of day"]))
        first = date(1970, 1, 1) + timedelta(days=f["first order day"])
        self.assertEqual(score.first_order, first if f["known"] else None)

    def test_score(self) -> None:
        e = example("score reply")
        score = patron.read_score(e.body, "C-1001", 273.0)
        self.check_score(score, e.fields)
        self.assertEqual((score.customer, score.horizon_days), ("C-1001", 273.0))
        self.assertEqual((score.as_of, score.first_order), (date(1997, 9, 30), date(1997, 1, 1)))

    def test_scores(self) -> None:
        e = example("score many reply")
        scores = patron.read_scores(e.body, ["C-1001", "nobody"], 273.0)
        self.assertEqual([score.customer for score in scores], ["C-1001", "nobody"])
        for score, fields in zip(scores, e.rows("scores")):
            self.check_score(score, fields)
        self.assertRaises(PatronConnectionError, patron.read_scores, e.body, ["one"], 273.0)

    def test_fit(self) -> None:
        e = example("fit reply")
        fit = patron.read_fit(e.body)

        def error(name: str) -> Optional[float]:
            return None if e[f"error of {name}"] == -1 else e[f"error of {name}"]

        self.assertEqual(fit.as_of, date(1970, 1, 1) + timedelta(days=e["as of day"]))
        self.assertEqual(
            fit.model,
            patron.Model(
                "mbg-nbd",
                {"r": e["r"], "alpha": e["alpha"], "a": e["a or s"], "b": e["b or beta"]},
                *(e[key] for key in ("p", "q", "gamma"))))
        self.assertEqual(
            fit.standard_errors,
            {"r": error("r"), "alpha": error("alpha"), "a": error("a or s"),
             "b": error("b or beta")})
        self.assertEqual(fit.spend_errors, {n: error(n) for n in ("p", "q", "gamma")})
        self.assertEqual(
            (fit.generation, fit.log_likelihood, fit.customers, fit.distinct_histories,
             fit.iterations, fit.converged, fit.spend_log_likelihood, fit.correlation,
             fit.spend_customers, fit.spend_iterations, fit.spend_converged, fit.seconds),
            (e["generation"], e["log-likelihood"], e["customers"], e["distinct histories"],
             e["iterations"], e["converged"] == 1, e["spend log-likelihood"], e["correlation"],
             e["spend customers"], e["spend iterations"], e["spend converged"] == 1,
             e["seconds"]))
        self.assertEqual(fit.warnings, (e["warnings"],))
        self.assertEqual(
            fit.churn,
            patron.ChurnJudgement(
                e["churn horizon"], e["churn customers"], e["purchase log-loss"],
                e["layer log-loss"], e["gain error"], e["layer adopted"] == 1))
        self.assertEqual(patron.model_from(fit.as_dict()), fit.model)
        self.assertEqual(
            set(fit.as_dict()),
            set("model parametersWeeks parametersDays standardErrors standardErrorsDays "
                "logLikelihood spend blend calibration churnLayer customers distinctHistories iterations converged "
                "seconds".split()))

    def test_score_interval(self) -> None:
        e = example("score interval reply")
        sure = patron.read_score_interval(e.body)
        self.assertEqual(
            (sure.generation, sure.known, sure.no_order, sure.expected_orders, sure.orders,
             sure.lifetime_value, sure.value),
            (e["generation"], e["known"] == 1, e["no order"], e["expected orders"],
             (e["orders low"], e["orders high"]), e["lifetime value"],
             (e["value low"], e["value high"])))

    def test_forecast(self) -> None:
        e = example("forecast reply")
        forecast = patron.read_forecast(e.body)
        self.assertEqual(
            (forecast.generation, forecast.weeks_within, forecast.weeks_judged, forecast.cuts,
             forecast.dispersion, forecast.level_variance, len(forecast.weeks)),
            (e["generation"], e["weeks within"], e["weeks judged"], e["cuts"], e["dispersion"],
             e["level variance"], len(e.rows("weeks"))))
        self.assertEqual(forecast.orders, (90.5, 61.0, 125.0))
        self.assertEqual(forecast.weeks[1].revenue, (1583.0, 980.0, 2320.0))
        self.assertEqual(forecast.past, (52.0, 47.0))

    def test_report(self) -> None:
        e = example("report reply")
        report = patron.read_report(e.body)
        self.assertEqual(
            (report.generation, report.customers, report.orders, report.currency,
             report.warnings, report.horizon_days, report.age_days, report.median_value,
             report.mean_value, report.customer),
            (e["generation"], e["customers"], e["orders"], e["currency"], (e["warnings"],),
             e["horizon"], e["age"], e["median value"], e["mean value"], e["customer"]))
        assert report.holdout is not None
        self.assertEqual((report.holdout.days, report.holdout.actual), (120, e["actual"]))
        self.assertEqual(report.cut, report.as_of - timedelta(days=120))
        for rows, title in ((report.cells, "cells"), (report.bins, "bins"),
                            (report.cohorts, "cohorts")):
            self.assertEqual([list(row) for row in rows], [list(r.values()) for r in e.rows(title)])
        self.assertEqual([row[1:] for row in report.weeks],
                         [(r["actual"], r["expected"]) for r in e.rows("weeks")])
        self.assertEqual([alive for _, alive in report.life], [r["alive"] for r in e.rows("life")])
        self.assertEqual(report.order_days, (date(1997, 1, 1), date(1997, 8, 2)))

    def test_adoption_and_snapshot(self) -> None:
        e = example("adopt model reply")
        self.assertEqual(
            patron.read_adoption(e.body), patron.Adoption(e["sequence"], e["generation"]))
        e = example("snapshot reply")
        self.assertEqual(
            patron.read_snapshot(e.body), patron.Snapshot(e["sequence"], e["size"], e["seconds"]))

    def test_customer(self) -> None:
        e = example("customer reply")
        told = patron.read_customer(e.body, "C-1001")
        self.assertEqual(
            told.profile, Profile("C-1001", "1972-02-29", "FR", None, "email", "search", 1250,
                                  "gold", date(1998, 1, 1)))
        self.assertEqual((told.known, told.repeat_orders, told.spent),
                         (True, e["repeat orders"], e["spent"]))
        self.assertEqual(told.first_order, date(1970, 1, 1) + timedelta(e["first order day"]))
        self.assertEqual([one.source for one in told.consents], ["newsletter"])
        self.assertEqual([(one.category, one.quantity, one.amount) for one in told.categories],
                         [("shoes", 2, 2000)])
        self.assertEqual(told.open_complaints, 1)
        self.assertEqual([(one.kind, one.name, one.amount) for one in told.events],
                         [("complaint opened", "T-17", 0), ("cart changed", "shoes", 8000)])

    def test_consents(self) -> None:
        e = example("consent history reply")
        told = patron.read_consents(e.body, "C-1001")
        self.assertEqual(
            [(one.channel, one.purpose, one.said, one.time, one.source, one.text_version)
             for one in told],
            [(*names(row), at(row["time"]), row["source"], row["text version"])
             for row in e.rows("consents")])
        self.assertEqual([one.expires and patron.micros(one.expires, timezone.utc) or 0
                          for one in told], [row["expires"] for row in e.rows("consents")])
        self.assertTrue(told[0].allows(date(1998, 1, 1)))
        self.assertFalse(told[0].allows(date(1999, 1, 1)) or told[1].allows(date(1998, 1, 1)))

    def test_status(self) -> None:
        e = example("status reply")
        status = patron.read_status(e.body, with_state_hash=True)
        for name in ("customers", "orders", "returns", "customer bytes", "order bytes", "sequence",
                     "durable sequence", "snapshot sequence", "answer bytes", "repeated",
                     "no space", "refused for space", "journal bytes", "snapshot bytes",
                     "snapshot written", "state hash", "generation",
                     "requests", "refusals", "connections", "resident bytes", "minor digits",
                     "currency", "time zone", "server"):
            self.assertEqual(getattr(status, name.replace(" ", "_")), e[name], name)
        self.assertEqual(
            [(one.name, one.rows, one.bytes) for one in status.facts],
            [(row["name"], row["rows"], row["bytes"]) for row in e.rows("facts")])
        self.assertEqual(status.sync_window_seconds, e["sync window"] / 1e6)
        self.assertEqual(status.loss_window_seconds, e["loss window"] / 1e6)
        self.assertEqual(status.uptime_seconds, e["uptime"] / 1e6)
        self.assertEqual(status.newest_order, date(1997, 9, 30))
        assert status.model is not None
        self.assertEqual((status.model.name, status.model.gamma), ("mbg-nbd", e["gamma"]))
        self.assertEqual([one.name for one in status.model.blend], ["bg-nbd", "pareto-nbd"])
        self.assertEqual(status.model.blend[1].days["beta"], e.rows("further models")[1]["b or beta"])
        calibration = status.model.calibration
        self.assertEqual(calibration.season, tuple(row["speed"] for row in e.rows("season")))
        self.assertEqual(calibration.log_level, e["log level"])
        assert calibration.correction is not None
        self.assertEqual(
            (calibration.correction.reference_days, calibration.correction.intercept,
             calibration.correction.deviations),
            (e["reference days"], e["intercept"],
             tuple(row["deviation"] for row in e.rows("signals"))))
        assert status.model.churn_layer is not None
        self.assertEqual(
            (status.model.churn_layer.horizon_days, status.model.churn_layer.typical_gap_days,
             [term[0] for term in status.model.churn_layer.terms]),
            (e["layer horizon"], e["typical gap"],
             [row["feature"] for row in e.rows("layer terms")]))
        self.assertIsNone(patron.read_status(e.body, with_state_hash=False).state_hash)

    def test_every_truncation_is_a_connection_error(self) -> None:
        readers: List[Tuple[str, Callable[[bytes], Any]]] = [
            ("hello reply", patron.read_hello), ("ping reply", patron.read_ping),
            ("refusal", lambda body: patron.read_refusal(7, body)),
            ("record reply", patron.read_record), ("fit reply", patron.read_fit),
            ("report reply", patron.read_report),
            ("score reply", lambda body: patron.read_score(body, "c", 1.0)),
            ("score many reply", lambda body: patron.read_scores(body, ["c", "d"], 1.0)),
            ("campaign reply", patron.read_campaign), ("try catalogue reply", patron.read_trial),
            ("adopt model reply", patron.read_adoption), ("snapshot reply", patron.read_snapshot),
            ("status reply", lambda body: patron.read_status(body, False)),
        ]
        for title, read in readers:
            body = example(title).body
            for broken in [body[:size] for size in range(len(body))] + [body + b"\0"]:
                self.assertRaises(PatronConnectionError, read, broken)


class TheUnits(unittest.TestCase):
    def test_doctests(self) -> None:
        found = doctest.testmod(patron)
        self.assertGreater(found.attempted, 0)
        self.assertEqual(found.failed, 0)

    def test_durations(self) -> None:
        self.assertEqual([patron.days(d) for d in ("90d", "39w", "12m", "1y", "1.5w", 7)],
                         [90.0, 273.0, 365.25, 365.25, 10.5, 7.0])
        for text in ("", "d", "39", "39 w", "-1d", "1h", "1e3d"):
            self.assertRaises(ValueError, patron.days, text)

    def test_amounts_are_exact(self) -> None:
        exact: List[Tuple[patron.Amount, int, int]] = [
            ("0.10", 2, 10), (Decimal("29.330"), 2, 2933), (3, 2, 300), ("1e3", 0, 1000),
            ("1234567890123.45", 2, 123456789012345), ("10000000000000", 2, 10**15), ("0", 2, 0),
        ]
        for amount, digits, minor in exact:
            self.assertEqual(patron.minor_units(amount, digits), minor)
        for text in ("0.001", "-1", "ten", "", "nan", "inf", "10000000000000.01",
                     "0." + "0" * 40 + "1"):
            self.assertRaises(ValueError, patron.minor_units, text, 2)
        for wrong in (0.1, True, None):
            self.assertRaises(TypeError, patron.minor_units, wrong, 2)

    def test_days_are_the_shops(self) -> None:
        paris = ZoneInfo("Europe/Paris")
        noon = datetime(1997, 9, 30, 10, tzinfo=timezone.utc)  # 12:00 in summer time
        self.assertEqual(at(patron.micros(date(1997, 9, 30), paris)), noon)
        self.assertEqual(at(patron.micros(datetime(1997, 9, 30, 12), paris)), noon)
        self.assertEqual(at(patron.micros(noon, paris)), noon)
        self.assertRaises(TypeError, patron.micros, "1997-09-30", paris)

    def test_batches_keep_both_limits(self) -> None:
        self.assertEqual([len(b) for b in patron.batches([b"r"] * 20_000, 33)],
                         [8192, 8192, 3616])
        long = [b"r" * 200] * 8192
        sizes = [33 + sum(map(len, batch)) for batch in patron.batches(long, 33)]
        self.assertEqual(len(sizes), 2)
        self.assertLessEqual(max(sizes), patron.FRAME_SIZE_MAX)
        self.assertEqual(list(patron.batches([], 33)), [])

    def test_what_cannot_be_sent_is_refused_here(self) -> None:
        order = Order("", "1", date(1997, 1, 1), "1")
        self.assertRaises(ValueError, patron.order_row, order, 2, timezone.utc)
        nothing = Return("c", "1", "r", date(1997, 1, 1), "0.00")
        self.assertRaises(ValueError, patron.return_row, nothing, 2, timezone.utc)
        key = patron.CommandKey(1, 2)
        self.assertRaises(ValueError, patron.batch_head, key, "eur", 2, 1)
        self.assertRaises(ValueError, patron.batch_head, key, "EUR", 5, 1)
        for wrong in (patron.CommandKey(-1, 1), patron.CommandKey(1, 2**64)):
            self.assertRaises(ValueError, patron.key_fields, wrong)
        self.assertRaises(ValueError, patron.frame, 2, 1, b"\0" * patron.FRAME_SIZE_MAX)


class Server:
    """One connection's worth of server: it answers each frame with what `answer` makes of it."""

    def __init__(self, answer: Callable[[int, int, bytes], Optional[bytes]]) -> None:
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rb") as stream:
            while True:
                head = stream.read(HEADER)
                if len(head) < HEADER:
                    return
                length, verb, _, tag, _, _ = struct.unpack("<IHHQII", head)
                reply = self.answer(verb, tag, stream.read(length - 20))
                if reply is None:
                    return
                try:
                    connection.sendall(reply)
                except OSError:
                    return

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()
        self.thread.join(10)


def reply(verb: int, tag: int, body: bytes, status: int = 0) -> bytes:
    return struct.pack("<IHHQII", 20 + len(body), verb, status, tag, 0, 0) + body


REFUSED = struct.pack("<IH", 0xFFFF_FFFF, 4) + b"nope"


def from_examples(verb: int, tag: int, body: bytes) -> Optional[bytes]:
    """Answers as the examples do; a score many with one score each, its lifetime value a count."""
    titles = {1: "hello reply", 2: "ping reply", 3: "status reply", 4: "snapshot reply",
              16: "record reply", 17: "record reply", 32: "score reply", 48: "fit reply",
              49: "adopt model reply", 50: "adopt model reply", 51: "report reply",
              34: "score interval reply", 52: "forecast reply"}
    if verb != 33:
        return reply(verb, tag, example(titles[verb]).body)
    (count,) = struct.unpack_from("<I", body, 32)
    score, end = (lambda body: (body[:-16], body[-8:]))(example("score reply").body)
    first = int(body[37 : 37 + body[36]])
    scores = b"".join(score + struct.pack("<d", first + i) + end for i in range(count))
    return reply(verb, tag, struct.pack("<II", count, 0) + scores)


def in_parts(tag: int, body: bytes, size: int, told: List[int]) -> bytes:
    """A score many answered with so many scores in a part; what `told` gets is their numbers."""
    whole = from_examples(33, tag, body)
    assert whole is not None
    rows = whole[HEADER + 8 :]
    parts = [rows[start : start + size * 88] for start in range(0, len(rows), size * 88)]
    told += [len(part) // 88 for part in parts]
    return b"".join(
        reply(33, tag, struct.pack("<II", len(part) // 88, 0) + part, 15 if part is not parts[-1] else 0)
        for part in parts)


class TheConnection(unittest.TestCase):
    def test_every_method(self) -> None:
        with Server(from_examples) as server, Patron(server.address) as it:
            self.assertEqual(it.hello.server, "patron 0.1")
            self.assertEqual(it.ping(), at(875620800000000))
            self.assertEqual(it.status().customers, 2357)
            self.assertEqual(it.score("C-1001").repeat_orders, 2)
            self.assertEqual(it.fit(as_of=date(1997, 9, 30)).generation, 2)
            self.assertEqual(it.adopt(it.fit().as_dict()).generation, 3)
            self.assertEqual(it.snapshot().sequence, 1042)
            self.assertEqual(it.report("C-1001").customer, "C-1001")
            orders = (Order("c", str(i), date(1997, 1, 1), "1") for i in range(20_000))
            result = it.record_orders(orders)
            self.assertEqual((result.recorded, result.duplicates), (18, 3))
            self.assertEqual([row.row for row in result.refused], [3, 8195, 16387])
            self.assertEqual(it.record_orders([("c", "1", date(1997, 1, 1), "1")]).recorded, 6)
            self.assertEqual(it.record_returns([]).recorded, 0)

    def test_every_command_has_a_key_of_its_own(self) -> None:
        keys: List[Tuple[int, int]] = []

        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            if verb in (16, 17, 49):
                keys.append(struct.unpack_from("<QQ", body))
            return from_examples(verb, tag, body)

        many = [Order("c", str(i), date(1997, 1, 1), "1") for i in range(20_000)]
        one = Return("c", "1", "r", date(1997, 1, 1))
        for _ in range(2):
            with Server(answer) as server, Patron(server.address) as it:
                it.record_orders(many)
                it.record_orders(many)
                it.record_returns([one])
                it.adopt(it.fit().model)
        self.assertEqual((len(keys), len(set(keys))), (16, 16))
        self.assertEqual(len({producer for producer, _ in keys}), 2)
        self.assertNotIn((0, 0), keys)
        # A key that is given is used, by the batches of one call in their order.
        keys.clear()
        with Server(answer) as server, Patron(server.address) as it:
            it.record_orders(many, key=patron.CommandKey(7, 2**64 - 2))
            it.record_returns([one], key=patron.CommandKey(8, 1))
            it.adopt(it.fit().model, key=patron.CommandKey(9, 1))
        self.assertEqual(
            keys, [(7, 2**64 - 2), (7, 2**64 - 1), (7, 0), (8, 1), (9, 1)])

    def test_scores_come_in_order_and_lazily(self) -> None:
        asked = 0

        def names() -> Iterator[str]:
            nonlocal asked
            for asked in range(1, 100_001):
                yield str(asked - 1)

        with Server(from_examples) as server, Patron(server.address) as it:
            scores = it.score_many(names(), batch=100)
            first = next(scores)
            self.assertEqual((first.customer, first.lifetime_value), ("0", 0.0))
            self.assertLessEqual(asked, 900)
            it.ping()  # In between is fine.
            for i, score in zip(range(1, 3000), scores):
                self.assertEqual((score.customer, score.lifetime_value), (str(i), float(i)))
            scores.close()  # type: ignore[attr-defined]
            self.assertEqual(it.ping(), at(875620800000000))  # What was under way is dropped.
            self.assertEqual(sum(1 for _ in it.score_many(map(str, range(20_000)))), 20_000)
            self.assertEqual(list(it.score_many([])), [])

    def test_a_reply_in_parts_is_one_sequence(self) -> None:
        parts: List[int] = []

        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            return from_examples(verb, tag, body) if verb != 33 else in_parts(tag, body, 700, parts)

        with Server(answer) as server, Patron(server.address) as it:
            scores = it.score_many(map(str, range(250_000)), batch=patron.CUSTOMERS_MAX)
            for place, score in enumerate(scores):
                self.assertEqual((score.customer, score.lifetime_value), (str(place), float(place)))
            self.assertEqual((place, len(parts)), (249_999, 143 + 143 + 72))
            self.assertEqual(it.ping(), at(875620800000000))

    def test_who_stops_in_the_middle_of_a_reply_cancels_it(self) -> None:
        cancelled: List[bytes] = []

        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            if verb == 33:
                # Without its end: that comes with the cancel.
                return in_parts(tag, body, 500, [])[: -HEADER - 8 - 500 * 88]
            if verb == 6:
                cancelled.append(body)
                (ended,) = struct.unpack("<Q", body)
                return reply(33, ended, REFUSED, status=48) + reply(6, tag, b"\1")
            return from_examples(verb, tag, body)

        with Server(answer) as server, Patron(server.address, timeout=20) as it:
            scores = it.score_many(map(str, range(5000)), batch=5000)
            self.assertEqual([next(scores).customer for _ in range(600)], [str(i) for i in range(600)])
            scores.close()  # type: ignore[attr-defined]
            self.assertEqual(it.ping(), at(875620800000000))
            self.assertEqual(len(cancelled), 1)
            self.assertEqual((it._abandoned, it._replies), (set(), {}))
            # Who never began, or came to the end, cancels nothing.
            it.score_many(["1"]).close()  # type: ignore[attr-defined]
            self.assertEqual(len(cancelled), 1)

    def test_a_reply_in_parts_may_end_with_a_refusal_or_too_early(self) -> None:
        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            if verb != 33:
                return from_examples(verb, tag, body)
            whole = in_parts(tag, body, 500, [])
            size = HEADER + 8 + 500 * 88
            if body[37:38] == b"0":
                return whole[:size] + reply(33, tag, REFUSED, status=10)
            return reply(33, tag, whole[HEADER:size])

        with Server(answer) as server, Patron(server.address, timeout=20) as it:
            scores = it.score_many(map(str, range(1000)), batch=1000)
            with self.assertRaises(PatronRefused) as caught:
                list(scores)
            self.assertEqual(caught.exception.name, "shutting down")
            self.assertEqual(it.ping(), at(875620800000000))
            self.assertRaises(
                PatronConnectionError, list, it.score_many(map(str, range(1, 1001)), batch=1000))
            self.assertRaises(PatronConnectionError, it.ping)

    def test_a_refusal_leaves_the_connection(self) -> None:
        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            if verb in (16, 32, 33):
                return reply(verb, tag, REFUSED, status=9)
            return from_examples(verb, tag, body)

        with Server(answer) as server, Patron(server.address) as it:
            with self.assertRaises(PatronRefused) as caught:
                it.score("C-1001")
            self.assertEqual((caught.exception.name, caught.exception.offset), ("overloaded", None))
            self.assertEqual(caught.exception.sentence, "nope")
            self.assertRaises(PatronRefused, lambda: list(it.score_many(map(str, range(9000)))))
            orders = [Order("c", str(i), date(1997, 1, 1), "1") for i in range(20_000)]
            self.assertRaises(PatronRefused, it.record_orders, orders)
            self.assertEqual(it.ping(), at(875620800000000))

    def test_a_closing_refusal_closes(self) -> None:
        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            return reply(0, 0, REFUSED, status=1) if verb == 2 else from_examples(verb, tag, body)

        with Server(answer) as server, Patron(server.address) as it:
            self.assertRaises(PatronRefused, it.ping)
            self.assertRaises(PatronConnectionError, it.ping)
        with Server(lambda verb, tag, body: reply(1, tag, REFUSED, status=4)) as server:
            self.assertRaises(PatronRefused, Patron, server.address)

    def test_a_connection_that_fails_says_so(self) -> None:
        with Server(lambda verb, tag, body: None) as server:
            self.assertRaises(PatronConnectionError, Patron, server.address)
        self.assertRaises(PatronConnectionError, Patron, server.address, timeout=1)
        with Server(lambda verb, tag, body: b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
            self.assertRaises(PatronConnectionError, Patron, server.address)
        with Server(lambda verb, tag, body: b"") as server:
            self.assertRaises(PatronConnectionError, Patron, server.address, timeout=0.1)
        self.assertRaises(ValueError, Patron, "no port:x")

    def test_a_server_that_answers_late_does_not_block_either_side(self) -> None:
        """Replies pile up against requests: both must move, or this never ends."""
        def answer(verb: int, tag: int, body: bytes) -> Optional[bytes]:
            return from_examples(verb, tag, body)

        long = ["%050d" % i for i in range(40_000)]
        with Server(answer) as server, Patron(server.address, timeout=20) as it:
            scores = it.score_many(long, batch=8192)
            self.assertEqual([score.lifetime_value for score in scores][::9999],
                             [0.0, 9999.0, 19998.0, 29997.0, 39996.0])


if __name__ == "__main__":
    unittest.main()
