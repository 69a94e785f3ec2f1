"""What bodies have in common: unknown fields are refused, and a number or a truth is one in JSON too.

`"12"` where 12 minor units are meant is refused and not read: whoever writes amounts as text may as well write "12.50".
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

_LITERAL = ("int", "float", "bool")


def literal(schema: Any) -> Any:
    """The same schema, strict where it is of a number or a truth."""
    if isinstance(schema, dict):
        made = {name: literal(each) for name, each in schema.items()}
        return made | {"strict": True} if made.get("type") in _LITERAL else made
    if isinstance(schema, list | tuple):
        return type(schema)(literal(each) for each in schema)
    return schema


def language_of(tag: Any) -> Any:
    """The language that a tag asks for, by look-up as RFC 4647 has it: `fr-CA` is `fr` where nothing nearer is."""
    return tag.partition("-")[0].lower() if isinstance(tag, str) else tag


Locale = Annotated[
    Literal["en", "fr"],
    BeforeValidator(language_of),
    WithJsonSchema({"type": "string", "pattern": r"^([eE][nN]|[fF][rR])(-[A-Za-z0-9]{1,8})*$", "maxLength": 35}),
]
"""A language that is spoken here, or a tag that begins with it."""


class Taken(BaseModel):
    """A body, or a part of one."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of the class, whose numbers and truths are taken as they stand."""
        schema: CoreSchema = literal(handler(source))
        return schema
