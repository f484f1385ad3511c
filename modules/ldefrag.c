/*
** ldefrag.c: packet.defragment, and pkt:fragments.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "defrag.h"
#include "lflow.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lview.h"

static const char defrag_meta[] = "pktcraft.defragmenter";

/* defragment([options]) */
int ldefrag_new (lua_State *L) {
  static const char *const known[] = {"timeout", "memory", "overlap", NULL};
  static const char *const policies[] = {"rfc", "first", "last", "drop", NULL};
  pk_Defrag *d;
  lua_settop(L, 1);
  if (!lua_isnil(L, 1)) aux_checkknown(L, 1, known);
  d = (pk_Defrag *)lua_newuserdatauv(L, sizeof(*d), 0);
  pk_defrag_init(d, lflow_seed(L));
  luaL_setmetatable(L, defrag_meta);
  d->timeout = lflow_seconds(L, 1, "timeout", (int64_t)30 * 1000000000);
  d->maxheld = (size_t)lflow_size(L, 1, "memory", (lua_Integer)16 << 20, (lua_Integer)1 << 40);
  if (lua_istable(L, 1)) {
    lua_getfield(L, 1, "overlap");
    d->policy = (pk_Policy)luaL_checkoption(L, -1, "rfc", policies);
  }
  lua_settop(L, 2);
  return 1;
}

/* [-0, +1, e] Pushes the datagram that is whole as a packet like that at 2. */
static void push_whole (lua_State *L, pk_Defrag *d, const Packet *pk) {
  Packet *whole;
  const size_t len = d->len;
  char *to = luamem_newalloc(L, len);
  if (d->frame == NULL || d->len != len) luaL_error(L, "the datagram is gone"); /* a finalizer added another packet */
  memcpy(to, d->frame, len);
  whole = lpacket_push(L, lua_gettop(L), pk->first, 0);
  whole->time = pk->time;
  whole->hastime = pk->hastime;
  whole->number = pk->number;
  whole->interface = pk->interface;
  whole->linktype = pk->linktype;
  whole->binds = pk->binds;
  lua_getiuservalue(L, 2, UV_PACKET_FIRST);
  lua_setiuservalue(L, -2, UV_PACKET_FIRST);
  lua_getiuservalue(L, 2, UV_PACKET_BINDS);
  lua_setiuservalue(L, -2, UV_PACKET_BINDS);
}

/* defragmenter:add(pkt): the packet when it is no fragment, a new one when it makes a datagram whole; or nil and why not */
static int defrag_add (lua_State *L) {
  static const char *const whys[] = {NULL, NULL, "incomplete", "truncated", "misaligned", "too large", "overlap", "bad end", NULL};
  pk_Defrag *d = (pk_Defrag *)luaL_checkudata(L, 1, defrag_meta);
  Packet *pk;
  pk_Fragment what;
  lua_settop(L, 2);
  pk = lpacket_test(L, 2);
  luaL_argexpected(L, pk != NULL, 2, PACKETNAME);
  if (pk->p == NULL) lpacket_build(L, 2);
  lpacket_measure(pk);
  what = pk_defrag_add(d, pk->p, pk->binds->bindings, pk->time);
  switch (what) {
    case PK_FRAG_NONE: return 1;
    case PK_FRAG_WHOLE: push_whole(L, d, pk); return 1;
    case PK_FRAG_NOMEMORY: return luaL_error(L, "not enough memory");
    default:
      luaL_pushfail(L);
      lua_pushstring(L, whys[what]);
      return 2;
  }
}

/* defragmenter:stats(): counts by name */
static int defrag_stats (lua_State *L) {
  const pk_Defrag *d = (const pk_Defrag *)luaL_checkudata(L, 1, defrag_meta);
  const pk_DefragCounts *c = &d->counts;
  const struct { const char *name; uint64_t n; } list[] = {
    {"fragments", c->fragments}, {"whole", c->whole}, {"timeouts", c->timeouts}, {"evicted", c->evicted},
    {"truncated", c->truncated}, {"misaligned", c->misaligned}, {"toolarge", c->toolarge}, {"overlapping", c->overlapping},
    {"badend", c->badend}, {"overlaps", d->overlap.bytes}, {"conflicts", d->overlap.conflicts}, {"held", d->held},
    {"pending", d->table.n}};
  size_t k;
  lua_createtable(L, 0, sizeof(list) / sizeof(list[0]));
  for (k = 0; k < sizeof(list) / sizeof(list[0]); k++) {
    lua_pushinteger(L, (lua_Integer)list[k].n);
    lua_setfield(L, -2, list[k].name);
  }
  return 1;
}

static int defrag_gc (lua_State *L) {
  pk_defrag_free((pk_Defrag *)luaL_checkudata(L, 1, defrag_meta));
  return 0;
}

/* pkt:fragments(mtu [, options]): by the Lua module that knows how it is done */
int lfragment_cut (lua_State *L) {
  lpacket_check(L, 1);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft.fragments");
  lua_call(L, 1, 1);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static const luaL_Reg methods[] = {
  {"add", defrag_add},
  {"stats", defrag_stats},
  {NULL, NULL}
};

void ldefrag_open (lua_State *L) {
  aux_newclass(L, defrag_meta, "defragmenter");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, defrag_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
