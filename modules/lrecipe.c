/*
** lrecipe.c: recipes: packets of parts, whose bytes are made when first needed.
*/
#include <lua.h>
#include <lauxlib.h>

#include "lbuild.h"
#include "lmould.h"
#include "lpkaux.h"

#define MAXPARTS PK_PACKET_MAXDEPTH
#define MAXSTEPS 1024 /* joins and lists that may be without parts */

/* [-1, +n, e] Replaces the recipe at the top by its parts, packets of one layer and strings, the first at the top. */
static void spread (lua_State *L, int *n, int *steps, int depth) {
  luaL_checkstack(L, 8, "too many layers");
  for (;;) {
    const Packet *pk = (const Packet *)lua_touserdata(L, -1); /* or (a string) NULL */
    if (*n >= MAXPARTS || depth > MAXPARTS || ++*steps > MAXSTEPS) luaL_error(L, "too many layers");
    if (pk == NULL || pk->part != NULL) {
      ++*n;
      return;
    }
    luaL_checkstack(L, 8, "too many layers");
    lua_getiuservalue(L, -1, UV_PACKET_RECIPE);
    if (pk->joined) { /* the right one goes below the left one */
      const Packet *right;
      lua_getiuservalue(L, -2, UV_PACKET_FIRST);
      lua_replace(L, -3);
      right = (const Packet *)lua_touserdata(L, -2);
      if (right == NULL || right->part != NULL)
        ++*n;
      else {
        const int before = *n;
        lua_insert(L, -2);
        spread(L, n, steps, depth + 1);
        lua_rotate(L, before - *n - 1, -1); /* the left one comes to the top */
      }
    }
    else {
      lua_Integer k;
      const int list = lua_gettop(L);
      if (lua_rawlen(L, list) > MAXPARTS) luaL_error(L, "too many layers");
      luaL_checkstack(L, MAXPARTS + 8, "too many layers");
      for (k = (lua_Integer)lua_rawlen(L, list); k > 0; k--) {
        lua_rawgeti(L, list, k);
        spread(L, n, steps, depth + 1);
      }
      lua_remove(L, list);
      lua_remove(L, list - 1);
      return;
    }
  }
}

const pk_Layout *lrecipe_push (lua_State *L, int idx) {
  const int top = lua_gettop(L);
  const pk_Layout *first = NULL;
  int n = 0, steps = 0, parts;
  lua_pushvalue(L, idx);
  spread(L, &n, &steps, 0);
  parts = lua_gettop(L);
  if (n > 0 && lua_type(L, parts) == LUA_TUSERDATA) first = ((const Packet *)lua_touserdata(L, parts))->part->layout;
  if (!lmould_pour(L, parts, n)) {
    lbuild_bytes(L, parts, n);
    lmould_learn(L, parts, n);
  }
  if (n > 0) { /* else the memory stands there */
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
  }
  return first;
}

/* --- parts and recipes */

int lrecipe_part (lua_State *L, const Registry *r, int meta) {
  const Layout *layout = (const Layout *)lua_touserdata(L, 1);
  if (lua_type(L, 2) != LUA_TTABLE) {
    if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);
    lua_newtable(L);
    lua_replace(L, 2);
  }
  lpacket_pushrecipe(L, r, meta)->part = layout->map;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, UV_PACKET_FIRST);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, UV_PACKET_RECIPE);
  return 1;
}

/*
** [-0, +0, e] Makes of the value at `idx` what stands in a recipe: itself, (of a layout) its packet without values, or (of
** a packet or memory of bytes) a string.
*/
static const Packet *to_operand (lua_State *L, int idx, const Packet *pk) {
  size_t len;
  const char *s;
  if ((pk != NULL && !pk->edited && (pk->part != NULL || pk->joined || pk->listed)) || lua_type(L, idx) == LUA_TSTRING)
    return pk;
  if (pk != NULL)
    lua_getiuservalue(L, idx, UV_PACKET_MEMORY);
  else
    lua_pushvalue(L, idx);
  if (pk == NULL && luaL_testudata(L, idx, LAYOUT_META) != NULL) {
    lua_call(L, 0, 1);
    lua_replace(L, idx);
    return (const Packet *)lua_touserdata(L, idx);
  }
  if (!luamem_ismemory(L, -1)) luaL_typeerror(L, idx, "packet, layout, string or memory");
  s = luamem_tostring(L, -1, &len);
  lua_pushlstring(L, s, len);
  lua_replace(L, idx);
  lua_pop(L, 1);
  return pk;
}

/* build(list) */
int lrecipe_list (lua_State *L) {
  const Registry *r = layreg_push(L); /* the Lua registry keeps it */
  lua_Integer n, k;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  n = (lua_Integer)lua_rawlen(L, 1);
  if (n > MAXPARTS) luaL_error(L, "too many layers");
  lua_createtable(L, (int)n, 0); /* at 2 */
  lua_rawgetp(L, LUA_REGISTRYINDEX, PACKET_META); /* at 3 */
  for (k = 1; k <= n; k++) {
    if (lua_rawgeti(L, 1, k) == LUA_TTABLE) { /* {name, fields} */
      lua_rawgeti(L, 4, 1);
      lua_pushcfunction(L, layreg_getlayout);
      lua_pushvalue(L, 5);
      lua_call(L, 1, 1);
      if (lua_isnil(L, 6)) luaL_error(L, "no layout '%s'", luaL_tolstring(L, 5, NULL));
      lua_getfield(L, LUA_REGISTRYINDEX, LAYOUT_META);
      lua_getfield(L, -1, "__call");
      lua_pushvalue(L, 6);
      lua_rawgeti(L, 4, 2);
      lua_call(L, 2, 1);
      lua_replace(L, 4);
      lua_settop(L, 4);
    }
    to_operand(L, 4, (const Packet *)aux_test(L, 4, PACKET_META));
    lua_rawseti(L, 2, k);
    lua_settop(L, 3);
  }
  lpacket_pushrecipe(L, r, 3)->listed = 1;
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, UV_PACKET_RECIPE);
  return 1;
}

/* The packet at `idx`, or NULL; upvalue 1 is the class of packets. */
static const Packet *packet_at (lua_State *L, int idx) {
  const void *p = lua_touserdata(L, idx);
  int same;
  if (p == NULL || !lua_getmetatable(L, idx)) return NULL;
  same = lua_rawequal(L, -1, lua_upvalueindex(1));
  lua_pop(L, 1);
  return same ? (const Packet *)p : NULL;
}

/* left / right; upvalue 1: the class of packets, one of which Lua has found among them */
int lrecipe_join (lua_State *L) {
  const Packet *left = to_operand(L, 1, packet_at(L, 1)), *right = to_operand(L, 2, packet_at(L, 2));
  Packet *pk = lpacket_pushrecipe(L, left != NULL ? left->registry : right->registry, lua_upvalueindex(1));
  pk->joined = 1;
  lua_insert(L, 1);
  lua_setiuservalue(L, 1, UV_PACKET_FIRST);
  lua_setiuservalue(L, 1, UV_PACKET_RECIPE);
  return 1;
}
