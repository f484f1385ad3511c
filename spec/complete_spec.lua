--- Completion at the interactive prompt.
local support = require "spec.support"
local complete = require "pktcraft.complete"
local layouts = require "pktcraft.layouts"

local function offers(text, before)
  local set = {}
  for _, word in ipairs(complete(text, before)) do set[word] = true end
  return set
end

describe("pktcraft.complete", function()
  it("knows globals, modules, layouts and keywords", function()
    assert.is_true(offers("ipv").ipv4)
    assert.is_true(offers("pc").pcap)
    assert.is_true(offers("fun")["function"])
    assert.is_true(offers("pri").print)
    assert.same({}, complete "nothing_is_called_so")
  end)

  it("knows members of modules and fields of layouts, of lists too", function()
    _G.pcap = require "pktcraft.pcap"
    assert.is_true(offers("pcap.op")["pcap.open"])
    _G.pcap = nil
    assert.is_true(offers("string.for")["string.format"])
    assert.same({ "ipv4.timetolive" }, complete "ipv4.timeto")
    assert.is_true(offers("ipv4.t")["ipv4.ttl"])
    assert.is_true(offers("tcp.options.ms")["tcp.options.mss"])
    _G.layouts = layouts
    assert.is_true(offers("layouts.vx")["layouts.vxlan"])
    _G.layouts = nil
  end)

  it("knows what stands in the braces of a layout", function()
    local udp = offers("d", "x = ethernet {} / udp { source = 1, ")
    assert.is_true(udp.destination)
    assert.is_nil(udp["do"])
    assert.is_nil(offers("pri", "udp { source = ").print)
    assert.is_true(offers("pri", "udp { source = 1 } ").print)
  end)

  it("knows the layers and methods of packets, and runs nothing of others", function()
    _G.p = layouts.ethernet {} / layouts.ipv4 {} / layouts.udp {}
    assert.is_true(offers("p.ip")["p.ipv4"])
    assert.is_true(offers("p:sh")["p:show"])
    assert.is_true(offers("p.ipv4.tt")["p.ipv4.ttl"])
    _G.p = setmetatable({}, { __index = function() error "must not be called" end })
    assert.same({}, complete "p.x.y")
    _G.p = nil
  end)

  it("completes at the prompt", function()
    if not support.has "script" then return pending "script (util-linux) is not installed" end
    support.writefile(support.path "keys", "= checksum.inter\t(\"ab\")\n= ipv4.timeto\t\n")
    local command = ("env TERM=dumb timeout 20 script -qec '%s -i' /dev/null < %s"):format(support.pktcraft, support.path "keys")
    local _, out = support.run(command)
    if not out:find("checksum.inter", 1, true) then return pending "no terminal can be made" end
    assert.is_truthy(out:find("checksum.internet", 1, true), out)
    assert.is_truthy(out:find(tostring(0xffff - 0x6162), 1, true), out)
  end)
end)
