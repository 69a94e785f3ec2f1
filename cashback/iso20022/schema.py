"""The official XML schema of a message, and a check of a document by it while it is written.

The schema is the registration authority's own file, as the package `sepaxml` ships it. The document is validated by
libxml2 as it streams by, so that its size does not matter.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from lxml import etree

from cashback.iso20022.errors import NotWritable
from cashback.iso20022.xml_stream import forget

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"

_ELEMENT = re.compile(r"Element '\{[^}]*\}(\w+)'")


@cache
def schema_of(message: str) -> etree.XMLSchema:
    """The schema of a message such as `pain.001.001.09`; FileNotFoundError for one that is not shipped."""
    file = resources.files("sepaxml") / "schemas" / f"{message}.xsd"
    return etree.XMLSchema(etree.fromstring(file.read_bytes()))


def checked(message: str, chunks: Iterable[bytes], repeated: str) -> Iterator[bytes]:
    """The same chunks, in order; after the last one `NotWritable` is raised unless together they are valid.

    `repeated` is the element of which there may be very many: it is forgotten as soon as it was checked.
    """
    parser = etree.XMLPullParser(
        events=("end",), tag=f"{{{NAMESPACE}{message}}}{repeated}", schema=schema_of(message), no_network=True
    )
    try:
        for chunk in chunks:
            parser.feed(chunk)
            for _, element in parser.read_events():
                assert isinstance(element, etree._Element)
                forget(element)
            yield chunk
        parser.close()
    except etree.XMLSyntaxError as error:
        # The message of libxml2 may quote a value, so the element's name alone is told.
        named = _ELEMENT.search(str(error))
        where = "the file" if named is None else named[1]
        raise NotWritable([f"{where}: expected what the schema of {message} says"]) from None
