"""A private VictoriaMetrics (Debian's) on a free port of the loopback."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import aiohttp

from tests.real_parts import stop

PROGRAM = shutil.which("victoria-metrics")
WHY_NOT = "victoria-metrics is not installed (Debian: victoria-metrics)"


class Victoria:
    """May be stopped and started again on the same data and port."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Until it answers. Raises TimeoutError after 20 s."""
        self._spawn()
        async with asyncio.timeout(20):
            while True:
                try:
                    await self.get("/health")
                    return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)

    def _spawn(self) -> None:
        data, address = self.folder / "victoria", f"127.0.0.1:{self.port}"
        command = [str(PROGRAM), f"-storageDataPath={data}", f"-httpListenAddr={address}", "-search.latencyOffset=0s"]
        with (self.folder / "victoria.log").open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
            self.process = None

    async def get(self, path: str, **parameters: str) -> Any:
        async with aiohttp.ClientSession() as session, session.get(self.url + path, params=parameters) as answer:
            answer.raise_for_status()
            return await answer.json(content_type=None) if path.startswith("/api") else await answer.text()

    async def exported(self, selector: str) -> list[float]:
        """Values of the one series that matches, in time order; empty when there is none yet."""
        await self.get("/internal/force_flush")
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}/api/v1/export", params={"match[]": selector}) as answer,
        ):
            lines = (await answer.text()).splitlines()
        assert len(lines) <= 1, lines
        found: list[float] = json.loads(lines[0])["values"] if lines else []
        return found
