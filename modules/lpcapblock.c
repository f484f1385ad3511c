/*
** lpcapblock.c: blocks of pcapng files (draft-ietf-opsawg-pcapng) as tables, read and written by the same words.
*/
#include "lpcapblock.h"

#include <string.h>

#include "codec.h"
#include "lpcapopt.h"
#include "sformat.h"

#define NAMES 4u
#define STATISTICS 5u
#define SECRETS 10u
#define CUSTOM 0x00000badu
#define CUSTOM_UNCOPIED 0x40000badu

/* What a block is while it is taken apart: a Lua string holds its bytes. */
typedef struct Taken {
  const uint8_t *body;
  size_t len;
  int swapped;
  int t; /* the table */
  const pk_Reader *r;
  const pk_Block *block;
  pk_Interface interface; /* a copy of the one that statistics name, */
  int64_t number;         /* and its number from 0 on, or -1 */
} Taken;

static void set_integer (lua_State *L, int t, const char *key, lua_Integer n) {
  lua_pushinteger(L, n);
  lua_setfield(L, t, key);
}

static void set_string (lua_State *L, int t, const char *key, const char *s) {
  lua_pushstring(L, s);
  lua_setfield(L, t, key);
}

static void set_bytes (lua_State *L, int t, const char *key, const uint8_t *p, size_t len) {
  lua_pushlstring(L, (const char *)p, len);
  lua_setfield(L, t, key);
}

/* [-0, +0, v] */
static void malformed (lua_State *L, const Taken *b, const char *what) {
  luaL_error(L, "%s: block at byte %I: %s", b->r->name, (LUAI_UACINT)b->block->at, what);
}

/* [-0, +0, m] The options from `at` on. */
static void set_options (lua_State *L, const Taken *b, OptKind kind, size_t at) {
  if (at < b->len) pcapopt_decode(L, b->t, kind, b->body + at, b->len - at, b->swapped);
}

/* Finds the interface that a block of statistics names. */
static void find_interface (Taken *b) {
  const pk_Section *s = &b->r->sections[b->block->section];
  const uint32_t end = b->block->section + 1 < b->r->nsections ? s[1].first : b->r->ninterfaces;
  const uint32_t number = b->block->len >= 24 ? pk_get32(b->block->bytes + 8, b->block->swapped) : UINT32_MAX;
  b->number = -1;
  if (number >= end - s->first) return;
  b->number = s->first + number;
  b->interface = b->r->interfaces[b->number];
}

static void take_section (lua_State *L, const Taken *b) {
  set_string(L, b->t, "byteorder", (b->swapped != pk_bigendian()) ? "big" : "little");
  lua_pushfstring(L, "%d.%d", pk_get16(b->body + 4, b->swapped), pk_get16(b->body + 6, b->swapped));
  lua_setfield(L, b->t, "version");
  set_integer(L, b->t, "sectionlength", (lua_Integer)pk_get64(b->body + 8, b->swapped));
  set_options(L, b, OPT_SECTION, 16);
}

static void take_packet (lua_State *L, const Taken *b) {
  const pk_Frame *f = &b->block->frame;
  const int isold = f->type == PK_NG_PACKET, issimple = f->type == PK_NG_SIMPLE;
  const size_t at = issimple ? 4 : 20;
  if (b->block->type != PK_RECORD)
    set_string(L, b->t, "kind", issimple ? "simple" : isold ? "obsolete" : "enhanced");
  set_integer(L, b->t, "interface", (lua_Integer)f->interface + 1);
  set_integer(L, b->t, "wirelen", f->wirelen);
  if (!f->timeless) set_integer(L, b->t, "time", f->time);
  if (b->block->type == PK_RECORD) {
    set_bytes(L, b->t, "data", b->body - 8 + b->r->recordhead, f->caplen);
    return;
  }
  set_bytes(L, b->t, "data", b->body + at, f->caplen);
  if (isold) set_integer(L, b->t, "drops", pk_get16(b->body + 2, b->swapped));
  if (f->optionslen > 0) set_options(L, b, isold ? OPT_OLDPACKET : OPT_PACKET, at + ((f->caplen + 3) & ~(size_t)3));
}

