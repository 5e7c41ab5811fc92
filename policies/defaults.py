"""The defaults that the providers docker and command fill in; the rules judge what the program gave.

The engine does not tell the rules which inputs are such defaults, so they are known by their values, which change
nothing: an input with its default is an input left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

_HOP = {"dialErrorLimit": 10, "perDialTimeout": 15, "port": 22, "user": "root"}
_CONNECTION = {"connection": {**_HOP, "proxy": _HOP}}
_HEALTHCHECK = {"interval": "0s", "timeout": "0s", "startPeriod": "0s"}
_FILE = {"fileUid": "0", "fileGid": "0", "fileMode": 0o444}
_UPDATE = {
    "parallelism": 1,
    "delay": "0s",
    "failureAction": "pause",
    "monitor": "5s",
    "maxFailureRatio": "0.0",
    "order": "stop-first",
}
# Each default of terraform-provider-docker's schemas that is not empty, 0 or false, which are never written, and of
# pulumi-command's types.
DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "command:remote:Command": {"addPreviousOutputInEnv": True, **_CONNECTION},
    "command:remote:CopyFile": _CONNECTION,
    "command:remote:CopyToRemote": _CONNECTION,
    "docker:index/container:Container": {
        "containerReadRefreshTimeoutMilliseconds": 15000,
        "deviceRequests": {"driver": "cdi"},
        "devices": {"permissions": "rwm"},
        "healthcheck": {**_HEALTHCHECK, "startInterval": "0s"},
        "mustRun": True,
        "networkMode": "bridge",
        "ports": {"ip": "0.0.0.0", "protocol": "tcp"},  # noqa: S104  compared, not bound
        "removeVolumes": True,
        "restart": "no",
        "start": True,
        "waitTimeout": 60,
    },
    "docker:index/network:Network": {"ipamDriver": "default"},
    "docker:index/remoteImage:RemoteImage": {"build": {"dockerfile": "Dockerfile", "remove": True}},
    "docker:index/service:Service": {
        "convergeConfig": {"delay": "7s", "timeout": "3m"},
        "endpointSpec": {"ports": {"protocol": "tcp", "publishMode": "ingress"}},
        "mode": {"replicated": {"replicas": 1}},
        "rollbackConfig": _UPDATE,
        "taskSpec": {
            "containerSpec": {
                "configs": _FILE,
                "healthcheck": _HEALTHCHECK,
                "isolation": "default",
                "mounts": {"bindOptions": {"propagation": "rprivate"}},
                "secrets": _FILE,
            }
        },
        "updateConfig": _UPDATE,
    },
    "docker:index/volume:Volume": {
        "cluster": {"availability": "active", "scope": "single", "sharing": "none", "type": "block"}
    },
}


def without_defaults(type_: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a resource's inputs without those that have their default, nested ones included."""
    if type_ not in DEFAULTS:
        return inputs
    given: dict[str, Any] = _given(inputs, DEFAULTS[type_])
    return given if isinstance(inputs, dict) else unknown_checking_proxy(given)


def _given(value: Any, defaults: Any) -> Any:
    """Return a plain copy of a value without the defaults, which are the same for each item of a list."""
    if isinstance(value, Mapping):
        inner = defaults if isinstance(defaults, Mapping) else {}
        pairs = ((key, _item(value, key), inner.get(key)) for key in value)
        return {key: _given(item, default) for key, item, default in pairs if not _is_default(item, default)}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_given(_item(value, index), defaults) for index in range(len(value))]
    return value


def _is_default(value: Any, default: Any) -> bool:
    return default is not None and not isinstance(default, Mapping) and bool(value == default)


def _item(value: Any, key: Any) -> Any:
    """Return the item at a key; the engine's marker for an unknown value in place of an UnknownValueError."""
    try:
        return value[key]
    except UnknownValueError as error:
        return error.unknown_type_sentinel
