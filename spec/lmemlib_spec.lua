local memory = require "memory"
local seed = require "seedmem"

describe("the C samples of the seed", function()
  it("push external memory, freed once", function()
    collectgarbage()
    seed.freed()
    local m = seed.external()
    assert.equal("other", memory.type(m))
    assert.equal("xxxxxxxx", tostring(m))
    m = nil -- luacheck: ignore
    collectgarbage()
    assert.equal(1, seed.freed())
    do
      local c <close> = seed.external()
      assert.equal(8, #c)
    end
    assert.equal(1, seed.freed())
    collectgarbage()
    assert.equal(0, seed.freed())
  end)

  it("push new memory", function()
    local fixed, resizable = seed.new()
    assert.equal("fixed", fixed:type())
    assert.equal("resizable", resizable:type())
    assert.equal(tostring(fixed), tostring(resizable))
    resizable:resize(3)
    assert.equal("\0\0\0", tostring(resizable))
  end)

  it("push temporary memory that is empty afterwards", function()
    local kept, len
    _G.seedcallback = function(m)
      kept, len = m, #m
      assert(m:get(1) == ("t"):byte())
    end
    assert.equal(0, seed.callwithmemory("seedcallback"))
    _G.seedcallback = nil
    assert.equal(8192, len)
    assert.equal(0, #kept)
    assert.equal("other", memory.type(kept))
  end)

  it("inspect what is on the stack", function()
    local function inspect(v) return { seed.inspect(v) } end
    assert.same({ "fixedsize: sz=3", false, true, true, true }, inspect(memory.create("abc")))
    assert.same({ "resizable: sz=0", true, true, true, true }, inspect(memory.create()))
    assert.same({ "other: sz=8 unref=freemalloc", true, true, true, true }, inspect(seed.external()))
    assert.same({ "not a memory", false, false, true, true }, inspect("abc"))
    assert.same({ "not a memory", false, false, true, true }, inspect(1))
    assert.same({ "not a memory", false, false, false, true }, inspect(io.stdout))
    assert.same({ "not a memory", false, false, false, true }, inspect({}))
    assert.same({ "not a memory", false, false, false, true }, inspect(nil))
  end)

  it("compile with and without the memory library", function()
    local with, without = require "seednull", require "seednullplain"
    assert.is_true(with.isnull(memory.create(1)))
    assert.is_false(with.isnull("abc"))
    assert.is_true(without.isnull("a\0c"))
    assert.error(function() without.isnull(memory.create(1)) end)
    local m = memory.create("abc")
    with.setnull(m)
    assert.equal("\0\0\0", tostring(m))
    with.setnull(memory.create())
    assert.error_matches(function() with.setnull("abc") end, "memory expected, got string")
  end)
end)

describe("luamem_setref", function()
  before_each(function()
    collectgarbage()
    seed.released()
  end)

  it("calls the old unref when the address changes, and only then", function()
    local m = seed.counted(0)
    assert.same({ 1, true }, { seed.setref(m, 0, 8) })
    assert.equal(0, (seed.released()))
    assert.equal(8, #m)
    assert.same({ 1, true }, { seed.setref(m, 1) })
    assert.same({ 1, 0, 8 }, { seed.released() })
    assert.equal("second", m:tostring(1, 6))
    assert.same({ 1, true }, { seed.setref(m, nil) })
    assert.same({ 1, 1, 16 }, { seed.released() })
    assert.equal(0, #m)
    assert.same({ 1, true }, { seed.setref(m, nil) })
    m = nil -- luacheck: ignore
    collectgarbage()
    assert.equal(0, (seed.released()))
  end)

  it("has the new values in place when it calls the old unref", function()
    local m = seed.watched()
    assert.equal("watched", tostring(m))
    seed.setref(m, 1, 6)
    assert.equal("second", seed.seen())
    m = seed.watched()
    do local c <close> = m end -- luacheck: ignore
    assert.equal("", seed.seen())
  end)

  it("is luamem_resetref with cleanup", function()
    local m = seed.counted(0)
    seed.setref(m, 1, 16, false)
    assert.equal(0, (seed.released()))
    seed.setref(m, 0, 16, true)
    assert.same({ 1, 1, 16 }, { seed.released() })
  end)

  it("gives 0 for what is no reference", function()
    for _, v in ipairs { memory.create(1), "abc", 1, {}, io.stdout } do
      assert.equal(0, (seed.setref(v, 0)))
    end
  end)

  it("leaves one call to closing and collection together", function()
    local m = seed.counted(1)
    do local c <close> = m end -- luacheck: ignore
    assert.same({ 1, 1, 16 }, { seed.released() })
    m = nil -- luacheck: ignore
    collectgarbage()
    assert.equal(0, (seed.released()))
    seed.counted(0)
    collectgarbage()
    assert.same({ 1, 0, 16 }, { seed.released() })
  end)

  it("calls it when the state closes", function()
    seed.freed()
    assert.same({ true, "" }, { seed.state [[
      local memory, seed = require "memory", require "seedmem"
      kept = { seed.external(), seed.external(), memory.create() }
      kept[3]:resize(100)
      setmetatable({}, { __gc = function() kept[1]:fill(1); kept[3]:resize(1000) end })
      setmetatable(kept, { __gc = function(t) t[1]:get(1); t[3]:resize(10) end })
    ]] })
    assert.equal(2, seed.freed())
  end)
end)

describe("knowing a reference", function()
  --- Userdata that take the place of what was freed are no memories.
  local function nonearememories()
    local plain = {}
    for k = 1, 200 do
      plain[k] = seed.plain()
      assert.equal("not a memory", (seed.inspect(plain[k])))
    end
  end

  it("ends with it, and its address", function()
    for _ = 1, 20 do
      local m = memory.create()
      assert.equal("resizable: sz=0", (seed.inspect(m)))
      m = nil -- luacheck: ignore
      collectgarbage()
      nonearememories()
    end
  end)

  it("ends with its finalizer, though it is used once more", function()
    for _ = 1, 20 do
      do
        local m = memory.create()
        setmetatable({ m }, { __gc = function(t) _G.revived = t[1] end })
      end
      collectgarbage()
      assert.equal("other: sz=0 unref=?", (seed.inspect(_G.revived)))
      assert.equal("other", memory.type(_G.revived))
      _G.revived = nil
      collectgarbage()
      nonearememories()
    end
  end)

  it("ends with its state, also when it was made while that closed", function()
    for _, use in ipairs { "seed.inspect(memory.create())", "seed.setref(memory.create(), 0)",
      "last = memory.create() seed.inspect(last)" } do
      for _ = 1, 20 do
        assert.same({ true, "" }, { seed.state(([[
          local early = setmetatable({}, { __gc = function() EARLY() end })
          local memory, seed = require "memory", require "seedmem"
          function EARLY() for _ = 1, 10 do %s end end
          setmetatable({}, { __gc = EARLY })
          seed.inspect(memory.create())
          setmetatable({}, { __gc = EARLY })
        ]]):format(use)) })
        nonearememories()
      end
    end
  end)
end)

describe("the string functions of the C API", function()
  it("add memories to buffers and make memories of them", function()
    local m = seed.buffer("ab", memory.create("cd"), 12, memory.create(("x"):rep(5000)), "y")
    assert.equal("fixed", m:type())
    assert.equal("abcd12" .. ("x"):rep(5000) .. "y", tostring(m))
    assert.equal("", tostring(seed.buffer()))
    for _, size in ipairs { 0, 5, 100000 } do
      assert.equal(("b"):rep(size), tostring(seed.bufsize(size)))
      assert.equal(("b"):rep(size), tostring(seed.bufsize(size, true)))
    end
    assert.error_matches(function() seed.bufsize(-1) end, "invalid size")
  end)

  it("take defaults and convert", function()
    assert.same({ "default", true }, { seed.opt() })
    assert.same({ "default", true }, { seed.opt(nil) })
    assert.same({ "abc", false }, { seed.opt(memory.create("abc")) })
    assert.error_matches(function() seed.opt({}) end, "string or memory expected")
    assert.same({ "abc", "abc", true }, { seed.as(memory.create("abc")) })
    assert.same({ "abc", "abc", true }, { seed.as("abc") })
    assert.same({ "12", "12", true }, { seed.as(12) })
    assert.same({ "true", nil, true }, { seed.as(true) })
  end)
end)

describe("without memory to allocate", function()
  it("every function raises and leaves its memory as it was", function()
    local m = memory.create()
    m:resize(10, "0123456789")
    local big = ("x"):rep(100)
    local functions = {
      function() return memory.create(1000) end,
      function() return memory.create() end,
      function() return memory.create(big) end,
      function() m:resize(5000) m:resize(10) end,
      function() return m:tostring() .. m end,
      function() return m:unpack("c10") end,
      function() return seed.buffer(m, big) end,
    }
    for _, f in ipairs(functions) do
      local done = false
      for n = 0, 200 do
        local ok = seed.starve(n, f)
        assert.equal("0123456789", m:tostring(1, 10))
        assert.equal("resizable", m:type())
        if ok then
          done = true
          break
        end
      end
      assert.is_true(done)
    end
  end)
end)

describe("a finalizer that changes its victim", function()
  -- In a state of its own, where a small heap makes collections frequent. Some twenty finalizers are
  -- always due, so every allocation may run one. Numbers are new each time, so that making strings of
  -- them allocates; victims are new for each call.
  local frame <const> = [[
    local memory, seed = require "memory", require "seedmem"
    local victim, attacked, count = nil, 0, 0
    local function number()
      count = count + 1
      return 0.5 + count
    end
    local function change() %s end
    local function arm()
      setmetatable({}, { __gc = function()
        attacked = attacked + 1
        if victim then change() end
        arm()
      end })
    end
    for _ = 1, 20 do arm() end
    collectgarbage("incremental", 1, 1000, 13)
    for _ = 1, 250 do
      local m = memory.create()
      m:resize(400, "0123456789abcdef")
      victim = m
      local ok, message = pcall(function() %s end)
      victim = nil
      local known = ok
      for _, s in ipairs { "bad argument", "expected", "too short", "unfinished string", "invalid format" } do
        known = known or message:find(s)
      end
      if not known then error(message) end
    end
    if attacked < 150 then error("attacked " .. attacked .. " times only") end
  ]]

  local attacks <const> = {
    "if victim:type() == 'resizable' then victim:resize(1) end",
    "if victim:type() == 'resizable' then victim:resize(#victim + 5000, 'x') end",
    "do local c <close> = victim end",
    "seed.setref(victim, 2)",
  }

  local functions <const> = {
    create = "return memory.create(m), memory.create(m, 3, -2)",
    ["create of a short range"] = "return memory.create(m, 380, 390)",
    resize = "m:resize(400 + count % 100, number())",
    ["resize by far"] = "m:resize(70000, 'xyz')",
    diff = "return m:diff(number())",
    ["diff from a string"] = "return memory.diff(number(), m)",
    tostring = "return m:tostring(), m:tostring(2, -2), tostring(m)",
    get = "return m:get(1, -1)",
    set = "m:set(1, 1, 2, 3, 4, 5)",
    find = "return m:find(number())",
    ["find in a string"] = "return memory.find(number(), m)",
    fill = "m:fill(123) m:fill(number() .. '') m:fill(m, 3)",
    pack = "m:pack('z z s1 c3', 1, number(), number(), 's', 100)",
    ["pack far behind"] = "m:pack('z', 300, number()) m:pack('s1', 350, number())",
    unpack = "return m:unpack('c100 s1 c50 z c50 c50')",
    ["unpack of many"] = "return m:unpack(('c10'):rep(30))",
    ["unpack by a number"] = "return memory.unpack(m, number(), 300)",
    concat = "return m .. m",
    buffer = "return seed.buffer(m, number(), ('x'):rep(2000), m)",
    asarray = "return seed.as(m)",
    len = "return #m",
  }

  for name, code in pairs(functions) do
    it("does no harm during " .. name, function()
      for _, attack in ipairs(attacks) do
        assert.same({ true, "" }, { seed.state(frame:format(attack, code)) })
      end
    end)
  end

  it("leaves new bytes of a resize as they are asked for", function()
    assert.same({ true, "" }, { seed.state(frame:format([[
      if victim:type() == "resizable" and #victim == 400 then victim:resize(20000, "a") end]], [[
      m:resize(40000, "b") -- large enough to tell the collector, and so to run a finalizer
      local s, t = tostring(m), ("0123456789abcdef"):rep(25)
      local asked, grown = t .. ("b"):rep(39600), t .. ("a"):rep(19600) .. ("b"):rep(20000)
      if s ~= asked and s ~= grown then error("unasked bytes") end
    ]])) })
  end)
end)
