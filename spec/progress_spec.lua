--- What commands show of long work on a terminal: on a pseudo-terminal, by script(1).
local support = require "spec.support"
local network = require "spec.network"
local pcap = require "pktcraft.pcap"
local progress = require "pktcraft.progress"

local path, writefile, readfile = support.path, support.writefile, support.readfile
local pktcraft <const> = support.pktcraft

setup(network.make)
teardown(network.close)

--- Has shell commands run at the same time, each on a terminal of so many columns (100): a list of exit statuses and of
-- what came there. `keys`: a command whose output is typed.
local function on_terminals(list, columns, keys)
  local commands, results = { "unset COLUMNS; export TERM=xterm SHELL=/bin/sh" }, {}
  for k, text in ipairs(list) do
    local script = writefile(path("terminal.sh" .. k), ("stty cols %d\n%s\n"):format(columns and columns[k] or 100, text))
    commands[#commands + 1] = ("{ %s script -qec 'sh %s' /dev/null > %s; echo $? > %s; } 2>&1 &"):format(
      keys and keys .. " |" or "< /dev/null", script, path("terminal.out" .. k), path("terminal.status" .. k))
  end
  support.run(table.concat(commands, "\n") .. "\nwait")
  for k in ipairs(list) do
    results[k] = { math.tointeger(tonumber(readfile(path("terminal.status" .. k)))), readfile(path("terminal.out" .. k)) }
  end
  return results
end

local function on_terminal(text, columns, keys)
  return table.unpack(on_terminals({ text }, { columns }, keys)[1])
end

local function on(name, f)
  it(name, function()
    if not support.has "script" or not support.has "stty" then pending("no script(1)") return end
    f()
  end)
end

