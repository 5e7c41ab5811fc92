"""docker.Container."""

from __future__ import annotations

import base64
import io
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from standins.docker.container_config import CONTAINER, DEFAULTS, published, volumes
from standins.docker.daemon import Daemon, errors, explain, unless_gone
from standins.provider.resource import FAILED, IncompleteError, ProviderError, Resource
from standins.provider.schema import Failure
from standins.provider.wire import Plain, at, objects

_POLL_SECONDS = 0.3  # also what a container that exits at once is given to do so
_LOG_LINES = 20

# What only steers the plugin, and never reaches Docker.
_BEHAVIOUR = frozenset(
    {"attach", "containerReadRefreshTimeoutMilliseconds", "destroyGraceSeconds", "logs", "mustRun", "removeVolumes"}
    | {"start", "wait", "waitTimeout"}
)
# What the real plugin changes on a running container.
_UPDATABLE = frozenset({"cpuSet", "cpuShares", "maxRetryCount", "memory", "memoryReservation", "memorySwap", "restart"})
# What the real plugin takes as an update and then never applies.
_NEVER_APPLIED = frozenset({"cpuPeriod", "cpuQuota", "healthcheck", "init", "rm", "tmpfs"})


class Container(Resource[Daemon]):
    """A container; a replacement always removes the old one first."""

    handles = "docker:index/container:Container"
    arguments = "pulumi_docker.container:ContainerArgs"
    auto_name = "name"
    delete_before_replace = True
    replaces = frozenset(field.input for field in CONTAINER.fields) - _BEHAVIOUR - _UPDATABLE - _NEVER_APPLIED
    defaults = DEFAULTS
    read_back = frozenset({"cpus", "mustRun", "name", "ports"})
    unordered = frozenset(
        {"capabilities.adds", "capabilities.drops", "dns", "dnsOpts", "dnsSearches", "envs", "groupAdds", "labels"}
        | {"mounts", "networksAdvanced", "networksAdvanced.aliases", "securityOpts", "uploads", "volumes"}
    )
    outputs = frozenset({"bridge", "containerLogs", "exitCode", "hostname", "networkDatas"})

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse what the stand-in cannot do, and what the real plugin never settles on."""
        yield from CONTAINER.refuse(inputs, "")
        for index, upload in objects(inputs.get("uploads")):
            if len(upload.keys() & {"content", "contentBase64", "source"}) != 1:
                yield f"uploads[{index}]", "expected one of content, contentBase64 and source"
        if inputs.get("attach") is True and inputs["mustRun"] is True:
            yield "mustRun", "has to be false with attach, which waits for the container's end"
        if inputs.get("wait") is True and "healthcheck" not in inputs:
            yield "wait", "needs a healthcheck"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the container, start it, and wait for its health or its end if that is asked for.

        What fails once there is a container leaves it as it is; the next `up` replaces it.
        """
        api = self.client.api
        self._pull(inputs["image"], inputs.get("platform"))
        container = api.create_container_from_config(_config(inputs), inputs["name"], inputs.get("platform"))["Id"]
        try:
            self._connect(container, inputs.get("networksAdvanced", []))
            for upload in inputs.get("uploads", []):
                api.put_archive(container, "/", _archive(upload))
            if inputs["start"]:
                self._start(container)
                if inputs.get("wait"):
                    self._wait_until_healthy(container, inputs["waitTimeout"])
            logs = ""
            if inputs.get("attach"):
                api.wait(container, timeout=None)
                logs = self._logs(container) if inputs.get("logs") else ""
        except Exception as error:
            raise IncompleteError(explain(error), container, {FAILED: True}) from error
        return container, _outputs(api.inspect_container(container), inputs, logs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the container; one that must run and does not is shown as one that need not."""
        try:
            actual = self.client.api.inspect_container(resource_id)
        except errors.NotFound:
            return None
        state = _outputs(actual, inputs, outputs.get("containerLogs", ""))
        if FAILED in outputs and at(actual, "State.Health.Status") != "healthy":
            state[FAILED] = True
        return CONTAINER.observe(inputs, _configuration(actual)), state

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Change limits and the restart policy, and start what should run."""
        api = self.client.api
        ignored = sorted(name for name in _NEVER_APPLIED if inputs.get(name) != old_inputs.get(name))
        if ignored:
            raise ProviderError(
                f"the real plugin accepts a change of {', '.join(ignored)} and never applies it; "
                f"add replace_on_changes={ignored} to the container's options"
            )
        if any(inputs.get(name) != old_inputs.get(name) for name in _UPDATABLE):
            wanted = CONTAINER.encode(inputs)["HostConfig"]
            api.update_container(
                resource_id,
                cpu_shares=wanted.get("CpuShares"),
                cpuset_cpus=wanted.get("CpusetCpus"),
                mem_limit=wanted.get("Memory"),
                mem_reservation=wanted.get("MemoryReservation"),
                memswap_limit=wanted.get("MemorySwap"),
                restart_policy=wanted["RestartPolicy"],
            )
        if inputs["mustRun"] and not old_inputs.get("mustRun", True) and inputs["start"]:
            self._start(resource_id)
        return _outputs(api.inspect_container(resource_id), inputs, outputs.get("containerLogs", ""))

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the container: killed at once, unless destroyGraceSeconds lets it stop first."""
        del outputs
        api = self.client.api
        grace = inputs.get("destroyGraceSeconds", 0)
        with unless_gone():
            if grace > 0 and not inputs.get("attach"):
                api.stop(resource_id, timeout=grace)
            api.remove_container(resource_id, v=inputs.get("removeVolumes", True), force=True)

    def _pull(self, image: str, platform: str | None) -> None:
        """Get the image if the daemon has not got it."""
        api = self.client.api
        try:
            api.inspect_image(image)
        except errors.ImageNotFound:
            self.log(f"pulling {image}")
            try:
                for line in api.pull(image, platform=platform, stream=True, decode=True):
                    if "error" in line:
                        raise ProviderError(f"cannot pull the image {image}: {line['error']}")
            except (errors.NotFound, errors.APIError) as error:
                raise ProviderError(f"cannot pull the image {image}: {error.explanation or error}") from error

    def _connect(self, container: str, networks: list[Plain]) -> None:
        """Join the networks in place of the default bridge."""
        api = self.client.api
        if networks and at(api.inspect_container(container), "NetworkSettings.Networks.bridge") is not None:
            api.disconnect_container_from_network(container, "bridge")
        for network in networks:
            api.connect_container_to_network(container, network["name"], aliases=network.get("aliases"))

    def _start(self, container: str) -> None:
        try:
            self.client.api.start(container)
        except errors.APIError as error:
            raise ProviderError(f"Unable to start container: {explain(error)}") from error
        self.cancelled.wait(_POLL_SECONDS)

    def _wait_until_healthy(self, container: str, timeout: int) -> None:
        api = self.client.api
        deadline = time.monotonic() + timeout
        while (health := at(api.inspect_container(container), "State.Health.Status")) != "healthy":
            if time.monotonic() > deadline:
                output = self._logs(container)
                raise ProviderError(f"container failed to be in healthy state: it is {health}, and said: {output}")
            if self.cancelled.wait(_POLL_SECONDS):
                raise ProviderError("interrupted before the container was healthy")

    def _logs(self, container: str) -> str:
        return str(self.client.api.logs(container, tail=_LOG_LINES).decode(errors="replace").strip())


def _configuration(actual: Any) -> Plain:
    """Return what Docker tells of a container in the form in which it was made."""
    return {**actual["Config"], "HostConfig": actual["HostConfig"]}


def _outputs(actual: Any, inputs: Plain, logs: str) -> Plain:
    """Return the container in the forms of the real plugin's state."""
    networks = at(actual, "NetworkSettings.Networks") or {}
    running = actual["State"]["Running"]
    state = CONTAINER.decode(_configuration(actual), inputs) | {
        "id": actual["Id"],
        "name": actual["Name"].removeprefix("/"),
        "platform": actual["Platform"],
        "mustRun": inputs.get("mustRun", True) and running,
        "bridge": at(actual, "NetworkSettings.Bridge") or "",
        "containerLogs": logs or None,
        "exitCode": None if running else actual["State"]["ExitCode"],
        "networkDatas": [
            {
                "networkName": name,
                "ipAddress": network["IPAddress"],
                "ipPrefixLength": network["IPPrefixLen"],
                "gateway": network["Gateway"],
                "macAddress": network["MacAddress"],
                "globalIpv6Address": network["GlobalIPv6Address"],
                "globalIpv6PrefixLength": network["GlobalIPv6PrefixLen"],
                "ipv6Gateway": network["IPv6Gateway"],
            }
            for name, network in sorted(networks.items())
        ],
    }
    if running and "ports" in inputs:
        state["ports"] = published(at(actual, "NetworkSettings.Ports") or {})
    return state


def _config(inputs: Plain) -> Plain:
    """Write the configuration that makes the container."""
    config = CONTAINER.encode(inputs)
    host = config["HostConfig"]
    config["ExposedPorts"] = {port: {} for port in host.get("PortBindings", {})}
    places = volumes(inputs.get("volumes", []))
    host.update(places["HostConfig"])
    config["Volumes"] = places["Volumes"]
    return config


def _archive(upload: Plain) -> bytes:
    """Pack one file to upload, with the real plugin's modes."""
    if "source" in upload:
        content = Path(upload["source"]).read_bytes()
    elif "contentBase64" in upload:
        content = base64.b64decode(upload["contentBase64"])
    else:
        content = upload["content"].encode()
    entry = tarfile.TarInfo(upload["file"].lstrip("/"))
    entry.size = len(content)
    entry.mode = int(upload.get("permissions", "0744" if upload.get("executable") else "0644"), 8)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()
