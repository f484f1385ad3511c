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

describe("the shipped bindings", function()
  programs("are made once, for all threads", [[
    #include <pthread.h>
    #include <shipped.h>
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
    #include <alloc.h>
    #include <getter.h>
    #include <shipped.h>
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
    #include <shipped.h>
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
    #include <getter.h>
    #include <shipped.h>
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
    #include <getter.h>
    #include <shipped.h>
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
    #include <getter.h>
    #include <shipped.h>
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
    #include <getter.h>
    #include <shipped.h>
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
