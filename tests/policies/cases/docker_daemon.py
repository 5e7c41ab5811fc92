"""Cases of the rules for Docker's daemon and Swarm."""

from __future__ import annotations

import json
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from tests.policies.cases.cases import CANARY, Cases, Declared, of
from tests.policies.program import Change, put, text

COMMAND = "command:remote:Command"
CONTAINER = "docker:index/container:Container"
SERVICE = "docker:index/service:Service"
GOOD = {"no-new-privileges": True, "log-opts": {"max-size": "10m", "max-file": "5"}}
FILE = "/etc/docker/daemon.json"
LOOKING = ("[ -e", "test -e", "cmp /x", "grep x", "sha256sum", "stat", "chmod 644", "chown root")
WORDS = ("if", "then", "elif", "else", "while", "until", "do", "!", "{", "sudo", "exec")
INIT = "docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:2377"


def runs(script: Any, **inputs: Any) -> Declared:
    return [of(COMMAND, create=script, **inputs)]


def daemon(**settings: Any) -> Declared:
    """Write a daemon.json as our own script does; `_` stands for a dash."""
    return runs(writes(**settings))


def writes(**settings: Any) -> str:
    known = GOOD | {key.replace("_", "-"): value for key, value in settings.items()}
    return f"DAEMON='{json.dumps(known, indent=2)}\n'\nput {FILE} 644 \"$DAEMON\" || true\n"


def half_known(**settings: Any) -> Declared:
    return runs(writes(**settings), update=UNKNOWN)


def swarm(*options: str, before: str = "") -> Declared:
    return runs(f"{before}\ndocker swarm init {' '.join(options)} >/dev/null\n")


def addressed(listen: str, advertise: str = "10.0.0.5") -> Declared:
    return swarm(f"--listen-addr {listen}", f"--advertise-addr={advertise}")


def provider(**inputs: Any) -> Declared:
    return [of("pulumi:providers:docker", **inputs)]


def with_setting(setting: str) -> Change:
    """Return the change that adds a line to the real daemon.json."""
    return text("host-ready", "stdin", '"no-new-privileges": true', f'"no-new-privileges": true,\n  {setting}')


LIMITED = {"max-size": "10m", "max-file": "5"}
PLAIN = [of(CONTAINER, name="plain")]


def logging(driver: str | None = None, **options: Any) -> Declared:
    return [of(CONTAINER, logDriver=driver, logOpts={key.replace("_", "-"): each for key, each in options.items()})]


