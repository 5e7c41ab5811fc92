"""Cases of the rules for Cloudflare's rulesets."""

from __future__ import annotations

from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from policies.rules.cloudflare_rulesets import RULESET
from tests.policies.cases.cases import CANARY, Cases, Declared
from tests.policies.cases.cloudflare_zone import EXAMPLE, NO_ADDRESS, a_zone, beside
from tests.policies.program import Change, Declaration, Program, put

PAID = "efb7b8c949ac4650a09736fc376e9aee"
OWASP = "4814384a9e5d4991b9815dcfc25d2f1f"
OWASP_ACTS = "6179ae15870a4bb7b2d480d4843b323c"
API = 'starts_with(http.request.uri.path, "/api/")'
CHALLENGE = 'starts_with(http.request.uri.path, "/.well-known/acme-challenge/")'
STATIC = 'http.request.uri.path.extension in {"css" "js"}'
AUTHORIZED = 'any(http.request.headers.names[*] eq "authorization")'
COOKIE = 'http.cookie ne ""'

ALWAYS = (
    *(" true ", "not false", "!(false)", f"not (false and {CHALLENGE})", "cf.threat_score ge 0"),
    *(f"({CHALLENGE} or true)", f"{CHALLENGE} || true", f"({CHALLENGE} or ((true and (true))))"),
    *(f"({CHALLENGE} or true) and (true)", 'http.request.uri.path contains r"\\" or true'),
    *(f"{CHALLENGE} xor not {CHALLENGE}", f"{CHALLENGE} ^^ true"),
    *(f"{CHALLENGE} or not {CHALLENGE}", "ssl or not (ssl)", "ip.src in {0.0.0.0/0}"),
    *('starts_with(lower(http.request.uri.path), "/")', 'http.request.uri.path contains "/"'),
    *('starts_with(http.user_agent, "")', 'ends_with(http.user_agent,"")', 'http.user_agent contains ""'),
    *('http.host ne ""', 'http.host != ""', 'http.request.uri ne ""', 'http.request.uri.path ne ""'),
    *('http.request.uri.path matches "^/.*$"', 'http.host ~ ".*"', 'http.request.full_uri wildcard r"*"'),
)
"""What holds for every request, in as many words."""

Rule = dict[str, Any]


def _rule(action: str, expression: Any = "true", *, enabled: Any = True, **parameters: Any) -> Rule:
    return {"action": action, "expression": expression, "enabled": enabled, "actionParameters": parameters}


def _ruleset(phase: Any, *rules: Rule, of_zone: str = "zone", kind: Any = "zone") -> Declaration:
    return beside(RULESET, "ruleset", of_zone=of_zone, kind=kind, phase=phase, rules=list(rules))


def _managed(*rules: Rule, phase: str = "http_request_firewall_managed", of_zone: str = "zone") -> Declared:
    return [EXAMPLE, _ruleset(phase, *rules, of_zone=of_zone)]


def _overridden(**overrides: Any) -> Declared:
    return _managed(_rule("execute", id=OWASP, overrides=overrides))


def _skip(expression: Any, **rule: Any) -> Declared:
    return [_ruleset("http_request_firewall_custom", _rule("skip", expression, ruleset="current", **rule))]


def _config(expression: Any, **rule: Any) -> Declared:
    return [_ruleset("http_config_settings", _rule("set_config", expression, **rule))]


def _limit(expression: Any = API, action: str = "block", *, enabled: Any = True, **limit: Any) -> Rule:
    counted = {
        **{"characteristics": ["cf.colo.id", "ip.src"], "period": 10, "requestsPerPeriod": 100},
        **{"mitigationTimeout": 10, **limit},
    }
    return {"action": action, "expression": expression, "enabled": enabled, "ratelimit": counted}


def _limited(*rules: Rule, phase: str = "http_ratelimit", of_zone: str = "zone") -> Declared:
    return [EXAMPLE, _ruleset(phase, *rules, of_zone=of_zone)]


def _keep(expression: Any, mode: Any = "override_origin", **rule: Any) -> Rule:
    return _rule("set_cache_settings", expression, cache=True, edgeTtl={"mode": mode}, **rule)


