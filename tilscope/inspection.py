"""What a study holds, read from its headers alone."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from tilscope.archives import Place, opened, study_in
from tilscope.dicom_io.dce.assembly import AssembledSeries, Assembly
from tilscope.dicom_io.dce.series_findings import SeriesFinding
from tilscope.models.refusals import Refused
from tilscope.models.result import PhaseSummary
from tilscope.models.settings import PipelineSettings
from tilscope.service.scoring.inspect_study import inspect_study


@dataclass(frozen=True)
class DynamicSeries:
    """A dynamic contrast-enhanced series, as far as it could be made out."""

    laterality: str
    """left, right or both: the breasts that it shows; '' where it was refused as no breast's."""
    phases: tuple[PhaseSummary, ...]
    """In order of time: number from 1 on, role (pre, early, late or ''), and the middle of the acquisition in seconds after
    the injection. Empty where no clock tells them apart; without roles where the study is refused for its times."""
    clock: str
    """The tag that the times come from."""
    time_zero: str
    """What was taken as the moment of injection."""
    time_zero_assumed: bool = False
    """True where the headers do not tell it, until the images are read."""


@dataclass(frozen=True, eq=False)
class Inspection:
    """What `tilscope.inspect` found."""

    study_uid: str
    series: tuple[SeriesFinding, ...]
    """Every series of the study with what it is used as and why; those that are used come first."""
    dynamic_series: tuple[DynamicSeries, ...]
    """One; two where each breast was imaged by itself, the right one first; none where none was found."""
    refusal: Refused | None
    """What `tilscope.score` would raise before it reads any image; None where it would begin."""

    @property
    def refused(self) -> bool:
        return self.refusal is not None

    @property
    def code(self) -> str:
        """Of the refusal, for programs; '' without one."""
        return self.refusal.code if self.refusal is not None else ""

    @property
    def reason(self) -> str:
        """Of the refusal, in a sentence; '' without one."""
        return str(self.refusal) if self.refusal is not None else ""

    @property
    def phases(self) -> tuple[PhaseSummary, ...]:
        """Of the dynamic series; of two, the first one's."""
        return self.dynamic_series[0].phases if self.dynamic_series else ()


def inspect(
    path: Place, study: str = "", *, about: str | PathLike[str] = "", settings: PipelineSettings | None = None
) -> Inspection:
    """Inspect what each series of a study is, and which phases its dynamic series has. No pixel is read.

    Parameters
    ----------
    path : str, path or Archive
        A folder with the DICOM files of one study, at any depth, or with its phases as NIfTI; or an archive: its address, or
        one that is open.
    study : str
        The Study Instance UID, or of NIfTI volumes the case's name; not needed for a folder with one study.
    about : str or path, optional
        Of NIfTI volumes: a JSON or CSV file with the times of their phases, where none lies beside them.
    settings : PipelineSettings, optional
        Time windows of the phases, and the site's rules.

    Returns
    -------
    Inspection
        A study that would be refused is no error here: ``reason`` is the sentence.

    Raises
    ------
    BadInput
        There is no such folder, it holds no DICOM file, or several studies and none was named.

    Examples
    --------
    >>> import tempfile, tilscope
    >>> folder = tempfile.mkdtemp()
    >>> small = tilscope.phantom.PhantomSpec.small()
    >>> files = tilscope.phantom.write_study(tilscope.phantom.make_study(small), folder)
    >>> found = tilscope.inspect(folder)
    >>> [(phase.role, phase.time_s) for phase in found.phases]
    [('pre', -120.0), ('early', 90.0), ('', 270.0), ('late', 450.0)]
    >>> found.refused, found.dynamic_series[0].clock
    (False, 'AcquisitionTime')

    The same without its last two phases cannot be scored:

    >>> from pathlib import Path
    >>> from tilscope.phantom.defects import two_phases_only
    >>> gone = two_phases_only(Path(folder))
    >>> print(tilscope.inspect(folder).code)
    too-few-phases
    """
    with opened(path, about) as archive:
        uid = study_in(archive, study)
        assembly = inspect_study(archive, uid, settings or PipelineSettings()).assembly
    return inspection_of(uid, assembly)


def inspection_of(study_uid: str, assembly: Assembly) -> Inspection:
    dynamic_series = tuple(map(_dynamic_series, assembly.dynamic_series))
    return Inspection(study_uid, assembly.findings, dynamic_series, assembly.refusal)


def _dynamic_series(assembled: AssembledSeries) -> DynamicSeries:
    side = assembled.laterality.word if assembled.shows_breast else ""
    if assembled.times is None:
        return DynamicSeries(side, (), "", "")
    roles = assembled.source.roles if assembled.source is not None else None
    phases = tuple(
        PhaseSummary(index + 1, roles.name(index) if roles else "", time)
        for index, time in enumerate(assembled.times.mid_s)
    )
    return DynamicSeries(
        side, phases, assembled.times.clock, assembled.times.time_zero, assembled.times.time_zero_assumed
    )
