"""What was typed into a form of the desk and of the portal, which `guarded` let through."""

from starlette.requests import Request

from cashback.errors import Invalid

FIELDS_MAX = 400
Fields = dict[str, list[str]]


async def form_of(request: Request) -> Fields:
    """Every value of every field, in their order; Invalid for a form with a file."""
    fields: Fields = {}
    for name, value in (await request.form(max_fields=FIELDS_MAX)).multi_items():
        if not isinstance(value, str):
            raise Invalid(f"{name[:40]}: expected a text, got a file", code="bad_form")
        fields.setdefault(name, []).append(value.replace("\0", ""))
    return fields


def one(fields: Fields, name: str, most: int = 200) -> str:
    """The last value of a field without blanks around it; empty where it is missing."""
    value = fields.get(name, [""])[-1].strip()
    if len(value) > most:
        raise Invalid(f"{name}: expected at most {most} characters, got {len(value)}", code="too_long")
    return value
