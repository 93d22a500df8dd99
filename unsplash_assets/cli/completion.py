"""What a shell offers when a person presses Tab: the topics here, quoted as each shell needs it.

Commands, options and fault names come from click itself. How to switch it on is in
docs/reference/commands.md.
"""

import re

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.settings import environment


def complete_topic(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem[str]]:
    """Return the topics of the project that begin so, in any case; none where none can be read."""
    try:
        settings = environment.load(ctx.find_root().params.get("project"))
    except UnsplashAssetsError:
        return []
    begins = begun.casefold()
    names = settings.topic_names
    return [CompletionItem(name) for name in names if name.casefold().startswith(begins)]


class QuotedBash(BashComplete):
    """Completion in bash, where what is offered stands on the command line as it is."""

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Put a backslash before each special character, for click's script takes one away."""
        quoted = re.sub(r"([^\w.+/:=@%^-])", r"\\\\\1", item.value)
        return f"{item.type},{quoted}"


add_completion_class(QuotedBash)
