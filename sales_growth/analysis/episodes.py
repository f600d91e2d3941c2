"""Episodes of customers who left: losses of the past, who came back when, and what that brought.

Days are counted from 1970-01-01; documents are those of `analysis.cadence`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .cadence import add_months, pack, unpack
from .churn import Rule

LOSS_COLUMNS = {
    "partner_id": "int64",
    "first_day": "int64",
    "last_day": "int64",
    "order_count": "int64",
    "year_revenue": "float64",
    "year_profit": "float64",
    "lost_day": "int64",
    "won_day": "int64",
    "rule_id": "int64",
}
YEAR = 365


class Ledger:
    """Documents in order, for sums over days of many customers at once.

    :param documents: frame of ``partner_id``, ``day``, ``revenue``, ``profit``, ``is_positive``
    """

    def __init__(self, documents: pd.DataFrame) -> None:
        keys = pack(documents["partner_id"], documents["day"])
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._totals = {
            name: np.concatenate(([0.0], np.cumsum(documents[name].to_numpy()[order])))
            for name in ("revenue", "profit")
        }
        self._purchases = self._keys[documents["is_positive"].to_numpy(dtype=bool)[order]]

    def sums(self, name: str, partners, first_days, end_days) -> np.ndarray:
        """Sums of a column over days.

        :param partners: customers, a sum for each
        :param first_days: first day that counts
        :param end_days: first day that does not, not before the first
        """
        starts, ends = (
            np.searchsorted(self._keys, pack(partners, days)) for days in (first_days, end_days)
        )
        return self._totals[name][ends] - self._totals[name][starts]

    def next_purchases(self, partners, days) -> np.ndarray:
        """The day of the first purchase after a day of each customer, NaN where there is none."""
        keys = pack(partners, np.asarray(days) + 1)
        places = np.searchsorted(self._purchases, keys)
        # One more, for those behind the last purchase of all.
        buyers, found = unpack(np.append(self._purchases, -1)[places])
        return np.where(buyers == np.asarray(partners), found, np.nan)


def losses(documents: pd.DataFrame, facts: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Losses of the past that ended with a purchase, by the rules of recency as they are now.

    One-time buyers (as they were then) and seasonal ones are treated as `churn.judge` does.

    :param documents: those that count, until today
    :param facts: ``partner_id``, ``segment_id``, ``buyer_type`` of each customer
    :param rules: of any kind
    :return: frame of LOSS_COLUMNS, one row per loss: ``lost_day`` is the first day on which the
        customer was lost, by the rule ``rule_id``, ``won_day`` the day of the next purchase; the
        year ends with ``last_day``
    """
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in LOSS_COLUMNS.items()})
    positive = documents[documents["is_positive"]]
    if positive.empty:
        return empty
    days = (
        positive.groupby(["partner_id", "day"], as_index=False, sort=True)
        .size()
        .rename(columns={"size": "orders"})
    )
    by_partner = days.groupby("partner_id", sort=False)
    days["order_count"] = by_partner["orders"].cumsum()
    days["purchase_days"] = by_partner.cumcount() + 1
    days["first_day"] = by_partner["day"].transform("first")
    days["won_day"] = by_partner["day"].shift(-1)
    days = days[days["won_day"].notna()].merge(
        facts[["partner_id", "segment_id", "buyer_type"]], on="partner_id", how="left"
    )
    is_once = (days["purchase_days"] == 1).to_numpy()
    months, days["rule_id"] = _months_to_lose(days["segment_id"].to_numpy(), is_once, rules)
    is_judged = np.isfinite(months)
    months = np.where(is_judged, months, 0).astype(np.int64)
    days["lost_day"] = add_months(days["day"].to_numpy(), months) + 1
    is_loss = is_judged & (days["won_day"] >= days["lost_day"]) & (days["buyer_type"] != "seasonal")
    found = days[is_loss].rename(columns={"day": "last_day"}).reset_index(drop=True)
    if found.empty:
        return empty
    ledger = Ledger(documents)
    partners, last_days = found["partner_id"].to_numpy(), found["last_day"].to_numpy()
    for name in ("revenue", "profit"):
        found[f"year_{name}"] = ledger.sums(name, partners, last_days - YEAR + 1, last_days + 1)
    return found[list(LOSS_COLUMNS)].astype(LOSS_COLUMNS)


def _months_to_lose(segments, is_once, rules):
    """After how many months each customer is lost, and by which rule (NaN: never, by none)."""
    months = np.full(len(segments), np.nan)
    rule_ids = np.full(len(segments), np.nan)
    recency = [rule for rule in rules if rule.kind == "recency"]
    # The particular rules replace the general ones; of several the strictest, then the first.
    named = set().union(*(rule.segment_ids for rule in recency)) if recency else set()
    is_named = np.isin(segments, list(named))
    for rule in recency:
        applies = np.isin(segments, list(rule.segment_ids)) if rule.segment_ids else ~is_named
        applies &= rule.includes_once | ~is_once
        is_sooner = applies & ~(months <= rule.lost_months)
        months[is_sooner] = rule.lost_months
        rule_ids[is_sooner] = rule.id
    return months, rule_ids
