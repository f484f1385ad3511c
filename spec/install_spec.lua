--- What is installed, and the ways to install: make, a tarball, luarocks, a package of Debian's. The slow ones run where
-- PK_ALL is set; make check-dist, check-rock and check-deb run one each.
local support = require "spec.support"
local path, writefile, run = support.path, support.writefile, support.foreign

local ALL <const> = os.getenv "PK_ALL"
local SANITIZED <const> = os.getenv "PK_SANITIZED"
local VERSION <const> = support.readfile "core/api.h":match '\n#define PK_VERSION "([^"]+)"'
-- As a user's own call, not one of the make that runs this; the build's compiler and flags stay.
local MAKE <const> = ("unset MAKEFLAGS MFLAGS LUA_PATH LUA_CPATH SPECS BUSTED_FLAGS; make --no-print-directory DEPS=no BUILD=%s")
  :format(support.build)

--- Runs what has to go well; gives what was printed.
local function sh(...)
  local command = (...):format(select(2, ...))
  local status, out, err = run(command)
  assert.equal(0, status, ("%s\n%s%s"):format(command, out:sub(-3000), err:sub(-3000)))
  return out
end

--- The files that git knows, as they are now, in a folder: as a fresh clone.
local function clone(name)
  local to = path(name)
  sh("mkdir -p %s && git ls-files -z | xargs -0 cp --parents -t %s", to, to)
  return to
end

local function has_git() return support.has "git" and run "git ls-files --error-unmatch Makefile" == 0 end

--- A program in C for libpktcraft: the sum of what RFC 1071 has as its example, then a memory of Lua's.
local PROGRAM <const> = [[
#include <pktcraft/checksum.h>
#include <stdio.h>
int main (void) {
  printf("%04x\n", (unsigned)pk_sum_finish(pk_sum_add(0, "\0\1\xf2\3\xf4\xf5\xf6\xf7", 8)));
  return 0;
}
]]

local function prefix_of(name)
  local root = path(name)
  sh("%s -o all DESTDIR=%s PREFIX=/usr install", MAKE, root)
  return root .. "/usr"
end

describe("an installed tree", function()
  local cc = os.getenv "CC" or "cc"

  it("has its libraries by their sonames, and pkg-config finds them", function()
    local prefix = prefix_of "tree"
    for _, name in ipairs { "luamemlib", "pktcraft" } do
      assert.matches(("%%(SONAME%%).*%%[lib%s%%.so%%.0%%]"):format(name), sh("readelf -d %s/lib/lib%s.so", prefix, name))
      assert.equal(("lib%s.so.0\n"):format(name), sh("readlink %s/lib/lib%s.so", prefix, name))
      local pc = ("PKG_CONFIG_PATH=%s/lib/pkgconfig pkg-config"):format(prefix)
      assert.equal(VERSION .. "\n", sh("%s --modversion %s", pc, name))
      assert.matches(("%%-l%s%%f[%%s]"):format(name), sh("%s --libs %s", pc, name))
    end
    if SANITIZED or support.emulated "" ~= "" then return end
    writefile(path "sum.c", PROGRAM)
    sh([[export PKG_CONFIG_PATH=%s/lib/pkgconfig; cd / && %s -o %s %s $(pkg-config --cflags --libs pktcraft)]], prefix, cc, path "sum",
      path "sum.c")
    assert.equal("220d\n", sh("cd / && env -i %s", path "sum"))
  end)

  it("is gone when it is uninstalled, man pages and completions too", function()
    local prefix = prefix_of "gone"
    writefile(prefix .. "/share/lua/5.4/mine.lua", "return 1\n")
    sh("%s -o all DESTDIR=%s PREFIX=/usr uninstall", MAKE, path "gone")
    assert.equal(prefix .. "/share/lua/5.4/mine.lua\n", sh("find %s ! -type d", prefix))
    assert.equal("", sh("find %s -name '*pktcraft*'", prefix))
  end)
end)

describe("a build without libpcap", function()
  it("has TAP devices, namespaces and files, and says what it lacks", function()
    if SANITIZED then return pending "not under sanitizers" end
    local build = path "nopcap"
    sh("mkdir %s && cd %s && cp -a obj gen layouts.c lib include share bin %s && rm %s/lib/lua/5.4/pktcraft_live.so", build,
      support.build, build, build)
    sh("%s BUILD=%s PCAP=no %s/lib/lua/5.4/pktcraft_live.so", MAKE, build, build)
    assert.is_nil(sh("readelf -d %s/lib/lua/5.4/pktcraft_live.so", build):find("libpcap", 1, true))
    local why = "this pktcraft was built without libpcap (PCAP=no)\n"
    assert.equal(("nil\t%snil\teth0: %snil\tinterfaces: %sfunction\n"):format(why, why, why),
      sh([[cd / && env -i %s -e 'print(pcap.bpf "udp") print(pcap.live "eth0") print(pcap.interfaces()) print(type(pcap.namespace))']],
      support.emulated(build .. "/bin/pktcraft")))
    local status, _, err = run(("%s capture -i eth0 -w %s"):format(support.emulated(build .. "/bin/pktcraft"), path "none"))
    assert.same({ 1, "pktcraft: eth0: " .. why }, { status, err })
  end)
end)

