# shellcheck shell=bash
# What the scripts of this folder share: where things lie, Debian's mirror, and stages that are done once.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
project=$(readlink -f "$here/../..")

say() { printf '%s: %s\n' "$arch" "$*"; }
fail() { printf '%s: %s\n' "$arch" "$*" >&2; exit 1; }

# The processor of the nodes, as Debian calls it; Swift's name and GNU's for it, and the machine in an ELF header.
arch=${ARCH:-arm64}
case $arch in
  arm64) triple=aarch64-unknown-linux-gnu gnu=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 machine=AArch64 ;;
  amd64) triple=x86_64-pc-linux-gnu gnu=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 machine=X86-64 ;;
  *) fail "ARCH is arm64 or amd64, not '$arch'" ;;
esac
export ARCH=$arch

shared=$project/.build/cross                 # what is made once, whatever the architecture
root=$shared/root                            # Debian sid for this machine's processor, with the Swift compiler
work=$project/.build/$arch
bundle=debian13-$arch
sdk=$work/sdk/$bundle.artifactbundle         # Swift's library and Debian 13's headers and libraries, for the nodes
sysroot=$sdk/trixie/sysroot

mirror() {
  local site
  site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 '/debian/*$') ||
    fail "apt names no Debian mirror (apt-get indextargets): add one to /etc/apt/sources.list, then run make again"
  printf '%s\n' "$site"
}

# stage DIRECTORY NAME COMMAND...: runs COMMAND unless an earlier run finished it. The stamp is written last, so an
# interrupted stage starts over.
stage() {
  local of=$1 name=$2 start=$SECONDS
  shift 2
  [ -e "$of/stamps/$name" ] && return
  mkdir -p "$of/stamps" "$of/logs"
  say "$name …"
  "$@" >"$of/logs/$name" 2>&1 || { tail -n 30 "$of/logs/$name" >&2; fail "$name failed; all of its output: $of/logs/$name"; }
  touch "$of/stamps/$name"
  say "$name done in $((SECONDS - start)) s"
}
