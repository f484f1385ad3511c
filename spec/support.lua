--- What several specs share.
local support = {}

support.build = os.getenv("PK_BUILD") or "build"
support.captures = os.getenv("CAPTURES") or "../shared/captures"

--- A command that runs a program of ours, which may be of another architecture.
function support.emulated(program)
  local emulator = os.getenv "PK_RUN" or ""
  return emulator ~= "" and emulator .. " " .. program or program
end

--- The host program under test.
support.pktcraft = support.emulated(support.build .. "/bin/pktcraft")

--- Bytes from hexadecimal digits; white space is ignored.
function support.unhex(s)
  return (s:gsub("%s", ""):gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end))
end

function support.readfile(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read("a")
end

function support.writefile(path, ...)
  local f <close> = assert(io.open(path, "wb"))
  assert(f:write(...))
  return path
end

local folder

--- A path in a folder of this run.
function support.path(name)
  if not folder then
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir -m 700 " .. folder))
    -- Removed when the state closes.
    support.cleaner = setmetatable({}, { __gc = function() os.execute("rm -rf " .. folder) end })
  end
  return folder .. "/" .. name
end

--- Whether a program is there.
function support.has(program)
  return (os.execute("command -v " .. program .. " >/dev/null 2>&1"))
end

support.WITHOUT_LIBPCAP = "this build is without libpcap"

--- Whether there are BPF filters and interfaces.
function support.libpcap()
  return require("pktcraft.pcap").bpf "" ~= nil
end

--- Runs a shell command; gives its exit status, standard output and standard error. Programs that are
-- not ours run without the sanitizer's library.
function support.run(command)
  local out, err = support.path("stdout"), support.path("stderr")
  local _, _, status = os.execute(("{ %s\n} >%s 2>%s"):format(command, out, err))
  return status, support.readfile(out), support.readfile(err)
end

function support.foreign(command)
  return support.run("unset LD_PRELOAD; " .. command)
end

--- The capture files of the folder of real traffic, or none.
function support.samples(kind)
  local list = {}
  local files <close> = io.popen(("ls -d %s/%s/* 2>/dev/null"):format(support.captures, kind))
  for file in files:lines() do list[#list + 1] = file end
  return list
end

--- A classic capture file as bytes: options {order = "<" | ">", nano, linktype, snaplen, version} and
-- records {seconds, fraction, data, caplen, wirelen}.
function support.pcapfile(options, records)
  local order = options.order or "<"
  local version = options.version or { 2, 4 }
  local parts = { string.pack(order .. "I4 I2 I2 I4 I4 I4 I4", options.nano and 0xa1b23c4d or 0xa1b2c3d4,
    version[1], version[2], 0, 0, options.snaplen or 65535, options.linktype or 1) }
  for _, r in ipairs(records) do
    local data = r[3]
    parts[#parts + 1] = string.pack(order .. "I4 I4 I4 I4", r[1], r[2], r[4] or #data, r[5] or #data) .. data
  end
  return table.concat(parts)
end

--- A pcapng block as bytes: its body is padded.
function support.block(order, kind, body)
  body = body .. ("\0"):rep(-#body % 4)
  return string.pack(order .. "I4 I4", kind, #body + 12) .. body .. string.pack(order .. "I4", #body + 12)
end

--- A section header block, and an option.
function support.section(order)
  return support.block(order, 0x0a0d0d0a, string.pack(order .. "I4 I2 I2 i8", 0x1a2b3c4d, 1, 0, -1))
end

function support.option(order, code, value)
  return string.pack(order .. "I2 I2", code, #value) .. value .. ("\0"):rep(-#value % 4)
end

--- The value of a path of a packet: "layer.field", "layer#2.list.member", "layer.list[2].struct.member"; read by views.
function support.value(p, path)
  local layer, n, rest = path:match "^(%w+)#?(%d*)%.(.+)$"
  local value = p:layer(layer, n ~= "" and math.tointeger(n) or 1)
  if not rest:find("[.%[]") or not value then
    return value and require("pktcraft.packet").getter(path)(p)
  end
  for key, index in rest:gmatch "([^.%[%]]+)%[?(%-?%d*)%]?" do
    value = value and value[key]
    if index ~= "" then value = value and value[math.tointeger(index)] end
  end
  return value
end

return support
