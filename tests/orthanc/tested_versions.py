"""What depends on Orthanc, run in every Orthanc that is here: `make tested-versions` writes docs/tested-versions.md."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from datetime import date

import pytest
from orthanc_server import ORTHANCS, ROOT, OrthancInstallation

PAGE = ROOT / "docs" / "tested-versions.md"

#: What a row is about, and the tests that have an Orthanc as their parameter.
TESTED = {
    "the plugin": "tests/orthanc/test_plugin_in_orthanc.py",
    "the viewer's files": "tests/browser/test_the_viewer_is_served.py",
    "pictures kept beside a study": "tests/service/scoring/test_pictures.py",
    "DICOMweb queries, two studies scored": "tests/integration/test_dicomweb_queries.py",
}


class Outcomes:
    """A pytest plugin that counts how tests ended, by file and Orthanc."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, str, str]] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        ended = report.when == "call" or report.outcome != "passed"
        for installation in ORTHANCS:
            if ended and str(installation) in report.nodeid:
                self.counted[report.nodeid.partition("::")[0], str(installation), report.outcome] += 1

    def of(self, file: str, installation: OrthancInstallation) -> str:
        ended = {one: self.counted[file, str(installation), one] for one in ("passed", "failed", "skipped")}
        return ", ".join(f"{count} {one}" for one, count in ended.items() if count) or "not run"


def asked(installation: OrthancInstallation, package: str, field: str) -> str:
    """A field of a Debian package in that Orthanc's file system."""
    database = f"--admindir={installation.root / 'var/lib/dpkg'}"
    command = ["dpkg-query", database, "--show", f"--showformat=${{{field}}}", package]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def version(installation: OrthancInstallation, package: str) -> str:
    """Without what Debian adds: '1.24' of '1.24+dfsg-1+b1'."""
    (upstream,) = re.findall(r"^(?:\d+:)?([\d.]+)", asked(installation, package, "Version"))
    return str(upstream)


def python_of(installation: OrthancInstallation) -> str:
    """The Python inside Orthanc: the library that its plugin needs."""
    (library,) = re.findall(r"\blibpython[\d.]+", asked(installation, "orthanc-python", "Depends"))
    return version(installation, library)


def row(title: str, cells: list[str]) -> str:
    return f"| {title} | {' | '.join(cells)} |"


def page(present: list[OrthancInstallation], outcomes: Outcomes) -> str:
    parts = {"Python plugin": "orthanc-python", "DICOMweb plugin": "orthanc-dicomweb"}
    lines = [
        "# Tested versions",
        "",
        f"What depends on Orthanc, run in each that was at hand on {date.today().isoformat()}; written by `make tested-versions`.",
        f"The service has a Python of its own: here {sys.version.partition(' ')[0]}. Numbers are those of tests.",
        "",
        row("", [f"Orthanc {one.version}" for one in present]),
        row("---", ["---"] * len(present)),
        row("from", [str(one).removeprefix("orthanc-of-").replace("-", " ") for one in present]),
        row("Python inside Orthanc", [python_of(one) for one in present]),
        *(row(title, [version(one, name) for one in present]) for title, name in parts.items()),
        *(row(title, [outcomes.of(file, one) for one in present]) for title, file in TESTED.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    present = [one for one in ORTHANCS if one.present]
    outcomes = Outcomes()
    ended = pytest.main(["-n", "0", "-q", *TESTED.values(), "-k", " or ".join(map(str, present))], plugins=[outcomes])
    PAGE.write_text(page(present, outcomes), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
    return int(ended)


if __name__ == "__main__":
    sys.exit(main())
