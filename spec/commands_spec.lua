--- The commands as those who call them see them, on real traffic: exit codes, texts, files; beside tcpdump, capinfos and tshark.
local support = require "spec.support"

local path, run, foreign, readfile, writefile = support.path, support.run, support.foreign, support.readfile, support.writefile
local pktcraft <const> = support.pktcraft

-- What is left out of a comparison, and why: part of the file's name and of what is compared.
local carried <const> = "a fraction of a second and more, which is no time: capinfos carries it otherwise"
local distant <const> = "capinfos compares times that are more than 2^31 seconds apart by an int, which overflows"
local exceptions <const> = {
  { "LINKTYPE_IPV4_invalid.pcap", "show", "IPv6 where the link type says IPv4: malformed to us" },
  { "LINKTYPE_IPV6_invalid.pcap", "show", "IPv4 where the link type says IPv6: malformed to us" },
  { "macsec-short-", "show", "MACsec, which we have no layout of" },
  { "atm-heapoverflow.pcap", "info bytes", "capinfos leaves out the pseudo-header of SunATM, 4 bytes" },
  { "atm-oam-heapoverflow.pcap", "info bytes", "capinfos leaves out the pseudo-header of SunATM, 4 bytes" },
  { "atm-oam-loopback-print-overrun.pcap", "info bytes", "capinfos leaves out the pseudo-header of SunATM, 4 bytes" },
  { "atm-oam-loopback-print-overrun.pcap", "info time", carried },
  { "timestamp_invalid_micro.pcap", "info time", carried },
  { "timestamp_invalid_nano.pcap", "info time", carried },
  { "bgp_vpn_rt-oobr.pcap", "info time", distant },
  { "olsr-oobr-2.pcap", "info time", distant },
  { "pim_header_asan-2.pcap", "info time", distant },
  { "lisp_invalid_length.pcap", "info snaplen", "more than any frame has is 262144 to us" },
}

local function excepted(file, what)
  for _, entry in ipairs(exceptions) do
    if file:find(entry[1], 1, true) and what:find(entry[2], 1, true) then
      entry.occurred = true
      return true
    end
  end
  return false
end