/* Bytes of the address of a record of names, by its type. */
static const struct { uint16_t type; size_t size; const char *codec; } addresses[] = {
  {1, 4, "ipv4"}, {2, 16, "ipv6"}, {3, 6, "mac"}, {4, 8, "eui64"}, /* codecs */
};
#define NADDRESSES (sizeof(addresses) / sizeof(addresses[0]))

/* [-0, +1, v] One record of names as a table. */
static void push_record (lua_State *L, const Taken *b, uint16_t type, const uint8_t *p, size_t n) {
  const int t = lua_gettop(L) + 1;
  char text[PK_CODEC_TEXT];
  size_t k, size;
  lua_Integer count = 0;
  lua_newtable(L);
  for (k = 0; k < NADDRESSES && addresses[k].type != type; k++) continue;
  if (k == NADDRESSES) {
    set_integer(L, t, "code", type);
    set_bytes(L, t, "data", p, n);
    return;
  }
  size = addresses[k].size;
  if (n < size) malformed(L, b, "name record too short");
  lua_pushlstring(L, text, pk_codec_find(addresses[k].codec)->format(p, text));
  lua_setfield(L, t, "address");
  lua_newtable(L);
  for (p += size, n -= size; n > 0;) {
    const uint8_t *end = (const uint8_t *)memchr(p, 0, n);
    if (end == NULL) malformed(L, b, "name without its end");
    lua_pushlstring(L, (const char *)p, (size_t)(end - p));
    lua_rawseti(L, -2, ++count);
    n -= (size_t)(end - p) + 1;
    p = end + 1;
  }
  lua_setfield(L, t, "names");
}

static void take_names (lua_State *L, const Taken *b) {
  size_t at = 0;
  lua_Integer count = 0;
  lua_newtable(L);
  for (;;) {
    uint16_t type, n;
    if (b->len - at < 4) malformed(L, b, "name records without their end");
    type = pk_get16(b->body + at, b->swapped);
    n = pk_get16(b->body + at + 2, b->swapped);
    at += 4;
    if (type == 0) break;
    if (n > b->len - at) malformed(L, b, "name record reaches past its block");
    push_record(L, b, type, b->body + at, n);
    lua_rawseti(L, -2, ++count);
    at += ((size_t)n + 3) & ~(size_t)3;
    if (at > b->len) at = b->len;
  }
  lua_setfield(L, b->t, "records");
  set_options(L, b, OPT_NAMES, at);
}

static void take_statistics (lua_State *L, const Taken *b) {
  if (b->len < 12) malformed(L, b, "statistics block too short");
  if (b->number < 0) malformed(L, b, "no such interface");
  set_integer(L, b->t, "interface", b->number + 1);
  set_integer(L, b->t, "time", pk_interface_time(&b->interface, (uint64_t)pk_get32(b->body + 4, b->swapped) << 32 |
                                                                   pk_get32(b->body + 8, b->swapped)));
  set_options(L, b, OPT_STATISTICS, 12);
}

static void take_secrets (lua_State *L, const Taken *b) {
  uint32_t n;
  if (b->len < 8) malformed(L, b, "secrets block too short");
  set_integer(L, b->t, "secretstype", pk_get32(b->body, b->swapped));
  n = pk_get32(b->body + 4, b->swapped);
  if (n > b->len - 8) malformed(L, b, "secrets reach past their block");
  set_bytes(L, b->t, "data", b->body + 8, n);
  set_options(L, b, OPT_OTHER, 8 + (((size_t)n + 3) & ~(size_t)3));
}

static void take_custom (lua_State *L, const Taken *b) {
  if (b->len < 4) malformed(L, b, "custom block too short");
  lua_pushboolean(L, b->block->type == CUSTOM);
  lua_setfield(L, b->t, "copy");
  set_integer(L, b->t, "pen", pk_get32(b->body, b->swapped));
  set_bytes(L, b->t, "data", b->body + 4, b->len - 4);
}