def _leave(expression: Any, **rule: Any) -> Rule:
    return _rule("set_cache_settings", expression, cache=False, **rule)


def _cache(*rules: Rule) -> Declared:
    return [_ruleset("http_request_cache_settings", *rules)]


_PERSONAL = _leave(f"({AUTHORIZED} or ({API} and {COOKIE}))")


def _redirect(_enabled: Any = True, **target: Any) -> Declared:
    rule = _rule("redirect", 'http.host eq "x"', enabled=_enabled, fromValue={"targetUrl": target})
    return [EXAMPLE, _ruleset("http_request_dynamic_redirect", rule)]


def _leads(url: str, *rest: str) -> Declared:
    return _redirect(expression=f"concat({', '.join([_quoted(url), *rest])})")


def _quoted(text: str) -> str:
    return f'"{text}"'


def _in_rule(name: str, index: int, *path: str | int, value: Any) -> Change:
    return put(name, "rules", index, *path, value=value)


def _personal_first(program: Program) -> None:
    program["cdn-cache"].inputs["rules"].insert(0, program["cdn-cache"].inputs["rules"].pop(2))


def _everything_skipped(program: Program) -> None:
    program["waf-custom"].inputs["rules"].append(_rule("skip", 'true or http.host eq "x"', ruleset="current"))