describe("the tarball #dist", function()
  it("builds by itself, and its specs run", function()
    if not ALL then return pending "slow: PK_ALL=1, or make check-dist" end
    if not has_git() then return pending "not in a repository of git" end
    sh("%s DIST=%s dist", MAKE, path ".")
    local folder = path("pktcraft-" .. VERSION)
    sh("tar -xzf %s.tar.gz -C %s", folder, path ".")
    assert.equal("", sh("find %s -name '.git*' ! -name .gitignore", folder))
    local out = sh("cd %s && %s BUILD=build -j2 run-specs SPECS='spec/memory_spec.lua spec/vectors_spec.lua spec/checksum_spec.lua'", folder,
      MAKE)
    assert.matches("[1-9]%d* successes / 0 failures / 0 errors", out)
  end)
end)

describe("the rock #rock", function()
  it("is made by luarocks, works from its tree, and goes", function()
    if not ALL then return pending "slow: PK_ALL=1, or make check-rock" end
    if not support.has "luarocks" then return pending "luarocks is not installed" end
    if not has_git() then return pending "not in a repository of git" end
    local from, tree = clone "rock", path "rocks"
    local rocks = ("unset MAKEFLAGS MFLAGS LUA_PATH LUA_CPATH; luarocks --lua-version 5.4 --tree %s"):format(tree)
    sh("cd %s && %s lint pktcraft-scm-1.rockspec", from, rocks)
    sh("cd %s && HOME=%s %s make --deps-mode none pktcraft-scm-1.rockspec", from, tree, rocks)
    sh("rm -r %s", from)
    local code = [[local l, p = require "pktcraft.layouts", require "pktcraft.pcap"
      require "memory" require "layout" print(#(l.ethernet {} / l.ipv4 {}), type(p.namespace))
      p.bpf "udp" print(package.loaded.pktcraft_live ~= nil)]]
    writefile(path "rock.lua", code)
    assert.equal("34\tfunction\ntrue\n", sh([[eval "$(%s path)"; cd / && lua5.4 %s]], rocks, path "rock.lua"))
    assert.equal("34\tfunction\ntrue\n", sh("cd / && env -i %s/bin/pktcraft %s", tree, path "rock.lua"))
    assert.matches("^Internet Protocol", sh("cd / && env -i %s/bin/pktcraft fields ipv4", tree))
    sh("%s remove pktcraft", rocks)
    assert.equal("", sh("find %s -name '*pktcraft*' ! -type d", tree))
  end)
end)

-- Installs the package $1 in a copy of the system that is thrown away, and tries it there from another folder.
local TRY <const> = [==[
mount -t tmpfs tmpfs "$2"
mkdir "$2/up" "$2/work" "$2/root"
mount -t overlay overlay -o lowerdir=/,upperdir="$2/up",workdir="$2/work" "$2/root" || exit 77
mount -t proc proc "$2/root/proc"
mount --bind /dev "$2/root/dev"
cp "$1" "$3" "$2/root/"
chroot "$2/root" env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin sh -c '
cd / && dpkg -i '"${1##*/}"' >/dev/null || exit
cd /var/empty 2>/dev/null || cd /var
pktcraft -e "pcap.bpf [[udp]] print(#(ethernet {} / ipv4 {}), package.loaded.pktcraft_live ~= nil)"
lua5.4 -e "print(require [[pktcraft.packet]] ~= nil, require [[memory]] ~= nil)"
pktcraft fields ipv4 | head -n 1
pkg-config --libs --cflags pktcraft luamemlib >/dev/null && echo found
cc -o /tmp/pktcraft-sum /sum.c $(pkg-config --cflags --libs pktcraft) && /tmp/pktcraft-sum
for page in 1/pktcraft.1 1/pktcraft-show.1 7/pktcraft-filter.7; do
  [ -e /usr/share/man/man$page.gz ] || echo "no man page $page"
done
bash -c ". /usr/share/bash-completion/completions/pktcraft && complete -p pktcraft" | grep -o "pktcraft$"
dpkg -r pktcraft >/dev/null
find /usr -name "*pktcraft*"
']==]

describe("the package of Debian #deb", function()
  it("is built in a fresh clone, accepted by lintian, works where it is installed, and goes", function()
    if not ALL then return pending "slow: PK_ALL=1, or make check-deb" end
    for _, program in ipairs { "dpkg-buildpackage", "dh", "lowdown" } do
      if not support.has(program) then return pending(program .. " is not installed") end
    end
    if not has_git() then return pending "not in a repository of git" end
    if run "dpkg-query -W pktcraft" == 0 then return pending "the package is installed on this machine" end
    local folder = path "deb"
    sh("mkdir %s", folder)
    sh("cd %s && unset MAKEFLAGS MFLAGS LUA_PATH LUA_CPATH BUILD CC CFLAGS LUA DEPS && dpkg-buildpackage -us -uc -b",
      clone "deb/pktcraft")
    if support.has "lintian" then
      assert.equal("", sh("cd %s && lintian --fail-on error --tag-display-limit 0 *.changes 2>/dev/null", folder))
    end
    local deb = sh("ls %s/pktcraft_*.deb", folder):match "%S+"
    if not sh("id -u"):find "^0" then return pending "built; to install it in a copy of the system wants root" end
    writefile(path "sum.c", PROGRAM)
    writefile(path "try.sh", TRY)
    sh("mkdir %s", path "overlay")
    local status, out, err = run(("unshare -m sh %s %s %s %s"):format(path "try.sh", deb, path "overlay", path "sum.c"))
    if status == 77 then return pending "built; no overlay of the system to install it in" end
    assert.same({ 0, table.concat({ "34\ttrue", "true\ttrue", "Internet Protocol", "found", "220d", "pktcraft", "" }, "\n"), "" },
      { status, (out:gsub("(Internet Protocol)[^\n]*", "%1")), err })
  end)
end)
