--- libpktcraft as programs in C see it.
local support = require "spec.support"
local path, run = support.path, support.run

local cc = os.getenv "CC" or "cc"
local can = support.has(cc) and support.has "pkg-config"
local count = 0

--- What each program begins with: a datagram to port 53, a SYN with options, and tests that tell their line.
local head = [[
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define check(x) do if (!(x)) { printf("line %d: %s\n", __LINE__, #x); return 1; } while (0)
static const unsigned char query[] = {
  2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
  0x45, 0, 0, 57, 0, 0, 0, 0, 64, 17, 0x66, 0xb2, 10, 0, 0, 1, 10, 0, 0, 2, 4, 0, 0, 53, 0, 37, 0, 0,
  0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 1, 0, 1};
static const unsigned char syn[] = {
  2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
  0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0x66, 0xca, 10, 0, 0, 1, 10, 0, 0, 2,
  4, 0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, 2, 0xff, 0xff, 0, 0, 0, 0, 2, 4, 5, 0xb4};
]]

--- Compiles and runs a program, with arguments: its status, standard output and standard error.
local function try (code, arguments)
  count = count + 1
  local program = path("embed" .. count)
  support.writefile(program .. ".c", head .. code)
  local status, out, err = run(([[PKG_CONFIG_PATH=%s/lib/pkgconfig; export PKG_CONFIG_PATH
    %s -std=c11 -O1 -Wall -Wextra -Werror -Wno-unused -o %s %s.c $(pkg-config --cflags --libs pktcraft) -lpthread]]):format(support.build,
    cc, program, program))
  assert.equal(0, status, out .. err)
  return run(program .. " " .. (arguments or ""))
end

--- An `it` of a program that says nothing when all is well.
local function programs (says, code)
  it(says, function()
    if not can then return pending "no C compiler" end
    assert.same({ 0, "", "" }, { try(code) })
  end)
end

describe("an installed header", function()
  local compilers = {}
  for _, c in ipairs { { "gcc", "c11", "-Wpedantic" }, { "clang", "c11", "-Wpedantic" }, { "g++", "c++17", "" }, { "clang++", "c++17", "" } } do
    if support.has(c[1]) then compilers[#compilers + 1] = c end
  end

  it("compiles alone, in C and in C++", function()
    if #compilers == 0 or not support.has "pkg-config" then return pending "no compiler" end
    local headers <close> = io.popen(("cd %s/include && ls lmemlib.h pktcraft/*.h"):format(support.build))
    local n = 0
    for header in headers:lines() do
      n = n + 1
      for _, c in ipairs(compilers) do
        local source = support.writefile(path(c[2] == "c11" and "alone.c" or "alone.cpp"), ("#include <%s>\n"):format(header))
        local status, out, err = run(([[PKG_CONFIG_PATH=%s/lib/pkgconfig; export PKG_CONFIG_PATH
          %s -std=%s -Wall -Wextra -Wshadow -Wconversion %s -Werror -c -o %s %s $(pkg-config --cflags luamemlib pktcraft lua5.4)]]):format(
          support.build, c[1], c[2], c[3], path "alone.o", source))
        assert.equal(0, status, header .. " by " .. c[1] .. "\n" .. out .. err)
      end
    end
    assert.is_true(n > 10)
  end)

  it("names what C++ links", function()
    local compiler
    for _, c in ipairs(compilers) do compiler = c[2] == "c++17" and c[1] or compiler end
    if not compiler or not support.has "pkg-config" then return pending "no compiler of C++" end
    local program = path "embedded"
    support.writefile(program .. ".cpp", [[
      #include <cstdio>
      #include <pktcraft/getter.h>
      #include <pktcraft/savefile.h>
      #include <pktcraft/shipped.h>
      int main () {
        static const uint8_t bytes[20] = {0x45, 0, 0, 20, 0, 0, 0, 0, 64};
        const pk_Bindings *b = pk_shipped_bindings();
        char text[PK_GETTER_TEXT];
        pk_Column ttl;
        pk_Packet p;
        pk_Reader r;
        pk_packet_dissect(&p, b, pk_bindings_named(b, "ipv4"), bytes, sizeof(bytes), sizeof(bytes));
        if (pk_packet_get(&p, "ipv4.ttl", &ttl, text) == 1) std::printf("%d\n", (int)ttl.n);
        return pk_reader_open(&r, "/nonexistent") < 0 ? 0 : 1;
      }
    ]])
    local status, out, err = run(([[PKG_CONFIG_PATH=%s/lib/pkgconfig; export PKG_CONFIG_PATH
      %s -std=c++17 -Wall -Wextra -Werror -o %s %s.cpp $(pkg-config --cflags --libs pktcraft)]]):format(support.build, compiler, program, program))
    assert.equal(0, status, out .. err)
    assert.same({ 0, "64\n", "" }, { run(program) })
  end)

  programs("tells its version as the library does", [[
    #include <pktcraft/api.h>
    int main (void) {
      unsigned a, b, c;
      check(strcmp(pk_version(), PK_VERSION) == 0);
      check(sscanf(PK_VERSION, "%u.%u.%u", &a, &b, &c) == 3 && a * 10000 + b * 100 + c == PK_VERSION_NUMBER);
      return 0;
    }]])

  it("has the version that all else has", function()
    local version = support.readfile(support.build .. "/include/pktcraft/api.h"):match '#define PK_VERSION "([^"]+)"'
    assert.equal("pktcraft " .. version, require "pktcraft"._VERSION)
    for _, pc in ipairs { "pktcraft", "luamemlib" } do
      assert.equal(version, support.readfile(("%s/lib/pkgconfig/%s.pc"):format(support.build, pc)):match "Version: (%S+)")
    end
    local _, said = run(support.pktcraft .. " -v")
    assert.matches("pktcraft " .. version .. " ", said, 1, true)
  end)
end)

describe("the shipped bindings", function()
  programs("are made once, for all threads", [[
    #include <pthread.h>
    #include <pktcraft/shipped.h>
    static void *get (void *arg) { return (void *)(arg != NULL ? pk_shipped_bindings() : NULL); }
    int main (void) {
      pthread_t threads[4];
      void *got[4];
      size_t n, k;
      const pk_LayoutDef *const *defs = pk_shipped_layouts(&n);
      for (k = 0; k < 4; k++) check(pthread_create(&threads[k], NULL, get, threads) == 0);
      for (k = 0; k < 4; k++) check(pthread_join(threads[k], &got[k]) == 0);
      for (k = 0; k < 4; k++) check(got[k] != NULL && got[k] == (void *)pk_shipped_bindings());
      for (k = 0; k < n; k++) check(strcmp(pk_bindings_named(pk_shipped_bindings(), defs[k]->name)->name, defs[k]->name) == 0);
      check(pk_bindings_link(pk_shipped_bindings(), 1) == pk_bindings_named(pk_shipped_bindings(), "ethernet"));
      check(pk_bindings_link(pk_shipped_bindings(), 9999) == NULL && pk_bindings_named(pk_shipped_bindings(), "ether") == NULL);
      return 0;
    }]])

  programs("are NULL without memory, and there afterwards", [[
    #include <pktcraft/alloc.h>
    #include <pktcraft/getter.h>
    #include <pktcraft/shipped.h>
    int main (void) {
      char err[PK_ERRSIZE] = "";
      long n;
      for (n = 0; n < 2; n++) {
        pk_realloc_fail(n);
        check(pk_shipped_bindings() == NULL);
      }
      pk_realloc_fail(1);
      check(pk_getter_new(NULL, "ipv4.ttl", err) == NULL && strcmp(err, "not enough memory") == 0);
      pk_realloc_fail(-1);
      check(pk_shipped_bindings() != NULL);
      return 0;
    }]])

  programs("leave no layout out for another under the same value", [[
    #include <pktcraft/shipped.h>
    int main (void) {
      size_t n, k;
      const pk_LayoutDef *const *defs = pk_shipped_layouts(&n);
      const pk_Bindings *b = pk_shipped_bindings();
      for (k = 0; k < n; k++) {
        const pk_Layout *l = pk_bindings_named(b, defs[k]->name);
        uint32_t j;
        for (j = 0; j < l->nlinks; j++) check(pk_bindings_link(b, l->links[j]) == l);
        for (j = 0; j < l->nunder; j++)
          check(l->under[j].min < l->under[j].max || pk_bindings_find(b, pk_space_hash(l->under[j].space), (uint64_t)l->under[j].min) == l);
      }
      return 0;
    }]])
end)

describe("a value by its path", function()
  programs("is there or not", [[
    #include <pktcraft/getter.h>
    #include <pktcraft/shipped.h>
    int main (void) {
      const pk_Bindings *b = pk_shipped_bindings();
      char text[PK_GETTER_TEXT];
      pk_Column v;
      pk_Packet p;
      pk_packet_dissect(&p, b, pk_bindings_link(b, 1), query, sizeof(query), sizeof(query));
      check(pk_packet_get(&p, "ipv4.ttl", &v, text) == 1 && v.kind == PK_COLUMN_INTEGER && v.n == 64);
      check(strcmp(v.field->key, "timetolive") == 0);
      check(pk_packet_get(&p, "ipv4.source", &v, text) == 1 && v.kind == PK_COLUMN_ADDRESS && v.n == 0x0a000001);
      check(v.bytes == query + 26 && v.len == 4 && v.codec->format(v.bytes, text) == 8 && strcmp(text, "10.0.0.1") == 0);
      check(pk_packet_get(&p, "dns.questions.name", &v, text) == 1 && v.kind == PK_COLUMN_TEXT);
      check(v.bytes == (const uint8_t *)text && strcmp(text, "example.com") == 0 && v.len == 11);
      check(pk_packet_get(&p, "udp", &v, text) == 1 && v.kind == PK_COLUMN_BYTES && v.bytes == query + 34);
      check(pk_packet_get(&p, "frame.length", &v, text) == 1 && v.n == sizeof(query));
      check(pk_packet_get(&p, "malformed", &v, text) == 1 && v.kind == PK_COLUMN_BOOLEAN && v.n == 0);
      check(pk_packet_get(&p, "checksum.bad", &v, text) == 1 && v.kind == PK_COLUMN_BOOLEAN && v.n == 0);
      check(pk_packet_get(&p, "tcp.options.mss", &v, text) == 0 && v.kind == PK_COLUMN_NONE);
      check(pk_packet_get(&p, "ipv6.source | ipv4.source", &v, text) == 1 && v.n == 0x0a000001);
      check(pk_packet_get(&p, "ipv4#2.ttl", &v, text) == 0 && pk_packet_get(&p, "frame.time", &v, text) == 0);
      pk_packet_dissect(&p, b, pk_bindings_link(b, 1), query, 20, sizeof(query));
      check(pk_packet_get(&p, "ipv4.ttl", &v, text) == 0 && pk_packet_get(&p, "ipv4.tos", &v, text) == -1);
      check(pk_packet_get(&p, "truncated", &v, text) == 1 && v.n == 1);
      return 0;
    }]])

  programs("says what is wrong with the path", [[
    #include <pktcraft/getter.h>
    #include <pktcraft/shipped.h>
    int main (void) {
      char text[PK_GETTER_TEXT];
      pk_Column v;
      pk_Packet p;
      pk_packet_dissect(&p, pk_shipped_bindings(), NULL, query, sizeof(query), sizeof(query));
      check(pk_packet_get(&p, "ipv4.tll", &v, text) == -1);
      check(strcmp(text, "ipv4.tll: no field 'tll' in layout 'ipv4'; did you mean 'ttl'?") == 0);
      check(pk_packet_get(&p, "ipv4.ttl > 3", &v, text) == -1 && pk_packet_get(&p, "", &v, text) == -1);
      check(pk_getter_new(NULL, "nothing.there", text) == NULL && strstr(text, "no layout 'nothing'") != NULL);
      pk_getter_free(NULL);
      return 0;
    }]])

  programs("is read of many packets by one getter, of layers that were sought too", [[
    #include <pktcraft/getter.h>
    #include <pktcraft/shipped.h>
    int main (void) {
      const pk_Bindings *b = pk_shipped_bindings();
      char text[PK_GETTER_TEXT];
      pk_Getter *mss = pk_getter_new(NULL, "tcp.options.mss", text);
      pk_Column v;
      pk_Packet p;
      check(mss != NULL);
      pk_packet_dissect(&p, b, pk_bindings_link(b, 1), query, sizeof(query), sizeof(query));
      check(pk_getter_get(mss, &p, &v, text) == 0 && v.kind == PK_COLUMN_NONE);
      pk_packet_init(&p, NULL);
      pk_packet_begin(&p, pk_bindings_link(b, 1), syn, sizeof(syn), sizeof(syn));
      check(pk_packet_seek(&p, b, pk_bindings_named(b, "tcp")) != NULL);
      check(pk_getter_get(mss, &p, &v, text) == 1 && v.kind == PK_COLUMN_INTEGER && v.n == 1460);
      pk_getter_free(mss);
      return 0;
    }]])

  programs("has names of the caller's layouts", [[
    #include <pktcraft/getter.h>
    #include <pktcraft/shipped.h>
    int main (void) {
      const pk_Layout *udp = pk_bindings_named(pk_shipped_bindings(), "udp");
      const pk_FilterNames names = {.layouts = &udp, .nlayouts = 1};
      char text[PK_GETTER_TEXT];
      pk_Getter *g = pk_getter_new(&names, "udp.destination", text);
      pk_Packet p;
      pk_Column v;
      check(g != NULL && pk_getter_new(&names, "ipv4.ttl", text) == NULL);
      pk_packet_dissect(&p, pk_shipped_bindings(), udp, query + 34, sizeof(query) - 34, sizeof(query) - 34);
      check(pk_getter_get(g, &p, &v, text) == 1 && v.n == 53);
      pk_getter_free(g);
      return 0;
    }]])
end)

describe("a field read at a constant place", function()
  programs("takes the smaller reading of one that says so", [[
    #include <pktcraft/shipped.h>
    int main (void) {
      static const uint8_t big[] = {0, 0, 0, 30}, little[] = {30, 0, 0, 0};
      const pk_Layout *null = pk_bindings_named(pk_shipped_bindings(), "null");
      uint64_t n;
      check(null->fields[0].guess);
      check(pk_field_getnumber(&null->fields[0], big, 4, 0, &n) && n == 30);
      check(pk_field_getnumber(&null->fields[0], little, 4, 0, &n) && n == 30);
      return 0;
    }]])
end)

describe("packets that have only been sought", function()
  --- What is asked of a packet that was sought, and what says that it is not measured.
  local asked = {
    pk_packet_payload = "size_t a, z; pk_packet_payload(&p, &a, &z);",
    pk_packet_padding = "size_t a, z; pk_packet_padding(&p, &a, &z);",
    pk_packet_verify = "pk_SumCheck c[4]; pk_packet_verify(&p, c, 4);",
    pk_packet_fix = "pk_packet_fix(&p, bytes);",
    pk_packet_refit = "pk_packet_refit(&p, b, 1, bytes);",
    pk_packet_covered = "size_t a, z; pk_packet_covered(&p, l, pk_layout_field(l->layout, \"checksum\"), 0, &a, &z);",
    pk_packet_readdress = "pk_packet_readdress(&p, bytes, pk_addrmap_new(NULL, NULL, bytes), 0);",
    pk_carry_begin = "pk_Carry c; pk_carry_begin(&c, &p);",
    pk_flow_place = "pk_FlowPlace at; pk_flow_place(&p, &at);",
    pk_streams_add = "pk_Streams s; pk_streams_init(&s, 1); pk_streams_add(&s, &p, 0);",
    pk_defrag_add = "pk_Defrag d; pk_defrag_init(&d, 1); pk_defrag_add(&d, &p, b, 0);",
    pk_packet_get = "char text[PK_GETTER_TEXT]; pk_Column v; pk_packet_get(&p, \"malformed\", &v, text);",
  }
  for name, statement in pairs(asked) do
    it("are refused by an assert of " .. name, function()
      if not can then return pending "no C compiler" end
      local _, symbols = support.foreign(("nm -D %s/lib/libpktcraft.so"):format(support.build))
      if not symbols:find "assert" then return pending "built without asserts" end
      local status, out, err = try(([[
        #include <pktcraft/carry.h>
        #include <pktcraft/defrag.h>
        #include <pktcraft/getter.h>
        #include <pktcraft/readdress.h>
        #include <pktcraft/shipped.h>
        #include <pktcraft/stream.h>
        #include <pktcraft/sums.h>
        int main (void) {
          const pk_Bindings *b = pk_shipped_bindings();
          uint8_t bytes[sizeof(syn)];
          const pk_Layer *l;
          pk_Packet p;
          memcpy(bytes, syn, sizeof(syn));
          memset(&p, 0xa5, sizeof(p));
          pk_packet_init(&p, NULL);
          pk_packet_begin(&p, pk_bindings_link(b, 1), bytes, sizeof(bytes), sizeof(bytes));
          l = pk_packet_seek(&p, b, pk_bindings_named(b, "tcp"));
          check(l != NULL);
          %s
          return 0;
        }]]):format(statement))
      assert.is_true(status > 128, name .. ": " .. status .. out .. err)
      assert.matches("PK_KNOWN_ALL", err)
    end)
  end
end)

describe("streams", function()
  programs("are one at a time at least", [[
    #include <pktcraft/shipped.h>
    #include <pktcraft/stream.h>
    int main (void) {
      const pk_Bindings *b = pk_shipped_bindings();
      uint8_t other[sizeof(syn)];
      pk_StreamEvent e;
      pk_Streams s;
      pk_Packet p;
      memcpy(other, syn, sizeof(syn));
      other[35] = 9; /* another port */
      pk_streams_init(&s, 1);
      s.maxflows = 0;
      pk_packet_tostream(&p, b, pk_bindings_link(b, 1), syn, sizeof(syn), sizeof(syn));
      check(pk_streams_add(&s, &p, 0) && pk_streams_next(&s, &e) == 1 && e.kind == PK_STREAM_OPEN);
      check(pk_streams_next(&s, &e) == 0);
      pk_packet_tostream(&p, b, pk_bindings_link(b, 1), other, sizeof(other), sizeof(other));
      check(pk_streams_add(&s, &p, 0) && pk_streams_next(&s, &e) == 1 && e.kind == PK_STREAM_CLOSE && e.why == PK_WHY_EVICTED);
      check(pk_streams_next(&s, &e) == 1 && e.kind == PK_STREAM_OPEN && pk_streams_next(&s, &e) == 0);
      pk_streams_free(&s);
      return 0;
    }]])
end)

describe("a datagram that is too large", function()
  programs("is none, whole or half", [[
    #include <pktcraft/defrag.h>
    #include <pktcraft/shipped.h>
    int main (void) {
      static uint8_t first[68] = {0x4f, 0, 0, 68, 0, 1, 0x20, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
      static uint8_t last[65520] = {0x45, 0, 0xff, 0xf0, 0, 1, 0, 1, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
      const pk_Bindings *b = pk_shipped_bindings();
      const pk_Layout *ipv4 = pk_bindings_named(b, "ipv4");
      pk_Defrag d;
      pk_Packet p;
      pk_defrag_init(&d, 1);
      pk_packet_dissect(&p, b, ipv4, first, sizeof(first), sizeof(first));
      check(pk_defrag_add(&d, &p, b, 0) == PK_FRAG_INCOMPLETE && d.frame == NULL);
      pk_packet_dissect(&p, b, ipv4, last, sizeof(last), sizeof(last));
      check(pk_defrag_add(&d, &p, b, 0) == PK_FRAG_TOOLARGE && d.frame == NULL && d.counts.toolarge == 1);
      pk_defrag_free(&d);
      return 0;
    }]])
end)

describe("a capture file that is written", function()
  programs("refuses a time that it cannot hold, and goes on", [[
    #include <pktcraft/writer.h>
    int main (int argc, char **argv) {
      const pk_FileInfo info = {.format = PK_FILE_PCAP, .linktype = 1, .snaplen = 65535};
      pk_Frame f = {.data = (char *)syn, .caplen = sizeof(syn), .wirelen = sizeof(syn)};
      char path[512];
      pk_Reader r;
      pk_Writer w;
      snprintf(path, sizeof(path), "%s.pcap", argv[0]);
      check(pk_writer_open(&w, path, &info) == 0);
      f.time = -1;
      check(pk_writer_write(&w, &f) == -1 && strstr(w.err, ": time out of range") != NULL);
      f.time = ((int64_t)UINT32_MAX + 1) * 1000000000;
      check(pk_writer_write(&w, &f) == -1 && strstr(w.err, ": time out of range") != NULL);
      f.time = (int64_t)UINT32_MAX * 1000000000 + 5000;
      check(pk_writer_write(&w, &f) == 0);
      f.raw = 1; /* its seconds and fraction count */
      f.time = -1;
      f.seconds = 7;
      check(pk_writer_write(&w, &f) == 0 && pk_writer_close(&w) == 0);
      check(pk_reader_open(&r, path) == 0 && pk_reader_begin(&r) == 0);
      check(pk_reader_next(&r, &f) == 1 && f.time == (int64_t)UINT32_MAX * 1000000000 + 5000);
      check(pk_reader_next(&r, &f) == 1 && f.time == 7000000000 && pk_reader_next(&r, &f) == 0);
      pk_reader_close(&r);
      return 0;
    }]])

  programs("is one, and begins there, on standard output", [[
    #include <pktcraft/writer.h>
    int main (void) {
      pk_FileInfo info = {.format = PK_FILE_PCAP, .linktype = 1, .snaplen = 65535};
      pk_Writer w;
      int k;
      for (k = 0; k < 3; k++) {
        info.maxbytes = k == 0 ? 100 : 0;
        info.maxtime = k == 1 ? 100 : 0;
        info.append = k == 2;
        check(pk_writer_open(&w, "-", &info) == -1);
        check(strcmp(w.err, "standard output: takes no append, maxbytes or maxtime") == 0);
      }
      return 0;
    }]])
end)
