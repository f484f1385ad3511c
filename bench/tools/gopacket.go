// gopacket.go: the jobs by gopacket's fast path: a DecodingLayerParser over layers that are used again.
//
//	gopacket a|b IN [OUT]
//	gopacket sum|field|streams IN OUT
//	gopacket build N OUT
package main

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
	"github.com/google/gopacket/reassembly"
)

var (
	eth     layers.Ethernet
	dot1q   layers.Dot1Q
	ip4     layers.IPv4
	ip6     layers.IPv6
	tcp     layers.TCP
	udp     layers.UDP
	decoded []gopacket.LayerType
	parser  = gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &dot1q, &ip4, &ip6, &tcp, &udp)
)

// What a frame held, once parse has read it.
var hasTag, has4, has6, hasTCP, hasUDP bool

func parse(data []byte) {
	hasTag, has4, has6, hasTCP, hasUDP = false, false, false, false, false
	_ = parser.DecodeLayers(data, &decoded)
	for _, t := range decoded {
		switch t {
		case layers.LayerTypeDot1Q:
			hasTag = true
		case layers.LayerTypeIPv4:
			has4 = true
		case layers.LayerTypeIPv6:
			has6 = true
		case layers.LayerTypeTCP:
			hasTCP = true
		case layers.LayerTypeUDP:
			hasUDP = true
		}
	}
	// The parser stops at every fragment; the first holds the upper header all the same.
	if has4 && ip4.FragOffset == 0 && ip4.Flags&layers.IPv4MoreFragments != 0 {
		if ip4.Protocol == layers.IPProtocolUDP {
			hasUDP = udp.DecodeFromBytes(ip4.Payload, gopacket.NilDecodeFeedback) == nil
		} else if ip4.Protocol == layers.IPProtocolTCP {
			hasTCP = tcp.DecodeFromBytes(ip4.Payload, gopacket.NilDecodeFeedback) == nil
		}
	}
}

func wantedA() bool { return hasUDP && udp.DstPort == 53 }

func wantedB() bool {
	return has4 && hasTCP && !hasTag && tcp.SYN && !tcp.ACK && ip4.TTL < 64 && ip4.Length > 40
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(n uint32, path string) {
	f, err := os.Create(path)
	check(err)
	buffered := bufio.NewWriterSize(f, 256*1024)
	out := pcapgo.NewWriter(buffered)
	check(out.WriteFileHeader(65535, layers.LinkTypeEthernet))
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	payload := gopacket.Payload("abcdefghijklmnopqrstuvwxyz012345")
	eth := &layers.Ethernet{DstMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, SrcMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2},
		EthernetType: layers.EthernetTypeIPv4}
	ip := &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: make(net.IP, 4), DstIP: make(net.IP, 4)}
	udp := &layers.UDP{}
	for k := uint32(0); k < n; k++ {
		put32(ip.SrcIP, 0x0a000000+k)
		put32(ip.DstIP, 0xc0a80000+k%65536)
		ip.Id = uint16(k)
		udp.SrcPort = layers.UDPPort(1024 + k%60000)
		udp.DstPort = layers.UDPPort(5000 + k%50000)
		check(udp.SetNetworkLayerForChecksum(ip))
		check(gopacket.SerializeLayers(buffer, options, eth, ip, udp, payload))
		data := buffer.Bytes()
		check(out.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1700000000+int64(k/1000000), int64(k%1000000)*1000),
			CaptureLength: len(data), Length: len(data)}, data))
	}
	check(buffered.Flush())
	check(f.Close())
}

// A stream: what each side has sent, and its CRC-32c.
type stream struct {
	ends  [2]string
	bytes [2]uint64
	sums  [2]uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *stream) Accept(*layers.TCP, gopacket.CaptureInfo, reassembly.TCPFlowDirection, reassembly.Sequence, *bool, reassembly.AssemblerContext) bool {
	return true
}

func (s *stream) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	n, _ := sg.Lengths()
	dir, _, _, _ := sg.Info()
	side := 0
	if dir == reassembly.TCPDirServerToClient {
		side = 1
	}
	s.bytes[side] += uint64(n)
	s.sums[side] = crc32.Update(s.sums[side], castagnoli, sg.Fetch(n))
}

