"""The HTTP API: what happened to a study and why, its result, and the wish to have it scored again.

One file for each kind of question; `app` puts them together, `answers` holds the shapes of what is answered.
"""

from tilscope.service.api.app import make_api
from tilscope.service.api.context import ApiContext

__all__ = ["ApiContext", "make_api"]
