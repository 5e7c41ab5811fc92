"""Rules for Cloudflare's rulesets: its firewall, its rate limits, its cache, and exceptions from a zone's settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pulumi_policy import Severity

from policies.frameworks import cloudflare_docs, owasp_asvs
from policies.rule import Limit, Limits, Resource, ResourceRule, Stack, StackRule, items, of_type, read
from policies.rules.cloudflare_zone import DOCS, ZONE, number, of_zone

RULESET = "cloudflare:index/ruleset:Ruleset"

_STOPPING = frozenset({"block", "challenge", "js_challenge", "managed_challenge"})

# Expressions of Cloudflare's Rules language, taken apart as far as the rules ask:
# developers.cloudflare.com/ruleset-engine/rules-language/operators/

_PATH = "http.request.uri.path"
_TOKEN = re.compile(r'r(#*)".*?"\1|"(?:[^"\\]|\\.)*"|[({]|[)}]|\|\||&&|\^\^|\b(?:and|or|xor)\b', re.DOTALL)
_OPERATORS = {"or": "or", "||": "or", "and": "and", "&&": "and", "xor": "xor", "^^": "xor"}


def _split(expression: str, operator: str) -> list[str]:
    """Return the parts between an operator that stands outside of strings, braces and parentheses."""
    text = expression.strip()
    parts, depth, start, closed = [], 0, 0, False
    for token in _TOKEN.finditer(text):
        word = token.group()
        depth += (word in "({") - (word in ")}")
        closed = closed or (depth == 0 and token.end() < len(text))
        if depth == 0 and _OPERATORS.get(word) == operator:
            parts.append(text[start : token.start()].strip())
            start = token.end()
    if text.startswith("(") and not closed:
        return _split(text[1:-1], operator)
    return [*parts, text[start:].strip()]


def _ways(expression: str) -> list[list[str]]:
    """Return an expression in disjunctive form: it holds where all conditions of one of the lists hold.

    An `or` within an `and`, and an `xor` anywhere, stay one condition, which no rule knows.
    """
    ways = _split(expression, "or")
    if len(ways) > 1:
        return [conditions for way in ways for conditions in _ways(way)]
    parts = _split(ways[0], "and") if len(_split(ways[0], "xor")) == 1 else ways
    if len(parts) == 1:
        return [[_normalized(parts[0])]]
    nested = [(part, _ways(part)) for part in parts]
    return [[condition for part, ways in nested for condition in (ways[0] if len(ways) == 1 else [_normalized(part)])]]


def _normalized(condition: str) -> str:
    text = re.sub(r"^(!|not\b)\s*", "not ", condition)
    return re.sub(r"\s+", " ", text.replace(" == ", " eq ").replace(" != ", " ne "))


def _path_in(prefix: str) -> str:
    return f'starts_with({_PATH}, "{prefix}")'


# What holds for every request: each has an address, a host, a method and a path that begins with a slash.
_ALWAYS = re.compile(
    r"""true
    | (?:starts_with|ends_with)\([^,]+,[ ]?""\) | \S+[ ]contains[ ]""
    | starts_with\(\S*http\.request\.uri(?:\.path)?\)?,[ ]?"/"\)
    | \S*http\.request\.(?:uri|uri\.path|full_uri)\)?[ ]contains[ ]"/"
    | (?:http\.host|http\.request\.(?:method|uri|uri\.path|full_uri))[ ]ne[ ]""
    | ip\.src[ ]in[ ]\{[^}]*/0[ }].*
    | \S+[ ](?:matches|~|wildcard|strict[ ]wildcard)[ ]r?\#*"(?:/?\*|\^?/?\.[*+]\$?)"\#*
    | \S+[ ](?:ge|>=)[ ]0
    """,
    re.VERBOSE,
)


def _is_certain(expression: str, outcome: bool) -> bool:
    """Return whether an expression has this outcome for every request; an `xor` counts as if it had."""
    ways = _split(expression, "or")
    if len(ways) > 1:
        return (any if outcome else all)(_is_certain(way, outcome) for way in ways)
    if len(_split(ways[0], "xor")) > 1:
        return True
    parts = _split(ways[0], "and")
    if len(parts) > 1:
        return (all if outcome else any)(_is_certain(part, outcome) for part in parts)
    condition = _normalized(parts[0])
    if condition.startswith("not "):
        return _is_certain(condition.removeprefix("not "), not outcome)
    return _ALWAYS.fullmatch(condition) is not None if outcome else condition == "false"


def _holds_always(expression: str) -> bool:
    alone = {way[0] for way in _ways(expression) if len(way) == 1}
    contrary = any(f"not {condition}" in alone or f"not ({condition})" in alone for condition in alone)
    return contrary or _is_certain(expression, True)


def _rules(ruleset: Resource, *actions: str) -> Iterator[tuple[str, Any]]:
    """Yield the enabled rules of these actions, with their paths."""
    for index, rule in enumerate(items(ruleset.inputs, "rules")):
        enabled = read(rule, "enabled")
        if enabled not in (None, True, False):
            raise TypeError("enabled is no boolean")
        if enabled is not False and read(rule, "action") in actions:
            yield f"rules[{index}]", rule


def _rules_of_zone(zone: Resource, stack: Stack, phase: str, *actions: str) -> Iterator[Any]:
    """Yield the rules that a zone executes in a phase; a ruleset of another kind runs only where one executes it."""
    for ruleset in of_zone(zone, stack, RULESET):
        if read(ruleset.inputs, "phase") == phase and read(ruleset.inputs, "kind") == "zone":
            for _, rule in _rules(ruleset, *actions):
                yield rule


def _of_phase(*phases: str) -> Callable[[Resource], bool]:
    return lambda resource: resource.type == RULESET and read(resource.inputs, "phase") in phases


# The firewall

# The same in every account: developers.cloudflare.com/waf/managed-rules/#available-managed-rulesets. OWASP's alone
# are no replacement: they guess, while Cloudflare's know the attacks of the day.
_MANAGED = frozenset({"77454fe2d30c4220b5701f6fdfb893ba", "efb7b8c949ac4650a09736fc376e9aee"})
# OWASP's last rule, which alone acts on the sum of the others:
# developers.cloudflare.com/waf/managed-rules/reference/owasp-core-ruleset/configure-api/
_OWASP_ACTS = "6179ae15870a4bb7b2d480d4843b323c"
# The highest sum that the dashboard offers, as "Low".
_OWASP_SUM = 60
# They suspect honest visitors too, so that a zone chooses how many of them it wants; the first stays.
_OWASP_LEVELS = frozenset({"paranoia-level-2", "paranoia-level-3", "paranoia-level-4"})


def _unguarded(zone: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    for rule in _rules_of_zone(zone, stack, "http_request_firewall_managed", "execute"):
        everything = _ways(str(read(rule, "expression"))) == [["true"]]
        if read(rule, "actionParameters", "id") in _MANAGED and everything:
            return
    yield "no Ruleset of phase http_request_firewall_managed executes Cloudflare's managed rules for every request"


def _weakened(ruleset: Resource, _: Limits) -> Iterator[str]:
    for where, rule in _rules(ruleset, "execute"):
        overrides = read(rule, "actionParameters", "overrides")
        at = f"{where}.actionParameters.overrides"
        yield from _disarmed(at, overrides)
        for index, category in enumerate(items(overrides, "categories")):
            if read(category, "category") not in _OWASP_LEVELS:
                yield from _disarmed(f"{at}.categories[{index}]", category)
        for index, override in enumerate(items(overrides, "rules")):
            if read(override, "id") == _OWASP_ACTS:
                yield from _disarmed(f"{at}.rules[{index}]", override)
                if (number(read(override, "scoreThreshold")) or 0) > _OWASP_SUM:
                    yield f"{at}.rules[{index}].scoreThreshold: is more than {_OWASP_SUM}"


def _disarmed(where: str, override: Any) -> Iterator[str]:
    if read(override, "action") not in (None, *_STOPPING):
        yield f"{where}.action: stops nothing"
    if read(override, "enabled") not in (None, True):
        yield f"{where}.enabled: turns many rules off at once"
    if read(override, "sensitivityLevel") not in (None, "default", "medium", "low"):
        yield f"{where}.sensitivityLevel: stops as good as nothing"


def _skipped(ruleset: Resource, _: Limits) -> Iterator[str]:
    for where, rule in _rules(ruleset, "skip", "set_config"):
        # The rule origin-encryption-without-exception judges how the origin is reached.
        ssl = read(rule, "actionParameters", "ssl") if read(rule, "action") == "set_config" else None
        if ssl in (None, "strict") and _holds_always(read(rule, "expression") or "true"):
            yield f"{where}.expression: holds for every request"


_CHALLENGE = _path_in("/.well-known/acme-challenge/")


def _unencrypted(ruleset: Resource, _: Limits) -> Iterator[str]:
    for where, rule in _rules(ruleset, "set_config"):
        if read(rule, "actionParameters", "ssl") in (None, "strict"):
            continue
        if not all(_CHALLENGE in way for way in _ways(read(rule, "expression") or "true")):
            yield f"{where}.actionParameters.ssl: is not strict, for more than proofs for certificates"


# Rate limits


class _Plan(NamedTuple):
    rules: int
    period: int
    timeout: int
    characteristics: frozenset[str]


_BY_ADDRESS = frozenset({"cf.colo.id", "ip.src"})
# developers.cloudflare.com/waf/rate-limiting-rules/#availability
_PLANS = {
    "free": _Plan(1, 10, 10, _BY_ADDRESS),
    "pro": _Plan(2, 60, 3_600, _BY_ADDRESS),
    "business": _Plan(5, 600, 86_400, _BY_ADDRESS | {"cf.unique_visitor_id"}),
}


def _flooded(zone: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    for rule in _rules_of_zone(zone, stack, "http_ratelimit", *_STOPPING):
        limit = read(rule, "ratelimit")
        requests, seconds = number(read(limit, "requestsPerPeriod")), number(read(limit, "period"))
        counted = {str(characteristic) for characteristic in items(limit, "characteristics")}
        if (
            any(_covers(way, limits["path"]) for way in _ways(str(read(rule, "expression"))))
            and not read(limit, "countingExpression")
            and counted & {"ip.src", "cf.unique_visitor_id"}
            and counted <= _PLANS["business"].characteristics
            and requests
            and seconds
            and requests <= limits["requests_per_second"] * seconds
        ):
            return
    yield (
        "no Ruleset of phase http_ratelimit stops an address that asks the API more than"
        f" {limits['requests_per_second']} times a second"
    )


def _covers(way: list[str], path: str) -> bool:
    shorter = {_path_in(path[:length]) for length in range(1, len(path) + 1)}
    return all(condition == "true" or condition in shorter for condition in way)


def _beyond_plan(ruleset: Resource, limits: Limits) -> Iterator[str]:
    plan = _PLANS[limits["plan"]]
    if len(list(items(ruleset.inputs, "rules"))) > plan.rules:
        yield f"rules: are more than the {plan.rules} of plan {limits['plan']}"
    for index, rule in enumerate(items(ruleset.inputs, "rules")):
        limit, at = read(rule, "ratelimit"), f"rules[{index}].ratelimit"
        if not 10 <= (number(read(limit, "period")) or 0) <= plan.period:
            yield f"{at}.period: is not from 10 to {plan.period}, as plan {limits['plan']} wants"
        if (number(read(limit, "mitigationTimeout")) or 0) > plan.timeout:
            yield f"{at}.mitigationTimeout: is more than the {plan.timeout} of plan {limits['plan']}"
        if not {str(characteristic) for characteristic in items(limit, "characteristics")} <= plan.characteristics:
            yield f"{at}.characteristics: are more than plan {limits['plan']} counts by"


# The cache. Of the rules that fit a request, the last one wins.

_AUTHORIZED = (
    'any(http.request.headers.names[*] eq "authorization")',
    'len(http.request.headers["authorization"]) > 0',
)
_WITH_COOKIE = ('http.cookie ne ""', "len(http.cookie) > 0")
_BEGINS = re.compile(rf'starts_with\({re.escape(_PATH)}, ?"([^"]*)"\)')


def _caches(rule: Any) -> bool:
    """Return whether a rule makes answers eligible for the cache, or sets how long those of others stay in it."""
    cache = read(rule, "actionParameters", "cache")
    return cache is True or (cache is None and read(rule, "actionParameters", "edgeTtl") is not None)


def _kept_unasked(ruleset: Resource, limits: Limits) -> Iterator[str]:
    for where, rule in _rules(ruleset, "set_cache_settings"):
        if not _caches(rule) or read(rule, "actionParameters", "edgeTtl", "mode") == "bypass_by_default":
            continue
        if not all(_excludes(way, limits["path"]) for way in _ways(read(rule, "expression") or "true")):
            yield f"{where}.actionParameters.edgeTtl.mode: keeps answers of the API that say nothing about caches"


def _excludes(way: list[str], path: str) -> bool:
    """Return whether the conditions hold for no path below this one."""
    begins = [match[1] for condition in way if (match := _BEGINS.fullmatch(condition))]
    return f"not {_path_in(path)}" in way or any(
        not (prefix.startswith(path) or path.startswith(prefix)) for prefix in begins
    )


def _personal(ruleset: Resource, limits: Limits) -> Iterator[str]:
    rules = [rule for _, rule in _rules(ruleset, "set_cache_settings")]
    last = max((index for index, rule in enumerate(rules) if _caches(rule)), default=None)
    if last is None:
        return
    after = [rule for rule in rules[last + 1 :] if read(rule, "actionParameters", "cache") is False]
    left_out = [frozenset(way) for rule in after for way in _ways(str(read(rule, "expression")))]
    if not any(frozenset({condition}) in left_out for condition in _AUTHORIZED):
        yield "rules: after the last that keeps answers, none leaves out requests with the header Authorization"
    if not any(way - {_path_in(limits["path"])} == {condition} for way in left_out for condition in _WITH_COOKIE):
        yield "rules: after the last that keeps answers, none leaves out requests to the API with a cookie"


# Redirects

_HTTPS = re.compile(r"https://([^/?#:@\\]+)([/?#].*)?", re.DOTALL)
_CONCAT = re.compile(r'(?:concat\(\s*"([^"\\]*)"\s*(?:,\s*(.*))?\)|"([^"\\]*)")', re.DOTALL)
# What begins with a slash, so that it ends the name before it.
_SLASHED = r'(?:(?:lower\()?http\.request\.uri(?:\.path)?\)?\s*(?:,.*)?|"/.*)'


def _led_away(ruleset: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    zones = [zone for zone in stack.of(ZONE) if ruleset in of_zone(zone, stack, RULESET)]
    names = [*(str(read(zone.inputs, "name")).lower() for zone in zones), *limits["names"]]
    for where, rule in _rules(ruleset, "redirect"):
        target = read(rule, "actionParameters", "fromValue", "targetUrl")
        value, expression = read(target, "value"), read(target, "expression")
        # A path alone leads nowhere else, unless a second slash begins a name.
        within = value is not None and re.match(r"/(?![/\\])", value) is not None
        if not within and not (_leads_to(names, value) if value is not None else _computes(names, str(expression))):
            yield f"{where}.actionParameters.fromValue.targetUrl: may lead to another name, or to http"


def _leads_to(names: list[str], url: str, rest: str = "") -> bool:
    """Return whether a URL leads by https to one of the names or below, with the expression `rest` appended."""
    match = _HTTPS.fullmatch(url)
    if match is None or not any(f".{match[1]}".endswith(f".{name}") for name in names):
        return False
    return bool(match[2]) or not rest or re.fullmatch(_SLASHED, rest, re.DOTALL) is not None


def _computes(names: list[str], expression: str) -> bool:
    match = _CONCAT.fullmatch(expression.strip())
    if match is None:
        return False
    url, rest = match[1] or match[3] or "", match[2] or ""
    # Cloudflare serves no name but the zone's own.
    if url == "https://" and re.fullmatch(rf"http\.host\s*(?:,\s*{_SLASHED})?", rest, re.DOTALL):
        return True
    return _leads_to(names, url, rest)


_PATH_LIMIT = Limit("/api/", "the path below which the API answers")

RULES: list[ResourceRule | StackRule] = [
    StackRule(
        id="managed-rules-executed",
        sentence="Cloudflare's managed rules see every request to a zone.",
        severity=Severity.HIGH,
        framework=cloudflare_docs("WAF, Managed Rules", "Pre-configured rulesets that protect against known attacks"),
        url=f"{DOCS}/waf/managed-rules/",
        mend=(
            "Declare a cloudflare.Ruleset with kind=`zone`, phase=`http_request_firewall_managed` and an enabled rule"
            " with action `execute`, expression `true`, action_parameters.id efb7b8c949ac4650a09736fc376e9aee, or"
            " 77454fe2d30c4220b5701f6fdfb893ba in plan free."
        ),
        judges=of_type(ZONE),
        check=_unguarded,
    ),
    ResourceRule(
        id="managed-rules-armed",
        sentence="No override takes the force of a whole managed ruleset, nor of a category of it.",
        severity=Severity.HIGH,
        framework=cloudflare_docs(
            "Ruleset Engine, Override a managed ruleset",
            "Overrides of a ruleset, of a category or of a rule change its action or status",
        ),
        url=f"{DOCS}/ruleset-engine/managed-rulesets/override-managed-ruleset/",
        mend="Override single rules, by their id in overrides.rules, and take the override of all of them away.",
        judges=_of_phase("http_request_firewall_managed", "ddos_l7"),
        check=_weakened,
    ),
    ResourceRule(
        id="exceptions-narrow",
        sentence="No rule skips others, or changes a zone's settings, for every request.",
        severity=Severity.HIGH,
        framework=cloudflare_docs("WAF, Skip rules", "Exceptions for requests that match an expression"),
        url=f"{DOCS}/waf/custom-rules/skip/",
        mend="Write an expression that names the requests that need it, say a path; declare a ZoneSetting for all.",
        judges=of_type(RULESET),
        check=_skipped,
    ),
    ResourceRule(
        id="origin-encryption-without-exception",
        sentence="No rule reaches the origin without checking its certificate, but for proofs that get a new one.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "12.3.1", "Verify that an encrypted protocol such as TLS is used for all connections; no falling back"
        ),
        url=f"{DOCS}/rules/configuration-rules/settings/#ssl",
        mend=f"Take `ssl` out of the rule's action_parameters, or give it the expression `{_CHALLENGE}` alone.",
        judges=of_type(RULESET),
        check=_unencrypted,
    ),
    StackRule(
        id="api-rate-limited",
        sentence="Cloudflare stops an address that asks the API too often.",
        severity=Severity.HIGH,
        framework=owasp_asvs("2.4.1", "Verify that anti-automation controls protect against excessive calls"),
        url=f"{DOCS}/waf/rate-limiting-rules/",
        mend=(
            "Declare a cloudflare.Ruleset with kind=`zone`, phase=`http_ratelimit` and an enabled rule with action"
            f" `block`, expression `{_path_in('/api/')}`, and a ratelimit with characteristics cf.colo.id and ip.src."
        ),
        limits={
            "path": _PATH_LIMIT,
            "requests_per_second": Limit(10, "how often an address may ask, on average over a period"),
        },
        judges=of_type(ZONE),
        check=_flooded,
    ),
    ResourceRule(
        id="rate-limits-fit-plan",
        sentence="A zone's rate limits are such as its plan has, so that Cloudflare takes them.",
        severity=Severity.LOW,
        framework=cloudflare_docs(
            "WAF, Rate limiting rules, availability",
            "Counting periods, timeouts, characteristics and the number of rules depend on the plan",
        ),
        url=f"{DOCS}/waf/rate-limiting-rules/#availability",
        mend="Lower it, or name the zone's plan in the `plan` of this rule's configuration.",
        limits={"plan": Limit("free", "the zone's plan", tuple(_PLANS))},
        judges=_of_phase("http_ratelimit"),
        check=_beyond_plan,
    ),
    ResourceRule(
        id="api-answers-kept-on-request",
        sentence="Cloudflare keeps an answer of the API only where the answer itself says so.",
        severity=Severity.HIGH,
        framework=owasp_asvs("14.2.5", "Verify that caching mechanisms do not contain sensitive, dynamic content"),
        url=f"{DOCS}/cache/how-to/cache-rules/settings/",
        mend=(
            "Add `and not "
            f"{_path_in('/api/')}` to the rule's expression, or give it edge_ttl with mode `bypass_by_default`."
        ),
        limits={"path": _PATH_LIMIT},
        judges=_of_phase("http_request_cache_settings"),
        check=_kept_unasked,
    ),
    ResourceRule(
        id="personal-answers-not-kept",
        sentence="Cloudflare keeps no answer to somebody who has signed in.",
        severity=Severity.HIGH,
        framework=owasp_asvs("14.2.5", "Verify that caching mechanisms do not contain sensitive, dynamic content"),
        url=f"{DOCS}/cache/how-to/cache-rules/order/",
        mend=(
            "After all rules that keep answers write one with action_parameters cache=False and the expression"
            f" `({_AUTHORIZED[0]} or ({_path_in('/api/')} and {_WITH_COOKIE[0]}))`."
        ),
        limits={"path": _PATH_LIMIT},
        judges=_of_phase("http_request_cache_settings"),
        check=_personal,
    ),
    StackRule(
        id="redirects-stay-in-zone",
        sentence="Cloudflare's redirects lead to names of the zone by https, whatever the request says.",
        severity=Severity.MEDIUM,
        framework=owasp_asvs(
            "3.7.2", "Verify that the application redirects to another domain only where it is on an allowlist"
        ),
        url=f"{DOCS}/rules/url-forwarding/single-redirects/settings/",
        mend=(
            "Give from_value.target_url an expression such as"
            f' `concat("https://www.example.com", {_PATH})` with a name of the zone, or a value that begins so.'
        ),
        limits={"names": Limit((), "names outside of the zone to which redirects may lead too")},
        judges=_of_phase("http_request_dynamic_redirect", "http_request_redirect"),
        check=_led_away,
    ),
]
