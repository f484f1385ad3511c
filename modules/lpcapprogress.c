/*
** lpcapprogress.c: how far captures have been read: asked for, or told to a function now and then.
**
** A reader whose watch is due stops as at a signal, before it reads on, where all who read have to cope with what Lua
** may do to the capture. The function is a user value of the capture, which a table that does not keep it finds by its
** address.
*/
#include "lpcapprogress.h"

#include <lua.h>
#include <lauxlib.h>

#include "nic.h"

#define WATCHED "pktcraft.watched"
#define WORKER_EACH 100000000 /* ns: a worker only stores a number */

/* [-0, +1, m] */
static void push_watched (lua_State *L) {
  if (luaL_getsubtable(L, LUA_REGISTRYINDEX, WATCHED)) return;
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

/* [-0, +2, m] */
static void push_position (lua_State *L, const Capture *c) {
  uint64_t at, size;
  pk_reader_position(&c->reader, &at, &size);
  lua_pushinteger(L, (lua_Integer)at);
  lpcapprogress_pushsize(L, size);
}

/* cap:position() */
int lpcapprogress_position (lua_State *L) {
  const Capture *c = (const Capture *)lpcap_self(L, 1);
  if (!c->reader.open) return lpcap_closed(L, c);
  push_position(L, c);
  return 2;
}

/* cap:progress(f [, seconds]) */
int lpcapprogress_set (lua_State *L) {
  Capture *c = (Capture *)lpcap_self(L, 1);
  const lua_Number seconds = luaL_optnumber(L, 3, LPCAP_TELL_EACH * 1e-9);
  if (!c->reader.open) return lpcap_closed(L, c);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  luaL_argcheck(L, seconds >= 0 && seconds <= 1e6, 3, "seconds expected");
  lua_settop(L, 2);
  push_watched(L);
  lua_pushvalue(L, 1);
  lua_rawsetp(L, -2, c);
  if (!c->reader.open) return lpcap_closed(L, c); /* by a finalizer */
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, 1, UV_CAPTURE_PROGRESS);
  c->watch.each = (int64_t)(seconds * 1e9);
  pk_reader_watch(&c->reader, lua_isnil(L, 2) ? NULL : &c->watch);
  return 0;
}

void lpcapprogress_tell (Capture *c, atomic_uint_least64_t *tell) {
  c->tell = tell;
  c->watch.each = WORKER_EACH;
  pk_reader_watch(&c->reader, &c->watch);
}

/* [-0, +0, e] Calls the function of the capture; one that is being collected has none. */
static void call (lua_State *L, Capture *c) {
  const int top = lua_gettop(L);
  luaL_checkstack(L, 10, NULL);
  push_watched(L);
  if (lua_rawgetp(L, -1, c) == LUA_TUSERDATA && lua_getiuservalue(L, -1, UV_CAPTURE_PROGRESS) == LUA_TFUNCTION) {
    push_position(L, c);
    lua_pushinteger(L, (lua_Integer)c->reader.frames);
    lua_call(L, 3, 0);
    lpcap_revoke(c); /* what it has read */
    c->watch.next = pk_clock() + c->watch.each;
  }
  lua_settop(L, top);
}

void lpcap_paused (lua_State *L, Capture *c) {
  if (c->watch.isdue) {
    c->watch.isdue = 0;
    if (c->tell != NULL) {
      uint64_t at, size;
      pk_reader_position(&c->reader, &at, &size);
      atomic_store_explicit(c->tell, at, memory_order_relaxed);
    }
    call(L, c);
  }
  lpcap_interrupted(L);
}
