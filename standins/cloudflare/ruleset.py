"""cloudflare.Ruleset."""

from __future__ import annotations

from collections.abc import Iterator

from standins.cloudflare import rules
from standins.cloudflare.account import Account, shown
from standins.provider.resource import Resource
from standins.provider.schema import Failure
from standins.provider.wire import Plain


class Ruleset(Resource[Account]):
    """The rules of a phase of a zone, replaced as a whole; Cloudflare keeps their ids by their `ref`.

    A zone has one a phase, so a replacement that does not delete first is refused, as with the real plugin.
    """

    handles = "cloudflare:index/ruleset:Ruleset"
    arguments = "pulumi_cloudflare.ruleset:RulesetArgs"
    replaces = frozenset({"accountId", "kind", "name", "phase", "zoneId"})
    outputs = frozenset({"lastUpdated", "version"})
    volatile_outputs = outputs

    def check(self, inputs: Plain) -> Iterator[Failure]:
        """Refuse what the real plugin's own validators refuse, and what the stand-in does not do."""
        if "accountId" in inputs:
            yield "accountId", "the sandbox's stand-in knows the rulesets of zones only"
        elif "zoneId" not in inputs:
            yield "zoneId", "required, and missing"
        yield from rules.failures(inputs)

    def create(self, inputs: Plain) -> tuple[str, Plain]:
        """Make the ruleset."""
        ruleset = self.client.create(f"/zones/{inputs['zoneId']}/rulesets", inputs["name"], _body(inputs))
        return ruleset["id"], shown(ruleset, self.outputs)

    def read(self, resource_id: str, inputs: Plain, outputs: Plain) -> tuple[Plain, Plain] | None:
        """Look at the ruleset and its rules."""
        del outputs
        ruleset = self.client.read(_path(resource_id, inputs), inputs["name"])
        if ruleset is None:
            return None
        actual = {name: ruleset[name] for name in ("kind", "name", "phase")}
        if ruleset["description"] != inputs.get("description", ""):
            actual["description"] = ruleset["description"]
        actual_rules = rules.read(inputs.get("rules", []), ruleset.get("rules", []))
        if actual_rules != inputs.get("rules", []):
            actual["rules"] = actual_rules
        return {**inputs, **actual}, shown(ruleset, self.outputs)

    def update(self, resource_id: str, inputs: Plain, old_inputs: Plain, outputs: Plain) -> Plain:
        """Replace the rules."""
        del old_inputs, outputs
        return shown(self.client.replace(_path(resource_id, inputs), inputs["name"], _body(inputs)), self.outputs)

    def delete(self, resource_id: str, inputs: Plain, outputs: Plain) -> None:
        """Remove the ruleset and its rules."""
        del outputs
        self.client.delete(_path(resource_id, inputs), inputs["name"])


def _path(ruleset_id: str, inputs: Plain) -> str:
    return f"/zones/{inputs['zoneId']}/rulesets/{ruleset_id}"


def _body(inputs: Plain) -> Plain:
    body: Plain = {name: inputs[name] for name in ("description", "kind", "name", "phase") if name in inputs}
    return {**body, "rules": [rules.to_api(rule) for rule in inputs.get("rules", [])]}
