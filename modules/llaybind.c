/*
** llaybind.c: bindings that change.
**
** Whatever allocates may run a finalizer, which may come here too: so blocks are made first, and made again
** when the list has meanwhile grown.
*/
#include <stdatomic.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "layout.h"
#include "llaybind.h"
#include "llayreg.h"

#define MAXBINDINGS 65536

static atomic_uint versions; /* made in this process */

enum { UV_KEPT = 1, UV_LIST, UV_BLOCK, UV_BASE, UV_UPPER };

Binds *laybinds_push (lua_State *L, int base) {
  Binds *b = (Binds *)lua_newuserdatauv(L, sizeof(*b), 5);
  const int idx = lua_gettop(L);
  memset(b, 0, sizeof(*b));
  lua_newtable(L);
  lua_setiuservalue(L, idx, UV_KEPT);
  if (base == 0) {
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_setiuservalue(L, idx, UV_UPPER);
    return b;
  }
  b->base = (const Binds *)lua_touserdata(L, base);
  lua_pushvalue(L, base);
  lua_setiuservalue(L, idx, UV_BASE);
  lua_getiuservalue(L, base, UV_UPPER);
  lua_pushvalue(L, idx);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return b;
}

void laybinds_keep (lua_State *L, int binds, int idx) {
  idx = lua_absindex(L, idx);
  lua_getiuservalue(L, binds, UV_KEPT);
  lua_pushvalue(L, idx);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

void laybinds_reserve (lua_State *L, int binds, uint32_t n) {
  Binds *b = (Binds *)lua_touserdata(L, binds);
  while (b->max - b->n < n) {
    const uint32_t old = b->max, max = old > 0 ? 2 * old : b->base == NULL ? 256 : 8;
    pk_Binding *list;
    if (max > MAXBINDINGS) luaL_error(L, "too many bindings");
    list = (pk_Binding *)lua_newuserdatauv(L, max * sizeof(*list), 0);
    if (b->max == old) {
      if (b->n > 0) memcpy(list, b->list, b->n * sizeof(*list));
      b->list = list;
      b->max = max;
      lua_setiuservalue(L, binds, UV_LIST);
    }
    else
      lua_pop(L, 1);
  }
}

void laybinds_add (Binds *b, const char *space, int64_t min, int64_t max, const pk_Layout *l) {
  pk_Binding *binding = &b->list[b->n++];
  binding->space = space;
  binding->min = min;
  binding->max = max;
  binding->layout = l;
}

/* [-0, +0, m] */
static void build_one (lua_State *L, int binds) {
  Binds *b = (Binds *)lua_touserdata(L, binds);
  for (;;) {
    const uint32_t below = b->base != NULL ? b->base->n : 0, n = b->n;
    pk_Binding *all = (pk_Binding *)lua_newuserdatauv(L, (below + n) * sizeof(*all), 0);
    void *block = lua_newuserdatauv(L, pk_bindings_need(below + n), 0);
    if (below == (b->base != NULL ? b->base->n : 0) && n == b->n) {
      if (below > 0) memcpy(all, b->base->list, below * sizeof(*all));
      if (n > 0) memcpy(all + below, b->list, n * sizeof(*all));
      b->bindings = pk_bindings_build(all, below + n, block);
      b->version = atomic_fetch_add(&versions, 1) + 1; /* no other bindings have it: filters tell them apart by it */
      lua_setiuservalue(L, binds, UV_BLOCK);
      lua_pop(L, 1);
      return;
    }
    lua_pop(L, 2);
  }
}

void laybinds_build (lua_State *L, int binds) {
  const int top = lua_gettop(L);
  int k, n = 0;
  build_one(L, binds);
  if (lua_getiuservalue(L, binds, UV_UPPER) == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, top + 1);) { /* nothing is allocated while the table is gone through */
      luaL_checkstack(L, 4, "too many captures with bindings");
      lua_pop(L, 1);
      lua_pushvalue(L, -1);
      lua_insert(L, top + 2);
      n++;
    }
    for (k = 0; k < n; k++) build_one(L, top + 2 + k);
  }
  lua_settop(L, top);
}

/* [-0, +0, e] */
static void bind (lua_State *L, int binds, int arg, const pk_Layout *l) {
  const char *space = luaL_checkstring(L, arg);
  const lua_Integer value = luaL_checkinteger(L, arg + 1);
  luaL_argcheck(L, strlen(space) <= PK_LAYOUT_MAXKEY, arg, "name of over 40 characters");
  binds = lua_absindex(L, binds);
  laybinds_keep(L, binds, arg);
  if (l != NULL) laybinds_keep(L, binds, arg + 2);
  laybinds_reserve(L, binds, 1);
  laybinds_add((Binds *)lua_touserdata(L, binds), space, value, value, l);
  laybinds_build(L, binds);
}

void laybinds_bind (lua_State *L, int binds, int arg) {
  const Layout *layout = (const Layout *)luaL_testudata(L, arg + 2, LAYOUT_META);
  luaL_checkstring(L, arg);
  luaL_checkinteger(L, arg + 1);
  if (layout == NULL) luaL_typeerror(L, arg + 2, "layout");
  bind(L, binds, arg, layout->map->layout);
}

void laybinds_unbind (lua_State *L, int binds, int arg) {
  bind(L, binds, arg, NULL);
}
