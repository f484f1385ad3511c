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

  it("gives ns a frame, less what no frames cost", function()
    assert.equal(250, stats.perframe(0.75, 0.25, 2000000))
    assert.equal(0, stats.perframe(0.1, 0.2, 10))
    assert.error_matches(function() stats.perframe(1, 0, 0) end, "no frames")
  end)

  it("takes results apart to compare them", function()
    assert.same({ "a 1", "b 2" }, stats.lines "b 2\na 1\n")
    assert.same({}, stats.lines "")
    local function record(time, data) return string.pack("=I4I4I4I4", time, 0, #data, #data + 1) .. data end
    local head = ("\0"):rep(24)
    local a = head .. record(1, "abc") .. record(2, "d")
    assert.same(stats.records(a), stats.records(head .. record(7, "abc") .. record(8, "d")))
    assert.equal(2, #stats.records(a))
    assert.is_false(stats.records(a)[1] == stats.records(head .. record(1, "abd"))[1])
    assert.same({}, stats.records(head))
  end)

  it("makes a word of the shell of any string", function()
    for _, s in ipairs { "a b", "it's", '"$HOME" `x` \\', "tab\there" } do
      local pipe <close> = io.popen("printf %s " .. stats.quote(s))
      assert.equal(s, pipe:read("a"))
    end
  end)

  it("writes CSV, text and Markdown", function()
    assert.equal('a,"b,c","say ""x""",,1.5\n', stats.csv("a", "b,c", 'say "x"', nil, 1.5))
    assert.same({ { "a", "b,c", 'say "x"', "", "1.5" }, { "" , "z" } },
      stats.readcsv(stats.csv("a", "b,c", 'say "x"', nil, 1.5) .. ",z\n"))
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

describe("the jobs", function()
  local support = require "spec.support"

  --- The results of the plain Lua and the pointer tools on the same small captures.
  it("give the same by different tools", function()
    if not os.execute("command -v cc >/dev/null 2>&1") then return pending "no C compiler" end
    local folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
    local function shell(line, ...)
      line = line:format(...)
      assert(os.execute(line), line)
    end
    shell("cc -O1 -o %s/floor bench/tools/floor.c && cc -O1 -o %s/mkcapture bench/mkcapture.c", folder, folder)
    shell("%s/mkcapture traffic 3000 %s/t && %s/mkcapture dns 1000 %s/d", folder, folder, folder, folder)
    local ours = support.build .. "/bin/pktcraft bench/tools/pointers.lua"
    local packets = support.build .. "/bin/pktcraft bench/tools/packets.lua"
    for _, job in ipairs { "a t", "b t", "sum t", "field d", "build 2000" } do
      local name, on = job:match("(%S+) (%S+)")
      local input = name == "build" and on or folder .. "/" .. on
      for tool, line in pairs { floor = folder .. "/floor", plain = "lua5.4 bench/tools/plain.lua", ours = ours, packets = packets } do
        shell("%s %s %s %s/%s.out >/dev/null", line, name, input, folder, tool)
      end
      local results = {}
      for _, tool in ipairs { "floor", "plain", "ours", "packets" } do
        local f <close> = assert(io.open(folder .. "/" .. tool .. ".out", "rb"))
        local text = f:read("a")
        results[#results + 1] = (name == "sum" or name == "field") and table.concat(stats.lines(text), "\n")
          or text:sub(25)
      end
      assert.is_true(#results[1] > 100, job)
      assert.is_true(results[1] == results[2], "plain Lua: " .. job) -- not equal(): it would print captures
      assert.is_true(results[1] == results[3], "pointers: " .. job)
      assert.is_true(results[1] == results[4], "packets: " .. job)
    end
    os.execute("rm -r " .. folder)
  end)
end)
