"""What mkdocs does not know: pages outside docs/, links from pages to files of the repository, tables out of the code.

A link to a file that is a page of the site leads to that page. A link to any other file of the repository becomes its
text: the site is read without the repository. mkdocs warns of every other link that leads nowhere, and the build fails.
"""

from __future__ import annotations

import ast
import json
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

#: A file of the repository -> the page that it is.
ELSEWHERE = {
    "orthanc/README.md": "reference/plugin.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "README.md": "index.md",
}
#: The README is the repository's front door; the site has one of its own.
COPIED = {source: page for source, page in ELSEWHERE.items() if page != "index.md"}
_LINK = re.compile(r"(?P<text>!?\[[^\]]*\])\((?P<target>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie elsewhere in the repository."""
    root = Path(config.docs_dir).parent
    for source, page in COPIED.items():
        files.append(File.generated(config, page, abs_src_path=str(root / source)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead every link of a page to where its target is on the site. Code is left as it is."""
    here = page.file.src_uri
    source = next((name for name, copied in COPIED.items() if copied == here), f"docs/{here}")
    root = Path(config.docs_dir).parent
    parts = _FENCE.split(markdown)
    # Every second part is a block of code.
    parts[::2] = [_LINK.sub(lambda link: _led(link, source, here, root), part) for part in parts[::2]]
    return "".join(parts).replace("<!-- table -->", TABLES[here](root) if here in TABLES else "")


def _routes(root: Path) -> str:
    """The table of all routes, from the description that a test holds to the program."""
    paths = json.loads((root / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    rows = [
        f"| `{method.upper()} /tilscope{path}` | {said['summary']} |"
        for path, methods in paths.items()
        for method, said in methods.items()
    ]
    return "\n".join(["| route | what it does |", "|---|---|", *rows])


def _reasons(root: Path) -> str:
    """The table of all refusals, as it stands in the code; nothing of it is run."""
    module = ast.parse((root / "models" / "refusals.py").read_text(encoding="utf-8"))
    table = next(one for one in module.body if isinstance(one, ast.AnnAssign) and ast.unparse(one.target) == "REASONS")
    assert table.value is not None
    rows = [f"| `{code}` | {sentence} |" for code, sentence in ast.literal_eval(table.value).items()]
    return "\n".join(["| code | sentence |", "|---|---|", *rows])


#: A page -> the table that stands where it says so.
TABLES = {"reference/http.md": _routes, "reference/reasons.md": _reasons}


def _led(link: re.Match[str], source: str, here: str, root: Path) -> str:
    target = link["target"]
    if not target or "://" in target or target.startswith("mailto:"):
        return link[0]
    meant = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    page = ELSEWHERE.get(meant, meant.removeprefix("docs/") if meant.startswith("docs/") else None)
    if page is not None:
        return f"{link['text']}({posixpath.relpath(page, posixpath.dirname(here) or '.')}{link['anchor'] or ''})"
    if (root / meant).exists():
        return f"`{meant}`"
    return link[0]
