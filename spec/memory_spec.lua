local memory = require "memory"

local WORDS <const> = string.packsize "T" == 4 and 32 or 64 -- bits of the machine's

describe("memory.create", function()
  it("makes zeroed fixed memories", function()
    local m = memory.create(8)
    assert.equal("fixed", memory.type(m))
    assert.equal(8, memory.len(m))
    assert.equal(("\0"):rep(8), memory.tostring(m))
    assert.equal(0, #memory.create(0))
    assert.equal(3, #memory.create(3.0))
  end)

  it("copies strings, memories and ranges of them", function()
    assert.equal("Hello", tostring(memory.create("Hello")))
    assert.equal("ell", tostring(memory.create("Hello", 2, 4)))
    assert.equal("llo", tostring(memory.create("Hello", -3)))
    assert.equal("Hello", tostring(memory.create("Hello", -30, 30)))
    assert.equal("", tostring(memory.create("Hello", 4, 3)))
    assert.equal("", tostring(memory.create("Hello", 9)))
    local m = memory.create("Hello")
    assert.equal("el", tostring(memory.create(m, 2, 3)))
    assert.equal("fixed", memory.type(memory.create(m)))
    assert.equal("10", tostring(memory.create("10")))
  end)

  it("makes resizable memories when given nothing", function()
    local m = memory.create()
    assert.equal("resizable", memory.type(m))
    assert.equal(0, #m)
  end)

  it("refuses what is no size, string or memory", function()
    assert.error_matches(function() memory.create(-1) end, "invalid size")
    assert.error_matches(function() memory.create(WORDS == 32 and 0x7fffffff or math.maxinteger) end, "too large")
    assert.error_matches(function() memory.create(1.5) end, "no integer representation")
    assert.error_matches(function() memory.create({}) end, "string or memory expected")
    assert.error_matches(function() memory.create(nil) end, "string or memory expected")
    assert.error(function() memory.create(1 << 60) end)
  end)
end)

describe("memory.type", function()
  it("is nil for other values", function()
    for _, v in ipairs { "s", 1, true, {}, io.stdout, print } do
      assert.is_nil(memory.type(v))
    end
    assert.is_nil(memory.type(nil))
    assert.error_matches(function() memory.type() end, "value expected")
  end)
end)

describe("a memory", function()
  it("has methods, length, tostring and concatenation", function()
    local m = memory.create("abc")
    assert.equal(97, m:get(1))
    assert.equal(3, #m)
    assert.equal("abc", tostring(m))
    assert.equal("abcabc", m .. m)
    assert.equal("abcx", m .. "x")
    assert.equal("xabc", "x" .. m)
    assert.equal("1abc2", 1 .. m .. 2)
  end)

  it("concatenates with what knows how, and raises otherwise", function()
    local m = memory.create("abc")
    local o = setmetatable({}, { __concat = function(a, b) return type(a) .. type(b) end })
    assert.equal("userdatatable", m .. o)
    assert.error_matches(function() return m .. {} end, "attempt to concatenate a table value")
    assert.error_matches(function() return nil .. m end, "attempt to concatenate a nil value")
  end)

  it("hides its metatable", function()
    assert.equal("memory", getmetatable(memory.create(1)))
    assert.equal("memory", getmetatable(memory.create()))
    assert.error(function() memory.create(1).x = 1 end)
  end)

  it("is closed at the end of a block when it is a reference", function()
    local m
    do
      local r <close> = memory.create()
      r:resize(4)
      m = r
    end
    assert.equal("other", memory.type(m))
    assert.equal(0, #m)
    assert.error_matches(function() m:resize(1) end, "resizable memory expected")
  end)
end)

describe("memory.resize", function()
  it("keeps what fits and zeroes the rest", function()
    local m = memory.create()
    m:resize(4)
    assert.equal("\0\0\0\0", tostring(m))
    m:fill(0xff)
    m:resize(8)
    assert.equal("\xff\xff\xff\xff\0\0\0\0", tostring(m))
    m:resize(6)
    assert.equal("\xff\xff\xff\xff\0\0", tostring(m))
    m:resize(0)
    assert.equal("", tostring(m))
    assert.equal("resizable", m:type())
  end)

  it("fills new bytes by repeating a string, a memory, a byte or itself", function()
    local m = memory.create()
    m:resize(5, "ab")
    assert.equal("ababa", tostring(m))
    m:resize(8, memory.create("xyz"))
    assert.equal("ababaxyz", tostring(m))
    m:resize(3)
    m:resize(11, m)
    assert.equal("abaabaabaab", tostring(m))
    m:resize(12, 0x21)
    assert.equal("abaabaabaab!", tostring(m))
    m:resize(13, "")
    assert.equal("abaabaabaab!\0", tostring(m))
    local e = memory.create()
    e:resize(2, e)
    assert.equal("\0\0", tostring(e))
  end)

  it("refuses other memories, sizes and sources", function()
    assert.error_matches(function() memory.resize(memory.create(1), 2) end, "resizable memory expected")
    assert.error_matches(function() memory.resize("abc", 2) end, "memory expected")
    local m = memory.create()
    assert.error_matches(function() m:resize(-1) end, "invalid size")
    assert.error_matches(function() m:resize(2, {}) end, "string or memory expected")
    assert.error_matches(function() m:resize(2, 256) end, "value out of range")
    m:resize(3, "abc")
    assert.error_matches(function() m:resize(1 << 62) end, WORDS == 32 and "invalid size" or "not enough memory")
    assert.equal("abc", tostring(m))
  end)

  it("lets the collector know, so that dead memories do not pile up", function()
    collectgarbage()
    local function resident()
      local f <close> = io.open("/proc/self/statm")
      return f and tonumber(f:read("a"):match("^%d+ (%d+)")) * 4096 or 0
    end
    local before = resident()
    for _ = 1, 2000 do memory.create():resize(1 << 20) end
    assert.is_true(resident() - before < 512 << 20)
  end)
end)

describe("memory.diff", function()
  it("gives the first index that differs, and which is less", function()
    local m = memory.create("Hello, World!")
    assert.same({ nil, false }, { m:diff("Hello, World!") })
    assert.same({ 8, true }, { m:diff("Hello, world!") })
    assert.same({ 8, false }, { memory.diff("Hello, world!", m) })
    assert.same({ 6, true }, { memory.diff("Hello", m) })
    assert.same({ 6, false }, { memory.diff(m, "Hello") })
    assert.same({ 1, false }, { memory.diff("\xff", "\x01") })
    assert.same({ nil, false }, { memory.diff("", "") })
    assert.same({ 1, true }, { memory.diff("", "a") })
    assert.same({ nil, false }, { m:diff(m) })
  end)

  it("finds it at any place of long ones", function()
    local a = memory.create(1000)
    for k = 1, 1000 do
      local b = memory.create(a)
      b:set(k, 1)
      assert.same({ k, true }, { a:diff(b) })
    end
  end)

  it("wants strings or memories", function()
    assert.error_matches(function() memory.diff({}, "") end, "#1.*string or memory expected")
    assert.error_matches(function() memory.diff("", nil) end, "#2.*string or memory expected")
  end)
end)

describe("memory.tostring and get", function()
  local s = "abcdefgh"
  local m = memory.create(s)

  it("agree with string.sub and string.byte on all ranges", function()
    for i = -10, 10 do
      assert.equal(s:sub(i), m:tostring(i))
      for j = -10, 10 do
        assert.equal(s:sub(i, j), m:tostring(i, j))
        assert.same({ s:byte(i, j) }, { m:get(i, j) })
        assert.equal(s:sub(i, j), tostring(memory.create(m, i, j)))
      end
    end
    assert.equal("abcdefgh", m:tostring(math.mininteger, math.maxinteger))
    assert.same({}, { m:get(math.maxinteger) })
  end)

  it("take the defaults", function()
    assert.same({ 97 }, { m:get() })
    assert.same({ 98 }, { m:get(2) })
    assert.same({ 104 }, { m:get(-1) })
    assert.same({}, { m:get(9) })
    assert.same({}, { m:get(0) })
  end)

  it("refuse what is no memory or too long for the stack", function()
    assert.error_matches(function() memory.get("abc", 1) end, "memory expected, got string")
    assert.error_matches(function() memory.len(1) end, "memory expected")
    assert.error_matches(function() memory.tostring({}) end, "string or memory expected")
    assert.error_matches(function() memory.create(1 << 22):get(1, -1) end, "too long")
  end)
end)

describe("memory.set", function()
  it("writes bytes from a position on", function()
    local m = memory.create(8)
    m:set(1, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef)
    assert.equal("\x01\x23\x45\x67\x89\xab\xcd\xef", tostring(m))
    m:set(-2, 1, 2)
    assert.equal("\x01\x23\x45\x67\x89\xab\x01\x02", tostring(m))
    m:set(0, 7)
    m:set(3)
    assert.equal(7, m:get(1))
    m:set(-100, 8)
    assert.equal(8, m:get(1))
  end)

  it("ignores arguments beyond the end", function()
    local m = memory.create(2)
    m:set(2, 1, "no byte", 999)
    assert.equal("\0\1", tostring(m))
  end)

  it("raises, and writes nothing, when a value or the index is out of range", function()
    local m = memory.create(4)
    assert.error_matches(function() m:set(5, 1) end, "index out of bounds")
    assert.error_matches(function() memory.create(0):set(1, 1) end, "index out of bounds")
    assert.error_matches(function() m:set(math.maxinteger, 1) end, "index out of bounds")
    assert.error_matches(function() m:set(1, 1, 256) end, "value out of range")
    assert.error_matches(function() m:set(1, 1, -1) end, "value out of range")
    assert.error_matches(function() m:set(1, 1, "x") end, "number expected")
    assert.error_matches(function() m:set() end, "number expected")
    assert.equal("\0\0\0\0", tostring(m))
  end)
end)

describe("memory.find", function()
  local m = memory.create("\x01\x23\x45\x67\x89\xab\xcd\xef")

  it("gives the position of the first byte", function()
    assert.equal(3, m:find("\x45\x67\x89"))
    assert.equal(3, memory.find(tostring(m), memory.create("\x45\x67\x89")))
    assert.is_nil(m:find("\x45\x67\x88"))
    assert.equal(1, m:find(m))
  end)

  it("looks in a range only", function()
    assert.equal(3, m:find("\x45\x67", 3, 4))
    assert.is_nil(m:find("\x45\x67", 3, 3))
    assert.is_nil(m:find("\x45\x67", 4))
    assert.equal(3, m:find("\x45\x67", -6, -5))
    assert.is_nil(m:find("\x45", 9))
  end)

  it("starts at an offset of what it looks for", function()
    assert.equal(4, m:find("xx\x67\x89", 1, -1, 3))
    assert.equal(5, m:find("xx\x67\x89", 1, -1, -1))
    assert.is_nil(m:find("xx\x67\x89", 1, -1, 5))
    assert.is_nil(m:find(""))
    assert.is_nil(m:find("", 1, -1, 0))
  end)

  it("wants a string or a memory", function()
    assert.error_matches(function() m:find({}) end, "string or memory expected")
    assert.error_matches(function() memory.find(nil, "") end, "string or memory expected")
  end)
end)

describe("memory.fill", function()
  it("repeats strings, memories and bytes over a range", function()
    local m = memory.create(8)
    m:fill("Hello, world!")
    assert.equal("Hello, w", tostring(m))
    m:fill("Hello!", 1, 6)
    m:fill(0xff, 7, -1)
    assert.equal("Hello!\xff\xff", tostring(m))
    m:fill(memory.create("abc"))
    assert.equal("abcabcab", tostring(m))
    m:fill("x", 3, 2)
    m:fill("x", 9)
    m:fill("")
    m:fill("xyz", 1, -1, 4)
    assert.equal("abcabcab", tostring(m))
    m:fill("xyz", 2, -2, 2)
    assert.equal("ayzyzyzb", tostring(m))
    m:fill("xyz", 2, -2, -1)
    assert.equal("azzzzzzb", tostring(m))
  end)

  it("is right for every overlap of source and destination", function()
    local s = "0123456789"
    for i = 1, 10 do
      for o = 1, 10 do
        for j = i, 10 do
          local m = memory.create(s)
          m:fill(m, i, j, o)
          local want = s:sub(1, i - 1) .. s:sub(o):rep(10):sub(1, j - i + 1) .. s:sub(j + 1)
          assert.equal(want, tostring(m))
        end
      end
    end
  end)

  it("refuses other sources", function()
    local m = memory.create(1)
    assert.error_matches(function() m:fill({}) end, "string or memory expected")
    assert.error_matches(function() m:fill(256) end, "value out of range")
    assert.error_matches(function() m:fill(-1) end, "value out of range")
    assert.error_matches(function() memory.fill("abc", 1) end, "memory expected")
  end)
end)

describe("memory.pack and unpack", function()
  it("agree with string.pack on every format", function()
    local cases = {
      { "b", -128 }, { "B", 255 }, { "h", -2 }, { "H", 65535 }, { "l", -5 }, { "L", 5 },
      { "j", math.mininteger }, { "J", -1 }, { "T", 77 }, { "f", 1.5 }, { "d", math.pi },
      { "n", -0.1 }, { "s", "hello" }, { "s1", "hello" }, { "s2", "" }, { "z", "zero" },
      { "x" }, { "c5", "12345" }, { "c0", "" }, { "i16", -3 }, { "I16", -3 }, { "i9", math.mininteger },
      { "<i4 >i4 =i4", 1, 2, 3 }, { "!4 b i8", 1, 2 }, { "! b d", 1, 2.5 }, { "!8 b Xi8 i4", 1, 2 },
      { "!2 B s4", 1, "ab" }, { ">I2 <I2 z B", 258, 258, "abc", 9 }, { "b x x b", 1, 2 }, { " < i 3 ", 7 },
    }
    for size = 1, 16 do
      for _, order in ipairs { "<", ">", "=" } do
        cases[#cases + 1] = { order .. "i" .. size, -1 }
        cases[#cases + 1] = { order .. "I" .. size, 100 }
        if size > 7 then cases[#cases + 1] = { order .. "i" .. size, math.mininteger } end
      end
    end
    for _, case in ipairs(cases) do
      local fmt = case[1]
      local ok, want = pcall(string.pack, table.unpack(case))
      if ok then
        for i = 1, 3 do
          local pre = ("\xa5"):rep((i - 1) * 16)
          local m = memory.create(pre .. ("\xa5"):rep(#want + 3))
          local r = { m:pack(fmt, #pre + 1, table.unpack(case, 2)) }
          assert.same({ true, #pre + #want + 1 }, r, fmt)
          assert.equal(pre .. want .. "\xa5\xa5\xa5", tostring(m), fmt)
          assert.same({ string.unpack(fmt, tostring(m), #pre + 1) }, { m:unpack(fmt, #pre + 1) }, fmt)
          assert.same({ memory.unpack(tostring(m), fmt, #pre + 1) }, { m:unpack(fmt, #pre + 1) })
        end
      else
        assert.equal(" < i 3 ", fmt)
      end
    end
  end)

  it("gives back what does not fit, and writes no part of it", function()
    local m = memory.create(4)
    assert.same({ false, 3, 7, "x" }, { m:pack("<I2 I4 s1", 1, 5, 7, "x") })
    assert.equal("\5\0\0\0", tostring(m))
    assert.same({ false, 5, 9 }, { m:pack("I4 B", 1, 1, 9) })
    assert.same({ false, 3, "abc" }, { m:pack("z", 3, "abc") })
    assert.same({ false, 1, "abcd" }, { m:pack("s1", 1, "abcd") })
    assert.same({ false, 1, "abcde" }, { m:pack("c5", 1, "abcde") })
    assert.same({ false, 5 }, { m:pack("I4 x", 1, 0) })
    assert.same({ false, 2, 2 }, { m:pack("!4 b i4", 1, 1, 2) })
    assert.same({ true, 5 }, { m:pack("", 5) })
    assert.same({ false, 5, 1 }, { m:pack("b", 5, 1) })
    assert.same({ true, 2 }, { m:pack("b", 1, 1, "not asked for") })
  end)

  it("packs into and unpacks from empty memories", function()
    local m = memory.create()
    assert.same({ false, 1, 7 }, { m:pack("b", 1, 7) })
    assert.same({ true, 1 }, { m:pack("c0", 1, "") })
    assert.same({ true, 1 }, { m:pack("", -1) })
    assert.same({ "", 1 }, { m:unpack("c0") })
  end)

  it("takes memories as strings, also itself", function()
    local m = memory.create("abcdef")
    assert.same({ true, 7 }, { m:pack("z c3", 1, memory.create("xy"), memory.create("123")) })
    assert.equal("xy\000123", tostring(m))
    m = memory.create("abcdefgh\0\0")
    m:pack("s1", 1, memory.create(m, 1, 8))
    assert.equal("\8abcdefgh\0", tostring(m))
    m = memory.create("abcd")
    assert.same({ true, 5 }, { m:pack("c4", 1, m) })
    assert.equal("abcd", tostring(m))
  end)

  it("corrects the index", function()
    local m = memory.create("abcd")
    assert.same({ 100, 5 }, { m:unpack("B", -1) })
    assert.same({ 97, 2 }, { m:unpack("B", -9) })
    assert.same({ 97, 2 }, { m:unpack("B", 0) })
    assert.same({ true, 5 }, { m:pack("B", -1, 1) })
    assert.error_matches(function() m:pack("B", 6, 1) end, "index out of bounds")
    assert.error_matches(function() m:unpack("B", 6) end, "out of string")
  end)

  it("words its errors as string.pack does", function()
    local m = memory.create(64)
    local function packs(text, ...)
      local args = table.pack(...)
      assert.error_matches(function() m:pack(args[1], 1, table.unpack(args, 2, args.n)) end, text)
    end
    packs("overflow", "b", 128)
    packs("overflow", "b", -129)
    packs("overflow", "B", 256)
    packs("overflow", "B", -1)
    packs("overflow", "i7", 1 << 55)
    packs("does not fit", "s1", ("x"):rep(256))
    packs("contains zeros", "z", "a\0b")
    packs("wrong length", "c4", "abc")
    packs("wrong length", "c4", "abcde")
    packs("out of limits", "i17", 1)
    packs("out of limits", "i0", 1)
    packs("out of limits", "!17")
    packs("out of limits", "i" .. ("9"):rep(40), 1)
    packs("power of 2", "!4 i3", 1)
    packs("missing size", "c", "x")
    packs("invalid next option", "X")
    packs("invalid next option", "Xz")
    packs("invalid next option", "Xc1")
    packs("invalid next option", "X ")
    packs("invalid format option 'r'", "r")
    packs("string or memory expected", "z", {})
    packs("number expected", "b", "x")
    packs("number expected", "d")
    local function unpacks(text, s, ...)
      local args = table.pack(...)
      local u = memory.create(s)
      assert.error_matches(function() u:unpack(table.unpack(args)) end, text)
    end
    unpacks("too short", "abc", "I4")
    unpacks("too short", "\5abc", "s1")
    unpacks("too short", "abc", "c4")
    unpacks("too short", "", "x")
    unpacks("too short", "abcde", "!4 b i4")
    unpacks("too short", "\xff\xff\xff\xff\xff\xff\xff\xff", "s8")
    unpacks("unfinished string for format 'z'", "abc", "z")
    unpacks("does not fit", ("\1"):rep(16), "i16")
    unpacks("does not fit", ("\xff"):rep(16), "I16")
    unpacks("invalid next option", "abc", "X")
  end)

  it("unpacks many values", function()
    local m = memory.create(("a"):rep(300))
    local r = table.pack(m:unpack(("B"):rep(300)))
    assert.equal(301, r.n)
    assert.equal(301, r[301])
  end)
end)
