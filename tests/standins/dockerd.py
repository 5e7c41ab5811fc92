"""A Docker daemon of a few dicts: it answers in the form of the Docker API, filled in as Debian 12's daemon does."""

from __future__ import annotations

from typing import Any

from docker.errors import APIError, NotFound
from requests import Response

from standins.provider.wire import Plain

_TEXTS = ("IPAddress", "Gateway", "MacAddress", "GlobalIPv6Address", "IPv6Gateway")
_UNADDRESSED = {**dict.fromkeys(_TEXTS, ""), "IPPrefixLen": 0, "GlobalIPv6PrefixLen": 0}


def refusal(status: int, message: str) -> APIError:
    """Return the error by which docker-py tells what the daemon refuses."""
    response = Response()
    response.status_code = status
    kind = NotFound if status == 404 else APIError
    return kind(message, response, message)


class Dockerd:
    """The calls of docker-py's client that the stand-in makes; every object gets the id given here."""

    def __init__(
        self,
        object_id: str = "0123456789abcdef",
        image: Plain | None = None,
        networks: Plain | None = None,
        options: Plain | None = None,
        health: str = "healthy",
    ) -> None:
        """`image` is what the image says of itself, `networks` what the container has in each when it runs."""
        self.api = self  # what the stand-in takes for a client has docker-py's as `api`
        self.id = object_id
        self.objects: dict[str, Plain] = {}
        self.calls: list[str] = []
        self.refuses: dict[str, APIError] = {}
        self.exits_at_once = False
        self._image = image or {}
        self._networks = networks or {}
        self._options = options
        self._health = health

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.refuses:
            raise self.refuses[name]

    def _find(self, object_id: str) -> Plain:
        if object_id not in self.objects:
            raise refusal(404, f"No such object: {object_id}")
        return self.objects[object_id]

    def inspect_image(self, image: str) -> Plain:
        return {"Id": image}

    def create_container_from_config(self, config: Plain, name: str, platform: str | None) -> Plain:
        self._call("create")
        host = {
            "AutoRemove": False,
            "Dns": [],
            "Init": None,
            "IpcMode": "private",
            "LogConfig": {"Type": "json-file", "Config": {}},
            "Runtime": "runc",
            "ShmSize": 64 * 1024 * 1024,
            **config["HostConfig"],
        }
        host["RestartPolicy"] = {"MaximumRetryCount": 0, **host["RestartPolicy"]}
        made = {key: value for key, value in config.items() if key != "HostConfig"}
        made["Env"] = [*made.get("Env", []), "PATH=/usr/bin"]
        self.objects[self.id] = {
            "Id": self.id,
            "Name": f"/{name}",
            "Platform": platform or "linux",
            "Config": {"Hostname": self.id[:12], "User": "", "Entrypoint": None, **self._image, **made},
            "HostConfig": host,
            "State": {"Running": False, "ExitCode": 0},
            "NetworkSettings": {"Bridge": "", "Ports": {}, "Networks": {"bridge": _UNADDRESSED}},
        }
        return {"Id": self.id}

    def disconnect_container_from_network(self, container: str, network: str) -> None:
        del self._find(container)["NetworkSettings"]["Networks"][network]

    def connect_container_to_network(self, container: str, network: str, **options: Any) -> None:
        del options
        self._find(container)["NetworkSettings"]["Networks"][network] = self._networks.get(network, _UNADDRESSED)

    def start(self, container: str) -> None:
        self._call("start")
        if self.exits_at_once:
            self._find(container)["State"] = {"Running": False, "ExitCode": 1}
            return
        actual = self._find(container)
        actual["State"] = {"Running": True, "ExitCode": 0, "Health": {"Status": self._health}}
        actual["NetworkSettings"]["Ports"] = actual["HostConfig"].get("PortBindings", {})

    def stop(self, container: str, timeout: int = 0) -> None:
        del timeout
        self._call("stop")
        self._find(container)["State"] = {"Running": False, "ExitCode": 0}

    def update_container(self, container: str, mem_reservation: int | None = None, **others: Any) -> None:
        del others
        self._call("update")
        self._find(container)["HostConfig"]["MemoryReservation"] = mem_reservation

    def logs(self, container: str, tail: int) -> bytes:
        self._find(container)
        return b"last words"[-tail * 10 :]

    def _inspect(self, object_id: str) -> Plain:
        return self._find(object_id)

    def _remove(self, object_id: str, **options: Any) -> None:
        del options
        self._call("remove")
        self._find(object_id)
        del self.objects[object_id]

    def containers(self, filters: Plain) -> list[Plain]:
        """List the containers that are left of a removed service."""
        del filters
        return [found for key, found in self.objects.items() if key != self.id]

    def create_network(self, name: str, **wanted: Any) -> Plain:
        self.objects[self.id] = {
            "Id": self.id,
            "Name": name,
            "Driver": wanted["driver"] or "bridge",
            "Scope": "swarm" if wanted["driver"] == "overlay" else "local",
            "IPAM": {"Options": None, **wanted["ipam"]},
            "Options": self._options,
            "Internal": wanted["internal"],
            "Attachable": bool(wanted["attachable"]),
            "Ingress": False,
            "EnableIPv6": wanted["enable_ipv6"],
            "Labels": None,
        }
        return {"Id": self.id}

    def create_volume(self, name: str, **wanted: Any) -> Plain:
        folder = f"/var/lib/docker/volumes/{name}/_data"
        self.objects[name] = {
            "Name": name,
            "Driver": wanted["driver"] or "local",
            "Labels": wanted["labels"],
            "Mountpoint": folder,
            "Options": None,
        }
        return self.objects[name]

    def _create_file(self, name: str, data: bytes, labels: Plain) -> Plain:
        del data, labels
        self.objects[self.id] = {"ID": self.id, "Spec": {"Name": name}}
        return {"ID": self.id}

    def create_service(self, task_template: Plain, **spec: Any) -> Plain:
        parts = {
            "Name": "name",
            "Labels": "labels",
            "Mode": "mode",
            "UpdateConfig": "update_config",
            "RollbackConfig": "rollback_config",
            "EndpointSpec": "endpoint_spec",
        }
        container = {"Isolation": "default", "DNSConfig": {}, **task_template["ContainerSpec"]}
        template = {"ForceUpdate": 0, "Runtime": "container", **task_template}
        whole = {part: spec[name] for part, name in parts.items()}
        self.objects[self.id] = {
            "ID": self.id,
            "Spec": {**whole, "TaskTemplate": template | {"ContainerSpec": container}},
        }
        return {"ID": self.id}

    inspect_container = inspect_network = inspect_volume = inspect_service = inspect_secret = inspect_config = _inspect
    remove_container = remove_network = remove_volume = remove_service = remove_secret = remove_config = _remove
    create_secret = create_config = _create_file