CASES: dict[str, Cases] = {
    "daemon-settings-in-one-file": Cases(
        good={
            "variable in single quotes": daemon(),
            "here document": runs(
                f"cat >{FILE} <<'EOF'\n{json.dumps(GOOD, indent=1)}\nEOF\nsystemctl restart docker\n"
            ),
            "here document for tee": runs(f"sudo tee {FILE} <<-EOF >/dev/null\n{json.dumps(GOOD)}\n\tEOF\n"),
            "in double quotes": runs('echo "{\\"no-new-privileges\\": true}" | tee /etc/docker/daemon.json'),
            **{
                f"beside it first, by {order}": runs(f"printf %s '{{}}' >{FILE}.new && {order} {FILE}.new {FILE}")
                for order in ("mv -f", "cp", "install")
            },
            **{f"looked at by {order}": runs(f"{order} {FILE} >/dev/null") for order in LOOKING},
            **{f"looked at after {word}": runs(f"{word} cat {FILE}") for word in WORDS},
            "looked at by its stream": runs(f"grep x <{FILE} >&2 | cat\ncat >&2 {FILE}"),
            "with a dollar": runs(f'cat >{FILE} <<\'EOF\'\n {{"log-opts": {{"tag": "$X"}}}}\nEOF\n'),
            "looked at": runs(
                f'{writes()}# daemon.json, it\'s here\nif [ {FILE} -nt /x ] && ! cmp -s "$A" {FILE}; then x; fi\n'
                f'old="$(sha256sum {FILE} | cut -c 1-64)"\necho "mend daemon.json" >&2\n'
                'printf %s "a daemon.json"\nn=$((1<<2))\n'
            ),
            "its own unit": runs("# dockerd --debug\nExecStart=dockerd -H fd:// --host=unix:///x --containerd=/x\n"),
            "asked": runs(f"dockerd --validate --config-file {FILE}.new"),
            "copy of something else": [of("command:remote:CopyToRemote", remotePath="/x"), *daemon()],
        },
        bad={
            "missing": runs(f"install -m 644 /root/settings {FILE}"),
            "empty": runs(f"echo >{FILE}"),
            "wrong case": daemon(Hosts=["unix:///x"]),
            "mixed list": runs(f"{writes()}sed -i s/true/false/ {FILE}"),
            "no JSON": runs(f"printf %s '{{\"hosts\": [}}' >{FILE}"),
            "no object": runs(f"echo '[]' >{FILE}"),
            "a key twice": runs(f'echo \'{{"iptables": false, "iptables": true}}\' >{FILE}'),
            "two objects": runs(f"put {FILE} '{{}}' '{{}}'"),
            "a variable that the script does not set": runs(f'echo "{{\\"debug\\": $X}}" >{FILE}'),
            "a variable that is set twice": runs(f"A='{{}}'\n[ -e /x ] && A='{{\"debug\": true}}'\nput {FILE} \"$A\""),
            "a variable of a loop": runs(f"A='{{}}'\nfor A in x y; do put {FILE} \"$A\"; done"),
            "another shell": runs(f"sh -c 'curl http://x/ >{FILE}'"),
            "in another order's words": runs(f'x="$(cp /x {FILE})"'),
            "from a file on the host": runs(f"cat /root/x >{FILE}"),
            "moved there": runs(f"mv /root/x {FILE}"),
            "copied there": [of("command:remote:CopyToRemote", remotePath=FILE)],
            "copied there as it was done": [of("command:remote:CopyFile", remotePath=FILE)],
            "at an update": runs(writes(), update=f"rm {FILE}"),
            "asked with a socket": runs("dockerd --registry-mirror unix:///x"),
            "an option": runs("ExecStart=/usr/bin/dockerd -H fd:// \\\n  --iptables=false"),
            "a listener as an option": runs("printf 'ExecStart=dockerd -H tcp://0.0.0.0:2375' >/x"),
            "options of Debian": runs("echo 'DOCKER_OPTS=\"--live-restore\"' >/etc/default/docker"),
        },
        cannot=frozenset({"ipv6"}),
        unknown={"update": half_known(), "path of a copy": [of("command:remote:CopyToRemote", remotePath=UNKNOWN)]},
        canary=runs(f"echo '{CANARY}' >{FILE}"),
        breaks=with_setting('"no-new-privileges": true'),
    ),
    "daemon-not-on-tcp": Cases(
        good={
            "left out": daemon(),
            "local": daemon(hosts=["unix:///var/run/docker.sock", "fd://"]),
            "on this machine": [of("command:local:Command", create=writes(hosts=[]))],
        },
        bad={
            "empty": daemon(hosts=[""]),
            "ipv6": daemon(hosts=["tcp://[::]:2376"]),
            "mixed list": daemon(hosts=["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375"]),
            "wrong case": daemon(hosts=["TCP://0.0.0.0:2375"]),
            "without a scheme": daemon(hosts=["0.0.0.0:2375"]),
            "text": daemon(hosts="tcp://0.0.0.0:2375"),
            "with TLS": daemon(hosts=["tcp://0.0.0.0:2376"], tlsverify=True),
            "on this machine": [of("command:local:Command", create=writes(hosts=["tcp://x"]))],
        },
        cannot=frozenset({"missing"}),
        unknown={"update": half_known()},
        canary=daemon(hosts=[f"tcp://{CANARY}"]),
        breaks=with_setting('"hosts": ["tcp://0.0.0.0:2375"]'),
    ),
    "docker-provider-over-ssh": Cases(
        good={
            "SSH": provider(host="ssh://root@vps.example:22"),
            "IPv6": provider(host="ssh://root@[2001:db8::1]"),
            "socket": provider(host="unix:///var/run/docker.sock", context=""),
        },
        bad={
            "missing": provider(),
            "empty": provider(host="ssh://"),
            "ipv6": provider(host="tcp://[::1]:2376"),
            "wrong case": provider(host="TCP://vps.example:2375"),
            "with TLS": provider(host="tcp://vps.example:2376", caMaterial="x", certMaterial="x", keyMaterial="x"),
            "of HTTP": provider(host="https://vps.example"),
            "without a scheme": provider(host="vps.example:2375"),
            "context": provider(host="ssh://root@vps.example", context="other"),
        },
        cannot=frozenset({"mixed list"}),
        unknown={"host": provider(host=UNKNOWN), "context": provider(host="ssh://x", context=UNKNOWN)},
        canary=provider(host=f"tcp://{CANARY}"),
        breaks=put("host", "host", value="tcp://192.0.2.10:2376"),
    ),
    "daemon-no-new-privileges": Cases(
        good={"true": daemon(), "in another command": [*daemon(), of(COMMAND, name="swarm", create=INIT)]},
        bad={
            "missing": runs(f"echo '{{}}' >{FILE}"),
            "empty": daemon(no_new_privileges=None),
            "mixed list": [*daemon(), of(COMMAND, name="second", create=writes(no_new_privileges=False))],
            "wrong case": daemon(no_new_privileges="true"),
            "no file at all": runs(INIT),
            "a node that joins": runs("docker swarm join --token x 10.0.0.5"),
        },
        cannot=frozenset({"ipv6"}),
        unknown={"update": half_known()},
        canary=daemon(no_new_privileges=CANARY),
        breaks=text("host-ready", "stdin", '"no-new-privileges": true', '"no-new-privileges": false'),
    ),
    "daemon-keeps-firewall": Cases(
        good={"left out": daemon(), "true": daemon(iptables=True, ip6tables=True)},
        bad={
            "empty": daemon(iptables=None),
            "ipv6": daemon(iptables=True, ip6tables=False),
            "wrong case": daemon(iptables="False"),
            "off": daemon(iptables=False),
        },
        cannot=frozenset({"missing", "mixed list"}),
        unknown={"update": half_known()},
        canary=daemon(iptables=CANARY),
        breaks=with_setting('"iptables": false'),
    ),
    "daemon-fit-for-swarm": Cases(
        good={
            "left out": runs(writes() + INIT),
            "off": runs(writes(live_restore=False) + INIT),
            "without Swarm": daemon(live_restore=True),
        },
        bad={
            "empty": runs(writes(live_restore=None) + INIT),
            "wrong case": runs(writes(live_restore="True") + INIT),
            "on": runs(writes(live_restore=True) + INIT),
            "in two commands": [*daemon(live_restore=True), of(COMMAND, name="swarm", create=INIT)],
            "with a service": [*daemon(live_restore=True), of(SERVICE, name="backend")],
        },
        cannot=frozenset({"missing", "ipv6", "mixed list"}),
        unknown={"update": half_known(live_restore=False)},
        canary=runs(writes(live_restore=CANARY) + INIT),
        breaks=with_setting('"live-restore": true'),
    ),
    "container-logs-capped": Cases(
        good={
            "by the daemon": [*PLAIN, *daemon(), of(SERVICE, name="backend")],
            "by the container": logging(max_size="10m", max_file="3"),
            "by both": [*logging(max_size="1g"), *daemon()],
            "by a driver that has limits": logging("local"),
            "by a daemon's driver that has limits": [*PLAIN, *runs(f'echo \'{{"log-driver": "local"}}\' >{FILE}')],
            "elsewhere": logging("journald"),
            "by the service": [of(SERVICE, taskSpec={"logDriver": {"name": "json-file", "options": LIMITED}})],
        },
        bad={
            "missing": PLAIN,
            "empty": [*PLAIN, *daemon(log_opts={})],
            "mixed list": [*logging("local"), *PLAIN],
            "wrong case": logging("JSON-File"),
            "wrong case in the daemon": [*PLAIN, *daemon(log_driver="JSON-FILE", log_opts={})],
            "no size": logging(max_file="3"),
            "no count": logging(max_size="10m"),
            "any size": logging(max_size="-1", max_file="3"),
            "size of zero": logging(max_size="0m", max_file="3"),
            "count of zero": logging(max_size="10m", max_file="0"),
            "limits that the container takes away": [*logging("local", max_size="-1"), *daemon()],
            "limits of another driver": [*logging("json-file"), *daemon(log_driver="local")],
            "one daemon of two": [*PLAIN, *daemon(), of(COMMAND, name="b", create=writes(log_opts={"max-file": "5"}))],
            "service": [of(SERVICE, taskSpec={"logDriver": {"name": "json-file", "options": {}}})],
        },
        cannot=frozenset({"ipv6"}),
        unknown={
            "driver": logging(UNKNOWN),
            "option": logging(max_size=UNKNOWN, max_file="5"),
        },
        canary=logging(max_size=CANARY),
        breaks=text("host-ready", "stdin", '"max-size": "10m"', '"max-size": "-1"'),
    ),
    "registries-over-tls": Cases(
        good={"left out": daemon(), "none": daemon(insecure_registries=[])},
        bad={
            "empty": daemon(insecure_registries=[""]),
            "ipv6": daemon(insecure_registries=["::/0"]),
            "text": daemon(insecure_registries="registry.example:5000"),
            "network": daemon(insecure_registries=["10.0.0.0/8"]),
        },
        cannot=frozenset({"missing", "mixed list", "wrong case"}),
        unknown={"update": half_known()},
        canary=daemon(insecure_registries=[CANARY]),
        breaks=with_setting('"insecure-registries": ["10.0.0.0/8"]'),
    ),
    "swarm-on-private-address": Cases(
        good={
            "loopback by a variable": swarm(
                '--listen-addr "$A:2377"', '--advertise-addr "${A}"', before="readonly A='127.0.0.1'"
            ),
            "private": addressed("10.0.0.5:2377"),
            "private, too": addressed("172.31.0.1:2377", "[::ffff:10.0.0.5]"),
            **{
                f"variable by {word}": swarm("--listen-addr $A --advertise-addr $A", before=f"{word} A=::1")
                for word in ("export", "local")
            },
            "IPv6": addressed("[::1]:2377", "fd00::5"),
            "data apart": swarm("--listen-addr ::1", "--advertise-addr ::1", "--data-path-addr 192.168.1.2"),
            "only spoken of": runs(f"{INIT}\n# docker swarm init\necho 'run docker swarm init'\n"),
            "in an answer": runs(f'answer="$({INIT})"'),
        },
        bad={
            "missing": swarm(),
            "empty": addressed('""'),
            "ipv6": addressed("[::]:2377"),
            "mixed list": swarm("--listen-addr 10.0.0.5", "--advertise-addr 10.0.0.5", "--data-path-addr 203.0.113.5"),
            "wrong case": swarm("--Listen-Addr 10.0.0.5", "--advertise-addr 10.0.0.5"),
            "no listener": swarm("--advertise-addr 10.0.0.5"),
            "not advertised": swarm("--listen-addr 10.0.0.5"),
            "any": addressed("0.0.0.0:2377"),
            "any in IPv6's form": addressed("[::ffff:0.0.0.0]:2377"),
            "public": addressed("10.0.0.5", "203.0.113.5"),
            "public in IPv6's form": addressed("10.0.0.5", "::ffff:203.0.113.5"),
            "the second of two": swarm("--listen-addr 10.0.0.5", "--listen-addr 0.0.0.0", "--advertise-addr 10.0.0.5"),
            "interface": addressed("eth0:2377"),
            "a variable that nobody sets": addressed('"$A"'),
            "a variable that is set twice": swarm(
                '--listen-addr "$A"', '--advertise-addr "$A"', before="A=127.0.0.1; [ -z 1 ] || A=10.0.0.5"
            ),
            "what another program says": addressed('"$(hostname -I)"'),
            "a variable that is read": swarm('--listen-addr "$A" --advertise-addr "$A"', before="A=::1; read A"),
            "behind a condition": runs("if true; then\n  docker swarm init\nfi\n"),
            "in an answer": runs('answer="$(docker swarm init)"'),
            "another shell": runs("sh -c 'docker swarm init'"),
            "a node that joins": runs("docker swarm join --token x 10.0.0.5:2377"),
            "at an update": runs("true", update="docker swarm init"),
        },
        unknown={"update": runs(INIT, update=UNKNOWN)},
        canary=addressed(CANARY),
        breaks=text("host-ready", "stdin", "SWARM_ADDRESS=127.0.0.1", "SWARM_ADDRESS=0.0.0.0"),
    ),
}
