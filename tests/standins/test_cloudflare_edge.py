"""The cloudflare stand-in against the Cloudflare double: what a zone has beside its records."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from standins.cloudflare.origin_pulls import OriginPullsCertificate, OriginPullsSettings
from standins.cloudflare.provider import provider
from standins.cloudflare.ruleset import Ruleset
from standins.cloudflare.zone_dnssec import ZoneDnssec
from standins.cloudflare.zone_setting import ZoneSetting
from standins.provider.resource import ProviderError, Resource
from standins.provider.standin import StandIn
from standins.provider.wire import UNKNOWN, Plain, Properties, decode, encode
from standins.services.cloudflare.ip_ranges import IPV4, IPV6
from tests.standins.driver import Context, Engine
from tests.standins.services.certificates import pair

PAIR = pair("origin pulls")
HSTS = {"enabled": True, "max_age": 31536000, "include_subdomains": True, "preload": True, "nosniff": True}
PATH = 'starts_with(http.request.uri.path, "/api/")'


def rules(phase: str, *given: Plain) -> Plain:
    return {"name": "rules", "kind": "zone", "phase": phase, "description": "why", "rules": list(given)}


def rule(ref: str, action: str, expression: str = PATH, **given: object) -> Plain:
    shared = {"ref": ref, "action": action, "expression": expression, "description": "why", "enabled": True}
    return {**shared, **given}


CUSTOM = rules("http_request_firewall_custom", rule("one", "block"), rule("two", "block"), rule("three", "block"))
RULESETS = [
    CUSTOM,
    rules("http_request_firewall_custom", {"action": "block", "expression": PATH}),
    rules("http_request_firewall_custom"),
    rules("http_config_settings", rule("proofs", "set_config", actionParameters={"ssl": "flexible"})),
    rules(
        "http_ratelimit",
        rule(
            "api",
            "block",
            ratelimit={
                "characteristics": ["cf.colo.id", "ip.src"],
                "period": 10,
                "mitigationTimeout": 10,
                "requestsPerPeriod": 100,
                "requestsToOrigin": False,
            },
        ),
    ),
    rules(
        "http_request_firewall_managed",
        rule("managed", "execute", "true", actionParameters={"id": "efb7b8c949ac4650a09736fc376e9aee"}),
        rule(
            "owasp",
            "execute",
            "true",
            actionParameters={
                "id": "4814384a9e5d4991b9815dcfc25d2f1f",
                "overrides": {
                    "categories": [{"category": "paranoia-level-2", "enabled": False}],
                    "rules": [{"id": "6179ae15870a4bb7b2d480d4843b323c", "scoreThreshold": 40}],
                },
            },
        ),
    ),
    rules(
        "ddos_l7",
        rule(
            "ddos",
            "execute",
            "true",
            actionParameters={
                "id": "4d21379b4f9f4bb088e0729962c8b3cf",
                "overrides": {"sensitivityLevel": "default"},
            },
        ),
    ),
    rules(
        "http_request_cache_settings",
        rule(
            "static",
            "set_cache_settings",
            actionParameters={
                "cache": True,
                "cacheKey": {"cacheDeceptionArmor": True},
                "browserTtl": {"mode": "override_origin", "default": 86400},
                "edgeTtl": {
                    "mode": "override_origin",
                    "default": 86400,
                    "statusCodeTtls": [{"value": -1, "statusCodeRange": {"from": 400}}],
                },
            },
        ),
    ),
    rules(
        "http_request_dynamic_redirect",
        rule(
            "www",
            "redirect",
            actionParameters={
                "fromValue": {
                    "statusCode": 301,
                    "preserveQueryString": True,
                    "targetUrl": {"expression": 'concat("https://example.com", http.request.uri.path)'},
                }
            },
        ),
    ),
]
OTHERS: list[tuple[type[Resource[Any]], Plain]] = [
    (ZoneSetting, {"settingId": "ssl", "value": "strict"}),
    (ZoneSetting, {"settingId": "browser_cache_ttl", "value": 86400}),
    (ZoneSetting, {"settingId": "security_header", "value": {"strict_transport_security": HSTS}}),
    (ZoneDnssec, {"status": "active"}),
    (ZoneDnssec, {"status": "disabled", "dnssecMultiSigner": False}),
    (OriginPullsCertificate, {"certificate": PAIR.certificate, "privateKey": PAIR.key}),
    (OriginPullsSettings, {"enabled": True}),
]


@pytest.mark.parametrize(("kind", "given"), OTHERS + [(Ruleset, given) for given in RULESETS])
def test_it_is_read_back_as_it_was_made_and_an_update_to_the_same_changes_nothing(
    cloudflare: StandIn[Any], zone_id: str, kind: type[Resource[Any]], given: Plain
) -> None:
    inputs = {"zoneId": zone_id, **given}
    resource = kind(cloudflare)
    assert not list(resource.check(inputs))

    resource_id, outputs = resource.create(inputs)
    first = resource.read(resource_id, inputs, outputs)
    resource.update(resource_id, inputs, inputs, outputs)
    second = resource.read(resource_id, inputs, outputs)

    assert first == (inputs, outputs)
    assert outputs.keys() <= kind.outputs
    assert second is not None
    assert second[0] == inputs


@pytest.mark.parametrize(
    ("kind", "given", "other"),
    [
        (ZoneSetting, {"settingId": "min_tls_version", "value": "1.2"}, {"value": "1.0"}),
        (
            ZoneSetting,
            {"settingId": "security_header", "value": {"strict_transport_security": HSTS}},
            {"value": {"strict_transport_security": {**HSTS, "max_age": 1}}},
        ),
        (ZoneDnssec, {"status": "active"}, {"status": "disabled"}),
        (OriginPullsSettings, {"enabled": True}, {"enabled": False}),
        (Ruleset, CUSTOM, {"rules": CUSTOM["rules"][:1]}),
        (Ruleset, CUSTOM, {"rules": [*CUSTOM["rules"], rule("four", "block")]}),
        (Ruleset, CUSTOM, {"rules": [{**CUSTOM["rules"][0], "enabled": False}, *CUSTOM["rules"][1:]]}),
        (Ruleset, CUSTOM, {"rules": CUSTOM["rules"][::-1]}),
        (Ruleset, CUSTOM, {"description": "other"}),
    ],
)
def test_a_change_made_by_others_is_seen_and_mended(
    cloudflare: StandIn[Any], zone_id: str, kind: type[Resource[Any]], given: Plain, other: Plain
) -> None:
    inputs = {"zoneId": zone_id, **given}
    resource = kind(cloudflare)
    resource_id, outputs = resource.create(inputs)
    resource.update(resource_id, {**inputs, **other}, inputs, outputs)

    seen = resource.read(resource_id, inputs, outputs)
    resource.update(resource_id, inputs, {**inputs, **other}, outputs)
    mended = resource.read(resource_id, inputs, outputs)

    assert seen is not None
    assert seen[0] == {**inputs, **other}
    assert mended is not None
    assert mended[0] == inputs


@pytest.mark.parametrize(
    ("kind", "given"),
    [(Ruleset, CUSTOM), (OriginPullsCertificate, {"certificate": PAIR.certificate, "privateKey": PAIR.key})],
)
def test_what_is_gone_is_read_as_gone_and_deleted_without_error(
    cloudflare: StandIn[Any], zone_id: str, kind: type[Resource[Any]], given: Plain
) -> None:
    inputs = {"zoneId": zone_id, **given}
    resource = kind(cloudflare)
    resource_id, outputs = resource.create(inputs)

    resource.delete(resource_id, inputs, outputs)

    assert resource.read(resource_id, inputs, outputs) is None
    resource.delete(resource_id, inputs, outputs)


@pytest.mark.parametrize(
    ("kind", "given"),
    [(ZoneSetting, {"settingId": "ssl", "value": "strict"}), (OriginPullsSettings, {"enabled": True})],
)
def test_a_setting_that_the_program_forgets_stays_as_it_is(
    cloudflare: StandIn[Any], zone_id: str, kind: type[Resource[Any]], given: Plain
) -> None:
    inputs = {"zoneId": zone_id, **given}
    resource = kind(cloudflare)
    resource_id, outputs = resource.create(inputs)

    resource.delete(resource_id, inputs, outputs)

    found = resource.read(resource_id, inputs, outputs)
    assert found is not None
    assert found[0] == inputs


def test_dnssec_that_the_program_forgets_is_switched_off(cloudflare: StandIn[Any], zone_id: str) -> None:
    inputs = {"zoneId": zone_id, "status": "active"}
    resource = ZoneDnssec(cloudflare)
    resource_id, outputs = resource.create(inputs)

    resource.delete(resource_id, inputs, outputs)

    found = resource.read(resource_id, inputs, outputs)
    assert found is not None
    assert found[0]["status"] == "disabled"


def test_dnssec_tells_what_the_registrar_wants(cloudflare: StandIn[Any], zone_id: str) -> None:
    _, outputs = ZoneDnssec(cloudflare).create({"zoneId": zone_id, "status": "active"})

    assert outputs["ds"] == f"example.com. 3600 IN DS {outputs['keyTag']} 13 2 {outputs['digest']}"


def test_a_second_ruleset_of_a_phase_is_refused_in_cloudflares_words(cloudflare: StandIn[Any], zone_id: str) -> None:
    Ruleset(cloudflare).create({"zoneId": zone_id, **CUSTOM})

    with pytest.raises(ProviderError, match=r"creating more: 400 'zone' is not .* \(20217 at /kind\)"):
        Ruleset(cloudflare).create({"zoneId": zone_id, **CUSTOM, "name": "more"})


def test_a_private_key_shows_in_no_answer_and_no_refusal(cloudflare: StandIn[Any], zone_id: str) -> None:
    inputs = {"zoneId": zone_id, "certificate": PAIR.certificate, "privateKey": pair("another").key}
    engine = Engine(cloudflare, OriginPullsCertificate.handles)

    with pytest.raises(Exception, match="pair you uploaded is invalid") as refused:
        engine.create(inputs, secrets={("privateKey",)})
    _, state = engine.create({**inputs, "privateKey": PAIR.key})

    assert inputs["privateKey"].splitlines()[1] not in str(refused.value)
    assert ("privateKey",) in state.secrets
    shown = {name: value for name, value in state.values.items() if name != "privateKey"}
    assert PAIR.key.splitlines()[1] not in str(shown)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda given: given.update(kind="rooot"), "kind"),
        (lambda given: given.update(phase="http_request_firewall"), "phase"),
        (lambda given: given.update(name=""), "name"),
        (lambda given: given.update(zoneId="zone"), "zoneId"),
        (lambda given: given.pop("zoneId"), "zoneId"),
        (lambda given: given.update(accountId="0" * 32), "accountId"),
        (lambda given: given["rules"][1].update(action="blok"), "rules[1].action"),
        (lambda given: given["rules"][0].update(ref=""), "rules[0].ref"),
        (lambda given: given["rules"][0].update(expression=""), "rules[0].expression"),
        (lambda given: given["rules"][0].update(colour="red"), "rules[0].colour"),
        (lambda given: given["rules"][0].update(enabled="yes"), "rules[0].enabled"),
        (
            lambda given: given["rules"][0].update(actionParameters={"cache": True}),
            "rules[0].actionParameters.cache",
        ),
        (
            lambda given: given["rules"][0].update(actionParameters={"increment": 1}),
            "rules[0].actionParameters.increment",
        ),
        (
            lambda given: given["rules"][0].update(action="execute", actionParameters={"id": "owasp"}),
            "rules[0].actionParameters.id",
        ),
        (
            lambda given: given["rules"][0].update(
                action="execute", actionParameters={"overrides": {"sensitivityLevel": "high"}}
            ),
            "rules[0].actionParameters.overrides.sensitivityLevel",
        ),
        (
            lambda given: given["rules"][0].update(
                action="set_cache_settings", actionParameters={"edgeTtl": {"mode": "forever"}}
            ),
            "rules[0].actionParameters.edgeTtl.mode",
        ),
    ],
)
def test_a_ruleset_that_the_real_plugin_refuses_is_refused_in_the_preview(
    change: Callable[[Plain], object], place: str
) -> None:
    given = deepcopy({"zoneId": "0" * 32, **CUSTOM})
    change(given)

    assert list(Engine(provider(), Ruleset.handles).failures(given)) == [place]


def test_a_ruleset_of_a_zone_that_is_not_there_yet_passes_the_preview() -> None:
    given = {"zoneId": UNKNOWN, **CUSTOM}
    engine = Engine(provider(), Ruleset.handles)

    assert engine.failures(given) == {}
    _, state = engine.create(engine.inputs(given), preview=True)
    assert state.values["version"] is UNKNOWN
    assert state.values["rules"] == CUSTOM["rules"]


@pytest.mark.parametrize(
    ("kind", "given", "change"),
    [
        (Ruleset, CUSTOM, {"phase": "http_request_cache_settings"}),
        (Ruleset, CUSTOM, {"kind": "custom"}),
        (Ruleset, CUSTOM, {"name": "other"}),
        (Ruleset, CUSTOM, {"zoneId": "1" * 32}),
        (ZoneSetting, OTHERS[0][1], {"settingId": "http3"}),
        (ZoneDnssec, {"status": "active"}, {"zoneId": "1"}),
        (OriginPullsCertificate, OTHERS[5][1], {"certificate": "other"}),
        (OriginPullsSettings, {"enabled": True}, {"zoneId": "1"}),
    ],
)
def test_it_is_replaced_where_the_real_one_is(kind: type[Resource[Any]], given: Plain, change: Plain) -> None:
    old = {"zoneId": "0" * 32, **given}

    answer = Engine(provider(), kind.handles).diff(old, {**old, **change})

    assert list(answer.replaces) == list(change)


def test_other_rules_and_other_values_are_updates() -> None:
    old = {"zoneId": "0" * 32, **CUSTOM}

    answer = Engine(provider(), Ruleset.handles).diff(old, {**old, "description": "", "rules": []})

    assert (list(answer.diffs), list(answer.replaces)) == (["description", "rules"], [])


@pytest.mark.parametrize(
    ("kind", "given", "place"),
    [
        (ZoneSetting, {"settingId": "ssl", "value": "strict", "enabled": True}, "enabled"),
        (ZoneSetting, {"settingId": "ssl"}, "value"),
        (ZoneDnssec, {"status": "on"}, "status"),
        (OriginPullsSettings, {"enabled": "yes"}, "enabled"),
        (OriginPullsCertificate, {"certificate": "x"}, "privateKey"),
    ],
)
def test_inputs_that_the_real_plugin_refuses_are_refused_with_their_place(
    kind: type[Resource[Any]], given: Plain, place: str
) -> None:
    assert list(Engine(provider(), kind.handles).failures({"zoneId": "0" * 32, **given})) == [place]


def test_the_address_ranges_are_asked_of_cloudflare(cloudflare: StandIn[Any]) -> None:
    request = provider_pb2.InvokeRequest(tok="cloudflare:index/getIpRanges:getIpRanges", args=encode(Properties({})))

    answer = cloudflare.Invoke(request, Context())

    found = decode(getattr(answer, "return")).values
    assert (found["ipv4Cidrs"], found["ipv6Cidrs"]) == (list(IPV4), list(IPV6))
    assert found["etag"]
