"""What the plugin decides by itself: configuration, back-off, headers, the words of its log. No Orthanc runs here.

The `orthanc` module is a double whose every call that a test has not set up raises, so that nothing passes in silence.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import tilscope_configuration as configuration
import tilscope_people

from tilscope.models.settings import FURTHER_OBJECTS
from tilscope.service.settings import ServiceSettings

FOLDER = Path(__file__).resolve().parent.parent.parent / "orthanc"
PYTHON = sys.executable


class OrthancDouble(ModuleType):
    """The injected module. A test sets up what may be called; everything else is an error."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_: Any) -> None:
            raise NotImplementedError(f"orthanc.{name} was called, and no test has allowed it")

        return refuse


def load(double: ModuleType) -> Any:
    """The plugin as Orthanc loads it: from its file, with the module `orthanc` injected."""
    spec = importlib.util.spec_from_file_location("tilscope_plugin", FOLDER / "plugin.py")
    assert spec is not None
    assert spec.loader is not None
    plugin = importlib.util.module_from_spec(spec)
    sys.modules["tilscope_plugin"] = plugin
    sys.modules["orthanc"] = double
    sys.path.append(str(FOLDER))  # as Orthanc does
    try:
        spec.loader.exec_module(plugin)
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("orthanc", "tilscope_plugin", "tilscope_people", "tilscope_viewer"):
            sys.modules.pop(name, None)
    return plugin


def configured(whole: dict[str, Any]) -> OrthancDouble:
    """A double with this configuration, that keeps what is logged in `said`."""
    double = OrthancDouble("orthanc")
    said: list[tuple[str, str]] = []
    allowed: dict[str, Any] = {
        "GetConfiguration": lambda: json.dumps(whole),
        "GetConfigurationPath": lambda: "/etc/orthanc/orthanc.json",
        "CheckVersionAdvanced": lambda *version: int(version <= (1, 12, 7)),
        "LogInfo": lambda line: said.append(("Info", line)),
        "LogWarning": lambda line: said.append(("Warning", line)),
        "LogError": lambda line: said.append(("Error", line)),
        "said": said,
    }
    for name, what in allowed.items():
        setattr(double, name, what)
    return double


@pytest.fixture
def plugin() -> Any:
    """Loaded, and switched off: nothing is registered with Orthanc."""
    return load(configured({"Tilscope": {"Enabled": False}}))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def read(section: dict[str, Any], **whole: Any) -> dict[str, Any]:
        path = tmp_path / "orthanc.json"
        path.touch()
        values: dict[str, Any] = configuration.read_configuration({"Tilscope": section, **whole}, str(path))
        return values

    return read


