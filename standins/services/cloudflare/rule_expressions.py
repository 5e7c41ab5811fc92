"""Where rules hold expressions: what is refused of them, and what a plan has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from standins.services.cloudflare import expressions
from standins.services.cloudflare.envelope import RefusalError
from standins.services.cloudflare.expressions import ExpressionError, Used
from standins.services.cloudflare.plans import Plan
from standins.services.cloudflare.rule_refusals import not_entitled


def check_expression(expression: Any, read: Callable[[str], Used], pointer: str) -> Used:
    """Read an expression, or refuse it in the words of Cloudflare's parser."""
    if not isinstance(expression, str) or not expression.strip():
        raise RefusalError(
            400, 20125, "'' is not a valid value for expression because the expression cannot be blank", pointer=pointer
        )
    if len(expression) > expressions.LONGEST:
        reason = f"expression size {len(expression)} exceeded maximum {expressions.LONGEST}"
        raise RefusalError(400, 20127, reason, pointer=pointer)
    try:
        return read(expression)
    except ExpressionError as error:
        reason = f"could not parse filter expression: {error}"
        raise RefusalError(
            400, 20127, f"'{expression}' is not a valid value for expression because {reason}", pointer=pointer
        ) from None


def check_use(used: Used, phase: str, plan: Plan, pointer: str) -> None:
    """Refuse what an expression uses and the plan has not, or the phase."""
    limited = phase == "http_ratelimit"
    above = "an Advanced Rate Limiting plan" if limited else "a Business plan or a WAF Advanced plan"
    if not plan.regex and used.operators & {"matches", "~"}:
        raise not_entitled(f": the use of operator Matches is not allowed, {above} is required", pointer)
    if not plan.regex and "regex_replace" in used.functions:
        raise not_entitled(f": the use of function regex_replace is not allowed, {above} is required", pointer)
    if limited:
        for name in sorted(used.fields - plan.rate_limit_fields):
            above = "an higher Advanced Rate Limiting plan"
            raise not_entitled(f": the use of field {name} is not allowed, {above} is required", pointer)
