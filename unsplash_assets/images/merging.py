"""Merges our packet with a picture's own: ours added, theirs kept where they say more.

What only they say stays: a panorama's projection, keywords, a camera's settings. Of what both say,
the table of rules decides. `xmp` writes our packet, `embedding` puts the result into the file.

XMP comes from anyone, so it is parsed without a document type: there is nothing to expand or load.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, count
from typing import Any, Final
from xml.etree import ElementTree as ET

from unsplash_assets.images.xmp import CREDIT_MARK, NAMESPACES, named, wrapped

_MAX_DEPTH: Final = 60
"""Elements within elements; XMP has about ten."""
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_LANGUAGE: Final = f"{{{_XML}}}lang"
_ROOM: Final = 1_000
"""Bytes to spare for what joins the properties."""


_RDF: Final = named("rdf:RDF")
_DESCRIPTION: Final = named("rdf:Description")
_ABOUT: Final = named("rdf:about")
_ITEM: Final = named("rdf:li")
_PARSE_TYPE: Final = named("rdf:parseType")
_CREDIT: Final = named("photoshop:Credit")
_SYNTAX: Final = frozenset({_LANGUAGE, _PARSE_TYPE, _ABOUT})
"""Attributes that say nothing of the picture."""


def merged(ours: bytes, theirs: bytes, limit: int) -> bytes:
    """Return one packet of at most `limit` bytes that says what both say.

    It is ours alone where theirs cannot be read, was made here before, or does not fit even without
    its largest properties.
    """
    mine, other = _read(ours), _read(theirs)
    if mine is None or other is None:
        return ours
    is_older = any(CREDIT_MARK.decode() in _words(e) for e in other.take(_CREDIT))
    for element in list(mine.descriptions[0]):
        found = other.take(element.tag)
        if found and not is_older and element.tag in _RULES:
            _RULES[element.tag](element, found[0])
    mine.descriptions[0].set(_ABOUT, other.about)
    other.shrink(limit - len(ours) - _ROOM)
    if not other.says_anything and is_older:
        return ours
    packet = _written([*mine.descriptions, *other.descriptions], other.prefixes)
    return packet if len(packet) <= limit else ours


@dataclass(frozen=True)
class _Packet:
    """What a packet says: descriptions, each child and attribute of which is a property."""

    descriptions: list[ET.Element]
    prefixes: Mapping[str, str]
    """The prefixes that the packet uses, by namespace."""
    about: str

    @property
    def says_anything(self) -> bool:
        return any(map(_has_properties, self.descriptions))

    def take(self, name: str) -> list[ET.Element]:
        """Remove a property, and return it as elements."""
        found = []
        for description in self.descriptions:
            if name in description.attrib:
                found.append(_element(name, description.attrib.pop(name)))
            for element in description.findall(name):
                description.remove(element)
                found.append(element)
        return found

    def shrink(self, limit: int) -> None:
        """Remove the largest properties until the rest has no more than this many bytes."""
        if sum(len(ET.tostring(description)) for description in self.descriptions) <= limit:
            return
        for description in self.descriptions:
            description.extend(_element(*entry) for entry in _properties(description))
            description.attrib = {_ABOUT: self.about}
        sizes = sorted(len(ET.tostring(element)) for each in self.descriptions for element in each)
        fitting = sum(total <= limit for total in accumulate(sizes))
        bound = [*sizes, limit][fitting]
        for description in self.descriptions:
            description[:] = [e for e in description if len(ET.tostring(e)) < bound]


def _read(packet: bytes) -> _Packet | None:
    """Return what a packet says, or None if it cannot be read or is unlike any XMP."""
    try:
        text = packet.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return None
    if "<!DOCTYPE" in text:
        return None
    parser: ET.XMLPullParser[Any] = ET.XMLPullParser(["start", "end", "start-ns"])
    try:
        parser.feed(text)
        parser.close()
    except ET.ParseError:
        return None
    events: list[Any] = list(parser.read_events())
    depths = accumulate({"start": 1, "end": -1}.get(event, 0) for event, _ in events)
    if max(depths, default=0) > _MAX_DEPTH:
        return None
    prefixes = dict(value[::-1] for event, value in reversed(events) if event == "start-ns")
    found = (e for event, e in events if event == "start" and e.tag == _RDF)
    rdf = next(found, None)
    if rdf is None:
        return None
    descriptions = rdf.findall(_DESCRIPTION)
    about = next((d.attrib[_ABOUT] for d in descriptions if _ABOUT in d.attrib), "")
    for description in descriptions:
        description.attrib = {_ABOUT: about, **dict(_properties(description))}
    return _Packet(descriptions, prefixes, about)


def _properties(description: ET.Element) -> list[tuple[str, str]]:
    """Return the properties that are written as attributes, as XMP allows for short ones."""
    return [
        (name, value)
        for name, value in description.attrib.items()
        if name.startswith("{") and not name.startswith(f"{{{NAMESPACES['rdf']}}}")
    ]


def _has_properties(description: ET.Element) -> bool:
    return bool(len(description) or _properties(description))


def _element(name: str, text: str) -> ET.Element:
    element = ET.Element(name)
    element.text = text
    return element


def _words(element: ET.Element) -> str:
    """Return all that an element says, in one line."""
    return " ".join(" ".join(_texts(element)).split())


def _texts(element: ET.Element) -> Iterator[str]:
    for each in element.iter():
        yield each.text or ""
        yield from (value for name, value in each.attrib.items() if name not in _SYNTAX)


def _keep_theirs_if_longer(mine: ET.Element, their: ET.Element) -> None:
    if len(_words(their)) > len(_words(mine)):
        _replace(mine, their)


def _keep_theirs_if_new(mine: ET.Element, their: ET.Element) -> None:
    """For the photographer's own words, unless ours repeat them."""
    if _words(their) not in _words(mine):
        _replace(mine, their)


