--- Capture files as wholes: packed, merged, sought, followed, appended to, rotated; and what goes wrong with them.
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"

local readfile, writefile, pcapfile, run = support.readfile, support.writefile, support.pcapfile, support.run
local pktcraft = support.pktcraft

local names, round = {}, 0
local function path(name)
  names[name] = names[name] or support.path("w" .. round .. "_" .. name)
  return names[name]
end

before_each(function() names, round = {}, round + 1 end)

--- All frames as "time interface data", and the error that ended them.
local function readall(cap, message)
  if not cap then return nil, message end
  local list, m = {}, memory.create()
  while true do
    local time, wirelen, interface = cap:next(m)
    if not time then
      cap:close()
      return list, wirelen
    end
    list[#list + 1] = ("%d %d %s"):format(time, interface, tostring(m))
  end
end

--- A classic file of `n` frames of many sizes, of seconds `first`, first + step, ...
local function many(n, options, first, step)
  local records = {}
  for k = 1, n do records[k] = { (first or 0) + (k - 1) * (step or 1), k, ("%d;"):format(k):rep(k % 97) } end
  return pcapfile(options or {}, records), records
end

local function section(order) return support.section(order) end
local function interface(order, linktype)
  return support.block(order, 1, string.pack(order .. "I2 I2 I4", linktype, 0, 0))
end
local function packet(order, number, ticks, data)
  return support.block(order, 6, string.pack(order .. "I4 I4 I4 I4 I4", number, ticks >> 32, ticks & 0xffffffff, #data,
    #data) .. data)
end

--- A pcapng file of sections in turned orders, with frames and interfaces of each.
local function sections(n)
  local parts = {}
  for s = 1, n do
    local order = s % 2 == 0 and ">" or "<"
    parts[#parts + 1] = section(order) .. interface(order, s)
    for k = 1, 700 do
      parts[#parts + 1] = packet(order, k > 350 and 1 or 0, s * 1000 + k, ("%d,%d"):format(s, k))
      if k == 350 then parts[#parts + 1] = interface(order, 100 + s) end
    end
  end
  return table.concat(parts)
end

describe("a packed capture", function()
  local packers, tags = { gzip = "gzip -c", zstd = "zstd -qc" }, { gzip = " #zlib", zstd = " #zstd" }

  for packing, program in pairs(packers) do
    it("is read, from files and pipes: " .. packing .. tags[packing], function()
      if not support.has(packing) then pending("no " .. packing) return end
      local name = writefile(path("plain"), (many(5000)))
      local want = readall(pcap.open(name))
      assert.equal(5000, #want)
      assert(support.foreign(("%s %s > %s"):format(program, name, path("packed"))))
      local cap = assert(pcap.open(path("packed")))
      assert.same({ packing, "pcap" }, { cap.compression, cap.format })
      assert.same(want, (readall(cap)))
      assert(support.foreign(("{ %s %s; head -c 20000 /dev/null; } > %s"):format(program, name, path("two"))))
      local _, out = run(("cat %s | %s -e 'local n, m = 0, memory.create() for _ in assert(pcap.open \"-\"):frames(m) "
        .. "do n = n + 1 end print(n)'"):format(path("packed"), pktcraft))
      assert.equal("5000\n", out)
    end)

    it("is written, flushed, and whole for others: " .. packing .. tags[packing], function()
      if not support.has(packing) then pending("no " .. packing) return end
      local bytes = many(3000)
      local cap = assert(pcap.open(writefile(path("plain"), bytes)))
      local out = assert(pcap.create(path("packed"), { like = cap, compress = packing }))
      assert.equal(packing, out.compression)
      assert.equal(3000, out:copy(cap))
      assert(out:flush())
      assert(out:close())
      assert.is_true(#readfile(path("packed")) < #bytes)
      local status, plain = support.foreign(("%s -dc < %s"):format(packing, path("packed")))
      assert.equal(0, status)
      assert.is_true(plain == bytes)
      run(("%s -e 'pcap.create(%q, { compress = %q }):write(\"x\", 1000)'"):format(pktcraft, path("exit"), packing))
      assert.same({ "1000 1 x" }, (readall(pcap.open(path("exit"))))) -- not closed: ended at exit
    end)

    it("gives the whole frames before its end or a fault: " .. packing .. tags[packing], function()
      if not support.has(packing) then pending("no " .. packing) return end
      local name = writefile(path("plain"), (many(400)))
      local want = readall(pcap.open(name))
      support.foreign(("%s %s > %s"):format(program, name, path("packed")))
      local packed = readfile(path("packed"))
      for n = 1, #packed - 1, 7 do
        local got, message = readall(pcap.open(writefile(path("cut"), packed:sub(1, n))))
        assert.is_truthy(message)
        for k, frame in ipairs(got or {}) do assert.equal(want[k], frame) end
        if n > 4 then assert.matches("cut in the middle", message) end
      end
      for n = 12, #packed, 11 do
        local turned = packed:sub(1, n - 1) .. string.char(packed:byte(n) ~ 0x55) .. packed:sub(n + 1)
        local got, message = readall(pcap.open(writefile(path("bad"), turned)))
        assert.is_true(got == nil or message ~= nil or #got == 400)
      end
    end)
  end

  it("may have several members, and zeros after them #zlib", function()
    if not support.has("gzip") then pending("no gzip") return end
    local bytes = many(100)
    writefile(path("a"), bytes:sub(1, 1000))
    writefile(path("b"), bytes:sub(1001))
    support.foreign(("{ gzip -c %s; gzip -c %s; head -c 512 /dev/zero; } > %s"):format(path("a"), path("b"), path("c")))
    local got, message = readall(pcap.open(path("c")))
    assert.is_nil(message)
    assert.equal(100, #got)
  end)
end)

describe("a build without zlib or libzstd", function()
  it("says so when such a file comes", function()
    local source = writefile(path("main.c"), [[
      #include <stdio.h>
      #include "compress.h"
      int main (void) {
        const char *why = NULL;
        if (pk_unpack_new(PK_GZIP, &why) == NULL) puts(why);
        if (pk_pack_new(PK_ZSTD, &why) == NULL) puts(why);
        return 0;
      }]])
    local program = path("main")
    local status, out, err = support.foreign(("%s -std=c11 -Ipcap -Icore -o %s %s pcap/compress.c core/alloc.c && %s"):format(
      os.getenv("CC") or "cc", program, source, support.emulated(program)))
    assert.equal("", err)
    assert.same({ 0, "gzip: this build has no zlib\nzstd: this build has no libzstd\n" }, { status, out })
  end)
end)

describe("a pipe", function()
  it("delivers frames as they arrive, in every format #zlib #zstd", function()
    for k, options in ipairs { {}, { format = "pcapng" }, { compress = "gzip" }, { format = "pcapng", compress = "zstd" } } do
      options.flush = true
      local name, sizes = path("p" .. k), {}
      local out = assert(pcap.create(name, options))
      for n = 1, 2 do
        assert(out:write("frame " .. n, n * 1000))
        sizes[n] = #readfile(name)
      end
      assert(out:close())
      local _, got = run(([[{ { head -c %d %s; sleep 0.3; echo late >&2; tail -c +%d %s; } | %s -e '
        local m = memory.create()
        for _ in assert(pcap.open("-")):frames(m) do io.stderr:write(tostring(m), "\n") end'; } 2>&1]]):format(
        sizes[1], name, sizes[1] + 1, name, pktcraft))
      assert.equal("frame 1\nlate\nframe 2\n", got)
    end
  end)
end)

describe("pcap.merge", function()
  it("gives frames by time, or file after file, interfaces numbered through", function()
    local a = writefile(path("a"), (many(50, { linktype = 1 }, 0, 3)))
    local b = writefile(path("b"), (many(50, { linktype = 101, nano = true, order = ">" }, 1, 2)))
    local c = writefile(path("c"), sections(2))
    local all = {}
    for _, name in ipairs { a, b, c } do
      for _, frame in ipairs((readall(pcap.open(name)))) do all[#all + 1] = frame:gsub("^(%S+) %S+", "%1") end
    end
    local function merged(files)
      local list, cap = {}, assert(pcap.merge(files))
      assert.equal("merged", cap.format)
      for k, frame in ipairs((readall(cap))) do list[k] = frame:gsub("^(%S+) %S+", "%1") end
      return list
    end
    assert.same(all, merged { a, b, c, order = "files" })
    local sorted = {}
    for k, frame in ipairs(all) do sorted[k] = { tonumber((frame:match "^%S+")), k, frame } end
    table.sort(sorted, function(x, y) return x[1] < y[1] or x[1] == y[1] and x[2] < y[2] end)
    for k, s in ipairs(sorted) do sorted[k] = s[3] end
    -- Within a file frames keep their order, and these are in order of time.
    assert.same(sorted, merged { a, b, c })
    local cap, m, seen = assert(pcap.merge { a, b, c }), memory.create(), {}
    for _, _, number in cap:frames(m) do seen[cap.interfaces[number].linktype] = true end
    assert.same({ [1] = true, [101] = true, [102] = true, [2] = true }, seen)
    assert.equal(6, #cap.interfaces)
  end)

  it("agrees with mergecap #interop", function()
    if not support.has("mergecap") then pending("no mergecap") return end
    local a = writefile(path("a"), (many(80, {}, 0, 3)))
    local b = writefile(path("b"), (many(90, {}, 1, 2)))
    support.foreign(("mergecap -F pcap -w %s %s %s"):format(path("theirs"), a, b))
    local out = assert(pcap.create(path("ours"), { snaplen = 65535 }))
    assert.equal(170, out:copy(assert(pcap.merge { a, b })))
    assert(out:close())
    assert.same(readall(pcap.open(path("theirs"))), readall(pcap.open(path("ours"))))
  end)

  it("says which file is wrong", function()
    local a = writefile(path("a"), (many(3)))
    assert.matches(path("none") .. ": No such file", select(2, pcap.merge { a, path("none") }))
    local cut = writefile(path("cut"), many(3):sub(1, -2))
    local got, message = readall(pcap.merge { a, cut, order = "files" })
    assert.equal(5, #got)
    assert.matches("cut: frame 3 at byte %d+: frame cut", message)
    assert.error_matches(function() pcap.merge {} end, "no files")
    assert.error_matches(function() pcap.merge { a, order = "size" } end, "'order': 'time' or 'files' expected")
    assert.error_matches(function() pcap.merge { a, 7 } end, "file 2: path expected")
    assert.error_matches(function() pcap.merge { a, sorted = true } end, "unknown option 'sorted'")
    assert.matches("cannot go back: the files are merged", select(2, assert(pcap.merge { a }):seek(1)))
  end)
end)

describe("capture:seek", function()
  local function check(name, n)
    local want = readall(pcap.open(name))
    assert.equal(n, #want)
    local cap, m = assert(pcap.open(name)), memory.create()
    local state = 12345
    local function at(k)
      assert.equal(k <= n + 1, (cap:seek(k)))
      assert.equal(k <= n and k or n + 1, cap:tell())
      assert.equal(0, #m)
      local time, _, number = cap:next(m)
      assert.equal(want[k], time and ("%d %d %s"):format(time, number, tostring(m)), "frame " .. k)
      if time then assert.equal(k + 1, cap:tell()) end
    end
    for _, k in ipairs { 1, n, 1, 2, n + 1, n, n + 5, 1024, 1025, 1026, 1 } do if k <= n + 5 then at(k) end end
    for _ = 1, 60 do
      state = (state * 1103515245 + 12345) & 0x7fffffff
      at(state % (n + 2) + 1)
    end
    cap:close()
  end

  it("finds any frame, on and back", function()
    check(writefile(path("classic"), (many(5000))), 5000)
    check(writefile(path("few"), (many(3))), 3)
    check(writefile(path("sections"), sections(5)), 3500)
    local ok, message = assert(pcap.open(path("few"))):seek(3)
    assert.same({ true }, { ok, message })
    assert.error_matches(function() assert(pcap.open(path("few"))):seek(0) end, "from 1 on")
  end)

  it("goes back in packed files #zlib #zstd", function()
    for _, packing in ipairs { "gzip", "zstd" } do
      local cap = assert(pcap.open(writefile(path("plain" .. packing), sections(3))))
      local out = assert(pcap.create(path(packing), { like = cap, compress = packing }))
      assert(out:copy(cap))
      assert(out:close())
      check(path(packing), 2100)
    end
  end)

  it("goes back in what has an error at its end", function()
    local cap, m = assert(pcap.open(writefile(path("cut"), many(2000):sub(1, -2)))), memory.create()
    local n = 0
    while cap:next(m) do n = n + 1 end
    assert.equal(1999, n)
    assert.is_true(cap:seek(1999))
    assert(cap:next(m))
    assert.matches("frame cut", select(3, cap:next(m)) or select(2, cap:next(m)))
    assert.is_nil((cap:seek(2001)))
    assert.is_true(cap:seek(1))
  end)

  it("goes forward in a pipe, and says that it cannot go back", function()
    local name = writefile(path("a"), (many(3000)))
    local _, out = run(([[cat %s | %s -e '
      local cap, m = assert(pcap.open "-"), memory.create()
      print(cap:seek(2900), cap:tell(), (cap:next(m)))
      print(cap:seek(2))
      print(cap:tell(), (cap:next(m)))']]):format(name, pktcraft))
    assert.equal("true\t2900\t2899002900000\nnil\tstandard input: frame 2901 at byte ", (out:gsub("%d+: cannot.*", "")))
    assert.matches("cannot go back: it is no regular file\n2901\t2900002901000\n$", out)
  end)
end)

describe("a capture that is followed", function()
  it("gives what is still written", function()
    local bytes = many(40)
    local name = writefile(path("grows"), bytes:sub(1, 100))
    local _, out = run(([[{ %s -e '
      local cap, m, n = assert(pcap.open(%q, { follow = 0.4 })), memory.create(), 0
      for _ in cap:frames(m) do n = n + 1 end
      print(n)' & for at in 101 1101 2101; do sleep 0.15; tail -c +$at %s | head -c 1000 >> %s; done; sleep 0.1
      tail -c +3101 %s >> %s; wait; } 2>&1]]):format(pktcraft, name, writefile(path("all"), bytes), name, path("all"), name))
    assert.equal("40\n", out)
  end)

  it("is an error where it shrinks, and ends where nothing comes", function()
    local name = writefile(path("shrinks"), (many(10)))
    local cap, m = assert(pcap.open(name, { follow = 0.1 })), memory.create()
    for _ = 1, 10 do assert(cap:next(m)) end
    assert.is_nil((cap:next(m)))
    writefile(name, "")
    cap = assert(pcap.open(writefile(path("shrinks2"), (many(10))), { follow = true }))
    for _ = 1, 10 do assert(cap:next(m)) end
    writefile(path("shrinks2"), "short")
    assert.matches("has shrunk to 5 bytes, of which %d+ were read", select(2, cap:next(m)))
    assert.error_matches(function() pcap.open(name, { follow = "yes" }) end, "'follow': true, or seconds expected")
    assert.error_matches(function() pcap.open(name, { folow = true }) end, "unknown option 'folow'")
  end)

  it("that others cut while it is read is an end or an error, never a crash", function()
    local bytes = many(20000)
    local name = writefile(path("cut"), bytes)
    local cap, m = assert(pcap.open(name)), memory.create()
    for _ = 1, 100 do assert(cap:next(m)) end
    writefile(name, bytes:sub(1, 1000))
    local n, message = 100
    while true do
      local time, why = cap:next(m)
      if not time then message = why break end
      n = n + 1
    end
    assert.is_true(n < 20000)
    assert.is_true(message == nil or message:find("cut") ~= nil)
  end)
end)

describe("an output", function()
  it("appends to what is there, in its order and precision", function()
    for _, order in ipairs { "<", ">" } do
      local options = { order = order, nano = order == ">", linktype = 101 }
      local name = writefile(path("a" .. order), (many(5, options)))
      local before = readfile(name)
      local out = assert(pcap.create(name, { append = true, linktype = 101 }))
      assert.same({ 101, order == ">" and "nano" or "micro" }, { out.linktype, out.precision })
      assert(out:write("more", 1000000001234))
      assert(out:close())
      assert.is_true(readfile(name):sub(1, #before) == before)
      local list, message = readall(pcap.open(name))
      assert.is_nil(message)
      assert.equal(6, #list)
      assert.equal(order == ">" and "1000000001234 1 more" or "1000000001000 1 more", list[6])
    end
    local name = writefile(path("ng"), sections(1))
    local out = assert(pcap.create(name, { append = true, format = "pcapng", linktype = 1 }))
    assert(out:write("more", 1000))
    assert(out:close())
    local list = readall(pcap.open(name))
    assert.same({ 701, "1000 3 more" }, { #list, list[701] })
    out = assert(pcap.create(path("new"), { append = true }))
    assert(out:write("x", 1))
    assert(out:close())
    assert.same({ "0 1 x" }, (readall(pcap.open(path("new")))))
  end)

  it("appends to packed files #zlib #zstd", function()
    for _, packing in ipairs { "gzip", "zstd" } do
      for k = 1, 2 do
        local out = assert(pcap.create(path(packing), { append = k == 2, compress = packing }))
        assert(out:write("frame " .. k, k * 1000))
        assert(out:close())
      end
      assert.same({ "1000 1 frame 1", "2000 1 frame 2" }, (readall(pcap.open(path(packing)))))
    end
  end)

  it("does not append to what is cut or another thing, which stays as it was", function()
    local function refuses(text, bytes, options)
      local name = writefile(path("bad"), bytes)
      options.append = true
      local out, message = pcap.create(name, options)
      assert.is_nil(out)
      assert.matches(text, message)
      assert.is_true(readfile(name) == bytes)
    end
    refuses("frame cut", many(3):sub(1, -2), {})
    refuses("another link type", (many(3)), { linktype = 101 })
    refuses("another format than pcapng", (many(3)), { format = "pcapng" })
    refuses("another format than pcap,", sections(1), {})
    refuses("not a capture file", "hello, world", {})
  end)

  it("begins new files by size and time, and keeps the last ones", function()
    local frame = ("x"):rep(84) -- records of 100 bytes
    for _, format in ipairs { "pcap", "pcapng" } do
      local out = assert(pcap.create(path(format .. ".cap"), { format = format, rotate = { bytes = 1000 } }))
      for k = 1, 25 do assert(out:write(frame, k)) end
      assert(out:close())
      local n, files = 0, 0
      for k = 1, 9 do
        local name = path(format .. ".cap"):gsub("%.cap$", "_0000" .. k .. ".cap")
        local list = readall(pcap.open(name))
        if not list then break end
        files = files + 1
        n = n + #list
        assert.is_true(#readfile(name) <= 1000 and (#list >= 7 or n == 25))
      end
      assert.equal(25, n)
      assert.equal(format == "pcap" and 3 or 4, files)
    end
    local out = assert(pcap.create(path("timed"), { rotate = { seconds = 10, files = 2 } }))
    for k = 0, 49 do assert(out:write("x", k * 1000000000)) end
    assert(out:close())
    for k = 1, 5 do
      local list = readall(pcap.open(path("timed") .. "_0000" .. k))
      assert.equal(k > 3 and 10 or nil, list and #list)
    end
    local cap = assert(pcap.open(writefile(path("many"), (many(2000)))))
    out = assert(pcap.create(path("copied.pcap"), { like = cap, rotate = { bytes = 50000 } }))
    assert.equal(2000, out:copy(cap))
    assert(out:close())
    local all = {}
    for k = 1, 99 do
      local list = readall(pcap.open((path("copied.pcap"):gsub("%.pcap$", ("_%05d.pcap"):format(k)))))
      if not list then break end
      table.move(list, 1, #list, #all + 1, all)
    end
    assert.same(readall(pcap.open(path("many"))), all)
    assert.error_matches(function() pcap.create(path("x"), { rotate = {} }) end, "'bytes' or 'seconds' expected")
    assert.error_matches(function() pcap.create(path("x"), { rotate = { bytes = 0 } }) end, "'bytes': number expected")
    assert.error_matches(function() pcap.create("-", { rotate = { bytes = 9 } }) end, "standard output takes no")
  end)

  it("hands over each frame at once when asked to #zlib #zstd", function()
    for _, options in ipairs { {}, { compress = "gzip" }, { compress = "zstd" }, { format = "pcapng" } } do
      options.flush = true
      local out = assert(pcap.create(path("eager"), options))
      for k = 1, 3 do
        assert(out:write("x", k * 1000))
        local cap, m = assert(pcap.open(path("eager"))), memory.create()
        for _ = 1, k do assert(cap:next(m)) end
        cap:close()
      end
      out:close()
    end
  end)

  it("says what option is wrong", function()
    local function bad(text, options) assert.error_matches(function() pcap.create(path("o"), options) end, text) end
    bad("'format': 'pcap' or 'pcapng' expected", { format = "snoop" })
    bad("'compress': 'gzip' or 'zstd' expected", { compress = "xz" })
    bad("'byteorder': 'little' or 'big' expected", { byteorder = "middle" })
    bad("'interfaces': of a pcapng file", { interfaces = {} })
    bad("'linktype': integer from 0", { format = "pcapng", interfaces = { { linktype = "x" } } })
    bad("'rotate' and 'append'", { append = true, rotate = { bytes = 5 } })
    bad("'like': capture expected", { like = 5 })
  end)
end)

describe("a large capture", function()
  it("is read and copied in little memory", function()
    local name = path("large")
    local out = assert(pcap.create(name, { format = "pcapng" }))
    local frame = ("x"):rep(1400)
    for k = 1, 60000 do assert(out:write(frame, k)) end -- 86 MB
    assert(out:close())
    local _, printed = run(([[%s -e '
      local cap = assert(pcap.open(%q))
      local out = assert(pcap.create(%q, { like = cap }))
      print(out:copy(cap), out:close())
      print(io.open("/proc/self/status"):read("a"):match("VmHWM:%%s*(%%d+)"))']]):format(pktcraft, name, path("copy")))
    local frames, kilobytes = printed:match "^(%d+)\ttrue\n(%d+)\n$"
    os.remove(name)
    os.remove(path("copy"))
    assert.equal("60000", frames)
    if not os.getenv("PK_SANITIZED") then assert.is_true(tonumber(kilobytes) < 20000, kilobytes) end
  end)
end)

describe("a file of 5 GiB", function()
  it("is read, and written at its end, whatever the machine's words", function()
    local name = writefile(path("wide"), support.pcapfile({}, { { 1, 0, "one" } }))
    if not os.execute(("truncate -s 5G %s 2>/dev/null"):format(name)) then return pending "no sparse files" end
    local cap <close> = assert(pcap.open(name))
    local m = memory.create()
    assert.equal(1000000000, (cap:next(m)))
    assert.equal("one", tostring(m))
    local status, _, err = run(([[%s -e 'out = pcap.create("-") out:write("last", 2) assert(out:close())' >> %s]]):format(pktcraft, name))
    assert.same({ 0, "" }, { status, err })
    local f <close> = assert(io.popen("tail -c 4 " .. name))
    assert.equal("last", f:read "a")
    os.remove(name)
  end)
end)

describe("files that fail", function()
  it("have their messages, and exit codes", function()
    os.execute("mkdir -p " .. path("folder"))
    local some = writefile(path("some"), (many(50)))
    local copy = "local out = assert(pcap.create(%q)) assert(out:copy(assert(pcap.open(%q)))) assert(out:close())"
    local function says(text, code, shell)
      local status, _, err = run((shell or "%s"):format(("%s -e '%s'"):format(pktcraft, code)))
      assert.matches(text, err)
      return status
    end
    assert.equal(1, says("/dev/full: No space left on device", copy:format("/dev/full", some)))
    assert.equal(1, says("is a directory, not a capture file", ("assert(pcap.open(%q))"):format(path("folder"))))
    assert.equal(1, says("Is a directory", ("assert(pcap.create(%q))"):format(path("folder"))))
    assert.equal(1, says("empty file: no capture file header", ('assert(pcap.open "/dev/null")')))
    assert.equal(1, says("No such file or directory", ("assert(pcap.open(%q))"):format(path("none"))))
    assert.equal(1, says("No such file or directory", ("assert(pcap.create(%q))"):format(path("none") .. "/x")))
    assert.equal(1, says("standard input: is being read already",
      'local a = assert(pcap.open "-") local b = assert(pcap.open "-")', "%s < " .. some))
    assert.equal(1, says("standard input: is being read already", 'assert(pcap.merge { "-", "-" })', "%s < " .. some))
    assert.equal(1, says("standard output: is being written already",
      'local a = assert(pcap.create "-") local b = assert(pcap.create "-")', "%s > /dev/null"))
    if io.open("/sys/kernel") then assert.equal(1, says("/sys/x: Permission denied", 'assert(pcap.create "/sys/x")')) end
  end)

  it("end quietly in a closed pipe, and leave whole frames on a full disk", function()
    local some = writefile(path("some"), (many(20000)))
    local code = ('local out = assert(pcap.create "-") local n, why = out:copy(assert(pcap.open(%q))) '
      .. "io.stderr:write(tostring(n), tostring(why)) out:close()"):format(some)
    local _, _, err = run(("%s -e '%s' | head -c 1000 >/dev/null"):format(pktcraft, code))
    assert.equal("nilstandard output: Broken pipe", err)
    _, _, err = run(("ulimit -f 300; %s -e '%s' > %s"):format(pktcraft, code, path("limited")))
    assert.matches("nilstandard output: File too large", err)
    local list, message = readall(pcap.open(path("limited")))
    assert.is_nil(message)
    local want = readall(pcap.open(some))
    assert.is_true(#list > 100 and #list < 20000)
    for k, frame in ipairs(list) do assert.equal(want[k], frame) end
  end)
end)

describe("what goes on behind the back of a capture or output", function()
  local m = memory.create()
  local function small(name, format)
    local out = assert(pcap.create(path(name), { format = format or "pcapng" }))
    assert(out:write(("x"):rep(60), 1000000000, nil, format ~= "pcap" and { comment = "c" } or nil))
    assert(out:close())
    return path(name)
  end

  it("closes what is used: by metamethods of options", function()
    local name, n = small("a"), 0
    local options = setmetatable({}, { __index = function(_, key)
      if key ~= "like" then return nil end
      n = n + 1
      return n == 1 and pcap.open(name) or nil
    end })
    local made = assert(pcap.create(path("o"), options))
    collectgarbage()
    assert.is_true(made:write(("y"):rep(20), 1))
    assert(made:close())
    local function closing(key, more)
      local out = assert(pcap.create(path("closed" .. key), { format = "pcapng" }))
      assert(out:write("first", 1))
      local t = setmetatable(more, { __index = function(_, k) if k == key then out:close() end end })
      return pcall(function() return more.type and out:block(t) or out:write("x", 2, 3, t) end)
    end
    closing("interface", {})
    for _, key in ipairs { "time", "interface", "wirelen", "kind" } do closing(key, { type = "packet", data = "x" }) end
    closing("byteorder", { type = "section" })
    closing("if_tsresol", { type = "interface" })
    local cap = assert(pcap.open(name))
    assert(cap:next(m))
    local out = assert(pcap.create(path("gone"), { format = "pcapng" }))
    assert.error_matches(function()
      out:write(m, 5, 60, setmetatable({}, { __index = function() cap:close() end }))
    end, "gone")
    out:close()
  end)

  it("closes what is used: by finalizers", function()
    local name = small("a")
    for k = 1, 150 do
      local cap = assert(pcap.open(name))
      assert(cap:next(m))
      local out = assert(pcap.create(path("f"), { format = "pcapng" }))
      collectgarbage()
      collectgarbage("stop")
      setmetatable({}, { __gc = function() (k % 2 == 0 and cap or out):close() end })
      collectgarbage("incremental", 10, 1000)
      for _ = 1, k * 20 do local _ = {} end -- a debt
      collectgarbage("restart")
      pcall(function()
        cap:options()
        cap:setoptions { comment = "x" }
        assert(out:write(m, 1000000000 + k))
        out:block { type = "names", records = { { address = "10.0.0.1", names = { "a", "b" } } } }
        out:copy(cap)
      end)
      cap:close()
      out:close()
    end
    collectgarbage("incremental", 200, 100)
  end)

  it("reads what would be destroyed, in merged captures and under numbered names too", function()
    local a, b = small("a.pcap", "pcap"), small("b.pcap", "pcap")
    for _, order in ipairs { "time", "files" } do
      local merged <close> = assert(pcap.merge { a, b, order = order })
      for _, name in ipairs { a, b } do assert.matches("is being read", select(2, pcap.create(name))) end
      assert.matches("is being read", select(2, pcap.create(b, { append = true })))
      assert.is_true(#readall(merged) == 2)
    end
    local numbered <close> = assert(pcap.open(small("r_00001.pcap", "pcap")))
    local base = path("r_00001.pcap"):gsub("_00001", "")
    assert.matches("is being read", select(2, pcap.create(base, { rotate = { bytes = 1000 } })))
    assert.is_truthy((numbered:next(m)))
  end)

  it("fails while files are rotated: all further writes fail alike", function()
    local folder = path("folder")
    os.execute("mkdir " .. folder)
    local out = assert(pcap.create(folder .. "/r", { rotate = { bytes = 100 } }))
    assert.is_true(out:write(("x"):rep(50), 1))
    os.execute("rm -r " .. folder)
    for _ = 1, 2 do assert.matches("No such file", select(2, out:write(("x"):rep(50), 1))) end
    assert.matches("No such file", select(2, out:close()))
    assert.error_matches(function() out:write("x", 1) end, "closed capture output")
  end)

  it("writes to what is being copied to: in its place", function()
    local out = assert(pcap.create(path("q")))
    for k = 1, 4 do assert(out:write(("%d"):format(k), k * 1000)) end
    assert(out:close())
    local cap = assert(pcap.open(path("q")))
    out = assert(pcap.create(path("qo"), { like = cap }))
    assert.equal(4, out:copy(cap, function(pkt)
      if pkt.number == 3 then assert(out:write("new", 9000)) end
      return true
    end))
    assert(out:close())
    assert.same({ "1000 1 1", "2000 1 2", "9000 1 new", "3000 1 3", "4000 1 4" }, (readall(pcap.open(path("qo")))))
  end)
end)

describe("limits and odd files", function()
  local m = memory.create()

  it("keep the memory of sections and interfaces bounded", function()
    local big = support.block("<", 1, string.pack("<I2 I2 I4", 1, 0, 0) .. support.option("<", 1, ("x"):rep(65000)):rep(16))
    local cap = assert(pcap.open(writefile(path("big"), section("<") .. big:rep(70))))
    assert.matches("sections and interfaces of more than 67108864 bytes", select(2, cap:next(m)))
    local one = support.block("<", 1, string.pack("<I2 I2 I4", 1, 0, 0) .. support.option("<", 1, ("x"):rep(65000)):rep(17))
    assert.matches("that describes, expected at most 1048576", select(2, pcap.open(writefile(path("one"), section("<") .. one))))
    local many_sections = section("<") .. interface("<", 1) .. packet("<", 0, 1, "abcd") .. section("<"):rep(50000)
      .. interface("<", 1) .. packet("<", 0, 2, "efgh")
    cap = assert(pcap.open(writefile(path("sections"), many_sections)))
    for _ = 1, 3 do
      assert.is_true(cap:seek(1))
      assert.equal(1000, (cap:next(m)))
      assert.equal(2000, (cap:next(m)))
    end
  end)

  it("cut frames by their own interface's snapshot length", function()
    local function iface(linktype, snaplen) return support.block("<", 1, string.pack("<I2 I2 I4", linktype, 0, snaplen)) end
    local bytes = section("<") .. iface(1, 100) .. iface(1, 65535) .. packet("<", 1, 1, ("x"):rep(600))
    local cap = assert(pcap.open(writefile(path("s"), bytes)))
    for _, format in ipairs { "pcapng", "pcap" } do
      assert.is_true(cap:seek(1))
      local out = assert(pcap.create(path(format), { like = cap, format = format }))
      assert.equal(1, out:copy(cap, function(pkt) pkt.time = 5000 return true end))
      assert(out:close())
      local copy = assert(pcap.open(path(format)))
      assert.same({ 5000, 600 }, { copy:next(m) and 5000, #m })
    end
  end)

  it("refuse times that the file does not hold", function()
    local out = assert(pcap.create(path("t"), { format = "pcapng", interfaces = { { if_tsresol = 19 },
      { if_tsoffset = 2000000000 }, { if_tsresol = 0x80 | 40 } } }))
    for k = 1, 3 do
      assert.error_matches(function() out:write("x", 1700000000000000000, nil, { interface = k }) end, "time out of range")
    end
    assert(out:write("x", 1700000000, nil, { interface = 3 }))
    assert(out:close())
    local late = path("late")
    out = assert(pcap.create(late, { format = "pcapng" }))
    assert(out:write("x", 5000000000 * 1000000000))
    assert(out:close())
    local got, message = assert(pcap.create(path("o"))):copy(assert(pcap.open(late)))
    assert.is_nil(got)
    assert.matches("time out of range", message)
  end)

  it("have wire lengths below the captured ones, but not in version 2.3", function()
    local name = writefile(path("v23"), pcapfile({ version = { 2, 3 } }, { { 1, 1, "abcdef" } }))
    local out = assert(pcap.create(path("o"), { like = assert(pcap.open(name)) }))
    assert.error_matches(function() out:write("abcdef", 1, 3) end, "in a file of pcap version 2.3")
    assert.is_true(out:write("abcdef", 1, 7))
    assert(out:close())
  end)

  it("keep what merged files name apart, and give all before an error", function()
    local function one(name, iface, times)
      local out = assert(pcap.create(path(name), { format = "pcapng", interfaces = { iface } }))
      for _, t in ipairs(times) do assert(out:write(name, t * 1000)) end
      assert(out:close())
      return path(name)
    end
    local a = one("a", { if_name = "eth0" }, { 1, 4 })
    local b = one("b", { if_name = "wan7", snaplen = 100 }, { 2, 5 })
    local out = assert(pcap.create(path("o"), { format = "pcapng" }))
    assert.equal(4, out:copy(assert(pcap.merge { a, b })))
    assert(out:close())
    local cap, seen = assert(pcap.open(path("o"))), {}
    for _, _, number in cap:frames(m) do seen[#seen + 1] = tostring(m) .. cap.interfaces[number].if_name end
    assert.same({ "aeth0", "bwan7", "aeth0", "bwan7" }, seen)
    writefile(a, readfile(a):sub(1, -2))
    local list, message = readall(pcap.merge { a, b })
    assert.equal(3, #list)
    assert.matches("a: frame 2 at byte %d+: block cut", message)
    assert.error_matches(function() assert(pcap.merge { b }):blocks() end, "merged files have no blocks")
  end)

  it("have frames in each of several files, none larger than asked for", function()
    local cap = assert(pcap.open(writefile(path("in"), section("<") .. interface("<", 1) .. support.block("<", 0x77, "early")
      .. packet("<", 0, 20000000, "abcd") .. packet("<", 0, 31000000, "efgh"))))
    local out = assert(pcap.create(path("r"), { like = cap, rotate = { seconds = 10 } }))
    assert.equal(2, out:copy(cap))
    assert(out:close())
    for k = 1, 2 do assert.equal(1, #readall(pcap.open(path("r") .. "_0000" .. k))) end
    out = assert(pcap.create(path("p"), { format = "pcapng", rotate = { bytes = 237 } }))
    for k = 1, 9 do assert(out:write(("x"):rep(29), k)) end
    assert(out:close())
    for k = 1, 3 do assert.is_true(#(readfile(path("p") .. "_0000" .. k) or "") <= 237) end
  end)

  it("mix captures with other interfaces and sections, each frame with its own", function()
    local bytes = section("<") .. interface("<", 1) .. packet("<", 0, 1, "one!") .. interface("<", 101)
      .. packet("<", 1, 2, "two!")
    for kind = 1, 3 do
      local cap = assert(pcap.open(writefile(path("in" .. kind), bytes)))
      local out = assert(pcap.create(path("o" .. kind), { like = cap }))
      if kind == 1 then
        assert(out:interface { linktype = 147 })
      elseif kind == 2 then
        assert(out:block { type = "section" })
      else
        assert(cap:next(m))
        assert(out:write(m, 5000))
        assert(out:interface { linktype = 147 })
      end
      assert(out:copy(cap))
      assert(out:close())
      cap = assert(pcap.open(path("o" .. kind)))
      local got = {}
      for _, _, number in cap:frames(m) do got[#got + 1] = tostring(m) .. cap.interfaces[number].linktype end
      assert.same({ "one!1", "two!101" }, got)
    end
    -- What blocks() gives, block() takes, over sections.
    local two = assert(pcap.open(writefile(path("two"), sections(3))))
    local out = assert(pcap.create(path("again"), { format = "pcapng" }))
    for b in two:blocks() do assert(out:block(b)) end
    assert(out:close())
    assert.same(readall(pcap.open(path("two"))), readall(pcap.open(path("again"))))
  end)
end)
