/*
** lmemmod.c: module `memory`. In every function the arguments are settled first (checks may raise,
** conversions may allocate, and an allocation may run a finalizer that closes or resizes any memory);
** data and length are taken after that, and used before the next call that may allocate.
*/
#define _GNU_SOURCE /* memmem */
#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lmempack.h"
#include "lpkaux.h"

LUAMEMLIB_API int luaopen_memory (lua_State *L);

/* From here on a growing memory tells the collector about its bytes. */
#define GROWTH_TOLD 16384

/* [-0, +0, v] */
static const luamem_Area *checkarea (lua_State *L, int arg) {
  const luamem_Area *area = mem_toarea(L, arg);
  if (area == NULL) luaL_typeerror(L, arg, "memory");
  return area;
}

/* [-0, +0, v] luaL_checkinteger with one call less where there is an integer. */
static inline lua_Integer checkinteger (lua_State *L, int arg) {
  int isint;
  lua_Integer n = lua_tointegerx(L, arg, &isint);
  return isint ? n : luaL_checkinteger(L, arg);
}

/*
** [-0, +0, v] Makes argument `arg` a string or a memory: what a later luamem_tostring reads
** without allocating.
*/
static void checksource (lua_State *L, int arg) {
  luamem_checkstring(L, arg, NULL);
}

/* [-0, +0, v] */
static int checkbyte (lua_State *L, int arg) {
  lua_Integer value = checkinteger(L, arg);
  luaL_argcheck(L, 0 <= value && value <= UCHAR_MAX, arg, "value out of range");
  return (int)value;
}

/* Fills `n` bytes by repeating `s`, which may overlap them: as if it had been copied first. */
static void fillbytes (char *mem, size_t n, const char *s, size_t len) {
  size_t done = len < n ? len : n;
  if (done == 0) return;
  memmove(mem, s, done);
  while (done < n) { /* what is done repeats `s`, so it may be repeated itself */
    size_t more = done < n - done ? done : n - done;
    memcpy(mem + done, mem, more);
    done += more;
  }
}

/* create([s [, i [, j]]]) */
static int mem_create (lua_State *L) {
  if (lua_gettop(L) == 0) {
    luamem_newref(L);
    luamem_setref(L, -1, NULL, 0, luamem_free);
  }
  else if (lua_type(L, 1) == LUA_TNUMBER) {
    size_t len = luamem_checklenarg(L, 1);
    memset(luamem_newalloc(L, len), 0, len);
  }
  else {
    lua_Integer i = luaL_optinteger(L, 2, 1);
    lua_Integer j = luaL_optinteger(L, 3, -1);
    size_t len, size, left;
    const char *s;
    char *mem;
    luamem_checkstring(L, 1, &len);
    aux_range(i, j, len, &size);
    mem = luamem_newalloc(L, size);
    s = luamem_tostring(L, 1, &len); /* again: what it was may be gone */
    s += aux_range(i, j, len, &left);
    if (left > size) left = size;
    memcpy(mem, s, left);
    memset(mem + left, 0, size - left);
  }
  return 1;
}

/* type(v) */
static int mem_type (lua_State *L) {
  luamem_Unref unref;
  int type;
  luaL_checkany(L, 1);
  luamem_tomemoryx(L, 1, NULL, &unref, &type);
  if (type == LUAMEM_TALLOC)
    lua_pushliteral(L, "fixed");
  else if (type == LUAMEM_TREF && unref == luamem_free)
    lua_pushliteral(L, "resizable");
  else if (type == LUAMEM_TREF)
    lua_pushliteral(L, "other");
  else
    luaL_pushfail(L);
  return 1;
}

/* len(m) */
static int mem_len (lua_State *L) {
  lua_pushinteger(L, (lua_Integer)checkarea(L, 1)->len);
  return 1;
}

/* [-0, +0, v] */
static void checkresizable (lua_State *L, int arg) {
  luamem_Unref unref;
  luamem_tomemoryx(L, arg, NULL, &unref, NULL);
  if (unref != luamem_free) luaL_typeerror(L, arg, "resizable memory");
}

