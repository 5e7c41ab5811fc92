"""Rules for who may do what, and for knowing who is at the other end."""

from __future__ import annotations

import getopt
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from itertools import takewhile
from posixpath import normpath
from typing import Any
from urllib.parse import urlsplit

from pulumi_policy import Severity
from pulumi_policy.proxy import UnknownValueError

from policies.documents import Document, allows_action, parse
from policies.frameworks import aws_fsbp, cis_aws, nist_800_53
from policies.rule import Limit, Limits, Resource, ResourceRule, Stack, StackRule, items, of_type, read

POLICY = "aws:iam/policy:Policy"
USER, GROUP, ROLE = "aws:iam/user:User", "aws:iam/group:Group", "aws:iam/role:Role"
INLINE = {
    USER: "aws:iam/userPolicy:UserPolicy",
    GROUP: "aws:iam/groupPolicy:GroupPolicy",
    ROLE: "aws:iam/rolePolicy:RolePolicy",
}
ATTACHMENT = {
    USER: "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    GROUP: "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    ROLE: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
}
EXCLUSIVE = {
    USER: "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
    GROUP: "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
    ROLE: "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
}
SHARED_ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"
MEMBERSHIP = "aws:iam/userGroupMembership:UserGroupMembership"
MEMBERS = "aws:iam/groupMembership:GroupMembership"
ACCESS_KEY = "aws:iam/accessKey:AccessKey"
# The inputs that refer to each; with an s those that refer to many.
_LINKS = {USER: "user", GROUP: "group", ROLE: "role"}
_DOCUMENTED = (POLICY, *INLINE.values(), ROLE)


def _documents(resource: Resource) -> Iterator[tuple[str, Document]]:
    """Yield the policy documents in a resource, by the path of the input."""
    if resource.type == ROLE:
        for index, inline in enumerate(items(resource.inputs, "inlinePolicies")):
            policy = read(inline, "policy")
            if policy is not None:  # an empty one is how a role says that it has none
                yield f"inlinePolicies[{index}].policy", parse(policy)
    elif resource.type in _DOCUMENTED:
        yield "policy", parse(read(resource.inputs, "policy"))


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def _is_whole_service(action: str) -> bool:
    service, _, name = action.partition(":")
    return _is_wild(service) or not name.strip("*?")


def _names_nothing(resource: str) -> bool:
    """Return whether an ARN has a wildcard in place of a name."""
    parts = resource.split(":", 5)
    if len(parts) < 6:
        return True
    _, _, service, _, account, name = parts
    if _is_wild(service) or _is_wild(account):
        return True
    if service == "s3" and not account:
        return _is_wild(name.partition("/")[0])  # buckets of all the world share their names
    return not re.split("[/:]", name, maxsplit=1)[-1].strip("*?/:")  # without the kind of `table/*`


def _no_wildcards(resource: Resource, limits: Limits) -> Iterator[str]:
    for where, document in _documents(resource):
        yield from (f"{where}: {fault}" for fault in document.faults)
        for statement in document.statements:
            if not statement.allows:
                continue
            at = f"{where}: {statement.where}"
            for name in sorted(statement.negated):
                yield f"{at}.{name}: allows everything else"
            if any(_is_whole_service(action) and action not in limits["actions"] for action in statement.actions):
                yield f"{at}.Action: allows every action of a service"
            everywhere = all(action in limits["anywhere"] for action in statement.actions)
            if any(map(_names_nothing, statement.resources)) and not everywhere:
                yield f"{at}.Resource: has a wildcard where it should name one"
            if not statement.resources and "NotResource" not in statement.negated:
                yield f"{at}.Resource: is missing"


_PUTS = ("s3:PutObject", "s3:ReplicateObject")
# The actions that delete a backup, or end its protection from deletion.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_ERASING = (
    *("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:ReplicateDelete"),
    *("s3:PutLifecycleConfiguration", "s3:PutBucketVersioning", "s3:PutBucketPolicy", "s3:PutReplicationConfiguration"),
    *("s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls", "s3:PutBucketAcl", "s3:PutObjectAcl"),
    *("s3:PutObjectVersionAcl", "s3:PutEncryptionConfiguration", "s3:PutBucketObjectLockConfiguration"),
    *("s3:PutObjectRetention", "s3:PutObjectLegalHold", "s3:BypassGovernanceRetention"),
)


