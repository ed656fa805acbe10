"""Where the targets of a check are named: in its settings, in files on the engine's host, at an address that answers with a list.

Files and addresses hold Prometheus's JSON format of service discovery (files may be YAML). They are asked again every REFRESH_S; where
one cannot be read, its last good list stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from django.conf import settings as portal

from monitoring.checks.portable.nodes import UnreadableError, load
from monitoring.checks.probes.asking import fault_words
from monitoring.checks.probes.base import Context, Json
from monitoring.checks.probes.prometheus.targets import Group, groups_of
from opsportal.http import BearerAuth, HttpError, Request, Zone, fetch, scrub

REFRESH_S = 60.0
MOST_BYTES = 4 * 1_048_576
MOST_FILES = 100
MOST_REMEMBERED_BYTES = 262_144
GONE = "there is no such file"
SUFFIXES = (".json", ".yml", ".yaml")


@dataclass(slots=True)
class Listed:
    """The last good list of a source, and why there is no newer one."""

    groups: list[Group]
    fault: str = ""


class Discovery:
    """The groups of one check. `refresh` asks, `groups` and `faults` say what is known."""

    def __init__(self, settings: Mapping[str, Json]) -> None:
        self.static = [Group(tuple(settings["targets"]))]
        self.files: list[str] = list(settings["file_sd_files"])
        self.url: str = settings["http_sd_url"]
        self.request = _request(settings) if self.url else None
        self.lists: dict[str, Listed] = {}
        self.due_at = 0.0

    def is_due(self, now_s: float) -> bool:
        return bool(self.files or self.request) and now_s >= self.due_at

    def is_known(self) -> bool:
        """Whether there is something to go by before the sources were asked."""
        return bool(self.lists) or not (self.files or self.request)

    def groups(self) -> list[Group]:
        return self.static + [group for listed in self.lists.values() for group in listed.groups]

    def faults(self) -> list[str]:
        """A sentence about each source that could not be read."""
        return [f"Targets of {source}: {listed.fault}" for source, listed in self.lists.items() if listed.fault]

    def recall(self, memory: Mapping[str, Json]) -> None:
        """After a restart, or on another engine: begin with the lists of the last run, if they are of the same sources."""
        if self.lists or memory.get("sources") != self._sources():
            return
        for source, groups in memory["lists"].items():
            found = [Group(tuple(places), tuple((name, value) for name, value in labels)) for places, labels in groups]
            self.lists[source] = Listed(found)

    def as_memory(self) -> dict[str, Json]:
        """JSON that `recall` takes; nothing where there is nothing, or too much to keep."""
        lists = {
            source: [[list(group.places), [list(pair) for pair in group.labels]] for group in listed.groups]
            for source, listed in self.lists.items()
        }
        if not lists or len(orjson.dumps(lists)) > MOST_REMEMBERED_BYTES:
            return {}
        return {"sources": self._sources(), "lists": lists}

    def _sources(self) -> list[str]:
        return [*self.files, self.url]

    async def refresh(self, context: Context, timeout_s: float) -> None:
        """Ask every source again. Raises nothing of theirs."""
        self.due_at = context.now.timestamp() + REFRESH_S
        found = await context.in_thread(lambda: dict(read_files(self.files)))
        if self.request:
            found |= {scrub(self.url): await _asked(self.request, self.url, timeout_s)}
        before, self.lists = self.lists, {}
        for source, answer in found.items():
            known = before.get(source, Listed([]))
            if isinstance(answer, str):
                self.lists[source] = Listed([] if answer == GONE else known.groups, answer)
            else:
                self.lists[source] = Listed(answer)


def read_files(patterns: list[str]) -> Iterator[tuple[str, list[Group] | str]]:
    """The groups of each file, or what is wrong with it, by its path within METRICS_FILE_SD_DIR."""
    for pattern in patterns:
        try:
            paths = allowed_paths(pattern)
        except ValueError as error:
            yield pattern, str(error)
            continue
        for name, path in paths:
            yield name, _read(path, name)


def allowed_paths(pattern: str) -> list[tuple[str, Path]]:
    """The files that a pattern names: (as written, real path). Raises ValueError for what is not below METRICS_FILE_SD_DIR."""
    base = Path(portal.METRICS_FILE_SD_DIR).resolve()
    relative = Path(pattern)
    if relative.is_absolute():
        if not relative.is_relative_to(portal.METRICS_FILE_SD_DIR):
            raise ValueError("files of targets must lie below METRICS_FILE_SD_DIR")
        relative = relative.relative_to(portal.METRICS_FILE_SD_DIR)
    if ".." in relative.parts or not pattern.endswith(SUFFIXES):
        raise ValueError("must be a path below METRICS_FILE_SD_DIR that ends with .json, .yml or .yaml")
    is_pattern = bool(set("*?[") & set(relative.name))
    found = sorted((base / relative.parent).glob(relative.name)) if is_pattern else [base / relative]
    resolved = [(str(path.relative_to(base)), path.resolve()) for path in found[:MOST_FILES]]
    if any(not path.is_relative_to(base) for _, path in resolved):
        raise ValueError("leads out of METRICS_FILE_SD_DIR")
    return resolved


def _read(path: Path, name: str) -> list[Group] | str:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return GONE
    except OSError as error:
        return f"cannot be read ({type(error).__name__})"
    if len(raw) > MOST_BYTES:
        return f"is larger than {MOST_BYTES:,} bytes"
    try:
        data = orjson.loads(raw) if name.endswith(".json") else load(raw.decode())[1]
        return groups_of(data, {"__meta_filepath": str(path)})
    except orjson.JSONDecodeError as error:
        return f"is not JSON: {error}"
    except (UnreadableError, ValueError) as error:
        return str(error)


async def _asked(request: Request, url: str, timeout_s: float) -> list[Group] | str:
    try:
        answer = await fetch(request, zone=Zone.CHECKS, timeout_s=timeout_s)
        if answer.status != 200:
            return f"answers {answer.status}"
        return groups_of(answer.json(), {"__meta_url": url})
    except HttpError as error:
        return fault_words(error)
    except ValueError as error:
        return str(error)


def _request(settings: Mapping[str, Json]) -> Request:
    token = settings["http_sd_token"]
    return Request(
        url=settings["http_sd_url"],
        headers={"Accept": "application/json", "X-Prometheus-Refresh-Interval-Seconds": f"{REFRESH_S:g}"},
        auth=BearerAuth(token) if token else None,
        max_bytes=MOST_BYTES,
        verify_tls=settings["verify_tls"],
        ca_pem=settings["ca_pem"] or None,
    )
