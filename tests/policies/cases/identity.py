"""Cases of the rules for identities, and for who is at the other end."""

from __future__ import annotations

import json
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from policies.rules import identity
from policies.rules.identity import ACCESS_KEY, EXCLUSIVE, GROUP, MEMBERS, MEMBERSHIP, POLICY, ROLE, USER
from tests.policies.cases.cases import CANARY, Cases, Declared, of
from tests.policies.program import Declaration, Program, put, removed, text, without

USER_POLICY, GROUP_POLICY, ROLE_POLICY = identity.INLINE.values()
USER_ATTACHMENT, GROUP_ATTACHMENT, ROLE_ATTACHMENT = identity.ATTACHMENT.values()
SHARED = identity.SHARED_ATTACHMENT
COMMAND, COPY_FILE, COPY_TO = "command:remote:Command", "command:remote:CopyFile", "command:remote:CopyToRemote"
DOCKER, AWS, CLOUDFLARE = "pulumi:providers:docker", "pulumi:providers:aws", "pulumi:providers:cloudflare"

OBJECTS = "arn:aws:s3:::data/database/*"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def _allow(actions: Any = "s3:GetObject", resources: Any = OBJECTS, **changes: Any) -> dict[str, Any]:
    record = {"Effect": "Allow", "Action": actions, "Resource": resources, **changes}
    return {key: each for key, each in record.items() if each is not None}


def _policy(*statements: Any, type_: str = POLICY, name: str = "policy", **more: Any) -> Declaration:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return of(type_, name, policy=json.dumps(document), **more)


def _refers(resource: Declaration, **to: Declaration) -> Declaration:
    """Return a resource that has outputs of others, which nobody knows yet, in these inputs."""
    for link, other in to.items():
        resource.refers[link] = frozenset({other.judged().urn})
        resource.inputs.setdefault(link, UNKNOWN)
    return resource


def _writes(*actions: str, type_: str = POLICY, name: str = "writes") -> Declaration:
    return _policy(_allow(["s3:PutObject", *actions]), type_=type_, name=name)


def _deletes(type_: str = POLICY, **more: Any) -> Declaration:
    return _policy(_allow(["s3:DeleteObjectVersion"]), type_=type_, name="deletes", **more)


def _attached(type_: str, policy: Declaration, **to: Any) -> Declaration:
    return _refers(of(type_, f"attaches {policy.name}", **to), policyArn=policy)


def _user(name: str = "ann", **more: Any) -> Declaration:
    return Declaration(USER, f"user {name}", {"name": name, **more})


def _group(name: str = "writers") -> Declaration:
    return Declaration(GROUP, f"group {name}", {"name": name})


def _member(user: Any = "ann", groups: Any = ("writers",)) -> Declaration:
    return of(MEMBERSHIP, "membership", user=user, groups=list(groups))


def _role(*policies: Any) -> Declaration:
    inline = [{"policy": {"Statement": each}} for each in policies]
    return Declaration(ROLE, "role", {"name": "deploy", "inlinePolicies": inline})


def _key(name: str, **inputs: Any) -> Declaration:
    return of(ACCESS_KEY, f"key {name}", **inputs)


def _connect(type_: str = COMMAND, **changes: Any) -> Declared:
    connection = {"host": "192.0.2.1", "hostKey": "ssh-ed25519 AAAA", "privateKey": "a canary", **changes}
    return [of(type_, connection={key: each for key, each in connection.items() if each is not None})]


def _proxy(**changes: Any) -> dict[str, Any]:
    return {"host": "192.0.2.2", "hostKey": "ssh-ed25519 BBBB", "privateKey": "a canary", **changes}


def _docker(*options: str, **more: Any) -> Declared:
    return [of(DOCKER, sshOpts=json.dumps(options), **{"host": "ssh://root@192.0.2.1", **more})]


def _endpoints(*urls: str) -> Declared:
    return [of(AWS, endpoints=json.dumps([{"s3": url} for url in urls]))]


ERASES = (
    *("DeleteObject", "DeleteObjectVersion", "DeleteBucket", "DeleteBucketPolicy", "ReplicateDelete"),
    *("PutLifecycleConfiguration", "PutBucketVersioning", "PutBucketPolicy", "PutReplicationConfiguration"),
    *(
        "PutBucketPublicAccessBlock",
        "PutBucketOwnershipControls",
        "PutBucketAcl",
        "PutObjectAcl",
        "PutObjectVersionAcl",
    ),
    *("PutEncryptionConfiguration", "PutBucketObjectLockConfiguration", "PutObjectRetention", "PutObjectLegalHold"),
    "BypassGovernanceRetention",
)
STRICT = ("-o", "StrictHostKeyChecking=yes")


