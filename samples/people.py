"""Seeded values as they stand on office forms: people, companies, addresses, dates, amounts.

Every function takes the dice, so the same dice give the same values. All characters are in Windows-1252, which the
standard PDF fonts can print.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

FIRST = (
    "Renée", "Seán", "Zoë", "Jürgen", "François", "Inés", "Björn", "Chloé", "Anna", "Mark", "Priya", "Tomás",
    "Héloïse", "Peter", "Siobhán", "Martin",
)  # fmt: skip
LAST = (
    "O'Neill", "D'Angelo", "Lefèvre", "Núñez", "Lindqvist", "Weiß", "Brown", "Okafor", "van der Berg", "Müller-Lang",
    "Fernández", "MacDonald", "Kaur", "L'Hôpital", "Åkesson",
)  # fmt: skip
TRADES = (
    "Office Supply", "Precision Tools", "Catering", "Engineering", "Print Works", "Logistics", "Glass & Mirrors",
    "Timber", "Electrical", "Cleaning Services",
)  # fmt: skip
COMPANIES = ("Ltd", "GmbH", "S.A.", "& Sons", "Inc.", "B.V.", "AB")
STREETS = (
    "Rue de l'Église", "Königstraße", "St. John's Road", "Harbour View", "Calle Mayor", "Via dell'Orto", "Mill Lane",
    "Kungsgatan", "Station Approach", "Avenue du Général Leclerc",
)  # fmt: skip
TOWNS = (
    ("Liège", "Belgium"), ("Düsseldorf", "Germany"), ("Málaga", "Spain"), ("Cork", "Ireland"), ("Göteborg", "Sweden"),
    ("Bristol", "United Kingdom"), ("Besançon", "France"), ("Forlì", "Italy"), ("Utrecht", "Netherlands"),
)  # fmt: skip
SITES = ("Building", "Unit", "Suite", "Dock")


def person(dice: Random) -> str:
    """First and last name."""
    return f"{dice.choice(FIRST)} {dice.choice(LAST)}"


def company(dice: Random) -> str:
    """A family name, a trade and a legal form."""
    return f"{dice.choice(LAST)} {dice.choice(TRADES)} {dice.choice(COMPANIES)}"


def address(dice: Random) -> list[str]:
    """Two to four lines."""
    town, country = dice.choice(TOWNS)
    site = [f"{dice.choice(SITES)} {dice.randint(1, 30)}"] if dice.random() < 0.5 else []  # noqa: PLR2004
    land = [country] if dice.random() < 0.5 else []  # noqa: PLR2004
    return [*site, f"{dice.randint(1, 220)} {dice.choice(STREETS)}", f"{dice.randint(10000, 99999)} {town}", *land]


def day(dice: Random) -> date:
    """A day of two years."""
    return date(2024, 1, 1) + timedelta(days=dice.randrange(731))


def phone(dice: Random) -> str:
    """With country code, in one of two ways of writing."""
    pattern = dice.choice(("+{} {} {}", "+{} ({}) {}"))
    return pattern.format(dice.randint(30, 49), dice.randint(10, 999), dice.randint(100000, 9999999))


def money(cents: int) -> str:
    """With thousands separators and two decimals."""
    return f"{cents / 100:,.2f}"


def digits(dice: Random, count: int) -> str:
    """That many digits, the first not 0."""
    return str(dice.randrange(10 ** (count - 1), 10**count))
