/*
** lchecksummod.c: module `pktcraft.checksum`.
*/
#include <assert.h>
#include <string.h>

#if defined(PK_LIBMD)
#include <md5.h>
#include <sha1.h>
#endif

#include <lua.h>
#include <lauxlib.h>

#include "checksum.h"
#include "codec.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lpkmods.h"

#define SUMBITS 0x1ffff

/* [-0, +0, v] A partial sum at `arg`; none is the sum of no bytes. */
static pk_Sum optsum (lua_State *L, int arg) {
  lua_Integer sum = luaL_optinteger(L, arg, 0);
  luaL_argcheck(L, 0 <= sum && sum <= SUMBITS, arg, "partial sum expected");
  return (pk_Sum)sum;
}

/* [-0, +0, v] The bytes that arguments (m [, i [, j]]) name. */
static const char *checkbytes (lua_State *L, size_t *size) {
  lua_Integer i = luaL_optinteger(L, 2, 1);
  lua_Integer j = luaL_optinteger(L, 3, -1);
  size_t len;
  const char *bytes = luamem_checkstring(L, 1, &len);
  return bytes + aux_range(i, j, len, size);
}

/* internet(m [, i [, j [, partial]]]) */
static int sum_internet (lua_State *L) {
  pk_Sum sum = optsum(L, 4);
  size_t size;
  const char *bytes = checkbytes(L, &size);
  lua_pushinteger(L, pk_sum_finish(pk_sum_add(sum, bytes, size)));
  return 1;
}

/* partial(m [, i [, j [, partial]]]) */
static int sum_partial (lua_State *L) {
  pk_Sum sum = optsum(L, 4);
  size_t size;
  const char *bytes = checkbytes(L, &size);
  lua_pushinteger(L, (lua_Integer)pk_sum_add(sum, bytes, size));
  return 1;
}

/* join(a, ...) */
static int sum_join (lua_State *L) {
  pk_Sum sum = 0;
  int arg, top = lua_gettop(L);
  for (arg = 1; arg <= top; arg++) {
    luaL_checkinteger(L, arg);
    sum = pk_sum_join(sum, optsum(L, arg));
  }
  lua_pushinteger(L, (lua_Integer)sum);
  return 1;
}

/* finish(partial) */
static int sum_finish (lua_State *L) {
  luaL_checkinteger(L, 1);
  lua_pushinteger(L, pk_sum_finish(optsum(L, 1)));
  return 1;
}

/*
** [-0, +0, v] The sum of the value at `arg`: a 16-bit integer, or the bytes of a string or memory of
** even length, which goes to `*size`.
*/
static pk_Sum checkvalue (lua_State *L, int arg, size_t *size) {
  const char *bytes;
  if (lua_type(L, arg) == LUA_TNUMBER) {
    lua_Integer n = luaL_checkinteger(L, arg);
    luaL_argcheck(L, 0 <= n && n <= 0xffff, arg, "value out of range");
    *size = 2;
    return (pk_Sum)n;
  }
  bytes = luamem_checkstring(L, arg, size);
  luaL_argcheck(L, *size % 2 == 0, arg, "even number of bytes expected");
  return pk_sum_add(0, bytes, *size);
}

/* update(sum, old, new) */
static int sum_update (lua_State *L) {
  lua_Integer sum = luaL_checkinteger(L, 1);
  size_t oldsize, newsize;
  pk_Sum before, after;
  luaL_argcheck(L, 0 <= sum && sum <= 0xffff, 1, "value out of range");
  before = checkvalue(L, 2, &oldsize);
  after = checkvalue(L, 3, &newsize);
  luaL_argcheck(L, oldsize == newsize, 3, "size mismatch");
  lua_pushinteger(L, pk_sum_update((uint16_t)sum, before, after));
  return 1;
}

