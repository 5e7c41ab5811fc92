"""What upstream's Docker provider and Docker make of inputs on the way there and back, written again from their code.

Of terraform-provider-docker 4.5 (internal/provider) and moby 20.10 to 28; each rule names where it stands. The tests of
the program hold what it declares against these, so nothing here is the program's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

Inputs = dict[str, Any]
Ports = list[dict[str, Any]]

_UNITS = {"h": 3600, "m": 60, "s": 1}


def cpus(text: str) -> str:
    """`helpers.go: nanoInt64ToDecimalString`: nine zeros leave one decimal, others at the end go, the dot stays."""
    exact = Fraction(text) * 10**9
    assert exact.denominator == 1, "opts.ParseCPUs: value is too precise"
    nano = int(exact)
    decimals = f"{nano // 10**9}.{nano % 10**9:09}"
    if decimals.count("0") == 9:
        tenths = (nano * 2 + 10**8) // (2 * 10**8)  # big.Rat.FloatString rounds halves away from zero
        return f"{tenths // 10}.{tenths % 10}"
    return decimals.rstrip("0")


def long_duration(text: str) -> str:
    """`time.Duration.String`, for containers: 90s is 1m30s, 60s is 1m0s."""
    hours, rest = divmod(_seconds(text), 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{seconds}s"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"


def short_duration(text: str) -> str:
    """`resource_docker_service_structures.go: shortDur`, for services: 60s is 1m."""
    short = re.sub(r"m0s$", "m", long_duration(text))
    return re.sub(r"h0m$", "h", short)


def _seconds(text: str) -> int:
    assert re.fullmatch(r"(\d+h)?(\d+m)?(\d+s)?", text), text
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([hms])", text))


def ports(declared: Ports, addresses: Callable[[Ports], Ports]) -> Ports:
    """`flattenContainerPorts`: sorted by inner port and protocol, of one port as Docker gives its addresses."""
    by_key: dict[tuple[int, str], Ports] = {}
    for port in declared:
        by_key.setdefault((port["internal"], port.get("protocol", "tcp")), []).append(port)
    return [port for key in sorted(by_key) for port in addresses(by_key[key])]


def _reversed(same_port: Ports) -> Ports:
    """Docker 20.10, measured: two addresses of one port come back the other way round."""
    return same_port[::-1]


def _sorted(same_port: Ports) -> Ports:
    """Docker 28, libnetwork/drivers/bridge/port_mapping_linux.go: cmpPortBinding: IPv4 before IPv6."""
    return sorted(same_port, key=lambda port: ":" in port["ip"])


NEVER_APPLIED = frozenset({"cpuPeriod", "cpuQuota", "healthcheck", "init", "mounts", "rm", "tmpfs"})
"""Measured: inputs of a container without ForceNew that `resourceDockerContainerUpdate` leaves as they are."""

ADDRESSES = (_reversed, _sorted)
"""The orders of a port's addresses, by Docker's release."""


def capability(name: str) -> str:
    """moby, oci/caps/utils.go: in capital letters and with its prefix, but for ALL."""
    name = name.upper()
    return name if name == "ALL" or name.startswith("CAP_") else f"CAP_{name}"


def service_image(image: str) -> str:
    """moby, daemon/cluster/services.go: imageWithDigestString gives distribution's familiar form."""
    image = re.sub(r"^(index\.)?docker\.io/", "", image)
    return image.removeprefix("library/")


def ratio(text: str) -> str:
    """`validators.go: suppressEquivalentFloatRatio`: one decimal, which is compared as a number."""
    return text if float(text) == float(f"{float(text):.1f}") else f"{float(text):.1f}"


def container(inputs: Inputs, addresses: Callable[[Ports], Ports] = _reversed) -> Inputs:
    """`resource_docker_container_funcs.go: resourceDockerContainerRead`."""
    read = {
        # moby, daemon/daemon_unix.go: without a limit of its own, swap is as much again.
        "memorySwap": 2 * inputs["memory"],
        **inputs,
        "cpus": cpus(inputs["cpus"]),
        "ports": ports(inputs["ports"], addresses),
        "capabilities": {key: [*map(capability, names)] for key, names in inputs["capabilities"].items()},
        "healthcheck": _healthcheck(inputs["healthcheck"], long_duration),
    }
    assert all(inputs.get("command", [])), "values for command may not be empty"
    return read


def service(inputs: Inputs) -> Inputs:
    """`resource_docker_service_structures.go: flattenTaskSpec`, and what stands beside it."""
    task, spec = inputs["taskSpec"], inputs["taskSpec"]["containerSpec"]
    # swarmkit, api/defaults/service.go
    restart = {"condition": "any", "delay": "5s", "maxAttempts": 0, "window": "0s"} | task["restartPolicy"]
    return {
        **inputs,
        **{key: _update(inputs[key]) for key in ("updateConfig", "rollbackConfig")},
        "taskSpec": {
            **task,
            "containerSpec": {
                **spec,
                "healthcheck": _healthcheck(spec["healthcheck"], short_duration),
                "image": service_image(spec["image"]),
                "stopGracePeriod": short_duration(spec["stopGracePeriod"]),
                **{key: [*map(capability, spec[key])] for key in ("capAdds", "capDrops") if key in spec},
            },
            # flattenTaskNetworksAdvanced: by id, whichever way they were given.
            "networksAdvanceds": [
                {"id": network.get("id") or network["name"], **({"aliases": network["aliases"]})}
                for network in task["networksAdvanceds"]
            ],
            "restartPolicy": {**restart, **{key: short_duration(restart[key]) for key in ("delay", "window")}},
        },
    }


def network(inputs: Inputs) -> Inputs:
    """`flattenIpamConfigSpec`: Docker chooses a gateway where none is given, and an overlay's options."""
    configs = [{"gateway": "Docker's choice", **config} for config in inputs["ipamConfigs"]]
    return {**inputs, "ipamConfigs": configs, **({"options": "more than were given"} if "options" in inputs else {})}


READ: dict[str, Sequence[Callable[[Inputs], Inputs]]] = {
    "docker:index/container:Container": [
        lambda inputs, addresses=addresses: container(inputs, addresses)  # type: ignore[misc]  # bound at once
        for addresses in ADDRESSES
    ],
    "docker:index/network:Network": [network],
    "docker:index/service:Service": [service],
}
"""How inputs read, by the type of the resource; of other types they read as they were written, or not at all."""


def _healthcheck(inputs: Inputs, duration: Callable[[str], str]) -> Inputs:
    return {key: duration(value) if isinstance(value, str) else value for key, value in inputs.items()}


def _update(inputs: Inputs) -> Inputs:
    durations = {key: short_duration(inputs[key]) for key in ("delay", "monitor")}
    return {**inputs, **durations, "maxFailureRatio": ratio(inputs["maxFailureRatio"])}
