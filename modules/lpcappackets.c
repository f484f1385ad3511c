/*
** lpcappackets.c: captures as packets: one packet, used again for each frame.
*/
#include <lua.h>
#include <lauxlib.h>

#include "inner.h"
#include "lmemlib.h"
#include "lpcappackets.h"

/* [-0, +0, e] Whether the packet is wanted: by a function of it, or filter:match(memory, wirelen, linktype). */
static int wanted (lua_State *L, const Capture *c) {
  int yes;
  lua_pushvalue(L, IT_FILTER);
  if (lua_isnil(L, IT_MATCH)) {
    lua_pushvalue(L, IT_PACKET);
    lua_call(L, 1, 1);
  }
  else {
    lua_pushvalue(L, IT_MATCH);
    lua_insert(L, -2);
    lua_pushvalue(L, IT_MEMORY);
    lua_pushinteger(L, c->frame.wirelen);
    lua_pushinteger(L, c->frame.linktype);
    lua_call(L, 4, 1);
  }
  yes = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return yes;
}

/* The bindings that packets of the capture have. */
static inline const Binds *binds_of (const Packets *it) {
  return it->c->binds != NULL ? it->c->binds : it->base;
}

/* [-0, +0, m] Has the packet show the memory, by the bindings of now. */
static PK_COLD void aim (lua_State *L, Packets *it) {
  if (it->c->binds != NULL) {
    lua_getiuservalue(L, IT_CAPTURE, UV_CAPTURE_BINDS);
    lpacket_setbinds(L, IT_PACKET, lua_gettop(L));
    lua_pop(L, 1);
  }
  it->version = binds_of(it)->version;
  it->linktype = it->c->frame.linktype;
  it->pk->linktype = it->linktype;
  lpacket_aim(L, IT_PACKET, IT_MEMORY, lpacket_first(binds_of(it), it->linktype));
}

/* Scripts that filter come here for each frame: as few calls into Lua as there can be. */
int lpackets_next (lua_State *L, Packets *it) {
  Capture *c = it->c;
  Packet *pk = it->pk;
  do {
    int got;
    if (!c->reader.open) return lpcap_closed(L, c);
    c->reader.until = it->until;
    c->reader.sure = it->sure;
    if (lpcap_loaned(c) && c->memory == it->memory)
      got = lpcap_renew(L, c, it->sieve);
    else
      got = lpcap_step(L, c, it->sieve, IT_CAPTURE, IT_MEMORY);
    if (got == PK_INTERRUPTED) got = lpcap_step(L, c, it->sieve, IT_CAPTURE, IT_MEMORY);
    if (got < 0) return luaL_error(L, "%s", c->reader.err);
    if (got == 0) return 0;
    if (pk->area != c->memory || pk->binds != binds_of(it) || it->version != pk->binds->version ||
        it->linktype != c->frame.linktype)
      aim(L, it);
    pk->wirelen = c->frame.wirelen;
    pk->time = c->frame.time;
    pk->hastime = 1;
    pk->number = (lua_Integer)c->reader.frames;
    pk->interface = c->frame.interface + 1;
  } while (it->filtered && !wanted(L, c));
  return 1;
}

Packets *lpackets_push (lua_State *L, int filter, size_t size) {
  const int isexpression = !lua_isnoneornil(L, filter) && lua_isuserdata(L, filter) && lfilter_test(L, filter) != NULL;
  Packets *it;
  int m;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft.packet");
  lua_call(L, 1, 0);
  luamem_newref(L);
  m = lua_gettop(L);
  it = (Packets *)lua_newuserdatauv(L, sizeof(*it) + size, 0);
  it->c = (Capture *)lua_touserdata(L, 1);
  it->pk = lpacket_push(L, m, NULL, 1);
  it->memory = luamem_toarea(L, m);
  it->base = it->pk->registry->binds;
  it->version = it->base->version - 1;
  it->filtered = !isexpression && !lua_isnil(L, filter);
  it->sieve = isexpression ? &it->own : NULL;
  it->until = it->c->reader.until;
  it->sure = it->c->reader.sure;
  lsieve_begin(&it->own, isexpression ? (Filter *)lua_touserdata(L, filter) : NULL, it->base);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, m);
  lua_pushvalue(L, filter);
  if (it->filtered && lua_isuserdata(L, filter))
    lua_getfield(L, filter, "match");
  else
    lua_pushnil(L);
  lua_remove(L, m);
  return it;
}

static int packets_next (lua_State *L) {
  if (lpackets_next(L, (Packets *)lua_touserdata(L, IT_STATE)))
    lua_pushvalue(L, IT_PACKET);
  else
    luaL_pushfail(L);
  return 1;
}

/* for pkt in cap:packets([filter]) do */
int lpcap_packets (lua_State *L) {
  lpcap_check(L, 1);
  lua_settop(L, 2);
  lsieve_check(L, 2);
  lpackets_push(L, 2, 0);
  lua_pushcclosure(L, packets_next, IT_UPVALUES);
  return 1;
}

/* cap:count([filter]): how many frames there are from here on, or nil and a message */
int lpcap_count (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  lua_Integer n = 0;
  Sieve sieve;
  int got;
  lua_settop(L, 2);
  if (lsieve_check(L, 2) || lua_isnil(L, 2)) {
    Sieve *s = NULL;
    if (!lua_isnil(L, 2)) {
      const Registry *r = layreg_push(L);
      lsieve_begin(&sieve, (Filter *)lua_touserdata(L, 2), r->binds);
      s = &sieve;
    }
    while ((got = lpcap_skip(L, c, s)) > 0) n++;
    if (got < 0) {
      luaL_pushfail(L);
      lua_pushstring(L, c->reader.err);
      return 2;
    }
  }
  else {
    lpackets_push(L, 2, 0);
    lua_pushcclosure(L, packets_next, IT_UPVALUES);
    for (;;) {
      lua_pushvalue(L, -1);
      lua_call(L, 0, 1);
      if (lua_isnil(L, -1)) break;
      lua_pop(L, 1);
      n++;
    }
  }
  lua_pushinteger(L, n);
  return 1;
}