class TestConfiguration:
    def test_an_empty_section_is_complete(self, read: Any, tmp_path: Path) -> None:
        values = read({"Python": PYTHON})
        assert values["OrthancUrl"] == "http://127.0.0.1:8042"
        assert values["DataDirectory"] == str(tmp_path / "OrthancStorage" / "tilscope")
        assert (values["QuietSeconds"], values["Workers"], values["Attempts"]) == (3.0, 1, 3)

    def test_port_tls_and_storage_are_taken_from_orthanc(self, read: Any) -> None:
        values = read({"Python": PYTHON}, HttpPort=9042, SslEnabled=True, StorageDirectory="/var/lib/orthanc")
        assert values["OrthancUrl"] == "https://127.0.0.1:9042"
        assert values["DataDirectory"] == "/var/lib/orthanc/tilscope"

    @pytest.mark.parametrize(
        ("section", "words"),
        [
            ({"QuietSecond": 3}, "'QuietSecond' is unknown; did you mean 'QuietSeconds'"),
            ({"workers": 2}, "'workers' is unknown; did you mean 'Workers'"),
            ({"Colour": "red"}, "'Colour' is unknown; the keys are Enabled, ServiceUrl"),
            ({"Workers": "two"}, 'Workers must be a whole number, not "two"'),
            ({"Workers": True}, "Workers must be a whole number, not true"),
            ({"Workers": 1.5}, "Workers must be a whole number, not 1.5"),
            ({"Workers": 0}, "Workers must be at least 1, not 0"),
            ({"ComparisonHour": 24}, "ComparisonHour must be at most 23, not 24"),
            ({"Enabled": 1}, "Enabled must be true or false, not 1"),
            ({"QuietSeconds": -1}, "QuietSeconds must be at least 0.1, not -1"),
            ({"QuietSeconds": 61}, "QuietSeconds must not be longer than Orthanc's StableAge"),
            ({"WorkerMemory": "much"}, 'WorkerMemory cannot be "much" (memory limit of one worker)'),
            ({"LogLevel": "LOUD"}, 'LogLevel cannot be "LOUD" (DEBUG, INFO, WARNING or ERROR)'),
            (
                {"Objects": ["key-images", "maps"]},
                'Objects cannot hold "maps"; the words are parametric-maps, secondary-capture',
            ),
            ({"Objects": "key-images"}, "Objects must be a list, not something else"),
            ({"SegmentationType": "fractional"}, 'SegmentationType cannot be "fractional" (binary or labelmap)'),
            ({"OrthancUrl": "orthanc:8042"}, 'OrthancUrl cannot be "orthanc:8042"'),
            ({"DataDirectory": "here"}, 'DataDirectory cannot be "here"'),
            ({"ServiceUrl": "https://a.example"}, "ServiceUrl and ServiceToken are given together"),
            ({"ServiceToken": "abc"}, "ServiceUrl and ServiceToken are given together"),
            ({"ServiceUrl": "https://a", "ServiceToken": "b", "Workers": 2}, "Workers says nothing to a service that"),
            (
                {"Roles": {"alice": ["admin"]}},
                "Roles: 'alice' must have a list of roles, which are read, rescore, molecular",
            ),
            ({"Roles": {"alice": "read"}}, "Roles: 'alice' must have a list of roles"),
            ({"Roles": ["alice"]}, "Roles must be a section, not something else"),
            ({"TrustedProxies": ["pacs.example"]}, 'TrustedProxies cannot hold "pacs.example"'),
            ({"TrustedProxies": [7]}, "TrustedProxies cannot hold 7"),
            ({"UserHeader": "Remote User"}, 'UserHeader cannot be "Remote User"'),
            ({"Python": "/no/such/python"}, "/no/such/python cannot be executed"),
        ],
    )
    def test_what_is_wrong_is_said_in_words(self, read: Any, section: dict[str, Any], words: str) -> None:
        with pytest.raises(configuration.ConfigurationRefused, match=re.escape(words)):
            read({"Python": PYTHON, **section} if "ServiceUrl" not in section else section)

    def test_where_nobody_could_log_in_orthanc_does_not_start(self, read: Any) -> None:
        with pytest.raises(
            configuration.ConfigurationRefused, match="Nobody could log in: AuthenticationEnabled is true"
        ):
            read({"Python": PYTHON}, AuthenticationEnabled=True, RegisteredUsers={})
        with pytest.raises(configuration.ConfigurationRefused, match="Nobody could log in"):
            read({"ServiceUrl": "https://a", "ServiceToken": "b"}, AuthenticationEnabled=True)

    @pytest.mark.parametrize(
        "whole",
        [
            {"AuthenticationEnabled": True, "RegisteredUsers": {"a": "b"}},
            {"AuthenticationEnabled": False},
            {"RemoteAccessAllowed": False},
            {"RemoteAccessAllowed": True},  # Orthanc then makes a user by itself
        ],
    )
    def test_where_somebody_can_it_does(self, read: Any, whole: dict[str, Any]) -> None:
        assert read({"Python": PYTHON}, **whole)["Workers"] == 1

    def test_the_objects_are_those_that_the_service_writes(self) -> None:
        assert configuration.KEYS["Objects"].words == FURTHER_OBJECTS

    def test_all_problems_are_named_at_once(self, read: Any) -> None:
        with pytest.raises(configuration.ConfigurationRefused, match=r"'Wrokers'.*'Workers'.*Attempts must be"):
            read({"Wrokers": 2, "Attempts": "often"})

    def test_a_wrong_token_is_not_repeated_in_the_log(self) -> None:
        (said,) = configuration.problems({"ServiceUrl": "https://a.example", "ServiceToken": "se cret"})
        assert "ServiceToken" in said
        assert "cret" not in said

    def test_a_section_that_is_none_is_refused(self) -> None:
        with pytest.raises(configuration.ConfigurationRefused, match="must be a section"):
            configuration.read_configuration({"Tilscope": True}, "/etc/orthanc/orthanc.json")

    def test_a_relative_storage_of_a_folder_of_files_is_not_guessed(self, tmp_path: Path) -> None:
        with pytest.raises(configuration.ConfigurationRefused, match="DataDirectory must be given"):
            configuration.read_configuration({"Tilscope": {"Python": PYTHON}}, str(tmp_path))

    def test_without_http_the_service_cannot_reach_orthanc(self, read: Any) -> None:
        with pytest.raises(configuration.ConfigurationRefused, match="needs Orthanc's HTTP server"):
            read({"Python": PYTHON}, HttpServerEnabled=False)

    def test_switched_off_nothing_is_asked_of_the_machine(self) -> None:
        double = configured({"Tilscope": {"Enabled": False, "Python": "/no/such/python"}})
        load(double)  # registers nothing: the double would refuse
        assert double.said == [("Warning", 'TILscope is switched off ("Enabled": false): no study is scored')]

    def test_a_wrong_configuration_stops_the_loading(self) -> None:
        with pytest.raises(ValueError, match="Orthanc does not start"):
            load(configured({"Tilscope": {"Enable": False}}))

    def test_the_readme_describes_every_key_with_its_default(self) -> None:
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| `([^|]*)` \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
        written = {name: (kind.strip(), json.loads(default)) for name, kind, default in rows}
        assert written == {
            name: (configuration.KINDS[key.kind], key.default) for name, key in configuration.KEYS.items()
        }

    def test_the_example_is_accepted_but_for_its_interpreter(self) -> None:
        example = json.loads((FOLDER / "orthanc.json").read_text())
        assert configuration.problems(example["Tilscope"]) == []
        assert example["AuthenticationEnabled"] is True