void pcapblock_pushinterface (lua_State *L, const pk_Reader *r, const pk_Interface *i) {
  const pk_Interface copy = *i; /* a finalizer may close the capture: what is pushed first stays */
  const uint32_t linkmore = r->linkmore;
  const int t = lua_gettop(L) + 2;
  lua_pushlstring(L, (const char *)copy.block, copy.len);
  lua_newtable(L);
  set_integer(L, t, "linktype", copy.linktype);
  set_integer(L, t, "snaplen", copy.snaplen);
  if (copy.len >= 20)
    pcapopt_decode(L, t, OPT_INTERFACE, (const uint8_t *)lua_tostring(L, t - 1) + 16, copy.len - 20, copy.swapped);
  else if (linkmore & 0x04000000) /* in words of 16 bits; ours, as in pcapng, in bits */
    set_integer(L, t, "if_fcslen", (lua_Integer)(linkmore >> 28) * 16);
  lua_remove(L, t - 1);
}

/* Blocks that have a name. */
static const struct {
  uint32_t code;
  const char *name;
  void (*take) (lua_State *L, const Taken *b);
} types[] = {
  {PK_NG_SECTION, "section", take_section},
  {PK_NG_INTERFACE, "interface", NULL},
  {PK_NG_PACKET, "packet", take_packet},
  {PK_NG_SIMPLE, "packet", take_packet},
  {PK_NG_ENHANCED, "packet", take_packet},
  {PK_RECORD, "packet", take_packet},
  {NAMES, "names", take_names},
  {STATISTICS, "statistics", take_statistics},
  {SECRETS, "secrets", take_secrets},
  {CUSTOM, "custom", take_custom},
  {CUSTOM_UNCOPIED, "custom", take_custom},
};
#define NTYPES (sizeof(types) / sizeof(types[0]))

void pcapblock_push (lua_State *L, const pk_Reader *r, const pk_Block *block) {
  const int bytes = lua_gettop(L) + 1;
  size_t k;
  Taken b;
  b.r = r;
  b.block = block;
  if (block->type == STATISTICS) find_interface(&b);
  if (block->type == PK_NG_INTERFACE) { /* a finalizer may close the capture: what is pushed first stays */
    lua_pushnil(L);
    pcapblock_pushinterface(L, r, &r->interfaces[block->interface]);
    lua_pushliteral(L, "");
    lua_replace(L, bytes);
  }
  else {
    lua_pushlstring(L, (const char *)block->bytes, block->len);
    lua_newtable(L);
  }
  b.body = (const uint8_t *)lua_tostring(L, bytes) + 8;
  b.len = block->len - 12;
  b.swapped = block->swapped;
  b.t = bytes + 1;
  for (k = 0; k < NTYPES && types[k].code != block->type; k++) continue;
  set_string(L, b.t, "type", k < NTYPES ? types[k].name : "unknown");
  set_integer(L, b.t, "at", (lua_Integer)block->at);
  set_integer(L, b.t, "length", block->len);
  if (block->type == PK_NG_INTERFACE) set_integer(L, b.t, "number", (lua_Integer)block->interface + 1);
  if (k < NTYPES && types[k].take != NULL)
    types[k].take(L, &b);
  else if (k == NTYPES) {
    set_integer(L, b.t, "code", block->type);
    set_bytes(L, b.t, "data", b.body, b.len);
  }
  lua_remove(L, bytes);
}

/* --- writing */

/* Keys of blocks that are no options. */
static const char *const others[] = {
  "type", "at", "length", "kind", "interface", "time", "wirelen", "data", "drops", "number", "linktype", "snaplen",
  "byteorder", "version", "sectionlength", "records", "secretstype", "copy", "pen", "code", NULL
};

/* [-0, +0, v] An integer of the table from 0 to `max`, or its default (< 0: there is none). */
static uint64_t get_integer (lua_State *L, int t, const char *key, lua_Integer max, lua_Integer def) {
  lua_Integer n = def;
  int isint = 1;
  if (lua_getfield(L, t, key) != LUA_TNIL) n = lua_tointegerx(L, -1, &isint);
  if (!isint || n < 0 || n > max)
    luaL_error(L, "block: '%s': integer from 0 to %I expected", key, (LUAI_UACINT)max);
  lua_pop(L, 1);
  return (uint64_t)n;
}

/* [-0, +1, v] Pushes a string of the table. */
static const char *push_string (lua_State *L, int t, const char *key, const char *def, size_t *len) {
  if (lua_getfield(L, t, key) == LUA_TNIL && def != NULL) {
    lua_pop(L, 1);
    lua_pushstring(L, def);
  }
  if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "block: '%s': string expected", key);
  return lua_tolstring(L, -1, len);
}