def _erasing_actions(holders: Sequence[Resource], allowed: Sequence[str]) -> list[str]:
    """Return the destructive actions of those who may also put objects; a whole service is no-wildcard-permissions'."""
    actions = [
        action
        for holder in holders
        for _, document in _documents(holder)
        for statement in document.statements
        if statement.allows
        for action in statement.actions
        if not _is_whole_service(action)
    ]

    def may(action: str) -> bool:
        return any(allows_action(pattern, action) for pattern in actions)

    return [action for action in _ERASING if may(action) and action not in allowed] if any(map(may, _PUTS)) else []


def _writers_keep(resource: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    allowed = limits["actions"]
    for where, document in _documents(resource):
        yield from (f"{where}: {fault}" for fault in document.faults)
    if alone := _erasing_actions([resource], allowed):
        yield f"lets one who puts objects also do {', '.join(alone)}"
    policies = _permissions(resource, stack)
    together = _erasing_actions(policies, allowed)
    if together and not any(_erasing_actions([policy], allowed) for policy in policies):
        yield f"has policies that together let it put objects and do {', '.join(together)}"


def _permissions(identity: Resource, stack: Stack) -> list[Resource]:
    """Return the policies that an identity has, by itself and by its groups."""
    if identity.type not in _LINKS:
        return []
    policies = [identity]
    for holder in [identity, *_groups(identity, stack)]:
        link = _LINKS[holder.type]
        policies += [policy for policy in stack.of(INLINE[holder.type]) if _refers_to(policy, link, holder)]
        attached = {
            urn
            for type_, key in ((ATTACHMENT[holder.type], link), (SHARED_ATTACHMENT, f"{link}s"))
            for attachment in stack.of(type_)
            if _refers_to(attachment, key, holder)
            for urn in attachment.refers.get("policyArn", ())
        }
        policies += [policy for policy in stack.of(POLICY) if policy.urn in attached]
    return policies


def _groups(user: Resource, stack: Stack) -> list[Resource]:
    if user.type != USER:
        return []
    return [
        group
        for group in stack.of(GROUP)
        if any(
            _refers_to(membership, "user", user) and _refers_to(membership, "groups", group)
            for membership in stack.of(MEMBERSHIP)
        )
        or any(
            _refers_to(members, "users", user) and _refers_to(members, "group", group) for members in stack.of(MEMBERS)
        )
    ]


def _refers_to(resource: Resource, link: str, identity: Resource) -> bool:
    """Return whether an input names an identity, as its output, as its name, or as one of a list."""
    if identity.urn in resource.refers.get(link, ()):
        return True
    try:
        named, name = read(resource.inputs, link), read(identity.inputs, "name")
        return name in ([named] if isinstance(named, str) else list(named or ()))
    except UnknownValueError:
        return False


def _through_groups(resource: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    inputs = resource.inputs
    if resource.type == USER:
        memberships = [membership for membership in stack.of(MEMBERSHIP) if _refers_to(membership, "user", resource)]
        # That there are groups is enough, before anybody knows their names.
        belongs = any(
            membership.refers.get("groups") or read(membership.inputs, "groups") for membership in memberships
        )
        if not belongs and not any(_refers_to(members, "users", resource) for members in stack.of(MEMBERS)):
            read(inputs, "name")  # while nobody knows it, it may be a member by name
            yield "belongs to no group"
    elif resource.type == SHARED_ATTACHMENT:
        if read(inputs, "users"):
            yield "users: gives users permissions of their own"
    elif resource.type != EXCLUSIVE[USER] or read(inputs, "policyArns"):
        yield "gives a user permissions of its own"


def _no_administrators(resource: Resource, stack: Stack, limits: Limits) -> Iterator[str]:
    declared = {policy.urn for policy in stack.of(POLICY)}
    refused = {name.lower() for name in limits["policies"]}
    for key in ("policyArn", "policyArns", "managedPolicyArns"):
        own = bool(resource.refers.get(key)) and resource.refers[key] <= declared
        for where, arn in _arns(resource.inputs, key, own):
            account, _, path = arn.lower().partition(":policy/")
            if account.endswith(":iam::aws") and path.rpartition("/")[2] in refused:
                yield f"{where}: is a policy of Amazon's that opens more than anybody needs"


def _arns(inputs: Mapping[str, Any], key: str, own: bool) -> Iterator[tuple[str, str]]:
    """Yield the ARNs that are known; not those of the program's own policies, which are judged by their documents."""
    try:
        arns = read(inputs, key)
        if isinstance(arns, str):
            yield key, arns
            return
    except UnknownValueError:
        if own:
            return
        raise
    for index in range(len(arns or ())):
        try:
            yield f"{key}[{index}]", str(arns[index])
        except UnknownValueError:
            if not own:
                raise


def _single_key(key: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    if not _is_active(key):
        return
    # The first of a user's keys is fine, and those after it are reported.
    before = takewhile(lambda other: other.urn != key.urn, stack.of(ACCESS_KEY))
    if any(_is_active(other) and _of_one_user(other, key) for other in before):
        yield "user: has another active key already"


def _is_active(key: Resource) -> bool:
    return bool(read(key.inputs, "status") != "Inactive")


def _of_one_user(key: Resource, other: Resource) -> bool:
    users, other_users = key.refers.get("user"), other.refers.get("user")
    if users and other_users:
        return bool(users & other_users)
    return bool(read(key.inputs, "user") == read(other.inputs, "user"))


def _hops(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the SSH connections that a command makes: its own, and that to the proxy."""
    yield "connection", read(inputs, "connection")
    if (proxy := read(inputs, "connection", "proxy")) is not None:
        yield "connection.proxy", proxy


def _host_key_set(resource: Resource, _: Limits) -> Iterator[str]:
    for where, hop in _hops(resource.inputs):
        if not (read(hop, "hostKey") or "").strip():
            yield f"{where}.hostKey: is missing or empty, so that any host is taken for the right one"


def _by_key(resource: Resource, _: Limits) -> Iterator[str]:
    for where, hop in _hops(resource.inputs):
        if read(hop, "password"):
            yield f"{where}.password: can be guessed, and is told to whoever answers"
        elif not any((read(hop, name) or "").strip() for name in ("privateKey", "agentSocketPath")):
            yield f"{where}.privateKey: is missing or empty, and so is agentSocketPath"


def _decoded(inputs: Mapping[str, Any], key: str) -> Any:
    """Return a provider's input, which comes as JSON text unless it is text itself."""
    value = read(inputs, key)
    return json.loads(value) if isinstance(value, str) else value


# OpenSSH 10, ssh.c: what it takes from its command line.
_SSH_FLAGS = "1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYy"
_YES = ("yes", "true")  # OpenSSH, readconf.c: multistate_strict_hostkey; it ignores case


def _docker_host_known(resource: Resource, _: Limits) -> Iterator[str]:
    try:
        options = list(_ssh_options([*(_decoded(resource.inputs, "sshOpts") or ())]))
    except (getopt.GetoptError, ValueError):
        yield "sshOpts: is not what ssh can read"
        return
    strict = [values for keyword, values in options if keyword == "stricthostkeychecking"]
    for values in strict:
        if [value.lower() for value in values] not in ([value] for value in _YES):
            yield "sshOpts: StrictHostKeyChecking is not yes"
    for keyword, values in options:
        if keyword == "userknownhostsfile" and any(_is_null_file(file) for file in values):
            yield "sshOpts: UserKnownHostsFile knows no host"
        if keyword == "knownhostscommand" and [value.lower() for value in values] != ["none"]:
            yield "sshOpts: KnownHostsCommand may take any host for the right one"
        if keyword == "nohostauthenticationforlocalhost" and [value.lower() for value in values] != ["no"]:
            yield "sshOpts: NoHostAuthenticationForLocalhost takes any tunnel's end for the right host"
    host = (read(resource.inputs, "host") or "").lower()
    # A context, which has the last word, may lead anywhere.
    if not strict and (host.startswith("ssh:") or read(resource.inputs, "context")):
        yield "sshOpts: StrictHostKeyChecking is missing, so that the operator's own configuration decides"


def _ssh_options(arguments: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield keyword and values of each -o; ValueError for a spelling that is not plain."""
    flags, rest = getopt.getopt(arguments, _SSH_FLAGS)
    if rest:
        raise ValueError  # ssh would take it for the host
    for flag, value in flags:
        if flag == "-o":
            option = re.fullmatch(r"[ \t]*([A-Za-z0-9]+)(?:[ \t]*=|[ \t])(.*)", value)
            if not option:
                raise ValueError  # such as a keyword in quotes, which ssh may take and nobody needs
            yield option[1].lower(), shlex.split(option[2])


def _is_null_file(file: str) -> bool:
    return file.lower() == "none" or re.sub("^/+", "/", normpath(file)) == "/dev/null"


def _encrypted(resource: Resource, _: Limits) -> Iterator[str]:
    inputs = resource.inputs
    if read(inputs, "insecure") not in (None, False, "false"):
        yield "insecure: takes any certificate"
    url = read(inputs, "baseUrl")
    if url and not _is_confidential(url):
        yield "baseUrl: is not https"
    for index, endpoints in enumerate(_decoded(inputs, "endpoints") or ()):
        for service in endpoints:
            if not _is_confidential(endpoints[service]):
                yield f"endpoints[{index}]: one of its addresses is not https"


def _is_confidential(url: str) -> bool:
    """Return whether nobody on the way can read along: over TLS, or on the loopback."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    host = parts.hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


_REMOTE = ("command:remote:Command", "command:remote:CopyFile", "command:remote:CopyToRemote")
_SSH_DOCS = "https://www.pulumi.com/registry/packages/command/api-docs/remote/command/#connection"

RULES: list[ResourceRule | StackRule] = [
    ResourceRule(
        id="no-wildcard-permissions",
        sentence="No policy allows every action of a service, or an action on every resource there is.",
        severity=Severity.HIGH,
        framework=aws_fsbp("IAM.21", "IAM customer managed policies should not allow wildcard actions for services"),
        url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        mend=(
            "List the actions by name in Action, and the ARNs that they are meant for in Resource; a wildcard may be "
            "the end of a name, such as an object's key; take NotAction and NotResource out of what is allowed."
        ),
        limits={
            "actions": Limit((), "wildcard actions that may be allowed, as they are written"),
            "anywhere": Limit(
                ("s3:ListAllMyBuckets", "ecr:GetAuthorizationToken"),
                "actions that may be allowed on every resource, because AWS offers no other",
            ),
        },
        judges=of_type(*_DOCUMENTED),
        check=_no_wildcards,
    ),
    StackRule(
        id="writers-cannot-erase",
        sentence="Who puts objects into a bucket can neither delete them nor change what keeps them.",
        severity=Severity.CRITICAL,
        framework=nist_800_53("CP-9", "Protect the confidentiality, integrity, and availability of backup information"),
        url="https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html",
        mend=(
            "Allow who writes s3:PutObject and s3:AbortMultipartUpload, let the bucket's lifecycle delete, and give "
            "what else is needed to another identity."
        ),
        limits={"actions": Limit((), "destructive actions that who puts objects may have, as AWS writes them")},
        judges=of_type(*_DOCUMENTED, USER, GROUP),
        check=_writers_keep,
    ),
    StackRule(
        id="permissions-through-groups",
        sentence="Users have their permissions from the groups that they belong to, and none of their own.",
        severity=Severity.MEDIUM,
        framework=cis_aws("1.15", "Ensure IAM Users Receive Permissions Only Through Groups"),
        url="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-2",
        mend=(
            "Attach the policy to an aws.iam.Group by aws.iam.GroupPolicyAttachment, and put the user into it by "
            "aws.iam.UserGroupMembership."
        ),
        judges=of_type(USER, INLINE[USER], ATTACHMENT[USER], EXCLUSIVE[USER], SHARED_ATTACHMENT),
        check=_through_groups,
    ),
    StackRule(
        id="no-administrator-policies",
        sentence="Nobody whom the program makes has one of Amazon's policies that open everything.",
        severity=Severity.CRITICAL,
        framework=cis_aws(
            "1.16", 'Ensure IAM policies that allow full "*:*" administrative privileges are not attached'
        ),
        url="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1",
        mend="Attach an aws.iam.Policy that the program declares, with the actions and resources that are needed.",
        limits={
            "policies": Limit(
                ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess", "AmazonS3FullAccess"),
                "names of Amazon's policies that nobody may have",
            )
        },
        judges=of_type(*ATTACHMENT.values(), *EXCLUSIVE.values(), SHARED_ATTACHMENT, ROLE),
        check=_no_administrators,
    ),
    StackRule(
        id="one-access-key",
        sentence="A user has one active access key, so that everybody knows which one to take away.",
        severity=Severity.MEDIUM,
        framework=cis_aws("1.13", "Ensure there is only one active access key available for any single IAM user"),
        url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
        mend="Declare one aws.iam.AccessKey for each user; to rotate it, run `pulumi up --replace` with its URN.",
        judges=of_type(ACCESS_KEY),
        check=_single_key,
    ),
    ResourceRule(
        id="ssh-host-key-known",
        sentence="A remote command talks to the host whose key it knows, and so does the proxy before it.",
        severity=Severity.CRITICAL,
        framework=nist_800_53("SC-23", "Protect the authenticity of communications sessions"),
        url=_SSH_DOCS,
        mend=(
            "Write connection.hostKey (and connection.proxy.hostKey) as the line of /etc/ssh/ssh_host_ed25519_key.pub, "
            "read on the host's own console; without it the provider ignores the host's key."
        ),
        judges=of_type(*_REMOTE),
        check=_host_key_set,
    ),
    ResourceRule(
        id="ssh-by-key",
        sentence="A remote command logs in by a key and not by a password, and so does the proxy before it.",
        severity=Severity.HIGH,
        framework=nist_800_53("IA-5(2)", "Enforce authorized access to the corresponding private key"),
        url=_SSH_DOCS,
        mend="Write connection.privateKey as a secret, or connection.agentSocketPath; take connection.password out.",
        judges=of_type(*_REMOTE),
        check=_by_key,
    ),
    ResourceRule(
        id="docker-host-key-known",
        sentence="Docker over SSH talks to the host whose key is known, whatever the operator's ssh_config says.",
        severity=Severity.CRITICAL,
        framework=nist_800_53("SC-23", "Protect the authenticity of communications sessions"),
        url="https://man.openbsd.org/ssh_config#StrictHostKeyChecking",
        mend=(
            'Write sshOpts with "-o", "StrictHostKeyChecking=yes" and "-o", "UserKnownHostsFile=<file with the host\'s '
            'key>"; take every other StrictHostKeyChecking, /dev/null and KnownHostsCommand out.'
        ),
        judges=of_type("pulumi:providers:docker"),
        check=_docker_host_known,
    ),
    ResourceRule(
        id="provider-endpoints-encrypted",
        sentence="Providers, which show their credentials, reach their clouds over TLS or on this very machine.",
        severity=Severity.HIGH,
        framework=nist_800_53("SC-8", "Protect the confidentiality and integrity of transmitted information"),
        url="https://www.pulumi.com/registry/packages/aws/api-docs/provider/",
        mend="Write the address (endpoints, baseUrl) with https, or leave it out; take insecure out.",
        # The rule docker-provider-over-ssh judges how Docker is reached.
        judges=of_type("pulumi:providers:aws", "pulumi:providers:cloudflare"),
        check=_encrypted,
    ),
]
