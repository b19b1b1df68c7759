"""Roles, as Orthanc's plugin passes them on: what is refused, in which words, and what pages do not offer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from api_in_process import Api, api_over
from kept_results import keep_refused, keep_scored, keep_undecided, til
from orthanc_server import free_ports

from tilscope.service.site.roles import Role


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """No Orthanc answers here: what is let through is answered 503."""
    folder = tmp_path_factory.mktemp("who-may-what")
    with api_over(folder, orthanc_url=f"http://127.0.0.1:{free_ports(1)[0]}") as api:
        keep_scored(api.ledger, "1.2.3", til(25.0, "intermediate"))
        keep_refused(api.ledger, "1.2.4")
        keep_undecided(api.ledger, "1.2.5")
        yield api


def having(*roles: Role) -> dict[str, str]:
    return {"X-Tilscope-Roles": ",".join(roles), "X-Tilscope-User": "alice"}


COMMANDS = {
    Role.RESCORE: ("/studies/1.2.3/rescore", {}),
    Role.MOLECULAR: ("/studies/1.2.3/molecular", {"gzma": 1.0}),
    Role.MODELS: ("/renewals", {}),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("role", Role)
def test_a_command_needs_its_role(api: Api, command: Role, role: Role) -> None:
    path, body = COMMANDS[command]
    answer = api.http.post(path, json=body, headers=having(role))
    if role in (command, Role.ADMINISTER):
        assert answer.status_code in (202, 503)
    else:
        assert answer.status_code == 403
        meant = f"You may not {command.meaning}: that needs the role {command}. Ask whoever administers this archive."
        assert answer.json() == {"detail": meant, "error": meant, "code": "role-needed"}


def test_what_is_refused_is_in_the_audit_log_with_who_asked(api: Api) -> None:
    assert api.http.post("/patients/molecular", json={}, headers=having(Role.READ)).status_code == 403
    last = api.get("/actions")["actions"][0]
    assert (last["who"], last["action"], last["status"]) == ("alice", "POST /patients/molecular", 403)


@pytest.mark.parametrize("path", ["/studies", "/studies/1.2.3", "/", "/studies/1.2.3/page", "/metrics", "/health"])
def test_whoever_has_no_role_sees_nothing_and_any_role_sees(api: Api, path: str) -> None:
    assert api.http.get(path, headers=having()).status_code == 403
    assert api.http.get(path, headers={"X-Tilscope-Roles": "chief"}).status_code == 403
    for role in Role:
        assert api.http.get(path, headers=having(role)).status_code != 403


def test_a_browser_without_a_role_is_told_so_on_a_page(api: Api) -> None:
    page = api.http.get("/", headers={**having(), "Accept": "text/html"})
    assert "You may not see what TILscope has found: that needs the role read." in page.text


def test_the_audit_log_is_for_those_who_administer(api: Api) -> None:
    for path in ("/actions", "/account"):
        assert api.http.get(path, headers=having(Role.RESCORE, Role.MODELS)).status_code == 403
        assert api.http.get(path, headers=having(Role.ADMINISTER)).status_code == 200


def test_everybody_can_ask_what_they_may(api: Api) -> None:
    assert api.http.get("/me", headers=having(Role.RESCORE)).json() == {"name": "alice", "roles": ["read", "rescore"]}
    assert api.http.get("/me", headers={"X-Tilscope-Roles": "read"}).json() == {"name": None, "roles": ["read"]}
    assert api.get("/me")["roles"] == list(Role), "the holder of the token"


OFFERED = {
    Role.RESCORE: ('data-command="rescore"', 'data-command="choose"', "data-point="),
    Role.MOLECULAR: ('data-command="molecular"',),
    Role.ADMINISTER: ("Who did what",),
}


@pytest.mark.parametrize("role", Role)
def test_pages_offer_what_a_person_may_and_nothing_else(api: Api, role: Role) -> None:
    shown = "".join(api.http.get(f"/studies/{uid}/page", headers=having(role)).text for uid in ("1.2.3", "1.2.5"))
    for needed, marks in OFFERED.items():
        for mark in marks:
            assert (mark in shown) == (role in (needed, Role.ADMINISTER)), mark


def test_what_is_not_in_the_table_of_roles_is_for_those_who_administer(api: Api) -> None:
    """So a new command is not open to all until somebody says who may."""
    document = api.get("/openapi.json")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            role = Role(operation["responses"]["403"]["description"].rpartition("role ")[2].rstrip(")."))
            assert (role is Role.READ) == (method == "get" and path not in ("/actions", "/molecular")), (
                f"{method} {path}"
            )