CASES = {
    "managed-rules-executed": Cases(
        good={
            "enabled, as rules are": _managed(
                {"action": "execute", "expression": "true", "actionParameters": {"id": PAID}}
            ),
            "the paid": _managed(_rule("execute", id=PAID), _rule("execute", id=OWASP)),
            "the free, in parentheses": _managed(_rule("execute", " (true)", id="77454fe2d30c4220b5701f6fdfb893ba")),
        },
        bad={
            "missing": [EXAMPLE],
            "empty": _managed(),
            "wrong case": _managed(_rule("execute", id=PAID.upper())),
            "mixed list": _managed(_rule("log", id=PAID), _rule("execute", id=OWASP)),
            "disabled": _managed(_rule("execute", id=PAID, enabled=False)),
            "for some": _managed(_rule("execute", 'http.host eq "www.example.com"', id=PAID)),
            "for nobody": _managed(_rule("execute", "not true", id=PAID)),
            "another ruleset": _managed(_rule("execute", id=OWASP)),
            "another phase": _managed(_rule("execute", id=PAID), phase="ddos_l7"),
            "never reached": [
                EXAMPLE,
                _ruleset("http_request_firewall_managed", _rule("execute", id=PAID), kind="custom"),
            ],
            "another zone": _managed(_rule("execute", id=PAID), of_zone="other"),
        },
        cannot=NO_ADDRESS,
        unknown={
            "which ruleset": _managed(_rule("execute", id=UNKNOWN)),
            "for which requests": _managed(_rule("execute", UNKNOWN, id=PAID)),
            "whether it is enabled": _managed(_rule("execute", id=PAID, enabled=UNKNOWN)),
            "the kind": [
                EXAMPLE,
                _ruleset("http_request_firewall_managed", _rule("execute", id=PAID), kind=UNKNOWN),
            ],
            "the phase": [EXAMPLE, _ruleset(UNKNOWN, _rule("execute", id=PAID))],
        },
        canary=_managed(_rule("execute", id=PAID, enabled=CANARY)),
        breaks=_in_rule("waf-managed", 0, "enabled", value=False),
    ),
    "managed-rules-armed": Cases(
        good={
            "no override": _managed(_rule("execute", id=PAID)),
            "fewer of OWASP's levels": _overridden(categories=[{"category": "paranoia-level-2", "enabled": False}]),
            "other actions": [
                *_overridden(action="managed_challenge", enabled=True),
                *_overridden(action="js_challenge"),
                *_overridden(action="challenge", categories=[{"category": "sqli", "action": "block"}]),
            ],
            "one rule off": _overridden(rules=[{"id": "of-one", "enabled": False, "action": "log"}]),
            "the sum that counts": _overridden(rules=[{"id": OWASP_ACTS, "action": "block", "scoreThreshold": 60.0}]),
            "later": _managed(
                *(
                    _rule("execute", id="x", overrides={"sensitivityLevel": how})
                    for how in ("default", "medium", "low")
                ),
                phase="ddos_l7",
            ),
            "disabled itself": _managed(_rule("execute", id=PAID, overrides={"action": "log"}, enabled=False)),
        },
        bad={
            "empty": _overridden(action=""),
            "wrong case": _overridden(action="LOG"),
            "mixed list": _overridden(
                categories=[{"category": "paranoia-level-3", "enabled": False}, {"category": "sqli", "enabled": False}]
            ),
            "in the second rule": _managed(
                _rule("execute", id=PAID), _rule("execute", id=OWASP, overrides={"action": "log"})
            ),
            "logged": _overridden(action="log"),
            "off": _overridden(enabled=False),
            "OWASP's first level": _overridden(categories=[{"category": "paranoia-level-1", "enabled": False}]),
            "a category is logged": _overridden(categories=[{"category": "sqli", "action": "log"}]),
            "OWASP never acts": _overridden(rules=[{"id": "x"}, {"id": OWASP_ACTS, "enabled": False}]),
            "OWASP acts too late": _overridden(rules=[{"id": OWASP_ACTS, "scoreThreshold": 61}]),
            "floods pass": _managed(_rule("execute", id="x", overrides={"sensitivityLevel": "eoff"}), phase="ddos_l7"),
        },
        cannot=NO_ADDRESS | {"missing"},
        unknown={
            "the action": _overridden(action=UNKNOWN),
            "whether it is on": _overridden(enabled=UNKNOWN),
            "the sensitivity": _overridden(sensitivityLevel=UNKNOWN),
            "the category": _overridden(categories=[{"category": UNKNOWN, "enabled": False}]),
            "which rule": _overridden(rules=[{"id": UNKNOWN, "enabled": False}]),
            "the sum": _overridden(rules=[{"id": OWASP_ACTS, "scoreThreshold": UNKNOWN}]),
        },
        canary=_overridden(action=CANARY, categories=[{"category": CANARY, "enabled": False}]),
        breaks=_in_rule("waf-managed", 1, "actionParameters", "overrides", "action", value="log"),
    ),
    "exceptions-narrow": Cases(
        good={
            "one path": _skip(CHALLENGE),
            "one path of one host": _skip(f'(true and (http.host eq "a or b") and {CHALLENGE})'),
            "disabled": _skip("true", enabled=False),
            "not everybody": _skip(f"({API} and ssl) or not {API}"),
            "nobody": _skip(f"not (true or {API})"),
            "everybody but for the API": _skip(f"not (false or {API})"),
            "a setting for one path": _config(API, securityLevel="high"),
            "others for every request": [_ruleset("http_request_firewall_custom", _rule("block", "true"))],
        },
        bad={
            "missing": _skip(None),
            "empty": _skip(""),
            "ipv6": _skip("ip.src in {192.0.2.0/24 ::/0}"),
            "mixed list": [
                _ruleset("http_request_firewall_custom", _rule("skip", CHALLENGE), _rule("skip", "(true)")),
            ],
            "as if it were of the origin": _skip("true", ssl="strict"),
            **{f"always {expression}": _skip(expression) for expression in ALWAYS},
            "a setting": _config("true", securityLevel="off"),
            "a setting beside the origin's": _config("true", securityLevel="off", ssl="strict"),
        },
        cannot=frozenset({"wrong case"}),
        unknown={"the expression": _skip(UNKNOWN), "the action": [_ruleset("x", _rule(UNKNOWN))]},
        canary=_skip(f'true or http.host eq "{CANARY}"'),
        breaks=_everything_skipped,
    ),
    "origin-encryption-without-exception": Cases(
        good={
            "proofs": _config(CHALLENGE, ssl="flexible"),
            "proofs of some hosts": _config(f'{CHALLENGE} and http.host eq "www.example.com"', ssl="off"),
            "proofs, in C's words": _config(f'({CHALLENGE}) && (http.host eq "www.example.com")', ssl="flexible"),
            "strict": _config("true", ssl="strict"),
            "another setting": _config(API, securityLevel="high"),
            "disabled": _config("true", ssl="off", enabled=False),
        },
        bad={
            "empty": _config(API, ssl=""),
            "wrong case": _config(API, ssl="Strict"),
            "mixed list": [
                _ruleset(
                    "http_config_settings",
                    _rule("set_config", CHALLENGE, ssl="flexible"),
                    _rule("set_config", 'http.host eq "old.example.com"', ssl="full"),
                )
            ],
            "missing": _config(None, ssl="off"),
            "everything": _config("true", ssl="flexible"),
            "proofs, xor more": _config(f"{CHALLENGE} and ssl xor {API}", ssl="flexible"),
            "proofs, or more": _config(f"{CHALLENGE} or {API}", ssl="flexible"),
            "all but proofs": _config(f"not {CHALLENGE}", ssl="flexible"),
            "the proofs' name in another path": _config(
                'http.request.uri.path contains "/.well-known/acme-challenge/"', ssl="flexible"
            ),
        },
        cannot=NO_ADDRESS,
        unknown={"how": _config(CHALLENGE, ssl=UNKNOWN), "for which requests": _config(UNKNOWN, ssl="flexible")},
        canary=_config(f'http.host eq "{CANARY}"', ssl=CANARY),
        breaks=_in_rule("edge-configuration", 0, "expression", value="true"),
    ),
    "api-rate-limited": Cases(
        good={
            "the API": _limited(_limit()),
            "everything, by a challenge": _limited(_limit("true", "managed_challenge", period=60.0)),
            "every path": _limited(_limit('starts_with(http.request.uri.path, "/")')),
            "the API among others": _limited(_limit(f'http.host eq "x" or {API}', requestsPerPeriod=10)),
            "visitors behind one address": _limited(_limit(characteristics=["cf.colo.id", "cf.unique_visitor_id"])),
        },
        bad={
            "missing": [EXAMPLE],
            "empty": _limited(),
            "wrong case": _limited(_limit(API.replace("api", "API"))),
            "mixed list": _limited(_limit(action="log"), _limit(f"{API}x")),
            "logged": _limited(_limit(action="log")),
            "disabled": _limited(_limit(enabled=False)),
            "a part of the API": _limited(_limit('starts_with(http.request.uri.path, "/api/login")')),
            "one host's": _limited(_limit(f'{API} and http.host eq "www.example.com"')),
            "all but the API": _limited(_limit(f"not {API}")),
            "far too many": _limited(_limit(requestsPerPeriod=101)),
            "no number": _limited(_limit(requestsPerPeriod=None)),
            "no period": _limited(_limit(period=None)),
            "a period of no length": _limited(_limit(period=0)),
            "counted by what anybody chooses": _limited(
                _limit(characteristics=["cf.colo.id", "ip.src", 'http.request.headers["user-agent"]'])
            ),
            "counted together": _limited(_limit(characteristics=["cf.colo.id"])),
            "counts other requests": _limited(_limit(countingExpression="http.response.code eq 401")),
            "another phase": _limited(_limit(), phase="http_request_firewall_custom"),
            "another zone": _limited(_limit(), of_zone="other"),
        },
        cannot=NO_ADDRESS,
        unknown={
            "how many": _limited(_limit(requestsPerPeriod=UNKNOWN)),
            "how long": _limited(_limit(period=UNKNOWN)),
            "of which": _limited(_limit(UNKNOWN)),
            "counted by what": _limited(_limit(characteristics=["cf.colo.id", UNKNOWN])),
            "counted which": _limited(_limit(countingExpression=UNKNOWN)),
        },
        canary=_limited(_limit(f'http.host eq "{CANARY}"')),
        breaks=_in_rule("waf-rate-limits", 0, "expression", value='starts_with(http.request.uri.path, "/api/login")'),
    ),
    "rate-limits-fit-plan": Cases(
        good={
            "the free plan's": _limited(_limit()),
            "none": _limited(),
            "blocks for a moment": _limited(_limit(mitigationTimeout=0)),
            "blocks for no longer": _limited(_limit(mitigationTimeout=None)),
        },
        bad={
            "missing": _limited(_limit(period=None)),
            "mixed list": _limited(_limit(), _limit()),
            "longer": _limited(_limit(period=11)),
            "shorter": _limited(_limit(period=9)),
            "blocks for longer": _limited(_limit(mitigationTimeout=11)),
            "counts by more": _limited(_limit(characteristics=["cf.colo.id", "cf.unique_visitor_id"])),
            "disabled counts too": _limited(_limit(), _limit(enabled=False)),
        },
        cannot=NO_ADDRESS | {"empty", "wrong case"},
        unknown={
            "the period": _limited(_limit(period=UNKNOWN)),
            "the timeout": _limited(_limit(mitigationTimeout=UNKNOWN)),
            "counted by what": _limited(_limit(characteristics=[UNKNOWN])),
        },
        canary=_limited(_limit(characteristics=[CANARY], period=CANARY)),
        breaks=_in_rule("waf-rate-limits", 0, "ratelimit", "mitigationTimeout", value=3600),
    ),
    "api-answers-kept-on-request": Cases(
        good={
            "not the API": _cache(_keep(f"(not {API} and {STATIC})")),
            "another path": _cache(_keep('starts_with(http.request.uri.path, "/static/")')),
            "the API, as it says": _cache(_keep(API, "bypass_by_default")),
            "left out": _cache(_rule("set_cache_settings", "true", cache=False, edgeTtl={"mode": "respect_origin"})),
            "disabled": _cache(_keep("true", enabled=False)),
        },
        bad={
            "missing": _cache(_rule("set_cache_settings", API, cache=True)),
            "empty": _cache(_keep("")),
            "wrong case": _cache(_keep(API, "BYPASS_BY_DEFAULT")),
            "mixed list": _cache(_keep(API, "bypass_by_default"), _keep(API)),
            "what the origin says, or a while": _cache(_keep(API, "respect_origin")),
            "by the end of a name": _cache(_keep(STATIC)),
            "not the API, or": _cache(_keep(f"not {API} or {STATIC}")),
            "not the API, or, within and": _cache(_keep(f"(not {API} or {STATIC}) and {STATIC}")),
            "a part of the API": _cache(_keep('starts_with(http.request.uri.path, "/api/public/")')),
            "what is around the API": _cache(_keep('starts_with(http.request.uri.path, "/a")')),
            "for longer, afterwards": _cache(
                _keep(API, "bypass_by_default"),
                _rule("set_cache_settings", "true", edgeTtl={"mode": "override_origin", "default": 60}),
            ),
        },
        cannot=NO_ADDRESS,
        unknown={
            "the mode": _cache(_keep(API, UNKNOWN)),
            "for which requests": _cache(_keep(UNKNOWN)),
            "whether it keeps": _cache(_rule("set_cache_settings", API, cache=UNKNOWN)),
        },
        canary=_cache(_keep(f'http.host eq "{CANARY}"', CANARY)),
        breaks=_in_rule("cdn-cache", 1, "actionParameters", "edgeTtl", "mode", value="respect_origin"),
    ),
    "personal-answers-not-kept": Cases(
        good={
            "left out in the end": _cache(_keep(f"not {API}"), _PERSONAL, _leave(CHALLENGE)),
            "by two rules": _cache(_keep(API), _leave(COOKIE), _leave(AUTHORIZED)),
            "in other words": _cache(
                _keep(API),
                _leave('len(http.request.headers["authorization"]) > 0 || len(http.cookie) > 0'),
            ),
            "in C's words": _cache(_keep(API), _leave(f'{AUTHORIZED.replace(" eq ", " == ")} || http.cookie != ""')),
            "nothing is kept": _cache(_leave(CHALLENGE)),
            "only browsers, afterwards": _cache(
                _keep(API), _PERSONAL, _rule("set_cache_settings", API, browserTtl={"mode": "respect_origin"})
            ),
        },
        bad={
            "missing": _cache(_keep(API)),
            "empty": _cache(_keep(API), _leave("")),
            "wrong case": _cache(_keep(API), _leave(f"{AUTHORIZED.replace('auth', 'Auth')} or {COOKIE}")),
            "mixed list": _cache(_keep(API), _leave(AUTHORIZED)),
            "cookies alone": _cache(_keep(API), _leave(COOKIE)),
            "before the last that keeps": _cache(_PERSONAL, _keep(API)),
            "before one that keeps for longer": _cache(
                _keep(API), _PERSONAL, _rule("set_cache_settings", API, edgeTtl={"mode": "override_origin"})
            ),
            "both at once": _cache(_keep(API), _leave(f"{AUTHORIZED} and {COOKIE}")),
            "some paths": _cache(_keep(API), _leave(f"{AUTHORIZED} or ({STATIC} and {COOKIE})")),
            "the contrary": _cache(_keep(API), _leave(f"not {AUTHORIZED} or not {COOKIE}")),
            "left to browsers": _cache(
                _keep(API), _rule("set_cache_settings", _PERSONAL["expression"], browserTtl={"mode": "bypass"})
            ),
            "disabled": _cache(_keep(API), {**_PERSONAL, "enabled": False}),
            "kept": _cache(_keep(API), _keep(_PERSONAL["expression"])),
        },
        cannot=NO_ADDRESS,
        unknown={
            "for which requests": _cache(_keep(API), _leave(UNKNOWN)),
            "whether it keeps": _cache(_keep(API), _rule("set_cache_settings", "true", cache=UNKNOWN)),
        },
        canary=_cache(_keep(f'http.host eq "{CANARY}"')),
        breaks=_personal_first,
    ),
    "redirects-stay-in-zone": Cases(
        good={
            "a name of the zone": _leads("https://example.com", "http.request.uri.path"),
            "a path below": _leads("https://www.example.com/old/", "http.request.uri.query"),
            "in small letters": _leads("https://example.com", "lower(http.request.uri.path)"),
            "the same name": _leads("https://", "http.host", "http.request.uri"),
            "a text": _redirect(value="https://www.example.com/new"),
            "in a zone in large letters": [a_zone(name="Example.COM"), *_redirect(value="https://example.com")[1:]],
            "a literal": _redirect(expression='"https://www.example.com"'),
            "a path": _redirect(value="/new/"),
            "disabled": _redirect(_enabled=False, value="https://example.net"),
        },
        bad={
            "missing": _redirect(),
            "empty": _redirect(value=""),
            "wrong case": _redirect(value="HTTP://www.example.com/"),
            "mixed list": [
                EXAMPLE,
                _ruleset(
                    "http_request_dynamic_redirect",
                    _rule("redirect", fromValue={"targetUrl": {"value": "/new/"}}),
                    _rule("redirect", fromValue={"targetUrl": {"value": "http://example.com/"}}),
                ),
            ],
            "http": _leads("http://example.com", "http.request.uri.path"),
            "http of the same name": _leads("http://", "http.host", "http.request.uri.path"),
            "another domain": _leads("https://example.net", "http.request.uri.path"),
            "a domain that ends alike": _leads("https://badexample.com", "http.request.uri.path"),
            "a domain that begins alike": _redirect(value="https://example.com.example.net/"),
            "a user's name": _redirect(value="https://example.com@example.net/"),
            "a backslash": _redirect(value="https://example.net\\.example.com/"),
            "two slashes": _redirect(value="//example.net/"),
            "what the query says": _redirect(expression='http.request.uri.args["next"][0]'),
            "what the query says, in the end": _leads("https://example.com", "http.request.uri.query"),
            "what the query says, as a host": _leads("https://", 'http.request.uri.args["next"][0]'),
            "what a header says": _leads("https://", 'http.request.headers["x-forwarded-host"][0]'),
            "what follows the same name": _leads("https://", "http.host", "http.request.uri.query"),
            "a list of the account": [
                _ruleset("http_request_redirect", _rule("redirect", fromList={"name": "old", "key": "http.host"}))
            ],
            "of another zone": [
                EXAMPLE,
                _ruleset(
                    "http_request_dynamic_redirect",
                    _rule("redirect", fromValue={"targetUrl": {"value": "https://example.com/"}}),
                    of_zone="other",
                ),
            ],
        },
        cannot=NO_ADDRESS,
        unknown={
            "the text": _redirect(value=UNKNOWN),
            "the expression": _redirect(expression=UNKNOWN),
            "whether it is enabled": _redirect(_enabled=UNKNOWN, value="https://example.com/"),
        },
        canary=_leads(f"https://{CANARY}", "http.request.uri.path"),
        breaks=_in_rule(
            "cdn-redirects",
            0,
            *("actionParameters", "fromValue", "targetUrl", "expression"),
            value='concat("https://neurmatic.com", http.request.uri.query)',
        ),
    ),
}
