local checksum = require "pktcraft.checksum"
local memory = require "memory"

local function unhex(s)
  return (s:gsub("%s", ""):gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end))
end

--- The sum as RFC 1071 writes it: 16-bit words, one at a time.
local function reference(s)
  local sum = 0
  for k = 1, #s, 2 do
    sum = sum + (s:byte(k) << 8 | (s:byte(k + 1) or 0))
    sum = (sum & 0xffff) + (sum >> 16)
  end
  return ~sum & 0xffff
end

local function crcreference(s)
  local crc = 0xffffffff
  for k = 1, #s do
    crc = crc ~ s:byte(k)
    for _ = 1, 8 do crc = crc >> 1 ~ (crc & 1 == 1 and 0x82f63b78 or 0) end
  end
  return ~crc & 0xffffffff
end

local random = {}
math.randomseed(1071)
for n = 0, 200 do
  local bytes = {}
  for k = 1, n do bytes[k] = string.char(math.random(0, 255)) end
  random[#random + 1] = table.concat(bytes)
end
for _, n in ipairs { 1500, 9000, 65535, 65536, 1 << 20 } do
  random[#random + 1] = ("\xff"):rep(n)
  random[#random + 1] = random[201]:rep(n // 200 + 1):sub(1, n)
end

describe("checksum.internet", function()
  it("gives the example of RFC 1071, section 3", function()
    local s = unhex "0001 f203 f4f5 f6f7"
    assert.equal(0xddf2, checksum.partial(s))
    assert.equal(0x220d, checksum.internet(s))
    assert.equal(0xffff, checksum.internet(""))
    assert.equal(0xffff, checksum.internet("\0\0"))
    assert.equal(0, checksum.internet("\xff\xff"))
  end)

  it("agrees with the reference on any length and alignment", function()
    for _, s in ipairs(random) do
      assert.equal(reference(s), checksum.internet(s))
      local m = memory.create("x" .. s .. "yz")
      assert.equal(reference(s), checksum.internet(m, 2, -3))
    end
  end)

  it("takes ranges as string.sub", function()
    local s = random[50]
    for i = -60, 60, 7 do
      for j = -60, 60, 11 do
        assert.equal(reference(s:sub(i, j)), checksum.internet(s, i, j))
      end
    end
  end)

  it("joins partial sums of any lengths", function()
    local s = random[120]
    for cut = 0, #s do
      local a, b = checksum.partial(s, 1, cut), checksum.partial(s, cut + 1)
      assert.equal(reference(s), checksum.internet(s, cut + 1, -1, a))
      assert.equal(reference(s), checksum.finish(checksum.join(a, b)))
      for other = cut, #s, 13 do
        local c, d = checksum.partial(s, cut + 1, other), checksum.partial(s, other + 1)
        assert.equal(reference(s), checksum.finish(checksum.join(a, c, d)))
        assert.equal(reference(s), checksum.finish(checksum.join(a, checksum.join(c, d))))
      end
    end
  end)

  it("refuses what is no partial sum, string or memory", function()
    assert.error_matches(function() checksum.internet("", 1, -1, 1 << 17) end, "partial sum expected")
    assert.error_matches(function() checksum.internet("", 1, -1, -1) end, "partial sum expected")
    assert.error_matches(function() checksum.internet({}) end, "string or memory expected")
    assert.error_matches(function() checksum.finish() end, "number expected")
    assert.error_matches(function() checksum.join("x") end, "number expected")
  end)
end)

describe("checksum.update", function()
  it("gives the example of RFC 1624, section 4", function()
    assert.equal(0x0000, checksum.update(0xdd2f, 0x5555, 0x3285))
  end)

  it("gives what summing anew gives, for any field at an even offset", function()
    for n = 2, 60, 2 do
      local s, t = random[n + 1], random[n + 100]:sub(1, n)
      for at = 0, 4, 2 do
        local head, tail = random[at + 1], random[91]
        assert.equal(reference(head .. t .. tail),
                     checksum.update(reference(head .. s .. tail), s, memory.create(t)))
      end
    end
  end)

  it("keeps a wrong sum wrong by as much", function()
    local s = random[41]
    local wrong = reference(s) - 5
    local changed = "\x12\x34" .. s:sub(3)
    assert.equal(reference(changed) - 5, checksum.update(wrong, s:sub(1, 2), "\x12\x34"))
  end)

  it("refuses values out of range and of unequal sizes", function()
    assert.error_matches(function() checksum.update(65536, 0, 0) end, "value out of range")
    assert.error_matches(function() checksum.update(0, 65536, 0) end, "value out of range")
    assert.error_matches(function() checksum.update(0, "abc", "abd") end, "even number of bytes")
    assert.error_matches(function() checksum.update(0, "ab", "abcd") end, "size mismatch")
  end)
end)

describe("checksum.pseudo", function()
  it("sums IPv4's and IPv6's", function()
    local four = unhex "0a010203 0a010204 00 11 000d"
    assert.equal(reference(four), checksum.finish(checksum.pseudo("10.1.2.3", "10.1.2.4", 17, 13)))
    assert.equal(checksum.pseudo("10.1.2.3", "10.1.2.4", 17, 13),
                 checksum.pseudo("\10\1\2\3", memory.create("\10\1\2\4"), 17, 13))
    local six = unhex "20010db8000000000000000000000003 20010db8000000000000000000000004 0001000e 00000011"
    assert.equal(reference(six), checksum.finish(checksum.pseudo("2001:db8::3", "2001:db8::4", 17, 65550)))
  end)

  it("refuses other addresses and numbers", function()
    assert.error_matches(function() checksum.pseudo("10.1.2", "10.1.2.4", 17, 1) end, "address expected")
    assert.error_matches(function() checksum.pseudo("10.1.2.4", "::1", 17, 1) end, "same family")
    assert.error_matches(function() checksum.pseudo("::1", "::1", 256, 1) end, "value out of range")
    assert.error_matches(function() checksum.pseudo("1.1.1.1", "1.1.1.1", 1, 65536) end, "value out of range")
  end)
end)

describe("checksum.crc32c", function()
  it("gives the vectors of RFC 3720, appendix B.4", function()
    assert.equal(0x8a9136aa, checksum.crc32c(("\0"):rep(32)))
    assert.equal(0x62a8ab43, checksum.crc32c(("\xff"):rep(32)))
    local up = {}
    for k = 0, 31 do up[k + 1] = string.char(k) end
    assert.equal(0x46dd794e, checksum.crc32c(table.concat(up)))
    assert.equal(0x113fdb5c, checksum.crc32c(table.concat(up):reverse()))
    assert.equal(0xd9963a56, checksum.crc32c(unhex [[
      01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018
      28000000 00000000 02000000 00000000 ]]))
    assert.equal(0xe3069283, checksum.crc32c("123456789"))
    assert.equal(0, checksum.crc32c(""))
  end)

  it("agrees with the reference, in one go and in parts", function()
    for n = 1, 200, 3 do
      local s = random[n]
      assert.equal(crcreference(s), checksum.crc32c(s))
      for cut = 0, #s, 29 do
        assert.equal(crcreference(s), checksum.crc32c(s, cut + 1, -1, checksum.crc32c(s, 1, cut)))
      end
    end
  end)
end)
