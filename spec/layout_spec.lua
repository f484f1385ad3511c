local memory = require "memory"
local layout = require "layout"

local ipv4hdr = layout.struct{
	{ key="version"    , type="number",  bits=4,  endian="big" },
	{ key="ihl"        , type="number",  bits=4,  endian="big" },
	{ key="dscp"       , type="number",  bits=6,  endian="big" },
	{ key="ecn"        , type="number",  bits=2,  endian="big" },
	{ key="totallength", type="number",  bytes=2, endian="big" },
	{ key="ident"      , type="number",  bytes=2, endian="big" },
	{ key="flagnull"   , type="boolean", bits=1,  endian="big" },
	{ key="flagdf"     , type="boolean", bits=1,  endian="big" },
	{ key="flagmf"     , type="boolean", bits=1,  endian="big" },
	{ key="fragoffset" , type="number",  bits=13, endian="big" },
	{ key="timetolive" , type="number",  bytes=1               },
	{ key="protocol"   , type="number",  bytes=1               },
	{ key="checksum"   , type="number",  bytes=2, endian="big" },
	{ key="source"     , type="struct",
		{ key="a"        , type="number",  bytes=1 },
		{ key="b"        , type="number",  bytes=1 },
		{ key="c"        , type="number",  bytes=1 },
		{ key="d"        , type="number",  bytes=1 },
	},
	{ key="destination", type="struct",
		{ key="a"        , type="number",  bytes=1 },
		{ key="b"        , type="number",  bytes=1 },
		{ key="c"        , type="number",  bytes=1 },
		{ key="d"        , type="number",  bytes=1 },
	},
}

local function raises(text, f, ...)
  local args = table.pack(...)
  assert.error_matches(function() f(table.unpack(args, 1, args.n)) end, text)
end

describe("the IPv4 header of the seed", function()
  it("is written and read as its slides do", function()
    local m = memory.create(576)
    local calcchecksum = function(mem) return require("pktcraft.checksum").internet(mem, 1, 20) end
    local p = layout.newpointer(ipv4hdr)
    layout.setpointer(p, m)

    p.version = 4
    p.ihl = 5
    p.dscp = 0
    p.ecn = 0
    p.totallength = memory.len(m)
    p.ident = 1024

    p.flagnull = false
    p.flagdf = false
    p.flagmf = false

    p.fragoffset = 0
    p.timetolive = 20
    p.protocol = 0x11

    p.source.a = 192
    p.source.b = 168
    p.source.c = 0
    p.source.d = 10

    p.destination = p.source -- bytes are copied
    p.destination.d = 1

    p.checksum = calcchecksum(m)

    assert.equal("\x45\0\x02\x40\x04\0\0\0\x14\x11\x1f\x52\xc0\xa8\0\x0a\xc0\xa8\0\x01", m:tostring(1, 20))
    assert.equal(576, p.totallength)
    assert.equal(10, p.source.d)
    assert.equal(1, p.destination.d)
    assert.is_false(p.flagdf)
    assert.equal(20, layout.sizeof(ipv4hdr))
    assert.equal(16, (layout.offsetof(ipv4hdr, "destination")))
    assert.same({ 19, 0 }, { layout.offsetof(ipv4hdr, "destination.d") })
    assert.same({ 6, 1 }, { layout.offsetof(ipv4hdr, "flagdf") })
    assert.same({ 1, 1 }, { layout.sizeof(ipv4hdr, "flagdf") })
  end)
end)

