"""The extras of the package: what a plain `pip install tilscope` leaves out, and who needs it.

The core scores, inspects and extracts features, from a folder or an Orthanc. Nothing in it imports these packages at the top
of a module; whatever does is imported where it is used, and a missing one is answered with the line that installs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

#: By extra, the modules that it brings. The first extra that brings a module is the one that is named.
EXTRAS: dict[str, tuple[str, ...]] = {
    "research": (
        "pandas",
        "joblib",
        "distributed",
        "dask",
        "lifelines",
        "gseapy",
        "networkx",
        "matplotlib",
    ),
    "service": (
        "fastapi",
        "uvicorn",
        "sqlalchemy",
        "prometheus_client",
        "jinja2",
        "distributed",
        "dask",
    ),
    "dicomweb": ("dicomweb_client", "requests"),
    "learned": ("torch", "dynamic_network_architectures"),
}


class MissingExtra(ImportError):
    """Something was asked for that an extra of the package brings; the sentence says how to install it."""

    def __init__(self, module: str, extra: str) -> None:
        super().__init__(f'This needs {module}, which is not installed: pip install "tilscope[{extra}]"', name=module)
        self.extra = extra


def missing_extra(fault: ImportError) -> MissingExtra | None:
    """The answer to a failed import; None where no extra brings that module.

    >>> print(missing_extra(ModuleNotFoundError("No module named 'fastapi'", name="fastapi")))
    This needs fastapi, which is not installed: pip install "tilscope[service]"
    >>> missing_extra(ModuleNotFoundError("No module named 'fastapy'", name="fastapy")) is None
    True
    """
    if isinstance(fault, MissingExtra):
        return fault
    module = (fault.name or "").partition(".")[0]
    return next((MissingExtra(module, extra) for extra, modules in EXTRAS.items() if module in modules), None)


@contextmanager
def naming_extras() -> Iterator[None]:
    """An import that fails inside for want of an extra is raised as `MissingExtra`."""
    try:
        yield
    except ModuleNotFoundError as fault:
        if (missing := missing_extra(fault)) is not None:
            raise missing from None
        raise


def require_extra(extra: str) -> None:
    """Raise `MissingExtra` unless everything that this extra brings is there; nothing is imported."""
    for module in EXTRAS[extra]:
        if not is_installed(module):
            raise MissingExtra(module, extra)


def is_installed(module: str) -> bool:
    """Whether this module can be imported, without importing it."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
