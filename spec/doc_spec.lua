--- The manual and the code agree: functions and their arguments, methods, options, words, operators, commands,
-- layouts; what is made of the manual; the script of README.
local support = require "spec.support"

local manual = dofile "tools/gen/manual.lua"
local entries = manual.read "doc/manual.md"

local function sources(pattern)
  local list = {}
  local pipe <close> = io.popen("ls " .. pattern)
  for path in pipe:lines() do list[path] = support.readfile(path) end
  return list
end

-- Entries by prefix ("memory.", "capture:") and name.
local documented = {}
for _, entry in ipairs(entries) do
  for _, name in ipairs(entry.names) do
    local prefix, key = name:match "^([%w_]+[.:])([%w_]+)$"
    if prefix and entry.types then
      documented[prefix] = documented[prefix] or {}
      documented[prefix][key] = entry
    end
  end
end

local function agree(prefix, found)
  for name in pairs(found) do
    assert.is_truthy(documented[prefix][name], prefix .. name .. " is not in the manual")
  end
  for name in pairs(documented[prefix]) do
    assert.is_truthy(found[name], prefix .. name .. " is in the manual alone")
  end
end

local modules <const> = {
  ["memory."] = "memory", ["layout."] = "layout", ["packet."] = "pktcraft.packet", ["checksum."] = "pktcraft.checksum",
  ["filter."] = "pktcraft.filter", ["pcap."] = "pktcraft.pcap", ["route."] = "pktcraft.route",
  ["edits."] = "pktcraft.edits",
}

-- The tables of functions in C: file, table, prefix of its entries.
local tables <const> = {
  { "lmemmod", "memlib", "memory." }, { "llayoutmod", "laylib", "layout." }, { "lchecksummod", "sumlib", "checksum." },
  { "lpacketmod", "packetlib", "packet." }, { "lpacketmod", "methods", "packet:" }, { "laddrmap", "methods", "addressmap:" },
  { "ldefrag", "methods", "defragmenter:" }, { "lstream", "methods", "streams:" }, { "lflow", "methods", "flows:" },
  { "lfiltermod", "filterlib", "filter." }, { "lfiltermod", "methods", "filter:" }, { "lpcapmod", "pcaplib", "pcap." },
  { "lpcapmod", "capturemethods", "capture:" }, { "lpcapout", "outputmethods", "output:" },
  { "llivemod", "bpfmethods", "bpf:" }, { "lnic", "nicmethods", "nic:" }, { "lnetns", "netnsmethods", "namespace:" },
}

