local support = require "spec.support"
local pcap = require "pktcraft.pcap"

local path, run, foreign, writefile, pcapfile = support.path, support.run, support.foreign, support.writefile, support.pcapfile

local function info(args)
  return run(support.pktcraft .. " info " .. args)
end

describe("pktcraft info", function()
  it("tells of frames, bytes, times and rates", function()
    local file = writefile(path("info.pcap"), pcapfile({}, { { 1, 500000, ("x"):rep(60) }, { 3, 0, ("y"):rep(40), 40, 100 } }))
    local status, out, err = info(file)
    assert.same({ 0, "" }, { status, err })
    assert.equal(([[
file:          %s
format:        pcap, little-endian, microseconds
interface:     link type 1 (ethernet), snaplen 65535
frames:        2, 1 of them cut
bytes:         160 on the wire, 100 captured
mean size:     80.0 bytes
first:         1970-01-01 00:00:01.500000000
last:          1970-01-01 00:00:03.000000000
duration:      1.500000000 s
rate:          1.33 frames/s, 853 bit/s
]]):format(file), out)
  end)

  it("tells of several interfaces, comments, times that go back and frames without time", function()
    local out = assert(pcap.create(path("info.pcapng"), { format = "pcapng", interfaces = {
      { linktype = 1, if_name = "eth0", if_tsresol = 9 }, { linktype = 101, if_name = "tun0" } } }))
    assert(out:write("a", 2000000000, nil, { comment = "first\nof two" }))
    assert(out:write("bc", 1000000000, nil, { interface = 2 }))
    assert(out:block { type = "packet", kind = "simple", data = "def", wirelen = 3, interface = 1 })
    assert(out:close())
    local status, text = info(path("info.pcapng"))
    assert.equal(0, status)
    assert.matches("interface 1:   eth0, link type 1 (ethernet), snaplen 262144, 2 frames\n", text, 1, true)
    assert.matches("interface 2:   tun0, link type 101 (rawip), snaplen 262144, 1 frames\n", text, 1, true)
    assert.matches("order:         times go back\n", text, 1, true)
    assert.matches("no time:       1 frames\n", text, 1, true)
    assert.matches("comment:       frame 1: first\n               of two\n", text, 1, true)
  end)

  it("tells up to where a file is whole, and what is wrong then", function()
    local whole = pcapfile({}, { { 1, 2, "abc" }, { 1, 2, "abc" } })
    writefile(path("cut.pcap"), whole:sub(1, -2))
    local status, out = info(path("cut.pcap"))
    assert.equal(1, status)
    assert.matches("frames:        1\n", out, 1, true)
    assert.matches("error:         " .. path("cut.pcap") .. ": frame 2 at byte 43: frame cut: 2 bytes, expected 3\n", out, 1, true)
    assert.equal(2, (info("/nosuchfile")))
    assert.equal(2, (info("")))
  end)

  it("gives JSON without losing a digit", function()
    local ok, json = pcall(require, "cjson")
    if not ok then return pending "no lua-cjson" end
    local file = writefile(path("nano.pcap"), pcapfile({ nano = true }, { { 4000000000, 123456789, "abc" }, { 4000000000, 123456790, "abc" } }))
    local status, out = info("--json " .. file .. " " .. file)
    assert.equal(0, status)
    local list = json.decode(out)
    assert.equal(2, #list)
    assert.equal("4000000000123456789", list[1].first)
    assert.equal("1", list[1].duration)
    assert.equal(2, list[1].frames)
    assert.equal("ethernet", list[1].interfaces[1].layout)
  end)

  it("agrees with capinfos on real captures #interop", function()
    local samples = support.samples("plain")
    if #samples == 0 or not support.has "capinfos" then pending(#samples == 0 and "no captures" or "no capinfos") return end
    local ok, json = pcall(require, "cjson")
    if not ok then return pending "no lua-cjson" end
    local compared = 0
    for _, file in ipairs(samples) do
      local status, ours = info("--json " .. file)
      local _, theirs = foreign("capinfos -T -r -M -c -d -a -e -S " .. file)
      if status == 0 and theirs:find "\t" then
        local one = json.decode(ours)[1]
        local _, frames, bytes, first, last = theirs:match "^([^\t]*)\t?%S*\t(%d+)\t(%d+)\t(%S+)\t(%S+)"
        assert.equal(tonumber(frames), one.frames, file)
        assert.equal(tonumber(bytes), one.wire, file)
        if one.timeless == 0 and one.frames > 0 and first ~= "n/a" and one.last ~= tostring(math.maxinteger) then
          assert.is_true(math.abs(tonumber(first) - tonumber(one.first) / 1e9) < 2e-6, file)
          assert.is_true(math.abs(tonumber(last) - tonumber(one.last) / 1e9) < 2e-6, file)
        end
        compared = compared + 1
      end
    end
    assert.is_true(compared > 20, compared)
  end)
end)
