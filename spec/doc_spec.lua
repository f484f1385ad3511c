--- The manual, the tables of functions in C and what Lua sees agree.
local support = require "spec.support"

local function headings(page)
  local found = {}
  for heading in support.readfile("doc/" .. page):gmatch("\n### ([^\n]+)") do
    for name in heading:gmatch("[%w_]+[.:][%w_]+") do found[name] = true end
    for name in heading:gmatch("luamem_%w+") do found[name] = true end
  end
  return found
end

local function agree(page, prefix, methods)
  local documented = headings(page)
  for name, f in pairs(methods) do
    if type(f) == "function" then
      assert.is_true(documented[prefix .. name], prefix .. name .. " is not in " .. page)
    end
  end
  for name in pairs(documented) do
    if name:sub(1, #prefix) == prefix then
      assert.is_truthy(methods[name:sub(#prefix + 1)], name .. " is in " .. page .. " alone")
    end
  end
end

describe("the manual", function()
  it("has an entry for each function of each module, and no other", function()
    agree("memory.md", "memory.", require "memory")
    agree("layout.md", "layout.", require "layout")
    agree("checksum.md", "checksum.", require "pktcraft.checksum")
    agree("pcap.md", "pcap.", require "pktcraft.pcap")
    agree("pcap.md", "route.", require "pktcraft.route")
    agree("packet.md", "packet.", require "pktcraft.packet")
    agree("filter.md", "filter.", require "pktcraft.filter")
  end)

  it("has an entry for each method of captures, outputs and filters", function()
    local source = support.readfile("modules/lpcapmod.c") .. support.readfile("modules/lpcapout.c")
      .. support.readfile("modules/llivemod.c") .. support.readfile("modules/lnic.c") .. support.readfile("modules/lnetns.c")
    for table, prefix in pairs { capturemethods = "capture:", outputmethods = "output:", bpfmethods = "filter:",
                                 nicmethods = "nic:", netnsmethods = "namespace:" } do
      local methods = {}
      for name in source:match(table .. "%[%] = (%b{})"):gmatch('{"([%w_]+)"') do methods[name] = print end
      agree("pcap.md", prefix, methods)
    end
  end)

  it("has an entry for each method of expressions", function()
    local methods = {}
    for name in support.readfile("modules/lfiltermod.c"):match("methods%[%] = (%b{})"):gmatch('{"([%w_]+)"') do
      methods[name] = print
    end
    agree("filter.md", "filter:", methods)
  end)

  it("has an entry for each method of packets", function()
    local methods = {}
    for name in support.readfile("modules/lpacketmod.c"):match("methods%[%] = (%b{})"):gmatch('{"([%w_]+)"') do
      methods[name] = print
    end
    agree("packet.md", "packet:", methods)
  end)

  it("has an entry for each function of the C library", function()
    local documented = support.readfile("doc/lmemlib.md")
    for name in support.readfile("core/lmemlib.h"):gmatch("luamem_%w+") do
      assert.is_truthy(documented:find(name, 1, true), name)
    end
    local header = support.readfile("core/lmemlib.h")
    for name in documented:gmatch("luamem_%w+") do
      assert.is_truthy(header:find(name, 1, true), name)
    end
  end)

  it("lists the shipped layouts with their sources", function()
    local layout, layouts = require "layout", require "pktcraft.layouts"
    local page = support.readfile("doc/layout.md")
    for _, name in ipairs(layouts.names) do
      assert.equal(layout.fields(layouts[name]).about, page:match("\n| " .. name .. " | ([^\n]+) |\n"), name)
    end
  end)

  it("runs the script of README", function()
    local script = support.readfile("README.md"):match("```lua\n(.-)```")
    support.writefile(support.path("udp53.lua"), script)
    support.run(("%s examples/craft.lua %s 10"):format(support.pktcraft, support.path("c.pcap")))
    local status, out, err = support.run(("%s %s %s"):format(support.pktcraft, support.path("udp53.lua"),
      support.path("c.pcap")))
    assert.same({ 0, "10\n", "" }, { status, out, err })
    local pcap = require "pktcraft.pcap"
    for _, name in ipairs(support.samples("hostile")) do
      local cap = pcap.open(name)
      if cap and cap.linktype == 1 and name:find("udp") then
        status, _, err = support.run(("%s %s %s"):format(support.pktcraft, support.path("udp53.lua"), name))
        assert.same({ 0, "" }, { status, err }, name)
      end
    end
  end)
end)
