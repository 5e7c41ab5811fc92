#!/bin/sh
# Makes a Debian host ready for the platform; where something is right already it stays untouched.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Succeeds when the file had to be written.
put() { # file mode text
    printf '%s' "$3" >"$1.new"
    if cmp -s "$1.new" "$1"; then
        rm "$1.new"
        return 1
    fi
    chmod "$2" "$1.new"
    mv "$1.new" "$1"
}

missing=""
command -v docker >/dev/null || missing="docker.io"
command -v openssl >/dev/null || missing="$missing openssl"
[ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
mkdir -p /etc/docker
put /etc/docker/daemon.json 644 "$DAEMON" || true
if [ -n "$missing" ]; then
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    # shellcheck disable=SC2086  # a list of packages
    apt-get -qq -o DPkg::Lock::Timeout=300 --yes --no-install-recommends install $missing >/dev/null
fi

install -d -m 755 "$ROOT" "$ROOT/infrastructure" "$ROOT/infrastructure/scripts" "$NGINX" "$NGINX/acme"
install -d -m 700 "$ROOT/backups" "$SECRETS" "$NGINX/ssl" "$NGINX/ssl/production"

put /etc/ssh/sshd_config.d/10-neurmatic.conf 644 "$SSHD" || true
sshd -t
systemctl reload ssh

# A restart of Docker stops the platform for some seconds, so only a daemon.json that it has not read brings one.
if [ /etc/docker/daemon.json -nt /run/docker.pid ]; then systemctl restart docker; fi
systemctl enable --quiet --now docker

if [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != active ]; then
    # Its output holds the token with which nodes join.
    docker swarm init --advertise-addr "$SWARM_ADDRESS" --listen-addr "$SWARM_ADDRESS:2377" >/dev/null
fi

keep_changed=false
if put /usr/local/sbin/neurmatic-keep 755 "$KEEP"; then keep_changed=true; fi
if put /etc/systemd/system/neurmatic-keep.service 644 "$KEEP_UNIT"; then keep_changed=true; fi
if $keep_changed; then
    systemctl daemon-reload
    systemctl restart neurmatic-keep
fi
# Whatever changed: an earlier run may have been stopped before it came to this.
systemctl enable --quiet --now neurmatic-keep
