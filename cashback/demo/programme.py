"""The centre of the demonstration: `programme.yaml`, with its days moved to the day on which it is started."""

from datetime import date, timedelta
from importlib.resources import files

from cashback.offers.conditions.when import Dates
from cashback.programme_file.document import OfferEntry, ProgrammeFile
from cashback.programme_file.reading import parse

WRITTEN_FOR = date(2026, 11, 21)
"""The day of the first start that the file's days are meant for."""


def read_programme(today: date) -> ProgrammeFile:
    """The programme as if it had been written for today: offers begin and end as many days before or after."""
    text = files("cashback.demo").joinpath("programme.yaml").read_text(encoding="utf-8")
    file = parse(text, "programme.yaml")
    moved = tuple(_moved(offer, today - WRITTEN_FOR) for offer in file.offers)
    return file.model_copy(update={"offers": moved})


def _moved(offer: OfferEntry, by: timedelta) -> OfferEntry:
    return offer.model_copy(
        update={
            "conditions": tuple(
                each.model_copy(
                    update={
                        "first_day": None if each.first_day is None else each.first_day + by,
                        "last_day": None if each.last_day is None else each.last_day + by,
                    }
                )
                if isinstance(each, Dates)
                else each
                for each in offer.conditions
            )
        }
    )
