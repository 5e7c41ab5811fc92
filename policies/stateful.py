"""Rules for what cannot be made again once it is gone."""

from pulumi_policy import (
    EnforcementLevel,
    PolicyComplianceFramework,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)

STATEFUL = {
    "docker:index/volume:Volume": "the data in it",
    "aws:s3/bucket:Bucket": "the backups in it",
    "cloudflare:index/zone:Zone": "every name of the domain",
}


def _validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
    lost = STATEFUL.get(args.resource_type)
    if lost and not args.opts.protect:
        report(f"{args.name}: is not protected, so that a replacement or a deletion takes {lost}. {_REMEDIATION}", None)


_REMEDIATION = (
    "Give it ResourceOptions(protect=True); to remove it on purpose, run `pulumi state unprotect` for it alone."
)

stateful_resources_protected = ResourceValidationPolicy(
    name="stateful-resources-protected",
    description="Volumes, buckets and zones are protected, so that the engine refuses to replace or delete them.",
    validate=_validate,
    enforcement_level=EnforcementLevel.MANDATORY,
    severity=Severity.CRITICAL,
    framework=PolicyComplianceFramework(
        name="NIST SP 800-53",
        version="5.1",
        reference="CP-9",
        specification="Protect the confidentiality, integrity, and availability of backup information",
    ),
    remediation_steps=_REMEDIATION,
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
)

POLICIES = [stateful_resources_protected]
