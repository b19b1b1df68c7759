"""What is too large is refused while it comes in, and the service's memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from orthanc_server import OrthancServer
from psutil import Process
from service_process import ServiceProcess

LIMIT = 64 * 1024


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("large")
    with ServiceProcess(OrthancServer(folder), folder) as running:  # an Orthanc that was never started
        yield running


def pieces(total: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(total // 2**16):
        yield bytes(2**16)


def post(service: ServiceProcess, total: int, told: bool) -> int:
    headers = {"Content-Type": "application/json", **({"Content-Length": str(total)} if told else {})}
    try:
        return service.http.post("/patients/molecular", content=pieces(total), headers=headers).status_code
    except httpx.WriteError:  # the service has hung up on it
        return 413


@pytest.mark.parametrize("told", [True, False], ids=["length told", "in chunks"])
def test_three_posts_of_400_mb_at_once_leave_the_memory_flat(service: ServiceProcess, told: bool) -> None:
    process = Process(service.pid)
    post(service, 400 * 2**20, told)  # what a first request imports is no part of it
    before = process.memory_info().rss
    with ThreadPoolExecutor(3) as people:
        assert set(people.map(lambda _: post(service, 400 * 2**20, told), range(3))) == {413}
    assert process.memory_info().rss - before < 50e6
    assert service.http.get("/health").status_code in (200, 503)


def test_a_body_as_long_as_it_may_be_is_read_and_one_byte_more_is_not(service: ServiceProcess) -> None:
    def status(length: int) -> int:
        json = b'{"patient_id": "' + (length - 18) * b"a" + b'"}'
        assert len(json) == length
        return service.http.post(
            "/patients/molecular", content=json, headers={"Content-Type": "application/json"}
        ).status_code

    assert (status(LIMIT), status(LIMIT + 1)) == (400, 413)


def test_queries_and_headers_have_their_limits(service: ServiceProcess) -> None:
    assert service.http.get("/studies?text=" + "a" * 5000).json()["code"] == "query-too-long"
    crowd = service.http.get("/studies", headers={f"X-{n}": "1" for n in range(70)})
    assert crowd.json()["code"] == "too-many-headers"


def test_what_is_refused_so_is_in_the_audit_log(service: ServiceProcess) -> None:
    post(service, 2 * LIMIT, told=True)
    last = service.http.get("/actions").json()["actions"][0]
    assert (last["action"], last["status"]) == ("POST /patients/molecular", 413)
