--- Builds the packets of a small conversation, writes them to a capture, filters, edits and shows it: what `make demo`
-- runs.
--
--     pktcraft examples/demo.lua DIRECTORY

local directory = arg[1]
if not directory then
  io.stderr:write("usage: pktcraft examples/demo.lua DIRECTORY\n")
  os.exit(2)
end
assert(os.execute(("mkdir -p '%s'"):format(directory)))
local crafted, kept = directory .. "/crafted.pcap", directory .. "/kept.pcap"

-- A packet is its layers, joined by "/". Lengths, numbers of protocols and checksums fill themselves in.
local CLIENT <const>, ROUTER <const> = "02:00:00:00:00:01", "02:00:00:00:00:fe"
local function out(...) return ethernet { source = CLIENT, destination = ROUTER } / ... end
local function back(...) return ethernet { source = ROUTER, destination = CLIENT } / ... end
local here, router, server = "10.0.0.2", "10.0.0.1", "192.0.2.80"

local question = { { name = "example.com", type = "A" } }
local function segment(fields) -- of the client
  fields.source, fields.destination, fields.window = 5000, 80, 8192
  return ipv4 { source = here, destination = server } / tcp(fields)
end
local function answer(fields) -- of the server
  fields.source, fields.destination, fields.window = 80, 5000, 8192
  return ipv4 { source = server, destination = here, ttl = 57 } / tcp(fields)
end
local request <const> = "GET /index.html HTTP/1.1\r\nHost: example.com\r\n\r\n"
local response <const> = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world\n"

local packets = {
  ethernet { source = CLIENT, destination = "ff:ff:ff:ff:ff:ff" }
    / arp { operation = "request", senderhardware = CLIENT, senderprotocol = here, targetprotocol = router },
  back(arp { operation = "reply", senderhardware = ROUTER, senderprotocol = router, targethardware = CLIENT,
    targetprotocol = here }),
  out(ipv4 { source = here, destination = router } / udp { source = 4000, destination = 53 }
    / dns { id = 7, rd = true, questions = question }),
  back(ipv4 { source = router, destination = here } / udp { source = 53, destination = 4000 }
    / dns { id = 7, response = true, rd = true, ra = true, questions = question,
      answers = { { name = "example.com", ttl = 300, a = server } } }),
  out(segment { sequence = 100, flags = "S", options = { { mss = 1460 }, "sack permitted" } }),
  back(answer { sequence = 500, acknowledgment = 101, flags = "SA", options = { { mss = 1400 } } }),
  out(segment { sequence = 101, acknowledgment = 501, flags = "PA" } / request),
  back(answer { sequence = 501, acknowledgment = 101 + #request, flags = "PA" } / response),
  out(vlan { id = 42 } / ipv4 { source = here, destination = server, ttl = 1 }
    / icmp { type = "echo request", sequence = 1 } / "who is on the way?"),
  out(ipv6 { source = "2001:db8::10", destination = "2001:db8::53" } / udp { source = 4001, destination = 53 }
    / dns { id = 8, rd = true, questions = { { name = "example.com", type = "AAAA" } } }),
}

local file <close> = assert(pcap.create(crafted))
for k, pkt in ipairs(packets) do
  assert(file:write(pkt, 1700000000000000000 + k * 1500000))
end
assert(file:close())

-- The rest are commands, as one would type them.
local program = arg[-1]
local function run(arguments)
  print("\n$ pktcraft " .. arguments)
  io.stdout:flush()
  assert(os.execute(("'%s' %s"):format(program, arguments)))
end
run("show -r " .. crafted)
run(("filter -r %s -w %s 'dns or ipv4.ttl < 2'"):format(crafted, kept))
run(("edit -r %s -w %s/edited.pcap 'ipv4.ttl = 64; vlan = nil' --map 10.0.0.0/8=172.16.0.0/12"):format(kept, directory))
run(("show -v -r %s/edited.pcap icmp"):format(directory))
