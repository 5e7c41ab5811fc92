"""Cases of the rules for where secrets may stand, and for who has to show one."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from tests.policies.cases.cases import CANARY, Cases, Declared, of
from tests.policies.program import Declaration, Program, put, text

CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
COMMAND = "command:remote:Command"
CONFIG = "docker:index/serviceConfig:ServiceConfig"
# In two parts, because a scanner of this repository would take the whole for a key.
PRIVATE_KEY = f"-----BEGIN EC PRIVATE {'KEY'}-----\n{CANARY}\n"
URL = f"postgres://app:{CANARY}@db/app"
READ_FROM_A_FILE = 'exec redis-server --requirepass "$(cat /run/secrets/password)"'


def runs(*command: str, **inputs: Any) -> Declared:
    return [of(CONTAINER, command=list(command), **inputs)]


def env(*variables: str) -> Declared:
    return [of(CONTAINER, envs=list(variables))]


def service(**spec: Any) -> Declared:
    return [of(SERVICE, taskSpec={"containerSpec": spec})]


def files(*secrets: Any, user: str | None = "1000") -> Declared:
    return service(secrets=list(secrets), **({} if user is None else {"user": user}))


def file(**inputs: Any) -> dict[str, Any]:
    return {"fileName": "A", "fileMode": 256, "fileUid": "1000", **inputs}


def postgres(*variables: str) -> Declared:
    return [of(CONTAINER, image="postgres:18", envs=list(variables))]


def redis(command: str, **inputs: Any) -> Declared:
    return [of(CONTAINER, "server", image="redis:8", command=command.split(" "), **inputs)]


def users(acl: str, name: str = "login") -> Declaration:
    return of(COMMAND, name, create=f"DIRECTORY=/srv/acl\nUSERS='{acl}\nuser health on nopass -@all +ping'\n")


def with_acl(*others: Declaration, file: str = "/acl/users.acl", target: str = "/acl", **inputs: Any) -> Declared:
    mount = {"type": "bind", "source": "/srv/acl", "target": target}
    return [*redis(f"redis-server --aclfile {file}", mounts=[mount], **inputs), *others]


def creates(create: str, **inputs: Any) -> Declared:
    return [of(COMMAND, create=create, **inputs)]


def tells(given: str, logging: str | None) -> Declared:
    logs: dict[str, Any] = {} if logging is None else {"logging": logging}
    return [of(COMMAND, stdin=given, **logs)]


def config(text: str) -> Declared:
    return [of(CONFIG, dataRaw=text)]


def _without_an_acl_file(program: Program) -> None:
    command = program["cache-server"].inputs["command"]
    at = command.index("--aclfile")
    del command[at : at + 2]


def _default_user_on(program: Program) -> None:
    text("cache-login", "stdin", "user default off", "user default on nopass ~* &* +@all")(program)


IN_TEXTS = {
    "a private key": PRIVATE_KEY,
    "a URL": f"curl {URL}",
    "a URL without a user": f"curl redis://:{CANARY}@cache",
    "a variable": f"PASSWORD={CANARY} run",
    "a quoted variable": f"export DB_PASSWORD='{CANARY}'",
    "wrong case": f"db_password={CANARY}",
    "a name in camel case": f'{{"clientSecret": "{CANARY}"}}',
    "an option": f"tool --api-key {CANARY}",
    "an option with a sign": f"tool --password={CANARY}",
    "an option of docker": f"docker run -e TOKEN={CANARY} image",
    "an option of docker, joined": f"docker run -eTOKEN={CANARY} image",
    "a directive of Redis": f"redis-cli CONFIG SET requirepass {CANARY}",
    "an option of redis-cli": f"redis-cli -h cache -a {CANARY} ping",
    "SQL": f"psql -c \"ALTER ROLE app PASSWORD '{CANARY}'\"",
    "a text within a text": f"UNIT='[Service]\nEnvironment=\"DB_PASSWORD={CANARY}\"\n'",
    "JSON in JSON": f'{{"a": "{{\\"password\\": \\"{CANARY}\\"}}"}}',
    "a line of YAML": f"database:\n  - password: {CANARY}\n",
    "a line with spaces": f"[client]\npassword = {CANARY}\n",
    "mixed list": f"PASSWORD=$(cat)\nSECRET_KEY={CANARY}\n",
}
IN_NO_TEXT = {
    "read from standard input": 'password=$(cat)\nprintf "\\\\set password \'%s\'" "$password"',
    "read from a file": READ_FROM_A_FILE,
    "of psql": "ALTER ROLE :\"login\" PASSWORD :'password'; SET password = :'password'",
    "of the shell": 'curl "https://user:$password@host" --token "$TOKEN"',
    "a path": "SECRETS=/opt/secrets\nopenssl req -newkey ec -keyout key.pem --key server.key",
    "how Swarm calls one": "docker service create --secret source=jwt-secret,target=JWT_SECRET image",
    "something about one": "tool --key-type ecdsa --token-ttl 300 --password-stdin registry MAX_TOKENS=5",
    "a user who needs none": "redis-cli --user health --pass none ping",
    "of a template": "--token {{env 'TOKEN'}}",
    "an empty one": "PASSWORD=\"\" run --token ''",
    "of JavaScript": "const token = readToken();\nif (token == last) use({\n  password: process.env.PASSWORD,\n});",
    "a public key": "PUBLIC_KEY=AAAA BYPASS=1 KEYCLOAK=on",
    "a certificate": "CA='-----BEGIN CERTIFICATE-----\nMIIBkey=\n-----END CERTIFICATE-----'",
}

CASES = {
    "environments-without-secrets": Cases(
        good={
            "a file": env("DB_PASSWORD_FILE=/run/a", "PGPASSFILE=/root/.pgpass", "SECRET_KEY_PATH="),
            "no secret": env("PORT=3000", "DATABASE_URL=postgres://db/app", "FROM=https://cdn.example/@scope/a"),
            "of a service": service(env={"PASSWORD_FILE": "/run/secrets/a", "NODE_ENV": "production"}, args=["serve"]),
            "about a secret": env("TOKEN_ENDPOINT=/o", "SECRETS_DIR=/run", "CSRF_TOKEN_HEADER=x", "SORT_KEY=id"),
            "none": [of(CONTAINER), of(SERVICE)],
            **{name: runs("sh", "-c", command) for name, command in IN_NO_TEXT.items()},
        },
        bad={
            "by its name": env(f"POSTGRES_PASSWORD={CANARY}"),
            "empty": env("POSTGRES_PASSWORD="),
            "wrong case": env(f"postgres_password={CANARY}"),
            "mixed list": env("PORT=3000", f"API_KEY={CANARY}"),
            "a file that is none": env(f"PASSWORD_FILE={CANARY}"),
            **{
                name: env(f"{name}={CANARY}")
                for name in ("SENTRY_DSN", "MYSQL_PWD", "AWS_CREDENTIALS", "SMTP_PASS", "APIKEY", "SLACK_WEBHOOK_URL")
            },
            "the name in one word": env(f"PGPASSWORD={CANARY}"),
            "a URL": env(f"DATABASE_URL={URL}"),
            "a URL with a key for a user": env(f"REPORT_TO=https://{CANARY}@sentry.example/1"),
            "a private key": env(f"TLS={PRIVATE_KEY}"),
            "an option in a variable": env(f"JAVA_OPTS=-Xmx1g -Ddb.password={CANARY}"),
            "of a service": service(env={"NODE_ENV": "production", "JWT_SECRET": CANARY}),
            "an option of a service": service(commands=["app"], args=["--token", CANARY]),
            "from one list to the next": service(commands=["app", "--token"], args=[CANARY]),
            "in the entrypoint": [of(CONTAINER, entrypoints=["app", f"--password={CANARY}"])],
            "two words": runs("redis-server", "--requirepass", CANARY),
            "the master's": runs("redis-server", "--masterauth", CANARY),
            "in the health check": [of(CONTAINER, healthcheck={"tests": ["CMD", "redis-cli", "-a", CANARY, "ping"]})],
            "in the health check of a service": service(healthcheck={"tests": ["CMD-SHELL", f"curl {URL}"]}),
            "a URL with a key in the command": runs("report", f"https://{CANARY}@sentry.example/1"),
            **{
                f"{name} in a shell": runs("sh", "-c", text)
                for name, text in IN_TEXTS.items()
                if name not in ("wrong case", "mixed list")
            },
        },
        cannot=frozenset({"missing", "ipv6"}),
        unknown={
            "variables": [of(CONTAINER, envs=UNKNOWN)],
            "a variable": env("PORT=1", UNKNOWN),
            "a variable of a service": service(env={"PORT": UNKNOWN}),
            "the command": [of(CONTAINER, command=UNKNOWN)],
            "a word": runs("app", UNKNOWN),
            "the health check": [of(CONTAINER, healthcheck=UNKNOWN)],
        },
        canary=[*env(f"TOKEN={CANARY}", URL), *runs(f"--password={CANARY}"), *service(env={"A": URL})],
        breaks=put("application-backend", "taskSpec", "containerSpec", "env", "JWT_SECRET", value=CANARY),
    ),
    "secret-files-for-their-owner": Cases(
        good={
            "its owner's": files(file()),
            "a float, as the engine sends it": files(file(fileMode=256.0)),
            "with a group": files(file(), user="1000:1000"),
            "of a user with a name": files(file(), user="node"),
            "of root, who runs it": [*files(file(fileUid="0"), user="0"), *files(file(fileUid="0"), user="root")],
        },
        bad={
            "missing": files({"secretId": "id", "fileName": "A"}),
            "empty": files(file(fileUid="")),
            "everybody's": files(file(fileMode=0o444)),
            "the group's": files(file(fileMode=0o440)),
            "0400 read as a decimal": files(file(fileMode=400)),
            "to be written": files(file(fileMode=0o600)),
            "root's": files(file(fileUid="0")),
            "root's with more digits": files(file(fileUid="00")),
            "root's for a user with a name": files(file(fileUid="0"), user="node"),
            "root's for the image's user": files(file(fileUid="0"), user=None),
            "another's": files(file(fileUid="1001")),
            "a name": files(file(fileUid="node")),
            "mixed list": files(file(), file(fileMode=0o444)),
        },
        cannot=frozenset({"ipv6", "wrong case"}),
        unknown={
            "secrets": service(secrets=UNKNOWN),
            "the mode": files(file(fileMode=UNKNOWN)),
            "the owner": files(file(fileUid=UNKNOWN)),
            "the user": files(file(), user=UNKNOWN),
        },
        canary=files(file(fileUid=CANARY, fileName=CANARY)),
        breaks=put("application-backend", "taskSpec", "containerSpec", "secrets", 1, "fileMode", value=0o444),
    ),
    "postgresql-asks-for-passwords": Cases(
        good={
            "the image's own": postgres("POSTGRES_DB=app"),
            "chosen": postgres(
                "POSTGRES_HOST_AUTH_METHOD=scram-sha-256", "POSTGRES_INITDB_ARGS=--data-checksums -A scram-sha-256"
            ),
            "the socket's user": postgres("POSTGRES_INITDB_ARGS=--auth-local=peer --auth-host 'scram-sha-256'"),
            "of a service": service(env={"POSTGRES_HOST_AUTH_METHOD": "cert"}),
            "of another program": env("ARGUMENTS=--auth=trust"),
        },
        bad={
            "trust": postgres("POSTGRES_HOST_AUTH_METHOD=trust"),
            "empty": postgres("POSTGRES_HOST_AUTH_METHOD="),
            "wrong case": postgres("POSTGRES_HOST_AUTH_METHOD=Trust"),
            "md5": postgres("POSTGRES_HOST_AUTH_METHOD=md5"),
            "mixed list": postgres("POSTGRES_HOST_AUTH_METHOD=scram-sha-256", "POSTGRES_HOST_AUTH_METHOD=trust"),
            "of a service": service(env={"POSTGRES_HOST_AUTH_METHOD": "trust"}),
            **{
                f"by {argument}": postgres(f"POSTGRES_INITDB_ARGS=--data-checksums {argument}")
                for argument in (
                    "--auth=trust",
                    "--auth trust",
                    "--auth-host=trust",
                    "-A trust",
                    "-Atrust",
                    "--auth='trust'",
                )
            },
            "the last of several": postgres("POSTGRES_INITDB_ARGS=--auth-local=peer --auth-host=trust"),
        },
        cannot=frozenset({"missing", "ipv6"}),
        unknown={
            "variables": [of(CONTAINER, envs=UNKNOWN)],
            "of a service": service(env={"POSTGRES_HOST_AUTH_METHOD": UNKNOWN}),
        },
        canary=postgres(f"POSTGRES_HOST_AUTH_METHOD={CANARY}"),
        breaks=put("database-server", "envs", 0, value="POSTGRES_HOST_AUTH_METHOD=trust"),
    ),
    "postgresql-password-in-a-file": Cases(
        good={
            "a file": postgres("POSTGRES_PASSWORD_FILE=/run/secrets/password"),
            "in the environment, which another rule judges": postgres(f"POSTGRES_PASSWORD={CANARY}"),
        },
        bad={
            "missing": postgres("POSTGRES_DB=app"),
            "empty": postgres("POSTGRES_PASSWORD_FILE="),
            "wrong case": postgres("postgres_password_file=/run/secrets/password"),
            "no variables": [of(CONTAINER, image="registry:5000/acme/postgres")],
        },
        cannot=frozenset({"ipv6", "mixed list"}),
        unknown={
            "variables": [of(CONTAINER, image="postgres", envs=UNKNOWN)],
        },
        canary=postgres(f"POSTGRES_DB={CANARY}"),
        breaks=put("database-server", "envs", 1, value="LANG=C.UTF-8"),
    ),
    "redis-asks-for-passwords": Cases(
        good={
            "a file of users": redis("redis-server --aclfile /run/users.acl --protected-mode YES"),
            "a password of a file": [of(CONTAINER, image="redis", command=["sh", "-c", READ_FROM_A_FILE])],
        },
        bad={
            "missing": redis("redis-server --appendonly yes"),
            "empty": [of(CONTAINER, image="redis")],
            "a file of nobody knows what": redis("redis-server /etc/redis.conf"),
            "no path": redis("redis-server --aclfile --appendonly yes"),
            "a password in the command": redis(f"redis-server --requirepass {CANARY}"),
            "unprotected": redis("redis-server --aclfile /run/users.acl --protected-mode no"),
            "wrong case": redis("redis-server --aclfile /run/users.acl --Protected-Mode NO"),
            "quoted": [of(CONTAINER, image="redis", command=["redis-server --aclfile /a --protected-mode 'no'"])],
            "mixed list": redis("redis-server --aclfile /a --protected-mode yes --protected-mode no"),
        },
        cannot=frozenset({"ipv6"}),
        unknown={"the command": [of(CONTAINER, image="redis", command=UNKNOWN)], "a word": redis(f"a {UNKNOWN}")},
        canary=redis(f"redis-server --requirepass {CANARY}"),
        breaks=_without_an_acl_file,
    ),
    "redis-default-user-off": Cases(
        good={
            "off": with_acl(users("user default off")),
            "with a password": with_acl(users(f"user default on nopass #{'0' * 64} ~* +@all")),
            "in two lines, the last of which wins": with_acl(users("user default on nopass off")),
            "in a file of its own": with_acl(uploads=[{"file": "/acl/users.acl", "content": "user default off\n"}]),
            "one text of two is known": with_acl(of(COMMAND, "earlier", create=UNKNOWN), users("user default off")),
            "a password in the clear, which another rule judges": with_acl(users("user default on >secret ~* +@all")),
            "beside a command of other things": with_acl(
                of(COMMAND, "later", delete="true"), users("user default off")
            ),
            "beside another program": with_acl(
                users("user default off"), of(CONTAINER, "proxy", image="acme/proxy", command=["--aclfile", "/b"])
            ),
        },
        bad={
            "missing": with_acl(users("user app off")),
            "empty": with_acl(users("")),
            "of another directory": with_acl(users("user default off"), target="/elsewhere"),
            "of another file": with_acl(uploads=[{"file": "/acl/other.acl", "content": "user default off\n"}]),
            "nobody writes it": with_acl(),
            "without a password": with_acl(users("user default on nopass ~* +@all")),
            "wrong case": with_acl(users("user default ON NOPASS ~* +@all")),
            "a password taken back": with_acl(users("user default on >secret nopass ~* +@all")),
            "a password lost": with_acl(users("user default on >secret resetpass ~* +@all")),
            "a password reset": with_acl(users("user default on >secret reset on ~* +@all")),
            "encoded, so that nobody reads it": with_acl(uploads=[{"file": "/acl/users.acl", "contentBase64": "dXNl"}]),
            "in memory": [
                *redis("redis-server --aclfile /acl/users.acl", mounts=[{"type": "tmpfs", "target": "/acl"}]),
                users("user default off"),
            ],
            "neither": with_acl(users("user default on ~* +@all")),
            "mixed list": with_acl(users("user default off"), users("user default on nopass", "later")),
            "in a file of its own": with_acl(uploads=[{"file": "/acl/users.acl", "content": "user default on nopass"}]),
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "the command of the server": [of(CONTAINER, image="redis", command=UNKNOWN)],
            "the file": with_acl(uploads=[{"file": "/acl/users.acl", "content": UNKNOWN}]),
        },
        canary=with_acl(users(f"user default on >{CANARY} nopass")),
        breaks=_default_user_on,
    ),
    "commands-without-secrets": Cases(
        good={
            **{name: creates(text) for name, text in IN_NO_TEXT.items()},
            "what another rule demands of SSH": creates("ssh -o StrictHostKeyChecking=yes root@host true"),
            "on standard input": creates("password=$(cat)", stdin=CANARY),
            "a path in a variable": creates("run", environment={"PASSWORD_FILE": "/run/secrets/a"}),
            "an id of what is still to be made": creates(UNKNOWN, update=UNKNOWN, delete=UNKNOWN),
        },
        bad={
            **{name: creates(text) for name, text in IN_TEXTS.items()},
            "in an update": creates(UNKNOWN, update=f"PASSWORD={CANARY}"),
            "in a deletion": creates("true", delete=f"PASSWORD={CANARY}"),
            "in a trigger": creates("true", triggers=["a", URL]),
            "in a variable by its name": creates("true", environment={"A": "b", "TOKEN": CANARY}),
            "in a variable by its value": creates("true", environment={"A": URL}),
            "of this machine": [of("command:local:Command", create=f"TOKEN={CANARY} deploy")],
        },
        cannot=frozenset({"missing", "empty", "ipv6"}),
        unknown={
            "triggers": creates("true", triggers=UNKNOWN),
            "a variable": creates("true", environment={"A": UNKNOWN}),
        },
        canary=creates(f"PASSWORD={CANARY}", triggers=[URL], environment={"TOKEN": CANARY}),
        breaks=text("host-ready", "stdin", "SECRETS=", f"PASSWORD={CANARY}\nSECRETS="),
    ),
    "secret-input-unlogged": Cases(
        good={
            "nothing": tells(CANARY, "none"),
            "a file of many lines": tells("server {\n    listen 80;\n}\n", None),
            "no input": tells("", None),
        },
        bad={
            "missing": tells(CANARY, None),
            "empty": tells(CANARY, ""),
            "wrong case": tells(CANARY, "None"),
            "all": tells(CANARY, "stdoutAndStderr"),
            "errors": tells(CANARY, "stderr"),
            "a line": tells(f"{CANARY}\n", "stdout"),
            "a private key": tells(f"{PRIVATE_KEY}second\n", "stdout"),
            "mixed list": tells(f"PORT=80\nPASSWORD={CANARY}\n", "stdout"),
            "of this machine": [of("command:local:Command", stdin=CANARY)],
        },
        cannot=frozenset({"ipv6"}),
        unknown={"the input": tells(UNKNOWN, "stdout"), "what is logged": tells(CANARY, UNKNOWN)},
        canary=tells(CANARY, None),
        breaks=put("database-login", "logging", value="stdout"),
    ),
    "service-configs-without-secrets": Cases(
        good={
            **{name: config(text) for name, text in IN_NO_TEXT.items()},
            "encoded": [of(CONFIG, data=b64encode(b"server { listen 80; }").decode())],
        },
        bad={
            **{name: config(text) for name, text in IN_TEXTS.items()},
            "encoded": [of(CONFIG, data=b64encode(URL.encode()).decode())],
        },
        cannot=frozenset({"missing", "empty", "ipv6"}),
        unknown={"the text": [of(CONFIG, dataRaw=UNKNOWN)], "the bytes": [of(CONFIG, data=UNKNOWN)]},
        canary=config(PRIVATE_KEY),
        breaks=text(
            "application-healthcheck", "dataRaw", "const fs", f'const token = {{"apiKey": "{CANARY}"}};\nconst fs'
        ),
    ),
}
