/*
** laddrmap.c: packet.addressmap: addresses of packets given others, by prefixes and by a key.
*/
#include <string.h>

#if defined(PK_NETTLE)
#include <nettle/aes.h>
#include <nettle/pbkdf2.h>
#endif

#include <lua.h>
#include <lauxlib.h>

#include "laddrmap.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lview.h"
#include "readdress.h"

static const char addressmap_meta[] = "pktcraft.addressmap";

typedef struct AddressMap {
  pk_AddrMap *map;
  int scrub;
#if defined(PK_NETTLE)
  struct aes128_ctx aes;
#endif
} AddressMap;

/* --- keys */

#if defined(PK_NETTLE)

#define ROUNDS 100000 /* of a passphrase: what trying many costs */

static void encipher (void *arg, size_t n, const uint8_t *from, uint8_t *to) {
  aes128_encrypt((const struct aes128_ctx *)arg, n * 16, to, from);
}

/* 32 bytes of 64 hexadecimal digits: 1, or 0: they are none. */
static int read_digits (const char *text, size_t len, uint8_t key[32]) {
  static const char digits[] = "0123456789abcdef";
  size_t k;
  if (len != 64) return 0;
  for (k = 0; k < 64; k++) {
    const char c = (char)('A' <= text[k] && text[k] <= 'F' ? text[k] - 'A' + 'a' : text[k]);
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    if (at == NULL) return 0;
    key[k / 2] = (uint8_t)(k % 2 == 0 ? (at - digits) << 4 : key[k / 2] | (at - digits));
  }
  return 1;
}

/* [-0, +0, e] The key at `idx`: 64 digits, or any text. */
static void set_key (lua_State *L, int idx, AddressMap *a) {
  static const char salt[] = "pktcraft addressmap";
  uint8_t key[32], pad[16];
  size_t len;
  const char *text = luaL_checklstring(L, idx, &len);
  if (len == 0) luaL_error(L, "empty key");
  if (!read_digits(text, len, key))
    pbkdf2_hmac_sha256(len, (const uint8_t *)text, ROUNDS, sizeof(salt) - 1, (const uint8_t *)salt, 32, key);
  aes128_set_encrypt_key(&a->aes, key);
  aes128_encrypt(&a->aes, 16, pad, key + 16);
  memset(key, 0, sizeof(key));
  a->map = pk_addrmap_new(encipher, &a->aes, pad);
}

#else

static void set_key (lua_State *L, int idx, AddressMap *a) {
  (void)idx;
  (void)a;
  luaL_error(L, "keys need nettle (Debian: nettle-dev), which was not there when this was built");
}

#endif

/* --- prefixes */

static const char *const kinds[] = {NULL, "ipv4", "ipv6", "mac", "eui64"}; /* codecs */

/* An address as text: its kind, or NONE. */
static pk_AddressKind read_address (const char *text, size_t len, uint8_t *value) {
  pk_AddressKind kind;
  for (kind = PK_ADDRESS_IPV4; kind <= PK_ADDRESS_EUI64; kind++)
    if (pk_codec_find(kinds[kind])->parse(text, len, value)) return kind;
  return PK_ADDRESS_NONE;
}

/* [-0, +0, e] A prefix, "10.0.0.0/8", or an address. */
static pk_AddressKind check_prefix (lua_State *L, const char *text, uint8_t *value, unsigned *bits) {
  const char *slash = strchr(text, '/'), *p;
  const size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
  const pk_AddressKind kind = read_address(text, len, value);
  const unsigned all = kind != PK_ADDRESS_NONE ? (unsigned)pk_address_size(kind) * 8 : 0;
  *bits = all;
  if (slash != NULL)
    for (*bits = 0, p = slash + 1; *p != '\0'; p++) {
      if (*p < '0' || *p > '9' || *bits > all) luaL_error(L, "no prefix: '%s'", text);
      *bits = *bits * 10 + (unsigned)(*p - '0');
    }
  if (kind == PK_ADDRESS_NONE || *bits > all || (slash != NULL && slash[1] == '\0')) luaL_error(L, "no prefix: '%s'", text);
  return kind;
}

static void add_rule (lua_State *L, AddressMap *a, pk_AddrRule rule, const char *prefix, const char *to) {
  uint8_t from[PK_ADDRMAP_MAXBYTES] = {0}, other[PK_ADDRMAP_MAXBYTES] = {0};
  unsigned len, tolen = 0;
  const pk_AddressKind kind = check_prefix(L, prefix, from, &len);
  if (to != NULL && check_prefix(L, to, other, &tolen) != kind) luaL_error(L, "'%s' and '%s' are addresses of two kinds", prefix, to);
  if (!pk_addrmap_rule(a->map, rule, kind, from, len, other, tolen)) luaL_error(L, "too many prefixes, or not enough memory");
}

