"""Brings what fields call a shape of its own among the components, and leaves a reference in its place."""

from typing import Any

from cashback.api.answers.kinds import SHAPE

_BESIDE = ("description",)
"""What may stand beside a reference; anything else of the field is of the shape."""


def lifted(document: dict[str, Any]) -> dict[str, Any]:
    """The same document, in which every `x-shape` stands once, by its name."""
    shapes: dict[str, Any] = document["components"]["schemas"]
    found: dict[str, Any] = {}

    def without(value: Any) -> Any:
        if isinstance(value, list):
            return [without(each) for each in value]
        if not isinstance(value, dict):
            return value
        if SHAPE not in value:
            return {name: without(each) for name, each in value.items()}
        name = value[SHAPE]
        found[name] = {"type": value["type"], "title": name, "enum": value["enum"]}
        return {"$ref": f"#/components/schemas/{name}", **{each: value[each] for each in _BESIDE if each in value}}

    told: dict[str, Any] = without(document)
    known: dict[str, Any] = told["components"]["schemas"]
    for name, shape in found.items():
        assert name not in shapes or shapes[name]["enum"] == shape["enum"], f"two shapes of one name: {name}"
        known.setdefault(name, shape)
    return told
