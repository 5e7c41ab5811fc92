"""The rules that only a running host can break; the audit judges them, and no preview does."""

from __future__ import annotations

from pulumi_policy import EnforcementLevel, Severity

from policies.frameworks import cis_docker, nist_800_53
from policies.rule import Rule
from policies.rules import RULES

LIVE_RULES: list[Rule] = [
    Rule(
        id="processes-without-root",
        sentence="No process of a container works as root, save a master that gives the work to another user's.",
        severity=Severity.HIGH,
        framework=cis_docker("4.1", "Ensure that a user for the container has been created"),
        url="https://docs.docker.com/build/building/best-practices/#user",
        mend="Give the container a user, or an image whose entrypoint changes to one; `docker top NAME` shows them.",
    ),
    Rule(
        id="host-ports-closed",
        sentence="Beyond its loopback the host listens for SSH, http and https, and for nothing else.",
        severity=Severity.CRITICAL,
        framework=nist_800_53("CM-7", "Prohibit or restrict the use of functions, ports, protocols, and services"),
        url="https://csf.tools/reference/nist-sp-800-53/r5/cm/cm-7/",
        mend="Stop what listens (`ss -lntup` names it), or have it listen on 127.0.0.1.",
    ),
    Rule(
        id="overlay-port-filtered",
        sentence="The packets between nodes (VXLAN) are taken from other nodes, and not from everybody.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=nist_800_53("SC-7", "Monitor and control communications at the external managed interfaces"),
        url="https://docs.docker.com/engine/swarm/swarm-tutorial/#open-protocols-and-ports-between-the-hosts",
        mend="Have the host's firewall drop udp port 4789 unless it comes from another node.",
    ),
    Rule(
        id="secret-files-private",
        sentence="Files of secrets on the host are readable by their owner alone, and their folders closed to others.",
        severity=Severity.HIGH,
        framework=nist_800_53("AC-6", "Employ the principle of least privilege"),
        url="https://csf.tools/reference/nist-sp-800-53/r5/ac/ac-6/",
        mend="chmod 400 a secret, 600 a certificate's key, 700 a folder; then rotate what others could read.",
    ),
    Rule(
        id="database-logins-unprivileged",
        sentence="No role of PostgreSQL is a superuser but the one that the image makes.",
        severity=Severity.HIGH,
        framework=nist_800_53("AC-6", "Allow only authorized accesses that are necessary for the assigned tasks"),
        url="https://www.postgresql.org/docs/current/role-attributes.html",
        mend="ALTER ROLE name NOSUPERUSER, and grant it what it needs.",
    ),
    Rule(
        id="containers-declared",
        sentence="What runs on the host is declared by the stack, or a task of a service that is.",
        severity=Severity.MEDIUM,
        level=EnforcementLevel.ADVISORY,
        framework=nist_800_53("CM-8", "Detect the presence of unauthorized components within the system"),
        url="https://csf.tools/reference/nist-sp-800-53/r5/cm/cm-8/",
        mend="Declare it in the program, or remove it: docker rm --force NAME.",
    ),
]

EVERY_RULE: tuple[Rule, ...] = (*RULES, *LIVE_RULES)
"""The rules that may be waived."""