describe("the manual", function()
  it("has an entry for each function of each module, and no other", function()
    for prefix, name in pairs(modules) do agree(prefix, require(name)) end
  end)

  it("has an entry for each method, and no other", function()
    local c = sources "modules/*.c"
    for _, each in ipairs(tables) do
      local found = {}
      local source = c["modules/" .. each[1] .. ".c"]
      for name in source:match(each[2] .. "%[%] = (%b{})"):gmatch '{"([%w_]+)"' do
        if not name:find "^__" then found[name] = true end
      end
      if each[3] == "filter." then found.names = true end -- no function
      agree(each[3], found)
    end
    -- Objects made in Lua.
    agree("way:", { header = true, resolve = true, open = true })
    local way = support.readfile "modules/pktcraft/route.lua"
    for name in pairs(documented["way:"]) do assert.is_truthy(way:find("[.:]" .. name .. "%("), name) end
  end)

  it("gives functions the arguments that they have", function()
    local c = sources "modules/*.c"
    local n = 0
    for _, each in ipairs(tables) do
      for name, f in c["modules/" .. each[1] .. ".c"]:match(each[2] .. "%[%] = (%b{})"):gmatch '{"([%w_]+)", ([%w_]+)}' do
        if not name:find "^__" then
          local says
          for _, source in pairs(c) do
            local comment = source:match("/%*([^/]-)%*/\n[%a ]-int " .. f .. " %(lua_State %*L%)")
            says = says or comment and comment:match("%f[%w]" .. name .. "(%b())")
          end
          local heading = documented[each[3]][name].heading
          assert.equal(heading:match " (%(.*)$", says, each[3] .. name)
          n = n + 1
        end
      end
    end
    assert.is_true(n > 100)
    for prefix, name in pairs(modules) do -- of those written in Lua, how many
      for key, f in pairs(require(name)) do
        local info = type(f) == "function" and debug.getinfo(f, "uS")
        if info and info.what == "Lua" then
          local arguments = manual.signature(documented[prefix][key].types)
          assert.equal(info.nparams, #arguments, prefix .. key)
        end
      end
    end
  end)

  it("tells the arguments of a heading in its types, too", function()
    for _, entry in ipairs(entries) do
      local args = entry.types and entry.heading:match " (%(.*)$"
      local known = args and manual.signature(entry.types)
      if known then
        local names, optional = {}, {}
        for _, a in ipairs(known) do
          names[#names + 1] = a.name
          optional[a.name] = a.optional
        end
        local first = {}
        for part in args:gsub("%s*|%s*[%w_]+", ""):gmatch "[%w_.]+" do first[#first + 1] = part end
        assert.same(first, names, entry.heading)
        for name in args:gmatch "%[[, ]*([%w_]+)" do assert.is_true(optional[name], entry.heading .. ": " .. name) end
      end
    end
  end)

  it("names all options that functions take", function()
    local n = 0
    for path, source in pairs(sources "modules/*.c") do
      for list in source:gmatch "known%[%] = (%b{})" do
        local names = {}
        for name in list:gmatch '"([%w_]+)"' do names[#names + 1] = name end
        local found = false
        for _, entry in ipairs(entries) do
          local has = {}
          for _, row in ipairs(entry.rows) do
            if row.head and row.head[1] == "option" then has[row[1]:match "`([%w_]+)`" or ""] = true end
          end
          local all = true
          for _, name in ipairs(names) do all = all and (has[name] or entry.text:find("`{[^`]*" .. name .. " =") ~= nil) end
          found = found or all
        end
        assert.is_true(found, path .. ": " .. table.concat(names, " "))
        n = n + 1
      end
    end
    assert.is_true(n > 9)
  end)

  it("has the words of layouts", function()
    local words = { field = {}, layout = {} }
    for _, entry in ipairs(entries) do
      local kind = entry.heading:match "Words of a (%l+)$"
      for _, row in ipairs(entry.rows) do
        if kind and row.head[1] == "word" then
          for word in row[1]:gsub("%b()", ""):gsub("%b[]", ""):gmatch "%l+" do words[kind][word] = true end
        end
      end
    end
    local source = support.readfile "modules/llaydef.c"
    local function has(kind, list)
      local known = {}
      for word in list:gmatch '"(%l+)"' do
        known[word] = true
        assert.is_truthy(words[kind][word], "the manual lacks the word " .. word)
      end
      for word in pairs(words[kind]) do assert.is_truthy(known[word], word .. " is in the manual alone") end
    end
    has("field", source:match "fieldwords%[%] = (%b{})")
    has("layout", source:match '%*const words%[%] = (%b{})')
  end)

  it("has the operators of filters", function()
    local known = {}
    for _, entry in ipairs(entries) do
      for _, row in ipairs(entry.rows) do
        if row.head and row.head[1] == "operator" then
          for operator in row[1]:gmatch "`([^`]+)`" do known[operator] = true end
        end
      end
    end
    local punctuation = { ["("] = true, [")"] = true, ["["] = true, ["]"] = true, ["{"] = true, ["}"] = true, [","] = true,
      [":"] = true, [".."] = true, ["true"] = true, ["false"] = true }
    local n = 0
    local list = support.readfile "core/flex.c":match "words%[%] = (%b{}.-signs%[%] = .-\n};)"
    for operator in list:gmatch '{"([^"]+)", FT_' do
      if not punctuation[operator] then
        assert.is_true(known[operator], "the manual lacks " .. operator)
        known[operator] = nil
        n = n + 1
      end
    end
    assert.is_nil(next(known))
    assert.is_true(n > 20)
  end)

  it("has each command with all of its options, and no other", function()
    local found = {}
    for _, entry in ipairs(entries) do
      local name = entry.names[1] and entry.names[1]:match "^pktcraft (%l+)$"
      if name then found[name] = entry end
    end
    local usage = support.readfile "doc/manual.md"
    local pipe <close> = io.popen(("ls %s/share/pktcraft/commands"):format(support.build))
    for file in pipe:lines() do
      local name = file:match "^(.*)%.lua$"
      local entry = assert(found[name], name)
      found[name] = nil
      assert.is_truthy(usage:find("\n    pktcraft " .. name .. " ", 1, true), name)
      if name ~= "test" then -- (whose options are busted's)
        local status, help = support.run(("%s %s --help"):format(support.pktcraft, name))
        assert.equal(0, status)
        local options = {}
        for line in help:match "\nOptions:\n(.-)\n\n":gmatch "[^\n]+" do
          local head = line:match "^   (%-.*)$" or line:match "^         (%-.*)$"
          for option in (" " .. (head or "")):gsub("   .*", ""):gmatch " (%-%-?%a[%w-]*)" do
            if option ~= "-h" and option ~= "--help" then
              options[option] = true
              assert.is_truthy((entry.text .. " "):find("`" .. option:gsub("%-", "%%-") .. "[^%w-]"), name .. " " .. option)
            end
          end
        end
        for _, row in ipairs(entry.rows) do
          if row.head and row.head[1] == "option" then
            for option in row[1]:gmatch "`(%-[%w-]+)" do
              assert.is_true(options[option], ("%s has no option %s"):format(name, option))
            end
          end
        end
      end
    end
    assert.is_nil(next(found))
  end)

  it("lists the shipped layouts with their sources", function()
    local layout, layouts = require "layout", require "pktcraft.layouts"
    local page = support.readfile("doc/manual.md")
    local n = 0
    for _, name in ipairs(layouts.names) do
      assert.equal(layout.fields(layouts[name]).about, page:match("\n| " .. name .. " | ([^\n]+) |\n"), name)
    end
    local list = page:match "\n### 2.5 Shipped layouts\n(.-)\n## "
    for _ in list:gmatch "\n| [%w_]+ | %w" do n = n + 1 end
    assert.equal(#layouts.names, n - 1) -- (with the head of the table)
  end)

  it("has links that lead somewhere, and an index that is right", function()
    local anchors = {}
    for _, entry in ipairs(entries) do anchors[entry.anchor] = true end
    for link in support.readfile "doc/manual.md":gmatch "%]%(#([^)]+)%)" do assert.is_true(anchors[link], link) end
    local status, index = support.run "lua5.4 tools/gen/index.lua doc/manual.md"
    assert.equal(0, status)
    assert.equal(index, support.readfile "doc/manual.md":match "\n## %d Index\n\n(.*)$" .. "\n")
  end)

  it("has guides whose links lead somewhere", function()
    local n = 0
    for path, text in pairs(sources "doc/guides/*.md") do
      for link in text:gmatch "%]%(([%w./-]+%.md)[^)]*%)" do
        assert.is_truthy(io.open("doc/guides/" .. link), path .. ": " .. link)
        n = n + 1
      end
    end
    assert.is_true(n > 5)
  end)

  it("has examples that run", function()
    local chapter = support.readfile "doc/manual.md":match "\n## 2 .-```lua\n(.-)```"
    local script = support.writefile(support.path "beacon.lua", chapter)
    local expected = {}
    for line in chapter:gmatch "%-%-> ([^\n]+)" do expected[#expected + 1] = line:gsub("%s+", "\t") end
    assert.same({ 0, table.concat(expected, "\n") .. "\n", "" }, { support.run(support.pktcraft .. " " .. script) })
  end)
end)

describe("annotations for editors", function()
  it("have all functions, methods and layouts, and are Lua", function()
    local folder = support.path "types"
    assert.same({ 0, "", "" }, { support.run(("%s tools/gen/types.lua doc/manual.md %s"):format(support.pktcraft, folder)) })
    local text = support.readfile(folder .. "/pktcraft.lua")
    local env = setmetatable({ assert = {} }, { __index = function() return nil end })
    local all = assert(loadfile(folder .. "/pktcraft.lua", "t", env))()
    for prefix, name in pairs(modules) do
      for key, f in pairs(require(name)) do
        assert.equal(type(f) == "function" and "function" or "table", type(env[prefix:sub(1, -2)][key]), prefix .. key)
      end
    end
    for _, name in ipairs(require "pktcraft.layouts".names) do
      assert.is_table(all[name])
      assert.is_truthy(text:find("\n---@field " .. name .. "? view." .. name .. "\n", 1, true), name)
      assert.is_truthy(text:find("\n---@class view." .. name .. " : view\n", 1, true), name)
    end
    -- Each class that a type names is declared.
    local classes = { string = true, integer = true, number = true, boolean = true, any = true, table = true, fun = true,
      pkt = true, packet = true, ["function"] = true, ["nil"] = true }
    for class in text:gmatch "%-%-%-@class ([%w_.]+)" do classes[class] = true end
    for alias in text:gmatch "%-%-%-@alias ([%w_.]+)" do classes[alias] = true end
    local n = 0
    for kind in text:gmatch "%-%-%-@return ([^\n]+)" do
      for word in kind:gsub("%b\"\"", ""):gsub("%b()", ""):gmatch "[%a_][%w_.]*" do
        assert.is_true(classes[word], word)
        n = n + 1
      end
    end
    for kind in text:gmatch "%-%-%-@param [%w_.]+%?? ([^\n]+)" do
      for word in kind:gsub("%b\"\"", ""):gsub("%b()", ""):gmatch "[%a_][%w_.]*" do
        assert.is_true(classes[word], word)
        n = n + 1
      end
    end
    assert.is_true(n > 300)
    local pipe <close> = io.popen(("find %s -name '*.lua'"):format(folder))
    for path in pipe:lines() do assert(loadfile(path, "t")) end
  end)

  it("have members of views with their types", function()
    local text = support.readfile(support.path "types" .. "/pktcraft.lua")
    local ipv4 = text:match "%-%-%-@class view.ipv4 : view\n(.-\n)\n"
    assert.is_truthy(ipv4:find("---@field timetolive? integer 8 bits\n---@field ttl? integer timetolive\n", 1, true))
    assert.is_truthy(ipv4:find("---@field source? string\n", 1, true))
    assert.is_truthy(ipv4:find("---@field options? view.ipv4.options\n", 1, true))
  end)
end)

describe("README", function()
  local page = support.readfile "README.md"

  it("has scripts and commands that run", function()
    local blocks = {}
    for block in page:gmatch "```lua\n(.-)```" do blocks[#blocks + 1] = block end
    local script = support.writefile(support.path "readme.lua", blocks[1])
    local folder, program = support.path "readme", os.getenv "PWD" .. "/" .. support.pktcraft
    if support.pktcraft:find "^/" then program = support.pktcraft end
    os.execute("mkdir -p " .. folder)
    local printed = blocks[1]:match "%-%- (IP [^\n]*)":gsub("  ", "\t")
    assert.same({ 0, printed .. "\n", "" }, { support.run(("cd %s && %s %s"):format(folder, program, script)) })
    support.run(("%s examples/demo.lua %s"):format(support.pktcraft, folder))
    os.rename(folder .. "/crafted.pcap", folder .. "/in.pcap")
    local n = 0
    for command in page:gmatch "\n    pktcraft ([^\n]+)" do
      local status, out, err = support.run(("cd %s && %s %s"):format(folder, program, command))
      assert.same({ 0, "" }, { status, (err:gsub("%d+ of %d+ frames[^\n]*\n", "")) }, command)
      if command:find "^%-e" then assert.equal("example.com\nexample.com\nexample.com\n", out) end
      n = n + 1
    end
    assert.equal(3, n)
    support.writefile(folder .. "/echo_spec.lua", blocks[2])
    local status, out = support.run(("cd %s && %s test echo_spec.lua"):format(folder, program))
    assert.equal(0, status, out)
  end)

  it("has links that lead somewhere, and the figures of the benchmarks", function()
    for link in page:gmatch "%]%(([^)]+)%)" do assert.is_truthy(io.open(link), link) end
    for picture in page:gmatch 'src=\"([^"]+)"' do assert.is_truthy(io.open(picture), picture) end
    local medians = {}
    for line in io.lines "bench/results/jobs.csv" do medians[line:match "^[^,]*,[^,]*,([%d.]+)," or ""] = true end
    local n = 0
    for row in page:match "|%-%-%-|%-%-%-:|%-%-%-|\n(.-)\n\n":gmatch "[^\n]+" do
      for figure in row:gmatch "%f[%w]%d+%f[%W]" do
        assert.is_true(medians[figure], row)
        n = n + 1
      end
    end
    assert.is_true(n > 15)
  end)
end)
