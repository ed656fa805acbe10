"""Exporters: a page of samples over a real socket, negotiated as Prometheus's client libraries do; and a service of target lists."""

import gzip
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from monitoring.metrics.formats.writing import OPENMETRICS_TYPE, TEXT_TYPE
from tests.fakes.serving import hang, serving


@dataclass
class Exporter:
    """What it answers may be changed between scrapes. `newer` is its page as OpenMetrics, if it speaks that."""

    page: str = ""
    newer: str = ""
    status: int = 200
    kind: str = TEXT_TYPE
    token: str = ""
    hangs: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    asked: list[web.BaseRequest] = field(default_factory=list)

    @property
    def where(self) -> str:
        return self.url.removeprefix("http://")

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        if self.hangs:
            await hang()
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        newer = self.newer and "application/openmetrics-text" in request.headers.get("Accept", "")
        body = (self.newer if newer else self.page).encode()
        headers = {"Content-Type": OPENMETRICS_TYPE if newer else self.kind, **self.headers}
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        return web.Response(status=self.status, body=body, headers=headers)


@asynccontextmanager
async def exporting(page: str = "", **options: Any) -> AsyncIterator[Exporter]:
    """An exporter at any path of its address."""
    exporter = Exporter(page, **options)
    application = web.Application()
    application.router.add_get("/{path:.*}", exporter.answer)
    async with serving(application) as exporter.url:
        yield exporter


@dataclass
class TargetList:
    """A service that answers with groups of targets, in the format of http_sd_config."""

    groups: Any = field(default_factory=list)
    status: int = 200
    url: str = ""
    asked: list[web.BaseRequest] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return web.json_response(self.groups, status=self.status)


@asynccontextmanager
async def listing(*targets: str, **labels: str) -> AsyncIterator[TargetList]:
    """A list of one group."""
    service = TargetList([{"targets": list(targets), "labels": labels}])
    application = web.Application()
    application.router.add_get("/targets", service.answer)
    async with serving(application) as url:
        service.url = f"{url}/targets"
        yield service