func (s *stream) ReassemblyComplete(reassembly.AssemblerContext) bool { return true }

type factory struct{ all []*stream }

func (f *factory) New(net, tcp gopacket.Flow, _ *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	s := &stream{ends: [2]string{net.Src().String() + " " + tcp.Src().String(), net.Dst().String() + " " + tcp.Dst().String()}}
	f.all = append(f.all, s)
	return s
}

type context gopacket.CaptureInfo

func (c *context) GetCaptureInfo() gopacket.CaptureInfo { return gopacket.CaptureInfo(*c) }

// Streams put together by package reassembly, with the same fast path.
func streams(in *pcapgo.Reader, text *bufio.Writer) {
	f := &factory{}
	assembler := reassembly.NewAssembler(reassembly.NewStreamPool(f))
	var c context
	for {
		data, ci, err := in.ZeroCopyReadPacketData()
		if err == io.EOF {
			break
		}
		check(err)
		parse(data)
		if has4 && hasTCP {
			c = context(ci)
			assembler.AssembleWithContext(ip4.NetworkFlow(), &tcp, &c)
		}
	}
	assembler.FlushAll()
	for _, s := range f.all {
		if s.bytes[0]+s.bytes[1] == 0 {
			continue // begun by what came after the last FIN
		}
		for side := range s.ends {
			fmt.Fprintf(text, "%s %s %d %08x\n", s.ends[side], s.ends[1-side], s.bytes[side], s.sums[side])
		}
	}
	check(text.Flush())
}

func put32(p []byte, v uint32) {
	p[0], p[1], p[2], p[3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
}

func main() {
	job := os.Args[1]
	if job == "build" {
		n, _ := strconv.Atoi(os.Args[2])
		build(uint32(n), os.Args[3])
		return
	}
	f, err := os.Open(os.Args[2])
	check(err)
	in, err := pcapgo.NewReader(bufio.NewReaderSize(f, 256*1024))
	check(err)
	var text *bufio.Writer
	var out *pcapgo.Writer
	if len(os.Args) > 3 {
		to, err := os.Create(os.Args[3])
		check(err)
		text = bufio.NewWriterSize(to, 256*1024)
		if job == "a" || job == "b" {
			out = pcapgo.NewWriter(text)
			check(out.WriteFileHeader(in.Snaplen(), layers.LinkTypeEthernet))
		}
	}
	if job == "streams" {
		streams(in, text)
		return
	}
	count, sums, line := 0, map[[16]byte]uint64{}, []byte{}
	for {
		data, ci, err := in.ZeroCopyReadPacketData()
		if err == io.EOF {
			break
		}
		check(err)
		parse(data)
		switch job {
		case "a", "b":
			if job == "a" && wantedA() || job == "b" && wantedB() {
				count++
				if out != nil {
					check(out.WritePacket(ci, data))
				}
			}
		case "sum":
			if (has4 || has6) && (hasTCP || hasUDP) {
				var key [16]byte
				length, header := uint32(0), uint32(8)
				if has4 {
					copy(key[12:], ip4.SrcIP)
					key[10], key[11] = 0xff, 0xff
					length = uint32(ip4.Length) - uint32(ip4.IHL)*4
				} else {
					copy(key[:], ip6.SrcIP)
					length = uint32(ip6.Length)
				}
				if hasTCP {
					header = uint32(tcp.DataOffset) * 4
				}
				sums[key] += uint64(length - header)
			}
		case "field":
			if has4 && hasUDP {
				line = append(line[:0], ip4.SrcIP.String()...)
				for _, v := range []uint16{uint16(udp.SrcPort), uint16(udp.DstPort), udp.Length} {
					line = append(line, '\t')
					line = strconv.AppendUint(line, uint64(v), 10)
				}
				line = append(line, '\n')
				_, err = text.Write(line)
				check(err)
			}
		}
	}
	for key, bytes := range sums {
		fmt.Fprintf(text, "%s %d\n", net.IP(key[:]).String(), bytes)
	}
	if text != nil {
		check(text.Flush())
	}
	if job == "a" || job == "b" {
		fmt.Println(count)
	}
}
