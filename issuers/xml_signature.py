"""XML signatures in one closed profile: enveloped, exclusive canonicalization, RSA-SHA1 (W3C XML Signature 1.1).

What is accepted is what Mastercard's reward service sends and nothing beside it: a document without DTD, one
`Signature` that is a child of the document's element, one `Reference` that is the whole document (`URI=""`), the two
transforms `enveloped-signature` and exclusive canonicalization (with `InclusiveNamespaces` or without), an RSA-SHA1
signature over a SHA-1 digest, the certificates in `KeyInfo`. The algorithms are fixed here and only compared with what
the message names, so no message can choose one. With one signature over the whole document there is no second element
that a reader could take for the signed one, which is how signatures get wrapped.

SHA-1 is the provider's choice. Finding another document for a given signature takes a second preimage, which is not
feasible; whoever can choose what Mastercard signs could prepare two documents of one digest.

Comments are left out of the canonical form, so they are left out of the document too: no text is cut by one.
"""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from lxml import etree

from issuers.errors import SignatureRefused, Unreadable

DOCUMENT_MAX_BYTES = 32 * 1024
"""A notification has some 4 kB, nearly all of it the certificate."""
CERTIFICATES_MAX = 4
PREFIXES_MAX = 32
"""Of `InclusiveNamespaces`; the provider names ten."""
RSA_BITS_MIN = 2048

_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
_SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
_INCLUSIVE = f"{{{_EXCLUSIVE}}}InclusiveNamespaces"
_PREFIXES = ("#default", "xsd", "xsi")
"""What `sign` names in `InclusiveNamespaces`; the provider names some more that its documents do not declare."""

