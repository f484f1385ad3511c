/*
** joins.c: the least that packets built by `/` take in Lua: parts are the tables given, joins hold two
** references, "writing" reads the five numbers and copies the frame. No checks, no sums, no file.
*/
#include <stdint.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

static char block[1 << 18];
static size_t used;

static const char *const numbers[] = {"source", "destination", "ident", "source", "destination"};

/* layout{...}; upvalue 1: the class of parts and joins */
static int part (lua_State *L) {
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setmetatable(L, 2);
  return 1;
}

/* left / right */
static int join (lua_State *L) {
  lua_newuserdatauv(L, 16, 2);
  lua_insert(L, 1);
  lua_setiuservalue(L, 1, 2);
  lua_setiuservalue(L, 1, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setmetatable(L, 1);
  return 1;
}

/* [-0, +0, -] Reads the fields first to end of the table at the top. */
static void numbers_of (lua_State *L, int first, int end, uint32_t *to) {
  int k;
  for (k = first; k < end; k++) {
    lua_pushvalue(L, lua_upvalueindex(k + 1));
    lua_rawget(L, -2);
    to[k] = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
  }
}

/* out:write(link / ip / udp / string, time); upvalues: the names of fields */
static int out_write (lua_State *L) {
  uint32_t values[5];
  size_t len;
  const char *s;
  lua_getiuservalue(L, 2, 2);
  s = lua_tolstring(L, -1, &len);
  lua_getiuservalue(L, 2, 1);
  lua_getiuservalue(L, -1, 2);
  numbers_of(L, 3, 5, values);
  lua_getiuservalue(L, -2, 1);
  lua_getiuservalue(L, -1, 2);
  numbers_of(L, 0, 3, values);
  if (used + 42 + len > sizeof(block)) used = 0;
  memcpy(block + used, values, sizeof(values));
  memcpy(block + used + 42, s, len);
  used += 42 + len;
  lua_pushboolean(L, 1);
  return 1;
}

int luaopen_joins (lua_State *L) {
  static const char *const layouts[] = {"ethernet", "ipv4", "udp"};
  size_t k;
  lua_newtable(L);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, join, 1);
  lua_setfield(L, -2, "__div");
  for (k = 0; k < 3; k++) {
    lua_newuserdatauv(L, 1, 0);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_pushcclosure(L, part, 1);
    lua_setfield(L, -2, "__call");
    lua_setmetatable(L, -2);
    lua_setfield(L, -3, layouts[k]);
  }
  lua_pop(L, 1);
  for (k = 0; k < 5; k++) lua_pushstring(L, numbers[k]);
  lua_pushcclosure(L, out_write, 5);
  lua_setfield(L, -2, "write");
  return 1;
}
