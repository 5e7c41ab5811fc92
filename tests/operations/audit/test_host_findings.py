"""What is found on a host: nothing on a good one, by hand or by change the rule that is broken, and no fact too few."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from operations.audit import host_checks, host_findings
from operations.errors import OperationError
from policies.host_rules import LIVE_RULES
from policies.rules import RULES
from policies.waivers import Waiver
from tests.operations.audit.recording import Change, Facts, by_hand, container, judge, recorded

# Advisory: what the platform as it is does not keep.
KNOWN = {"overlay-port-filtered", "overlay-traffic-encrypted"}


def broken(*changes: Change) -> set[str]:
    return {each.rule.id for each in judge(*changes).findings} - KNOWN


def test_the_platform_as_it_is_fails_nothing() -> None:
    verdict = judge()

    assert {each.rule.id for each in verdict.findings} == KNOWN
    assert verdict.failed == 0
    assert verdict.judged >= 8
    assert verdict.rules > 40


def publish(port: int, external: int, ip: str = "", running: bool = True) -> Change:
    bindings = {f"{port}/tcp": [{"HostIp": ip, "HostPort": str(external)}]}
    ports = {"Ports": bindings} if running else {}
    return by_hand({"PortBindings": bindings}, NetworkSettings=ports, State={"Running": running, "Pid": 99})


def mount(source: str) -> Change:
    return by_hand(Mounts=[{"Type": "bind", "Source": source, "Destination": "/x", "RW": False}])


def both(*changes: Change) -> Change:
    return lambda facts: [change(facts) for change in changes]


def put(*path: str | int, value: Any) -> Change:
    def change(facts: Facts) -> None:
        at: Any = facts
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


def server(kind: str, *path: str | int, value: Any) -> Change:
    def change(facts: Facts) -> None:
        (only,) = facts[kind].values() if kind != "nginx" else [facts[kind][container(facts, "nginx")["Id"]]]
        at: Any = only
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


def nginx(old: str, new: str) -> Change:
    def change(facts: Facts) -> None:
        id_ = container(facts, "nginx")["Id"]
        assert old in facts["nginx"][id_]
        facts["nginx"][id_] = facts["nginx"][id_].replace(old, new)

    return change


def listen(address: str, port: int, protocol: str = "tcp") -> Change:
    socket = {"protocol": protocol, "address": address, "port": port, "process": "thing"}
    return lambda facts: facts["sockets"].append(socket)


def file(path: str, mode: int, kind: str = "file", uid: int = 0) -> Change:
    return lambda facts: facts["files"].append({"path": path, "kind": kind, "mode": mode, "uid": uid})


def daemon(text: str | None) -> Change:
    return put("daemon", "file", value=text)


def role(**changed: Any) -> Change:
    made = {"name": "x", "superuser": False, "login": True, "first": False, "kept": "scram", **changed}
    return lambda facts: next(iter(facts["postgres"].values()))["roles"].append(made)


def door(**changed: Any) -> Change:
    made = {"line": 9, "type": "host", "address": "all", "method": "scram-sha-256", "broken": False, **changed}
    return lambda facts: next(iter(facts["postgres"].values()))["doors"].append(made)


def user(line: str) -> Change:
    def change(facts: Facts) -> None:
        (redis,) = facts["redis"].values()
        redis["users"] += f"\n{line}"

    return change


def task(change: Change) -> Change:
    def also(facts: Facts) -> None:
        change(facts)
        facts["containers"][-1]["Config"]["Labels"] = {"com.docker.swarm.service.id": facts["services"][0]["ID"]}
        facts["containers"][-1]["HostConfig"]["RestartPolicy"] = {}
        facts["containers"][-1]["Config"]["Image"] = "app:latest"

    return also


WEAK = "server { listen 443 ssl; server_name x; ssl_protocols TLSv1; ssl_reject_handshake on; }"
LOGS = '"log-opts": {"max-size": "10m", "max-file": "5"}'
BY_HAND = {"containers-declared"}
FINDS: dict[str, tuple[Change, set[str]]] = {
    "a container that nobody declared": (by_hand(), BY_HAND),
    "a privileged one": (by_hand({"Privileged": True}), {"containers-unprivileged"} | BY_HAND),
    "what Docker adds to it": (
        by_hand({"Privileged": True, "SecurityOpt": ["no-new-privileges", "label=disable"]}),
        {"containers-unprivileged"} | BY_HAND,
    ),
    "a database on every address": (publish(5432, 15432), {"database-port-bound-to-loopback"} | BY_HAND),
    "another on a database's port": (publish(80, 6379, "::"), {"database-port-bound-to-loopback"} | BY_HAND),
    "one that has not started yet": (publish(5432, 5432, running=False), {"database-port-bound-to-loopback"}),
    "a second door": (publish(80, 8080, "0.0.0.0"), {"one-door-to-the-world"} | BY_HAND),  # noqa: S104
    "all ports": (by_hand({"PublishAllPorts": True}), {"published-ports-written-out"} | BY_HAND),
    "the host's network": (by_hand({"NetworkMode": "host"}), {"networks-of-their-own"} | BY_HAND),
    "the default bridge": (
        by_hand(NetworkSettings={"Networks": {"bridge": {"NetworkID": "b"}}}),
        {"networks-of-their-own"} | BY_HAND,
    ),
    "the default bridge beside another": (
        by_hand(NetworkSettings={"Networks": {"own": {"NetworkID": "own"}, "bridge": {"NetworkID": "b"}}}),
        {"networks-of-their-own"} | BY_HAND,
    ),
    "another's network": (by_hand({"NetworkMode": "container:x"}), {"networks-of-their-own"} | BY_HAND),
    "a port that Docker chose": (
        by_hand(NetworkSettings={"Ports": {"5432/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}]}}),  # noqa: S104
        {"database-port-bound-to-loopback"} | BY_HAND,
    ),
    "the host's control groups": (put("cgroup", value="2"), {"host-namespaces-not-shared"}),
    "the host's processes": (by_hand({"PidMode": "host"}), {"host-namespaces-not-shared"} | BY_HAND),
    "the engine's socket": (mount("/var/run/docker.sock"), {"engine-socket-not-mounted"} | BY_HAND),
    "a folder of the host": (mount("/etc"), {"sensitive-host-paths-not-mounted"} | BY_HAND),
    "no seccomp": (
        by_hand({"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}),
        {"containers-confined"} | BY_HAND,
    ),
    "a capability": (by_hand({"CapAdd": ["CAP_SYS_ADMIN"]}), {"container-capabilities-few"} | BY_HAND),
    "no limit of memory": (by_hand({"Memory": 0}), {"container-memory-limited"} | BY_HAND),
    "no limit of processors": (by_hand({"NanoCpus": 0}), {"container-cpu-limited"} | BY_HAND),
    "no health check": (by_hand(config={"Healthcheck": None}), {"container-health-checked"} | BY_HAND),
    "a tag": (by_hand(config={"Image": "web:1"}), {"images-pinned"} | BY_HAND),
    "a secret in the environment": (
        by_hand(config={"Env": ["DB_PASSWORD=x"]}),
        {"environments-without-secrets"} | BY_HAND,
    ),
    "root by name": (by_hand(config={"User": "root"}), {"root-user-not-asked-for"} | BY_HAND),
    "root in fact": (by_hand(uid=0), {"processes-without-root"} | BY_HAND),
    "privileges to gain": (
        both(by_hand({"SecurityOpt": []}), put("processes", "hand", 0, "no_new_privileges", value=False)),
        {"container-no-new-privileges"} | BY_HAND,
    ),
    "a device": (
        by_hand({"Devices": [{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/sda"}]}),
        {"host-devices-not-passed-in"} | BY_HAND,
    ),
    "a task with a published port": (task(publish(5432, 5432)), {"database-port-bound-to-loopback"}),
    "a task with a secret": (task(by_hand(config={"Env": ["TOKEN=x"]})), {"environments-without-secrets"}),
    "a volume that is the host's": (
        lambda facts: facts["volumes"][0].update(Options={"device": "/", "o": "bind", "type": "none"}),
        {"sensitive-host-paths-not-mounted"},
    ),
    "a service by hand": (
        lambda facts: facts["services"].append(json.loads(json.dumps(facts["services"][1])) | {"ID": "hand"}),
        {"containers-declared"},
    ),
    "a service without a limit": (
        lambda facts: facts["services"][0]["Spec"]["TaskTemplate"].update(Resources={}),
        {"container-memory-limited", "container-cpu-limited"},
    ),
    "a database's port on every address": (listen("0.0.0.0", 5432), {"database-port-bound-to-loopback"}),  # noqa: S104
    "a database's port on IPv6": (listen("::", 6379), {"database-port-bound-to-loopback"}),
    "Docker's API": (listen("*", 2375), {"daemon-not-on-tcp"}),
    "any other port": (listen("203.0.113.7", 8080), {"host-ports-closed"}),
    "a database's port of udp": (listen("::", 5432, "udp"), {"host-ports-closed"}),
    "any other port of udp": (listen("::", 53, "udp"), {"host-ports-closed"}),
    "Swarm's port for everybody": (
        lambda facts: [each.update(address="0.0.0.0") for each in facts["sockets"] if each["port"] == 2377],  # noqa: S104
        {"swarm-on-private-address", "host-ports-closed"},
    ),
    "Swarm's public address": (put("swarm", "address", value="203.0.113.7"), {"swarm-on-private-address"}),
    "a daemon that lets processes gain": (daemon(f"{{{LOGS}}}"), {"daemon-no-new-privileges"}),
    "a daemon without a file": (daemon(None), {"daemon-no-new-privileges", "container-logs-capped"}),
    "a daemon on tcp": (daemon(f'{{{LOGS}, "no-new-privileges": true, "hosts": ["tcp://:1"]}}'), {"daemon-not-on-tcp"}),
    "a daemon's option": (
        put("daemon", "started", value=[["dockerd", "-H", "tcp://0.0.0.0:1"]]),
        {"daemon-settings-in-one-file"},
    ),
    "a daemon that cannot read its file": (daemon('{"no-new-privileges": true'), {"daemon-settings-in-one-file"}),
    "a secret that others read": (file("/opt/neurmatic/secrets/x", 0o440), {"secret-files-private"}),
    "a secret that its owner writes": (file("/opt/neurmatic/secrets/x", 0o600), {"secret-files-private"}),
    "an open folder": (file("/opt/neurmatic/secrets/x", 0o755, "folder"), {"secret-files-private"}),
    "a folder for a group": (file("/opt/neurmatic/secrets/x", 0o750, "folder"), {"secret-files-private"}),
    "a link": (file("/opt/neurmatic/secrets/x", 0o600, "other"), {"secret-files-private"}),
    "a stranger's file": (file("/opt/neurmatic/secrets/x", 0o400, uid=1234), {"secret-files-private"}),
    "a key that others read": (file("/opt/neurmatic/infrastructure/nginx/ssl/x", 0o644), {"secret-files-private"}),
    "a password by MD5": (role(kept="other"), {"postgresql-asks-for-passwords"}),
    "a role without a password": (role(kept="none"), {"postgresql-asks-for-passwords"}),
    "passwords by MD5": (server("postgres", "encryption", value="md5"), {"postgresql-asks-for-passwords"}),
    "trust": (door(method="trust"), {"postgresql-asks-for-passwords"}),
    "trust for a network": (door(method="trust", address="10.0.0.0"), {"postgresql-asks-for-passwords"}),
    "trust for a name": (door(method="trust", address="host"), {"postgresql-asks-for-passwords"}),
    "a line that PostgreSQL skips": (door(broken=True), {"postgresql-asks-for-passwords"}),
    "a superuser": (role(superuser=True), {"database-logins-unprivileged"}),
    "an answer without a password": (server("redis", "answer", value="PONG"), {"redis-asks-for-passwords"}),
    "an answer of protected mode": (server("redis", "answer", value="DENIED"), {"redis-asks-for-passwords"}),
    "a user without a password": (user("user x on nopass ~* +@all"), {"redis-asks-for-passwords"}),
    "one who may read": (user("user x on nopass -@all +get"), {"redis-asks-for-passwords"}),
    "one who may all in another word": (user("user x ON NOPASS allcommands"), {"redis-asks-for-passwords"}),
    "one who may more elsewhere": (user("user x on nopass +ping (+GET ~x)"), {"redis-asks-for-passwords"}),
    "the default user": (user("user default on nopass ~* +@all"), {"redis-default-user-off"}),
    "TLS 1.1 in nginx": (nginx("ssl_protocols TLSv1.2", "ssl_protocols TLSv1.1 TLSv1.2"), {"nginx-minimum-tls"}),
    "an included file": (
        lambda facts: facts["nginx"].update(
            {
                id_: f"{text}\n# configuration file /etc/neurmatic/ssl/production/x.conf:\n{WEAK}\n"
                for id_, text in facts["nginx"].items()
            }
        ),
        {"nginx-minimum-tls"},
    ),
    "an nginx that tells nothing": (
        lambda facts: facts["nginx"].update({container(facts, "application-frontend")["Id"]: ""}),
        {"nginx-configuration-readable"},
    ),
    "nginx's workers as root": (
        lambda facts: [each.update(uid=0) for each in facts["processes"][container(facts, "nginx")["Id"]]],
        {"processes-without-root"},
    ),
    "a master that gives the work to nobody": (
        lambda facts: facts["processes"].update(
            {(id_ := container(facts, "nginx")["Id"]): facts["processes"][id_][:1]}
        ),
        {"processes-without-root"},
    ),
    "one worker as root": (
        lambda facts: facts["processes"][container(facts, "nginx")["Id"]][-1].update(uid=0),
        {"processes-without-root"},
    ),
    "a secret that opens nothing any more": (
        lambda facts: facts["opens"].clear(),
        {"databases-apart-from-the-door"},
    ),
}


@pytest.mark.parametrize("name", FINDS)
def test_what_is_wrong_is_found_by_its_rule(name: str) -> None:
    change, rules = FINDS[name]

    assert broken(change) == rules


HARMLESS: dict[str, Change] = {
    "loopback in its other forms": both(listen("::1", 5432), listen("::ffff:127.0.0.1", 5432)),
    "a limit of processors in its other form": by_hand({"NanoCpus": 0, "CpuQuota": 50_000}),
    "privileges that the daemon will take away": by_hand({"SecurityOpt": []}, State={"Running": False, "Pid": 0}),
    "a client of DHCP": listen("0.0.0.0", 68, "udp"),  # noqa: S104
    "trust in the container itself": door(method="trust", type="local", address=None),
    "a role that nobody logs in as": role(login=False, kept="none"),
    "a user who may ping": user("user x on nopass +PING"),
    "a user who is off": user("user x off nopass ~* +@all"),
    "a task that has ended": task(by_hand({"Privileged": True}, State={"Running": False, "Pid": 0})),
    "an image's own variable": both(
        by_hand(config={"Env": ["SIGNING_KEY=x"]}, Image="its"), put("images", "its", value=["SIGNING_KEY=x"])
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_is_not_found(name: str) -> None:
    assert broken(HARMLESS[name]) <= BY_HAND


def test_what_a_service_answers_for_is_said_of_the_service_alone() -> None:
    def without_limits(facts: Facts) -> None:
        facts["services"][0]["Spec"]["TaskTemplate"]["Resources"] = {}
        for each in facts["containers"]:
            if (each["Config"].get("Labels") or {}).get("com.docker.swarm.service.id") == facts["services"][0]["ID"]:
                each["HostConfig"]["Memory"] = 0

    found = [each.at for each in judge(without_limits).findings if each.rule.id == "container-memory-limited"]

    assert [at.partition(" ")[0] for at in found] == ["service"]


def test_a_finding_says_where_it_is_on_the_host() -> None:
    changes = nginx("ssl_protocols TLSv1.2", "ssl_protocols TLSv1.1 TLSv1.2"), daemon(f"{{{LOGS}}}")
    texts = {each.rule.id: each.text for each in judge(*changes).findings}

    dump = next(text for text in recorded()[0]["nginx"].values() if "ssl_protocols" in text).splitlines()
    line = 1 + next(index for index, text in enumerate(dump) if "ssl_protocols" in text)
    assert texts["nginx-minimum-tls"].startswith(f"nginx -T, line {line}: ")
    assert texts["daemon-no-new-privileges"].startswith("daemon.json: ")


def test_a_host_on_which_nothing_listens_cannot_be_judged() -> None:
    assert {"host-ports-closed", "daemon-not-on-tcp"} <= broken(put("sockets", value=[]))


INPUT = "-A INPUT {0} -p udp -m udp --dport 4789 -j DROP"


@pytest.mark.parametrize(
    ("rule", "open_"),
    [
        ("-P INPUT DROP", False),
        (INPUT.format("! -s 10.0.0.0/8"), False),
        (INPUT.format("-s 192.0.2.1/32"), True),
        (INPUT.format("! -i lo"), False),
        (INPUT.format("-i lo"), True),
        (INPUT.format("").replace("4789", "47890"), True),
        (INPUT.format("").replace("udp", "tcp"), True),
    ],
)
def test_the_port_between_nodes_is_found_unless_the_firewall_drops_what_others_send(rule: str, open_: bool) -> None:
    found = judge(put("input", value=["-P INPUT ACCEPT" if rule[1] == "A" else "", rule])).findings

    assert ("overlay-port-filtered" in {each.rule.id for each in found}) == open_


def test_a_host_without_a_port_between_nodes_has_none_to_filter() -> None:
    def alone(facts: Facts) -> None:
        facts["sockets"] = [each for each in facts["sockets"] if each["port"] != 4789]

    assert "overlay-port-filtered" in {each.rule.id for each in judge().findings}
    assert "overlay-port-filtered" not in {each.rule.id for each in judge(alone).findings}


def test_a_rule_that_the_stack_disables_is_not_asked_of_what_it_declares_nor_of_the_host() -> None:
    changes = by_hand({"Privileged": True}), listen("::", 8080)
    verdict = judge(*changes, disabled=("containers-unprivileged", "host-ports-closed"))

    assert {each.rule.id for each in judge(*changes).findings} - {each.rule.id for each in verdict.findings} == {
        "containers-unprivileged",
        "host-ports-closed",
    }


def test_a_task_that_has_ended_is_found_by_the_secret_that_can_still_be_read() -> None:
    ended = task(by_hand(config={"Env": ["TOKEN=x"]}, State={"Running": False, "Pid": 0}))

    assert broken(ended) == {"environments-without-secrets"}


def test_nobody_hides_a_container_behind_the_label_of_a_task() -> None:
    forged = by_hand({"RestartPolicy": {}}, {"Labels": {"com.docker.swarm.service.id": "none"}})

    assert broken(forged) == {"container-restarted", *BY_HAND}


FACTS = [name for name in recorded()[0] if name not in ("containers", "services", "networks", "volumes")]
# Of these, another value would not be worse than the one that is assumed without them.
ASSUMED = {"cgroup"}


@pytest.mark.parametrize("name", [name for name in FACTS if name not in ASSUMED])
@pytest.mark.parametrize("told", ["unread", "missing", "nothing"])
def test_a_fact_that_is_not_told_is_found(name: str, told: str) -> None:
    def change(facts: Facts) -> None:
        if told == "unread":
            facts[name] = {"unread": "ss exited with 1"}
        elif told == "missing":
            del facts[name]
        else:
            facts[name] = type(facts[name])()

    try:
        found = judge(change).findings
    except OperationError:
        return
    # Nothing is what the firewall of the recorded host has.
    assert (name, told) == ("input", "nothing") or any(each not in judge().findings for each in found)


def test_a_container_of_which_the_processes_are_not_told_is_found() -> None:
    assert "processes-without-root" in broken(lambda facts: facts["processes"].pop(container(facts, "redis")["Id"]))


@pytest.mark.parametrize("name", ["postgres", "redis", "nginx", "processes"])
def test_a_fact_of_one_container_that_is_not_told_is_found(name: str) -> None:
    def change(facts: Facts) -> None:
        id_ = next(iter(facts[name]))
        facts[name][id_] = {"unread": "psql exited with 2"}

    found = [each for each in judge(change).findings if each.fails]

    assert any("psql exited with 2" in each.text for each in found)


def test_a_waiver_takes_a_finding_of_either_kind_and_shows_it() -> None:
    hand = Waiver("containers-unprivileged", "hand", "a try", "ops@example.com", date(2027, 1, 1))
    port = Waiver("host-ports-closed", "host", "a try", "ops@example.com", date(2027, 1, 1), "sandbox")
    elsewhere = Waiver("host-ports-closed", "host", "a try", "ops@example.com", date(2027, 1, 1), "production")
    changes = by_hand({"Privileged": True}), listen("::", 8080)

    assert judge(*changes).failed == 2
    assert judge(*changes, waived=(hand, elsewhere)).failed == 1
    verdict = judge(*changes, waived=(hand, port))
    assert verdict.failed == 0
    assert {each.waiver for each in verdict.findings} == {None, hand, port}


def test_a_waiver_of_what_a_host_alone_can_break_has_to_waive_something() -> None:
    idle = Waiver("host-ports-closed", "host", "a try", "ops@example.com", date(2027, 1, 1))
    elsewhere = Waiver("host-ports-closed", "host", "a try", "ops@example.com", date(2027, 1, 1), "production")

    assert judge(waived=(elsewhere,)).failed == 0
    assert ["host-ports-closed for host waives nothing" in fault for fault in judge(waived=(idle,)).faults] == [True]


def test_a_finding_bears_the_name_that_the_program_gave_to_the_resource() -> None:
    (found,) = [each for each in judge(role(superuser=True)).findings if each.fails]

    assert (found.resource, found.at) == ("database-server", "container postgres")


def test_every_rule_that_is_named_exists_and_none_twice() -> None:
    own, policies = [rule.id for rule in LIVE_RULES], {rule.id for rule in RULES}
    checked = [rule for rule, _ in host_checks.CHECKS]

    assert not set(own) & policies
    assert len(set(own)) == len(own)
    assert len(set(checked)) == len(checked)
    assert set(own) <= set(checked)
    assert set(checked) <= policies | set(own)
    assert {*host_findings.OF_THE_SERVICE, *host_findings.AFTER_THE_END, *host_findings.NOT_ON_HOST} <= policies


@pytest.mark.parametrize("rule", LIVE_RULES, ids=lambda rule: rule.id)
def test_a_rule_of_the_audits_own_has_all_that_its_reader_needs(rule: Any) -> None:
    for sentence in (rule.sentence, rule.mend):
        assert sentence.endswith(".")
        assert len(sentence.split()) >= 4
    assert rule.url.startswith("https://")
    assert rule.framework.name
    assert rule.framework.reference
