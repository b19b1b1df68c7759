"""Orthanc's configuration is changed where a key stands, and all that people have written around it stays."""

from __future__ import annotations

import json

import pytest

from tilscope.service.doctor.configuration.commented_json import blanked, members_of, with_value

DEBIANS = """{
  /**
   * "PythonScript" : "a comment's"
   **/
  "PythonScript" : "/etc/orthanc/sample.py", // Hello "world"
  "Url" : "http://one//two /* no comment */",
  "RegisteredUsers" : {
    // "alice" : "alicePassword"
  },
}
"""


def test_comments_and_a_last_comma_are_read_over_and_texts_are_left_alone() -> None:
    assert {one.key: one.value for one in members_of(DEBIANS)} == {
        "PythonScript": "/etc/orthanc/sample.py",
        "Url": "http://one//two /* no comment */",
        "RegisteredUsers": {},
    }
    assert len(blanked(DEBIANS)) == len(DEBIANS)


def test_a_value_is_changed_at_its_place() -> None:
    changed = with_value(DEBIANS, "PythonScript", "/opt/plugin.py")
    assert changed == DEBIANS.replace('"/etc/orthanc/sample.py"', '"/opt/plugin.py"')


def test_a_value_that_holds_a_comment_is_changed_as_a_whole() -> None:
    changed = with_value(DEBIANS, "RegisteredUsers", {"müller": "a"})
    assert json.loads(blanked(changed))["RegisteredUsers"] == {"müller": "a"}
    assert "alicePassword" not in changed
    assert "Hello" in changed


@pytest.mark.parametrize("text", ["{}", "{ // nothing yet\n}", '{"Name": "x"}'])
def test_a_new_key_is_added(text: str) -> None:
    changed = with_value(text, "Tilscope", {"Workers": 1})
    assert json.loads(blanked(changed)) == {**json.loads(blanked(text)), "Tilscope": {"Workers": 1}}


@pytest.mark.parametrize("text", ["", "[]", '{"a": }', '{"a": 1'])
def test_what_is_no_object_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        members_of(text)
