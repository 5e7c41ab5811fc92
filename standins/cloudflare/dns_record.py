"""cloudflare.DnsRecord."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from standins.cloudflare.account import Account, shown, snake
from standins.provider.resource import Resource
from standins.provider.schema import Failure
from standins.provider.wire import Plain

RECORD_TYPES = frozenset(
    {"A", "AAAA", "CAA", "CERT", "CNAME", "DNSKEY", "DS", "HTTPS", "LOC", "MX", "NAPTR", "NS", "OPENPGPKEY", "PTR"}
    | {"SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "TXT", "URI"}
)
# Types whose contents are host names, which Cloudflare keeps in lower case and without the last dot.
_HOSTS = frozenset({"CNAME", "MX", "NS", "PTR"})


class DnsRecord(Resource[Account]):
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
        path = f"/zones/{inputs['zoneId']}/dns_records"
        record = self.client.create(path, inputs["name"], self._body(inputs))
        return record["id"], self._outputs(record)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the record."""
        del outputs
        record = self.client.read(_path(resource_id, inputs), inputs["name"])
        return None if record is None else ({**inputs, **self._changed(inputs, record)}, self._outputs(record))

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Overwrite the record."""
        del old_inputs, outputs
        return self._outputs(self.client.replace(_path(resource_id, inputs), inputs["name"], self._body(inputs)))

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the record."""
        del outputs
        self.client.delete(_path(resource_id, inputs), inputs["name"])

    def _body(self, inputs: Plain) -> Plain:
        body = {name: inputs[name] for name in self._sent if name in inputs}
        for name in ("data", "settings"):
            if name in body:
                body[name] = {snake(key): value for key, value in body[name].items()}
        return body

    def _changed(self, inputs: Plain, record: Plain) -> Plain:
        """Return what the record has otherwise than the inputs say."""
        names = ("type", "content", "ttl", "priority", *self._defaults)
        wanted = {name: inputs.get(name, self._defaults.get(name)) for name in names}
        changed = {name: record.get(name) for name in names if record.get(name) != wanted[name]}
        if _same_content(inputs, record):
            changed.pop("content", None)
        data = {key: (record.get("data") or {}).get(snake(key)) for key in inputs.get("data", {})}
        if data != inputs.get("data", {}):
            changed["data"] = data
        if inputs["name"] not in ("@", record["name"]) and not record["name"].startswith(f"{inputs['name']}."):
            changed["name"] = record["name"]
        return changed

    def _outputs(self, record: Plain) -> Plain:
        return shown(record, self.outputs) | {"meta": json.dumps(record.get("meta", {}))}


def _path(record_id: str, inputs: Plain) -> str:
    return f"/zones/{inputs['zoneId']}/dns_records/{record_id}"


def _same_content(inputs: Plain, record: Plain) -> bool:
    """Say whether the inputs give no content (`data` then does), or the record's as the same host name."""
    if "content" not in inputs:
        return "data" in inputs
    wanted, actual = str(inputs["content"]), str(record.get("content"))
    return record["type"] in _HOSTS and wanted.rstrip(".").casefold() == actual.rstrip(".").casefold()
