#!/bin/sh
# Builds and tries variants, each in build/matrix/NAME with warnings as errors, with the specs that depend on how it is
# built. Usage: matrix.sh NAME...; MAKE and DEPS as the Makefile has them, SPECS for others.
set -u
make=${MAKE:-make}
out=build/matrix
status=0
summary=

# What depends on the compiler, the machine or a library, in the order of what they build on. Left out: what wants
# interfaces (live, liveloop, livesend, livewait, tools, test, conversations), for namespaces, netlink and sockets of
# packets are not to be had under qemu-user, nor without root; and what asks other programs, which make check does.
specs="memory lmemlib layout layouts vectors checksum packet build fields random fragments filter pattern tables savefile
  pcap pcapng parallel edit show convert pktcraft"

say() { # of the variant at hand
  line="$name: $*"
  echo "$line"
  summary="$summary$line
"
}

paths() { for spec in $1; do printf 'spec/%s_spec.lua ' "$spec"; done; }

# try SPECS VARIABLE=VALUE...: builds the variant and runs its specs.
try() {
  list=${SPECS:-$(paths "$1")}
  shift
  mkdir -p "$out/$name"
  log=$out/$name/log
  echo "$name: $out/$name/log"
  if ! $make --no-print-directory DEPS=no BUILD="$out/$name" "$@" spec-modules > "$log" 2>&1; then
    grep -aE '(error|warning): |undefined reference|\*\*\*' "$log" | head -n 20
    say 'does not build'
    status=1
    return
  fi
  $make --no-print-directory DEPS=no BUILD="$out/$name" "$@" -o spec-modules run-specs SPECS="$list" >> "$log" 2>&1
  failed=$?
  count=$(grep -aE '^[0-9]+ success' "$log" | sed 's/ : .*//')
  if [ $failed -ne 0 ]; then
    sed -n '/^[0-9]* success/,$p' "$log" | head -n 100
    status=1
  fi
  say "${count:-the specs did not end}"
}

# A tree of Debian's packages of another architecture, beside the machine's own.
sysroot() { # ARCHITECTURE
  root=$PWD/$out/sysroot-$1
  [ -e "$root/usr/bin/lua5.4" ] && return 0
  if [ "${DEPS:-yes}" = no ] || ! command -v apt-get > /dev/null; then
    say "skipped: $root is not there, which tools/sysroot makes by apt (not with DEPS=no)"
    return 1
  fi
  # shellcheck disable=SC2086
  tools/sysroot "$1" "$root" libc6-dev libgcc-12-dev lua5.4 liblua5.4-dev libpcap-dev libreadline-dev zlib1g-dev \
    libzstd-dev libpcre2-dev libmd-dev nettle-dev lua-filesystem lua-system lua-term lua-cjson lua-socket && return 0
  say 'skipped: its packages can not be had'
  return 1
}

# needs PROGRAM PACKAGE...: installed where that is wanted, or says what is lacking.
needs() {
  program=$1
  shift
  command -v "$program" > /dev/null && return 0
  tools/install-deps "$@"
  command -v "$program" > /dev/null && return 0
  say "skipped: lacking $*"
  return 1
}

# foreign TRIPLET COMPILER RUN LDFLAGS SPECS: of the tree at $root.
foreign() {
  lua=$out/$name/lua5.4
  mkdir -p "$out/$name"
  {
    echo '#!/bin/sh'
    echo "export LUA_CPATH=\"\${LUA_CPATH-;;};$root/usr/lib/$1/lua/5.4/?.so\""
    echo "exec $3 $root/usr/bin/lua5.4 \"\$@\""
  } > "$lua"
  chmod +x "$lua"
  pkgconfig="env PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_LIBDIR=$root/usr/lib/$1/pkgconfig:$root/usr/share/pkgconfig"
  pkgconfig="$pkgconfig pkg-config"
  emulator=
  [ "$name" = m32 ] || emulator=$3
  try "$5" CC="$2 --sysroot=$root" PKG_CONFIG="$pkgconfig" LDFLAGS="$4" CFLAGS='-O2 -g -Werror' LUA="$lua" RUN="$emulator"
}

m32() {
  sysroot i386 || return 0
  cc='gcc -m32'
  echo 'int main(void) { return 0; }' > "$out/main.c"
  if ! $cc -o "$out/main" "$out/main.c" > /dev/null 2>&1; then
    needs i686-linux-gnu-gcc gcc-i686-linux-gnu || return 0
    cc=i686-linux-gnu-gcc
  fi
  # Programs of that tree are run by its own loader.
  libraries=$root/usr/lib/i386-linux-gnu:$root/lib/i386-linux-gnu
  loader=$root/lib/ld-linux.so.2
  foreign i386-linux-gnu "$cc" "$loader --library-path $libraries" \
    "-Wl,--dynamic-linker=$loader -Wl,--disable-new-dtags -Wl,-rpath,$libraries" "$specs"
}

s390x() {
  needs s390x-linux-gnu-gcc gcc-s390x-linux-gnu || return 0
  needs qemu-s390x-static qemu-user-static || return 0
  sysroot s390x || return 0
  foreign s390x-linux-gnu s390x-linux-gnu-gcc "qemu-s390x-static -L $root" '' "$specs"
}

variant() {
  case $name in
    gcc | clang) try "$specs" CC="$name" CFLAGS='-O2 -g -Werror' ;;
    gcc-O* | clang-O*) try "$specs" CC="${name%-*}" CFLAGS="-${name#*-} -g -Werror" ;;
    gcc-lto) try "$specs" CC=gcc CFLAGS='-O2 -g -flto=auto -Werror' ;;
    clang-lto) try "$specs" CC=clang CFLAGS='-O2 -g -flto -Werror' LDFLAGS=-fuse-ld=lld ;;
    gcc-ndebug) try "$specs" CC=gcc CFLAGS='-O2 -DNDEBUG -Werror' ;;
    no-*) try "$specs" CFLAGS='-O2 -g -Werror' "$(echo "${name#no-}" | tr a-z A-Z)=no" ;;
    bare) try "$specs" CFLAGS='-O2 -g -Werror' PCAP=no ZLIB=no ZSTD=no PCRE2=no LIBMD=no NETTLE=no ;;
    m32 | s390x) $name ;;
    *)
      say 'there is no such variant'
      status=2
      ;;
  esac
}

for name in "$@"; do variant; done
[ $# -gt 1 ] && printf '\n%s' "$summary"
exit $status