local plain, hostile = support.samples("plain"), support.samples("hostile")
local all = table.move(hostile, 1, #hostile, #plain + 1, table.move(plain, 1, #plain, 1, {}))

-- The plain files, and of the others each n-th; all when asked for.
local sanitized = os.getenv("PK_SANITIZED") -- slow: fewer files are enough then, and less is compared
local function sample(n)
  if os.getenv("PK_ALL") then return all end
  local list = table.move(plain, 1, #plain, 1, {})
  for k = 1, #hostile, sanitized and 5 * n or n do list[#list + 1] = hostile[k] end
  return list
end

-- Whether a folder and programs are there; what lacks is pending.
local function lacks(...)
  if #all == 0 then pending("no captures") return true end
  for _, program in ipairs { ... } do
    if not support.has(program) then pending("no " .. program) return true end
  end
  return false
end

-- Magic number as it is read by "<": the order of bytes of a classic capture, and of a second a unit, length of a record's header.
local magics <const> = { [0xa1b2c3d4] = { "<", 1000, 16 }, [0xd4c3b2a1] = { ">", 1000, 16 }, [0xa1b23c4d] = { "<", 1, 16 },
  [0x4d3cb2a1] = { ">", 1, 16 }, [0xa1b2cd34] = { "<", 1000, 24 }, [0x34cdb2a1] = { ">", 1000, 24 } }

--- A reader of its own: the records of a classic capture as lines of time (ns), length of the frame and its bytes, and whether
-- the last one is whole; nil for what is none.
local function records(bytes)
  local magic = #bytes >= 24 and magics[string.unpack("<I4", bytes)]
  if not magic then return nil end
  local order, unit, head = table.unpack(magic)
  local list, at = {}, 25
  while at <= #bytes do
    if at + head - 1 > #bytes then return list, false end
    local seconds, fraction, caplen, wirelen = string.unpack(order .. "I4 I4 I4 I4", bytes, at)
    if at + head + caplen - 1 > #bytes then return list, false end
    list[#list + 1] = ("%d %d %s"):format(seconds * 1000000000 + fraction * unit, wirelen, bytes:sub(at + head, at + head + caplen - 1))
    at = at + head + caplen
  end
  return list, true
end

--- How many blocks of a pcapng file are whole; nil for what is none.
local function blocks(bytes)
  if bytes:sub(1, 4) ~= "\x0a\x0d\x0d\x0a" or #bytes < 28 then return nil end
  local order = bytes:sub(9, 9) == "\x4d" and "<" or ">"
  local n, at = 0, 1
  while at + 11 <= #bytes do
    at = at + string.unpack(order .. "I4", bytes, at + 4)
    if at - 1 <= #bytes then n = n + 1 end
  end
  return n
end

--- The exit code that reading a file comes to: 0, 1 when it goes on wrongly, 2 when it is no capture. Files of pcapng and packed
-- ones are whole, but for those that are `cut`, of pcapng before or after the first interface.
local function code(bytes, cut)
  local list, whole = records(bytes)
  if list then return whole and 0 or 1 end
  local n, start = blocks(bytes), bytes:sub(1, 4)
  if n then return not cut and 0 or n > 1 and 1 or 2 end
  local packed = start:sub(1, 2) == "\x1f\x8b" or start == "\x28\xb5\x2f\xfd"
  return packed and (cut and 1 or 0) or 2
end

-- IN is the file, OUT where it writes to.
local commands <const> = { "show -r IN", "show -v -r IN", "show -x -r IN", "info IN", "info --json IN", "filter -q -r IN -w OUT ipv4",
  "convert -r IN -w OUT", "convert -F pcapng -r IN -w OUT", "convert -F pcap -r IN -w OUT", "split --count 7 -r IN -w OUT", "merge -w OUT IN",
  "edit -q -r IN -w OUT 'ipv4.ttl = 64'", "edit -q -r IN -w OUT --anonymise k" }

-- What one pcap can't hold: frames of several link types; times after 2106.
local unfit <const> = { "many_interfaces-1.pcapng", "pcapng-example.pcapng.zst", "time_2106_overflow.pcapng", "time_2107.pcapng" }

local function isunfit(file)
  for _, name in ipairs(unfit) do
    if file:sub(-#name) == name then return true end
  end
  return false
end

--- Runs all commands on a file; `want` is the exit code, `shown` whether there are frames to be shown before an error. Gives how
-- many were run.
local function try(file, want, name, shown)
  local folder = path "tried"
  local script = { ("rm -rf %s; mkdir %s; "):format(folder, folder) }
  for k, command in ipairs(commands) do
    command = command:gsub("IN", file, 1):gsub("OUT", ("%s/w%d.cap"):format(folder, k), 1)
    script[#script + 1] = ("timeout 60 %s %s >%s/o%d 2>%s/e%d; echo $?\n"):format(pktcraft, command, folder, k, folder, k)
  end
  local _, out = run(table.concat(script))
  local k = 0
  for status in out:gmatch "%d+" do
    k = k + 1
    local what = ("%s: %s"):format(name, commands[k])
    if not excepted(name, commands[k]) then
      local err, said = readfile(("%s/e%d"):format(folder, k)), readfile(("%s/o%d"):format(folder, k))
      local expected = want == 0 and commands[k]:find "-F pcap " and isunfit(name) and 1 or want
      assert.equal(expected, tonumber(status), what .. ": " .. err)
      if expected == 1 and commands[k]:find "^info" then -- it tells what is wrong among the rest
        assert.matches('error"?: *"?' .. file:gsub("%p", "%%%0"), (said:gsub("\\/", "/")), what)
        assert.equal("", err, what)
      elseif expected == 0 then
        assert.equal("", err, what)
      else
        assert.matches("^pktcraft: [^\n]+\n$", err, what)
      end
      for _, text in ipairs { said, err } do
        assert.is_nil(("\n" .. text):find("\nstack traceback:", 1, true), what)
        assert.is_nil(("\n" .. text):find "\n[^\n]*%.lua:%d+: ", what)
      end
      -- What is whole before an error is there.
      if shown and commands[k]:find "^show" then assert.not_equal("", said, what) end
    end
  end
  assert.equal(#commands, k, name)
  return k
end

describe("the commands, on real traffic,", function()
  it("end with the right code, and say why if it is not 0", function()
    if lacks() then return end
    local tried, codes = 0, { [0] = 0, 0, 0 }
    for _, file in ipairs(sample(40)) do
      local want = code(readfile(file))
      codes[want] = codes[want] + 1
      tried = tried + try(file, want, file)
    end
    assert.is_true(sanitized ~= nil or tried > 500, tried)
    assert.is_true(sanitized ~= nil or codes[0] > 40 and codes[2] == 3, table.concat(codes, " ", 0))
  end)

  it("end with 1 where a file goes on wrongly after whole frames, and 2 where its head is cut", function()
    if lacks() then return end
    local codes = { [0] = 0, 0, 0 }
    for _, file in ipairs(sample(150)) do
      local bytes = readfile(file)
      if code(bytes) == 0 and (#bytes < 200000 or os.getenv("PK_ALL")) then
        bytes = bytes:sub(1, -2)
        local want = code(bytes, true)
        local list = records(bytes)
        codes[want] = codes[want] + 1
        if not list or #list > 0 or want == 2 then try(writefile(path "cut", bytes), want, "cut " .. file, list and #list > 0) end
      end
    end
    try(writefile(path "cut", readfile(plain[1]):sub(1, 20)), 2, "head")
    try(writefile(path "cut", ""), 2, "nothing")
    try(path "nosuchfile", 2, "no file")
    assert.is_true(sanitized ~= nil or codes[1] > 20 and codes[0] == 0, table.concat(codes, " ", 0))
  end)

  it("show addresses, ports and lengths of TCP and UDP as tcpdump does #interop", function()
    if lacks("tcpdump") then return end
    local compared = { ["IP tcp"] = 0, ["IP udp"] = 0, ["IP6 tcp"] = 0, ["IP6 udp"] = 0 }
    local wrong, unread = {}, 0
    for _, file in ipairs(sample(6)) do
      local refused, theirs = foreign("tcpdump -nnq# -r " .. file)
      local status, ours = run(("%s show -t -v -r %s"):format(pktcraft, file))
      local their = {}
      for line in theirs:gmatch "[^\n]+" do
        local n, ip, a, b, rest = line:match "^%s*(%d+)%s+%S+ (IP6?) (%S+) > (%S+): (.*)$"
        local length = rest and rest:match "^UDP, length (%d+)$"
        local proto = length and "udp" or "tcp"
        length = length or rest and rest:match "^tcp (%d+)$"
        if length and a:find "%.%d+$" then their[tonumber(n)] = { ip, proto, a .. " > " .. b, tonumber(length) } end
      end
      -- Frames in the tree: the line, and the fields of the first IP and of the first TCP or UDP.
      local n, frames, layer = 0, {}, nil
      for line in status == 0 and refused == 0 and ours:gmatch "[^\n]+" or function() end do
        local name = line:match "^(%w+): bytes %d+ to %d+" or line:match "^(%w+): no bytes"
        if name then
          layer = not frames[n][name] and {} or nil
          frames[n][name] = layer or frames[n][name]
        elseif line:find "^%S" or line:find "^ %[malformed%]" then
          n, layer = n + 1, nil
          frames[n] = { line = line }
        elseif layer then
          local key, value = line:match "^%s+%d+ (%w+) = (%S+)"
          if key and not layer[key] then layer[key] = value end
        end
      end
      for k, want in pairs(refused == 0 and their or {}) do
        local frame, where = frames[k], ("%s, frame %d"):format(file, k)
        assert.is_table(frame, where)
        local ip, proto = frame[want[1] == "IP" and "ipv4" or "ipv6"], frame[want[2]]
        local fragment = frame.ipv6frag or ip and (ip.flagmf == "true" or ip.fragoffset and ip.fragoffset ~= "0")
        if frame.line:find "^bytes, length" then
          unread = unread + 1 -- a link type that we have no layout of
        elseif not fragment and not excepted(where, "show") then
          local v, a, b, name, p, q = frame.line:match "(IP6?) (%S+) > (%S+): (%u+) (%d+) > (%d+)"
          local length
          if v and proto and want[2] == "udp" then
            length = tonumber(proto.length) - 8
          elseif v and proto then
            local whole = ip.totallength and tonumber(ip.totallength) - 4 * tonumber(ip.ihl) or tonumber(ip.payloadlength)
            length = whole - 4 * tonumber(proto.dataoffset)
          end
          local have = ("%s %s %s.%s > %s.%s %s"):format(v, name and name:lower(), a, p, b, q, length)
          if have ~= table.concat(want, " ") then
            wrong[#wrong + 1] = ("%s is '%s', tcpdump: %s"):format(where, frame.line, table.concat(want, " "))
          end
          local class = want[1] .. " " .. want[2]
          compared[class] = compared[class] + 1
        end
      end
    end
    assert.same({}, wrong)
    for class, count in pairs(compared) do assert.is_true(sanitized ~= nil or count > 40, class .. ": " .. count) end
    assert.is_true(sanitized ~= nil or compared["IP tcp"] + compared["IP udp"] > 4000)
    assert.is_true(unread < 70, unread)
  end)

  it("tell of all files what capinfos does #interop", function()
    if lacks("capinfos") then return end
    local ok, json = pcall(require, "cjson")
    if not ok then return pending "no lua-cjson" end
    local readable = {}
    for _, file in ipairs(all) do
      if code(readfile(file)) == 0 then readable[#readable + 1] = file end
    end
    local status, out, err = run(("%s info --json %s"):format(pktcraft, table.concat(readable, " ")))
    assert.same({ 0, "" }, { status, err })
    local list, ours = json.decode(out), {}
    assert.equal(#readable, #list)
    for k, one in ipairs(list) do
      assert.equal(readable[k], one.file)
      ours[one.file] = one
    end
    -- Name, type, encapsulation, limit, least and largest inferred one, frames, bytes, duration, first, last, order.
    local _, theirs = foreign("capinfos -T -m -r -M -t -E -l -c -d -u -a -e -S -o " .. table.concat(readable, " "))
    local compared, timed, names, wrong = 0, 0, { [1] = "ether" }, {}
    for line in theirs:gmatch "[^\n]+" do
      local cells = {}
      for cell in (line .. ","):gmatch "([^,]*)," do cells[#cells + 1] = cell end
      local file, kind, encapsulation, limit, _, _, frames, bytes, duration, first, last, order = table.unpack(cells)
      local one = ours[file]
      local function equal(what, their, our)
        if their ~= our and not excepted(file, "info " .. what) then
          wrong[#wrong + 1] = ("%s: %s is %s, capinfos: %s"):format(file, what, our, their)
        end
      end
      if one then
        assert.equal(12, #cells, line)
        equal("frames", tonumber(frames), math.tointeger(one.frames))
        equal("bytes", tonumber(bytes), math.tointeger(one.wire))
        equal("format", kind:match "pcapng" or "pcap", one.format)
        if kind:find "^nsecpcap" then equal("precision", "nano", one.precision) end
        -- A link type has one name; frames of several are per-packet.
        local links, several = nil, false
        for _, interface in ipairs(one.interfaces) do
          if interface.frames > 0 or one.format == "pcap" then
            several = several or links ~= nil and links ~= interface.linktype
            links = interface.linktype
          end
        end
        if several then
          equal("encapsulation", encapsulation, "per-packet")
        elseif links and encapsulation ~= "per-packet" and encapsulation ~= "unknown" then
          names[links] = names[links] or encapsulation
          equal("encapsulation", encapsulation, names[links])
        end
        if one.format == "pcap" and tonumber(limit) then equal("snaplen", tonumber(limit), math.tointeger(one.interfaces[1].snaplen)) end
        if one.timeless == 0 and one.frames > 0 and tonumber(first) and one.last ~= tostring(math.maxinteger) then
          for what, their in pairs { first = first, last = last, duration = duration } do
            if math.abs((tonumber(their) or 0) - tonumber(one[what]) / 1e9) > 2e-6 then equal("time: " .. what, their, one[what]) end
          end
          equal("time: order", order == "True", one.ordered)
          timed = timed + 1
        end
        compared = compared + 1
      end
    end
    assert.same({}, wrong)
    assert.is_true(sanitized ~= nil or compared > 780 and timed > 750, compared .. ", " .. timed)
  end)

  it("convert there and back without losing a frame, time or length", function()
    if lacks() then return end
    local compared, frames, wrong = 0, 0, {}
    for _, file in ipairs(sample(5)) do
      local bytes = readfile(file)
      local before = code(bytes) == 0 and records(bytes)
      if before and not excepted(file, "convert") then
        local ng, back = path "there.pcapng", path "back.pcap"
        local status, out, err = run(("%s convert -F pcapng -r %s -w %s && %s convert -F pcap -r %s -w %s"):format(pktcraft, file, ng,
          pktcraft, ng, back))
        assert.same({ 0, "", "" }, { status, out, err }, file)
        assert.matches("^\x0a\x0d\x0d\x0a", readfile(ng))
        local again = readfile(back)
        local after, whole = records(again)
        assert.is_true(whole, file)
        assert.equal(#before, #after, file)
        local differ = 0
        for k, record in ipairs(before) do
          if record ~= after[k] then differ = differ + 1 end
        end
        if differ > 0 then wrong[#wrong + 1] = ("%s: %d of %d frames"):format(file, differ, #before) end
        local order = magics[string.unpack("<I4", bytes)][1]
        local order2 = magics[string.unpack("<I4", again)][1]
        assert.equal(string.unpack(order .. "I4", bytes, 21) & 0xffff, string.unpack(order2 .. "I4", again, 21), file)
        compared, frames = compared + 1, frames + #before
      end
    end
    assert.same({}, wrong)
    assert.is_true(sanitized ~= nil or compared > 60 and frames > 6000, compared .. ", " .. frames)
  end)

  it("convert pcapng to the frames that tcpdump -w writes #interop", function()
    if lacks("tcpdump") then return end
    local compared, wrong = 0, {}
    for _, file in ipairs(all) do
      if file:find "%.pcapng$" and not isunfit(file) and not excepted(file, "convert") then
        local theirs, ours = path "theirs.pcap", path "ours.pcap"
        os.remove(theirs)
        local refused = foreign(("tcpdump --time-stamp-precision=nano -r %s -w %s"):format(file, theirs))
        local status, _, err = run(("%s convert -F pcap --precision nano -r %s -w %s"):format(pktcraft, file, ours))
        if status ~= 0 or err ~= "" then
          wrong[#wrong + 1] = err
        elseif refused == 0 then
          local their, our = records(readfile(theirs)), records(readfile(ours))
          if table.concat(their, "\n") ~= table.concat(our, "\n") then wrong[#wrong + 1] = file end
          compared = compared + 1
        end
      end
    end
    assert.same({}, wrong)
    assert.is_true(sanitized ~= nil or compared > 20, compared)
  end)

  describe("edit", function()
    local columns <const> = { "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "icmp.checksum.status",
      "icmpv6.checksum.status", "igmp.checksum.status", "sctp.checksum.status", "pim.cksum.status",
      "vrrp.checksum.status" }
    local options <const> = "-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o 'sctp.checksum:CRC 32c'"

    --- For each frame how many sums are right, and how many wrong; and how many frames there are.
    local function sums(file)
      local frames, right, wrong = require("spec.tshark").read(file, {}, columns, options), {}, {}
      for k, frame in ipairs(frames) do
        right[k], wrong[k] = 0, 0
        for _, name in ipairs(columns) do
          for _, status in ipairs(frame[name] or {}) do
            if status == "0" then wrong[k] = wrong[k] + 1 elseif status == "1" then right[k] = right[k] + 1 end
          end
        end
      end
      return right, wrong, #frames
    end

    local joined, origins, before, bad, count

    --- All files as one, and for each frame the file and its number there.
    local function join()
      if joined then return end
      local readable = {}
      for _, file in ipairs(all) do
        if code(readfile(file)) == 0 then readable[#readable + 1] = file end
      end
      local names = table.concat(readable, " ")
      local _, out = run(("%s info %s"):format(pktcraft, names))
      origins = {}
      local k = 0
      for frames in out:gmatch "\nframes: +([%d ]+)" do
        k = k + 1
        for n = 1, tonumber((frames:gsub(" ", ""))) do origins[#origins + 1] = ("%s, frame %d"):format(readable[k], n) end
      end
      assert.equal(#readable, k)
      local status, _, err = run(("%s merge --order files -F pcapng -w %s %s"):format(pktcraft, path "joined.pcapng", names))
      assert.same({ 0, "" }, { status, err })
      before, bad, count = sums(path "joined.pcapng")
      assert.equal(#origins, count)
      joined = path "joined.pcapng"
    end

    for what, args in pairs { ["sets fields"] = "'ipv4.ttl = 64; ipv4.source = 10.9.9.9'", ["anonymises"] = "--anonymise k" } do
      it(what .. " and leaves no sum wrong that was right #interop", function()
        if lacks("tshark") then return end
        join()
        local status, _, err = run(("%s edit -q -r %s -w %s %s"):format(pktcraft, joined, path "edited.pcapng", args))
        assert.same({ 0, "" }, { status, err })
        local after, worse, n = sums(path "edited.pcapng")
        assert.equal(count, n)
        local wrong, right = {}, 0
        for k = 1, count do
          if before[k] > 0 and worse[k] > bad[k] and not excepted(origins[k], "edit " .. args) then wrong[#wrong + 1] = origins[k] end
          if before[k] > 0 and after[k] > 0 then right = right + 1 end
        end
        assert.same({}, wrong)
        assert.is_true(sanitized ~= nil or right > 3000, right)
      end)
    end
  end)

  it("have no exceptions that do not occur #interop", function()
    if lacks("tcpdump", "capinfos", "tshark") then return end
    if not os.getenv("PK_ALL") then return end
    for _, entry in ipairs(exceptions) do assert.is_true(entry.occurred, entry[1] .. ": " .. entry[2]) end
  end)
end)
