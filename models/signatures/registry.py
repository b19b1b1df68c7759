"""Which signatures there are: those of this repository, and those that installed packages bring by an entry point.

Nothing is imported or searched for before somebody asks, and then once a process. A package that cannot be used stops
the caller: a service that leaves a signature out without notice would look as if it had none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from tilscope.models.refusals import BadInput
from tilscope.models.signatures.base import Signature
from tilscope.models.signatures.complete_set import CompleteSet
from tilscope.models.signatures.plugin import SignaturePlugin
from tilscope.models.signatures.registration import problems_of

#: The group of entry points in which packages name theirs: signature id = "package:PLUGIN".
GROUP = "tilscope.signatures"

#: Those of this repository, in the order of every report. A list, and no entry points: a source tree has no metadata.
BUILT_IN = tuple(
    EntryPoint(id, f"tilscope.models.signatures.{id}:PLUGIN", GROUP)
    for id in ("wu2018", "su2022", "qian2024", "fan2023", "han2024")
)


@cache
def all_plugins() -> tuple[SignaturePlugin, ...]:
    """Those of this repository first, then those of others, by id."""
    return with_plugins_of(entry_points(group=GROUP))


@cache
def built_in_plugins() -> tuple[SignaturePlugin, ...]:
    taken: list[SignaturePlugin] = []
    for entry in BUILT_IN:
        taken.append(_checked(entry, taken, from_outside=False))
    return tuple(taken)


def with_plugins_of(entries: Iterable[EntryPoint]) -> tuple[SignaturePlugin, ...]:
    """Those of this repository, and of these entry points; refused with the name of the package and what is wrong with it."""
    taken = list(built_in_plugins())
    for entry in sorted(entries, key=lambda one: (one.name, one.value)):
        taken.append(_checked(entry, taken, from_outside=True))
    return tuple(taken)


def all_signatures() -> tuple[Signature, ...]:
    return tuple(plugin.signature for plugin in all_plugins())


def signature_named(id: str) -> Signature:
    """`BadInput` with the names that there are where there is none of that one."""
    for signature in all_signatures():
        if signature.id == id:
            return signature
    raise BadInput("unknown-signature", name=id, known=", ".join(one.id for one in all_signatures()))


def complete_sets() -> dict[str, CompleteSet]:
    """By the signature's id."""
    return {plugin.id: plugin.complete_set for plugin in all_plugins()}


def variant_sets() -> dict[str, CompleteSet]:
    """Other readings of a paper's set, by their own names."""
    return {one.name: one for plugin in all_plugins() for one in plugin.variant_sets}


def _checked(entry: EntryPoint, taken: Sequence[SignaturePlugin], from_outside: bool) -> SignaturePlugin:
    try:
        plugin = entry.load()
        problems = problems_of(plugin, taken, from_outside)
        if not problems and plugin.id != entry.name:
            problems = [f"it is entered as {entry.name} and is {plugin.id}"]
    except Exception as problem:  # whatever somebody's code does when it is imported
        raise _unusable(entry, f"{type(problem).__name__}: {problem}") from problem
    if problems:
        raise _unusable(entry, "; ".join(problems))
    checked: SignaturePlugin = plugin
    return checked


def _unusable(entry: EntryPoint, problem: str) -> BadInput:
    package = "this installation" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
    return BadInput("unusable-signature", signature=entry.name, value=entry.value, package=package, problem=problem)
