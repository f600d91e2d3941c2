"""Losses of the past, and what customers bought after they came back."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from analysis import cadence, episodes
from analysis.churn import Rule

RECENCY = Rule(id=1, kind="recency")


def day(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def documents(*rows):
    """Documents as (customer, day, revenue); negative ones are credits."""
    return pd.DataFrame(
        [
            {
                "partner_id": partner,
                "day": day(text),
                "revenue": float(revenue),
                "profit": revenue / 10,
                "is_positive": revenue > 0,
            }
            for partner, text, revenue in rows
        ],
        columns=["partner_id", "day", "revenue", "profit", "is_positive"],
    )


def find(frame, *rules, segments=None):
    facts = cadence.customers(frame, day("2026-06-30"))
    facts["segment_id"] = facts["partner_id"].map(segments or {}).astype(float)
    return episodes.losses(frame, facts, rules)


def test_a_gap_longer_than_the_months_is_a_loss_that_ends_with_the_next_purchase():
    losses = find(
        documents(
            (1, "2024-01-10", 100),
            (1, "2024-02-10", 50),
            (1, "2024-02-20", -20),
            (1, "2024-11-05", 70),
        ),
        RECENCY,
    )
    (loss,) = losses.to_dict("records")
    assert loss == {
        "partner_id": 1,
        "first_day": day("2024-01-10"),
        "last_day": day("2024-02-10"),
        "order_count": 2,
        "year_revenue": 150.0,
        "year_profit": 15.0,
        "lost_day": day("2024-08-11"),
        "won_day": day("2024-11-05"),
        "rule_id": 1,
    }


@pytest.mark.parametrize(("came_back", "is_loss"), [("2024-08-10", False), ("2024-08-11", True)])
def test_who_buys_on_the_last_day_was_not_lost(came_back, is_loss):
    frame = documents((1, "2024-01-10", 1), (1, "2024-02-10", 1), (1, came_back, 1))
    assert bool(len(find(frame, RECENCY))) is is_loss


def test_the_gap_of_today_is_not_of_the_past():
    assert find(documents((1, "2024-01-10", 1), (1, "2024-02-10", 1)), RECENCY).empty


def test_whoever_had_bought_once_was_not_lost_unless_the_rule_says_so():
    frame = documents((1, "2024-01-10", 1), (1, "2025-06-10", 1), (1, "2025-06-20", 1))
    assert find(frame, RECENCY).empty
    everybody = Rule(id=1, kind="recency", includes_once=True)
    assert find(frame, everybody)["lost_day"].tolist() == [day("2024-07-11")]


def test_seasonal_buyers_are_not_lost_between_their_seasons():
    frame = documents(
        *((1, f"{year}-12-{date}", 1) for year in (2022, 2023, 2024, 2025) for date in ("05", "12"))
    )
    assert cadence.customers(frame, day("2026-06-30"))["buyer_type"].tolist() == ["seasonal"]
    assert find(frame, RECENCY).empty


def test_the_rule_of_a_segment_replaces_the_one_for_all():
    frame = documents(
        *(
            (partner, text, 1)
            for partner in (1, 2)
            for text in ("2024-01-10", "2024-02-10", "2024-10-01", "2024-10-05")
        )
    )
    patient = Rule(id=2, kind="recency", segment_ids=frozenset({7}), lost_months=12)
    losses = find(frame, RECENCY, patient, segments={1: 7})
    assert losses["partner_id"].tolist() == [2]


def test_a_loss_names_the_rule_that_told_it():
    frame = documents(
        *(
            (partner, text, 1)
            for partner in (1, 2, 3)
            for text in ("2024-01-10", "2024-02-10", "2025-10-01", "2025-10-05")
        )
    )
    patient = Rule(id=2, kind="recency", segment_ids=frozenset({7, 8}), lost_months=12)
    sooner = Rule(id=3, kind="recency", segment_ids=frozenset({8}), lost_months=9)
    for rules in ([RECENCY, patient, sooner], [sooner, patient, RECENCY]):
        losses = find(frame, *rules, segments={1: 7, 2: 8})
        assert losses[["rule_id", "lost_day"]].values.tolist() == [
            [2, day("2025-02-11")],
            [3, day("2024-11-11")],
            [1, day("2024-08-11")],
        ]


def test_whoever_had_bought_once_was_lost_by_the_rule_that_says_so():
    frame = documents((1, "2024-01-10", 1), (1, "2025-06-10", 1), (1, "2025-06-20", 1))
    late = Rule(id=2, kind="recency", includes_once=True, lost_months=12)
    losses = find(frame, RECENCY, late)
    assert losses[["rule_id", "lost_day"]].values.tolist() == [[2, day("2025-01-11")]]


def test_without_a_rule_of_recency_nobody_was_lost():
    frame = documents((1, "2024-01-10", 1), (1, "2024-02-10", 1), (1, "2025-06-10", 1))
    assert find(frame, Rule(id=1, kind="rhythm")).empty


def test_without_documents_there_is_nothing():
    losses = find(documents(), RECENCY)
    assert losses.empty
    assert list(losses.columns) == list(episodes.LOSS_COLUMNS)
    ledger = episodes.Ledger(documents())
    assert np.isnan(ledger.next_purchases([1], [0])).all()
    assert ledger.sums("revenue", [1], [0], [10]).tolist() == [0.0]


def test_the_ledger_adds_up_days_of_one_customer_alone():
    ledger = episodes.Ledger(
        documents(
            (1, "2026-01-31", 5),
            (2, "2026-01-01", 7),
            (2, "2026-01-10", -3),
            (2, "2026-01-31", 11),
            (4, "2026-01-01", 13),
        )
    )
    first, last = day("2026-01-01"), day("2026-01-31")
    assert ledger.sums(
        "revenue", [1, 2, 3, 4, 2], [first] * 5, [last] * 4 + [last + 1]
    ).tolist() == [0.0, 4.0, 0.0, 13.0, 15.0]
    assert ledger.sums("profit", [2], [first], [last]).tolist() == pytest.approx([0.4])


def test_the_next_purchase_is_the_first_one_after_a_day_and_no_credit():
    ledger = episodes.Ledger(
        documents(
            (1, "2026-01-01", 5), (1, "2026-01-05", -5), (1, "2026-01-09", 5), (2, "2026-01-02", 5)
        )
    )
    next_days = ledger.next_purchases(
        [1, 1, 1, 2, 3], [day("2025-12-31"), day("2026-01-01"), day("2026-01-09"), 0, 0]
    )
    assert next_days.tolist()[:2] == [day("2026-01-01"), day("2026-01-09")]
    assert np.isnan(next_days[[2, 4]]).all()
    assert next_days[3] == day("2026-01-02")
