#!/bin/sh
# Proves who may know whom, on the objects of a build and on the sources. Usage: layers.sh BUILD
build=$1
status=0
wrong() {
  echo "$1" >&2
  status=1
}

# Symbols that the objects given need, one a line.
needs() {
  nm -u "$@" 2>/dev/null | awk 'NF == 2 {print $2}' | sort -u
}

# 1. core and the savefiles of pcap know no Lua, no stdio, no libpcap, and do not print or exit.
#    (__assert_fail is assert's, which NDEBUG takes away; lmemlib alone knows Lua.)
plain=$(ls "$build"/obj/core/*.o "$build"/obj/pcap/*.o 2>/dev/null |
  grep -vE '/(lmemlib|live|tap|netns|route|bpf|device|nopcap)\.o$')
if [ -n "$plain" ]; then
  # shellcheck disable=SC2086
  found=$(needs $plain | grep -E '^(lua_|luaL_|luamem_|pcap_|bpf_|f?printf$|__f?printf_chk|v?s?n?printf|__v?s?n?printf_chk|put|fput|fopen|fclose|fread|fwrite|fflush|stdin|stdout|stderr|perror|exit$|_exit$|abort$)')
  [ -n "$found" ] && wrong "core or pcap needs: $found"
fi
grep -lE '#include *[<"](lua|lauxlib|lualib|stdio|pcap)' core/*.[ch] pcap/*.[ch] 2>/dev/null |
  grep -vE '^(core/lmemlib\.[ch]|pcap/(live|tap|netns|bpf)\.[ch])$' | while read -r f; do
    echo "$f includes Lua, stdio or libpcap" >&2
    exit 1
  done || status=1
grep -lE '#include *"lmemlib' core/*.[ch] pcap/*.[ch] 2>/dev/null | grep -v '^core/lmemlib\.c$' |
  grep . >&2 && wrong 'core knows lmemlib'
grep -E '#include *"(savefile|reader|writer|bpf|live)' core/*.[ch] >&2 && wrong 'core knows pcap'

# 2. libpcap is known to pktcraft_live.so alone.
for so in "$build"/lib/*.so "$build"/lib/lua/5.4/*.so "$build"/bin/pktcraft; do
  [ -e "$so" ] || continue
  case $so in *pktcraft_live.so) continue ;; esac
  readelf -d "$so" | grep -q 'NEEDED.*libpcap' && wrong "$so is linked to libpcap"
done
grep -lE '#include *<pcap' modules/*.[ch] tools/*.[ch] 2>/dev/null | grep . >&2 &&
  wrong 'a module includes pcap.h'

# 3. memory.so is linked to libluamemlib alone, and no module carries Lua itself.
for so in "$build"/lib/*.so "$build"/lib/lua/5.4/*.so; do
  [ -e "$so" ] || continue
  readelf -d "$so" | grep -q 'NEEDED.*liblua5' && wrong "$so is linked to Lua"
done
readelf -d "$build/lib/lua/5.4/memory.so" | grep -q 'NEEDED.*libpktcraft' &&
  wrong 'memory.so needs libpktcraft'

# 4. Layouts are data: no require, no function; one file each.
for f in layouts/*.lua; do
  [ -e "$f" ] || continue
  [ "$f" = layouts/init.lua ] && continue
  sed -e 's/"[^"]*"//g' -e 's/--.*//' "$f" |
    grep -nE '\b(require|function|load|dofile)\b|\blocal\b[^={]*[^={ >]  *=|\blocal [^=]*= *[^{ ]' >&2 &&
    wrong "$f is not data alone"
done

# 5. No code in C knows a protocol by name (the formats of addresses are codecs, and `loop` is a method too).
for f in layouts/*.lua; do
  [ -e "$f" ] || continue
  name=$(basename "$f" .lua)
  case $name in init | names | display) continue ;; esac
  grep -nE "\"$name\"" core/*.c modules/*.c pcap/*.c tools/*.c 2>/dev/null |
    grep -vE '^core/codec.c|codec|\{"loop", nic_loop\}' >&2 && wrong "C code names protocol $name"
done

# 6. Lua modules require what is below them only.
grep -nE 'require *\(?"(tools|spec|busted)' modules/*.lua layouts/*.lua 2>/dev/null >&2 &&
  wrong 'a module requires what is above it'

[ $status -eq 0 ] && echo 'layers: every arrow points down'
exit $status
