"""`python -m judges`: writes docs/judges.md from R's recorded answers."""

from __future__ import annotations

from pathlib import Path

from judges.page import page


def main() -> None:
    (Path(__file__).resolve().parents[2] / "docs" / "judges.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
