--- Wires for the specs of interfaces: pairs of interfaces in network namespaces that go away by themselves.
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"

local wire = {}

--- Runs a shell command in a namespace, without the sanitizer's library.
function wire.sh(ns, command)
  local status, out, err = ns:call(support.foreign, command)
  assert(status == 0, err)
  return out
end

--- A namespace with the pair v0 and v1, on which nobody speaks unasked.
function wire.new()
  local ns = assert(pcap.namespace())
  wire.sh(ns, [[for f in all default; do echo 1 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done 2>/dev/null
    ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up]])
  return ns
end

--- Both ends, opened; frames are given at once.
function wire.pair(ns, options)
  options = options or { immediate = true, buffer = 1 << 25 }
  return assert(ns:call(pcap.live, "v0", options)), assert(ns:call(pcap.live, "v1", options))
end

--- A frame of `len` bytes that knows its number, of an EtherType for experiments; `tags` come before that.
function wire.frame(n, len, tags)
  len = len or 60
  return (("\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1" .. (tags or "") .. "\x88\xb5" .. string.pack(">I4", n)) ..
    ("%c"):format(n & 255):rep(len)):sub(1, len)
end

function wire.frames(n)
  local list = {}
  for k = 1, n do list[k] = wire.frame(k) end
  return list
end

--- The bytes of `n` frames that have come, and of what follows them unasked.
function wire.read(nic, n)
  local m, list = memory.create(), {}
  while #list < n and nic:next(m, 10) do list[#list + 1] = tostring(m) end
  while nic:next(m, 0.03) do list[#list + 1] = tostring(m) end
  return list
end

--- Where two lists of frames differ, in short; or nil.
function wire.difference(expected, list)
  if #expected ~= #list then return ("%d frames, expected %d"):format(#list, #expected) end
  for k, bytes in ipairs(expected) do
    if bytes ~= list[k] then return ("frame %d of %d bytes, expected %d bytes"):format(k, #list[k], #bytes) end
  end
end

--- Calls f(a, b, ns) with the open ends of a new wire.
function wire.wired(f, options)
  return function()
    local ns <close> = wire.new()
    local a, b = wire.pair(ns, options)
    local _ <close> = a
    local _ <close> = b
    f(a, b, ns)
  end
end

--- File descriptors that the process has.
function wire.descriptors()
  local n = 0
  for _ in require "lfs".dir("/proc/self/fd") do n = n + 1 end
  return n
end

local missing = not support.has("ip") and "needs the program ip" or nil
if not missing then
  local good, ns = pcall(wire.new)
  if good then ns:close() else missing = "needs root, and interfaces of type veth" end
end

--- What is as `it`, but pending where there can be no wires, or a program of the list is not there.
function wire.it(it, pending)
  return function(name, f, programs)
    local why = missing
    for program in (programs or ""):gmatch "%S+" do
      if not support.has(program) then why = why or "needs the program " .. program end
    end
    if why then
      pending(name .. " (" .. why .. ")")
    else
      it(name, f)
    end
  end
end

--- Sends a frame by v0 when a moment has gone.
function wire.later(ns, bytes)
  local script = support.writefile(support.path("later.lua"), ("assert(pcap.live('v0')):send(%q)"):format(bytes))
  ns:call(os.execute, ("{ sleep 0.2; %s %s; } >/dev/null 2>&1 &"):format(support.pktcraft, script))
end

--- Runs a script of pktcraft's in the namespace. It makes the file `ready`, and is sent the signals then. Gives what it
-- prints, and its status.
function wire.script(ns, code, signals)
  local script = support.writefile(support.path("script.lua"), ("local READY = %q\n%s"):format(support.path("ready"), code))
  os.remove(support.path("ready"))
  local _, out = ns:call(support.run, ([[
    ulimit -n 80; %s %s 2>&1 & pid=$!
    n=0; while [ ! -e %s ] && [ $n -lt 600 ] && kill -0 $pid 2>/dev/null; do sleep 0.05; n=$((n + 1)); done
    for s in %s; do kill -$s $pid; sleep 0.1; done
    wait $pid; echo "status $?"]]):format(support.pktcraft, script, support.path("ready"), signals or ""))
  return out
end

return wire
