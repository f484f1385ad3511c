--- Ours beside tshark's, on real traffic.
local support = require "spec.support"
local layout = require "layout"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local pcap = require "pktcraft.pcap"

-- What differs: a pattern of tshark's names, a part of what tells the frame, and who is right why. tshark is 4.0.
local lastpadding <const> = "tshark: a chunk's length leaves its last padding out (RFC 9260, section 3.2); we are not so strict"
local onvectors <const> = {
  { "^vlan%.", "Dot1AD", "tshark has names of its own for the tag of 802.1ad (ieee8021ad)" },
  { "^[eiu][tdp][hp]?%.", "NSH, which is data here", "tshark reads on in NSH (RFC 8300)" },
  { "^ip%.", "frame type IP", "we: frame type 2 is IP (draft-foschiano-erspan-03, section 4.3); data to tshark" },
  { "^dns%.resp%.type$", "NSEC", "tshark gives the types of the bitmap the same name" },
  { "^dns%.resp%.type$", "DnsPackets.pcap", "tshark gives the types of the bitmap the same name" },
  { "^dns%.qry%.name$", "a label with a dot", "we: a dot in a label is escaped (RFC 1035, section 5.1)" },
  { "^dhcp%.hw%.", "DHCP discover", "tshark: the hardware of the client identifier too" },
  { "^dhcp%.hw%.", "sll.pcap frame 516", "tshark: the hardware of the client identifier too" },
  { "^dhcpv6%.", "relay", "tshark reads the relayed message, which is bytes here" },
  { "^dhcp%.secs$", "solaris.snoop", "we: network byte order (RFC 2131); tshark guesses the other one of large values" },
  { "^dhcp%.option%.hostname$", "solaris.snoop", "we keep the NUL at its end; tshark takes it off, as RFC 2132, section 2, asks of who reads" },
  { "^sctp%.parameter_", "SCTP INIT ACK with a state cookie", "tshark reads parameters in the cookie, which is its maker's (RFC 9260)" },
  { "^sctp%.parameter_", "ASCONF adding", "tshark reads the address in the parameter, which is bytes here (RFC 5061)" },
  { "^sctp%.chunk_", "SCTP ERROR", "tshark reads the chunk that cause 6 quotes" },
  { "^_ws%.malformed$", "host name and a cookie", lastpadding },
  { "^_ws%.malformed$", "SCTP HEARTBEAT ACK", lastpadding },
  { "^tls%.record%.content_type$", "application data", "tshark calls the type opaque_type (RFC 8446, section 5.2)" },
  { "^tls%.record%.content_type$", "early data", "tshark calls the type opaque_type (RFC 8446, section 5.2)" },
  { "^tls%.record%.", "the head of the next", "tshark waits for the whole record" },
  { "^tls%.handshake%.", "a flight of", "tshark stops in the certificate, whose bytes are no DER" },
  { "^_ws%.malformed$", "certificate status", "tshark: the OCSP response, whose bytes are no DER" },
  { "^_ws%.malformed$", "early data after it", "tshark: bytes that are no pre_shared_key of RFC 8446, section 4.2.11" },
  { "^quic%.header_form$", "then a short header", "tshark reads the second packet of the datagram" },
  { "^_ws%.malformed$", "report with an extension", "we: a report may have an extension of the profile (RFC 3550, section 6.4.2)" },
  { "^_ws%.malformed$", "RTCP application", "tshark knows the name as that of another format (OMA PoC)" },
  { "^rtcp%.senderssrc$", "RTCP application", "tshark has a name of its own for the source (RFC 3550, section 6.7)" },
  { "^rtcp%.senderssrc$", "RTCP extended report", "tshark is right: it has a source (RFC 3611, section 2), which is among the bytes here" },
  { "^l2tp%.avp%.vendor_id$", "a hidden AVP", "we: the vendor is not hidden (RFC 2661, section 4.3); tshark leaves it out" },
  { "^mstp%.config_name$", "MST with", "we have all 32 bytes, tshark ends at the first NUL" },
  { "^_ws%.malformed$", "Quality-Protocol", "we: an option of more data (RFC 1661, section 6.3); tshark ends too early" },
  { "^ppp%.", "Protocol-Reject", "tshark reads the packet that was rejected (RFC 1661, section 5.7)" },
  { "^_ws%.malformed$", "02:6c:a8:63:ec:3f > 02:75:86:54:11:91 / LLC", "tshark: random bytes under the SAP of STP, which is no STP here" },
}
local oncaptures <const> = {
  { "^dns%.resp%.type$", "DnsPackets.pcap", "tshark gives the types of the bitmap of NSEC the same name" },
  { "^dns%.resp%.", "ip6_fragments.pcap frame 8:", "we: the head of a record whose data are in the next fragment" },
  { "^tls%.", "example.pcap", "we: the head of a record that goes on in the next segment; tshark waits for the whole" },
  { "^dhcp%.hw%.", "raw_ip.pcap", "tshark: the hardware of the client identifier too" },
  { "^dhcp%.hw%.", "sll.pcap", "tshark: the hardware of the client identifier too" },
  { "^dhcp%.secs$", "raw_ip.pcap", "we: network byte order (RFC 2131); tshark guesses the other one of large values" },
}

