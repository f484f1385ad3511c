--- The guides of doc/guides, run literally: spec/guide.lua says how.
local support = require "spec.support"

--- The absolute path of a file here.
local function absolute(path)
  if path:find "^/" then return path end
  local pwd <close> = io.popen "pwd"
  return pwd:read() .. "/" .. path
end

-- Where an installed copy is found.
local build <const> = absolute(support.build)
local environment <const> = ([[
export PK_PRELOAD="$LD_PRELOAD"; unset LD_PRELOAD PYTHONPATH; export LC_ALL=C TZ=UTC NO_COLOR=1 PATH="%s/bin:$PATH"
export PKG_CONFIG_PATH="%s/lib/pkgconfig"
export LUA_PATH="%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;" LUA_CPATH="%s/lib/lua/5.4/?.so;;"
]]):gsub("%%s", (build:gsub("%%", "%%%%")))

local function run(guide)
  local folder = support.path("guide-" .. guide)
  os.execute(("rm -rf %s && mkdir %s"):format(folder, folder))
  return support.run(("%s cd %s && pktcraft %s %s"):format(environment, folder, absolute "spec/guide.lua",
    absolute("doc/guides/" .. guide)))
end

local guides = {}
do
  local names <close> = io.popen "ls doc/guides"
  for name in names:lines() do
    if name:find "%.md$" then guides[#guides + 1] = name end
  end
end

describe("doc/guides/", function()
  it("has guides", function() assert.is_true(#guides > 0) end)

  for _, guide in ipairs(guides) do
    it(guide .. " is as it is run", function()
      local status, out, err = run(guide)
      assert.same({ 0, "" }, { status, err }, out)
      if out ~= "" then pending("not run, or not compared with: " .. out:gsub("\n(.)", ", %1"):gsub("\n", "")) end
    end)
  end
end)

describe("doc/guides/from-tcpdump.md", function()
  local page = support.readfile "doc/guides/from-tcpdump.md"
  local talk, tagged = support.path "talk.pcap", support.path "tagged.pcap"

  --- The rows below a line of a table: for each cell a list of what stands in backquotes.
  local function rows(head)
    local list = {}
    for line in page:match(head:gsub("%p", "%%%0") .. "\n|%-%-%-|%-%-%-|\n(.-)\n\n"):gmatch "[^\n]+" do
      local cells = {}
      for cell in line:gmatch "|([^|]+)" do
        cells[#cells + 1] = {}
        for code in cell:gmatch "`([^`]+)`" do table.insert(cells[#cells], code) end
      end
      list[#list + 1] = cells
    end
    return list
  end

  local function pktcraft(arguments)
    local status, out, err = support.run(("%s/bin/pktcraft %s"):format(build, arguments))
    assert.same({ 0, "", "" }, { status, out, err }, arguments)
  end

  setup(function()
    support.writefile(support.path "make.lua", page:match "```lua\n(.-)```")
    pktcraft(("%s %s"):format(support.path "make.lua", talk))
    pktcraft(("edit -q -r %s -w %s 'push vlan { id = 5 }'"):format(talk, tagged))
  end)

  it("has filters that are those of tcpdump", function()
    local n = 0
    for _, row in ipairs(rows "| tcpdump's filter | pktcraft's |") do
      for k, filter in ipairs(row[2]) do
        local of = filter:find "vlan" and tagged or talk
        pktcraft(("filter -q -r %s -w %s '%s'"):format(of, support.path "ours.pcap", filter))
        pktcraft(("filter -q -r %s -w %s --bpf '%s'"):format(of, support.path "bpf.pcap", row[1][k] or row[1][1]))
        local kept = support.readfile(support.path "ours.pcap")
        assert.is_true(#kept > 24, filter)
        assert.is_true(kept == support.readfile(support.path "bpf.pcap"), filter)
        n = n + 1
      end
    end
    assert.equal(12, n)
  end)

  it("has words of edit that change packets", function()
    for _, row in ipairs(rows "| tcprewrite | pktcraft edit |") do
      for _, words in ipairs(row[2]) do
        local of = words:find "nil" and tagged or talk
        pktcraft(("edit -q -r %s -w %s %s"):format(of, support.path "ours.pcap", words))
        if words ~= "--fix" and words ~= "'ipv4.ttl = 64'" then -- which is so already
          assert.is_false(support.readfile(of) == support.readfile(support.path "ours.pcap"), words)
        end
      end
    end
  end)
end)

describe("spec/guide.lua", function()
  local function says(text)
    support.writefile(support.path("page.md"), text)
    local folder = support.path("page")
    os.execute(("rm -rf %s && mkdir %s"):format(folder, folder))
    local status, out = support.run(("%s cd %s && pktcraft %s %s"):format(environment, folder, absolute "spec/guide.lua",
      support.path("page.md")))
    return status, out
  end

  it("fails with the block and the difference", function()
    assert.same({ 0, "" }, { says "```console\n$ echo a; echo b\n...\nb\n$ false\n$ echo $?\n1\n```\n" })
    assert.same({ 1, "page.md:3: $ echo a\n--- expected\nb\n--- got\na\n" },
      { says "text\n```console\n$ echo a\nb\n```\n" })
    assert.same({ 1, "page.md:2: $ false\nexit status 1\n" }, { says "```console\n$ false\n```\n" })
    assert.same({ 1, "page.md:2: what it prints\n--- expected\n2\n--- got\n3\n" },
      { says "```lua\nprint(1 + 2) --> 2\n```\n" })
    assert.matches("^page.md:2: page.md:2:1: no", (select(2, says "```lua\nerror 'no'\n```\n")))
    assert.matches("not found", (select(2, says "```console\n$ pktcarft\n```\n")))
  end)

  it("writes files, keeps a state and a shell", function()
    assert.same({ 0, "" }, { says [[
```lua
-- a.lua: says two
print(2)
```
```lua
n = 1
```
```console
$ x=$(pktcraft a.lua)
$ echo $x
2
```
```lua
print(n, ipv4 {}.ipv4.version) --> 1	4
```
]] })
  end)

  it("compares with scapy", function()
    local status, out = says "```python\np = IP(ttl=3)\n```\n```lua\np = ipv4 { ttl = 4 }\n```\n"
    if status == 0 and out == "scapy\n" then return pending("scapy is not installed") end
    assert.equal(1, status)
    assert.matches("^page.md:5: `p` is not scapy's", out)
  end)
end)