/*
** [-0, +0, v] Reads the address at `arg`, text or bytes, into `address`; returns its size, 4 or 16.
** Text is tried first: 16 characters may be either.
*/
static size_t checkaddress (lua_State *L, int arg, uint8_t address[16]) {
  size_t len;
  const char *s = luamem_checkstring(L, arg, &len);
  if (!luamem_ismemory(L, arg)) {
    if (pk_codec_find("ipv4")->parse(s, len, address)) return 4;
    if (pk_codec_find("ipv6")->parse(s, len, address)) return 16;
  }
  luaL_argcheck(L, len == 4 || len == 16, arg, "IPv4 or IPv6 address expected");
  memcpy(address, s, len);
  return len;
}

/* pseudo(source, destination, protocol, length) */
static int sum_pseudo (lua_State *L) {
  uint8_t source[16], destination[16];
  size_t size = checkaddress(L, 1, source);
  size_t othersize = checkaddress(L, 2, destination);
  lua_Integer protocol = luaL_checkinteger(L, 3);
  lua_Integer length = luaL_checkinteger(L, 4);
  pk_Sum sum;
  luaL_argcheck(L, size == othersize, 2, "address of the same family expected");
  luaL_argcheck(L, 0 <= protocol && protocol <= 0xff, 3, "value out of range");
  luaL_argcheck(L, 0 <= length && length <= (size == 4 ? 0xffff : 0xffffffff), 4,
                "value out of range");
  if (size == 4)
    sum = pk_sum_pseudo4(source, destination, (uint8_t)protocol, (uint16_t)length);
  else
    sum = pk_sum_pseudo6(source, destination, (uint8_t)protocol, (uint32_t)length);
  lua_pushinteger(L, (lua_Integer)sum);
  return 1;
}

/* crc32c(m [, i [, j [, crc]]]) */
static int sum_crc32c (lua_State *L) {
  lua_Integer crc = luaL_optinteger(L, 4, 0);
  size_t size;
  const char *bytes;
  luaL_argcheck(L, 0 <= crc && crc <= 0xffffffff, 4, "value out of range");
  bytes = checkbytes(L, &size);
  lua_pushinteger(L, (lua_Integer)pk_crc32c((uint32_t)crc, bytes, size));
  return 1;
}

/* Digests are libmd's; without it they say so. */
#if defined(PK_LIBMD)
#define DIGEST(L, size, ...) __VA_ARGS__
#else
#define DIGEST(L, size, ...) (void)(bytes); (void)(digest); (void)(size); return luaL_error(L, "built without libmd")
#endif

/* md5(m [, i [, j]]): 16 bytes (RFC 1321) */
static int sum_md5 (lua_State *L) {
  char digest[16];
  size_t size;
  const char *bytes = checkbytes(L, &size);
  DIGEST(L, size, MD5_CTX c; MD5Init(&c); MD5Update(&c, (const uint8_t *)bytes, size); MD5Final((uint8_t *)digest, &c));
  lua_pushlstring(L, digest, sizeof(digest));
  return 1;
}

/* sha1(m [, i [, j]]): 20 bytes (RFC 3174) */
static int sum_sha1 (lua_State *L) {
  char digest[20];
  size_t size;
  const char *bytes = checkbytes(L, &size);
  DIGEST(L, size, SHA1_CTX c; SHA1Init(&c); SHA1Update(&c, (const uint8_t *)bytes, size); SHA1Final((uint8_t *)digest, &c));
  lua_pushlstring(L, digest, sizeof(digest));
  return 1;
}

static const luaL_Reg sumlib[] = {
  {"internet", sum_internet},
  {"partial", sum_partial},
  {"join", sum_join},
  {"finish", sum_finish},
  {"update", sum_update},
  {"pseudo", sum_pseudo},
  {"crc32c", sum_crc32c},
  {"md5", sum_md5},
  {"sha1", sum_sha1},
  {NULL, NULL}
};

int luaopen_pktcraft_checksum (lua_State *L) {
  luaL_newlib(L, sumlib);
  return 1;
}
