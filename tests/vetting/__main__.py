"""`make vetting`: every feature beside what independent oracles say of it; writes docs/vetting.md."""

from __future__ import annotations

import os
from pathlib import Path

from vetting import other_program, standard
from vetting.page import page_of

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    data = Path(os.environ.get("REFERENCE_DATA", ROOT.parent / "shared" / "data"))
    rows = [*standard.rows(data), *other_program.rows()]
    (ROOT / "docs" / "vetting.md").write_text(page_of(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
