"""Every public function on arrays or images says what it takes and returns, in numpydoc's form.

Found by their annotations, so that a new function is held to it without being listed anywhere. An array says its axes or
its shape, an image the grid or the patient space that it lies in, and both say what their numbers are; a displacement
says millimetres and the patient's axes.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec

import numpy as np
import pytest
import SimpleITK as sitk
from numpydoc.docscrape import NumpyDocString
from pydicom import Dataset

import tilscope.dicom_io
import tilscope.models
import tilscope.phantom
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Lesion, Regions
from tilscope.models.imaging.series import DceSeries, Phase

#: What holds images on one grid, and says itself what they are.
CARRIERS = (DceSeries, Phase, PreparedSeries, Regions, Lesion)

AXES = re.compile(r"\[\w[\w, ]*\]|\bshape\b|\baxes\b")
FRAME = re.compile(r"\bgrid\b|\bLPS\b|\bpatient\b")
NUMBERS = re.compile(
    r"\b(unit|units|mm|millimetres|phase|percent|ratios?|signal|0 and 1|0 to 1|0 to 255|index|indices|labels?|logits|weights|factor|"
    r"stored values|class numbers|whole numbers|unit vectors|real-world values|are not read|is not read|geometry)\b",
    re.IGNORECASE,
)
DISPLACEMENT = re.compile(r"\bmm\b.*\bLPS\b")

#: What a module of ours names in annotations and imports for type checkers alone, so that it is quick to import.
NAMED_FOR_CHECKERS_ONLY: Mapping[str, object] = {"Dataset": Dataset}

Sections = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Subject:
    """A public function, method or property."""

    name: str
    function: Callable[..., object]
    is_property: bool

    @cached_property
    def hints(self) -> dict[str, object]:
        """Types by parameter, and by 'return'."""
        found = typing.get_type_hints(self.function, localns=dict(NAMED_FOR_CHECKERS_ONLY))
        names = [name for name in inspect.signature(self.function).parameters if name not in ("self", "cls")]
        return {name: found.get(name, object) for name in (*names, "return")}

    @property
    def docstring(self) -> str:
        return inspect.getdoc(self.function) or ""


def within(kind: object) -> set[object]:
    """The arrays, images and carriers that a type is made of."""
    if kind is sitk.Image or (isinstance(kind, type) and issubclass(kind, CARRIERS)):
        return {kind}
    if np.ndarray in (kind, typing.get_origin(kind)):
        return {np.ndarray[typing.Any, typing.get_args(typing.get_args(kind)[1])[0]] if typing.get_args(kind) else kind}
    return set().union(*(within(part) for part in typing.get_args(kind) if part is not ...))


def is_array(kind: object) -> bool:
    return np.ndarray in (kind, typing.get_origin(kind))


def is_mask(kind: object) -> bool:
    return is_array(kind) and np.bool_ in typing.get_args(kind)


def subjects_of(module: str) -> Iterator[Subject]:
    place = importlib.import_module(module)
    for name, thing in vars(place).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module:
            continue
        if inspect.isfunction(thing):
            yield Subject(f"{module}.{name}", thing, False)
        elif inspect.isclass(thing):
            yield from _methods(module, thing)


def _methods(module: str, of: type) -> Iterator[Subject]:
    for name, thing in vars(of).items():
        if isinstance(thing, (staticmethod, classmethod)):
            function, is_property = thing.__func__, False
        elif isinstance(thing, property):
            function, is_property = thing.fget, True
        elif isinstance(thing, cached_property):
            function, is_property = thing.func, True
        else:
            function, is_property = thing, False
        if not name.startswith("_") and inspect.isfunction(function) and function.__module__ == module:
            yield Subject(f"{module}.{of.__name__}.{name}", function, is_property)


def modules() -> Iterator[str]:
    for package in (tilscope.models, tilscope.dicom_io, tilscope.phantom):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            without_torch = found.name.endswith(".nnunet_network") and find_spec("torch") is None
            if not without_torch:
                yield found.name


def sections_of(docstring: str) -> Sections:
    """Entry by entry: names, or types of what is returned, to type and description.

    >>> sections_of("Sum.\\n\\nParameters\\n----------\\na : int\\n    One.\\n\\nReturns\\n-------\\nint\\n    Both.")
    {'Parameters': {'a': 'int One.'}, 'Returns': {'1 int': 'int Both.'}, 'Yields': {}}
    """
    parsed = NumpyDocString(docstring)
    found: dict[str, dict[str, str]] = {"Parameters": {}, "Returns": {}, "Yields": {}}
    for title, entries in found.items():
        for number, (name, kind, lines) in enumerate(parsed[title], start=1):
            entries[name if title == "Parameters" else f"{number} {kind}"] = " ".join((kind, *lines))
    return found


def faults_of(subject: Subject) -> list[str]:
    """What a docstring owes its reader, in words; nothing where it concerns no array."""
    concerned = {name: within(kind) for name, kind in subject.hints.items()}
    if not any(concerned.values()):
        return []
    if subject.is_property:
        return _lacking("it", concerned["return"], subject.docstring)
    sections = sections_of(subject.docstring)
    named = {name.lstrip("*"): text for name, text in sections.get("Parameters", {}).items()}
    wanted = [name for name in subject.hints if name != "return"]
    faults = [] if list(named) == wanted else [f"its Parameters are {list(named)}, not {wanted}"]
    returned = {**sections.get("Returns", {}), **sections.get("Yields", {})}
    if bool(returned) != (subject.hints["return"] is not type(None)):
        faults.append("it has no Returns" if not returned else "it returns nothing")
    for name, text in named.items():
        faults += _lacking(name, concerned.get(name, set()), text)
    return faults + _lacking("what it returns", concerned["return"], " ".join(returned.values()))


def _lacking(name: str, kinds: set[object], text: str) -> Iterator[str] | list[str]:
    arrays = [kind for kind in kinds if is_array(kind)]
    images = sitk.Image in kinds
    faults = []
    if arrays and not AXES.search(text):
        faults.append(f"{name}: which axes or shape?")
    if images and not FRAME.search(text):
        faults.append(f"{name}: on which grid, or where in the patient?")
    if (images or not all(map(is_mask, arrays))) and not NUMBERS.search(text):
        faults.append(f"{name}: what are its numbers, in which unit?")
    if images and name == "field" and not DISPLACEMENT.search(text):
        faults.append(f"{name}: displacements along which axes, in mm?")
    return faults


SUBJECTS = [subject for module in modules() for subject in subjects_of(module)]


@pytest.mark.parametrize("room", sorted({subject.name.rpartition(".")[0] for subject in SUBJECTS}))
def test_a_function_on_arrays_says_what_it_takes_and_returns(room: str) -> None:
    here = [subject for subject in SUBJECTS if subject.name.rpartition(".")[0] == room]
    faults = {subject.name: found for subject in here if (found := faults_of(subject))}
    assert not faults


def test_the_annotations_find_them() -> None:
    concerned = [subject for subject in SUBJECTS if any(map(within, subject.hints.values()))]
    names = {subject.name.removeprefix("tilscope.") for subject in concerned}
    assert len(names) > 150
    assert {
        "models.imaging.voxels.part_of",
        "models.preparation.registration.Alignment.of",
        "models.features.domain.NativeVoxels.parenchyma",
        "dicom_io.manual_roi.placing.placed",
        "phantom.grid.PhantomGrid.image",
    } <= names


def _of(docstring: str, name: str = "image") -> Subject:
    def function(image: sitk.Image, at: np.ndarray) -> float:
        return 0.0

    function.__doc__ = docstring.replace("image :", f"{name} :")
    return Subject("f", function, False)


WHOLE = """Signal at points.

Parameters
----------
image : SimpleITK.Image
    Signal on any grid.
at : ndarray of float64, shape (n, 3)
    Patient LPS, mm.

Returns
-------
float
    The mean signal.
"""


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ("", []),
        ("image : SimpleITK.Image\n    Signal on any grid.\n", ["its Parameters are ['at'], not ['image', 'at']"]),
        (" on any grid", ["image: on which grid, or where in the patient?"]),
        ("Signal on", ["image: what are its numbers, in which unit?"]),
        (", shape (n, 3)", ["at: which axes or shape?"]),
        ("Returns\n-------\nfloat\n    The mean signal.\n", ["it has no Returns"]),
    ],
)
def test_a_contract_with_a_gap_is_seen(left_out: str, told: list[str]) -> None:
    assert faults_of(_of(WHOLE.replace(left_out, "", 1) if left_out else WHOLE)) == told
