/*
** lpkaux.h: what the Lua modules share: ranges of 1-based positions, corrected as string.sub does.
*/
#ifndef lpkaux_h
#define lpkaux_h

#include <stddef.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

/* The 0-based offset of position `i` in `len` bytes, from 0 to `len`: before 1 is 1. */
static inline size_t aux_startpos (lua_Integer i, size_t len) {
  if (i > 0) return (lua_Unsigned)i - 1 < len ? (size_t)i - 1 : len;
  if (i == 0 || i < -(lua_Integer)len) return 0;
  return len - (size_t)-i;
}

/* The 0-based end (exclusive) of a range whose last position is `j`, from 0 to `len`. */
static inline size_t aux_endpos (lua_Integer j, size_t len) {
  if (j >= 0) return (lua_Unsigned)j < len ? (size_t)j : len;
  if (j < -(lua_Integer)len) return 0;
  return len - (size_t)-j + 1;
}

/* The offset and size of range [i, j]; an empty one has size 0. */
static inline size_t aux_range (lua_Integer i, lua_Integer j, size_t len, size_t *size) {
  size_t start = aux_startpos(i, len);
  size_t end = aux_endpos(j, len);
  *size = start < end ? end - start : 0;
  return start;
}

/*
** [-0, +1, m] Pushes a new metatable, kept in the registry under `key`, that scripts do not see; errors
** call its objects `name`.
*/
static inline void aux_newclass (lua_State *L, const char *key, const char *name) {
  luaL_newmetatable(L, key);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

/*
** [-0, +0, -] luaL_testudata and luaL_setmetatable by the address of `key`, which must be one array in all of
** the library: half the time of a look-up by name.
*/
static inline void *aux_test (lua_State *L, int idx, const char *key) {
  void *p = lua_touserdata(L, idx);
  int same;
  if (p == NULL || !lua_getmetatable(L, idx)) return NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? p : NULL;
}

static inline void aux_setclass (lua_State *L, const char *key) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  lua_setmetatable(L, -2);
}

/* [-0, +0, v] The table of options at `arg` has no keys but those of `known`, up to NULL. */
static inline void aux_checkknown (lua_State *L, int arg, const char *const *known) {
  luaL_checktype(L, arg, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
    int k = 0;
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "options have names");
    while (known[k] != NULL && strcmp(known[k], lua_tostring(L, -2)) != 0) k++;
    if (known[k] == NULL) luaL_error(L, "unknown option '%s'", lua_tostring(L, -2));
  }
}

#endif
