--- Asks a DNS server (RFC 1035), by UDP, and by TCP when the answer is too long for that (RFC 7766).
--
--     pktcraft examples/dns-query.lua [-s SERVER] NAME [TYPE]
--
-- Messages are built and read by layouts; the system carries them, so no privilege is needed.
local argparse = require "argparse"
local command = require "pktcraft.command"
local route = require "pktcraft.route"
local found, socket = pcall(require, "socket")

local parser = argparse("dns-query.lua", "Asks a DNS server; prints the data of its answers, a line each.")
  :epilog "Exit status: 0 answered, 1 no such name, or an error, 2 wrong usage."
parser:argument("name", "Whom to ask for; with -x an address."):argname("NAME")
parser:argument("type", "The type of records: A, AAAA, MX, or a number; else A."):args("?"):argname("TYPE")
parser:option("-s", "The server; else the first of /etc/resolv.conf."):argname("SERVER"):target("server")
parser:option("-p", "Its port.", "53"):argname("PORT"):target("port"):convert(math.tointeger)
parser:option("-w", "Seconds that an answer is waited for.", "2"):argname("SECONDS"):target("wait"):convert(tonumber)
parser:option("-n", "How often it is asked.", "3"):argname("TIMES"):target("tries"):convert(math.tointeger)
parser:flag("-t", "By TCP at once."):target("tcp")
parser:flag("-x", "The name that an address has."):target("reverse")
parser:flag("-v", "The whole message."):target("verbose")

local fail, args = command.fail, command.parse(parser)
if not found then fail(1, "LuaSocket is needed (Debian: lua-socket)") end
if args.port < 1 or args.port > 65535 then fail(2, "-p: 1 to 65535 expected") end

--- The name under which an address stands (RFC 1035, section 3.5; RFC 3596, section 2.5).
local function reverse(address)
  local bytes, version = route.bytes(address)
  if not bytes then fail(2, address .. ": no such address") end
  if version == "ipv4" then return ("%d.%d.%d.%d.in-addr.arpa"):format(bytes:reverse():byte(1, 4)) end
  return bytes:reverse():gsub(".", function(c) return ("%x.%x."):format(c:byte() & 15, c:byte() >> 4) end) .. "ip6.arpa"
end

local function configured()
  local f <close> = io.open("/etc/resolv.conf")
  for line in f and f:lines() or function() end do
    local server = line:match "^%s*nameserver%s+(%S+)"
    if server then return server end
  end
  return "127.0.0.1"
end

local fields, types = layout.fields(layouts.dns, "answers"), layout.names "dnstype"
local wanted = args.reverse and "PTR" or (args.type or "A"):upper()
local kind = math.tointeger(wanted)
for value, text in pairs(types) do
  if text == wanted then kind = value end
end
if not kind or kind < 0 or kind > 65535 then fail(2, wanted .. ": no such type") end
local name = args.reverse and reverse(args.name) or args.name:gsub("(.)%.$", "%1")

local id <const> = math.random(0, 0xffff)
local built, query = pcall(function()
  return memory.tostring((layouts.dns { id = id, recursiondesired = true, questions = { { name = name, type = kind } },
    additionals = { { type = 41, payloadsize = 1232 } } }).memory) -- by EDNS: how much it may send (RFC 6891)
end)
if not built then fail(2, name .. ": no such name") end

local server = args.server or configured()
local address, problem = route.lookup(server)
if not address then fail(1, problem) end

--- A message that answers: the packet, or nil.
local function answer(data)
  local pkt = packet.new(data, "dns")
  local asked = pkt.dns and pkt.dns.response and pkt.dns.id == id and pkt.dns.questions[1]
  if asked and asked.type == kind and asked.name:lower() == name:lower() or asked == nil and pkt.dns then return pkt end
end

local v6 <const> = address:find(":", 1, true)

--- Asks until something answers; nil and why when nothing does.
local function by_udp()
  local sock, why = assert(v6 and socket.udp6() or socket.udp4()), nil
  assert(sock:setpeername(address, args.port))
  for _ = 1, args.tries do
    local till = socket.gettime() + args.wait
    sock:send(query)
    repeat
      local data
      sock:settimeout(math.max(0, till - socket.gettime()))
      data, why = sock:receive()
      local pkt = data and answer(data)
      if pkt then return pkt end
    until not data
  end
  return nil, why == "timeout" and "no answer" or why
end

local function by_tcp()
  local sock = assert(v6 and socket.tcp6() or socket.tcp4())
  sock:settimeout(args.wait)
  local connected, why = sock:connect(address, args.port)
  if not connected then return nil, why end
  sock:send(string.pack(">s2", query))
  local length, data
  length, why = sock:receive(2)
  if length then data, why = sock:receive((string.unpack(">I2", length))) end
  local pkt = data and answer(data)
  return pkt, why or "no answer to what was asked"
end

local pkt
if not args.tcp then pkt, problem = by_udp() end
if args.tcp or pkt and pkt.dns.truncation then pkt, problem = by_tcp() end
if not pkt then fail(1, ("%s port %d: %s"):format(server, args.port, problem)) end

--- The values of fields as text, in their order, but for lengths.
local function text(value, field)
  local parts = {}
  if field.type == "list" then
    for each in value() do parts[#parts + 1] = text(each, field.fields[1].key and { fields = field.fields } or {}) end
  elseif field.fields then
    for _, member in ipairs(field.fields) do
      local v = value[member.key]
      if v ~= nil and not member.key:find "length$" then parts[#parts + 1] = text(v, member) end
    end
  elseif field.format and field.format:find "^dnsname" then
    return value:gsub("[^.]$", "%0."), nil
  else
    return field.type == "string" and not field.format and ("%q"):format(value) or tostring(value)
  end
  return table.concat(parts, " ")
end

local data = {}
for _, field in ipairs(fields) do
  if #data > 0 or field.key == "rdlength" then data[#data + 1] = field end -- from there on it is what the type says
end
if args.verbose then io.write(pkt:show()) end
for record in pkt.dns.answers() do
  if not args.verbose then print((text(record, { fields = data }))) end
end
local code = pkt.dns.responsecode
if code ~= 0 then
  for _, field in ipairs(layout.fields(layouts.dns)) do
    if field.key == "responsecode" then fail(1, ("%s: %s"):format(name, field.enum[code] or code)) end
  end
end
