local support = require "spec.support"
local memory = require "memory"
local pcap = require "pktcraft.pcap"

local path, run, foreign, readfile, writefile = support.path, support.run, support.foreign, support.readfile, support.writefile

local function convert(args)
  return run(support.pktcraft .. " convert " .. args)
end

--- The bytes of all frames of a capture.
local function frames(name)
  local list, m = {}, memory.create()
  local cap <close> = assert(pcap.open(name))
  for _ in cap:frames(m) do list[#list + 1] = tostring(m) end
  return list
end

local function sample(name, n)
  run(("%s examples/craft.lua %s %d"):format(support.pktcraft, path(name), n))
  return path(name)
end

describe("pktcraft convert", function()
  it("turns formats, precisions, orders and compressions, and back to the very bytes #zlib #zstd", function()
    local file = path "micro.pcap"
    assert.equal(0, (convert(("-r %s -w %s --precision micro --byteorder little"):format(sample("craft.pcap", 200), file))))
    assert.same({ 0, "", "" }, { convert(("-r %s -w %s"):format(file, path "same")) })
    assert.is_true(readfile(file) == readfile(path "same"))
    for _, way in ipairs {
      { "-F pcapng", "-F pcap --byteorder little" }, { "--byteorder big", "--byteorder little" }, { "--precision nano", "--precision micro" },
      { "--compress gzip", "" }, { "--compress zstd", "" }, { "-F pcapng --byteorder big --precision nano --compress gzip",
        "-F pcap --byteorder little --precision micro" },
    } do
      assert.same({ 0, "", "" }, { convert(("-r %s -w %s %s"):format(file, path "there", way[1])) })
      assert.same({ 0, "", "" }, { convert(("-r %s -w %s %s"):format(path "there", path "back", way[2])) })
      assert.same(frames(file), frames(path "there"))
      assert.is_true(readfile(file) == readfile(path "back"), way[1])
    end
    assert.equal(0, (convert(("-r %s -w %s --linktype 147 --snaplen 20 udp"):format(file, path "cut"))))
    local cap <close> = assert(pcap.open(path "cut"))
    assert.equal(147, cap.linktype)
    for _, bytes in ipairs(frames(path "cut")) do assert.equal(20, #bytes) end
  end)

  it("takes what no option says from the name, as other commands do #zlib #zstd", function()
    local file = path "form.pcap"
    assert.equal(0, (convert(("-r %s -w %s"):format(sample("craft.pcap", 200), file))))
    local expected = frames(file)
    local function expect(command, name, format, compression)
      assert.equal(0, (run(support.pktcraft .. " " .. command:gsub("OUT", path(name)))), command)
      local cap <close> = assert(pcap.open(path(name)))
      assert.same({ format, compression }, { cap.format, cap.compression }, command .. " " .. name)
      assert.same(expected, frames(path(name)))
    end
    for name, form in pairs { ["o.pcapng"] = { "pcapng" }, ["o.PCAPNG"] = { "pcapng" }, ["o.pcap"] = { "pcap" },
      ["o.pcap.gz"] = { "pcap", "gzip" }, ["o.pcapng.gz"] = { "pcapng", "gzip" }, ["o.zst"] = { "pcap", "zstd" },
      ["pcapng"] = { "pcap" }, ["o.pcapng.bak"] = { "pcap" } } do
      for command, rest in pairs { convert = "", ["filter -q"] = "eth", ["filter -q -j 2"] = "eth",
        ["edit -q"] = "'ipv4.ttl = ipv4.ttl'", ["edit -q -j 2"] = "'ipv4.ttl = ipv4.ttl'" } do
        expect(command .. " -r " .. file .. " -w OUT " .. rest, name, form[1], form[2])
      end
      expect("merge -w OUT " .. file, name, form[1], form[2])
    end
    -- The name of a capture that is pcapng says nothing but where a form is what is asked for.
    local ng = path "form.pcapng"
    expect("convert -r " .. file .. " -w OUT", "form.pcapng", "pcapng")
    expect("filter -q -r " .. ng .. " -w OUT eth", "kept.pcap", "pcapng")
    expect("convert -r " .. ng .. " -w OUT", "kept.pcap", "pcap")
    expect("convert -F pcapng -r " .. ng .. " -w OUT", "kept.pcap", "pcapng")
    expect("convert --compress zstd -r " .. ng .. " -w OUT", "kept.gz", "pcapng", "zstd")
    assert.equal(0, (run(("%s split --count 150 -r %s -w %s"):format(support.pktcraft, file, path "part.pcapng.gz"))))
    local part <close> = assert(pcap.open(path "part.pcapng_00002.gz"))
    assert.same({ "pcapng", "gzip", 50 }, { part.format, part.compression, part:count() })
  end)

  it("writes bytes as text and reads them, its own and those of others", function()
    local file = sample("craft.pcap", 20)
    assert.equal(0, (convert(("-r %s -T hex -w %s"):format(file, path "hex"))))
    assert.same({ 0, "", "" }, { convert(("--hex -r %s -w %s"):format(path "hex", path "back")) })
    assert.same(frames(file), frames(path "back"))
    run(("%s show -x -r %s > %s"):format(support.pktcraft, file, path "shown"))
    assert.equal(0, (convert(("--hex -r %s -w %s"):format(path "shown", path "back"))))
    assert.same(frames(file), frames(path "back"))
    for program, command in pairs { xxd = "xxd %s", hexdump = "hexdump -C %s", od = "od -A x -t x1z %s" } do
      if support.has(program) then
        for _, bytes in ipairs { "face", "deadbeefdeadbeef", ("abcdef0123456789"):rep(9), "\0\1\2", frames(file)[1] } do
          local name = writefile(path "raw", bytes)
          foreign(command:format(name) .. " > " .. path "dump")
          assert.equal(0, (convert(("--hex -r %s -w %s"):format(path "dump", path "back"))), program)
          assert.same({ bytes }, frames(path "back"), program)
        end
      end
    end
    assert.equal(0, (convert(("--hex -r %s -w %s 'udp.destination == 53 and ipv4'"):format(path "hex", path "back"))))
    assert.equal(10, #frames(path "back"))
  end)

  it("reads what tcpdump prints #interop", function()
    if not support.has "tcpdump" then return pending "no tcpdump" end
    local file = sample("craft.pcap", 20)
    for _, option in ipairs { "-xx", "-XX" } do
      foreign(("tcpdump %s -nr %s > %s"):format(option, file, path "dump"))
      assert.equal(0, (convert(("--hex -r %s -w %s"):format(path "dump", path "back"))))
      assert.same(frames(file), frames(path "back"))
    end
  end)

  it("writes a script that builds the packets, byte for byte", function()
    for _, file in ipairs { sample("craft.pcap", 60), table.unpack(support.samples "plain") } do
      local cap = pcap.open(file)
      if cap and cap:count() < 2000 then
        assert.equal(0, (convert(("-r %s -T lua -w %s"):format(file, path "packets.lua"))))
        writefile(path "check.lua", ([[
          local n, expected, m = 0, dofile(%q), memory.create()
          local cap = assert(pcap.open(%q))
          for _ in cap:frames(m) do
            n = n + 1
            assert(memory.tostring(expected[n].memory) == memory.tostring(m), "frame " .. n)
          end
          assert(n == #expected)]]):format(path "packets.lua", file))
        local status, _, err = run(support.pktcraft .. " " .. path "check.lua")
        assert.equal(0, status, file .. ": " .. err)
      end
    end
  end)

  it("writes arrays of C", function()
    local cc = os.getenv("CC") or "cc"
    if not support.has(cc) then return pending "no C compiler" end
    assert.equal(0, (convert(("-r %s -T c -w %s"):format(sample("craft.pcap", 5), path "frames.c"))))
    local status, _, err = run(("%s -Wall -Werror -Wno-unused -fsyntax-only %s"):format(cc, path "frames.c"))
    assert.equal(0, status, err)
    assert.equal(5, select(2, readfile(path "frames.c"):gsub("static const unsigned char frame%d+%[%d+%]", "")))
  end)

  it("says what is wrong", function()
    local file = sample("craft.pcap", 5)
    assert.equal(2, (convert("-r /nosuchfile -w " .. path "x")))
    assert.equal(2, (convert("--hex -r /nosuchfile -w " .. path "x")))
    assert.equal(2, (convert(("--hex -T c -r %s"):format(file))))
    assert.equal(2, (convert("-F gif")))
    local status, _, err = convert(("--hex -r %s -w %s"):format(writefile(path "bad", "0000  01 02\n0003  04\n"), path "x"))
    assert.equal(2, status)
    assert.matches("line 2: offset 3, expected 2, or 0 of a new frame", err, 1, true)
    status, _, err = convert(("--hex -r %s -w %s"):format(writefile(path "bad", "nothing\n"), path "x"))
    assert.equal(2, status)
    assert.matches("no line with an offset and bytes", err, 1, true)
    assert.equal(1, (convert(("-r %s -w /dev/full"):format(file))))
    assert.equal(1, (convert(("-r %s -T hex -w /dev/full"):format(file))))
  end)

  it("cuts no frame that is longer than its file says, unless it is told to", function()
    local name = support.writefile(support.path "lies.pcap", support.pcapfile({ snaplen = 4 }, { { 1, 0, "abcdef" } }))
    for args, size in pairs { ["-F pcapng"] = 6, ["--precision nano"] = 6, ["--byteorder big"] = 6, ["-F pcap"] = 6, ["--snaplen 3"] = 3,
      ["-F pcapng --snaplen 5"] = 5 } do
      assert.equal(0, (support.run(("%s convert %s -r %s -w %s"):format(support.pktcraft, args, name, support.path "lies.out"))))
      local m = memory.create()
      assert(require "pktcraft.pcap".open(support.path "lies.out"):next(m))
      assert.equal(size, #m, args)
    end
  end)
end)
