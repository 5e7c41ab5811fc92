"""Rules for where secrets may be stored, and for who has to present one."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence

from pulumi_policy import Severity

from policies.docker import (
    CONFIG,
    CONTAINER,
    POSTGRESQL,
    REDIS,
    SERVICE,
    is_a,
    mounts,
    named,
    redis_options,
    spec,
    variables,
    words,
)
from policies.frameworks import cis_docker, nist_800_53, owasp_asvs
from policies.rule import Limit, Limits, Resource, ResourceRule, Stack, StackRule, items, of_type, read
from policies.shell import COMMANDS, inputs, reads_script, scripts, without_piped

# What a name says that holds a secret, once it is in capitals with underscores.
_SECRET = re.compile(
    r"(?<!BY)(?<!COM)PASS(WORD|WD|PHRASE|CODE)?S?(_|$)|PWD(_|$)|SECRET|TOKENS?(_|$)|CREDENTIAL|DSN(_|$)|MASTERAUTH|WEBHOOK"
    r"|(^|_|API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION)(?<!PUBLIC_)KEYS?(_|$)"
)
# What a name says that tells something about a secret, and not the secret.
_ABOUT = re.compile(
    r"^(MAX|MIN|NUM)_|_(TTL|TYPE|LENGTH|SIZE|LIFETIME|EXPIRY|EXPIRES|EXPIRES_IN|ALGORITHM|ALG|POLICY|METHOD|ROUNDS|STDIN|NAME)$"
    r"|_(ENDPOINT|PREFIX|DIR|ARN|HEADER|LIMIT|CHECKING|HASHER)$|^(PRIMARY|SORT|PARTITION|CACHE|FOREIGN)_KEY$"
)
_IN_A_FILE = re.compile(r"_?(FILE|PATH)$")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
# What stands before the `@` of a URL, unless the shell is to fill it in.
_PASSWORD_IN_URL = re.compile(r"\w://[^/\s:@'\"]*:(?![$%{])[^/\s@'\"]+@")
_USER_IN_URL = re.compile(r"\w://(?![$%{])[^/\s:@'\"]+@")
# Looked at and not taken, because a value may be a text with names and values of its own.
_VALUE = r"""(?=(?P<value>"[^"]*"|'[^']*'|[^\s;|&)"'`]+))"""
_ASSIGNED = (
    # NAME=value, --name=value, -eNAME=value, name = value
    re.compile(rf"(?<![\w$.{{/])-{{0,2}}(?P<name>[A-Za-z_][\w.-]*)[ \t]*=(?!=)[ \t]*{_VALUE}"),
    # "name": "value", in JSON and in a text of JSON; name: value, on a line of YAML
    re.compile(r"""["'](?P<name>[A-Za-z_][\w.-]*)\\?["']\s*:\s*\\?["'](?P<value>[^"'\\]+)"""),
    re.compile(rf"^\s*(?:- )?(?P<name>[A-Za-z_][\w.-]*):[ \t]+{_VALUE}", re.MULTILINE),
    # --name value, and the directives of Redis's own configuration
    re.compile(rf"(?<!\S)--?(?P<name>[A-Za-z][\w-]*)\s+(?!-){_VALUE}"),
    re.compile(rf"(?<![\w-])(?P<name>requirepass|masterauth)\s+{_VALUE}", re.IGNORECASE),
    # SQL's PASSWORD 'value'
    re.compile(r"\b(?P<name>PASSWORD)\s+'(?P<value>[^']*)'", re.IGNORECASE),
)
# redis-cli -a value
_REDIS_CLI = re.compile(rf"\bredis-cli\b[^\n;|&]*?\s-a\s+{_VALUE}")
# What somebody else fills in (a shell, printf, a template, psql, JavaScript), the path of a file, the name of a Swarm
# secret, and what redis-cli is told of a user who needs no password.
_NO_VALUE = re.compile(
    r"[$`<].*|%[a-z(].*|\{\{.*|:['\"]?\w*['\"]?|[~.]*/[\w.${}/-]*|[\w.-]+\.(pem|key|crt|json|ya?ml|conf|acl|txt)"
    r"|process\.env.*|[\w.]+\(.*|source=.*|none",
    re.DOTALL,
)


def _is_secret(name: str, value: str) -> bool:
    """Return whether a variable of this name is to hold a secret; the path of a file is none."""
    upper = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper().replace("-", "_").replace(".", "_")
    if not _SECRET.search(upper) or _ABOUT.search(upper):
        return False
    return not (_IN_A_FILE.search(upper) and (value.startswith("/") or not value))


def _secrets_in(where: str, text: str, *, url_user: bool = False) -> Iterator[str]:
    """Yield the kinds of secrets that a text holds; with `url_user`, the user of a URL without a password too."""
    if _PRIVATE_KEY.search(text):
        yield f"{where}: holds a private key"
    if _PASSWORD_IN_URL.search(text):
        yield f"{where}: holds a URL with a password"
    assigned = (match for pattern in _ASSIGNED for match in pattern.finditer(text))
    if any(_is_secret(match["name"], match["value"]) and _is_literal(match["value"]) for match in assigned) or any(
        _is_literal(match["value"]) for match in _REDIS_CLI.finditer(text)
    ):
        yield f"{where}: holds a password or key, by the name before it"
    if url_user and _USER_IN_URL.search(text):
        yield f"{where}: holds a URL with a key"


def _is_literal(value: str) -> bool:
    plain = value.strip("\"'")
    return bool(plain) and not _NO_VALUE.fullmatch(plain)


def _secrets_in_environment(environment: Iterator[tuple[str, str, str]]) -> Iterator[str]:
    for where, name, value in environment:
        if _is_secret(name, value):
            yield f"{where}: holds a secret, by its name"
        yield from _secrets_in(where, value, url_user=True)


def _in_the_open(resource: Resource, _: Limits) -> Iterator[str]:
    yield from _secrets_in_environment(variables(resource))
    # Joined, because an option and its value are two words, and a command may go on from one list to the next.
    yield from _secrets_in("command or args", " ".join(words(resource)), url_user=True)
    health_check = items(spec(resource), "healthcheck", "tests")
    yield from _secrets_in("healthcheck.tests", " ".join(health_check), url_user=True)


def _takes_files(resource: Resource) -> bool:
    return resource.type == SERVICE and bool(list(items(spec(resource), "secrets")))


def _files_for_their_owner(resource: Resource, _: Limits) -> Iterator[str]:
    named_user = str(read(spec(resource), "user")).partition(":")[0]
    runs_as = "0" if named_user == "root" else named_user
    for index, secret in enumerate(items(spec(resource), "secrets")):
        at = f"taskSpec.containerSpec.secrets[{index}]"
        if read(secret, "fileMode") != 0o400:
            yield f"{at}.fileMode: is not 256, which is 0400: its owner reads it, and nobody else"
        owner = read(secret, "fileUid")
        owner = "0" if owner is None else owner  # as Docker does
        # Of a user who has a name, nobody knows the number but that it is not root's.
        if not str(owner).isdigit() or (int(owner) != int(runs_as) if runs_as.isdigit() else int(owner) == 0):
            yield f"{at}.fileUid: is not the number of the user that the service runs as"


def _no_trust(resource: Resource, limits: Limits) -> Iterator[str]:
    for at, name, value in variables(resource):
        if name == "POSTGRES_HOST_AUTH_METHOD" and value not in limits["methods"]:
            yield f"{at}: lets connections in by a method that asks for no password, or for a weak one"
        if name == "POSTGRES_INITDB_ARGS":
            methods = re.findall(r"(?:--auth(?:-host|-local)?|-A)[=\s]*(\S*)", value)
            if any(method.strip("\"'") not in (*limits["methods"], "peer") for method in methods):
                yield f"{at}: lets connections in by a method that asks for no password, or for a weak one"


def _password_in_a_file(resource: Resource, _: Limits) -> Iterator[str]:
    environment = {name: value for _, name, value in variables(resource)}
    # A password in the environment itself is another rule's.
    if not environment.get("POSTGRES_PASSWORD_FILE") and "POSTGRES_PASSWORD" not in environment:
        yield "envs: has no POSTGRES_PASSWORD_FILE"


def _asks_for_a_password(resource: Resource, _: Limits) -> Iterator[str]:
    options = redis_options(resource)
    if not options.get("aclfile", "").startswith("/") and not options.get("requirepass", "").startswith("$("):
        yield "command: names no --aclfile, so that whoever reaches the server may do everything"
    if options.get("protected-mode", "yes").lower() != "yes":
        yield "command: turns --protected-mode off"


def _has_an_acl_file(resource: Resource) -> bool:
    return is_a(REDIS)(resource) and "aclfile" in redis_options(resource)


def _default_user_off(resource: Resource, stack: Stack, _: Limits) -> Iterator[str]:
    file = redis_options(resource)["aclfile"]
    uploads = items(resource.inputs, "uploads")
    texts = [read(upload, "content") or "" for upload in uploads if read(upload, "file") == file]
    directories = [mount.source for mount in mounts(resource) if mount.source and file.startswith(f"{mount.target}/")]
    for command in stack.of(*COMMANDS):
        # Where a script is unknown, another text of the file is known, or the rule finds none.
        known_scripts = (text for _, text in scripts(command, skip_unknown=True))
        texts += [text for text in known_scripts if any(directory in text for directory in directories)]
    # Each `user default …`, to the end of its line or of the quoted text that it stands in.
    acls = [acl for text in texts for acl in re.findall(r"(?:^|[\n'\"])\s*user\s+default\b([^\n'\"]*)", text)]
    if not acls:
        yield "command: the file of --aclfile says nothing of the user `default`, who needs no password then"
    if not all(_admits_nobody_without_password(acl.split()) for acl in acls):
        yield "command: the file of --aclfile lets the user `default` in without a password"


def _admits_nobody_without_password(acl: Sequence[str]) -> bool:
    """Return whether the words of an ACL, of which later ones win, leave a user off or with a password."""
    on = open_ = False
    has_password = False
    for word in map(str.lower, acl):
        password = word.startswith((">", "#"))
        on = {"on": True, "off": False, "reset": False}.get(word, on)
        open_ = {"nopass": True, "resetpass": False, "reset": False}.get(word, open_ and not password)
        has_password = password or (has_password and word not in ("resetpass", "reset"))
    return not on or (has_password and not open_)


def _no_secret_in_text(resource: Resource, _: Limits) -> Iterator[str]:
    # Scripts name ids, which a preview does not know; the engine asks again with the text before it runs it.
    for key, text in scripts(resource, ("create", "update", "delete"), skip_unknown=True):
        yield from _secrets_in(key, without_piped(text))
    for index, trigger in enumerate(items(resource.inputs, "triggers")):
        yield from _secrets_in(f"triggers[{index}]", str(trigger))
    yield from _secrets_in_environment(named("environment", read(resource.inputs, "environment")))


def _not_logged(resource: Resource, _: Limits) -> Iterator[str]:
    if read(resource.inputs, "logging") == "none":
        return
    # A secret is one word or line, as a password is, or shows itself; a text of many lines is a file's or a script.
    texts = inputs(resource)
    searched = [read(resource.inputs, "stdin")] if reads_script(resource) else texts
    if any(text and "\n" not in text.strip() for text in texts) or any(any(_secrets_in("", text)) for text in searched):
        yield "logging: is not `none`, so that what the command prints of its secret input is shown and kept"


def _readable_config(resource: Resource, _: Limits) -> Iterator[str]:
    encoded = read(resource.inputs, "data") or ""
    yield from _secrets_in("data", base64.b64decode(encoded).decode(errors="replace"))
    yield from _secrets_in("dataRaw", read(resource.inputs, "dataRaw") or "")


_FILES_BY_SWARM = "https://docs.docker.com/engine/swarm/secrets/"
_POSTGRES_IMAGE = "https://hub.docker.com/_/postgres"
_ACL = "https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/"
_COMMAND = "https://www.pulumi.com/registry/packages/command/api-docs/remote/command/"
_SWARM_SECRETS = cis_docker(
    "7.4", "Ensure that Docker's secret management commands are used for managing secrets in a swarm cluster"
)
_SERVICE_AUTHENTICATION = nist_800_53(
    "IA-9",
    "Uniquely identify and authenticate services and applications before establishing"
    " communications with devices, users, or other services or applications",
)

RULES: list[ResourceRule | StackRule] = [
    ResourceRule(
        id="environments-without-secrets",
        sentence="No secret stands in the environment, the command or the health check of a container or service.",
        severity=Severity.CRITICAL,
        framework=_SWARM_SECRETS,
        url=_FILES_BY_SWARM,
        mend=(
            "Give it as a file (a service: a docker.Secret in secrets; a container: a mount) and name the file in a"
            " variable that ends with _FILE: `docker inspect` shows the rest to everyone."
        ),
        judges=of_type(CONTAINER, SERVICE),
        check=_in_the_open,
    ),
    ResourceRule(
        id="secret-files-for-their-owner",
        sentence="The secrets of a service are files that the user alone can read who runs the service.",
        severity=Severity.HIGH,
        framework=_SWARM_SECRETS,
        url=_FILES_BY_SWARM,
        mend="Set file_mode=0o400 and file_uid to the number of the user of container_spec.",
        judges=_takes_files,
        check=_files_for_their_owner,
    ),
    ResourceRule(
        id="postgresql-asks-for-passwords",
        sentence="PostgreSQL lets nobody in without a password that is hashed by SCRAM, or a certificate.",
        severity=Severity.CRITICAL,
        framework=_SERVICE_AUTHENTICATION,
        url="https://www.postgresql.org/docs/current/auth-methods.html",
        mend="Remove POSTGRES_HOST_AUTH_METHOD and --auth from POSTGRES_INITDB_ARGS, which leaves scram-sha-256.",
        judges=of_type(CONTAINER, SERVICE),
        check=_no_trust,
        limits={"methods": Limit(("scram-sha-256", "cert"), "Methods of pg_hba.conf that may be chosen.")},
    ),
    ResourceRule(
        id="postgresql-password-in-a-file",
        sentence="PostgreSQL's superuser gets the password from a file.",
        severity=Severity.HIGH,
        framework=nist_800_53(
            "IA-5",
            "Manage system authenticators by protecting authenticator content from unauthorized"
            " disclosure and modification",
        ),
        url=_POSTGRES_IMAGE,
        mend="Set POSTGRES_PASSWORD_FILE in envs to the path of a file in the container.",
        judges=is_a(POSTGRESQL),
        check=_password_in_a_file,
    ),
    ResourceRule(
        id="redis-asks-for-passwords",
        sentence="Redis reads its users and their passwords from a file, and keeps its protected mode.",
        severity=Severity.CRITICAL,
        framework=_SERVICE_AUTHENTICATION,
        url=_ACL,
        mend="Add --aclfile and the path of a mounted file to the command, and no --protected-mode.",
        judges=is_a(REDIS),
        check=_asks_for_a_password,
    ),
    StackRule(
        id="redis-default-user-off",
        sentence="The user `default` of Redis, whom a client is that names nobody, is off or has a password.",
        severity=Severity.CRITICAL,
        framework=nist_800_53(
            "AC-14",
            "Identify user actions that can be performed on the system without identification or authentication",
        ),
        url=_ACL,
        mend="Write `user default off` as the first line of the file that --aclfile names.",
        judges=_has_an_acl_file,
        check=_default_user_off,
    ),
    ResourceRule(
        id="commands-without-secrets",
        sentence="No secret stands in the text of a command, which the state, the plan and the process list show.",
        severity=Severity.CRITICAL,
        framework=owasp_asvs(
            "13.3.1", "Secrets must not be included in application source code or included in build artifacts"
        ),
        url=_COMMAND,
        mend="Pass it as stdin=pulumi.Output.secret(…), read it in the script (`password=$(cat)`), and log nothing.",
        judges=of_type(*COMMANDS),
        check=_no_secret_in_text,
    ),
    ResourceRule(
        id="secret-input-unlogged",
        sentence="A command that gets a secret on its standard input logs nothing.",
        severity=Severity.HIGH,
        framework=owasp_asvs(
            "14.2.4",
            "Verify that controls around sensitive data related to how the data is to be logged are implemented",
        ),
        url=_COMMAND,
        mend='Set logging="none" on the command, and stdout and stderr in additional_secret_outputs.',
        judges=of_type(*COMMANDS),
        check=_not_logged,
    ),
    ResourceRule(
        id="service-configs-without-secrets",
        sentence="No config of Swarm holds a secret, because it is neither encrypted nor for one user alone.",
        severity=Severity.HIGH,
        framework=_SWARM_SECRETS,
        url="https://docs.docker.com/engine/swarm/configs/",
        mend="Make it a docker.Secret, and let the text name the file under /run/secrets.",
        judges=of_type(CONFIG),
        check=_readable_config,
    ),
]
