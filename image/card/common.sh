# shellcheck shell=bash
# What the scripts of this folder share.

ARCH=arm64
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../cross/common.sh"
recipe=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
say() { printf 'image: %s\n' "$*"; }
fail() { printf 'image: %s\n' "$*" >&2; exit 1; }
work=$project/.build/card
root=$work/root
suite=trixie
# So that two builds of one commit differ in no time. Whether they differ in nothing else has not been measured yet.
SOURCE_DATE_EPOCH=$(git -c safe.directory="$project" -C "$project" log -1 --format=%ct)
export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C.UTF-8

# inside COMMAND...: runs COMMAND in the root of the image, by emulation.
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" "$@"; }
