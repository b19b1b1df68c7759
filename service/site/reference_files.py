"""A calibration as the file that a site installs: data for programs, and a card for people. A replaced one is kept."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from tilscope.models import PIPELINE_VERSION
from tilscope.service.site.atomic_files import write_durably
from tilscope.service.site.calibration import FENCE, Calibration

FORMAT = 1
_REPLACED = "replaced"


def document(made: Calibration, now: datetime, scanner: str = "", demo: bool = False) -> dict[str, Any]:
    """The reference as JSON values; `models.signatures.reference.load_reference` reads what scoring needs of it."""
    reference, cohort = made.reference, made.cohort
    reports = sorted(one.report_uid for one in cohort.observations)
    return {
        "format": FORMAT,
        "signature": reference.signature,
        "cohort": reference.cohort,
        "scanner": scanner,
        "studies": reference.studies,
        "settings_hash": reference.settings_hash,
        "pipeline_version": PIPELINE_VERSION,
        "made": now.isoformat(timespec="seconds"),
        # Shows whether two references come from the same reports, but not which patients these are of.
        "reports_sha256": hashlib.sha256("\n".join(reports).encode()).hexdigest(),
        "mean": dict(reference.mean),
        "sd": dict(reference.sd),
        "scores": list(reference.scores),
        "cut_offs": list(reference.cut_offs),
        "further_scores": {id: list(scores) for id, scores in reference.further_scores.items()},
        "scanners": cohort.scanners,
        "left_out": dict(cohort.left_out),
        "limited": dict(made.limited),
        "warnings": list(made.warnings),
        **({"demo": True} if demo else {}),
    }


def write_reference(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Write it with the next version number and its card; a file that was there is kept under `replaced/`."""
    before = _version_of(path)
    numbered = {**content, "version": before + 1}
    complete = {**numbered, "card": card(numbered)}
    if path.exists():
        write_durably(path.parent / _REPLACED / f"{path.stem}-v{before}.json", path.read_bytes())
    write_durably(path, (json.dumps(complete, indent=1, ensure_ascii=False) + "\n").encode())
    return complete


def _version_of(path: Path) -> int:
    """0 where there is none; one written by hand needs no version and counts as 1."""
    try:
        return max(1, int(json.loads(path.read_text(encoding="utf-8")).get("version", 1)))
    except FileNotFoundError:
        return 0
    except (ValueError, TypeError, AttributeError):
        return 1


def card(content: dict[str, Any]) -> str:
    """The card of a reference in Markdown: cohort, scanners, what was left out or limited, and the means and SDs."""
    limited, left_out = content["limited"], content["left_out"]
    lines = [
        f"# Reference of {content['signature']}, version {content['version']}",
        "",
        *(
            ["SYNTHETIC. DEMO. Means nothing clinically: made of phantoms, used in demo mode only.", ""]
            if content.get("demo")
            else []
        ),
        "RESEARCH USE ONLY.",
        "",
        f"- Cohort: {content['cohort']}, {content['studies']} studies, made {content['made']}.",
        f"- Scanners: {_counts(content['scanners'])}.",
        f"- Applies to features under settings {content['settings_hash']} only.",
        f"- Left out: {_counts(left_out)}.",
        f"- Values limited to {FENCE:g} robust SDs from the median: {_counts(limited)}.",
        f"- Reports: SHA-256 of their sorted UIDs {content['reports_sha256'][:16]}.",
        *(f"- {warning}" for warning in content["warnings"]),
        "",
        "| feature | mean | SD |",
        "|---|---|---|",
        *(f"| {id} | {mean:.6g} | {content['sd'][id]:.6g} |" for id, mean in content["mean"].items()),
        "",
    ]
    return "\n".join(lines)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{what}: {count}" for what, count in counts.items()) or "none"
