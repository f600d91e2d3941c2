"""Who gets the next customer: by turn, within the capacity of each, who is alike first.

A weighted turn: the next one is whose load is lowest in proportion to the capacity (the way of
weighted least connections, https://en.wikipedia.org/wiki/Load_balancing_(computing)).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass
class Taker:
    """Somebody who takes customers.

    ``capacity`` is the most customers of 30 days, ``load`` how many of them there are; customers
    that are dealt are added to it.
    """

    id: int
    capacity: int
    load: int = 0
    lang: str | None = None
    country_id: int | None = None

    @property
    def has_room(self) -> bool:
        """Whether one more customer is within the capacity."""
        return self.load < self.capacity

    def likeness(self, customer: Customer) -> int:
        """How many of language and country are the customer's."""
        return (bool(self.lang) and self.lang == customer.lang) + (
            bool(self.country_id) and self.country_id == customer.country_id
        )


@dataclass(frozen=True)
class Customer:
    """Somebody to be dealt; who gives the customer or refused does not get them."""

    not_to: frozenset[int] = frozenset()
    lang: str | None = None
    country_id: int | None = None


def deal(customers: Iterable[Customer], takers: Sequence[Taker]) -> list[int | None]:
    """Deal customers to those who take them, one after the other.

    :param customers: in the order in which they are dealt
    :param takers: in the order in which they take turns when they are equal; their load grows
    :return: the id of the taker of each customer, None where nobody has room
    """
    dealt = []
    for customer in customers:
        able = [taker for taker in takers if taker.has_room and taker.id not in customer.not_to]
        # min takes the first of equals.
        taker = min(
            able,
            key=lambda taker: (-taker.likeness(customer), taker.load / taker.capacity),
            default=None,
        )
        if taker:
            taker.load += 1
        dealt.append(taker and taker.id)
    return dealt
