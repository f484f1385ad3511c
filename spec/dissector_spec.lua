--- pktcraft dissector: what it writes, and tshark with it beside us.
local dissected = require "spec.dissected"
local dissector = require "pktcraft.dissector"
local layout = require "layout"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"

local path, run, foreign = support.path, support.run, support.foreign

local NOTSHARK <const> = "tshark is not installed"
local MADEUP <const> = "spec/madeup.lua"
local FEWER <const> = os.getenv "PK_SANITIZED" and 5 or 1

local function command(args)
  return run(("%s dissector %s"):format(support.pktcraft, args))
end

--- What tshark says that is no warning: that it runs as root.
local function quiet(err)
  return (err:gsub("Running as user[^\n]*\n", ""):gsub("%s+", ""))
end

local function randoms(seed)
  return function(n)
    seed = seed * 6364136223846793005 + 1442695040888963407
    return (seed >> 33) % n + 1
  end
end

--- Writes packets, a list for each link type, to one file: gives its path, and them in its order.
local function capture(name, bylink)
  local parts, all, links = { support.section "<" }, {}, {}
  for link in pairs(bylink) do links[#links + 1] = link end
  table.sort(links)
  for _, link in ipairs(links) do
    parts[#parts + 1] = support.block("<", 1, string.pack("<I2 I2 I4", link, 0, 0))
  end
  for k = 1, #links do
    for _, p in ipairs(bylink[links[k]]) do
      local bytes = p.memory:tostring()
      parts[#parts + 1] = support.block("<", 6, string.pack("<I4 I4 I4 I4 I4", k - 1, 0, 0, #bytes, p.length) .. bytes)
      all[#all + 1] = p
    end
  end
  return support.writefile(path(name), table.concat(parts)), all
end

--- A dissector of all shipped layouts that Wireshark comes to by link types only: else its own call those in it, too.
local shipped
local function ofshipped()
  if shipped then return shipped end
  shipped = { path = path "shipped.lua", tables = {}, filters = {} }
  assert.same({ 0, "", "" }, { command(("--hook none -w %s %s"):format(shipped.path, table.concat(layouts.names, " "))) })
  local f <close> = io.open(shipped.path, "a")
  for name, encapsulation in pairs { ethernet = "ETHERNET", null = "NULL", loop = "LOOP", sll = "SLL", sll2 = "SLL2",
    rawip = "RAW_IP", ppp = "PPP", ipv4 = "RAW_IP4", ipv6 = "RAW_IP6", wlan = "IEEE_802_11", hci = "BLUETOOTH_H4",
    radiotap = "IEEE_802_11_RADIOTAP", usb = "USB_LINUX", usbmmap = "USB_LINUX_MMAPPED", usbpcap = "USBPCAP" } do
    f:write(("begin(%q, layers.%s)\n"):format(encapsulation, name))
  end
  for _, name in ipairs(layouts.names) do
    shipped.tables[name], shipped.filters[name] = dissector.shipped(name), "pk_" .. name
  end
  return shipped
end

local function compare(file, packets)
  local all = ofshipped()
  local wrong, compared, err = dissected.compare(file, all.path, all.tables, all.filters, packets)
  assert.same({}, { table.unpack(wrong, 1, 20) })
  assert.equal("", quiet(err))
  return compared
end

local made -- what spec/madeup.lua registers, once: tables by name
local function madeup()
  if not made then
    made = {}
    for _, t in ipairs(dissector.record(assert(loadfile(MADEUP, "t", setmetatable({ layout = layout }, { __index = _G }))))) do
      made[t.name] = t
    end
  end
  return made
end

--- Values from which a builder makes a layer of spec/madeup.lua: random ones, but such that the fields after them are
-- reached.
local adjust = {}

function adjust.madeup(v, rng)
  v.magic, v.fragoffset = nil, rng(8) == 1 and 5 or 0
  v.options = {}
  for k = 1, rng(4) - 1 do
    v.options[k] = ({ { kind = 1 }, { kind = 2, mark = rng(1 << 31) }, { kind = 3, low = rng(16) - 1, high = rng(16) - 1 },
      { kind = 6, mark = rng(1 << 62) }, { kind = 7, mark = "mark" }, { kind = 99, data = "beef" }, { kind = 5 } })[rng(7)]
  end
end

function adjust.madevalues(v, rng)
  v.digits = ("%06d"):format(rng(1000000) - 1)
  v.integer = ({ 0, -1, 5, -129, 1 << 40, math.mininteger })[rng(6)]
  v.large = ({ 0, 1, -1, v.large })[rng(4)]
  v.size, v.none, v.minus, v.some = nil, nil, nil, nil
end

function adjust.madelists(v, rng)
  v.itemlength, v.counted, v.pairs = nil, nil, nil
  v.items, v.twos, v.ends, v.labels, v.sized, v.more = {}, {}, {}, {}, {}, {}
  for k = 1, rng(4) do v.items[k] = { tag = rng(16) - 1, class = rng(16) - 1, body = ("y"):rep(rng(9) - 1) } end
  for k = 1, rng(4) do v.twos[k] = { a = k, b = rng(256) - 1 } end
  for k = 1, rng(4) do v.ends[k] = { value = rng(128) - 1, last = false } end
  v.ends[#v.ends].last = true
  for k = 1, rng(3) do v.labels[k] = ({ "a.b", "example.com", ".", "x\\.y.z" })[rng(4)] end
  for k = 1, rng(3) do
    v.sized[k] = { text = ("x"):rep(rng(5)) }
    for _ = 1, #v.sized[k].text + 1 do v.more[#v.more + 1] = rng(256) - 1 end
  end
  local tag = v.items[1].tag
  v.code = (tag == 1 or tag == 2 or tag >= 8) and 3 or nil
  v.last = rng(2) == 1 and rng(99999) or nil
  v.rest = { { word = rng(65536) - 1 }, { type = 9, data = "zz" }, { leaf = { { v = rng(1 << 30) }, { v = 1 << 61 } } },
    { inner = { { word = 7 }, { inner = { { type = 77, data = "q" } } } } } }
end

function adjust.madetext(v, rng)
  v.number, v.line, v.zero = tostring(rng(10000000)), "hello" .. rng(100), ("z"):rep(rng(9) - 1)
  v.headers = {}
  for k = 1, rng(4) do v.headers[k] = { name = rng(255), text = "t" .. rng(1000) } end
  table.insert(v.headers, { name = 0 })
end

function adjust.madewhen(v, rng)
  for key in pairs(v) do v[key] = nil end
  v.a, v.b = rng(4), rng(6)
end

local function layer(name, rng)
  local l = layout.find(name)
  local v = layout.random(l, rng(1 << 30))
  if adjust[name] then adjust[name](v, rng) end
  return l(v)
end

local uppers <const> = { "madevalues", "madelists", "madetext", "madebits", "madedeep", "madewhen" }

--- A packet of made-up layers; one in two is cut, or damaged.
local function madepacket(rng)
  local name = uppers[rng(#uppers)]
  local p = layer("madeup", rng) / layer(name, rng)
  if name == "madedeep" then p = p / layer(uppers[rng(#uppers)], rng) end
  if name == "madewhen" and rng(2) == 1 then p = p / layer("madebits", rng) end
  local bytes = p.memory:tostring()
  local how = rng(4)
  if how == 1 then
    p = p:fuzz { seed = rng(1 << 30), cut = rng(2) == 1 or nil }
  elseif how == 2 then
    p = packet.new(bytes:sub(1, rng(#bytes)), 147, rng(2) == 1 and #bytes or nil)
  elseif name == "madetext" then -- names that go on elsewhere, and for ever
    p = packet.new((bytes:gsub("[\1-\9]%l%l", function() return "\192" .. string.char(13 + rng(27)) .. "\5" end)), 147)
  end
  return p
end

--- All words that a table and those in it have, and all formats.
local function words(t, into)
  for key, value in pairs(t) do
    if type(key) == "string" then into[key] = true end
    if key == "format" then into[value] = true end
    if type(value) == "table" then words(value, into) end
  end
  return into
end

describe("pktcraft dissector", function()
  it("has help with examples, and tells wrong usage", function()
    local status, out = command "--help"
    assert.equal(0, status)
    assert.is_truthy(out:find("pktcraft dissector mine.lua > mine-dissector.lua", 1, true))
    for args, text in pairs {
      [""] = "missing argument", ["nolayout"] = "no layout 'nolayout', and cannot open nolayout",
      ["/nowhere/x.lua"] = "cannot open /nowhere/x.lua", ["udp udp"] = "layout 'udp' is there twice",
      ["--bind udpport:x:udp udp"] = "--bind: SPACE:VALUE:LAYOUT expected, got 'udpport:x:udp'",
      ["--bind udpport:7:dns udp"] = "--bind: no layout 'dns' is among those of the dissector",
      ["--prefix 'a b' udp"] = "--prefix: letters, digits, dots, - and _ expected, got 'a b'",
      ["-w /nowhere/x.lua udp"] = "/nowhere/x.lua: No such file or directory", ["--hook maybe udp"] = "must be one of",
      [support.writefile(path "empty.lua", "print 'hello'")] = "no layout is registered",
      [support.writefile(path "wrong.lua", "layout.register { name = 'wrong', { bit = 1 } }")] = "unknown word 'bit'",
    } do
      local wrong, none, err = command(args)
      assert.equal(2, wrong, args)
      assert.equal("", none)
      assert.is_truthy(err:find(text, 1, true), err)
    end
    assert.equal(1, (command "-w /dev/full udp"))
  end)

  it("takes a table that a script returns, and keeps what a script prints apart", function()
    local script = support.writefile(path "table.lua",
      "print('a', nil) io.write 'b' return { name = 'tabled', { key = 'x', bytes = 2 } }")
    local status, out, err = command("- < " .. script)
    assert.same({ 0, "a\tnil\nb" }, { status, err })
    assert.is_truthy(out:find('ProtoField.uint16("tabled.x", "x")', 1, true))
    assert.is_nil(out:find("require", 1, true))
    assert.same({ 0, out, "a\tnil\nb" }, { command(script) })
    assert.same({ 0, "", "a\tnil\nb" }, { command(("-w %s %s"):format(path "tabled.lua", script)) })
    assert.equal(out, support.readfile(path "tabled.lua"))
    assert(loadfile(path "tabled.lua", "t"))
  end)

  it("names protocols so that they do not clash", function()
    local _, out = command "udp"
    assert.is_truthy(out:find('Proto("pk_udp", "User Datagram Protocol (pk_udp)")', 1, true))
    local _, other = command "--prefix my. udp"
    assert.is_truthy(other:find('ProtoField.uint16("my.udp.source"', 1, true))
  end)

  it("is hooked in where layouts stand, and as it is asked to be", function()
    local _, out = command "dns --bind udpport:7000:dns --bind link:150:dns"
    assert.is_truthy(out:find('bind("udpport", 5353, 5353, layers.dns)\n', 1, true))
    assert.is_truthy(out:find('bind("udpport", 7000, 7000, layers.dns)\n', 1, true))
    assert.is_truthy(out:find('begin("USER3", layers.dns)\n', 1, true))
    local _, none = command "ethernet --hook none"
    assert.is_nil(none:find "\nbegin%(")
    local _, choice = command "dns --hook decode-as"
    assert.is_truthy(choice:find('bind("udpport", 53, 53, layers.dns, "decode as")\n', 1, true))
    local status, _, err = command "ethernet --bind link:9999:ethernet"
    assert.equal(0, status)
    assert.is_truthy(err:find("ethernet is not hooked in under link type 9999", 1, true))
  end)

  it("knows the bindings of a script, and takes them back with it", function()
    local _, out, err = command(support.writefile(path "binds.lua", [[
      local l = layout.register { name = "bound", under = { udpport = { 1, 2 } }, { key = "x", bytes = 1 } }
      layout.bind("tcpport", 3, l)
      layout.unbind("udpport", 2)
      layout.bind("udpport", 4, layouts.dns)]]))
    assert.equal("pktcraft: dns, bound in udpport, is not among the layouts of the dissector\n", err)
    local binds = {}
    for text in out:gmatch "\n(bind%([^\n]*)" do binds[#binds + 1] = text end
    assert.same({ 'bind("udpport", 1, 1, layers.bound)', 'bind("tcpport", 3, 3, layers.bound)' }, binds)
  end)
end)

describe("tshark with a dissector #interop", function()
  it("reads as we do a protocol that uses every word, cut and damaged packets too", function()
    local tables = madeup()
    local source, used = support.readfile "modules/llaydef.c", words(tables, {})
    for list in source:gmatch "words%[%] = {(.-)}" do
      for word in list:gmatch '"(%w+)"' do assert(used[word], "spec/madeup.lua does not use the word " .. word) end
    end
    for format in support.readfile "core/codec.c":gmatch '\n  {"(%w+)", %d' do assert(used[format], format) end
    if not support.has "tshark" then return pending(NOTSHARK) end

    local script, filters = path "madeup.lua", {}
    assert.same({ 0, "", "" }, { command(("-w %s %s"):format(script, MADEUP)) })
    for name in pairs(tables) do filters[name] = name end
    local rng, packets = randoms(1), {}
    for k = 1, 700 // FEWER do packets[k] = madepacket(rng) end
    local wrong, compared, err, found = dissected.compare(capture("madeup.pcapng", { [147] = packets }), script, tables, filters, packets)
    assert.same({}, { table.unpack(wrong, 1, 20) })
    assert.equal("", quiet(err))
    assert.is_true(compared > 30000 // FEWER)
    local missing = {}
    for kind, name in support.readfile(script):gmatch 'ProtoField%.([%w_]+)%("([^"]+)"' do
      if kind ~= "none" and not found[name:gsub("_bytes$", "")] then missing[#missing + 1] = name end
    end
    assert.same({}, missing) -- each field was read by both
  end)

  it("loads the dissectors of all shipped layouts, and hooks them in, without a warning", function()
    if not support.has "tshark" then return pending(NOTSHARK) end
    local file = capture("one.pcapng", { { layouts.ethernet {} / layouts.ipv4 {} / layouts.udp {} / "x" } })
    for hook, ours in pairs { add = "5\t\n", ["decode-as"] = "", none = "" } do
      assert.equal(0, (command(("--hook %s -w %s %s"):format(hook, path "all.lua", table.concat(layouts.names, " ")))))
      local status, out, err = foreign(("tshark -n -r %s -X lua_script:%s -Y pk_ethernet -T fields -e pk_ipv4.ihl -e udp.port")
        :format(file, path "all.lua"))
      assert.same({ 0, ours, "" }, { status, out, quiet(err) })
    end
  end)

  it("comes to layouts from its own dissectors, and from them to its own", function()
    if not support.has "tshark" then return pending(NOTSHARK) end
    local base = layouts.ethernet {} / layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
    local file = capture("hooks.pcapng", { { base / layouts.udp { source = 9, destination = 55015 } / "\x80P\7\1\0\0" / ("\0"):rep(30),
      base / layouts.udp { source = 9, destination = 53 } / layouts.dns { id = 1 } } })
    local function protocols(args, options)
      assert.equal(0, (command(("-w %s %s"):format(path "hooks.lua", args))))
      local _, out, err = foreign(("tshark -n -r %s -X lua_script:%s %s -T fields -e frame.protocols"):format(file, path "hooks.lua",
        options or ""))
      assert.equal("", quiet(err))
      return out
    end
    assert.equal("eth:ethertype:ip:udp:madeup\neth:ethertype:ip:udp:dns\n", protocols(MADEUP))
    assert.equal("pk_ethernet:udp:data\npk_ethernet:udp:dns\n", protocols "ethernet ipv4")
    assert.equal("eth:ethertype:ip:udp:data\neth:ethertype:ip:udp:dns\n", protocols "--hook decode-as tftp")
    assert.equal("eth:ethertype:ip:udp:data\neth:ethertype:ip:udp:pk_tftp\n", protocols("--hook decode-as tftp", "-d udp.port==53,pk_tftp"))
    assert.equal("eth:ethertype:ip:udp:pk_rtp:data\neth:ethertype:ip:udp:dns\n", protocols "rtp --bind udpport:55015:rtp")
  end)

  it("reads as we do the golden vectors of all shipped layouts", function()
    if not support.has "tshark" then return pending(NOTSHARK) end
    local bylink, seen = {}, {}
    for _, v in ipairs(require "spec.vectors") do
      local first, raw = v.first, support.unhex(v.hex)
      if first == "mpls" then first, raw = "ethernet", ("\2"):rep(12) .. "\x88\x47" .. raw end
      if first ~= "hciphdr" and first ~= "pppoe" then -- Wireshark has the one's header elsewhere, the other's no name
        local links = layout.fields(layouts[first]).link
        local link, p = links[#links], packet.new(raw, first)
        bylink[link] = bylink[link] or {}
        table.insert(bylink[link], p)
        for name in p:layers() do seen[name] = true end
      end
    end
    local compared = compare(capture("vectors.pcapng", bylink))
    local n = 0
    for _ in pairs(seen) do n = n + 1 end
    assert.is_true(n > 80 and compared > 30000)
  end)

  it("reads as we do random packets, cut and damaged ones too", function()
    if not support.has "tshark" then return pending(NOTSHARK) end
    local model, rng, bylink = require "spec.filtermodel", randoms(3), {}
    model.packet(rng)
    layout.unbind("udpport", 55000) -- what the model registers there, no layout of these
    for _ = 1, 1500 // FEWER do
      local p, link = model.packet(rng)
      if #p > 0 then
        bylink[link] = bylink[link] or {}
        table.insert(bylink[link], p)
      end
    end
    local compared = compare(capture("random.pcapng", bylink))
    assert.is_true(compared > 50000 // FEWER)
  end)

  it("reads as we do real traffic", function()
    if not support.has "tshark" then return pending(NOTSHARK) end
    local bylink = {}
    for _, file in ipairs(support.samples "plain") do
      local cap = not file:find "%.txt$" and not file:find "%.zst$" and pcap.open(file)
      pcall(function() -- interfaces of several link types in one file are refused
        for p in cap:packets() do
          local link = cap.linktype
          local iterate, state, start = p:layers()
          local first = iterate(state, start)
          local links = first and layout.fields(layouts[first]).link
          link = links and links[#links] or link -- that of its interface
          bylink[link] = bylink[link] or {}
          table.insert(bylink[link], p:copy())
          if p.number == 400 then break end
        end
      end)
    end
    if not next(bylink) then return pending "no captures" end
    local compared = compare(capture("traffic.pcapng", bylink))
    assert.is_true(compared > 80000)
  end)

  it("ends, and raises no error, on bytes that lie", function()
    if not support.has "tshark" then return pending(NOTSHARK) end
    local script = support.writefile(path "nested.lua", [[layout.register { name = "nested", link = 148,
      parts = { one = { { type = "union", { key = "a", each = "one" }, { key = "b", each = "one" } } },
        two = { { key = "length", bytes = 1, length = "rest" }, { key = "c", each = "two" } } },
      { key = "n", bytes = 4, count = "many" },
      { switch = "n", [0] = { key = "x", each = "one" }, [1] = { key = "y", each = "two" },
        other = { key = "many", each = { { key = "z", type = "string", stop = 0 } } } } }]])
    local packets = {}
    for k, text in ipairs { ("\0"):rep(200), ("\0\0\0\1") .. ("\255"):rep(4000), ("\255"):rep(4) .. ("\0"):rep(60000),
      ("\0\0\0\1") .. ("\0"):rep(60000) } do packets[k] = packet.new(text, 148) end
    assert.equal(0, (command(("-w %s %s"):format(path "nested-d.lua", script))))
    local begun = os.time()
    local status, out, err = foreign(("timeout -s KILL 60 tshark -n -r %s -X lua_script:%s -T fields -e frame.number -e _ws.lua.error")
      :format(capture("nested.pcapng", { [148] = packets }), path "nested-d.lua"))
    assert.same({ 0, "1\t\n2\t\n3\t\n4\t\n", "" }, { status, out, quiet(err) })
    assert.is_true(os.time() - begun < 30)
    assert.equal(0, (command(("--hook none -w %s %s"):format(path "lies.lua", table.concat(layouts.names, " ")))))
    local rng, frames = randoms(5), {}
    for k = 1, 3000 // FEWER do -- each layout over random bytes
      local bytes = {}
      for n = 1, rng(80) do bytes[n] = string.char(rng(3) == 1 and rng(4) - 1 or rng(256) - 1) end
      frames[k] = packet.new(string.char(0, k % #layouts.names) .. table.concat(bytes), 148)
    end
    local f <close> = io.open(path "lies.lua", "a")
    f:write("local all = {\n")
    for k, name in ipairs(layouts.names) do f:write(("[%d] = layers.%s,\n"):format(k % #layouts.names, name)) end
    f:write [[}
      local any = Proto("anylayer", "any layer")
      function any.dissector(tvb, pinfo, tree)
        return all[tvb(1, 1):uint()].proto.dissector(tvb(2):tvb(), pinfo, tree)
      end
      DissectorTable.get "wtap_encap":add(encapsulations.USER1, any)]]
    f:close()
    local done, errors, more = foreign(("timeout -s KILL 120 tshark -n -r %s -X lua_script:%s -Y _ws.lua.error -V")
      :format(capture("lies.pcapng", { [148] = frames }), path "lies.lua"))
    assert.same({ 0, "", "" }, { done, errors, quiet(more) })
  end)
end)
