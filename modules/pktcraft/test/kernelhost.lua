--- The kernel as the host that is tested: what it serves, and the connections that it begins, by LuaSocket.
-- @module pktcraft.test.kernelhost

local report = require "pktcraft.test.report"

local kernelhost = {}

local Host = {}
Host.__index = Host

local function socket()
  local ok, found = pcall(require, "socket")
  if not ok then report.lacking "LuaSocket is needed (Debian: lua-socket)" end
  return found
end

function kernelhost.new(where, fields)
  fields.place = where
  fields.sockets = {}  -- that it serves by
  fields.servers = {}  -- by socket: a function that does what is to be done, and says whether there was anything
  fields.others = {}   -- sockets that the test reads
  fields.writers = {}  -- connections that have something left to send
  return setmetatable(fields, Host)
end

function Host:shut()
  for _, each in ipairs(self.sockets) do each:close() end
  for _, each in ipairs(self.others) do each:close() end
  self.sockets, self.servers, self.others, self.writers = {}, {}, {}, {}
end

local function add(self, sock, work)
  sock:settimeout(0)
  table.insert(self.sockets, sock)
  self.servers[sock] = work
end

local function remove(self, sock)
  for k, each in ipairs(self.sockets) do
    if each == sock then table.remove(self.sockets, k) end
  end
  self.servers[sock] = nil
end

local Connection = {}
Connection.__index = Connection

local function connection(self, sock)
  return setmetatable({ socket = sock, host = self, place = self.place, buffer = "", unsent = "" }, Connection)
end

-- Serves a connection: what f gives of what came is sent back; its end ends it.
local function serve_connection(self, sock, f)
  local conn = connection(self, sock)
  add(self, sock, function()
    local data, why, part = sock:receive(65536)
    data = data or part
    if data and data ~= "" then
      local reply = f(data)
      if reply and reply ~= "" then conn:send(reply) end
      return true
    end
    if why == "timeout" then return false end
    remove(self, sock)
    conn:close()
    return true
  end)
end

-- Sockets that listen on a port, for IPv4 and IPv6.
local function listeners(lib, port, backlog)
  local list = {}
  for k, make in ipairs { lib.tcp4 or lib.tcp, lib.tcp6 } do
    local sock = assert(make())
    if make == lib.tcp6 then sock:setoption("ipv6-v6only", true) end
    sock:setoption("reuseaddr", true)
    assert(sock:bind("*", port))
    assert(sock:listen(backlog))
    sock:settimeout(0)
    list[k] = sock
  end
  return list
end

--- Serves ports: `{ udp = { [7] = function(data) return data end }, tcp = { [7] = ... } }`: what a function gives of
-- what came is sent back; nil: nothing. TCP connections are ended when the other side does.
function Host:serve(ports)
  local lib = socket()
  self.place:call(function()
    for port, f in pairs(ports.udp or {}) do
      for _, make in ipairs { lib.udp4 or lib.udp, lib.udp6 } do
        local sock = assert(make())
        if make == lib.udp6 then sock:setoption("ipv6-v6only", true) end
        assert(sock:setsockname("*", port))
        add(self, sock, function()
          local data, from, fromport = sock:receivefrom()
          if not data then return false end
          local reply = f(data)
          if reply then sock:sendto(reply, from, fromport) end
          return true
        end)
      end
    end
    for port, f in pairs(ports.tcp or {}) do
      for _, sock in ipairs(listeners(lib, port, 16)) do
        add(self, sock, function()
          local accepted = sock:accept()
          if accepted then serve_connection(self, accepted, f) end
          return accepted ~= nil
        end)
      end
    end
  end)
end

--- Does what there is to be done: whether there was anything.
function Host:work()
  local moved = false
  for _, sock in ipairs { table.unpack(self.sockets) } do
    local work = self.servers[sock]
    if work and work() then moved = true end
  end
  for conn in pairs(self.writers) do
    if conn:flush() then moved = true end
  end
  return moved
end

-- A socket that is the test's: it does not wait, and goes with the host.
local function lend(self, sock)
  sock:settimeout(0)
  table.insert(self.others, sock)
  return sock
end

--- A socket of LuaSocket in the namespace that does not wait: of kind "tcp4", "tcp6", "udp4" or "udp6".
function Host:socket(kind)
  local lib = socket()
  local make = lib[kind] or lib[kind:match("^[a-z]+")]
  return lend(self, self.place:call(function() return assert(make()) end))
end

--- Begins a connection of TCP to an address and port: an object with `send(data)`, `receive([n])`, `shutdown()`,
-- `close()`; the socket itself is `socket`. It does not wait for the other side: the test does.
function Host:connect(address, port)
  local sock = self:socket(address:find(":", 1, true) and "tcp6" or "tcp4")
  sock:connect(address, port)
  return connection(self, sock)
end

local Listener = {}
Listener.__index = Listener

--- Listens on a port of TCP, for connections that the test reads and writes itself: an object with
-- `accept([seconds])` and `close()`. The kernel keeps `backlog` connections (16) that are not accepted yet.
function Host:listen(port, backlog)
  local lib = socket()
  local list = self.place:call(listeners, lib, port, backlog or 16)
  table.move(list, 1, #list, #self.others + 1, self.others)
  return setmetatable({ host = self, sockets = list }, Listener)
end

--- The next connection that has come, within so many seconds (1), as connect gives it; else nil.
function Listener:accept(seconds)
  local sock = self.host.place:wait(function()
    for _, each in ipairs(self.sockets) do
      local found = each:accept()
      if found then return found end
    end
  end, seconds or 1, 0.002)
  return sock and connection(self.host, lend(self.host, sock))
end

function Listener:close()
  for _, each in ipairs(self.sockets) do each:close() end
end

-- Sends what is left, as far as there is room: whether there was.
function Connection:flush()
  local sent, why, part = self.socket:send(self.unsent)
  sent = sent or part or 0
  self.unsent = self.unsent:sub(sent + 1)
  if why and why ~= "timeout" then self.unsent = "" end
  self.host.writers[self] = self.unsent ~= "" or nil
  if self.unsent == "" and self.ending then self:ending() end
  return sent > 0
end

--- Has data sent: what there is no room for now goes out while the test waits.
function Connection:send(data)
  self.unsent = self.unsent .. data
  self:flush()
end

--- What has come, at least `n` bytes (1) within so many seconds (1): a string; nil and why: "timeout", "closed", or
-- what the system says.
function Connection:receive(n, seconds)
  local why
  n = n or 1
  self.place:wait(function()
    local data, problem, part = self.socket:receive(65536)
    self.buffer = self.buffer .. (data or part or "")
    why = problem
    return #self.buffer >= n or problem and problem ~= "timeout"
  end, seconds or 1, 0.002)
  if #self.buffer < n then return nil, why or "timeout" end
  local data = self.buffer
  self.buffer = ""
  return data
end

-- Has `f` called when all has been sent.
local function at_last(self, f)
  if self.unsent == "" then return f(self) end
  self.ending = f
end

--- Ends this side's sending (FIN).
function Connection:shutdown()
  at_last(self, function() self.socket:shutdown("send") end)
end

function Connection:close()
  at_last(self, function() self.socket:close() end)
end

return kernelhost
