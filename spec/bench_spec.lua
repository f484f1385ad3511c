--- The arithmetic of the benchmarks, and that the importer hands over what it says.
local stats = require "bench.stats"

describe("bench.stats", function()
  it("gives order statistics of odd, even and single samples", function()
    assert.equal(3, stats.median { 5, 1, 3 })
    assert.equal(2.5, stats.median { 4, 1, 2, 3 })
    assert.equal(7, stats.median { 7 })
    assert.equal(1, stats.quantile({ 3, 1, 2 }, 0))
    assert.equal(3, stats.quantile({ 3, 1, 2 }, 1))
    assert.equal(1.5, stats.quantile({ 3, 1, 2 }, 0.25))
    assert.equal(-2, stats.min { 3, -2, 5 })
    assert.equal(5, stats.max { 3, -2, 5 })
    assert.error_matches(function() stats.median {} end, "no values")
    local list = { 3, 1, 2 }
    stats.median(list)
    assert.same({ 3, 1, 2 }, list)
  end)

  it("writes CSV, text and Markdown", function()
    assert.equal('a,"b,c","say ""x""",,1.5\n', stats.csv("a", "b,c", 'say "x"', nil, 1.5))
    assert.equal("name    n\nlonger  7\n", stats.text { { "name", "n" }, { "longer", "7" } })
    assert.equal("| a | b |\n|---|---:|\n| 1 | 2 |\n", stats.markdown { { "a", "b" }, { "1", "2" } })
  end)
end)

describe("the importer", function()
  local memory = require "memory"
  local importer = require "importer"

  it("hands the sequence over by each way, changed each time", function()
    for _, size in ipairs { 20, 64, 512, 1500 } do
      importer.size(size)
      local ref, fixed = memory.create(), memory.create(size)
      importer.setref(ref)
      local first = tostring(ref)
      assert.equal(size, #first)
      assert.equal("other", ref:type())
      importer.setmem(fixed)
      assert.equal(tostring(ref), tostring(fixed)) -- the reference shows the change
      assert.is_false(first == tostring(fixed))
      local new = importer.newref()
      assert.equal(tostring(ref), tostring(new))
      local m = importer.newmem()
      assert.equal("fixed", m:type())
      assert.equal(tostring(ref), tostring(m))
      local s = importer.string()
      assert.equal(tostring(ref), s)
      local before = s
      importer.skip()
      assert.is_false(before == tostring(ref))
      importer.unchecked(ref)
      assert.equal(size, #ref)
      importer.byname(importer.newbyname())
      assert.error(function() importer.byname(ref) end)
    end
    assert.error_matches(function() importer.size(7) end, "size out of range")
    assert.error_matches(function() importer.size(1 << 20) end, "size out of range")
  end)

  it("runs a case, and tells time, allocation and use apart", function()
    for _, mode in ipairs { "gc", "nogc" } do
      local pipe <close> = io.popen(("lua5.4 bench/import.lua case newmem 64 %s"):format(mode))
      local numbers = {}
      for n in pipe:read("a"):gmatch("%S+") do numbers[#numbers + 1] = tonumber(n) end
      assert.equal(6, #numbers)
      local cpu, loop, collection, final, allocated = table.unpack(numbers)
      assert.is_true(cpu > 0 and loop > 0 and final > 0)
      assert.equal(mode == "gc", collection > 0)
      assert.is_true(math.abs(allocated / 100000 - 120) < 10) -- header, metatable and bytes of a memory
    end
  end)
end)
