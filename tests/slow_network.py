"""A network between a client and a server of this machine: whatever is sent arrives later, and nothing is lost.

with SlowNetwork(orthanc.http_port, round_trip_s=0.010) as network:
    httpx.get(f"{network.url}/system")
    network.most_connections                     # that were open at once
"""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

_CHUNK = 1 << 18


class SlowNetwork:
    """Listens on a free port of the loopback, and carries every byte to `port` and back, half a round trip late each way."""

    def __init__(self, port: int, round_trip_s: float) -> None:
        self._port, self._one_way_s = port, round_trip_s / 2
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open = 0
        self.most_connections = 0
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._carry, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _carry(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self._open += 1
        self.most_connections = max(self.most_connections, self._open)
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            async with asyncio.TaskGroup() as both_ways:
                both_ways.create_task(self._pass_on(from_client, to_server))
                both_ways.create_task(self._pass_on(from_server, to_client))
        except* OSError:
            pass  # either end has gone: so does the other
        finally:
            self._open -= 1
            to_client.close()
            to_server.close()

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """What comes in goes out in its order, each piece at its own time: a long message is late once, not piece by piece."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, piece = await under_way.get()
                await asyncio.sleep(due - self._loop.time())
                if not piece:
                    target.write_eof()
                    return
                target.write(piece)
                await target.drain()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(deliver())
            while True:
                piece = await source.read(_CHUNK)
                under_way.put_nowait((self._loop.time() + self._one_way_s, piece))
                if not piece:
                    break
