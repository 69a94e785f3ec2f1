"""Every mistake of a form at once: each is told at its field, and all of them above the form.

A form is read field by field with `Fields`, which goes on after a mistake; what the domain refuses later finds its
field by its code.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from cashback.errors import Invalid, ProductError

T = TypeVar("T")


class Mistakes(Invalid):
    """What is wrong with a form, by field, in the order of the form. Its code is that of the first one."""

    def __init__(self, found: Mapping[str, ProductError]) -> None:
        first = next(iter(found.values()))
        super().__init__(first.detail, code=first.code)
        self.found = dict(found)


class Fields:
    """The fields of one form, read one after the other."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        self._found: dict[str, ProductError] = {}

    def read(self, name: str, reader: Callable[[str], T], stand_in: T) -> T:
        """What the reader makes of a field; in place of one that it refuses `stand_in`, until `check` raises."""
        try:
            return reader(self._form.get(name, ""))
        except Invalid as refused:
            self.refuse(name, refused)
            return stand_in

    def refuse(self, name: str, refused: ProductError) -> None:
        """Something is wrong with a field; the first thing that is said of it counts."""
        self._found.setdefault(name, refused)

    def check(self) -> None:
        """Mistakes with all that was refused, if anything was."""
        if self._found:
            raise Mistakes(self._found)


def by_field(refused: ProductError | None, fields: Mapping[str, str]) -> Mapping[str, ProductError]:
    """What was refused at each field; `fields` names the field that a code of the domain is about."""
    if isinstance(refused, Mistakes):
        return refused.found
    if refused is None or refused.code not in fields:
        return {}
    return {fields[refused.code]: refused}
