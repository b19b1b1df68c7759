"""The chapters of the reading guide that are about signatures."""

from __future__ import annotations

from tilscope.models.signatures.registry import all_plugins, built_in_plugins


def with_further_chapters(guide: str) -> str:
    """The guide with a chapter for each signature of other packages, behind the last of this repository's."""
    *_, last = built_in_plugins()
    further = all_plugins()[len(built_in_plugins()) :]
    chapters = [plugin.chapter_in_words for plugin in (last, *further)]
    return guide.replace(last.chapter_in_words, "\n\n".join(chapters))