def _keep_all_items(mine: ET.Element, their: ET.Element) -> None:
    """For a list: ours come first."""
    known = {_words(item) for item in mine.iter(_ITEM)}
    items = [item for container in their for item in container.findall(_ITEM)]
    if not len(their) and _words(their):
        items = [_element(_ITEM, _words(their))]
    mine[0].extend(item for item in items if _words(item) not in known)


def _keep_all_fields(mine: ET.Element, their: ET.Element) -> None:
    """For a structure: their fields win. Its fields are elements or attributes, at two places."""
    holder = their.find(_DESCRIPTION)
    holder = their if holder is None else holder
    fields = mine[0]
    for name, value in holder.attrib.items():
        if name not in _SYNTAX:
            _replace_field(fields, name).text = value
    for field in holder:
        _replace(_replace_field(fields, field.tag), field)


def _replace_field(fields: ET.Element, name: str) -> ET.Element:
    found = fields.find(name)
    return ET.SubElement(fields, name) if found is None else found


def _replace(mine: ET.Element, their: ET.Element) -> None:
    """Make our element say what theirs says."""
    mine.clear()
    mine.text, mine.attrib = their.text, dict(their.attrib)
    mine.extend(their)


_RULES: Final[Mapping[str, Callable[[ET.Element, ET.Element], None]]] = {
    named("dc:creator"): _keep_all_items,
    named("plus:Licensor"): _keep_all_items,
    named("Iptc4xmpCore:CreatorContactInfo"): _keep_all_fields,
    named("dc:description"): _keep_theirs_if_longer,
    named("dc:rights"): _keep_theirs_if_new,
    named("xmpRights:UsageTerms"): _keep_theirs_if_new,
}
"""Ours alone counts for all else: a fact of this download, such as where the file is from."""


def _written(descriptions: list[ET.Element], preferred: Mapping[str, str]) -> bytes:
    """Return a packet of these descriptions, under the prefixes that readers may look for."""
    rdf = ET.Element(_RDF)
    rdf.extend(filter(_has_properties, descriptions))
    prefixes = {_XML: "xml"}
    for uri, prefix in [*((uri, prefix) for prefix, uri in NAMESPACES.items()), *preferred.items()]:
        if uri not in prefixes and prefix and prefix not in prefixes.values():
            prefixes[uri] = prefix
    used: set[str] = set()

    def qualified(name: str) -> str:
        uri, brace, local = name.removeprefix("{").partition("}")
        if not brace:
            return name
        used.add(uri)
        if uri not in prefixes:
            numbered = (f"ns{number}" for number in count(1))
            prefixes[uri] = next(p for p in numbered if p not in prefixes.values())
        return f"{prefixes[uri]}:{local}"

    for element in rdf.iter():
        element.tag = qualified(element.tag)
        element.attrib = {qualified(name): value for name, value in element.attrib.items()}
    for uri in sorted(used - {_XML}):
        rdf.set(f"xmlns:{prefixes[uri]}", uri)
    return wrapped(ET.tostring(rdf, encoding="unicode"))