/* [-1, +0, m] Appends the string at the top to the one at `body`, padded. */
static void append (lua_State *L, int body) {
  lua_pushlstring(L, "\0\0\0", (0 - lua_rawlen(L, -1)) & 3);
  lua_concat(L, 2);
  lua_pushvalue(L, body);
  lua_insert(L, -2);
  lua_concat(L, 2);
  lua_replace(L, body);
}

static void append32 (lua_State *L, int body, uint32_t n, int swapped) {
  char p[4];
  pk_put32(p, n, swapped);
  lua_pushlstring(L, p, sizeof(p));
  append(L, body);
}

static void append16s (lua_State *L, int body, uint32_t a, uint32_t b, int swapped) {
  char p[4];
  pk_put16(p, (uint16_t)a, swapped);
  pk_put16(p + 2, (uint16_t)b, swapped);
  lua_pushlstring(L, p, sizeof(p));
  append(L, body);
}

/* [-0, +0, v] The number in its section of the interface that field `interface` names, and what it is. */
static uint32_t interface_at (lua_State *L, int t, const pk_Writer *w, pk_Interface *i) {
  const uint64_t n = get_integer(L, t, "interface", UINT32_MAX, (lua_Integer)w->earlier + 1);
  if (n <= w->earlier || n - w->earlier > w->ninterfaces)
    luaL_error(L, "block: no interface %I in this section", (LUAI_UACINT)n);
  *i = w->interfaces[n - w->earlier - 1];
  return (uint32_t)(n - w->earlier) - 1;
}

static void append_time (lua_State *L, int t, int body, const pk_Interface *i, int swapped) {
  const int64_t time = (int64_t)get_integer(L, t, "time", INT64_MAX, 0);
  const uint64_t ticks = pk_interface_ticks(i, time);
  if (!pk_interface_holds(i, time) && time != 0) luaL_error(L, "block: 'time' out of range");
  append32(L, body, (uint32_t)(ticks >> 32), swapped);
  append32(L, body, (uint32_t)ticks, swapped);
}

/* Which packet's block a table asks for; what is lacking is an enhanced one. */
static uint32_t packet_type (lua_State *L, int t) {
  static const struct { const char *kind; uint32_t type; } kinds[] = {
    {"enhanced", PK_NG_ENHANCED}, {"simple", PK_NG_SIMPLE}, {"obsolete", PK_NG_PACKET},
  };
  const char *kind = push_string(L, t, "kind", "enhanced", NULL);
  size_t k;
  for (k = 0; k < 3 && strcmp(kinds[k].kind, kind) != 0; k++) continue;
  if (k == 3) luaL_error(L, "block: no kind '%s' of packet", kind);
  lua_pop(L, 1);
  return kinds[k].type;
}

static void append_packet (lua_State *L, int t, int body, const pk_Writer *w, uint32_t type) {
  const int swapped = w->info.swapped;
  size_t len;
  uint32_t interface;
  pk_Interface i;
  push_string(L, t, "data", NULL, &len);
  if (len > PK_SNAPLEN_USB) luaL_error(L, "block: data too long");
  if (type == PK_NG_SIMPLE) {
    append32(L, body, (uint32_t)get_integer(L, t, "wirelen", UINT32_MAX, (lua_Integer)len), swapped);
    append(L, body);
    return;
  }
  interface = interface_at(L, t, w, &i);
  if (type == PK_NG_PACKET)
    append16s(L, body, interface, (uint32_t)get_integer(L, t, "drops", 0xffff, 0xffff), swapped);
  else
    append32(L, body, interface, swapped);
  append_time(L, t, body, &i, swapped);
  append32(L, body, (uint32_t)len, swapped);
  append32(L, body, (uint32_t)get_integer(L, t, "wirelen", UINT32_MAX, (lua_Integer)len), swapped);
  append(L, body);
  pcapopt_encode(L, t, type == PK_NG_PACKET ? OPT_OLDPACKET : OPT_PACKET, swapped, others);
  append(L, body);
}

