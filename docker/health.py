#!/usr/bin/python3
"""Is the container well? Asks TILscope's health as the administrator; ends with 0 where it is, else with 1 and the reason."""

from __future__ import annotations

import base64
import json
import sys
import urllib.error
import urllib.request

USERS = "/var/lib/orthanc/db/users.json"
ADDRESS = "http://127.0.0.1:8042/tilscope/health"


def main() -> int:
    with open(USERS, encoding="utf-8") as file:
        ((user, password),) = json.load(file)["RegisteredUsers"].items()
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    asked = urllib.request.Request(ADDRESS, headers={"Authorization": f"Basic {credentials}"})
    # A proxy that the environment names has nothing to do with this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=8) as answer:
            return 0 if answer.status == 200 else 1
    except urllib.error.HTTPError as refused:
        print(refused.read().decode("utf-8", "replace")[:500])
    except OSError as fault:
        print(f"Orthanc does not answer: {fault}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
