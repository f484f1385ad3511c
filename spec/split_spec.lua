local support = require "spec.support"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"

local path, run, readfile, writefile, pcapfile = support.path, support.run, support.readfile, support.writefile, support.pcapfile

--- A capture of conversations over three seconds, in the format.
local function capture(name, options)
  local out = assert(pcap.create(path(name), options))
  for k = 1, 90 do
    local there = k % 2 == 0
    assert(out:write(layouts.ethernet {} / layouts.ipv4 { source = there and "10.0.0.1" or "10.0.0.2", ident = k,
      destination = there and "10.0.0.2" or "10.0.0.1", ttl = 60 + k % 3 }
      / layouts.udp { source = there and 1000 + k % 3 or 53, destination = there and 53 or 1000 + k % 3 } / ("x"):rep(k),
      1000000000 + k * 33333333))
  end
  assert(out:close())
  return path(name)
end

local function files(pattern)
  local list = {}
  local pipe <close> = io.popen(("ls %s 2>/dev/null"):format(path(pattern)))
  for name in pipe:lines() do list[#list + 1] = name end
  return list
end

local function counts(list)
  local all = {}
  for k, name in ipairs(list) do all[k] = assert(pcap.open(name)):count() end
  return all
end

local function split(name, args)
  os.execute("rm -f " .. path("part_*"))
  return run(("%s split -r %s -w %s %s"):format(support.pktcraft, name, path "part.pcap", args))
end

local function merge(args)
  return run(("%s merge -w %s %s"):format(support.pktcraft, path "merged", args))
end

describe("pktcraft split and pktcraft merge", function()
  it("cut a capture by the count of frames, and put it together as it was", function()
    for _, options in ipairs { {}, { format = "pcapng" }, { precision = "nano" }, { byteorder = "big" } } do
      local whole = capture("whole", options)
      assert.same({ 0, "", "" }, { split(whole, "--count 40") })
      assert.same({ 40, 40, 10 }, counts(files "part_*"))
      assert.same({ 0, "", "" }, { merge("--order files " .. table.concat(files "part_*", " ")) })
      if not options.format and not options.byteorder then assert.is_true(readfile(whole) == readfile(path "merged")) end
      assert.equal(90, assert(pcap.open(path "merged")):count())
      assert.equal(0, (split(whole, "--count 45")))
      assert.same({ 45, 45 }, counts(files "part_*"))
    end
  end)

  it("cut by time and by size", function()
    local whole = capture("whole")
    assert.equal(0, (split(whole, "--seconds 1")))
    assert.same({ 30, 30, 30 }, counts(files "part_*"))
    assert.equal(0, (split(whole, "--bytes 3000")))
    local list = files "part_*"
    assert.is_true(#list > 2)
    for _, name in ipairs(list) do assert.is_true(#readfile(name) <= 3000) end
    assert.equal(0, (merge(table.concat(list, " "))))
    assert.is_true(readfile(whole) == readfile(path "merged"))
  end)

  it("cut by conversation and by the values of a field, and merge by time", function()
    local whole = capture("whole")
    assert.equal(0, (split(whole, "--flow")))
    assert.same({ 30, 30, 30 }, counts(files "part_*"))
    assert.equal(0, (split(whole, "--by ipv4.ttl")))
    assert.same({ path "part_60.pcap", path "part_61.pcap", path "part_62.pcap" }, files "part_*")
    assert.equal(0, (merge(table.concat(files "part_*", " "))))
    assert.is_true(readfile(whole) == readfile(path "merged"))
    assert.equal(0, (split(whole, "--by tcp.flags")))
    assert.same({ path "part_none.pcap" }, files "part_*")
    assert.equal(0, (split(whole, "--by ipv4.ident 'udp.destination == 53'")))
    assert.equal(45, #files "part_*")
  end)

  it("open no more files at once than there may be", function()
    local out = assert(pcap.create(path "many"))
    for _ = 1, 2 do
      for k = 1, 500 do assert(out:write(layouts.ethernet {} / layouts.ipv4 { ident = k })) end
    end
    assert(out:close())
    local status, _, err = run(("ulimit -n 230; rm -f %s; %s split -r %s -w %s --by ipv4.ident"):format(path "part_*",
      support.pktcraft, path "many", path "part.pcap"))
    assert.same({ 0, "" }, { status, err })
    local all = counts(files "part_*")
    assert.equal(500, #all)
    for _, n in ipairs(all) do assert.equal(2, n) end
  end)

  it("write pcapng where link types differ", function()
    writefile(path "a.pcap", pcapfile({ linktype = 1 }, { { 1, 0, "abc" } }))
    writefile(path "b.pcap", pcapfile({ linktype = 101 }, { { 2, 0, "abc" } }))
    assert.same({ 0, "", "" }, { merge(path "a.pcap" .. " " .. path "b.pcap") })
    local cap <close> = assert(pcap.open(path "merged"))
    assert.equal("pcapng", cap.format)
    assert.equal(2, cap:count())
    assert.equal(1, (merge("-F pcap " .. path "a.pcap" .. " " .. path "b.pcap")))
  end)

  it("say what is wrong, and keep whole frames", function()
    local whole = capture("whole")
    assert.equal(2, (split(whole, "")))
    assert.equal(2, (split(whole, "--count 0")))
    assert.equal(2, (split(whole, "--count 5 --flow")))
    assert.equal(2, (split("/nosuchfile", "--count 5")))
    local status, _, err = split(whole, "--by ipv4.foo")
    assert.equal(2, status)
    assert.matches("no field 'foo' in layout 'ipv4'", err)
    assert.equal(2, (split(whole, "--count 5 'ipv4.foo == 1'")))
    assert.equal(2, (merge("/nosuchfile")))
    local bytes = readfile(whole)
    writefile(path "cut.pcap", bytes:sub(1, -2))
    status, _, err = split(path "cut.pcap", "--count 50")
    assert.equal(1, status)
    assert.matches("frame 90 at byte", err)
    assert.same({ 50, 39 }, counts(files "part_*"))
    assert.equal(1, (merge(path "cut.pcap")))
    assert.equal(89, assert(pcap.open(path "merged")):count())
  end)
end)