/* [-0, +0, v] Appends one record of names, the table at the top. */
static void append_record (lua_State *L, int body, int swapped) {
  const int t = lua_gettop(L);
  uint8_t address[16];
  const char *s;
  size_t len, k;
  if (lua_getfield(L, t, "code") != LUA_TNIL) {
    const uint32_t code = (uint32_t)get_integer(L, t, "code", 0xffff, -1);
    push_string(L, t, "data", NULL, &len);
    if (code == 0 || len > 0xffff) luaL_error(L, "block: bad name record");
    append16s(L, body, code, (uint32_t)len, swapped);
    append(L, body);
    lua_settop(L, t);
    return;
  }
  s = push_string(L, t, "address", NULL, &len);
  for (k = 0; k < NADDRESSES && !pk_codec_find(addresses[k].codec)->parse(s, len, address); k++) continue;
  if (k == NADDRESSES) luaL_error(L, "block: no address '%s'", s);
  lua_pushlstring(L, (const char *)address, addresses[k].size);
  if (lua_getfield(L, t, "names") != LUA_TTABLE) luaL_error(L, "block: 'names': list expected");
  {
    const int list = lua_gettop(L);
    lua_Integer j, n = (lua_Integer)lua_rawlen(L, list);
    lua_pushvalue(L, list - 1);
    for (j = 1; j <= n; j++) {
      if (lua_rawgeti(L, list, j) != LUA_TSTRING) luaL_error(L, "block: 'names': strings expected");
      lua_pushlstring(L, "", 1);
      lua_concat(L, 3);
    }
  }
  if (lua_rawlen(L, -1) > 0xffff) luaL_error(L, "block: name record too long");
  append16s(L, body, addresses[k].type, (uint32_t)lua_rawlen(L, -1), swapped);
  append(L, body);
  lua_settop(L, t);
}

