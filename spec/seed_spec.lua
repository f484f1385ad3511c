--- The Lua samples of the seed document, as they stand there.
-- luacheck: ignore 111 113 211
describe("the Lua samples of the seed", function()
  it("create a fixed-size memory", function()
    local memory = require "memory"
    local zeros = memory.create(8)
    assert(memory.type(zeros) == "fixed")
    assert(memory.len(zeros) == 8)
    assert(memory.tostring(zeros) == string.rep("\0", 8))

    local copy = memory.create("Hello, world!")
    assert(memory.type(copy) == "fixed")
    assert(memory.len(copy) == 13)
    assert(memory.tostring(copy) == "Hello, world!")
  end)

  it("create a resizable memory", function()
    local memory = require "memory"
    local resizable = memory.create()
    assert(memory.type(resizable) == "resizable")
    assert(memory.len(resizable) == 0)

    memory.resize(resizable, 4)
    assert(memory.len(resizable) == 4)
    assert(memory.tostring(resizable) == "\0\0\0\0")

    memory.fill(resizable, 0xff)
    assert(memory.tostring(resizable) == "\xff\xff\xff\xff")
    memory.resize(resizable, 8)
    assert(memory.tostring(resizable) == "\xff\xff\xff\xff\0\0\0\0")

    memory.resize(resizable, 6)
    assert(memory.tostring(resizable) == "\xff\xff\xff\xff\0\0")
  end)

  it("change contents", function()
    local memory = require "memory"
    local eight = memory.create(8)

    memory.set(eight, 1, 0x01, 0x23, 0x45, 0x67,
                         0x89, 0xab, 0xcd, 0xef)

    memory.fill(eight, "Hello, world!")
    assert(memory.tostring(eight) == "Hello, w")

    memory.fill(eight, "Hello!", 1,  6)
    memory.fill(eight,     0xff, 7, -1)
    assert(memory.tostring(eight) == "Hello!\xff\xff")
  end)

  it("inspect contents", function()
    local memory = require "memory"
    local eight = memory.create("\x01\x23\x45\x67\x89\xab\xcd\xef")

    assert(memory.get(eight, 8) == 0xef)

    local a, b, c = memory.get(eight, 3, 5)
    assert(a == 0x45)
    assert(b == 0x67)
    assert(c == 0x89)

    assert(memory.find(eight, "\x45\x67\x89") == 3)
  end)

  it("compare contents", function()
    local memory = require "memory"
    local m = memory.create("Hello, World!")

    assert(memory.diff(m, "Hello, World!") == nil)

    local diffidx, islessthan = memory.diff(m, "Hello, world!")
    assert(diffidx == 8)
    assert(islessthan == true)
  end)

  it("pack and unpack data", function()
    local memory = require "memory"
    local said
    local print = function(s) said = s end
    local m = memory.create(2)

    memory.pack(m, "I2", 1, 0x0001)
    if memory.unpack(m, "B") == 0 then
      print("big-endian platform")
    else
      print("little-endian platform")
    end
    assert(said == (string.pack("=I2", 1) == "\0\1" and "big" or "little") .. "-endian platform")
  end)
end)
