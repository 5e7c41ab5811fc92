#!/bin/sh
# Makes certbot and its renewal timer ready.
set -eu
export DEBIAN_FRONTEND=noninteractive
if ! command -v certbot >/dev/null; then
    apt-get -qq -o DPkg::Lock::Timeout=300 update
    apt-get -qq -o DPkg::Lock::Timeout=300 --yes --no-install-recommends install certbot >/dev/null
fi
systemctl enable --quiet --now certbot.timer