describe("a pointer", function()
  local l = layout.struct { endian = "big",
    { key = "a", bytes = 2 },
    { key = "s", { key = "x", bytes = 1 }, { key = "y", { key = "z", bytes = 1 } } },
    { key = "list", count = 3, each = { bytes = 2 } },
    { key = "pairs", count = 2, each = { { key = "l", bytes = 1 }, { key = "r", bytes = 1 } } },
  }

  it("without memory reads and writes out of bounds", function()
    local p = layout.newpointer(l)
    raises("out of bounds %(field 'a' of layout 'struct'%)", function() return p.a end)
    raises("out of bounds", function() p.a = 1 end)
    raises("out of bounds", function() return p.s.y.z end)
    raises("out of bounds %(element of 'list'%)", function() return p.list[1] end)
    assert.is_nil(layout.getpointer(p))
  end)

  it("is aimed at any position, and tells where", function()
    local m = memory.create("\1\2\3\4\5\6\7\8\9\10\11\12\13\14\15\16")
    local p = layout.newpointer(l, m)
    assert.equal(0x0102, p.a)
    assert.equal(p, layout.setpointer(p, m, 3))
    assert.equal(0x0304, p.a)
    assert.equal(6, p.s.y.z)
    assert.same({ 0x0708, 0x090a, 0x0b0c }, { p.list[1], p.list[2], p.list[3] })
    assert.same({ m, 3 }, { layout.getpointer(p) })
    assert.same({ m, 6 }, { layout.getpointer(p.s.y) })
    assert.same({ m, 13 }, { layout.getpointer(p.pairs[1]) })
    layout.setpointer(p, m, -2)
    assert.equal(0x0f10, p.a)
    raises("out of bounds", function() return p.s.x end)
    layout.setpointer(p, m, 17)
    raises("out of bounds", function() return p.a end)
    layout.setpointer(p, m, 1000)
    raises("out of bounds", function() return p.a end)
    raises("index out of bounds", layout.setpointer, p, m, 0)
    raises("index out of bounds", layout.setpointer, p, m, -17)
    raises("index out of bounds", layout.setpointer, p, m, math.maxinteger)
    layout.setpointer(p, nil)
    raises("out of bounds", function() return p.a end)
    raises("memory expected", layout.setpointer, p, "abc")
    raises("value expected", layout.setpointer, p)
    raises("layout pointer expected", layout.setpointer, m, m)
    raises("layout expected", layout.newpointer, p)
    raises("follows the whole's", layout.setpointer, p.s, m)
  end)

  it("makes a nested pointer once", function()
    local p = layout.newpointer(l, memory.create(20))
    assert.equal(p.s, p.s)
    assert.equal(p.s.y, p.s.y)
    assert.equal(p.list, p.list)
    assert.equal(p.pairs[2], p.pairs[2])
    assert.not_equal(p.pairs[1], p.pairs[2])
    local y = p.s.y
    p = nil -- luacheck: ignore
    collectgarbage()
    y.z = 5
    assert.equal(5, y.z)
  end)

  it("allocates nothing when it reads or writes numbers and nested fields", function()
    local p = layout.newpointer(l, memory.create(20))
    p.s.y.z = p.pairs[2].r + p.list[3]
    collectgarbage()
    collectgarbage("stop")
    local before = collectgarbage("count")
    for k = 1, 1000 do
      p.a = k
      p.s.y.z = p.pairs[2].r
      p.list[3] = p.a
    end
    local after = collectgarbage("count")
    collectgarbage("restart")
    assert.equal(before, after)
  end)

  it("follows its memory through resize, setref and close", function()
    local seed = require "seedmem"
    local m = memory.create()
    local p = layout.newpointer(l, m)
    raises("out of bounds", function() return p.a end)
    m:resize(20, 0x11)
    assert.equal(0x1111, p.a)
    m:resize(10000, 0x11)
    assert.equal(0x1111, p.a)
    m:resize(1)
    raises("out of bounds", function() p.a = 1 end)
    seed.setref(m, 1)
    assert.equal(string.unpack(">I2", "second"), p.a)
    do local c <close> = m end -- luacheck: ignore
    raises("out of bounds", function() return p.a end)
  end)

  it("keeps its memory and its layout", function()
    local p = layout.newpointer(layout.struct { { key = "a", bytes = 1 } }, memory.create("x"))
    collectgarbage()
    collectgarbage()
    assert.equal(120, p.a)
  end)

  it("has the shared names before any packet has been made", function()
    local support = require "spec.support"
    assert.same({ 0, "ssh\tnil\nmine\n", "" }, { support.run(([[%s -e 'print(layout.names("port")[22], layout.names("nosuch"))
      layout.names("port", { [22] = "mine" }); local _ = packet.new(""); print(layout.names("port")[22])']]):format(support.pktcraft)) })
  end)

  it("names what it does not have", function()
    local p = layout.newpointer(l, memory.create(20))
    raises("no field 'nosuch' in layout 'struct'", function() return p.nosuch end)
    raises("no field 'nosuch' in layout 's'", function() p.s.nosuch = 1 end)
    raises("no field of type number", function() return p[1] end)
    raises("no field of type boolean", function() return p[true] end)
    raises("no field", function() return p[("x"):rep(100)] end)
    raises("no field 'x' in layout 'list'", function() return p.list.x end)
    raises("no array", function() return #p end)
    assert.is_nil(p.list[0])
    assert.is_nil(p.list[4])
    raises("index out of bounds", function() p.list[4] = 1 end)
    assert.equal(3, #p.list)
    local sum = 0
    for _, v in ipairs(p.list) do sum = sum + v end
    assert.equal(0, sum)
    assert.matches("^pointer to struct", tostring(p))
    assert.matches("^layout struct", tostring(l))
    assert.equal("layout pointer", getmetatable(p))
    assert.equal("layout", getmetatable(l))
  end)

  it("copies structs, and refuses other sizes and places", function()
    local m = memory.create("abcdefghijklmnop")
    local p = layout.newpointer(l, m)
    p.pairs[2] = p.pairs[1]
    assert.equal("abcdefghijklklop", tostring(m))
    p.s = "XY"
    p.pairs[1] = memory.create("12")
    assert.equal("abXYefghij12klop", tostring(m))
    raises("size mismatch", function() p.s = p.list end)
    raises("size mismatch", function() p.s = "abc" end)
    raises("pointer, string or memory expected, got number", function() p.s = 1 end)
    local o = layout.newpointer(l, memory.create(3))
    raises("out of bounds", function() p.pairs = o.pairs end)
    raises("out of bounds", function() o.pairs = p.pairs end)
    local b = layout.newpointer(layout.struct { endian = "big",
      { key = "bit", bits = 1 },
      { key = "s", { key = "a", bits = 7 }, { key = "b", bits = 9 } },
      { key = "t", { key = "a", bits = 8 } },
      { key = "u", { key = "a", bits = 3 } },
    }, memory.create(20))
    raises("unsupported", function() b.s = b.s end)
    raises("unsupported", function() b.t = "a" end)
    raises("size mismatch", function() b.u = b.t end)
    raises("unsupported", layout.copy, b.s)
  end)

  it("copies between parts of one memory that overlap, and refuses sources off the byte", function()
    local m = memory.create("abcdefgh")
    local w = layout.struct { { key = "s", { key = "x", type = "string", bytes = 5 } } }
    local p, q = layout.newpointer(w, m), layout.newpointer(w, m, 3)
    q.s = p.s
    assert.equal("ababcdeh", tostring(m))
    m:fill("abcdefgh")
    p.s = q.s
    assert.equal("cdefgfgh", tostring(m))
    local t = layout.newpointer(layout.struct { { key = "x", type = "string", bytes = 8 } }, m)
    t.x = m
    assert.equal("cdefgfgh", tostring(m))
    local b = layout.newpointer(layout.struct { endian = "big",
      { bits = 4 }, { key = "off", { key = "a", bits = 8 } }, { bits = 4 }, { key = "on", { key = "a", bits = 8 } },
    }, memory.create(3))
    raises("unsupported", function() b.on = b.off end)
    raises("unsupported", function() b.off = b.on end)
  end)

  it("copies itself to a memory of its own", function()
    local m = memory.create("abcdefghijklmnop")
    local p = layout.newpointer(l, m, 2)
    local q = layout.copy(p)
    local s = layout.copy(p.s)
    m:fill(0)
    assert.equal(0x6263, q.a)
    assert.equal(("e"):byte(), s.y.z)
    assert.equal("bcdefghijklmn", (tostring(layout.getpointer(q)):sub(1, 13)))
    assert.equal(2, #layout.getpointer(s))
    for _ = 1, 10 do q = layout.copy(q) end
    collectgarbage()
    assert.equal(0x6263, q.a)
    do
      local lone = layout.copy(layout.newpointer(layout.struct { { key = "z", bytes = 1 } }, m))
      collectgarbage()
      collectgarbage()
      for k = 1, 100 do layout.struct { { key = "k" .. k, bytes = 1 } } end
      assert.equal(0, lone.z)
      assert.matches("no field 'y'", select(2, pcall(function() return lone.y end)))
    end
    raises("out of bounds", layout.copy, layout.newpointer(l, m, 10))
    raises("out of bounds", layout.copy, layout.newpointer(l))
    raises("unsupported", layout.copy, p.list)
  end)
end)

describe("field values", function()
  local function pointer(field, bytes)
    return layout.newpointer(layout.struct { endian = "big", field }, memory.create(bytes or 16))
  end

  it("are numbers within their bits", function()
    for bits = 1, 64 do
      local u = pointer { key = "v", bits = bits }
      local s = pointer { key = "v", bits = bits, signed = true }
      local top = bits == 64 and -1 or (1 << bits) - 1
      u.v = top
      assert.equal(top, u.v)
      s.v = -1
      assert.equal(-1, s.v)
      s.v = math.mininteger >> (64 - bits) | (bits < 64 and -1 << bits or 0)
      local min = bits == 64 and math.mininteger or -(1 << (bits - 1))
      s.v = min
      assert.equal(min, s.v)
      s.v = -(min + 1)
      assert.equal(-(min + 1), s.v)
      if bits < 64 then
        raises("unsigned overflow %(field 'v'", function() u.v = top + 1 end)
        raises("unsigned overflow", function() u.v = -1 end)
        raises("integer overflow", function() s.v = -min end)
        raises("integer overflow", function() s.v = min - 1 end)
      end
    end
    local p = pointer { key = "v", bytes = 2 }
    p.v = 3.0
    assert.equal(3, p.v)
    raises("no integer representation", function() p.v = 3.5 end)
    raises("number expected, got string", function() p.v = "3" end)
    raises("number expected, got nil", function() p.v = nil end)
  end)

  it("are booleans of any bits", function()
    local p = pointer { key = "v", type = "boolean", bits = 12 }
    local m = layout.getpointer(p)
    m:fill("\0\x10")
    assert.is_true(p.v)
    m:fill("\0\x0f", 1, 2)
    assert.is_false(p.v)
    p.v = true
    assert.equal("\0\x1f", m:tostring(1, 2))
    p.v = false
    assert.equal("\0\x0f", m:tostring(1, 2))
    raises("boolean expected", function() p.v = 1 end)
  end)

  it("are strings on whole bytes", function()
    local p = pointer { key = "v", type = "string", bytes = 3 }
    p.v = "abc"
    assert.equal("abc", p.v)
    p.v = memory.create("xyz")
    assert.equal("xyz", p.v)
    raises("size mismatch", function() p.v = "ab" end)
    raises("string or memory expected, got number", function() p.v = 123 end)
    assert.equal("\0", pointer({ key = "v", type = "string", bits = 8 }).v)
    local odd = pointer { key = "v", type = "string", bits = 12 }
    raises("unsupported type %(field 'v'", function() return odd.v end)
    raises("unsupported type", function() odd.v = "ab" end)
    local l = layout.struct { endian = "big", { bits = 4 }, { key = "v", type = "string", bits = 8 } }
    local inside = layout.newpointer(l, memory.create(4))
    raises("unsupported type", function() return inside.v end)
    raises("unsupported type", function() inside.v = "a" end)
    local wide = pointer { key = "v", bytes = 9 }
    assert.equal(("\0"):rep(9), wide.v)
  end)

  it("without size reach to the end of the header or the memory", function()
    local l = layout.struct { { key = "n", bytes = 1 }, { key = "rest", type = "string" } }
    local p = layout.newpointer(l, memory.create("\1abc"))
    assert.equal("abc", p.rest)
    p.rest = "xyz"
    assert.equal("xyz", p.rest)
    raises("size mismatch", function() p.rest = "xy" end)
    layout.setpointer(p, memory.create(0))
    raises("out of bounds", function() return p.rest end)
    l = layout.struct {
      { key = "n", bytes = 1, length = "header", unit = 2, bias = 1 }, { key = "o", type = "string" },
    }
    p = layout.newpointer(l, memory.create("\1abcdef"))
    assert.equal("ab", p.o)
    assert.equal("\1ab", tostring(layout.getpointer(layout.copy(p))))
    p.n = 0
    assert.equal("", p.o)
    p.n = 3
    assert.equal("abcdef", p.o)
    p.n = 4
    raises("out of bounds", function() return p.o end)
    l = layout.struct { { key = "n", bytes = 8, length = "header", unit = 65536 }, { key = "o", type = "string" } }
    p = layout.newpointer(l, memory.create("\xff\xff\xff\xff\xff\xff\xff\xffabc"))
    raises("out of bounds", function() return p.o end)
    p.n = 1 << 48 -- times 2^16 is 0 in 64 bits
    raises("out of bounds", function() return p.o end)
  end)

  it("are at one place in a union", function()
    local l = layout.struct { endian = "big",
      { key = "head", bytes = 1 },
      { type = "union", { key = "type", bytes = 2 }, { key = "length", bytes = 2 },
        { { key = "hi", bytes = 1 }, { key = "lo", bytes = 1 }, { key = "more", bytes = 1 } } },
      { key = "u", type = "union", { key = "n", bytes = 4 }, { key = "s", type = "string", bytes = 2 } },
      { key = "tail", bytes = 1 },
    }
    assert.equal(9, (layout.sizeof(l)))
    local p = layout.newpointer(l, memory.create("\0abcABCDz"))
    assert.equal(p.type, p.length)
    assert.equal(97, p.hi)
    assert.equal(98, p.lo)
    assert.equal(99, p.more)
    assert.equal("AB", p.u.s)
    assert.equal(0x41424344, p.u.n)
    assert.equal(122, p.tail)
    p.u.s = "xy"
    assert.equal("\0abcxyCDz", tostring(layout.getpointer(p)))
  end)

  it("group without key into their parent", function()
    local l = layout.struct { { { key = "a", bytes = 1 }, { { key = "b", bytes = 1 } } }, { key = "c", bytes = 1 } }
    local p = layout.newpointer(l, memory.create("abc"))
    assert.same({ 97, 98, 99 }, { p.a, p.b, p.c })
  end)

  it("skip padding", function()
    local l = layout.struct { endian = "big", { bits = 3 }, { key = "a", bits = 2 }, { bytes = 2 }, { key = "b", bytes = 1 } }
    assert.equal(4, (layout.sizeof(l)))
    local m = memory.create("\xff\xff\xff\xff")
    local p = layout.newpointer(l, m)
    p.a, p.b = 0, 0
    assert.equal("\xe7\xff\xff\0", tostring(m))
  end)
end)

describe("text formats", function()
  local l = layout.struct { endian = "big",
    { key = "four", format = "ipv4" }, { key = "six", format = "ipv6" }, { key = "mac", format = "mac" },
  }
  local m = memory.create(26)
  local p = layout.newpointer(l, m)

  it("read and write IPv4", function()
    for _, s in ipairs { "0.0.0.0", "10.0.0.1", "255.255.255.255", "127.0.0.1" } do
      p.four = s
      assert.equal(s, p.four)
    end
    p.four = 0xc0000201
    assert.equal("192.0.2.1", p.four)
    p.four = "\1\2\3\4"
    assert.equal("1.2.3.4", p.four)
    p.four = memory.create("\5\6\7\8")
    assert.equal("5.6.7.8", p.four)
    for _, s in ipairs { "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "", "1..2.3", "a.b.c.d", ".1.2.3", "1.2.3.4." } do
      raises("no ipv4 address: '.*' %(field 'four'", function() p.four = s end)
    end
    raises("unsigned overflow", function() p.four = 1 << 32 end)
    raises("unsigned overflow", function() p.four = -1 end)
    raises("integer, text or bytes expected", function() p.four = {} end)
    raises("integer, text or bytes expected", function() p.four = 1.5 end)
    raises("size mismatch", function() p.four = memory.create(3) end)
  end)

  it("write IPv6 as RFC 5952 says", function()
    local cases = { -- text given, text of RFC 5952, sections 1 to 5
      { "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
      { "2001:0db8::0001", "2001:db8::1" },
      { "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
      { "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
      { "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
      { "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
      { "2001:db8:aaaa:bbbb:cccc:dddd:eeee:AAAA", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa" },
      { "::", "::" }, { "::1", "::1" }, { "1::", "1::" }, { "0:0:0:0:0:0:0:0", "::" },
      { "::ffff:192.0.2.1", "::ffff:192.0.2.1" }, { "::ffff:c000:201", "::ffff:192.0.2.1" },
      { "64:ff9b::192.0.2.33", "64:ff9b::c000:221" }, { "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
      { "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" }, { "0:0:1::", "0:0:1::" }, { "::2:0:0:1", "::2:0:0:1" },
      { "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" }, { "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
    }
    for _, c in ipairs(cases) do
      p.six = c[1]
      assert.equal(c[2], p.six)
    end
    p.six = ("\xfe\x80" .. ("\0"):rep(13) .. "\1")
    assert.equal("fe80::1", p.six)
    for _, s in ipairs { "", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::",
      "::1.2.3", "1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "g::", "::1%lo", " ::1", "1:2:3:4:5:6:7:8::", "1:", ":1",
      "::1:2:3:4:5:6:7:8" } do
      raises("no ipv6 address", function() p.six = s end)
    end
    raises("text or bytes expected", function() p.six = 1 end)
  end)

  it("read and write MAC addresses", function()
    p.mac = "02:00:5E:10:00:ff"
    assert.equal("02:00:5e:10:00:ff", p.mac)
    p.mac = "1-2-3-4-5-6"
    assert.equal("01:02:03:04:05:06", p.mac)
    p.mac = 0x020000000001
    assert.equal("02:00:00:00:00:01", p.mac)
    p.mac = "abcdef"
    assert.equal("61:62:63:64:65:66", p.mac)
    for _, s in ipairs { "1:2:3:4:5", "1:2:3:4:5:6:7", "1:2-3:4:5:6", "123:2:3:4:5:6", "1:2:3:4:5:", "x:2:3:4:5:6" } do
      raises("no mac address", function() p.mac = s end)
    end
    raises("unsigned overflow", function() p.mac = 1 << 48 end)
  end)
end)

describe("layout.struct", function()
  local function refuses(text, t)
    raises(text, layout.struct, t)
  end

  it("names layout, field and word of what is wrong", function()
    refuses("table expected", nil)
    refuses("layout 'struct': field 'a': no size", { { key = "a" } })
    refuses("layout 'l': field 'a': more than 64 bits", { name = "l", { key = "a", type = "number", bits = 65 } })
    refuses("field 'a': more than 64 bits", { { key = "a", type = "boolean", bytes = 9 } })
    refuses("word 'bits': size out of range", { { key = "a", bits = 0 } })
    refuses("word 'bits': size out of range", { { key = "a", bits = 1 << 40 } })
    refuses("word 'bits': integer expected", { { key = "a", bits = "4" } })
    refuses("word 'bits': integer expected", { { key = "a", bits = 1.5 } })
    refuses("bits and bytes given", { { key = "a", bits = 1, bytes = 1 } })
    refuses("unknown word 'bitz'", { { key = "a", bitz = 1 } })
    refuses("layout 'struct': unknown word 'nam'", { nam = "x" })
    refuses("a word is a string, not a boolean", { { key = "a", bits = 1, [true] = 1 } })
    refuses("unknown type integer", { { key = "a", type = "integer", bits = 1 } })
    refuses("word 'endian': big, little or native expected", { { key = "a", bits = 1, endian = "middle" } })
    refuses("unknown format ipv5", { { key = "a", bytes = 4, format = "ipv5" } })
    refuses("whole bytes that this format takes: ipv4", { { key = "a", bytes = 3, format = "ipv4" } })
    refuses("whole bytes that this format takes: ipv4", { { bits = 1 }, { key = "a", bits = 32, format = "ipv4" } })
    refuses("name used twice: a", { { key = "a", bits = 1 }, { key = "a", bits = 1 } })
    refuses("name used twice: a", { { key = "a", bits = 1 }, { key = "b", bits = 1, alias = "a" } })
    refuses("name used twice: b", { { key = "a", bits = 1, alias = { "b", "b" } } })
    refuses("name of over 40 characters", { { key = ("x"):rep(41), bits = 1 } })
    refuses("word 'key': empty", { { key = "", bits = 1 } })
    refuses("word 'key': string expected", { { key = 1, bits = 1 } })
    refuses("string with zeros", { { key = "a\0", bits = 1 } })
    refuses("share a byte", { { key = "a", bits = 4, endian = "big" }, { key = "b", bits = 4, endian = "little" } })
    refuses("nothing may follow", { { key = "a", type = "string" }, { key = "b", bits = 1 } })
    refuses("nothing may follow", { { key = "s", { key = "a", type = "string" } }, { key = "b", bits = 1 } })
    refuses("nothing may follow", { { type = "union", { key = "a", type = "string" } }, { key = "b", bits = 1 } })
    refuses("padding without size", { { type = "string" } })
    refuses("a field is a table, not a number", { 1 })
    refuses("has no size of its own", { { key = "s", bits = 4, { key = "a", bits = 1 } } })
    refuses("'each' goes with an array", { { key = "s", type = "array", count = 1 } })
    refuses("'each' goes with an array", { { key = "s", type = "struct", each = { bits = 1 } } })
    refuses("an array needs a key", { { each = { bits = 1 }, count = 1 } })
    refuses("elements that are no whole bytes", { { key = "a", each = { bits = 1 } } })
    refuses("an element has no key", { { key = "a", count = 1, each = { key = "b", bits = 1 } } })
    refuses("'count' goes with an array", { { key = "a", bits = 1, count = 2 } })
    refuses("go with a struct", { { key = "a", type = "number", bits = 1, { key = "b", bits = 1 } } })
    refuses("too large", { { key = "a", count = 1 << 20, each = { bytes = 1 << 20 } } })
    refuses("layout too large", { { key = "a", type = "string", bytes = 1 << 26 }, { key = "b", type = "string", bytes = 1 << 26 },
      { key = "c", type = "string", bytes = 1 << 26 } })
    refuses("unit or bias out of range", { { key = "a", bits = 1, length = "header", unit = 0 } })
    refuses("the one number that may give", { { key = "a", bits = 1, length = "header" }, { key = "b", bits = 1, length = "header" } })
    refuses("word 'flags': table of names expected", { { key = "a", bits = 1, flags = "x" } })
    refuses("word 'enum': integer as key expected", { { key = "a", bits = 1, enum = { a = "x" } } })
    refuses("word 'under'", { under = { ethertype = "x" } })
    refuses("word 'link': link type expected", { link = "x" })
    local loop = { key = "s" }
    loop[1] = loop
    refuses("too deep", { loop })
    local many = {}
    for k = 1, 1100 do many[k] = { key = "k" .. k, bits = 1 } end
    refuses("too many fields", many)
  end)

  it("keeps the words that say more, for fields to show", function()
    local l = layout.struct { name = "proto", endian = "big", under = { ipproto = { 1, 2 }, udpport = { min = 5, max = 9 } },
      link = { 1, 2 }, line = "{a}",
      { key = "a", alias = { "b", "c" }, bytes = 2, default = 7, enum = { [1] = "one", [2] = "two" }, equal = 3, next = "udpport" },
      { key = "f", bits = 9, flags = { "fin", "syn" }, letters = "FS", default = true, min = -1, max = 4 },
      { key = "n", bits = 7, enum = "ethertype", length = { "x", "y" }, unit = 4, bias = -2, open = 0 },
      { key = "s", bytes = 2, sum = "internet", cover = "total", pseudo = true, zero = 0xffff },
      { key = "src", format = "ipv4", role = "source", default = "10.0.0.1" },
      { key = "h", bytes = 1, hint = "tcpport", signed = true, endian = "little" },
    }
    local f = layout.fields(l)
    assert.equal("proto", f.name)
    assert.equal("{a}", f.line)
    assert.same({ 1, 2 }, f.link)
    table.sort(f.under, function(x, y) return x.min < y.min end)
    assert.same({ { space = "ipproto", min = 1, max = 1 }, { space = "ipproto", min = 2, max = 2 },
      { space = "udpport", min = 5, max = 9 } }, f.under)
    assert.same({ key = "a", type = "number", offset = 0, bit = 0, bits = 16, endian = "big", signed = false,
      alias = { "b", "c" }, default = 7, enum = { "one", "two" }, equal = 3, next = "udpport" }, f[1])
    assert.same({ key = "f", type = "number", offset = 2, bit = 0, bits = 9, endian = "big", signed = false,
      flags = { "fin", "syn" }, letters = "FS", default = 1, min = -1, max = 4 }, f[2])
    assert.same({ key = "n", type = "number", offset = 3, bit = 1, bits = 7, endian = "big", signed = false,
      enum = "ethertype", length = { "x", "y" }, unit = 4, bias = -2, open = 0 }, f[3])
    assert.same({ key = "s", type = "number", offset = 4, bit = 0, bits = 16, endian = "big", signed = false,
      sum = "internet", cover = "total", pseudo = 1, zero = 0xffff }, f[4])
    assert.same({ key = "src", type = "number", offset = 6, bit = 0, bits = 32, endian = "big", signed = false,
      format = "ipv4", role = "source", default = "10.0.0.1" }, f[5])
    assert.same({ key = "h", type = "number", offset = 10, bit = 0, bits = 8, endian = "little", signed = true,
      hint = "tcpport" }, f[6])
    raises("layout or pointer expected", layout.fields, 1)
    raises("no field 'x' in layout 'proto'", layout.sizeof, l, "x")
    raises("no field 'a.x'", layout.sizeof, l, "a.x")
    assert.equal("number", layout.fields(ipv4hdr, "source")[4].type)
    assert.equal(15, layout.fields(ipv4hdr, "source")[4].offset)
  end)

  it("takes arrays of arrays, as deep as structs", function()
    for depth = 1, 20 do
      local d = { default = "x", enum = { "a" }, bits = 8 }
      for _ = 1, depth do d = { default = "x", enum = { "a" }, count = 1, each = d } end
      d.key = "a"
      local ok, l = pcall(layout.struct, { d })
      if ok then
        assert.equal(1, (layout.sizeof(l)))
        local p = layout.newpointer(l, memory.create("x")).a
        for _ = 2, depth do p = p[1] end
        assert.equal(120, p[1])
      else
        assert.matches("structs too deep", l)
        assert.is_true(depth > 14)
      end
    end
  end)

  it("is not changed by tables changed while it reads", function()
    -- In a state of its own, where a small heap makes collections frequent.
    assert.same({ true, "" }, { require("seedmem").state [[
      local layout = require "layout"
      collectgarbage("incremental", 1, 1000, 8)
      local t, attacked, n = nil, 0, 0
      local function arm()
        setmetatable({}, { __gc = function()
          attacked = attacked + 1
          if t then
            for k = 1, 20 do t[1].enum[k] = nil end
            t.name, t[1].key, t[1].alias = nil, nil, nil
          end
          arm()
        end })
      end
      for _ = 1, 10 do arm() end
      local function check(s, pattern) if s and not s:match(pattern) then error("changed: " .. s) end end
      for _ = 1, 500 do
        n = n + 1
        local enum = {}
        for k = 1, 20 do enum[k] = "name" .. n .. "x" .. k end
        t = { name = "victim" .. n, { key = "a" .. n, alias = { "b" .. n, "c" .. n }, bits = 8, enum = enum } }
        local ok, f = pcall(function() return layout.fields(layout.struct(t)) end)
        t = nil
        if ok then
          if f.name ~= "struct" then check(f.name, "^victim%d+$") end
          for _, field in ipairs(f) do
            check(field.key, "^a%d+$")
            for _, a in ipairs(field.alias or {}) do check(a, "^[bc]%d+$") end
            for _, name in pairs(field.enum or {}) do check(name, "^name%d+x%d+$") end
          end
        end
      end
      if attacked < 500 then error("attacked " .. attacked .. " times only") end
    ]] })
  end)
end)

describe("random layouts", function()
  --- A model that knows bits only: field by field, where each of its bits lies.
  local function model(fields, rnd)
    local cursor, placed, lastlittle = 0, {}, nil
    for k = 1, rnd(1, 12) do
      local f = { key = "f" .. k, endian = rnd(2) == 1 and "big" or "little" }
      local bits
      if rnd(3) == 1 then
        f.bytes = rnd(1, 8)
        bits = f.bytes * 8
        cursor = (cursor + 7) // 8 * 8
      else
        bits = rnd(1, 64)
        f.bits = bits
      end
      if cursor % 8 ~= 0 then f.endian = lastlittle and "little" or "big" end
      if rnd(4) == 1 then f.signed = true end
      local little = f.endian == "little"
      local places = {} -- from the most significant bit: byte (from 1) and mask
      for b = 0, bits - 1 do
        local bit = cursor + (little and bits - 1 - b or b)
        places[b + 1] = { bit // 8 + 1, little and 1 << bit % 8 or 0x80 >> bit % 8 }
      end
      cursor, lastlittle = cursor + bits, little
      fields[k] = f
      placed[k] = { key = f.key, bits = bits, signed = f.signed, places = places }
    end
    return placed, (cursor + 7) // 8
  end

  it("read and write as a model that goes bit by bit", function()
    math.randomseed(42)
    for _ = 1, 300 do
      local fields = {}
      local placed, size = model(fields, math.random)
      local l = layout.struct(fields)
      assert.equal(size, (layout.sizeof(l)))
      local m = memory.create(size + 2)
      for k = 1, #m do m:set(k, math.random(0, 255)) end
      local p = layout.newpointer(l, m, 2)
      for _ = 1, 20 do
        local f = placed[math.random(#placed)]
        local value = 0
        for _, place in ipairs(f.places) do
          value = value << 1 | (m:get(place[1] + 1) & place[2] ~= 0 and 1 or 0)
        end
        if f.signed and f.bits < 64 and value >> (f.bits - 1) == 1 then value = value | -1 << f.bits end
        assert.equal(value, p[f.key])
        local new = math.random(0)
        if f.bits < 64 then
          new = new & (1 << f.bits) - 1
          if f.signed and new >> (f.bits - 1) == 1 then new = new | -1 << f.bits end
        end
        local want = { m:get(1, -1) }
        for b, place in ipairs(f.places) do
          local k = place[1] + 1
          want[k] = want[k] & ~place[2]
          if new >> (f.bits - b) & 1 == 1 then want[k] = want[k] | place[2] end
        end
        p[f.key] = new
        assert.equal(new, p[f.key])
        assert.same(want, { m:get(1, -1) })
      end
      for n = 0, size - 1 do -- truncated: nothing past the end is read or written
        layout.setpointer(p, memory.create(n))
        for _, f in ipairs(placed) do
          local inside = true
          for _, place in ipairs(f.places) do inside = inside and place[1] <= n end
          assert.equal(inside, (pcall(function() return p[f.key] end)))
          assert.equal(inside, (pcall(function() p[f.key] = 0 end)))
        end
      end
    end
  end)

  it("begin each element of an array as the first", function()
    local l = layout.struct { endian = "big", { key = "a", count = 2, each = { { key = "x", bytes = 1 }, { key = "y", bits = 4 } } } }
    assert.equal(4, (layout.sizeof(l)))
    local p = layout.newpointer(l, memory.create("\1\x20\3\x40"))
    assert.same({ 1, 2, 3, 4 }, { p.a[1].x, p.a[1].y, p.a[2].x, p.a[2].y })
  end)

  it("nest bit fields that start inside a byte", function()
    local l = layout.struct { endian = "big",
      { key = "head", bits = 3 },
      { key = "s", { key = "a", bits = 7 }, { key = "t", { key = "b", bits = 9 } }, { key = "c", bits = 1 } },
      { key = "list", count = 3, each = { { key = "x", bits = 3 }, { key = "y", bits = 2 } } },
      { key = "flat", count = 4, each = { bits = 3 } },
      { key = "whole", count = 2, each = { { key = "x", bits = 4 }, { key = "y", bytes = 1 } } },
    }
    local m = memory.create(12)
    local p = layout.newpointer(l, m)
    local function bits() return (tostring(m):gsub(".", function(c)
      local s = ""
      for b = 7, 0, -1 do s = s .. (c:byte() >> b & 1) end
      return s
    end)) end
    p.s.a, p.s.t.b, p.s.c = 127, 0, 1
    assert.equal("0001111111" .. "000000000" .. "1", bits():sub(1, 20))
    p.s.t.b = 257
    p.list[2].x, p.list[2].y, p.list[3].y = 5, 1, 3
    assert.equal("0001111111" .. "100000001" .. "1" .. "00000" .. "10101" .. "00011", bits():sub(1, 35))
    p.flat[1], p.flat[4] = 7, 5
    assert.equal("111" .. "000000" .. "101" .. "0", bits():sub(36, 48))
    p.whole[1].x, p.whole[1].y, p.whole[2].x, p.whole[2].y = 15, 255, 9, 129
    assert.equal("1111" .. "0000" .. "11111111" .. "1001" .. "0000" .. "10000001", bits():sub(49, 80))
    assert.same({ 5, 1 }, { p.list[2].x, p.list[2].y })
    assert.equal(257, p.s.t.b)
    assert.equal(9, p.whole[2].x)
  end)
end)

describe("align", function()
  it("aligns what follows a field of constant size", function()
    local aligned = { name = "aligned", endian = "big", { key = "a", bytes = 1, align = 4 }, { key = "b", bits = 4 },
      { key = "c", bits = 12, align = 2 }, { key = "d", bytes = 2 } }
    local l = layout.register(aligned)
    local m = memory.create "\1\2\3\4\x56\x78\9\10"
    local p = layout.newpointer(l, m)
    assert.same({ 1, 5, 0x678, 0x090a }, { p.a, p.b, p.c, p.d })
    local view = require "pktcraft.packet".new(m, l).aligned
    assert.same({ 1, 5, 0x678, 0x090a }, { view.a, view.b, view.c, view.d })
    for key, place in pairs { b = { 4, 0 }, c = { 4, 4 }, d = { 6, 0 } } do assert.same(place, { layout.offsetof(l, key) }) end
    assert.equal("\1\0\0\0\x56\x78\9\10", l { a = 1, b = 5, c = 0x678, d = 0x090a }.memory:tostring())
    assert.has_error(function() layout.struct { { bytes = 1, align = 4 } } end, "layout 'struct': field '(padding)': align needs a key")
  end)
end)
