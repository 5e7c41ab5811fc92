"""Judges inputs as the engine would: through the policy SDK's own servicer."""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer

from policies.decoding import decode_once
from policies.pack import Pack
from policies.rules import RULES
from policies.waivers import Waivers

decode_once()
_SERVICER = _PolicyAnalyzerServicer("neurmatic", "0.0.1", Pack(RULES, Waivers()).policies(), EnforcementLevel.ADVISORY)


def judge(type_: str, inputs: dict[str, Any] | struct_pb2.Struct, *, protect: bool = False) -> list[str]:
    """Return the mandatory violations of a resource's inputs, each as `policy: message`."""
    properties = inputs if isinstance(inputs, struct_pb2.Struct) else struct_pb2.Struct()
    if isinstance(inputs, dict):
        properties.update(inputs)
    options = analyzer_pb2.AnalyzerResourceOptions(protect=protect)
    request = analyzer_pb2.AnalyzeRequest(type=type_, name="thing", properties=properties, options=options)
    answer = _SERVICER.Analyze(request, None)  # type: ignore[no-untyped-call]  # the SDK's servicer is untyped
    assert "can't run policy" not in str(answer), "an unknown input must not turn a mandatory rule into advice"
    mandatory = (each for each in answer.diagnostics if each.enforcementLevel == analyzer_pb2.MANDATORY)
    return [f"{each.policyName}: {each.message}" for each in mandatory]