/* resize(m, n [, s]) */
static int mem_resize (lua_State *L) {
  const luamem_Area *area = checkarea(L, 1);
  size_t len = luamem_checklenarg(L, 2);
  size_t oldlen;
  char *mem;
  int byte = 0;
  if (lua_type(L, 3) == LUA_TNUMBER)
    byte = checkbyte(L, 3);
  else if (!lua_isnoneornil(L, 3))
    checksource(L, 3);
  checkresizable(L, 1);
  /* The bytes are not the collector's, so it is told of them: else it lets dead ones pile up. */
  if (len > area->len && len - area->len >= GROWTH_TOLD && lua_gc(L, LUA_GCISRUNNING)) {
    size_t kilobytes = (len - area->len) / 1024;
    lua_gc(L, LUA_GCSTEP, kilobytes < INT_MAX / 2 ? (int)kilobytes : INT_MAX / 2);
    checkresizable(L, 1);
  }
  mem = (char *)luamem_realloc(L, area->data, area->len, len);
  if (mem == NULL && len > 0) {
    lua_gc(L, LUA_GCCOLLECT);
    checkresizable(L, 1);
    mem = (char *)luamem_realloc(L, area->data, area->len, len);
    if (mem == NULL) return luaL_error(L, "not enough memory");
  }
  oldlen = area->len;
  luamem_resetref(L, 1, mem, len, luamem_free, 0);
  if (len > oldlen) {
    size_t slen = 0;
    const char *s = lua_type(L, 3) != LUA_TNUMBER ? luamem_tostring(L, 3, &slen) : NULL;
    if (lua_touserdata(L, 3) == (const void *)area) slen = oldlen; /* the memory fills itself */
    if (slen > 0)
      fillbytes(mem + oldlen, len - oldlen, s, slen);
    else
      memset(mem + oldlen, byte, len - oldlen);
  }
  return 0;
}

/* diff(a, b) */
static int mem_diff (lua_State *L) {
  const char *a, *b;
  size_t alen, blen, len, k = 0;
  checksource(L, 1);
  checksource(L, 2);
  a = luamem_tostring(L, 1, &alen);
  b = luamem_tostring(L, 2, &blen);
  len = alen < blen ? alen : blen;
  while (len - k >= 256 && memcmp(a + k, b + k, 256) == 0) k += 256;
  while (k < len && a[k] == b[k]) k++;
  if (k == alen && k == blen) {
    luaL_pushfail(L);
    lua_pushboolean(L, 0);
  }
  else {
    int less = k == len ? alen < blen : (unsigned char)a[k] < (unsigned char)b[k];
    lua_pushinteger(L, (lua_Integer)k + 1);
    lua_pushboolean(L, less);
  }
  return 2;
}

/* tostring(m [, i [, j]]) */
static int mem_tostring (lua_State *L) {
  lua_Integer i = luaL_optinteger(L, 2, 1);
  lua_Integer j = luaL_optinteger(L, 3, -1);
  size_t len, size;
  const char *s = luamem_checkstring(L, 1, &len);
  s += aux_range(i, j, len, &size);
  lua_pushlstring(L, s, size);
  return 1;
}

/* get(m [, i [, j]]) */
static int mem_get (lua_State *L) {
  const luamem_Area *area = checkarea(L, 1);
  int top = lua_gettop(L);
  lua_Integer i = top < 2 || lua_isnil(L, 2) ? 1 : checkinteger(L, 2);
  lua_Integer j = top < 3 ? i : luaL_optinteger(L, 3, i);
  size_t size, k;
  size_t start = aux_range(i, j, area->len, &size);
  if (size > 1) {
    if (size >= INT_MAX) return luaL_error(L, "memory slice too long");
    luaL_checkstack(L, (int)size, "memory slice too long");
  }
  for (k = 0; k < size; k++) lua_pushinteger(L, (unsigned char)area->data[start + k]);
  return (int)size;
}

/* set(m, i, ...) */
static int mem_set (lua_State *L) {
  const luamem_Area *area = checkarea(L, 1);
  lua_Integer i = checkinteger(L, 2);
  size_t given = (size_t)lua_gettop(L) - 2;
  size_t start = aux_startpos(i, area->len);
  size_t size, k;
  luaL_argcheck(L, start < area->len, 2, "index out of bounds");
  if (given == 1) {
    area->data[start] = (char)checkbyte(L, 3);
    return 0;
  }
  size = given < area->len - start ? given : area->len - start;
  for (k = 0; k < size; k++) checkbyte(L, 3 + (int)k); /* all, before one is written */
  for (k = 0; k < size; k++)
    area->data[start + k] = (char)(unsigned char)lua_tointeger(L, 3 + (int)k);
  return 0;
}