def _second_key(program: Program) -> None:
    program.add(_key("second", user=program["backup-access-writer"].inputs["name"]))


CASES: dict[str, Cases] = {
    "no-wildcard-permissions": Cases(
        good={
            "names": [_policy(_allow(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::data", OBJECTS]))],
            "the end of an action": [_policy(_allow("s3:Get*"))],
            "the end of a name": [_policy(_allow("logs:PutLogEvents", "arn:aws:logs:*:123456789012:log-group:app:*"))],
            "a variable": [_policy(_allow(resources="arn:aws:s3:::data/${aws:username}/*"))],
            "what has no resource": [_policy(_allow(["s3:ListAllMyBuckets", "ecr:GetAuthorizationToken"], "*"))],
            "a topic": [_policy(_allow("sns:Publish", "arn:aws:sns:eu-west-3:123456789012:alarms"))],
            "a Deny of everything": [_policy({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}, _allow())],
            "an object": [of(POLICY, policy={"Statement": _allow()})],
            "a role without any": [of(ROLE, assumeRolePolicy="{}", inlinePolicies=[{}])],
        },
        bad={
            "missing": [of(POLICY)],
            "empty": [_policy()],
            "mixed list": [_policy(_allow(), _allow(["s3:GetObject", "s3:*"]))],
            "wrong case": [_policy(_allow("S3:*"))],
            "every action": [_policy(_allow("*"))],
            "every action of every service": [_policy(_allow("*:*"))],
            "every action by another sign": [_policy(_allow("s3:?*"))],
            "some services": [_policy(_allow("s*:GetObject"))],
            "some services by another sign": [_policy(_allow("s?:GetObject"))],
            "all actions but": [_policy(_allow(None, NotAction="iam:*"))],
            "every resource": [_policy(_allow(resources="*"))],
            "every resource after what has none": [_policy(_allow(["s3:ListAllMyBuckets", "s3:GetObject"], "*"))],
            "every resource after a good one": [_policy(_allow(resources=[OBJECTS, "*"]))],
            "every bucket": [_policy(_allow(resources="arn:aws:s3:::*"))],
            "every bucket's objects": [_policy(_allow(resources="arn:aws:s3:::*/database/*"))],
            "every bucket by another sign": [_policy(_allow(resources="arn:aws:s3:::?*"))],
            "buckets of anybody": [_policy(_allow(resources="arn:aws:s3:::data*"))],
            "every account": [_policy(_allow("sqs:SendMessage", "arn:aws:sqs:eu-west-3:*:queue"))],
            "every table": [_policy(_allow("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-3:123456789012:table/*"))],
            "every service": [_policy(_allow(resources="arn:aws:*:eu-west-3:123456789012:thing"))],
            "every zone": [_policy(_allow("route53:GetHostedZone", "arn:aws:route53:::hostedzone/*"))],
            "every access point": [_policy(_allow(resources="arn:aws:s3:eu-west-3:123456789012:accesspoint/*"))],
            "half an ARN": [_policy(_allow(resources="arn:aws:s3*"))],
            "most of an ARN": [_policy(_allow(resources="arn:aws:s3::*"))],
            "all resources but": [_policy(_allow(resources=None, NotResource="arn:aws:s3:::other"))],
            "no resource": [_policy(_allow(resources=None))],
            "both": [_policy(_allow(NotAction="s3:PutObject"))],
            "no Action": [_policy(_allow(None))],
            "an empty Action": [_policy(_allow([]))],
            "an Action that is no text": [_policy(_allow(["s3:GetObject", 5]))],
            "an Effect in lower case": [_policy(_allow("s3:*", Effect="allow"))],
            "an element beside": [of(POLICY, policy={"Statement": [_allow()], "statement": [_allow("s3:*")]})],
            "no condition": [_policy(_allow(Condition="none"))],
            "an element in lower case": [_policy({**_allow(), "action": "s3:*"})],
            "a condition in pieces": [_policy(_allow(Condition={"Bool": "true"}))],
            "a principal in pieces": [_policy(_allow(Principal="ann"))],
            "a statement that is none": [_policy("s3:*")],
            "another Version": [of(POLICY, policy={"Version": "2012-10-18", "Statement": [_allow()]})],
            "no JSON": [of(POLICY, policy="{")],
            "a list": [of(POLICY, policy="[]")],
            "twice in one object": [
                of(POLICY, policy=json.dumps({"Statement": _allow()}).replace('"Action"', '"Action": "s3:*", "Action"'))
            ],
            "of a user": [_policy(_allow("s3:*"), type_=USER_POLICY)],
            "of a group": [_policy(_allow("s3:*"), type_=GROUP_POLICY)],
            "of a role": [_policy(_allow("s3:*"), type_=ROLE_POLICY)],
            "in a role": [of(ROLE, inlinePolicies=[{}, {"policy": json.dumps({"Statement": _allow("s3:*")})}])],
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "policy": [of(POLICY, policy=UNKNOWN)],
            "a part of an object": [of(POLICY, policy={"Statement": [_allow(), _allow(resources=[UNKNOWN])]})],
            "in a role": [of(ROLE, inlinePolicies=[{"policy": UNKNOWN}])],
        },
        canary=[_policy(_allow("s3:*", [f"arn:aws:s3:::{CANARY}", "*"], Sid=CANARY), {CANARY: CANARY})],
        breaks=text("backup-access-reader-policy", "policy", '["s3:GetObject", ', '["s3:*", '),
    ),
    "writers-cannot-erase": Cases(
        good={
            "puts": [_writes("s3:AbortMultipartUpload", "s3:ListBucket")],
            "deletes only": [_deletes()],
            "a whole service, which another rule refuses": [_policy(_allow("s3:*"))],
            "may not": [_policy(_allow("s3:PutObject"), {**_allow("s3:Delete*"), "Effect": "Deny"})],
            "two identities": [
                _writes(),
                _deletes(),
                _group(),
                _group("sweepers"),
                _attached(GROUP_ATTACHMENT, _writes(), group="writers"),
                _attached(GROUP_ATTACHMENT, _deletes(), group="sweepers"),
                _user(),
                _member(),
                of(MEMBERS, group="writers", users=["ann"]),
                _user("bob"),
                _member("bob", ["sweepers"]),
                of(MEMBERS, group="sweepers", users=["bob"]),
            ],
            "a group of a user's name": [
                _writes(),
                _group("ann"),
                _group(),
                _attached(GROUP_ATTACHMENT, _writes(), group="writers"),
                _deletes(GROUP_POLICY, group="ann"),
                _user(),
                _member(),
            ],
        },
        bad={
            "missing": [of(POLICY)],
            "empty": [of(POLICY, policy="")],
            "mixed list": [_policy(_allow("s3:PutObject"), _allow("s3:GetObject"), _allow(["s3:DeleteObject"]))],
            "wrong case": [_policy(_allow(["s3:putobject", "S3:DELETEOBJECT"]))],
            "wildcards": [_policy(_allow(["s3:Put?bject", "s3:*ion"]))],
            "all that begins so": [_policy(_allow("s3:Put*"))],
            **{each: [_writes(f"s3:{each}")] for each in ERASES},
            "a copy": [_policy(_allow(["s3:ReplicateObject", "s3:DeleteObject"]))],
            "of a role": [_writes("s3:DeleteObject", type_=ROLE_POLICY)],
            "in a role, two together": [_role(_allow("s3:PutObject"), _allow("s3:DeleteObject"))],
            "two policies of a role, of its own and attached": [
                _role(_allow("s3:PutObject")),
                _deletes(),
                _attached(ROLE_ATTACHMENT, _deletes(), role="deploy"),
            ],
            "two policies of a group": [
                _group(),
                _writes(),
                _attached(GROUP_ATTACHMENT, _writes(), group="writers"),
                _deletes(GROUP_POLICY, group="writers"),
            ],
            "two groups of a user": [
                _user(),
                _group(),
                _group("sweepers"),
                _writes(),
                _deletes(),
                _attached(SHARED, _writes(), groups=["writers"]),
                _attached(GROUP_ATTACHMENT, _deletes(), group="sweepers"),
                _member(),
                of(MEMBERS, "members", group="sweepers", users=["bob", "ann"]),
            ],
            "by outputs": [
                _user(),
                _group(),
                _writes(),
                _refers(_attached(GROUP_ATTACHMENT, _writes()), group=_group()),
                _refers(of(MEMBERSHIP), user=_user(), groups=_group()),
                _refers(_deletes(USER_POLICY), user=_user()),
            ],
        },
        cannot=frozenset({"ipv6"}),
        unknown={"policy": [of(POLICY, policy=UNKNOWN)], "in a role": [of(ROLE, inlinePolicies=UNKNOWN)]},
        canary=[_policy(_allow(["s3:PutObject", "s3:Delete*", CANARY], f"arn:aws:s3:::{CANARY}"), {"Sid": CANARY})],
        breaks=text(
            "backup-access-writer-policy", "policy", '["s3:PutObject", ', '["s3:PutObject", "s3:DeleteObjectVersion", '
        ),
    ),
    "permissions-through-groups": Cases(
        good={
            "a member": [_user(), _member()],
            "a member as a group says": [_user(), of(MEMBERS, users=["bob", "ann"], group="writers")],
            "a member by outputs": [_user(), _refers(of(MEMBERSHIP), user=_user(), groups=_group())],
            "attached to others": [of(SHARED, groups=["writers"], roles=["deploy"], users=[])],
            "an empty list of its own": [of(EXCLUSIVE[USER], policyArns=[])],
        },
        bad={
            "missing": [_user()],
            "empty": [_user(), _member(groups=[])],
            "mixed list": [_user(), _user("bob"), _member()],
            "wrong case": [_user(), _member("Ann")],
            "inline": [_policy(_allow(), type_=USER_POLICY, user="ann")],
            "attached": [_user(), _member(), of(USER_ATTACHMENT, user="ann")],
            "attached to several": [of(SHARED, users=["ann"], groups=["writers"])],
            "attached to one whose name nobody knows": [of(SHARED, users=[UNKNOWN])],
            "attached to one alone": [of(EXCLUSIVE[USER], policyArns=[ADMIN])],
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "users": [of(SHARED, users=UNKNOWN)],
            "groups": [_user(), of(MEMBERSHIP, user="ann", groups=UNKNOWN)],
            "name": [_user(UNKNOWN), _member()],
            "policies": [of(EXCLUSIVE[USER], policyArns=UNKNOWN)],
        },
        canary=[_user(tags={"token": CANARY}), of(USER_ATTACHMENT, user=CANARY, policyArn=CANARY)],
        breaks=removed("backup-access-writer-membership"),
    ),
    "no-administrator-policies": Cases(
        good={
            "a policy of the program": [_writes(), _attached(GROUP_ATTACHMENT, _writes())],
            "several of the program": [
                _writes(),
                _refers(of(ROLE, managedPolicyArns=[UNKNOWN]), managedPolicyArns=_writes()),
            ],
            "another of Amazon's": [of(ROLE_ATTACHMENT, policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")],
            "one's own of that name": [of(SHARED, policyArn="arn:aws:iam::123456789012:policy/AdministratorAccess")],
            "a role without any": [of(ROLE)],
        },
        bad={
            "mixed list": [
                _writes(),
                _refers(of(ROLE, managedPolicyArns=[UNKNOWN, ADMIN]), managedPolicyArns=_writes()),
            ],
            "wrong case": [of(GROUP_ATTACHMENT, policyArn=ADMIN.lower())],
            "in China": [of(USER_ATTACHMENT, policyArn=ADMIN.replace("arn:aws:", "arn:aws-cn:"))],
            "under a path": [of(ROLE_ATTACHMENT, policyArn="arn:aws:iam::aws:policy/service-role/PowerUserAccess")],
            "of identities": [of(SHARED, policyArn="arn:aws:iam::aws:policy/IAMFullAccess")],
            "of a role alone": [of(EXCLUSIVE[ROLE], policyArns=[ADMIN])],
            "of buckets": [of(EXCLUSIVE[GROUP], policyArns=["arn:aws:iam::aws:policy/AmazonS3FullAccess"])],
        },
        cannot=frozenset({"missing", "empty", "ipv6"}),
        unknown={
            "arn": [of(GROUP_ATTACHMENT, policyArn=UNKNOWN)],
            "arn of what is no policy": [_user(), _refers(of(GROUP_ATTACHMENT), policyArn=_user())],
            "one of a list": [of(ROLE, managedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess", UNKNOWN])],
        },
        canary=[of(ROLE_ATTACHMENT, policyArn=ADMIN, role=CANARY)],
        breaks=put("backup-access-writer-attachment", "policyArn", value=ADMIN),
    ),
    "one-access-key": Cases(
        good={
            "one each": [_key("1", user="ann"), _key("2", user="bob")],
            "one each, of users whose names nobody knows": [
                _refers(_key("1"), user=_user()),
                _refers(_key("2"), user=_user("bob")),
            ],
            "one in use": [_key("1", user="ann", status="Inactive"), _key("2", user="ann", status="Active")],
            "one in use still": [_key("1", user="ann"), _key("2", user="ann", status="Inactive")],
        },
        bad={
            "mixed list": [_key("1", user="ann"), _key("2", user="bob"), _key("3", user="ann")],
            "wrong case": [_key("1", user="ann"), _key("2", user="ann", status="inactive")],
            "by output": [_refers(_key("1"), user=_user()), _refers(_key("2"), user=_user())],
            "by output and by name": [_refers(_key("1", user="ann"), user=_user()), _key("2", user="ann")],
            "by name and by output": [_key("1", user="ann"), _refers(_key("2", user="ann"), user=_user())],
        },
        cannot=frozenset({"missing", "empty", "ipv6"}),
        unknown={
            "user": [_key("1", user="ann"), _key("2", user=UNKNOWN)],
            "status": [_key("1", user="ann"), _key("2", user="ann", status=UNKNOWN)],
        },
        canary=[_key("1", user=CANARY), _key("2", user=CANARY, pgpKey=CANARY)],
        breaks=_second_key,
    ),
    "ssh-host-key-known": Cases(
        good={
            "known": _connect(),
            "both known": _connect(COPY_FILE, proxy=_proxy()),
        },
        bad={
            "missing": _connect(hostKey=None),
            "empty": _connect(COPY_TO, hostKey=" "),
            "mixed list": [*_connect(), *_connect(COPY_FILE, hostKey=None)],
            "no connection": [of(COMMAND)],
            "a proxy's missing": _connect(proxy=_proxy(hostKey="")),
            "a host's behind a proxy": _connect(hostKey=None, proxy=_proxy()),
            "an empty proxy": _connect(proxy={}),
        },
        cannot=frozenset({"ipv6", "wrong case"}),
        unknown={
            "connection": [of(COMMAND, connection=UNKNOWN)],
            "key": _connect(hostKey=UNKNOWN),
            "proxy": _connect(proxy=UNKNOWN),
            "proxy's key": _connect(proxy=_proxy(hostKey=UNKNOWN)),
        },
        canary=_connect(hostKey=None, privateKey=CANARY, password=CANARY, proxy=_proxy(hostKey="", host=CANARY)),
        breaks=without("host-ready", "connection", "hostKey"),
    ),
    "ssh-by-key": Cases(
        good={
            "a key": _connect(privateKeyPassword="of the key"),
            "an agent": _connect(COPY_TO, privateKey=None, agentSocketPath="/run/agent", password=""),
            "two keys": _connect(proxy=_proxy()),
        },
        bad={
            "missing": _connect(privateKey=None),
            "empty": _connect(COPY_FILE, privateKey="\n", agentSocketPath=""),
            "mixed list": [*_connect(), *_connect(COPY_TO, password="a canary for all")],
            "no connection": [of(COMMAND)],
            "a proxy's password": _connect(proxy=_proxy(password="known to many")),
            "a proxy without any": _connect(proxy=_proxy(privateKey="")),
        },
        cannot=frozenset({"ipv6", "wrong case"}),
        unknown={
            "password": _connect(password=UNKNOWN),
            "key": _connect(privateKey=UNKNOWN),
            "agent": _connect(privateKey=None, agentSocketPath=UNKNOWN),
            "proxy": _connect(proxy=_proxy(privateKey=UNKNOWN)),
        },
        canary=_connect(password=CANARY, proxy=_proxy(password=CANARY, privateKey=CANARY)),
        breaks=put("host-ready", "connection", "password", value="known to many"),
    ),
    "docker-host-key-known": Cases(
        good={
            "pinned": _docker(*STRICT, "-o", 'UserKnownHostsFile="/etc/ssh/my hosts"', "-i", "/root/.ssh/id"),
            "in another spelling": _docker("-4oSTRICTHOSTKEYCHECKING TRUE"),
            "a list": [of(DOCKER, host="ssh://192.0.2.1", sshOpts=list(STRICT))],
            "in space and quotes": _docker("-o", ' \tStrictHostKeyChecking = "yes" '),
            "no command for keys": _docker(
                *STRICT, "-oKnownHostsCommand=None", "-oNoHostAuthenticationForLocalhost=No"
            ),
            "a socket": [of(DOCKER, host="unix:///var/run/docker.sock")],
            "the default": [of(DOCKER)],
        },
        bad={
            "missing": [of(DOCKER, host="ssh://192.0.2.1")],
            "empty": _docker(),
            "ipv6": _docker(host="SSH://root@[2001:db8::1]"),
            "mixed list": _docker(*STRICT, "-o", "StrictHostKeyChecking=no"),
            "wrong case": _docker("-o", "stricthostkeychecking=NO", host="SSH://192.0.2.1"),
            "off": _docker("-oStrictHostKeyChecking=off"),
            "false": _docker("-o", "StrictHostKeyChecking=false"),
            "the first that comes": _docker("-o", "StrictHostKeyChecking accept-new"),
            "a question": _docker("-o", "StrictHostKeyChecking=ask"),
            "quotes": _docker("-o", ' StrictHostKeyChecking = "no"'),
            "a keyword in quotes": _docker("-o", '"StrictHostKeyChecking"off', *STRICT),
            "a keyword of another language": _docker("-o", "StrictHostKeyCheck\u0131ng=no", *STRICT),
            "among flags": _docker("-vo", "StrictHostKeyChecking=no"),
            "behind an option's value": _docker("-i", "StrictHostKeyChecking=yes"),
            "no value": _docker("-o", "StrictHostKeyChecking"),
            "no file": _docker("-o", "UserKnownHostsFile=/dev/null", *STRICT),
            "no file among files": _docker(*STRICT, "-oUserKnownHostsFile /root/hosts //dev/./null"),
            "none for a file": _docker(*STRICT, "-o", "userknownhostsfile=None"),
            "a command for keys": _docker(*STRICT, "-o", "KnownHostsCommand=/usr/bin/ssh-keyscan %H"),
            "a tunnel": _docker(*STRICT, "-o", "NoHostAuthenticationForLocalhost=yes"),
            "a context": [of(DOCKER, context="production", host="unix:///var/run/docker.sock")],
            "a host among the options": _docker(*STRICT, "192.0.2.9"),
            "an option that ssh has not": _docker(*STRICT, "--insecure"),
            "no JSON": [of(DOCKER, host="ssh://192.0.2.1", sshOpts="-o StrictHostKeyChecking=yes")],
        },
        unknown={
            "options": [of(DOCKER, host="ssh://192.0.2.1", sshOpts=UNKNOWN)],
            "one option": [of(DOCKER, host="ssh://192.0.2.1", sshOpts=["-o", UNKNOWN])],
            "host": [of(DOCKER, host=UNKNOWN, sshOpts=json.dumps(STRICT))],
        },
        canary=_docker("-o", f"StrictHostKeyChecking={CANARY}", "-i", CANARY, "-oKnownHostsCommand=" + CANARY),
        breaks=text("host", "sshOpts", "StrictHostKeyChecking=yes", "StrictHostKeyChecking=accept-new"),
    ),
    "provider-endpoints-encrypted": Cases(
        good={
            "left out": [of(AWS, region="eu-west-3", insecure="false"), of(AWS, insecure=False)],
            "TLS": [*_endpoints("https://192.0.2.20"), of(CLOUDFLARE, baseUrl="https://192.0.2.21/client/v4")],
            "this machine": _endpoints("http://localhost:4566", "http://127.0.0.9:80", "http://[::1]:4566"),
        },
        bad={
            "ipv6": _endpoints("http://[2001:db8::1]:4566"),
            "mixed list": _endpoints("https://192.0.2.20", "http://192.0.2.20"),
            "wrong case": _endpoints("HTTP://192.0.2.20"),
            "two of one": [of(AWS, endpoints=json.dumps([{"s3": "https://s3.test", "iam": "http://iam.test"}]))],
            "a list": [of(AWS, endpoints=[{"s3": "http://192.0.2.20"}])],
            "no scheme": _endpoints("192.0.2.20:80"),
            "as if it were this machine": _endpoints("http://localhost.evil.test", "http://127.0.0.1@evil.test"),
            "every address": _endpoints("http://0.0.0.0:4566"),
            "any certificate": [of(AWS, insecure="true")],
            "Cloudflare's": [of(CLOUDFLARE, baseUrl="http://192.0.2.21/client/v4")],
        },
        cannot=frozenset({"missing", "empty"}),
        unknown={
            "endpoints": [of(AWS, endpoints=UNKNOWN)],
            "insecure": [of(AWS, insecure=UNKNOWN)],
            "base": [of(CLOUDFLARE, baseUrl=UNKNOWN)],
        },
        canary=_endpoints(f"http://ann:{CANARY}@192.0.2.20/{CANARY}"),
        breaks=put("backups", "endpoints", value='[{"s3": "http://192.0.2.20"}]'),
    ),
}
