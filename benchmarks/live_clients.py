"""Many tabs in one process: `python -m benchmarks.live_clients` reads {"url", "origin", "cookies", "clients"} from stdin.

Prints "ready" when every tab has its snapshot, runs until its input ends, then prints
{"missing": frames missed, "reconnects": tabs that lost their line, "delays_s": [publish to receive, each frame]}.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from benchmarks.live_app import TOPIC
from benchmarks.stack import raise_file_limit

CONNECTING_AT_ONCE = 100
ACK_EVERY_FRAMES = 4


@dataclass
class Tally:
    """What all tabs saw."""

    ready: int = 0
    missing: int = 0
    lost: int = 0
    delays_s: list[float] = field(default_factory=list)


async def tab(session: aiohttp.ClientSession, plan: dict[str, Any], cookie: str, turn: Any, tally: Tally) -> None:
    """One tab: subscribes, counts the gaps, acknowledges."""
    headers = {"Cookie": cookie, "Origin": plan["origin"]}
    async with turn:
        socket = await session.ws_connect(plan["url"], headers=headers)
        await socket.send_str(json.dumps({"subscribe": [TOPIC]}))
        frames, seq = await first_snapshot(socket)
        tally.ready += 1
    async for message in socket:
        frames += 1
        frame = orjson.loads(message.data)
        if "updates" in frame:
            tally.delays_s.append(time.monotonic() - frame["updates"]["at"]["sent"])
            tally.missing += frame["seq"] - seq - 1
            seq = frame["seq"]
        if frames % ACK_EVERY_FRAMES == 0:
            await socket.send_str(f'{{"ack":{frames}}}')
    tally.lost += 1


async def first_snapshot(socket: aiohttp.ClientWebSocketResponse) -> tuple[int, int]:
    """Frames read, and the sequence number of the snapshot."""
    for frames in range(1, 10):
        frame = orjson.loads(await socket.receive_str(timeout=30))
        if "snapshot" in frame:
            return frames, frame["seq"]
    raise RuntimeError(f"no snapshot; the last frame was {frame}")


async def main() -> None:
    raise_file_limit()
    plan = json.loads(sys.stdin.readline())
    tally, turn = Tally(), asyncio.Semaphore(CONNECTING_AT_ONCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        cookies = plan["cookies"]
        tabs = [
            asyncio.create_task(tab(session, plan, cookies[n % len(cookies)], turn, tally))
            for n in range(plan["clients"])
        ]
        while tally.ready < plan["clients"]:
            for one in tabs:
                if one.done():
                    one.result()
            await asyncio.sleep(0.1)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        result = {"missing": tally.missing, "lost": tally.lost, "delays_s": tally.delays_s}
        for one in tabs:
            one.cancel()
        await asyncio.wait(tabs)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