class TestContractWithTheService:
    def told(self, read: Any, section: dict[str, Any], **whole: Any) -> ServiceSettings:
        settings = configuration.service_settings(read({"Python": PYTHON, **section}, **whole), whole)
        return ServiceSettings.read({**settings, "token": "t" * 32, "orthanc_authorization": "Bearer x"})

    def test_the_service_accepts_what_the_plugin_tells(self, read: Any) -> None:
        settings = self.told(read, {"WorkerMemory": "800MB", "LookbackHours": 0, "Demo": True}, StableAge=20)
        assert settings.worker_memory == "800MB"
        assert settings.stable_seconds == 20
        assert settings.demo is True

    def test_both_have_the_same_defaults(self, read: Any) -> None:
        told = self.told(read, {})
        for name in ("quiet_seconds", "stable_seconds", "workers", "worker_memory", "timeout_seconds", "attempts",
                     "lookback_hours", "retention_days", "forget_deleted_after_days", "log_level", "demo", "orthanc_url"):  # fmt: skip
            assert getattr(told, name) == ServiceSettings.model_fields[name].default, name

    def test_the_certificate_is_checked_but_for_the_loopback(self, read: Any) -> None:
        assert self.told(read, {}, SslEnabled=True).verify_tls is False
        assert self.told(read, {"OrthancUrl": "https://pacs.example"}).verify_tls is True