_DECLARED = re.compile(rb"""\A<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
_SPACE = re.compile(r"[ \t\r\n]+")


def document(body: bytes) -> etree._Element:
    """The element of a document, without its comments; raises `Unreadable` for what is no plain UTF-8 document.

    Refused before it is parsed: more than `DOCUMENT_MAX_BYTES`, another encoding, a DTD. Nothing is ever fetched, and
    no entity but the five of XML itself exists.
    """
    if len(body) > DOCUMENT_MAX_BYTES:
        raise Unreadable(f"XML: expected at most {DOCUMENT_MAX_BYTES} bytes, got {len(body)}")
    body = body.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.match(body)
    if declared is not None and declared[1].upper() not in (b"UTF-8", b"UTF8", b"US-ASCII"):
        raise Unreadable(f"XML: expected the encoding UTF-8, got {declared[1][:32].decode('ascii', 'replace')!r}")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"XML: expected UTF-8, got other bytes at {error.start}") from error
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Unreadable("XML: expected a document without a document type declaration")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"XML: {str(error)[:200]}") from error
    # They would be part of what is signed and of no element that is read.
    beside = root.getprevious() is not None or root.getnext() is not None
    if beside or next(root.iter(etree.ProcessingInstruction), None) is not None:
        raise Unreadable("XML: expected no processing instruction")
    return root


def certificates(root: etree._Element) -> tuple[bytes, ...]:
    """The certificates that the signature shows, in DER, as listed; nothing of them is proven yet."""
    listed = _children(_signature(root)[2], "X509Data")
    found = _children(listed[0], *["X509Certificate"] * min(len(listed[0]), CERTIFICATES_MAX))
    return tuple(_decoded(each, "X509Certificate") for each in found)


def check(root: etree._Element, key: RSAPublicKey) -> None:
    """Raise `SignatureRefused` unless the document is signed as a whole, in this module's profile, with this key.

    `Unreadable` for a document that has no canonical form.
    """
    signed_info, value, _ = _signature(root)
    method, signature_method, reference = _children(
        signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    _algorithm(method, _EXCLUSIVE)
    _algorithm(signature_method, _RSA_SHA1)
    transforms, digest_method, digest = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    if reference.get("URI") != "":
        raise _refused("Reference", 'URI="", the whole document', reference.get("URI"))
    enveloped, canonical = _children(transforms, "Transform", "Transform")
    _algorithm(enveloped, _ENVELOPED)
    _algorithm(canonical, _EXCLUSIVE)
    _algorithm(digest_method, _SHA1)
    if len(enveloped) or len(signature_method) or len(digest_method):
        raise _refused("SignedInfo", "algorithms without parameters", None)

    if key.key_size < RSA_BITS_MIN:
        raise _refused("KeyInfo", f"an RSA key of at least {RSA_BITS_MIN} bits", str(key.key_size))
    prefixes = _prefixes(method)
    # As a document of its own, with the namespaces it stands in: a prefix may be named that only a parent declares.
    alone = etree.fromstring(etree.tostring(signed_info, with_tail=False))
    try:
        key.verify(_decoded(value, "SignatureValue"), _canonical(alone, prefixes), PKCS1v15(), SHA1())  # noqa: S303
    except InvalidSignature as error:
        raise SignatureRefused("the XML signature was not made with the key of its certificate") from error
    signed = hashlib.sha1(_canonical(without_signature(root), _prefixes(canonical)), usedforsecurity=False).digest()
    if not hmac.compare_digest(signed, _decoded(digest, "DigestValue")):
        raise SignatureRefused("the document is not the one that was signed: its digest differs")


def without_signature(root: etree._Element) -> etree._Element:
    """A copy of the document's element without its signature, every other character kept."""
    copied = etree.fromstring(etree.tostring(root, with_tail=False))
    for signature in copied.findall(f"{_DS}Signature"):
        if signature.tail:
            before = signature.getprevious()
            if before is None:
                copied.text = (copied.text or "") + signature.tail
            else:
                before.tail = (before.tail or "") + signature.tail
        signature.tail = None
        copied.remove(signature)
    return copied


def canonical(root: etree._Element) -> bytes:
    """The same bytes for documents that say the same, whatever their quotes; `Unreadable` where there are none."""
    return _canonical(root, ())


def written(root: etree._Element) -> bytes:
    """A document with this element, in UTF-8."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def sign(body: bytes, key: RSAPrivateKey, certificate: bytes) -> bytes:
    """The document with a signature as its last element; `certificate` is the signer's, in DER."""
    root = without_signature(document(body))
    digest = hashlib.sha1(_canonical(root, _PREFIXES), usedforsecurity=False).digest()
    signature = etree.fromstring(
        _TEMPLATE.format(
            digest=b64encode(digest).decode(),
            certificate=b64encode(certificate).decode(),
            prefixes=" ".join(_PREFIXES),
        )
    )
    root.append(signature)
    signed_info, value, _ = _signature(root)
    alone = etree.fromstring(etree.tostring(signed_info, with_tail=False))
    value.text = b64encode(key.sign(_canonical(alone, ()), PKCS1v15(), SHA1())).decode()  # noqa: S303
    return written(root)


def _signature(root: etree._Element) -> list[etree._Element]:
    """What the one signature consists of: SignedInfo, SignatureValue, KeyInfo."""
    found = list(root.iter(f"{_DS}Signature"))
    if len(found) != 1 or found[0].getparent() is not root:
        raise _refused("the document", "one Signature, a child of the document's element", str(len(found)))
    return _children(found[0], "SignedInfo", "SignatureValue", "KeyInfo")


def _children(parent: etree._Element, *names: str) -> list[etree._Element]:
    """All children, which have to be these, in this order."""
    children = list(parent)
    if not names or [child.tag for child in children] != [_DS + name for name in names]:
        got = ", ".join(str(child.tag).rpartition("}")[2][:32] for child in children[:8])
        raise _refused(str(parent.tag).rpartition("}")[2], ", ".join(names) or "an entry", got)
    return children


def _algorithm(element: etree._Element, expected: str) -> None:
    if element.get("Algorithm") != expected:
        raise _refused(str(element.tag).rpartition("}")[2], expected, element.get("Algorithm"))


def _prefixes(element: etree._Element) -> tuple[str, ...]:
    """The prefixes that exclusive canonicalization treats as the inclusive one does."""
    if len(element) == 0:
        return ()
    if len(element) > 1 or element[0].tag != _INCLUSIVE:
        raise _refused(str(element.tag).rpartition("}")[2], "InclusiveNamespaces at most", str(element[0].tag))
    prefixes = tuple((element[0].get("PrefixList") or "").split())
    if len(prefixes) > PREFIXES_MAX:
        raise _refused("InclusiveNamespaces", f"at most {PREFIXES_MAX} prefixes", str(len(prefixes)))
    return prefixes


def _decoded(element: etree._Element, name: str) -> bytes:
    try:
        return b64decode(_SPACE.sub("", element.text or ""), validate=True)
    except ValueError as error:
        raise _refused(name, "base64", (element.text or "")[:32]) from error


def _canonical(element: etree._Element, prefixes: Sequence[str]) -> bytes:
    try:
        return etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=list(prefixes) or None
        )
    except etree.C14NError as error:
        raise Unreadable("XML: expected a document with a canonical form, so absolute namespace names") from error


def _refused(where: str, expected: str, got: str | None) -> SignatureRefused:
    return SignatureRefused(f"XML signature, {where}: expected {expected}, got {(got or 'none')[:80]!r}")


_TEMPLATE = (
    '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
    f'<ds:CanonicalizationMethod Algorithm="{_EXCLUSIVE}"/><ds:SignatureMethod Algorithm="{_RSA_SHA1}"/>'
    f'<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="{_ENVELOPED}"/>'
    f'<ds:Transform Algorithm="{_EXCLUSIVE}">'
    f'<ec:InclusiveNamespaces xmlns:ec="{_EXCLUSIVE}" PrefixList="{{prefixes}}"/>'
    f'</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="{_SHA1}"/><ds:DigestValue>{{digest}}</ds:DigestValue>'
    "</ds:Reference></ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data>"
    "<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
)
