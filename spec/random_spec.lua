--- Random values of layouts, and packets with random faults.
local layout = require "layout"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local support = require "spec.support"

-- Layouts whose random values do not make what they should yet, and why; taken out as soon as they do.
local GUARD <const> = "the layer's condition asks for peeked bytes, which no field is given"
local ENDS <const> = "a list that ends by an element gets none, and goes on in what follows"
local ALONE <const> = "it takes all bytes, so that no second one can be read"
local notyet <const> = {
  bgp = { noview = GUARD }, http = { noview = GUARD }, sip = { noview = GUARD }, ssh = { noview = GUARD }, tls = { noview = GUARD },
  gre = { reads = ENDS }, rtcp = { reads = ENDS },
  gtpu = { reads = ENDS, again = ENDS },
  dhcpv6 = { reads = ALONE },
}

-- What is no layer of its own: something must stand on it.
local needs <const> = { mpls = true, erspan3 = true, gtpu = true } -- whose first bytes tell what it is
local lengthfor <const> = { dnstcp = ("\0"):rep(12) } -- a shorter one is none

local ROUNDS <const> = os.getenv("PK_SANITIZED") and 60 or 300

describe("layout.random", function()
  it("gives the same for the same seed", function()
    for _, name in ipairs(layouts.names) do
      assert.same(layout.random(layouts[name], 7), layout.random(layouts[name], 7))
    end
    local seen = {}
    for seed = 1, 50 do seen[layout.random(layouts.ipv4, seed).source] = true end
    local n = 0
    for _ in pairs(seen) do n = n + 1 end
    assert.is_true(n > 45)
    assert.not_same(layout.random(layouts.udp), layout.random(layouts.udp)) -- a seed of its own
  end)

  it("gives what a builder takes, and what reads as it was given", function()
    local function check(given, view, what)
      for key, value in pairs(given) do
        local is = view[key]
        if type(value) == "table" then
          for k, element in ipairs(value) do
            if type(element) == "table" then
              assert(is[k] ~= nil, what .. "." .. key .. "[" .. k .. "]")
              check(element, is[k], what .. "." .. key)
            else
              assert(element == is[k], what .. "." .. key)
            end
          end
          assert(is or next(value) == nil, what .. "." .. key)
          if #value == 0 and next(value) then check(value, is, what .. "." .. key) end
        else
          assert(value == is or value == "" and is == nil or type(is) == "string" and is:find(value, 1, true) == 1, -- padded
            ("%s.%s: %s is not %s"):format(what, key, tostring(is), tostring(value)))
        end
      end
    end
    for _, name in ipairs(layouts.names) do
      local found = {}
      -- An error that is known is counted, any other one raised.
      local function try(what, f, ...)
        local ok, result = pcall(f, ...)
        if not ok then
          assert((notyet[name] or {})[what], result)
          found[what] = true
        end
        return ok and result
      end
      for seed = 1, ROUNDS do
        local values = layout.random(layouts[name], seed)
        local bytes = try("builds", function()
          local p = layouts[name](values)
          return (lengthfor[name] and p / lengthfor[name] or p).memory:tostring()
        end)
        if bytes and #bytes > 0 then
          local p = packet.new(bytes, name)
          if try("noview", function() return assert(p[name], name) end) then
            assert.is_true(needs[name] or not p.malformed, name)
            try("reads", check, values, p[name], name)
            try("again", function() assert.equal(bytes, packet.build(p:totable()).memory:tostring()) end)
          end
        end
      end
      if ROUNDS == 300 then
        for what, why in pairs(notyet[name] or {}) do assert(found[what], name .. " does now: " .. why) end
      end
    end
  end)

  it("takes layouts of users too", function()
    local l = layout.struct { name = "mine", endian = "big", { key = "kind", bytes = 1, min = 3, max = 5 },
      { key = "name", bits = 32, type = "string" }, { key = "list", count = 3, each = { bits = 12 } } }
    for seed = 1, 100 do
      local t = layout.random(l, seed)
      assert.is_true(3 <= t.kind and t.kind <= 5 and #t.name == 4 and #t.list == 3)
    end
    local wide = layout.struct { name = "wide", { key = "n", bits = 64, signed = true, min = math.mininteger, max = math.maxinteger } }
    assert.equal("integer", math.type(layout.random(wide, 1).n))
    assert.error_matches(function() layout.random({}) end, "layout expected")
    assert.error_matches(function() layout.random(l, "x") end, "number expected")
  end)
end)

describe("packet:fuzz", function()
  local p = layouts.ethernet {} / layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
    / layouts.tcp { source = 1, destination = 80, options = { { mss = 1460 }, "nop", { windowscale = 3 } } } / "hello"

  it("gives a copy with faults, the same for the same seed, and tells them", function()
    local before = p.memory:tostring()
    local same = 0
    for seed = 1, 200 do
      local q, faults = p:fuzz { seed = seed }
      local again = p:fuzz { seed = seed }
      assert.equal(q.memory:tostring(), again.memory:tostring())
      assert.is_true(1 <= #faults and #faults <= 3)
      for _, f in ipairs(faults) do assert.is_true(layouts[f.layer] ~= nil and #f.field > 0 and f.was ~= f.is) end
      if q.memory:tostring() == before then same = same + 1 end
    end
    assert.is_true(same < 5) -- one fault may take another back
    assert.equal(before, p.memory:tostring())
  end)

  it("changes no byte but those of the fields that it tells", function()
    for seed = 1, 200 do
      local q, faults = p:fuzz { seed = seed, faults = 1, only = { "ipv4.timetolive", "tcp.options", "ethernet" } }
      local f = faults[1]
      assert.is_true(f.layer == "ethernet" or f.field == "timetolive" or f.field:find("^options%.") ~= nil)
      local first, last
      local a, b = p.memory:tostring(), q.memory:tostring()
      for k = 1, #a do
        if a:byte(k) ~= b:byte(k) then first, last = first or k, k end
      end
      assert.is_true(last - first < 6)
    end
    local _, none = p:fuzz { seed = 1, only = { "udp" } }
    assert.same({}, none)
  end)

  it("cuts and repairs when asked to", function()
    local shorter = 0
    for seed = 1, 100 do
      local q = p:fuzz { seed = seed, cut = true }
      if #q < #p then shorter = shorter + 1 end
      assert.equal(#p, q.length)
      local fixed = p:fuzz { seed = seed, only = { "tcp.sequence", "ipv4.ident" }, fix = true }
      for _, c in ipairs(fixed:verify()) do assert.equal("ok", c.verdict) end
    end
    assert.equal(100, shorter)
    assert.error_matches(function() p:fuzz { sed = 1 } end, "unknown option 'sed'")
    assert.error_matches(function() p:fuzz { faults = -1 } end, "option 'faults': integer from 0 to 1000 expected")
    assert.error_matches(function() p:fuzz { only = "tcp" } end, "list of names expected")
    assert.error_matches(function() p:fuzz(3) end, "table expected")
  end)

  it("leaves packets of every kind readable", function()
    for k, v in ipairs(require "spec.vectors.scapy") do
      if k % (os.getenv("PK_SANITIZED") and 5 or 2) == 0 then
        local whole = packet.new(support.unhex(v.hex), v.first)
        for seed = 1, 20 do
          local q = whole:fuzz { seed = seed, faults = seed, cut = seed % 2 == 0, fix = seed % 3 == 0 }
          assert(tostring(q) and q:show() and q:verify() and q:totable() and q:diff(whole))
          for name in q:layers() do assert(q:layer(name)) end
        end
      end
    end
  end)
end)
