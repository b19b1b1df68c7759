"""Rules that result objects keep, as a table: each has a name, the text that demands it, and a check that yields faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from conformance.readers import anything
from conformance.written import WrittenCase, WrittenObject
from pydicom import Dataset

Check = Callable[[WrittenObject, WrittenCase], Iterable[str]]


@dataclass(frozen=True)
class Rule:
    name: str
    source: str
    about: Callable[[Dataset], bool]
    check: Check

    def faults(self, case: WrittenCase) -> list[str]:
        """What is wrong, and with which object."""
        return [
            f"{one.name}: {fault}" for one in case.objects if self.about(one.dataset) for fault in self.check(one, case)
        ]


RULES: dict[str, Rule] = {}


def rule(source: str, about: Callable[[Dataset], bool] = anything) -> Callable[[Check], Check]:
    """Put a check into the table, under its own name in words."""

    def put(check: Check) -> Check:
        name = check.__name__.replace("_", " ")
        RULES[name] = Rule(name, source, about, check)
        return check

    return put


def every_item(obj: Dataset) -> Iterator[Dataset]:
    """The object and the items of its sequences at any depth."""
    yield obj
    for element in obj:
        if element.VR == "SQ":
            for item in element.value:
                yield from every_item(item)


def code_of(sequence: Iterable[Dataset] | None) -> tuple[str, str] | None:
    """(value, designator) of the one item of a code sequence."""
    items = list(sequence or ())
    return (items[0].CodeValue, items[0].CodingSchemeDesignator) if len(items) == 1 else None


def concept(item: Dataset) -> tuple[str, str] | None:
    """What a content item is about."""
    return code_of(item.get("ConceptNameCodeSequence"))


def children(item: Dataset, name: tuple[str, str] | None = None) -> list[Dataset]:
    """The content items right below, or those of one concept."""
    return [child for child in item.get("ContentSequence", ()) if name is None or concept(child) == name]


def tree(item: Dataset) -> Iterator[Dataset]:
    """The content items below at any depth."""
    for child in item.get("ContentSequence", ()):
        yield child
        yield from tree(child)
