"""Pages become HTML by the templates beside this file. Every text is escaped, and a name that a page lacks is an error."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tilscope.service.pages.frame import PageFrame

#: Autoescaping holds for every template, whatever it is called.
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def render(template: str, frame: PageFrame, page: object = None) -> str:
    """The whole page. A template knows two names: `frame`, and `page`, the view that the page's module has made."""
    return TEMPLATES.get_template(template).render(frame=frame, page=page)
