"""Whether a request failed for the archive's sake or for what was asked: the study is not blamed for a server that is down."""

from __future__ import annotations

import httpx

#: Answers that say nothing about the study: who we are, how long it took, how often we ask.
_OF_ANY_REQUEST = frozenset(
    {
        httpx.codes.UNAUTHORIZED,
        httpx.codes.PROXY_AUTHENTICATION_REQUIRED,
        httpx.codes.REQUEST_TIMEOUT,
        httpx.codes.TOO_MANY_REQUESTS,
    }
)


def is_of_the_archive(fault: httpx.HTTPError) -> bool:
    """True for no answer and for a server's own fault (5xx); False where it declines what was asked (other 4xx)."""
    if not isinstance(fault, httpx.HTTPStatusError):
        return isinstance(fault, httpx.TransportError)
    return fault.response.is_server_error or fault.response.status_code in _OF_ANY_REQUEST
