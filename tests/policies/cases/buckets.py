"""Cases of the rules for buckets."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from policies.rules.buckets import FLAGS
from tests.policies.cases.cases import CANARY, Cases, Declared, of
from tests.policies.program import Change, Declaration, Program, put, removed, text, without

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
ENCRYPTION_V2 = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
VERSIONING_V2 = "aws:s3/bucketVersioningV2:BucketVersioningV2"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
LIFECYCLE_V2 = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
LOCK_V2 = "aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"

NAME, ARN = "data", "arn:aws:s3:::data"


def _bucket(name: str = NAME, type_: str = BUCKET, **inputs: Any) -> Declaration:
    return of(type_, f"bucket {name}", bucket=name, **inputs)


def _beside(type_: str, name: str = NAME, **inputs: Any) -> Declaration:
    """Declare what belongs to the bucket of this name."""
    return of(type_, f"{type_} of {name}", bucket=name, **inputs)


def _companion(type_: str, ours: str, old: str | None = None) -> Cases:
    """Return the cases of a rule that wants one resource of a type beside each bucket."""
    by_output = _beside(type_, "known after the deployment")
    by_output.refers = {"bucket": frozenset({_bucket().judged().urn})}
    unknown = _beside(type_, UNKNOWN)
    unknown.refers = by_output.refers
    good = {
        "by name": [_bucket(), _beside(type_)],
        "by output": [_bucket(), by_output],
        "by an output that nobody knows": [_bucket(), unknown],
        "of the name V2": [_bucket(type_="aws:s3/bucketV2:BucketV2"), _beside(old or type_)],
    }
    return Cases(
        good=good,
        bad={
            "missing": [_bucket()],
            "mixed list": [_bucket(), _beside(type_), _bucket("other")],
            "of another bucket": [_bucket(), _beside(type_, "other")],
            "two that overwrite one another": [_bucket(), _beside(type_), by_output],
        },
        cannot=frozenset({"empty", "ipv6", "wrong case"}),
        unknown={"whose it is": [_bucket(), _beside(type_, UNKNOWN)]},
        canary=[_bucket(tags={"owner": CANARY})],
        breaks=removed(ours),
    )


def _second_bucket(lacking: str) -> Change:
    """Return the change that adds a bucket like ours, with all that ours is spared, one thing left out."""

    def change(program: Program) -> None:
        for each in [each for each in program.declarations if each.type.startswith("aws:s3/")]:
            second = Declaration(each.type, f"second {each.name}", deepcopy(each.inputs), each.protect)
            second.inputs["bucket"] = NAME
            if each.type == POLICY:
                second.inputs["policy"] = json.dumps(_tls())
            program.add(second)
        spared: dict[str, dict[str, Any]] = {
            LOCK: {"rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 30}}},
            LOGGING: {"targetBucket": "logs", "targetPrefix": "data/"},
            REPLICATION: {"rules": [{"status": "Enabled"}]},
        }
        for type_ in spared.keys() - {lacking}:
            program.add(_beside(type_, **spared[type_]))

    return change


def _tls(**changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [ARN, f"{ARN}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        **changes,
    }
    return {"Version": "2012-10-17", "Statement": [{key: each for key, each in statement.items() if each is not None}]}


def _policed(policy: Any) -> Declared:
    return [_bucket(), _beside(POLICY, policy=policy if isinstance(policy, str) else json.dumps(policy))]


def _denying(**changes: Any) -> Declared:
    return _policed(_tls(**changes))


def _allowing(principal: Any, condition: Any = None, **more: Any) -> Declared:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/*", **more}
    if principal is not None:
        statement["Principal"] = principal
    if condition is not None:
        statement["Condition"] = condition
    return [_beside(POLICY, policy=json.dumps({"Statement": statement}))]


ALL = {"prefix": ""}


def _lifecycle(*rules: Any, type_: str = LIFECYCLE) -> Declared:
    return [_beside(type_, rules=list(rules))]


def _rule(where: Any = ALL, **does: Any) -> dict[str, Any]:
    return {"id": "it", "status": "Enabled", "filter": where, **does}


def _expire(days: Any, where: Any = ALL) -> dict[str, Any]:
    return _rule(where, expiration={"days": days})


def _move(days: Any, storage_class: str = "GLACIER", where: Any = ALL) -> dict[str, Any]:
    return _rule(where, transitions=[{"days": days, "storageClass": storage_class}])


def _abort(days: Any, where: Any = ALL) -> dict[str, Any]:
    return _rule(where, abortIncompleteMultipartUpload={"daysAfterInitiation": days})


def _forget(days: Any, where: Any = ALL, **more: Any) -> dict[str, Any]:
    return _rule(where, noncurrentVersionExpiration={"noncurrentDays": days, **more})


NARROW = {
    "a prefix": {"prefix": "database/"},
    "a tag": {"tag": {"key": "keep", "value": "no"}},
    "a size": {"objectSizeGreaterThan": 1000},
    "a size and": {"and": {"prefix": "", "objectSizeLessThan": 1000}},
    "tags": {"and": {"tags": {"keep": "no"}}},
}
FOUR: dict[str, Any] = dict.fromkeys(FLAGS, True)
ENCRYPTED = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
KMS = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": CANARY}}
TWICE = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms:dsse"}}
# Keys of requests that a stranger cannot set.
NARROWING = (
    *("aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:userid"),
    *("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceOwner"),
    *("aws:SourceVpc", "aws:SourceVpce", "s3:DataAccessPointAccount", "s3:DataAccessPointArn"),
)
STRANGERS = "http://acs.amazonaws.com/groups/global/AllUsers"
NO_ADDRESS = frozenset({"ipv6"})

CASES: dict[str, Cases] = {
    "bucket-public-access-block": _companion(BLOCK, "backup-bucket-private"),
    "public-access-fully-blocked": Cases(
        good={
            "all four": [_beside(BLOCK, **FOUR)],
            "of the account": [of("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", **FOUR)],
        },
        bad={
            "missing": [_beside(BLOCK)],
            **{f"without {flag}": [_beside(BLOCK, **(FOUR | {flag: False}))] for flag in FLAGS},
            "mixed list": [_beside(BLOCK, **FOUR), _beside(BLOCK, **(FOUR | {"blockPublicAcls": None}))],
            "a text": [_beside(BLOCK, **(FOUR | {"ignorePublicAcls": "false"}))],
        },
        cannot=frozenset({"empty", "ipv6", "wrong case"}),
        unknown={flag: [_beside(BLOCK, **(FOUR | {flag: UNKNOWN}))] for flag in FLAGS},
        canary=[_beside(BLOCK, expectedBucketOwner=CANARY)],
        breaks=put("backup-bucket-private", "restrictPublicBuckets", value=False),
    ),
    "bucket-default-encryption": _companion(ENCRYPTION, "backup-bucket-encryption", ENCRYPTION_V2),
    "default-encryption-algorithm": Cases(
        good={
            "S3's own": [_beside(ENCRYPTION, rules=[ENCRYPTED])],
            "a key in KMS": [_beside(ENCRYPTION_V2, rules=[KMS, TWICE])],
        },
        bad={
            "missing": [_beside(ENCRYPTION)],
            "empty": [_beside(ENCRYPTION, rules=[])],
            "mixed list": [_beside(ENCRYPTION, rules=[ENCRYPTED, {"bucketKeyEnabled": True}])],
            "wrong case": [
                _beside(ENCRYPTION, rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aes256"}}])
            ],
        },
        cannot=NO_ADDRESS,
        unknown={
            "rules": [_beside(ENCRYPTION, rules=UNKNOWN)],
            "algorithm": [
                _beside(
                    ENCRYPTION, rules=[ENCRYPTED, {"applyServerSideEncryptionByDefault": {"sseAlgorithm": UNKNOWN}}]
                )
            ],
        },
        canary=[_beside(ENCRYPTION, rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": CANARY}}])],
        breaks=without("backup-bucket-encryption", "rules", 0, "applyServerSideEncryptionByDefault"),
    ),
    "bucket-versioning": _companion(VERSIONING, "backup-bucket-versioning", VERSIONING_V2),
    "versioning-enabled": Cases(
        good={
            "enabled": [_beside(VERSIONING_V2, versioningConfiguration={"status": "Enabled", "mfaDelete": "Disabled"})]
        },
        bad={
            "missing": [_beside(VERSIONING)],
            "empty": [_beside(VERSIONING, versioningConfiguration={"status": ""})],
            "mixed list": [
                _beside(VERSIONING, versioningConfiguration={"status": "Enabled"}),
                _beside(VERSIONING_V2, versioningConfiguration={"status": "Suspended"}),
            ],
            "wrong case": [_beside(VERSIONING, versioningConfiguration={"status": "enabled"})],
        },
        cannot=NO_ADDRESS,
        unknown={"status": [_beside(VERSIONING, versioningConfiguration={"status": UNKNOWN})]},
        canary=[_beside(VERSIONING, mfa=CANARY, versioningConfiguration={"status": CANARY})],
        breaks=put("backup-bucket-versioning", "versioningConfiguration", "status", value="Suspended"),
    ),
    "bucket-tls-only": Cases(
        good={
            "as AWS shows it": _denying(),
            "by AWS everyone": _denying(Principal={"AWS": ["123456789012", "*"]}),
            "in two statements": _policed(
                {"Statement": [*_tls(Resource=ARN)["Statement"], *_tls(Resource=f"{ARN}/*")["Statement"]]}
            ),
            "one pattern": _denying(Resource=f"{ARN}*"),
            "every action": _denying(
                Action=["s3:GetObject", "*"], Condition={"Bool": {"AWS:SECURETRANSPORT": [False]}}
            ),
            "in capitals": _denying(Action="S3:*"),
            "if it is there": _denying(Condition={"BoolIfExists": {"aws:SecureTransport": "false"}}),
            "in China": _denying(Resource=["arn:aws-cn:s3:::data", "arn:aws-cn:s3:::data/*"]),
            "an object": [_bucket(), _beside(POLICY, policy=_tls())],
            "of the old Version": _policed({"Id": "it", **_tls(), "Version": "2008-10-17"}),
            "of the bucket itself": [_bucket(policy=json.dumps(_tls()))],
        },
        bad={
            "missing": [_bucket()],
            "empty": _policed(""),
            "mixed list": [*_denying(), _bucket("other"), _beside(POLICY, "other", policy=json.dumps(_tls()))],
            "wrong case": _denying(Condition={"Bool": {"aws:SecureTransport": "False"}}),
            "two policies": [*_denying(), _bucket("other"), _beside(POLICY, policy=json.dumps(_tls()))],
            "beside one of its own": [_bucket(policy="{}"), *_denying()[1:]],
            "no statement": _policed({"Version": "2012-10-17", "Statement": []}),
            **{f"{one} and not": _denying(**{f"Not{one}": "*"}) for one in ("Action", "Resource", "Principal")},
            "an unreadable statement": _policed({"Statement": [*_tls()["Statement"], {"effect": "Allow"}]}),
            "an Allow": _denying(Effect="Allow"),
            "only the objects": _denying(Resource=f"{ARN}/*"),
            "only the bucket": _denying(Resource=ARN),
            "one prefix": _denying(Resource=[ARN, f"{ARN}/database/*"]),
            "keys of one sign": _denying(Resource=[ARN, f"{ARN}/?"]),
            "keys of two signs and more": _denying(Resource=[ARN, f"{ARN}/??*"]),
            "brackets": _denying(Resource=[ARN, f"{ARN}/[!a]*"]),
            "every resource but": _denying(Resource=None, NotResource=f"{ARN}/open/*"),
            "one action": _denying(Action="s3:PutObject"),
            "every action but": _denying(Action=None, NotAction="s3:GetObject"),
            "one principal": _denying(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
            "every service": _denying(Principal={"Service": "*"}),
            "every principal but": _denying(Principal=None, NotPrincipal={"AWS": "arn:aws:iam::123456789012:root"}),
            "no condition": _denying(Condition=None),
            "true": _denying(Condition={"Bool": {"aws:SecureTransport": "true"}}),
            "equality": _denying(Condition={"StringEquals": {"aws:SecureTransport": "False"}}),
            "null": _denying(Condition={"Null": {"aws:SecureTransport": "true"}}),
            "another condition": _denying(
                Condition={"Bool": {"aws:SecureTransport": "false"}, "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
            ),
            "another key": _denying(Condition={"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}}),
            "the key twice": _denying(
                Condition={"Bool": {"aws:SecureTransport": "true", "aws:securetransport": "false"}}
            ),
            "twice in one object": _policed(json.dumps(_tls()).replace('"Deny"', '"Allow", "Effect": "Deny"')),
            "no name": [of(BUCKET, policy=json.dumps(_tls(Resource="*")))],
        },
        cannot=NO_ADDRESS,
        unknown={
            "policy": _policed(UNKNOWN),
            "a part of an object": [_bucket(), _beside(POLICY, policy=_tls(Resource=[ARN, UNKNOWN]))],
            "the bucket's name": [of(BUCKET, bucket=UNKNOWN, policy=json.dumps(_tls()))],
        },
        canary=_denying(Sid=CANARY, Resource=f"{ARN}/{CANARY}", Principal={"AWS": CANARY}),
        breaks=text("backup-bucket-tls-only", "policy", '"s3:*"', '"s3:GetObject"'),
    ),
    "bucket-policy-not-public": Cases(
        good={
            "a Deny": [_beside(POLICY, policy=json.dumps(_tls()))],
            "a Deny for all but": [
                _beside(POLICY, policy=_tls(Principal=None, NotPrincipal="*", Resource=None, NotResource=ARN))
            ],
            "an account": _allowing({"AWS": "123456789012"}),
            "a service": _allowing({"Service": ["logging.s3.amazonaws.com"]}),
            **{key: _allowing("*", {"StringEquals": {key: "one"}}) for key in NARROWING},
            **{
                operator: _allowing("*", {operator: {"aws:PrincipalArn": "arn:aws:iam::123456789012:user/ann"}})
                for operator in ("StringLike", "ArnEquals", "ArnLike")
            },
            "any of two endpoints": _allowing(
                "*", {"ForAnyValue:StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}
            ),
            "networks": _allowing(
                "*", {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.7/24", "2001:db8::/32"]}}
            ),
        },
        bad={
            "missing": _allowing(None),
            "empty": _allowing({}),
            "ipv6": _allowing("*", {"IpAddress": {"aws:SourceIp": "::/0"}}),
            "mixed list": _allowing({"AWS": ["123456789012", "*"]}),
            "wrong case": [_beside(POLICY, policy=json.dumps({"Statement": {"Effect": "allow", "Principal": "*"}}))],
            "everyone": _allowing("*"),
            "everyone of AWS": _allowing({"AWS": "*"}),
            "every service": _allowing({"AWS": "123456789012", "Service": "*"}),
            "everyone but": _allowing(None, NotPrincipal={"AWS": "123456789012"}),
            "after a good one": [
                _beside(
                    POLICY,
                    policy={
                        "Statement": [
                            *_tls()["Statement"],
                            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": ARN},
                        ]
                    },
                )
            ],
            "of the bucket itself": [_bucket(policy=_allowing("*")[0].inputs["policy"])],
            "a condition that narrows nothing": _allowing("*", {"Bool": {"aws:SecureTransport": "true"}}),
            "an empty condition": _allowing("*", {}),
            "no value": _allowing("*", {"StringEquals": {"aws:PrincipalOrgID": []}}),
            "a wildcard for a value": _allowing(
                "*", {"StringLike": {"aws:PrincipalArn": ["arn:aws:iam::1:user/a", "*"]}}
            ),
            "a variable for a value": _allowing(
                "*", {"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}
            ),
            "all but": _allowing("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
            "if it is there": _allowing("*", {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
            "none is all": _allowing("*", {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
            "too wide a network": _allowing("*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/7"}}),
            "too wide a network of IPv6": _allowing("*", {"IpAddress": {"aws:SourceIp": "2001:db8::/31"}}),
            "no network": _allowing("*", {"IpAddress": {"aws:SourceIp": "anywhere"}}),
            "all networks but": _allowing("*", {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            "a network that everybody may have": _allowing("*", {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/16"}}),
            "every network": _allowing("*", {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/0"]}}),
            "what a client says of itself": _allowing("*", {"StringEquals": {"aws:Referer": "https://example.com"}}),
        },
        unknown={
            "policy": [_beside(POLICY, policy=UNKNOWN)],
            "principal": [
                _beside(POLICY, policy={"Statement": [{"Effect": "Allow", "Principal": {"AWS": [UNKNOWN]}}]})
            ],
        },
        canary=_allowing({"AWS": ["*", CANARY]}, {"StringLike": {"aws:UserAgent": CANARY}}, Sid=CANARY),
        breaks=text(
            "backup-bucket-tls-only",
            "policy",
            '"Statement": [',
            '"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", '
            '"Resource": "arn:aws:s3:::neurmatic-backups/*"}, ',
        ),
    ),
    "bucket-ownership": _companion(OWNERSHIP, "backup-bucket-ownership"),
    "bucket-owner-enforced": Cases(
        good={"enforced": [_beside(OWNERSHIP, rule={"objectOwnership": "BucketOwnerEnforced"})]},
        bad={
            "missing": [_beside(OWNERSHIP)],
            "empty": [_beside(OWNERSHIP, rule={"objectOwnership": ""})],
            "mixed list": [
                _beside(OWNERSHIP, rule={"objectOwnership": "BucketOwnerEnforced"}),
                _beside(OWNERSHIP, "other", rule={"objectOwnership": "BucketOwnerPreferred"}),
            ],
            "wrong case": [_beside(OWNERSHIP, rule={"objectOwnership": "bucketownerenforced"})],
        },
        cannot=NO_ADDRESS,
        unknown={"ownership": [_beside(OWNERSHIP, rule={"objectOwnership": UNKNOWN})]},
        canary=[_beside(OWNERSHIP, rule={"objectOwnership": CANARY})],
        breaks=put("backup-bucket-ownership", "rule", "objectOwnership", value="ObjectWriter"),
    ),
    "no-public-acl": Cases(
        good={
            "none": [_bucket()],
            **{acl: [_bucket(acl=acl)] for acl in ("private", "log-delivery-write")},
            **{acl: [_beside(OBJECT, acl=acl)] for acl in ("bucket-owner-read", "bucket-owner-full-control")},
            "grants": [_bucket(grants=[{"id": "1"}, {"uri": "http://acs.amazonaws.com/groups/s3/LogDelivery"}])],
            "for logs": [
                _beside(
                    "aws:s3/bucketAcl:BucketAcl",
                    accessControlPolicy={
                        "grants": [
                            {"grantee": {"type": "CanonicalUser", "id": "1"}, "permission": "READ"},
                            {"grantee": {"type": "Group", "uri": "http://acs.amazonaws.com/groups/s3/LogDelivery"}},
                        ]
                    },
                )
            ],
        },
        bad={
            "empty": [_bucket(acl="")],
            "mixed list": [_bucket(grants=[{"id": "1", "permissions": ["READ"]}, {"uri": STRANGERS}])],
            "wrong case": [_bucket(acl="Public-Read")],
            "everyone reads": [_bucket(acl="public-read")],
            "everyone with an account": [_bucket(type_="aws:s3/bucketV2:BucketV2", acl="authenticated-read")],
            "everyone writes": [_beside("aws:s3/bucketAclV2:BucketAclV2", acl="public-read-write")],
            "of a policy": [
                _beside(
                    "aws:s3/bucketAcl:BucketAcl",
                    accessControlPolicy={"grants": [{"grantee": {"uri": STRANGERS.replace("http:", "https:")}}]},
                )
            ],
            "of an object": [_beside(OBJECT, key="index.html", acl="public-read")],
            "of an object of the old type": [_beside("aws:s3/bucketObject:BucketObject", acl="public-read")],
            "of a copy": [_beside("aws:s3/objectCopy:ObjectCopy", grants=[{"uri": STRANGERS, "type": "Group"}])],
        },
        cannot=frozenset({"missing", "ipv6"}),
        unknown={
            "acl": [_bucket(acl=UNKNOWN)],
            "uri": [_bucket(grants=[{"uri": UNKNOWN}])],
            "grantee": [_beside("aws:s3/bucketAcl:BucketAcl", accessControlPolicy={"grants": [{"grantee": UNKNOWN}]})],
        },
        canary=[_bucket(acl=CANARY, grants=[{"uri": CANARY}])],
        breaks=put("backup-bucket", "acl", value="public-read"),
    ),
    "bucket-lifecycle": _companion(LIFECYCLE, "backup-bucket-lifecycle", LIFECYCLE_V2),
    "lifecycle-rules-enabled": Cases(
        good={"enabled": _lifecycle(_expire(365), _move(90)), "no rule": _lifecycle(type_=LIFECYCLE_V2)},
        bad={
            "missing": _lifecycle({"id": "it", "filter": ALL}),
            "empty": _lifecycle(_expire(365) | {"status": ""}),
            "mixed list": _lifecycle(_move(90), _expire(365) | {"status": "Disabled"}),
            "wrong case": _lifecycle(_expire(365) | {"status": "ENABLED"}),
        },
        cannot=NO_ADDRESS,
        unknown={"status": _lifecycle(_expire(365) | {"status": UNKNOWN})},
        canary=_lifecycle(_expire(365) | {"id": CANARY, "status": CANARY}),
        breaks=put("backup-bucket-lifecycle", "rules", 1, "status", value="Disabled"),
    ),
    "objects-expire": Cases(
        good={
            "every object": _lifecycle(_expire(365)),
            "as floats come": _lifecycle(_expire(365.0, {}), type_=LIFECYCLE_V2),
            "no filter": _lifecycle({"expiration": {"days": 30}}),
            "the old way": _lifecycle({"prefix": "", "expiration": {"days": 30}}),
            "beside ones for a part": _lifecycle(
                _expire(900, NARROW["a prefix"]), _expire(365), _expire(900, NARROW["a tag"])
            ),
            "and its markers": _lifecycle(_expire(365), _rule(expiration={"expiredObjectDeleteMarker": True})),
        },
        bad={
            "missing": [_beside(LIFECYCLE)],
            "empty": _lifecycle(),
            "mixed list": _lifecycle(_expire(365), _expire(1, NARROW["a prefix"])),
            "too late": _lifecycle(_expire(366)),
            "too early": _lifecycle(_expire(29)),
            "on a day": _lifecycle(_expire(365), _rule(expiration={"date": "2027-01-01T00:00:00Z"})),
            "markers only": _lifecycle(_rule(expiration={"expiredObjectDeleteMarker": True})),
            "a prefix, the old way": _lifecycle({"prefix": "database/", "expiration": {"days": 365}}),
            **{f"only by {name}": _lifecycle(_expire(365, where)) for name, where in NARROW.items()},
        },
        cannot=frozenset({"ipv6", "wrong case"}),
        unknown={
            "days": _lifecycle(_expire(UNKNOWN)),
            "filter": _lifecycle(_expire(365, UNKNOWN)),
            "date": _lifecycle(_rule(expiration={"date": UNKNOWN})),
        },
        canary=_lifecycle(_expire(365, {"prefix": CANARY})),
        breaks=put("backup-bucket-lifecycle", "rules", 1, "expiration", "days", value=3650),
    ),
    "objects-move-to-colder-storage": Cases(
        good={
            "every object": _lifecycle(_move(90)),
            "a prefix": _lifecycle(_move(30, "DEEP_ARCHIVE", NARROW["a prefix"]), type_=LIFECYCLE_V2),
            "all but the small": _lifecycle(
                _move(30.0, "GLACIER_IR", {"and": {"objectSizeGreaterThan": 1, "prefix": "a/"}})
            ),
            "after another": _lifecycle(
                _rule(
                    transitions=[
                        {"days": 30, "storageClass": "STANDARD_IA"},
                        {"days": 90, "storageClass": "GLACIER"},
                    ]
                )
            ),
        },
        bad={
            "missing": _lifecycle(_expire(365)),
            "empty": _lifecycle(_rule(transitions=[])),
            "mixed list": _lifecycle(_move(30, "STANDARD_IA"), _move(91)),
            "wrong case": _lifecycle(_move(90, "glacier")),
            "on a day": _lifecycle(_rule(transitions=[{"date": "2027-01-01T00:00:00Z", "storageClass": "GLACIER"}])),
            "old versions only": _lifecycle(
                _rule(noncurrentVersionTransitions=[{"noncurrentDays": 30, "storageClass": "GLACIER"}])
            ),
            **{
                f"only by {name}": _lifecycle(_move(90, where=NARROW[name])) for name in ("a tag", "tags", "a size and")
            },
        },
        cannot=NO_ADDRESS,
        unknown={
            "days": _lifecycle(_move(UNKNOWN)),
            "class": _lifecycle(_move(90, UNKNOWN)),
            "filter": _lifecycle(_move(90, where=UNKNOWN)),
        },
        canary=_lifecycle(_move(90, CANARY, {"prefix": CANARY})),
        breaks=put("backup-bucket-lifecycle", "rules", 0, "transitions", 0, "days", value=180),
    ),
    "incomplete-uploads-aborted": Cases(
        good={
            "every upload": _lifecycle(_abort(7)),
            "after others": _lifecycle(_abort(30, NARROW["a prefix"]), _abort(1.0), type_=LIFECYCLE_V2),
        },
        bad={
            "missing": _lifecycle(_expire(365)),
            "empty": _lifecycle(),
            "mixed list": _lifecycle(_abort(8), _abort(7, NARROW["a prefix"])),
            "never": _lifecycle(_abort(0)),
        },
        cannot=frozenset({"ipv6", "wrong case"}),
        unknown={"days": _lifecycle(_abort(UNKNOWN))},
        canary=_lifecycle(_abort(7, {"prefix": CANARY})),
        breaks=put(
            "backup-bucket-lifecycle", "rules", 1, "abortIncompleteMultipartUpload", "daysAfterInitiation", value=30
        ),
    ),
    "noncurrent-versions-expire": Cases(
        good={
            "every version": _lifecycle(_forget(7)),
            "beside ones that keep some": _lifecycle(
                _forget(30, newerNoncurrentVersions=3), _forget(365.0), _forget(30, newerNoncurrentVersions=9)
            ),
        },
        bad={
            "missing": _lifecycle(_expire(365)),
            "empty": _lifecycle(),
            "mixed list": _lifecycle(_forget(30), _forget(1, NARROW["a prefix"])),
            "too late": _lifecycle(_forget(366)),
            "too early": _lifecycle(_forget(6)),
            "some are kept for ever": _lifecycle(_forget(30, newerNoncurrentVersions=100)),
            "only by a prefix": _lifecycle(_forget(30, NARROW["a prefix"]), type_=LIFECYCLE_V2),
        },
        cannot=frozenset({"ipv6", "wrong case"}),
        unknown={
            "days": _lifecycle(_forget(UNKNOWN)),
            "kept": _lifecycle(_forget(30, newerNoncurrentVersions=UNKNOWN)),
        },
        canary=_lifecycle(_forget(30, {"prefix": CANARY})),
        breaks=put(
            "backup-bucket-lifecycle", "rules", 1, "noncurrentVersionExpiration", "newerNoncurrentVersions", value=3
        ),
    ),
    "bucket-not-emptied-with-it": Cases(
        good={"left out": [_bucket()], "false": [_bucket(forceDestroy=False)]},
        bad={
            "mixed list": [_bucket(), _bucket("other", "aws:s3/bucketV2:BucketV2", forceDestroy=True)],
            "wrong case": [_bucket(forceDestroy="True")],
        },
        cannot=frozenset({"missing", "empty", "ipv6"}),
        unknown={"force": [_bucket(forceDestroy=UNKNOWN)]},
        canary=[_bucket(forceDestroy=True, tags={"owner": CANARY})],
        breaks=put("backup-bucket", "forceDestroy", value=True),
    ),
    "bucket-object-lock": Cases(
        good={
            "days": [_bucket(), _beside(LOCK, rule={"defaultRetention": {"mode": "COMPLIANCE", "days": 30.0}})],
            "years": [_bucket(), _beside(LOCK_V2, rule={"defaultRetention": {"mode": "GOVERNANCE", "years": 1}})],
        },
        bad={
            "missing": [_bucket(objectLockEnabled=True)],
            "empty": [_bucket(), _beside(LOCK, objectLockEnabled="Enabled")],
            "mixed list": [
                _bucket(),
                _bucket("other"),
                _beside(LOCK, rule={"defaultRetention": {"mode": "COMPLIANCE", "days": 30}}),
            ],
            "wrong case": [_bucket(), _beside(LOCK, rule={"defaultRetention": {"mode": "compliance", "days": 30}})],
            "no time": [_bucket(), _beside(LOCK, rule={"defaultRetention": {"mode": "COMPLIANCE", "days": 0}})],
        },
        cannot=NO_ADDRESS,
        unknown={
            "mode": [_bucket(), _beside(LOCK, rule={"defaultRetention": {"mode": UNKNOWN, "days": 30}})],
            "whose it is": [_bucket(), _beside(LOCK, UNKNOWN)],
        },
        canary=[_bucket(), _beside(LOCK, token=CANARY, rule={"defaultRetention": {"mode": CANARY, "days": 30}})],
        breaks=_second_bucket(LOCK),
    ),
    "bucket-access-logging": Cases(
        good={
            "to another bucket": [_bucket(), _beside(LOGGING, targetBucket="logs", targetPrefix="")],
            "of the name V2": [_bucket(), _beside("aws:s3/bucketLoggingV2:BucketLoggingV2", targetBucket="logs")],
        },
        bad={
            "missing": [_bucket()],
            "empty": [_bucket(), _beside(LOGGING, targetBucket="")],
            "mixed list": [_bucket("other"), _bucket(), _beside(LOGGING, targetBucket="logs")],
        },
        cannot=frozenset({"ipv6", "wrong case"}),
        unknown={
            "target": [_bucket(), _beside(LOGGING, targetBucket=UNKNOWN)],
            "whose it is": [_bucket(), _beside(LOGGING, UNKNOWN, targetBucket="logs")],
        },
        canary=[_bucket(), _beside(LOGGING, "other", targetBucket=CANARY)],
        breaks=_second_bucket(LOGGING),
    ),
    "bucket-replication": Cases(
        good={"one rule": [_bucket(), _beside(REPLICATION, rules=[{"status": "Disabled"}, {"status": "Enabled"}])]},
        bad={
            "missing": [_bucket()],
            "empty": [_bucket(), _beside(REPLICATION, rules=[])],
            "mixed list": [_bucket("other"), _bucket(), _beside(REPLICATION, rules=[{"status": "Enabled"}])],
            "wrong case": [_bucket(), _beside(REPLICATION, rules=[{"status": "enabled"}])],
        },
        cannot=NO_ADDRESS,
        unknown={
            "status": [_bucket(), _beside(REPLICATION, rules=[{"status": UNKNOWN}])],
            "whose it is": [_bucket(), _beside(REPLICATION, UNKNOWN, rules=[{"status": "Enabled"}])],
        },
        canary=[_bucket(), _beside(REPLICATION, role=CANARY, rules=[{"status": CANARY}])],
        breaks=_second_bucket(REPLICATION),
    ),
}
