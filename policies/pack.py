"""Rules and waivers as the policies that the engine asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import is_not
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.findings import Finding, concerns, findings
from policies.rule import Limit, Resource, ResourceRule, Rule, Stack, StackRule
from policies.waivers import FILE, LONGEST_DAYS, WARNING_DAYS, Waiver, Waivers

_ABOUT = "https://github.com/AlexBaum-ai/NEURM/blob/main/docs/policies.md#waivers"
_ACCEPTED_RISK = PolicyComplianceFramework(
    name="NIST SP 800-53",
    version="5.1",
    reference="CA-5",
    specification="Develop a plan of action and milestones for the system, and update it",
)
# Resources of these providers have a name at least, once they have checked it; a component has no inputs at all.
_NEVER_EMPTY = ("aws:", "cloudflare:", "command:", "docker:")
_NOT_SHOWN = "not told by the engine: it is no target of this update"
WAIVED = Rule(
    id="waived",
    sentence="What somebody decided to live with for a while stays visible.",
    severity=Severity.LOW,
    level=EnforcementLevel.ADVISORY,
    framework=_ACCEPTED_RISK,
    url=_ABOUT,
    mend="Mend it before the waiver ends.",
)
IN_PART = Rule(
    id="judged-in-part",
    sentence="An update of targets is judged as far as the engine tells what it is about.",
    severity=Severity.LOW,
    level=EnforcementLevel.ADVISORY,
    framework=_ACCEPTED_RISK,
    url="https://www.pulumi.com/docs/iac/cli/commands/pulumi_up/",
    mend="Preview without --target before, and update without --target after.",
)
WAIVERS_HOLD = Rule(
    id="waivers-hold",
    sentence=f"Every waiver has a reason and an owner, ends within {LONGEST_DAYS} days, and waives something.",
    severity=Severity.HIGH,
    framework=_ACCEPTED_RISK,
    url=_ABOUT,
    mend=f"Mend {FILE}.",
)
WAIVERS_LAST = Rule(
    id="waivers-last",
    sentence=f"Every waiver lasts for {WARNING_DAYS} days more.",
    severity=Severity.HIGH,
    level=EnforcementLevel.ADVISORY,
    framework=_ACCEPTED_RISK,
    url=_ABOUT,
    mend=f"Mend what it waives, or decide anew: {FILE}.",
)
ABOUT_WAIVERS = (WAIVERS_LAST, WAIVERS_HOLD)
"""The rules about the file of waivers itself."""


class Pack:
    """The rules, with the resources that the engine has shown them in one preview or update.

    A stack rule judges the inputs that the program gave. Of a resource that is no target of an update, the engine shows
    no more than the type (it asks no provider to check it): then neither that resource nor the stack is judged.
    """

    def __init__(self, rules: Sequence[ResourceRule | StackRule], waivers: Waivers) -> None:
        self._rules = rules
        self._waivers = waivers
        self._seen: dict[str, Resource] = {}
        self._not_shown: set[str] = set()
        self._last_stack: tuple[list[Mapping[str, Any]], Stack] = ([], Stack([]))
        self._waived: dict[Waiver, dict[str, Finding]] = {}

    def policies(self) -> list[Policy]:
        """Return a policy for each rule, and last those that report waivers and what was not judged."""
        kinds: dict[type, Callable[..., Policy]] = {ResourceRule: self._resource_policy, StackRule: self._stack_policy}
        return [
            *(kinds[type(rule)](rule) for rule in self._rules),
            self._stack_validation(IN_PART, self._report_not_shown),
            self._stack_validation(WAIVED, self._report_waived),
            self._stack_validation(WAIVERS_LAST, self._report_warnings),
            self._stack_validation(WAIVERS_HOLD, self._report_faults),
        ]

    def _resource_policy(self, rule: ResourceRule) -> Policy:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            resource = self._resource(args)
            if resource.urn in self._not_shown:
                args.not_applicable(_NOT_SHOWN)
            if not concerns(rule, resource):
                args.not_applicable()
            for finding in findings(rule, resource, limits=args.get_config()):
                self._report(finding, report)

        return ResourceValidationPolicy(validate=validate, **_metadata(rule))

    def _stack_policy(self, rule: StackRule) -> Policy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            if self._not_shown:
                args.not_applicable(_NOT_SHOWN)
            stack = self._stack(args)
            concerned = [resource for resource in stack.resources if concerns(rule, resource)]
            if not concerned:
                args.not_applicable()
            for resource in concerned:
                for finding in findings(rule, resource, stack, args.get_config()):
                    self._report(finding, report)

        return self._stack_validation(rule, validate)

    def _stack_validation(self, rule: Rule, validate: Callable[[StackValidationArgs, ReportViolation], None]) -> Policy:
        return StackValidationPolicy(validate=validate, **_metadata(rule))

    def _resource(self, args: ResourceValidationArgs) -> Resource:
        """Return the resource of a request; the same object for all rules, recognized by the identity of its inputs."""
        seen = self._seen.get(args.urn)
        if seen and seen.inputs is args.props:
            return seen
        resource = Resource(args.resource_type, args.name, args.urn, args.props, args.opts.protect)
        self._seen[resource.urn] = resource
        if resource.type.startswith(_NEVER_EMPTY) and not resource.inputs:
            self._not_shown.add(resource.urn)
        else:
            self._not_shown.discard(resource.urn)
        return resource

    def _stack(self, args: StackValidationArgs) -> Stack:
        """Return the stack of a request; the same object for all stack rules."""
        properties = [resource.props for resource in args.resources]
        if len(properties) != len(self._last_stack[0]) or any(map(is_not, properties, self._last_stack[0])):
            self._last_stack = (properties, self._declared(args))
        return self._last_stack[1]

    def _declared(self, args: StackValidationArgs) -> Stack:
        resources = []
        for shown in args.resources:
            seen = self._seen.get(shown.urn)
            inputs = seen.inputs if seen else shown.props
            dependencies = shown.property_dependencies.items()
            refers = {key: frozenset(resource.urn for resource in outputs_of) for key, outputs_of in dependencies}
            resources.append(Resource(shown.resource_type, shown.name, shown.urn, inputs, shown.opts.protect, refers))
        return Stack(resources)

    def _report(self, finding: Finding, report: ReportViolation) -> None:
        waiver = self._waivers.of(finding.rule.id, finding.resource.name, _stack_of(finding.resource.urn))
        if waiver:
            self._waived.setdefault(waiver, {})[str(finding)] = finding
        else:
            report(str(finding), finding.resource.urn)

    def _report_not_shown(self, args: StackValidationArgs, report: ReportViolation) -> None:
        if self._not_shown:
            report(f"{len(self._not_shown)} of {len(args.resources)} resources are no targets. {IN_PART.mend}", None)

    def _report_waived(self, _: StackValidationArgs, report: ReportViolation) -> None:
        for waiver, waived_findings in self._waived.items():
            for finding in waived_findings.values():
                until = f"Waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"
                report(f"{finding.rule.id}: {finding.resource.name}: {finding.text}. {until}", finding.resource.urn)

    def _report_warnings(self, args: StackValidationArgs, report: ReportViolation) -> None:
        stacks = {_stack_of(resource.urn) for resource in args.resources}
        for waiver, warning in self._waivers.warnings.items():
            if any(map(waiver.holds_in, stacks)):
                report(f"{warning}. {WAIVERS_LAST.mend}", None)

    def _report_faults(self, args: StackValidationArgs, report: ReportViolation) -> None:
        for fault in self._waivers.faults:
            report(f"{fault}. {WAIVERS_HOLD.mend}", None)
        if self._not_shown:
            return
        # Of a rule that a running host alone can break, the audit says whether the waiver is needed.
        ours = {rule.id for rule in self._rules}
        stacks = {_stack_of(resource.urn) for resource in args.resources}
        for waiver in self._waivers.holding:
            if waiver.rule in ours and waiver not in self._waived and any(map(waiver.holds_in, stacks)):
                report(waiver.idle, None)


def _stack_of(urn: str) -> str:
    return urn.split("::")[0].rpartition(":")[2]


def _metadata(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.id,
        "description": rule.sentence,
        "enforcement_level": rule.level,
        "severity": rule.severity,
        "framework": rule.framework,
        "remediation_steps": rule.mend,
        "url": rule.url,
        "config_schema": _schema(rule.limits) if rule.limits else None,
    }


_TYPES = {bool: "boolean", int: "integer", str: "string", tuple: "array"}


def _schema(limits: Mapping[str, Limit]) -> PolicyConfigSchema:
    return PolicyConfigSchema(
        {
            name: {"type": _TYPES[type(limit.default)], "default": limit.default, "description": limit.says}
            | ({"enum": limit.choices} if limit.choices else {})
            for name, limit in limits.items()
        }
    )