/* [-0, +0, e] The prefixes that stay: a list, or false: not even those that name no host. */
static void take_keep (lua_State *L, AddressMap *a, int idx) {
  lua_Integer k;
  if ((lua_isnil(L, idx) || lua_toboolean(L, idx)) && !pk_addrmap_embedded(a->map)) luaL_error(L, "not enough memory");
  if (pk_addrmap_keyed(a->map) && (lua_isnil(L, idx) || lua_toboolean(L, idx)))
    if (!pk_addrmap_defaults(a->map)) luaL_error(L, "not enough memory");
  pk_addrmap_own(a->map);
  if (!lua_toboolean(L, idx)) return;
  luaL_checktype(L, idx, LUA_TTABLE);
  for (k = 1; lua_rawgeti(L, idx, k) != LUA_TNIL; k++) {
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "keep: prefixes expected");
    add_rule(L, a, PK_ADDR_KEEP, lua_tostring(L, -1), NULL);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

/* [-0, +0, e] Prefixes and what they become. */
static void take_moves (lua_State *L, AddressMap *a, int idx) {
  if (lua_isnil(L, idx)) return;
  luaL_checktype(L, idx, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    if (lua_type(L, -1) != LUA_TSTRING || lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "map: prefixes expected");
    add_rule(L, a, PK_ADDR_MOVE, lua_tostring(L, -2), lua_tostring(L, -1));
  }
}

/* addressmap(options) */
int laddrmap_new (lua_State *L) {
  static const char *const known[] = {"key", "map", "keep", "payload", NULL};
  static const char *const payloads[] = {"keep", "zero", NULL};
  AddressMap *a;
  aux_checkknown(L, 1, known);
  lua_settop(L, 1);
  a = (AddressMap *)lua_newuserdatauv(L, sizeof(*a), 0);
  memset(a, 0, sizeof(*a));
  luaL_setmetatable(L, addressmap_meta);
  lua_getfield(L, 1, "key");
  lua_getfield(L, 1, "payload");
  a->scrub = luaL_checkoption(L, 4, lua_isnil(L, 3) ? "keep" : "zero", payloads);
  if (lua_isnil(L, 3))
    a->map = pk_addrmap_new(NULL, NULL, NULL);
  else
    set_key(L, 3, a);
  if (a->map == NULL) return luaL_error(L, "not enough memory");
  lua_getfield(L, 1, "keep");
  take_keep(L, a, 5);
  lua_getfield(L, 1, "map");
  take_moves(L, a, 6);
  lua_settop(L, 2);
  return 1;
}

/* [-0, +0, v] The map at 1; one whose state closes has been freed. */
static AddressMap *check_map (lua_State *L) {
  AddressMap *a = (AddressMap *)luaL_checkudata(L, 1, addressmap_meta);
  if (a->map == NULL) luaL_error(L, "attempt to use a collected address map");
  return a;
}

/* map:apply(pkt): the packet, and how many places have other bytes */
static int map_apply (lua_State *L) {
  AddressMap *a = check_map(L);
  Packet *pk;
  size_t n;
  lua_settop(L, 2);
  pk = lpacket_test(L, 2);
  luaL_argexpected(L, pk != NULL, 2, PACKETNAME);
  if (pk->p == NULL) lpacket_build(L, 2);
  lpacket_measure(pk);
  n = pk_packet_readdress(pk->p, (uint8_t *)pk->area->data, a->map, a->scrub);
  if (a->scrub) pk->fresh = 0; /* what was above may be nothing now */
  lua_pushinteger(L, (lua_Integer)n);
  return 2;
}

/* map:get(address): the one that stands for it, as text */
static int map_get (lua_State *L) {
  AddressMap *a = check_map(L);
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  uint8_t value[PK_ADDRMAP_MAXBYTES];
  char out[PK_CODEC_TEXT];
  const pk_AddressKind kind = read_address(text, len, value);
  luaL_argcheck(L, kind != PK_ADDRESS_NONE, 2, "address expected");
  pk_addrmap_get(a->map, kind, value, value);
  lua_pushlstring(L, out, pk_codec_find(kinds[kind])->format(value, out));
  return 1;
}

static int map_gc (lua_State *L) {
  AddressMap *a = (AddressMap *)luaL_checkudata(L, 1, addressmap_meta);
  pk_addrmap_free(a->map);
  memset(a, 0, sizeof(*a));
  return 0;
}

static const luaL_Reg methods[] = {
  {"apply", map_apply},
  {"get", map_get},
  {NULL, NULL}
};

void laddrmap_open (lua_State *L) {
  aux_newclass(L, addressmap_meta, "address map");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, map_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