-- Whether that is known; counts it.
local function explained(list, name, frame)
  for _, entry in ipairs(list) do
    if name:find(entry[1]) and frame:find(entry[2], 1, true) then
      entry.occurred = true
      return true
    end
  end
  return false
end

describe("tshark and we #interop", function()
  it("read the same from every frame of real traffic", function()
    if not support.has("tshark") then return pending("tshark is not installed") end
    local tshark = require "spec.tshark"
    local files, frames, compared = 0, 0, 0
    for _, path in ipairs(support.samples("plain")) do
      local cap = pcap.open(path)
      local layers = {}
      if cap then
        -- Interfaces of several link types in one file are refused so far.
        pcall(function()
          for pkt in cap:packets() do
            for name in pkt:layers() do layers[name] = true end
          end
        end)
        cap:close()
        cap = pcap.open(path)
      end
      local theirs = cap and tshark.read(path, layers)
      if theirs and #theirs > 0 then
        files = files + 1
        local _, failed = pcall(function()
          for pkt in cap:packets() do
            local frame = theirs[pkt.number]
            frames = frames + 1
            for _, d in ipairs(tshark.differences(pkt, frame)) do
              -- What we do not know may hold what tshark does.
              local ours, their = table.concat(d[2], " "), table.concat(d[3], " ")
              local claimed = pkt.payload ~= "" and their:sub(1, #ours + 1) == ours .. " "
              local where = ("%s frame %d:"):format(path, pkt.number)
              if not (claimed or explained(oncaptures, d[1], where)) then
                error({ ("%s %s is %s, tshark: %s"):format(where, d[1], ours, their) })
              end
            end
            compared = compared + 1
          end
        end)
        assert.equal(frames, compared, type(failed) == "table" and failed[1] or failed)
        cap:close()
      end
    end
    if files == 0 then return pending("no captures") end
    assert.is_true(compared > 6000)
    for _, entry in ipairs(oncaptures) do assert.is_true(entry.occurred, entry[1] .. " " .. entry[2]) end
  end)

  it("read the same from golden vectors", function()
    if not support.has("tshark") then return pending("tshark is not installed") end
    local tshark = require "spec.tshark"
    local files = {}
    for _, v in ipairs(require "spec.vectors") do
      local first, raw = v.first, support.unhex(v.hex)
      if first == "mpls" then
        first, raw = "ethernet", ("\2"):rep(12) .. "\x88\x47" .. raw
      end
      local file = files[first] or { records = {}, layers = {} }
      files[first] = file
      local p = packet.new(raw, first)
      for name in p:layers() do file.layers[name] = true end
      file[#file + 1] = { from = v.from, packet = p }
      file.records[#file] = { #file, 0, raw }
    end
    local compared, unknown = {}, {}
    for first, file in pairs(files) do
      local link = layout.fields(layouts[first]).link
      local path = support.writefile(support.path(first .. ".pcap"),
        support.pcapfile({ linktype = type(link) == "table" and link[#link] or link }, file.records))
      local frames = tshark.read(path, file.layers, { "_ws.malformed" }, "-d udp.port==5004,rtp -d udp.port==5005,rtcp " ..
        "-d mpls.label==100,pwethcw -d mpls.label==7000,pwethcw -d mpls.label==901,pwethnocw")
      assert.equal(#file, #frames, first)
      for k, v in ipairs(file) do
        local found = tshark.differences(v.packet, frames[k], compared)
        if frames[k]["_ws.malformed"] then found[#found + 1] = { "_ws.malformed", {}, {} } end
        for _, d in ipairs(found) do
          if not explained(onvectors, d[1], v.from) then
            unknown[#unknown + 1] = ("%s: %s is %s, tshark: %s"):format(v.from, d[1], table.concat(d[2], " "), table.concat(d[3], " "))
          end
        end
      end
    end
    assert.same({}, unknown)
    for _, entry in ipairs(onvectors) do assert.is_true(entry.occurred, entry[1] .. " " .. entry[2]) end
    local values = 0
    for name in pairs(tshark.names()) do
      assert(compared[name], name .. " was never compared")
      values = values + compared[name]
    end
    assert.is_true(values > 20000)
  end)

  it("find nothing malformed and all sums right in random packets", function()
    if not support.has("tshark") then return pending("tshark is not installed") end
    local tshark = require "spec.tshark"
    local l = layouts
    local ports = 20000
    local function link()
      return l.ethernet { source = "02:00:00:00:00:01", destination = "02:00:00:00:00:02" }
    end
    local function ip() return link() / l.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } end
    local function ip6() return link() / l.ipv6 { source = "2001:db8::1", destination = "2001:db8::2" } end
    local function snap(oui) return function() return link() / l.llc { dsap = 0xaa, ssap = 0xaa, control = 3 } / l.snap { oui = oui } end end
    local function ppp() return link() / l.pppoe { session = 1 } / l.ppp {} end
    local function gre() return ip() / l.gre { sequencepresent = true } end
    local function udp(port)
      return function()
        ports = ports + 1
        return ip() / l.udp { source = ports, destination = port }
      end
    end
    local function datagram() return l.udp { source = 40001, destination = 40002 } / "hello!" end
    local function inner() return l.ipv4 { source = "10.1.0.1", destination = "10.1.0.2" } / datagram() end
    local function inner6() return l.ipv6 { source = "2001:db8::3", destination = "2001:db8::4" } / datagram() end
    local function frame() return link() / inner() end
    -- Name, what it stands on, what stands on it; those that may hold what tshark reads on in have their sums checked alone.
    local stacks <const> = { { "arp", link }, { "vlan", link, inner }, { "pppoed", link }, { "esp", ip }, { "ah", ip, datagram },
      { "ipv6frag", ip6, datagram }, { "igmp", ip }, { "vrrp", ip }, { "udp", ip }, { "chap", ppp }, { "eap", ppp }, { "ipcp", ppp },
      { "ipv6cp", ppp }, { "erspan", gre, frame }, { "erspan3", gre, frame }, { "geneve", udp(6081), frame },
      { "vxlan", udp(4789), frame }, { "vxlangpe", udp(4790), inner }, { "teredo", udp(3544), inner6 }, { "ripng", udp(521) },
      { "snmp", udp(161) }, { "tftp", udp(69) }, { "syslog", udp(514) }, { "wireguard", udp(51820) },
      { "cdp", snap(0x0c), sums = true }, { "tcp", ip, sums = true }, { "sctp", ip, sums = true }, { "icmp", ip, sums = true },
      { "icmpv6", ip6, sums = true }, { "pim", ip, sums = true }, { "dns", udp(53), sums = true }, { "dhcp", udp(67), sums = true } }
    local columns <const> = { "_ws.malformed", "cdp.checksum.status", "icmp.checksum.status", "icmpv6.checksum.status",
      "igmp.checksum.status", "ip.checksum.status", "pim.cksum.status", "sctp.checksum.status", "tcp.checksum.status",
      "udp.checksum.status", "vrrp.checksum.status" }
    local records, made = {}, {}
    for _, stack in ipairs(stacks) do
      for seed = 1, 100 do
        local p = stack[2]() / l[stack[1]](layout.random(l[stack[1]], seed))
        if stack[3] then p = p / stack[3]() end
        records[#records + 1] = { #records, 0, p.memory:tostring() }
        made[#records] = { stack, ("%s, seed %d"):format(stack[1], seed) }
      end
    end
    local path = support.writefile(support.path("random.pcap"), support.pcapfile({}, records))
    local frames = tshark.read(path, {}, columns, "-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -d udp.port==3544,teredo " ..
      "-o tcp.check_checksum:TRUE -o 'sctp.checksum:CRC 32c'")
    assert.equal(#records, #frames)
    local good = {}
    for k, stack in ipairs(made) do
      assert.is_true(stack[1].sums or not frames[k]["_ws.malformed"], stack[2])
      for _, name in ipairs(columns) do
        for _, status in ipairs(frames[k][name] or {}) do
          assert(status ~= "0", ("%s: %s"):format(stack[2], name)) -- 0: bad, 1: good
          if status == "1" then good[name] = (good[name] or 0) + 1 end
        end
      end
    end
    for k = 2, #columns do assert((good[columns[k]] or 0) > 90, columns[k]) end
  end)
end)
