"""The stand-in for the cloudflare plugin: zones and DNS records, over the official client."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from cloudflare import APIConnectionError, APIStatusError, Cloudflare, NotFoundError

from sandbox.providers.schema import Failure
from sandbox.providers.standin import IncompleteError, ProviderError, Resource, StandIn, serve
from sandbox.providers.wire import UNKNOWN, Plain

SETTINGS = frozenset({"apiToken", "baseUrl"})

RECORD_TYPES = frozenset(
    {"A", "AAAA", "CAA", "CERT", "CNAME", "DNSKEY", "DS", "HTTPS", "LOC", "MX", "NAPTR", "NS", "OPENPGPKEY", "PTR"}
    | {"SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "TXT", "URI"}
)


def connect(settings: Plain) -> Cloudflare:
    """Make a client of the provider's settings and, as the real plugin does, the environment's."""
    foreign = sorted(key for key in settings.keys() - SETTINGS - {"version", "pluginDownloadURL"} if settings[key])
    if foreign:
        raise ProviderError(f"the sandbox's stand-in for cloudflare does not know the provider's {', '.join(foreign)}")
    token = settings.get("apiToken") or os.environ.get("CLOUDFLARE_API_TOKEN")
    if not token:
        raise ProviderError("the cloudflare provider needs a token: set cloudflare:apiToken or CLOUDFLARE_API_TOKEN")
    return Cloudflare(api_token=token, base_url=settings.get("baseUrl") or os.environ.get("CLOUDFLARE_BASE_URL"))


class Zone(Resource[Cloudflare]):
    """A domain whose DNS Cloudflare serves."""

    handles = "cloudflare:index/zone:Zone"
    arguments = "pulumi_cloudflare.zone:ZoneArgs"
    replaces = frozenset({"account", "name"})
    outputs = frozenset(
        {
            "activatedOn",
            "createdOn",
            "developmentMode",
            "modifiedOn",
            "nameServers",
            "originalDnshost",
            "originalNameServers",
            "originalRegistrar",
            "status",
        }
    )
    volatile_outputs = frozenset({"modifiedOn"})

    _defaults: ClassVar[Plain] = {"paused": False, "type": "full", "vanityNameServers": []}

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse what Cloudflare has no name for."""
        if inputs.get("type") not in (None, UNKNOWN, "full", "partial", "secondary", "internal"):
            yield "type", "expected one of full, partial, secondary, internal"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the zone, then set what its creation does not take."""
        with _refusals("creating", inputs["name"]):
            body = {key: inputs[key] for key in ("account", "name", "type") if key in inputs}
            zone = _result(self.client.post("/zones", body=body, cast_to=object))
        try:
            zone = self._edit(zone["id"], inputs, zone)
        except ProviderError as error:
            raise IncompleteError(str(error), zone["id"], self._seen(zone)) from error
        return zone["id"], self._seen(zone)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the zone."""
        del outputs
        with _refusals("reading", resource_id):
            try:
                zone = _result(self.client.get(f"/zones/{resource_id}", cast_to=object))
            except NotFoundError:
                return None
        found = {"name": zone["name"], **self._changed(inputs, zone)}
        account = zone["account"]["id"]
        if account != inputs.get("account", {}).get("id"):
            found["account"] = {"id": account}
        return {**inputs, **found}, self._seen(zone)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Edit what differs."""
        del old_inputs, outputs
        with _refusals("reading", resource_id):
            zone = _result(self.client.get(f"/zones/{resource_id}", cast_to=object))
        return self._seen(self._edit(resource_id, inputs, zone))

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the zone with all that it holds."""
        del inputs, outputs
        with _refusals("deleting", resource_id):
            try:
                self.client.delete(f"/zones/{resource_id}", cast_to=object)
            except NotFoundError:
                return

    def _edit(self, zone_id: str, inputs: Plain, zone: Plain) -> Plain:
        """Edit the settings of a zone that differ from the inputs, one a request as the API demands."""
        for name in self._changed(inputs, zone):
            with _refusals("updating", zone["name"]):
                body = {_snake(name): inputs.get(name, self._defaults[name])}
                zone = _result(self.client.patch(f"/zones/{zone_id}", body=body, cast_to=object))
        return zone

    def _changed(self, inputs: Plain, zone: Plain) -> Plain:
        """Return the settings that the zone has otherwise than the inputs say."""
        found = {name: zone.get(_snake(name)) or default for name, default in self._defaults.items()}
        return {name: value for name, value in found.items() if value != inputs.get(name, self._defaults[name])}

    def _seen(self, zone: Plain) -> Plain:
        return {name: zone.get(_snake(name)) for name in self.outputs}