def test_back_off_doubles_to_a_minute_and_is_forgotten_after_health(plugin: Any) -> None:
    back_off = plugin.BackOff()
    assert [back_off.after(lived_s=2) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert back_off.after(lived_s=299) == 60
    assert back_off.after(lived_s=300) == 1
    assert back_off.after(lived_s=2) == 2


class TestHeaders:
    whole = {"AuthenticationEnabled": True, "RegisteredUsers": {"alice": "a", "müller": "c"}}  # noqa: RUF012

    @staticmethod
    def basic(credentials: str) -> dict[str, str]:
        return {"authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}

    @staticmethod
    def passed(plugin: Any, headers: dict[str, str], whole: dict[str, Any] = whole, **said: Any) -> dict[str, str]:
        passed: dict[str, str] = plugin.request_headers(headers, people_of(whole, **said))
        return passed

    def test_the_user_is_the_one_that_orthanc_has_checked(self, plugin: Any) -> None:
        assert self.passed(plugin, self.basic("alice:a"))["X-Tilscope-User"] == "alice"

    def test_a_name_beyond_ascii_is_percent_encoded(self, plugin: Any) -> None:
        assert self.passed(plugin, self.basic("müller:c"))["X-Tilscope-User"] == "m%C3%BCller"

    @pytest.mark.parametrize(
        "headers",
        [
            {"x-tilscope-user": "root", "x-tilscope-roles": "administer", "x-forwarded-user": "root"},
            {"authorization": "Bearer abc"},
            {"authorization": "Basic !!!"},
            {"authorization": "Basic /w=="},
        ],
    )
    def test_nobody_is_believed_who_was_not_checked(self, plugin: Any, headers: dict[str, str]) -> None:
        assert self.passed(plugin, headers) == {"X-Tilscope-Roles": "read", "X-Tilscope-Host": ""}

    def test_without_authentication_there_is_no_user(self, plugin: Any) -> None:
        open_to_all = {**self.whole, "AuthenticationEnabled": False}
        assert self.passed(plugin, self.basic("alice:a"), open_to_all)["X-Tilscope-Roles"] == "read"

    def test_orthanc_asks_for_a_password_by_itself_where_it_can_be_reached_from_elsewhere(self, plugin: Any) -> None:
        by_itself = {"RemoteAccessAllowed": True, "RegisteredUsers": {"alice": "a"}}
        assert self.passed(plugin, self.basic("alice:a"), by_itself)["X-Tilscope-User"] == "alice"

    def test_an_unregistered_name_is_no_user(self, plugin: Any) -> None:
        assert "X-Tilscope-User" not in self.passed(plugin, self.basic("mallory:a"))

    def test_only_what_the_service_needs_is_passed(self, plugin: Any) -> None:
        sent = {
            "accept": "text/html",
            "content-type": "application/json",
            "cookie": "c",
            "authorization": "Bearer mine",
            "host": "pacs.example:8042",
        }
        assert self.passed(plugin, sent) == {
            "accept": "text/html", "content-type": "application/json", "X-Tilscope-Roles": "read",
            "X-Tilscope-Host": "pacs.example:8042",
        }  # fmt: skip


def people_of(whole: dict[str, Any], **said: Any) -> Any:
    defaults = {name: key.default for name, key in configuration.KEYS.items()}
    return tilscope_people.People({**defaults, **said}, whole)


class TestRoles:
    whole = TestHeaders.whole
    site = {"alice": ["administer"], "@breast": ["rescore", "molecular"], "*": ["read"]}  # noqa: RUF012

    def roles(self, headers: dict[str, str], **said: Any) -> tuple[str, ...]:
        people = people_of(self.whole, **said)
        roles: tuple[str, ...] = people.roles(people.person(headers))
        return roles

    def test_where_nothing_is_said_registered_users_may_do_all_and_others_read(self) -> None:
        assert self.roles(TestHeaders.basic("alice:a")) == ("administer",)
        assert self.roles({}) == ("read",)
        named = {"x-forwarded-user": "bob"}
        assert self.roles(named, TrustedProxies=["192.0.2.7"]) == ("read",), "Orthanc has not checked that one"

    def test_a_person_has_the_roles_of_name_groups_and_everybody(self) -> None:
        assert self.roles(TestHeaders.basic("alice:a"), Roles=self.site) == ("read", "administer")
        assert self.roles(TestHeaders.basic("müller:c"), Roles=self.site) == ("read",)
        behind = {"x-forwarded-user": "bob", "x-forwarded-groups": "mri, breast"}
        assert self.roles(behind, Roles=self.site, TrustedProxies=["::1"]) == ("read", "rescore", "molecular")
        assert self.roles(TestHeaders.basic("müller:c"), Roles={"alice": ["administer"]}) == ()

    @pytest.mark.parametrize("name", ["@breast", "*"])
    def test_no_name_passes_for_a_group(self, name: str) -> None:
        pretended = {"x-forwarded-user": name}
        site = {"@breast": ["administer"], "bob": ["read"]}
        assert self.roles(pretended, Roles=site, TrustedProxies=["::1"]) == ()

    def test_the_headers_have_the_names_that_the_site_says(self) -> None:
        said = {"TrustedProxies": ["::1"], "UserHeader": "Remote-User", "GroupsHeader": "Remote-Groups"}
        behind = {"remote-user": "bob", "remote-groups": "breast", "x-forwarded-user": "alice"}
        assert people_of(self.whole, **said).person(behind) == tilscope_people.Person("bob", ("breast",))


class TestDoor:
    def opens(self, uri: str = "/tilscope/studies", address: str = "192.0.2.9", **headers: str) -> bool:
        people = people_of({}, TrustedProxies=["192.0.2.7", "2001:db8::/32"])
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        opened: bool = tilscope_people.Door(people)(uri, method=2, ip=address, headers=named)
        return opened

    @pytest.mark.parametrize("header", ["x_forwarded_user", "x_forwarded_groups", "x_forwarded_host"])
    def test_only_a_trusted_proxy_says_who_it_is(self, header: str) -> None:
        said = {header: "root"}
        assert not self.opens(**said)
        assert not self.opens("//tilscope", address="not known", **said)
        assert self.opens("/instances", **said), "what concerns Orthanc alone is Orthanc's to decide"
        for trusted in ("192.0.2.7", "::ffff:192.0.2.7", "2001:db8::5"):
            assert self.opens(address=trusted, **said)

    def test_where_no_proxy_is_trusted_the_headers_are_thrown_away_and_nobody_is_refused(self) -> None:
        people = people_of({})
        said = {"x-forwarded-user": "root", "x-forwarded-host": "elsewhere", "host": "here"}
        assert tilscope_people.Door(people)("/tilscope", ip="192.0.2.7", headers=said)
        assert people.person(said) == tilscope_people.Person()
        assert people.host(said) == "here"

    @pytest.mark.parametrize("length", ["1048577", "400000000", "1" * 400, "-1", "", "0x10"])
    def test_what_is_far_too_long_is_not_even_read(self, length: str) -> None:
        assert not self.opens(content_length=length)
        assert self.opens("/instances", content_length=length)

    def test_neither_is_what_does_not_say_how_long_it_is(self) -> None:
        assert not self.opens(transfer_encoding="chunked")
        assert self.opens(content_length="1048576"), "refused in words"
        assert self.opens()

    def test_what_is_too_large_is_refused_in_words(self) -> None:
        assert tilscope_people.why_too_large(bytes(65536), "/studies") == (0, "")
        assert tilscope_people.why_too_large(bytes(65537), "/studies")[0] == 413
        assert tilscope_people.why_too_large(b"", "/studies?" + 4097 * "a")[0] == 400


@pytest.mark.parametrize(
    ("path", "query", "wanted"),
    [
        ("", {}, "/"),
        ("/studies/1.2.3", {}, "/studies/1.2.3"),
        ("/a b/é", {}, "/a%20b/%C3%A9"),
        ("/a?b\r\nX: y", {}, "/a%3Fb%0D%0AX%3A%20y"),
        ("/studies", {"state": "failed", "since": "2024-01-01T10:00:00%2B01:00"},
         "/studies?state=failed&since=2024-01-01T10:00:00%2B01:00"),
        ("/studies", {"q": "a b&c"}, "/studies?q=a%20b%26c"),
    ],
)  # fmt: skip
def test_the_path_is_escaped_again_and_the_query_is_left(
    plugin: Any, path: str, query: dict[str, str], wanted: str
) -> None:
    assert plugin.target(path, query, False) == wanted


def test_a_query_that_orthanc_has_decoded_is_escaped_again(plugin: Any) -> None:
    query = {"since": "2024-01-01T10:00:00+01:00", "q": "50% é", "empty": ""}
    wanted = "/studies?since=2024-01-01T10%3A00%3A00%2B01%3A00&q=50%25%20%C3%A9&empty="
    assert plugin.target("/studies", query, True) == wanted


class TestReply:
    def test_a_status_that_orthanc_cannot_say_becomes_its_neighbour(self, plugin: Any) -> None:
        said: list[tuple[int, bytes]] = []
        output = SimpleNamespace(SendHttpStatus=lambda status, body: said.append((status, body)))
        for status in (208, 301, 429, 451, 507):
            plugin.reply(output, plugin.ServiceAnswer(status, {}, b"x"))
        assert [status for status, _ in said] == [200, 502, 400, 400, 502]

    def test_what_the_browser_may_know_is_passed_on_and_cookies_are_not(self, plugin: Any) -> None:
        headers: dict[str, str] = {}
        output = SimpleNamespace(SetHttpHeader=headers.__setitem__, AnswerBuffer=lambda body, kind: None)
        plugin.reply(output, plugin.ServiceAnswer(200, {"etag": '"7"', "set-cookie": "a=b", "server": "uvicorn"}, b""))
        assert headers == {"Etag": '"7"'}


@pytest.mark.parametrize(
    ("line", "level", "words"),
    [
        ('{"level": "INFO", "message": "scored", "study": "1.2", "time": "now"}', "Info", "scored study=1.2"),
        ('{"level": "warning", "message": "slow"}', "Warning", "slow"),
        ('{"level": "ERROR", "message": "no ledger"}', "Error", "no ledger"),
        ('{"level": "CRITICAL", "message": "no ledger"}', "Error", "no ledger"),
        ("Traceback (most recent call last):", "Warning", "Traceback (most recent call last):"),
        ("[1, 2]", "Warning", "[1, 2]"),
    ],
)
def test_the_log_of_the_service_goes_to_orthanc_by_its_level(line: str, level: str, words: str) -> None:
    double = configured({"Tilscope": {"Enabled": False}})
    plugin = load(double)
    double.said.clear()
    plugin.pass_on_log(line + "\n")
    plugin.pass_on_log("\n")
    assert double.said == [(level, f"TILscope service: {words}")]


def test_an_address_shows_no_token(plugin: Any) -> None:
    assert "secret" not in repr(plugin.Service("http://127.0.0.1:1", "secret"))
