"""docker.Service."""

from __future__ import annotations

import time
from collections.abc import Iterable

from standins.docker.daemon import Daemon, errors, unless_gone
from standins.docker.fields import nanoseconds, seconds
from standins.docker.service_spec import DEFAULTS, SERVICE
from standins.provider.resource import IncompleteError, ProviderError, Resource
from standins.provider.schema import Failure
from standins.provider.wire import Plain, at, objects

_POLL_SECONDS = 0.5
_FIRST_LOOK_SECONDS = 7  # of the real plugin, after an update
_OVER_GRACE = (
    "context deadline exceeded (the service is removed all the same)\n"
    "  mend: a longer stopGracePeriod than its tasks need to end, and `pulumi refresh --target` with its URN"
)
_BROKEN = {
    "rollback_completed": "service rollback completed",
    "paused": "service update paused",
    "rollback_paused": "service rollback paused",
}


class Service(Resource[Daemon]):
    """A Swarm service."""

    handles = "docker:index/service:Service"
    arguments = "pulumi_docker.service:ServiceArgs"
    auto_name = "name"
    replaces = frozenset(
        {
            "name",
            "auth",
            "mode",
            "taskSpec.containerSpec.hosts",
            "taskSpec.containerSpec.labels",
            "taskSpec.containerSpec.sysctl",
            "taskSpec.containerSpec.mounts.volumeOptions.labels",
            "taskSpec.networksAdvanceds",
        }
    )
    in_place = frozenset({"mode.replicated", "mode.global"})
    defaults = DEFAULTS
    unordered = frozenset(
        {
            "labels",
            "taskSpec.containerSpec.configs",
            "taskSpec.containerSpec.hosts",
            "taskSpec.containerSpec.labels",
            "taskSpec.containerSpec.mounts",
            "taskSpec.containerSpec.secrets",
            "taskSpec.networksAdvanceds",
            "taskSpec.networksAdvanceds.aliases",
            "taskSpec.placement.constraints",
            "taskSpec.placement.prefs",
        }
    )

    def check(self, inputs: Plain) -> Iterable[Failure]:
        """Refuse what the stand-in cannot do, and durations that the real plugin never settles on."""
        yield from SERVICE.refuse({key: value for key, value in inputs.items() if key != "convergeConfig"}, "")
        for name in ("delay", "timeout"):
            duration = at(inputs, f"convergeConfig.{name}")
            if isinstance(duration, str):
                try:
                    nanoseconds(duration)
                except ValueError as error:
                    yield f"convergeConfig.{name}", str(error)
        if at(inputs, "mode.global") is True and ("replicated" in inputs["mode"] or "convergeConfig" in inputs):
            yield "mode.global", "conflicts with mode.replicated and convergeConfig"
        for index, network in objects(at(inputs, "taskSpec.networksAdvanceds")):
            if not network.keys() & {"id", "name"}:
                yield f"taskSpec.networksAdvanceds[{index}].id", "required, and missing"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the service and wait until its tasks run; one that does not get there is removed again."""
        service = self.client.api.create_service(**_specification(inputs))["ID"]
        converge = inputs.get("convergeConfig")
        if converge is not None:
            deadline = _deadline(converge)
            while not self._running(service):
                if self._pause(deadline):
                    reason = self._did_not_converge(service, converge)
                    self.client.api.remove_service(service)
                    raise ProviderError(f"{reason}; it was removed again")
        return service, self._outputs(service)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the service as Swarm has it, a change by other hands or a rollback included."""
        del outputs
        try:
            service = self.client.api.inspect_service(resource_id)
        except errors.NotFound:
            return None
        return SERVICE.observe(inputs, service["Spec"]), self._outputs(resource_id)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Update the service in place and wait as the real plugin does.

        Like the real one it also believes an update that is still under way once all replicas run.
        """
        del old_inputs, outputs
        before = self.client.api.inspect_service(resource_id)
        self.client.api.update_service(resource_id, before["Version"]["Index"], **_specification(inputs))
        converge = inputs.get("convergeConfig")
        if converge is not None:
            started, deadline = time.monotonic(), _deadline(converge)
            while not self._updated(resource_id, before, time.monotonic() - started >= _FIRST_LOOK_SECONDS):
                if self._pause(deadline):
                    raise IncompleteError(self._did_not_converge(resource_id, converge))
        return self._outputs(resource_id)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the service; its containers have its grace period to be gone, and not a moment longer."""
        del outputs
        api = self.client.api
        grace = at(inputs, "taskSpec.containerSpec.stopGracePeriod")
        with unless_gone():
            api.remove_service(resource_id)
        if not grace or seconds(grace) == 0:
            return
        deadline = time.monotonic() + seconds(grace)
        label = f"com.docker.swarm.service.id={resource_id}"
        while containers := api.containers(filters={"label": label}):
            if self._pause(deadline):
                raise ProviderError(f"error on wait for container with ID '{containers[0]['Id']}': {_OVER_GRACE}")

    def _outputs(self, service: str) -> Plain:
        """Return the service in the forms of the real plugin's state."""
        return {**SERVICE.decode(self.client.api.inspect_service(service)["Spec"]), "id": service}

    def _running(self, service: str) -> bool:
        """Say whether as many tasks run as the service wants."""
        replicas = at(self.client.api.inspect_service(service), "Spec.Mode.Replicated.Replicas")
        if replicas is None:
            raise ProviderError("no replica count: convergeConfig needs a replicated service")
        tasks = self.client.api.tasks({"service": service, "desired-state": "running"})
        return [task["Status"]["State"] for task in tasks].count("running") == int(replicas)

    def _updated(self, service: str, before: Plain, late: bool) -> bool:
        """Say whether an update is over; raise IncompleteError when Swarm gave it up."""
        actual = self.client.api.inspect_service(service)
        status = actual.get("UpdateStatus", {})
        if status != before.get("UpdateStatus", {}):
            if status.get("State") in _BROKEN:
                reason = f"{_BROKEN[status['State']]}: {status.get('Message', '')}"
                raise IncompleteError(f"{reason}{self._task_errors(service)}")
            if status.get("State") == "completed":
                return True
        elif actual["Spec"]["TaskTemplate"] == before["Spec"]["TaskTemplate"]:
            return self._running(service)  # nothing to roll: replicas, labels or the like
        return late and status.get("State") in (None, "updating", "completed") and self._running(service)

    def _pause(self, deadline: float) -> bool:
        """Wait a moment; say whether it is time to give up."""
        return self.cancelled.wait(_POLL_SECONDS) or time.monotonic() > deadline

    def _did_not_converge(self, service: str, converge: Plain) -> str:
        reason = "was interrupted" if self.cancelled.is_set() else f"did not converge after {converge['timeout']}"
        return f"service with ID {service} {reason}{self._task_errors(service)}"

    def _task_errors(self, service: str) -> str:
        """Tell what Swarm says about the service's tasks that do not run."""
        tasks = self.client.api.tasks({"service": service})
        messages = {task["Status"].get("Err") or "" for task in tasks if task["Status"]["State"] != "running"} - {""}
        return f" ({'; '.join(sorted(messages)[:3])})" if messages else ""


def _deadline(converge: Plain) -> float:
    return time.monotonic() + seconds(converge["timeout"])


def _specification(inputs: Plain) -> Plain:
    """Return the arguments with which docker-py creates and updates the service."""
    spec = SERVICE.encode(inputs)
    return {
        "task_template": spec["TaskTemplate"],
        "name": spec["Name"],
        "labels": spec.get("Labels"),
        "mode": spec.get("Mode"),
        "update_config": spec.get("UpdateConfig"),
        "rollback_config": spec.get("RollbackConfig"),
        "endpoint_spec": spec.get("EndpointSpec"),
    }