/* find(m, s [, i [, j [, o]]]) */
static int mem_find (lua_State *L) {
  lua_Integer i, j, o;
  const char *m, *s, *found;
  size_t mlen, slen, start, size, skip;
  checksource(L, 1);
  checksource(L, 2);
  i = luaL_optinteger(L, 3, 1);
  j = luaL_optinteger(L, 4, -1);
  o = luaL_optinteger(L, 5, 1);
  m = luamem_tostring(L, 1, &mlen);
  s = luamem_tostring(L, 2, &slen);
  start = aux_range(i, j, mlen, &size);
  skip = aux_startpos(o, slen);
  found = skip < slen ? (const char *)memmem(m + start, size, s + skip, slen - skip) : NULL;
  if (found != NULL)
    lua_pushinteger(L, found - m + 1);
  else
    luaL_pushfail(L);
  return 1;
}

/* fill(m, s [, i [, j [, o]]]) */
static int mem_fill (lua_State *L) {
  const luamem_Area *area = checkarea(L, 1);
  lua_Integer i = luaL_optinteger(L, 3, 1);
  lua_Integer j = luaL_optinteger(L, 4, -1);
  lua_Integer o = luaL_optinteger(L, 5, 1);
  size_t start, size;
  if (lua_type(L, 2) == LUA_TNUMBER) {
    int byte = checkbyte(L, 2);
    start = aux_range(i, j, area->len, &size);
    if (size > 0) memset(area->data + start, byte, size);
  }
  else {
    size_t slen, skip;
    const char *s = luamem_checkstring(L, 2, &slen);
    start = aux_range(i, j, area->len, &size);
    skip = aux_startpos(o, slen);
    if (size > 0) fillbytes(area->data + start, size, s + skip, slen - skip);
  }
  return 0;
}

/* [-0, +1, e] Pushes an operand of `..` as a string; returns 0 when it cannot be one. */
static int pushoperand (lua_State *L, int arg) {
  size_t len;
  const char *s = luamem_tostring(L, arg, &len);
  if (s != NULL) lua_pushlstring(L, s, len);
  return s != NULL;
}

static int mem_concat (lua_State *L) {
  lua_settop(L, 2);
  if (pushoperand(L, 1) && pushoperand(L, 2))
    lua_concat(L, 2);
  else {
    int other = luamem_isstring(L, 1) ? 2 : 1;
    if (luaL_getmetafield(L, other, "__concat") == LUA_TNIL)
      return luaL_error(L, "attempt to concatenate a %s value", luaL_typename(L, other));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
  }
  return 1;
}

static const luaL_Reg memlib[] = {
  {"create", mem_create},
  {"type", mem_type},
  {"len", mem_len},
  {"resize", mem_resize},
  {"diff", mem_diff},
  {"tostring", mem_tostring},
  {"get", mem_get},
  {"set", mem_set},
  {"find", mem_find},
  {"fill", mem_fill},
  {"pack", mem_pack},
  {"unpack", mem_unpack},
  {NULL, NULL}
};

static const luaL_Reg metamethods[] = {
  {"__len", mem_len},
  {"__tostring", mem_tostring},
  {"__concat", mem_concat},
  {NULL, NULL}
};

int luaopen_memory (lua_State *L) {
  int type;
  luaL_newlibtable(L, memlib);
  luamem_pushmetatable(L, LUAMEM_TALLOC);
  luamem_pushmetatable(L, LUAMEM_TREF);
  luaL_setfuncs(L, memlib, 2);
  for (type = LUAMEM_TALLOC; type <= LUAMEM_TREF; type++) {
    luamem_pushmetatable(L, type);
    luamem_pushmetatable(L, LUAMEM_TALLOC);
    luamem_pushmetatable(L, LUAMEM_TREF);
    luaL_setfuncs(L, metamethods, 2);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
  }
  return 1;
}
