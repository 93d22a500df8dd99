"""The credit as an XMP packet, in the fields of the IPTC Photo Metadata Standard.

What the credit says is in `credit`, how the packet gets into a picture's file in `embedding`.
"""

import re
from html import escape
from typing import Final

from unsplash_assets.model.credit import Credit

PACKET_AT_MOST: Final = 65_502
"""Bytes of a packet that fit into a JPEG (XMP Specification, part 3: one APP1 segment)."""

_TEXT_AT_MOST: Final = 1_700
"""Characters. Each is up to five bytes here, and seven such texts fit into a packet."""

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, not even as a reference (its production `Char`)."""

_NAMESPACES: Final = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
}

# How XMP writes a value: plain, as the one of a list, in any language, within a structure.
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


def packet(credit: Credit) -> bytes:
    """Return the credit as a packet of at most PACKET_AT_MOST bytes.

    Beside each property stands what the IPTC standard calls it. Of these Google Images shows
    Creator, Credit Line and Copyright Notice, and links the Web Statement of Rights and the
    Licensor URL.
    """
    fields = (
        ("dc:creator", _LISTED, _text(credit.photo.photographer)),  # Creator
        ("Iptc4xmpCore:CreatorContactInfo", _CONTACT, _link(credit.photographer_link)),
        ("dc:description", _WORDS, _text(credit.photo.description or "")),  # Description
        ("dc:rights", _WORDS, _text(credit.rights)),  # Copyright Notice
        ("photoshop:Credit", _PLAIN, _text(credit.text)),  # Credit Line
        ("photoshop:Source", _PLAIN, _text(credit.source)),  # Source
        ("dc:source", _PLAIN, _link(credit.page_link)),  # where it was had (Dublin Core)
        ("xmpRights:WebStatement", _PLAIN, _link(credit.page_link)),  # Web Statement of Rights
        ("xmpRights:UsageTerms", _WORDS, _text(credit.terms)),  # Rights Usage Terms
        ("plus:Licensor", _LICENSOR, _link(credit.licence)),  # Licensor: its name and URL
    )
    namespaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    properties = "".join(
        f"<{name}>{form.format(escape(value, quote=False))}</{name}>\n"
        for name, form, value in fields
        if value
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF{namespaces}>'
        f'<rdf:Description rdf:about="">\n{properties}'
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _text(text: str) -> str:
    """Return the text as one line that XML can hold, cut where it is far too long."""
    return " ".join(_NO_XML.sub(" ", text).split())[:_TEXT_AT_MOST]


def _link(link: str) -> str:
    """Return the link, or nothing where it would have to be changed."""
    return link if link == _text(link) else ""