--- What stands on the screen at the end, its lines without spaces behind.
local function screen(out)
  local lines, line, column = {}, {}, 0
  local function finish()
    for k = 1, #line do line[k] = line[k] or " " end
    lines[#lines + 1] = (table.concat(line):gsub(" +$", ""))
    line = {}
  end
  for c in out:gmatch "." do
    if c == "\r" then
      column = 0
    elseif c == "\n" then
      finish()
    else
      column = column + 1
      for k = #line + 1, column do line[k] = " " end
      line[column] = c
    end
  end
  finish()
  return (table.concat(lines, "\n"):gsub("^%^C", ""))
end

--- The lines of progress that came, as they stood: others end with a line feed.
local function shown(out)
  local list = {}
  for text, after in out:gmatch "\r([^\r\n]+)()" do
    if out:sub(after, after + 1) ~= "\r\n" and text:find "%S" then list[#list + 1] = text:gsub(" +$", "") end
  end
  return list
end

local frames <const>, size <const> = 6000, 24 + 6000 * 1416

--- A capture of 8 MB; with a wait of 1.1 ms for each third frame it takes 2.2 s to filter.
local function capture(name, n)
  local out = assert(pcap.create(path(name)))
  for k = 1, n or frames do assert(out:write(("%04d"):format(k % 10000) .. ("x"):rep(1396), k * 1000000)) end
  assert(out:close())
  return path(name)
end

local big = capture "big.pcap"
local function filter(arguments, each)
  return ("%s filter --lua 'pkt.number %% %d > 0 or pcap.wait({}, 0.001) or true' %s"):format(pktcraft, each or 3, arguments)
end

--- A capture that takes 2 s to come.
local trickle <const> = ("{ for k in 0 1 2 3 4 5 6 7; do tail -c +$((k * 1000000 + 1)) %s 2>/dev/null | head -c 1000000; sleep 0.25; done; "
  .. "tail -c +8000001 %s; }"):format(big, big)

describe("the progress of commands", function()
  on("is a line with share, bytes, rates and time left, which is gone at the end", function()
    local status, out = on_terminal(filter(("-r %s -w %s"):format(big, path "o.pcap")))
    assert.same({ 0, "6000 of 6000 frames\n" }, { status, screen(out) })
    local list = shown(out)
    assert.is_true(#list >= 3 and #list < 200, #list)
    local before = 0
    for _, text in ipairs(list) do
      local share, done, left = text:match "^ *(%d+)%%  ([%d.]+) of 8%.50 MB  [%d.]+ [kM]?B/s  [%d.]+ k?frames/s  (%d+:%d%d) left$"
      assert.is_truthy(share, text)
      assert.is_true(tonumber(share) >= before and tonumber(share) <= 100, text)
      assert.is_true(math.abs(tonumber(done) / 8.5 * 100 - tonumber(share)) <= 2, text)
      before = tonumber(share)
      local seconds = tonumber(left:match "^%d+") * 60 + tonumber(left:match "%d+$")
      assert.is_true(seconds <= 20, text)
      if share == "100" then assert.equal(0, seconds) end
    end
    assert.is_true(tonumber(list[1]:match "%d+") > 5)
    assert.equal(readfile(big), readfile(path "o.pcap"))
  end)

  on("has bytes, rates and time so far where nobody knows the size", function()
    local status, out = on_terminal(("%s | %s filter -w %s --lua true"):format(trickle, pktcraft, path "o.pcap"))
    assert.same({ 0, "6000 of 6000 frames\n" }, { status, screen(out) })
    local list = shown(out)
    assert.is_true(#list >= 3, #list)
    for _, text in ipairs(list) do
      assert.matches("^[%d.]+ MB  [%d.]+ [kM]B/s  [%d.]+ k?frames/s  0:%d%d$", text)
    end
  end)

  on("is not there for what is short", function()
    local status, out = on_terminal(("%s filter -r %s -w %s --lua true"):format(pktcraft, big, path "o.pcap"))
    assert.same({ 0, "6000 of 6000 frames\r\n" }, { status, out })
  end)

  it("is not written where standard error is no terminal", function()
    assert.same({ 0, "", "6000 of 6000 frames\n" },
      { support.run(("%s | %s filter -w %s --lua true"):format(trickle, pktcraft, path "o.pcap")) })
  end)

  on("is not written when it is not wanted, or others may write there", function()
    local r = on_terminals { filter(("-q -r %s -w %s"):format(big, path "q.pcap")),
      "TERM=dumb " .. filter(("-r %s -w %s"):format(big, path "d.pcap")),
      filter(("-r %s -w - | cat > %s"):format(big, path "p.pcap")),
      filter(("-r %s -w - > %s"):format(big, path "f.pcap")) }
    local counts <const> = "6000 of 6000 frames\r\n"
    assert.same({ { 0, "" }, { 0, counts }, { 0, counts } }, { r[1], r[2], r[3] })
    assert.is_true(#shown(r[4][2]) >= 2) -- to a file, it is
    for _, name in ipairs { "q.pcap", "d.pcap", "p.pcap", "f.pcap" } do assert.equal(size, #readfile(path(name))) end
  end)

  on("is no wider than the terminal", function()
    local columns <const>, said <const> = { 30, 24, 10, 4, 0, 90, 0 }, { [5] = 20, [6] = 25 }
    local texts = {}
    for k in ipairs(columns) do
      texts[k] = (said[k] and ("export COLUMNS=%d; "):format(said[k]) or "")
        .. filter(("-r %s -w %s%d"):format(big, path "o.pcap", k))
    end
    for k, result in ipairs(on_terminals(texts, columns)) do
      local limit = said[k] or columns[k] > 0 and columns[k] or 80
      assert.equal(0, result[1])
      assert.is_true(#shown(result[2]) >= (limit > 5 and 2 or 0), columns[k])
      for _, text in ipairs(shown(result[2])) do assert.is_true(#text < limit, ("%d: %q"):format(k, text)) end
      assert.equal("6000 of 6000 frames\n", screen(result[2]))
    end
  end)

  on("is the sum of all files, and of all workers", function()
    local other = capture("other.pcap", 3000)
    for k, result in ipairs(on_terminals { filter(("-r %s -r %s -w %s"):format(big, other, path "m.pcap")),
      filter(("-j 2 -r %s -w %s"):format(big, path "j.pcap"), 1) }) do
      local list = shown(result[2])
      assert.same({ 0, ("%d of %d frames\n"):format(k == 1 and 9000 or 6000, k == 1 and 9000 or 6000) },
        { result[1], screen(result[2]) })
      assert.is_true(#list >= 2, #list)
      for _, text in ipairs(list) do assert.is_truthy(text:find(k == 1 and "of 12.7 MB" or "of 8.50 MB", 1, true), text) end
    end
  end)

  on("goes by the packed bytes of what is packed", function()
    local cap = assert(pcap.open(big))
    local out = pcap.create(path "packed.pcap", { compress = "gzip" })
    if not out then pending("no gzip in this build") return end
    math.randomseed(5)
    local m = require "memory".create()
    for time in cap:frames(m) do -- what does not pack well
      local noise = {}
      for k = 1, 100 do noise[k] = string.pack("I4", math.random(0, 0xffffffff)) end
      assert(out:write(table.concat(noise), time))
    end
    assert(out:close())
    local status, text = on_terminal(filter(("-r %s -w %s"):format(path "packed.pcap", path "o.pcap")))
    assert.same({ 0, "6000 of 6000 frames\n" }, { status, screen(text) })
    local total = ("of %.2f MB"):format(#readfile(path "packed.pcap") / 1e6)
    for _, each in ipairs(shown(text)) do assert.is_truthy(each:find(total, 1, true), each) end
    assert.is_true(#shown(text) >= 2)
  end)

  on("is gone before what is said of an interrupt", function()
    local status, out = on_terminal("exec " .. filter(("-r %s -w %s"):format(big, path "o.pcap"), 1), 100,
      "{ sleep 2.5; printf '\\003'; sleep 1; }")
    assert.is_true(#shown(out) >= 2, out)
    local n = screen(out):match "^pktcraft: interrupted after (%d+) frames; what is to be kept of them is written\n$"
    assert.is_truthy(n, screen(out))
    assert.equal(1, status)
    assert.is_true(tonumber(n) > 100 and tonumber(n) < frames)
    assert.is_true(assert(pcap.open(path "o.pcap")):count() <= tonumber(n))
  end)

  on("is gone before an error", function()
    local cut = writefile(path "cut.pcap", readfile(big):sub(1, -100))
    local status, out = on_terminal(filter(("-r %s -w %s"):format(cut, path "o.pcap")))
    assert.equal(1, status)
    assert.is_true(#shown(out) >= 2, out)
    assert.matches("^pktcraft: [^\n]*cut%.pcap: frame 6000 at byte %d+: frame cut: [^\n]*\n$", screen(out))
  end)

  on("is there for each command that reads files", function()
    local names, texts = {}, {}
    for command, text in pairs {
      convert = "convert -F pcapng -w " .. path "out1", ["convert -T"] = "convert -T hex -w " .. path "out2",
      merge = "merge -F pcap -w " .. path "out3" .. " -",
      ["split --count"] = "split --count 100000 -w " .. path "out4", ["split --by"] = "split --by ethernet.type -w " .. path "out5",
      edit = "edit -w " .. path "out6" .. " --snaplen 1000", stats = "stats - > " .. path "out7", info = "info - > " .. path "out8",
      show = "show > " .. path "out9", diff = ("diff - %s > %s"):format(big, path "out0"),
    } do
      if command ~= "merge" then text = text:gsub("^(%w+) %-w", "%1 -r - -w") end
      names[#names + 1], texts[#texts + 1] = command, ("%s | %s %s"):format(trickle, pktcraft, text)
    end
    for k, result in ipairs(on_terminals(texts)) do
      local command, out = names[k], result[2]
      assert.equal(0, result[1], command .. ": " .. out)
      assert.is_true(#shown(out) >= 2, command .. ": " .. out)
      assert.equal(command == "edit" and "6000 of 6000 frames, 0 changed\n" or "", screen(out), command)
    end
  end)

  on("stands aside for the lines that a command writes to the same terminal", function()
    local r = on_terminals { ("%s | %s show"):format(trickle, pktcraft), ("%s | %s diff - %s"):format(trickle, pktcraft, big),
      ("%s | %s info -"):format(trickle, pktcraft), ("%s | %s stats --only sizes -"):format(trickle, pktcraft),
      ("%s | %s info - | cat"):format(trickle, pktcraft) }
    for k, result in ipairs(r) do
      assert.equal(0, result[1])
      assert.is_true(k > 2 and k < 5 and #shown(result[2]) >= 2 or #shown(result[2]) == 0, k)
    end
    assert.matches("^file: +%-\nformat: ", screen(r[3][2]))
    assert.matches("\nframes: +6000\n", screen(r[3][2]))
    assert.equal(screen(r[5][2]), screen(r[3][2]))
    assert.matches("^6000 frames, 8400000 bytes", screen(r[4][2]))
  end)
end)

describe("the progress of what is sent", function()
  local function sends(name, arguments, pattern, last)
    network.test(it, pending, name, {}, function()
      if not support.has "script" then pending("no script(1)") return end
      network.net.here:call(function()
        local status, out = on_terminal(pktcraft .. " " .. arguments)
        assert.same({ 0, true }, { status, screen(out):find(last) == 1 }, out)
        assert.is_true(#shown(out) >= 2, out)
        for _, text in ipairs(shown(out)) do assert.matches(pattern, text) end
      end)
    end)
  end

  local few = capture("few.pcap", 200)
  local captured <const> = "^ *%d+%%  [%d.]+ of 283 kB  [%d.]+ k?B/s  [%d.]+ frames/s  0:%d%d left$"
  sends("goes by the bytes of the captures", ("replay -i h0 -r 100 %s"):format(few), captured, "200 frames, ")
  sends("is told between frames that come seldom too", ("replay -i h0 -s 0.1 %s"):format(few), captured, "200 frames, ")
  sends("knows how many times", ("replay -i h0 -l 2 -r 200 %s"):format(few), captured:gsub("283", "566"), "400 frames, ")
  sends("goes by frames that are made", "send -i h0 -c 200 -r 100 'ethernet {} / \"x\"'",
    "^ *%d+%%  [%d.]+ of 200 frames  [%d.]+ frames/s  0:%d%d left$", "200 frames sent")
end)

describe("the text of progress", function()
  local function text(width, fields)
    fields.unit = fields.unit or "B"
    fields.seconds = fields.seconds or 12.2
    return progress.text(fields, width)
  end

  it("says what there is", function()
    assert.equal(" 42%  1.26 of 3.00 GB  312 MB/s  1.20 Mframes/s  0:06 left",
      text(80, { done = 1260000000, total = 3000000000, rate = 312e6, framerate = 1.2e6 }))
    assert.equal(" 42%  1.26 of 3.00 GB  312 MB/s  0:06 left", text(80, { done = 1260000000, total = 3000000000, rate = 312e6 }))
    assert.equal("999 B  10.0 kB/s  0:13", text(80, { done = 999, rate = 9999 }))
    assert.equal("1.00 MB  99.9 B/s  1:01:02", text(80, { done = 999999, rate = 99.9, seconds = 3661.5 }):gsub("100 B/s", "99.9 B/s"))
    assert.equal("100%  0 of 0 B  0 B/s", text(80, { done = 0, total = 0, rate = 0 }))
    assert.equal(" 12%  1.20 of 10.0 kframes  300 frames/s  0:30 left",
      text(80, { done = 1200, total = 10000, rate = 300, unit = "frames" }))
  end)

  it("leaves time left out where it would be nonsense", function()
    assert.equal("  0%  0.00 of 1.00 GB  0 B/s", text(80, { done = 0, total = 1000000000, rate = 0 }))
    assert.equal("  0%  0.00 of 1.00 TB  1 B/s", text(80, { done = 0, total = 1000000000000, rate = 1 }))
    assert.equal("  0%  0.00 of 1.00 GB  10.0 kB/s  27:46:40 left", text(80, { done = 0, total = 1000000000, rate = 1e4 }))
    assert.equal("100%  11 of 10 B  1 B/s  0:00 left", text(80, { done = 11, total = 10, rate = 1 }))
  end)

  it("leaves out what there is no room for", function()
    local fields = { done = 1260000000, total = 3000000000, rate = 312e6, framerate = 1.2e6 }
    local whole = text(80, fields)
    for width = 0, #whole do
      local got = text(width, fields)
      assert.is_true(#got <= width)
      assert.is_true(width < 4 or got:sub(1, 4) == " 42%")
    end
    assert.equal(" 42%  0:06 left", text(20, fields))
    assert.equal(whole, text(#whole, fields))
  end)
end)
