"""Who may ask what: one table, and a refusal in words for whoever may not."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from tilscope.service.api.context import READS
from tilscope.service.api.errors import ApiError
from tilscope.service.site.roles import ROLES_HEADER, Permissions, Role

#: What else changes something is for those who administer, and what else only reads is for all who may read.
NEEDED = {
    "POST /studies/{study_uid}/rescore": Role.RESCORE,
    "POST /studies/{study_uid}/readings": Role.RESCORE,
    "POST /studies/{study_uid}/molecular": Role.MOLECULAR,
    "POST /patients/molecular": Role.MOLECULAR,
    "GET /molecular": Role.MOLECULAR,  # it names patients
    "POST /molecular": Role.MOLECULAR,
    "POST /retries": Role.RESCORE,
    "POST /renewals": Role.MODELS,
    "POST /calibrations": Role.MODELS,
    "POST /calibrations/install": Role.MODELS,
    "POST /calibrations/stop": Role.MODELS,
    "POST /poke": Role.READ,
    "GET /actions": Role.ADMINISTER,
    "GET /account": Role.ADMINISTER,
}


def needed_role(method: str, path: str) -> Role:
    """What a person needs for a route, which is named by its path as it is declared."""
    return NEEDED.get(f"{method} {path}", Role.READ if method in READS else Role.ADMINISTER)


def permissions_of(request: Request) -> Permissions:
    """What the person may do who asks."""
    return Permissions.told(request.headers.get(ROLES_HEADER))


May = Annotated[Permissions, Depends(permissions_of)]


def only_with_role(request: Request) -> None:
    """A dependency of every route. Raises `ApiError` where the person who asks has not the role that it needs."""
    role = needed_role(request.method, getattr(request.scope.get("route"), "path", ""))
    if role not in permissions_of(request).roles:
        sentence = f"You may not {role.meaning}: that needs the role {role}. Ask whoever administers this archive."
        raise ApiError(403, "role-needed", sentence)