class DnsRecord(Resource[Cloudflare]):
    """A record in a zone."""

    handles = "cloudflare:index/dnsRecord:DnsRecord"
    arguments = "pulumi_cloudflare.dns_record:DnsRecordArgs"
    replaces = frozenset({"zoneId"})
    outputs = frozenset({"createdOn", "meta", "modifiedOn", "proxiable"})
    volatile_outputs = frozenset({"meta", "modifiedOn", "proxiable"})

    _sent = ("name", "type", "content", "ttl", "proxied", "priority", "data", "comment", "tags", "settings")
    _defaults: ClassVar[Plain] = {"proxied": False, "comment": None, "tags": []}

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse unknown types and inputs that the sandbox's DNS cannot follow."""
        kind = inputs.get("type")
        if isinstance(kind, str) and kind.upper() not in RECORD_TYPES:
            yield "type", f"expected one of {', '.join(sorted(RECORD_TYPES))}"
        for name in sorted(inputs.keys() - {*self._sent, "zoneId"}):
            yield name, "the sandbox's stand-in does not do this"

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the record."""
        with _refusals("creating", inputs["name"]):
            path = f"/zones/{inputs['zoneId']}/dns_records"
            record = _result(self.client.post(path, body=self._body(inputs), cast_to=object))
        return record["id"], self._seen(record)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the record."""
        del outputs
        with _refusals("reading", inputs.get("name", resource_id)):
            try:
                record = _result(self.client.get(_path(resource_id, inputs), cast_to=object))
            except NotFoundError:
                return None
        return {**inputs, **self._changed(inputs, record)}, self._seen(record)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Overwrite the record."""
        del old_inputs, outputs
        with _refusals("updating", inputs["name"]):
            path = _path(resource_id, inputs)
            return self._seen(_result(self.client.put(path, body=self._body(inputs), cast_to=object)))

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the record."""
        del outputs
        with _refusals("deleting", inputs["name"]):
            try:
                self.client.delete(_path(resource_id, inputs), cast_to=object)
            except NotFoundError:
                return

    def _body(self, inputs: Plain) -> Plain:
        return {name: _snake_keys(inputs[name]) for name in self._sent if name in inputs}

    def _changed(self, inputs: Plain, record: Plain) -> Plain:
        """Return what the record has otherwise than the inputs say, in the API's words or the inputs' own."""
        names = ("type", "content", "ttl", "priority", *self._defaults)
        found = {
            name: record.get(name) for name in names if record.get(name) != inputs.get(name, self._defaults.get(name))
        }
        if "data" in inputs and "content" not in inputs:
            found.pop("content", None)
        if _means(inputs.get("content"), record.get("content")):
            found.pop("content", None)
        if inputs.get("name") not in ("@", record["name"]) and not record["name"].startswith(f"{inputs.get('name')}."):
            found["name"] = record["name"]
        return found

    def _seen(self, record: Plain) -> Plain:
        return {name: record.get(_snake(name)) for name in self.outputs} | {"meta": json.dumps(record.get("meta", {}))}


RESOURCES = (Zone, DnsRecord)


@contextmanager
def _refusals(doing: str, what: str) -> Iterator[None]:
    """Turn the API's refusals into what a user reads: the request's purpose, each code and its message."""
    try:
        yield
    except APIStatusError as error:
        raise ProviderError(f"{doing} {what}: {error.status_code} {_explain(error.body)}") from error
    except APIConnectionError as error:
        raise ProviderError(
            f"{doing} {what}: {error.request.url.host} does not answer: {error.__cause__ or error}"
        ) from error


def _explain(body: object) -> str:
    errors = body.get("errors", []) if isinstance(body, dict) else []
    chain = [each for error in errors for each in (error, *error.get("error_chain", []))]
    return "; ".join(f"{each.get('message')} ({each.get('code')})" for each in chain) or "without an explanation"


def _result(answer: Any) -> Plain:
    result: Plain = answer["result"]
    return result


def _path(record_id: str, inputs: Plain) -> str:
    return f"/zones/{inputs['zoneId']}/dns_records/{record_id}"


def _means(given: str | None, kept: str | None) -> bool:
    """Say whether two contents are the same but for quotes, case and a last dot."""
    plain = [(text or "").strip('"').rstrip(".").casefold() for text in (given, kept)]
    return plain[0] == plain[1]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _snake_keys(value: Any) -> Any:
    return {_snake(key): item for key, item in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    serve(StandIn("cloudflare", "pulumi_cloudflare:ProviderArgs", connect, RESOURCES))
