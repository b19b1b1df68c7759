"""Where studies are: a folder, a DICOMweb server, an Orthanc."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from os import PathLike, fspath
from pathlib import Path

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.archives.folder import FolderArchive
from tilscope.service.archive_place import ArchivePlace
from tilscope.service.extras import naming_extras

#: A folder, an address, or an archive that is open already.
Place = str | PathLike[str] | Archive


@contextmanager
def open_archive(
    place: str | PathLike[str], user: str = "", password: str = "", *, about: str | PathLike[str] = ""
) -> Iterator[Archive]:
    """Open an archive, to list the studies in it and to score them.

    Nothing is written to it by `tilscope.score`.

    Parameters
    ----------
    place : str or path
        A folder of DICOM files, or of studies as NIfTI volumes; ``orthanc+https://host:8042`` of an Orthanc; ``https://host/dicom-web`` of a DICOMweb
        server (needs ``pip install "tilscope[dicomweb]"``).
    user, password : str
        For servers that ask for them.
    about : str or path, optional
        Of NIfTI volumes: a JSON or CSV file with the times of their phases, where none lies beside them.

    Returns
    -------
    context manager of Archive
        ``studies_with_images()`` lists its studies; ``tilscope.dicom_io.archives.Archive`` describes what else it can do.

    Raises
    ------
    BadInput
        The folder does not exist.
    ImportError
        The client of such servers is not installed; the sentence names the command that installs it.

    Examples
    --------
    >>> import tempfile, tilscope
    >>> folder = tempfile.mkdtemp()
    >>> small = tilscope.phantom.PhantomSpec.small()
    >>> files = tilscope.phantom.write_study(tilscope.phantom.make_study(small), folder)
    >>> with tilscope.open_archive(folder) as archive:
    ...     (study,) = archive.studies_with_images()
    ...     print(tilscope.inspect(archive, study).dynamic_series[0].laterality)
    both
    """
    with ExitStack() as stack:
        # Only opening may name an extra: what the caller imports is the caller's business.
        with naming_extras():
            archive = stack.enter_context(ArchivePlace(fspath(place), user, password, fspath(about)).open())
        yield archive


def opened(place: Place, about: str | PathLike[str] = "") -> AbstractContextManager[Archive]:
    """An archive that was open before stays open afterwards."""
    return open_archive(place, about=about) if isinstance(place, str | PathLike) else nullcontext(place)


def study_in(archive: Archive, study: str) -> str:
    """The study that was asked for, or the only one of a folder."""
    if isinstance(archive, FolderArchive):
        return archive.study_named(study)
    if study:
        return study
    raise ValueError("which study of the archive? Give its Study Instance UID as `study`.")


def folder_named(place: str | PathLike[str]) -> str:
    """Absolute, as settings hold it."""
    return str(Path(place).absolute())
