"""The credit as an XMP packet, in the fields of the IPTC Photo Metadata Standard.

`model.credit` decides what the credit says, `merging` adds what a picture's own packet says, and
`embedding` puts the result into its file.
"""

import re
from html import escape
from typing import Final

from unsplash_assets.model.credit import Credit

MAX_PACKET_SIZE: Final = 65_502
"""Bytes that fit into a JPEG (XMP Specification, part 3: one APP1 segment)."""

_MAX_TEXT: Final = 1_700
"""Characters. Each takes up to five bytes, and a packet holds up to seven such texts."""

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids, even as a reference (its production `Char`)."""

NAMESPACES: Final = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
}

CREDIT_MARK: Final = b" on Unsplash"
"""Stands in the credit line of every packet that is made here."""

# How XMP writes a value: plain, as a list of one, as a text in any language, in a structure.
_PLAIN: Final = "{}"
_LISTED: Final = "<rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq>"
_WORDS: Final = '<rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt>'
_CONTACT: Final = (
    "<rdf:Description><Iptc4xmpCore:CiUrlWork>{}</Iptc4xmpCore:CiUrlWork></rdf:Description>"
)
_LICENSOR: Final = _LISTED.format(
    "<rdf:Description><plus:LicensorName>Unsplash</plus:LicensorName>"
    "<plus:LicensorURL>{}</plus:LicensorURL></rdf:Description>"
)


def named(name: str) -> str:
    """Return a name with a prefix of ours as ElementTree writes it."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def packet(credit: Credit) -> bytes:
    """Return the credit as a packet of at most MAX_PACKET_SIZE bytes.

    The comment on each property is its name in the IPTC standard. Google Images shows Creator,
    Credit Line and Copyright Notice, and links the Web Statement of Rights and the Licensor URL.
    """
    fields = (
        ("dc:creator", _LISTED, _text(credit.photo.photographer)),  # Creator
        ("Iptc4xmpCore:CreatorContactInfo", _CONTACT, _link(credit.photographer_link)),
        ("dc:description", _WORDS, _text(credit.photo.description or "")),  # Description
        ("dc:rights", _WORDS, _text(credit.rights)),  # Copyright Notice
        ("photoshop:Credit", _PLAIN, _text(credit.text)),  # Credit Line
        ("photoshop:Source", _PLAIN, _text(credit.source)),  # Source
        ("dc:source", _PLAIN, _link(credit.page_link)),  # the page it comes from (Dublin Core)
        ("xmpRights:WebStatement", _PLAIN, _link(credit.page_link)),  # Web Statement of Rights
        ("xmpRights:UsageTerms", _WORDS, _text(credit.terms)),  # Rights Usage Terms
        ("plus:Licensor", _LICENSOR, _link(credit.licence)),  # Licensor: name and URL
    )
    namespaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    properties = "".join(
        f"<{name}>{form.format(escape(value, quote=False))}</{name}>\n"
        for name, form, value in fields
        if value
    )
    description = f'<rdf:Description rdf:about="">\n{properties}</rdf:Description>'
    return wrapped(f"<rdf:RDF{namespaces}>{description}</rdf:RDF>")


def wrapped(rdf: str) -> bytes:
    """Return RDF as a packet."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{rdf}</x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _text(text: str) -> str:
    """Return the text as one line of characters that XML allows, cut if it is far too long."""
    return " ".join(_NOT_XML.sub(" ", text).split())[:_MAX_TEXT]


def _link(link: str) -> str:
    """Return the link, or an empty text if `_text` would change it."""
    return link if link == _text(link) else ""
