"""The HTTP API: what happened to a study and why, its result, and the request to score it again.

One file for each group of routes; `app` puts them together, `schemas` holds the models of the responses.
"""

from tilscope.service.api.app import make_api
from tilscope.service.api.context import ApiContext

__all__ = ["ApiContext", "make_api"]
