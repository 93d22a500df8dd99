"""What a topic asks of Unsplash: its name, where its photos come from, and which of them."""

from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["query", "collection", "user", "topic"]

_LOOKED_UP: Final = frozenset({"collection", "topic"})


@dataclass(frozen=True)
class Filters:
    """Which photos of a source are asked for; `any` asks for all."""

    orientation: str = "any"
    content_filter: str = "low"


@dataclass(frozen=True)
class Source:
    """Where Unsplash takes photos from."""

    kind: Kind
    values: tuple[str, ...]
    """The words of a search, the ids of collections, one username, or topics' slugs or ids."""

    @property
    def lookups(self) -> int:
        """How many requests it takes to learn what is there, before photos are asked for."""
        return len(self.values) if self.kind in _LOOKED_UP else 0

    @property
    def cost(self) -> int:
        """How many requests it takes to ask for photos once."""
        return self.lookups + 1

    @property
    def described(self) -> str:
        """It in words, for errors."""
        return f"{'topic' if self.kind == 'query' else self.kind} {'+'.join(self.values)!r}"

    def __str__(self) -> str:
        """Return it as UNSPLASH_TOPICS has it."""
        return f"{self.kind}:{'+'.join(self.values)}"


@dataclass(frozen=True)
class Topic:
    """An entry of UNSPLASH_TOPICS. Its name is a partition, and the folder of its photos."""

    name: str
    source: Source
    options: tuple[tuple[str, str], ...] = ()
    """Filters of its own, over the general ones: fields of `Filters` with their values."""

    @classmethod
    def search(cls, name: str, options: tuple[tuple[str, str], ...] = ()) -> "Topic":
        """Return the topic that a plain word is: its name is what is searched for."""
        return cls(name, Source("query", (name,)), options)

    @property
    def named_source(self) -> Source | None:
        """Its source, unless that is a search for its name."""
        return None if self.source == Source("query", (self.name,)) else self.source

    def filters(self, general: Filters) -> Filters:
        """Return which photos to ask for, where the settings ask for `general` ones."""
        return replace(general, **dict(self.options))

    def asks_for(self, general: Filters) -> str:
        """Return what tells its requests from those of another topic of the same name."""
        filters = self.filters(general)
        source = f" {self.named_source}" if self.named_source else ""
        return f"{filters.orientation} {filters.content_filter}{source}"

    @property
    def asks(self) -> str:
        """Its source and options as UNSPLASH_TOPICS has them; empty for a plain word."""
        options = ",".join(f"{name}={value}" for name, value in self.options)
        return f"{self.named_source or ''}" + (f"[{options}]" if options else "")

    def __str__(self) -> str:
        """Return it as UNSPLASH_TOPICS has it."""
        return f"{self.name}{'=' if self.named_source else ''}{self.asks}"