static void append_names (lua_State *L, int t, int body, int swapped) {
  lua_Integer k, n;
  if (lua_getfield(L, t, "records") != LUA_TTABLE) luaL_error(L, "block: 'records': list expected");
  n = (lua_Integer)lua_rawlen(L, -1);
  for (k = 1; k <= n; k++) {
    if (lua_rawgeti(L, -1, k) != LUA_TTABLE) luaL_error(L, "block: 'records': tables expected");
    append_record(L, body, swapped);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  append16s(L, body, 0, 0, swapped);
  pcapopt_encode(L, t, OPT_NAMES, swapped, others);
  append(L, body);
}

static void append_secrets (lua_State *L, int t, int body, int swapped) {
  size_t len;
  push_string(L, t, "data", NULL, &len);
  append32(L, body, (uint32_t)get_integer(L, t, "secretstype", UINT32_MAX, -1), swapped);
  append32(L, body, (uint32_t)len, swapped);
  append(L, body);
  pcapopt_encode(L, t, OPT_OTHER, swapped, others);
  append(L, body);
}

/* The body of any block but sections and interfaces; its type. */
static uint32_t append_body (lua_State *L, int t, int body, const pk_Writer *w, const char *name) {
  const int swapped = w->info.swapped;
  if (strcmp(name, "packet") == 0) {
    const uint32_t type = packet_type(L, t);
    append_packet(L, t, body, w, type);
    return type;
  }
  if (strcmp(name, "names") == 0) {
    append_names(L, t, body, swapped);
    return NAMES;
  }
  if (strcmp(name, "statistics") == 0) {
    pk_Interface i;
    append32(L, body, interface_at(L, t, w, &i), swapped);
    append_time(L, t, body, &i, swapped);
    pcapopt_encode(L, t, OPT_STATISTICS, swapped, others);
    append(L, body);
    return STATISTICS;
  }
  if (strcmp(name, "secrets") == 0) {
    append_secrets(L, t, body, swapped);
    return SECRETS;
  }
  push_string(L, t, "data", NULL, NULL);
  if (strcmp(name, "custom") == 0) {
    const int copied = (lua_getfield(L, t, "copy"), lua_toboolean(L, -1) || lua_isnil(L, -1));
    lua_pop(L, 1);
    append32(L, body, (uint32_t)get_integer(L, t, "pen", UINT32_MAX, -1), swapped);
    append(L, body);
    return copied ? CUSTOM : CUSTOM_UNCOPIED;
  }
  if (strcmp(name, "unknown") != 0) luaL_error(L, "no blocks of type '%s'", name);
  append(L, body);
  return (uint32_t)get_integer(L, t, "code", UINT32_MAX, -1);
}

void pcapblock_tointerface (lua_State *L, int t, pk_Interface *i, int swapped) {
  memset(i, 0, sizeof(*i));
  i->linktype = (uint32_t)get_integer(L, t, "linktype", 0xffff, 1);
  i->snaplen = (uint32_t)get_integer(L, t, "snaplen", INT32_MAX, PK_SNAPLEN_MAX);
  if (pk_interface_resolve(i, (uint8_t)get_integer(L, t, "if_tsresol", 255, 6)) < 0)
    luaL_error(L, "option 'if_tsresol': a power up to 10^-19 or 2^-63 expected");
  if (lua_getfield(L, t, "if_tsoffset") != LUA_TNIL) {
    int isint;
    i->offset = lua_tointegerx(L, -1, &isint);
    if (!isint) luaL_error(L, "option 'if_tsoffset': integer expected");
  }
  lua_pop(L, 1);
  pcapopt_encode(L, t, OPT_INTERFACE, swapped, others);
}

/* A section's block with its options, as bytes at the top; it begins. */
static int write_section (lua_State *L, int t, pk_Writer *w) {
  size_t len;
  const char *order = push_string(L, t, "byteorder", w->info.swapped != pk_bigendian() ? "big" : "little", NULL);
  const int isbig = strcmp(order, "big") == 0, swapped = isbig != pk_bigendian();
  const int body = lua_gettop(L) + 1;
  const char *bytes;
  if (!isbig && strcmp(order, "little") != 0) luaL_error(L, "block: 'byteorder': 'little' or 'big' expected");
  lua_pushliteral(L, "");
  append32(L, body, PK_NG_SECTION, swapped);
  pcapopt_encode(L, t, OPT_SECTION, swapped, others);
  len = 28 + (size_t)lua_rawlen(L, -1);
  append32(L, body, (uint32_t)len, swapped);
  append32(L, body, PK_NG_ORDER, swapped);
  append16s(L, body, 1, 0, swapped);
  append32(L, body, UINT32_MAX, swapped);
  append32(L, body, UINT32_MAX, swapped);
  append(L, body);
  append32(L, body, (uint32_t)len, swapped);
  bytes = lua_tolstring(L, body, &len);
  return pk_writer_section(w, (const uint8_t *)bytes, (uint32_t)len, swapped);
}

int pcapblock_write (lua_State *L, int t, pk_Writer *w) {
  const char *name = push_string(L, t, "type", NULL, NULL);
  const int swapped = w->info.swapped;
  int body;
  uint32_t type;
  size_t len;
  luaL_checkstack(L, 16, NULL);
  if (strcmp(name, "section") == 0) return write_section(L, t, w);
  if (strcmp(name, "interface") == 0) {
    pk_Interface i;
    const char *options;
    pcapblock_tointerface(L, t, &i, w->info.swapped);
    options = lua_tolstring(L, -1, &len);
    /* the end of the options is written there */
    return pk_writer_newinterface(w, &i, (const uint8_t *)options, (uint32_t)(len >= 4 ? len - 4 : 0));
  }
  /* Only what names an interface needs one. */
  if ((strcmp(name, "packet") == 0 || strcmp(name, "statistics") == 0) && pk_writer_begin(w) < 0) return -1;
  lua_pushliteral(L, "");
  body = lua_gettop(L);
  append32(L, body, 0, 0); /* type and length come when they are known */
  append32(L, body, 0, 0);
  type = append_body(L, t, body, w, name);
  len = (size_t)lua_rawlen(L, body) + 4;
  if (len > PK_BLOCK_MAX) luaL_error(L, "block too long");
  append32(L, body, (uint32_t)len, swapped);
  {
    luaL_Buffer buffer;
    char *to = luaL_buffinitsize(L, &buffer, len);
    memcpy(to, lua_tostring(L, body), len);
    pk_put32(to, type, swapped);
    pk_put32(to + 4, (uint32_t)len, swapped);
    luaL_pushresultsize(&buffer, len);
  }
  if (w->info.swapped != swapped) luaL_error(L, "attempt to write a block while sections change");
  return pk_writer_raw(w, lua_tostring(L, -1), len); /* -1 where the output was closed meanwhile */
}
