/*
** lpcapsieve.c: expressions asked of the frames of a capture.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lpcapsieve.h"

void lsieve_begin (Sieve *s, Filter *f, const Binds *base) {
  memset(s, 0, sizeof(*s));
  s->filter = f;
  s->base = base;
}

void lsieve_aim (lua_State *L, Sieve *s, const Capture *c) {
  const Binds *binds = c->binds != NULL ? c->binds : s->base;
  s->state = lfilter_state(L, s->filter, binds, c->frame.linktype);
  s->binds = binds;
  s->version = binds->version;
  s->linktype = c->frame.linktype;
  s->counter = pk_filter_epoch(s->filter->filter);
  s->epoch = *s->counter;
  s->frame.linktype = c->frame.linktype;
  s->frame.hastime = 1;
}

int lsieve_check (lua_State *L, int arg) {
  if (lua_isnoneornil(L, arg) || lua_isfunction(L, arg)) return 0;
  if (lua_type(L, arg) == LUA_TSTRING) {
    if (lfilter_push(L, arg, -1, 0, 0, 0) == NULL) luaL_argerror(L, arg, lua_tostring(L, -1));
    lua_replace(L, arg);
    return 1;
  }
  if (lua_isuserdata(L, arg) && lfilter_test(L, arg) != NULL) return 1;
  if (!lua_isuserdata(L, arg) || luaL_getmetafield(L, arg, "__index") == LUA_TNIL)
    luaL_typeerror(L, arg, "expression, filter or function");
  lua_pop(L, 1);
  if (lua_getfield(L, arg, "match") != LUA_TFUNCTION) luaL_typeerror(L, arg, "expression, filter or function");
  lua_pop(L, 1);
  return 0;
}
