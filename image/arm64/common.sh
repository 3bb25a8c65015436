# shellcheck shell=bash
# What the scripts of this folder share: where things lie, Debian's mirror, and stages that are done once.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
project=$(readlink -f "$here/../..")
work=$project/.build/arm64
root=$work/root                              # Debian sid for this machine's processor, with the Swift compiler
sdk=$work/sdk/debian13-arm64.artifactbundle  # Swift's library and Debian 13's headers and libraries, for arm64
sysroot=$sdk/trixie/sysroot

say() { printf 'arm64: %s\n' "$*"; }
fail() { printf 'arm64: %s\n' "$*" >&2; exit 1; }

mirror() {
  local site
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 '/debian/*$') ||
    fail "apt names no Debian mirror (apt-get indextargets): add one to /etc/apt/sources.list, then run make arm64 again"
  printf '%s\n' "$site"
}

# stage NAME COMMAND...: runs COMMAND unless an earlier run finished it. The stamp is written last, so an
# interrupted stage starts over.
stage() {
  local name=$1 start=$SECONDS
  shift
  [ -e "$work/stamps/$name" ] && return
  say "$name …"
  "$@" >"$work/logs/$name" 2>&1 || { tail -n 30 "$work/logs/$name" >&2; fail "$name failed; all of its output: $work/logs/$name"; }
  touch "$work/stamps/$name"
  say "$name done in $((SECONDS - start)) s"
}
