/*
** lflow.c: conversations: packet.flows, a table of them.
*/
#include <string.h>
#include <time.h>

#include <lua.h>
#include <lauxlib.h>

#include "lflow.h"
#include "lpkaux.h"
#include "lview.h"

static const char flow_meta[] = "pktcraft.flow", flows_meta[] = "pktcraft.flows";

typedef struct Flows {
  pk_Flows flows;
  int64_t timeout;
  uint32_t max;
  int open; /* set up, and not freed */
} Flows;

enum { UV_OBJECTS = 1, UV_CLOSE, UV_LAST = UV_CLOSE };

/* --- objects */

LFlow *lflow_pushspare (lua_State *L) {
  LFlow *o = (LFlow *)lua_newuserdatauv(L, sizeof(*o), 0);
  memset(o, 0, sizeof(*o));
  aux_setclass(L, flow_meta);
  return o;
}

int lflow_push (lua_State *L, int objects, const pk_Flow *f, int spare) {
  if (lua_rawgeti(L, objects, f->slot) == LUA_TUSERDATA) return 1;
  lua_pop(L, 1);
  ((LFlow *)lua_touserdata(L, spare))->flow = f;
  lua_pushvalue(L, spare);
  lua_rawseti(L, objects, f->slot);
  lua_pushvalue(L, spare);
  return 2;
}

void lflow_drop (lua_State *L, int objects, const pk_Flow *f) {
  if (lua_rawgeti(L, objects, f->slot) == LUA_TUSERDATA) {
    LFlow *o = (LFlow *)lua_touserdata(L, -1);
    o->kept = *f;
    o->flow = NULL;
    lua_pushnil(L);
    lua_rawseti(L, objects, f->slot); /* no new key: it allocates nothing */
  }
  lua_pop(L, 1);
}

void lflow_dropall (lua_State *L, int objects) {
  for (lua_pushnil(L); lua_next(L, objects); lua_pop(L, 1)) {
    LFlow *o = (LFlow *)lua_touserdata(L, -1);
    if (o->flow != NULL) o->kept = *o->flow;
    o->flow = NULL;
  }
}

static void push_address (lua_State *L, const pk_FlowKey *key, int high) {
  const pk_Codec *codec = pk_codec_find(key->size == 4 ? "ipv4" : "ipv6");
  char text[PK_CODEC_TEXT];
  lua_pushlstring(L, text, codec->format(high ? key->high : key->low, text));
}

static const char *const keys[] = {
  "source", "destination", "sport", "dport", "protocol", "start", "last", "packets", "bytes", "sentpackets", "sentbytes",
  "receivedpackets", "receivedbytes", NULL
};

/* flow.source, ...: nil for what it does not have */
static int flow_index (lua_State *L) {
  const LFlow *o = (const LFlow *)luaL_checkudata(L, 1, flow_meta);
  const pk_Flow *f = o->flow != NULL ? o->flow : &o->kept;
  const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  const int first = f->highfirst;
  int k;
  for (k = 0; keys[k] != NULL && strcmp(keys[k], key) != 0; k++) continue;
  switch (k) {
    case 0: push_address(L, &f->key, first); break;
    case 1: push_address(L, &f->key, !first); break;
    case 2: lua_pushinteger(L, first ? f->key.highport : f->key.lowport); break;
    case 3: lua_pushinteger(L, first ? f->key.lowport : f->key.highport); break;
    case 4: lua_pushinteger(L, f->key.protocol); break;
    case 5: lua_pushinteger(L, f->start); break;
    case 6: lua_pushinteger(L, f->last); break;
    case 7: lua_pushinteger(L, (lua_Integer)(f->packets[0] + f->packets[1])); break;
    case 8: lua_pushinteger(L, (lua_Integer)(f->bytes[0] + f->bytes[1])); break;
    case 9: lua_pushinteger(L, (lua_Integer)f->packets[0]); break;
    case 10: lua_pushinteger(L, (lua_Integer)f->bytes[0]); break;
    case 11: lua_pushinteger(L, (lua_Integer)f->packets[1]); break;
    case 12: lua_pushinteger(L, (lua_Integer)f->bytes[1]); break;
    default: lua_pushnil(L);
  }
  return 1;
}

/* "10.0.0.1:1024 > 10.0.0.2:80 (6)" */
static int flow_tostring (lua_State *L) {
  static const char *const names[] = {"source", "sport", "destination", "dport", "protocol"};
  int k;
  luaL_checkudata(L, 1, flow_meta);
  for (k = 0; k < 5; k++) lua_getfield(L, 1, names[k]);
  lua_pushfstring(L, strchr(lua_tostring(L, -5), ':') != NULL ? "[%s]:%d > [%s]:%d (%d)" : "%s:%d > %s:%d (%d)",
                  lua_tostring(L, -5), (int)lua_tointeger(L, -4), lua_tostring(L, -3), (int)lua_tointeger(L, -2),
                  (int)lua_tointeger(L, -1));
  return 1;
}

/* --- options */

int64_t lflow_seconds (lua_State *L, int arg, const char *name, int64_t def) {
  if (!lua_istable(L, arg)) return def;
  if (lua_getfield(L, arg, name) != LUA_TNIL) {
    const lua_Number n = lua_tonumber(L, -1);
    if (!lua_isnumber(L, -1) || !(n >= 0)) luaL_error(L, "option '%s': seconds expected", name);
    def = n < 9.2e9 ? (int64_t)(n * 1e9) : INT64_MAX;
  }
  lua_pop(L, 1);
  return def;
}

lua_Integer lflow_size (lua_State *L, int arg, const char *name, lua_Integer def, lua_Integer max) {
  lua_Integer n = def;
  if (!lua_istable(L, arg)) return def;
  if (lua_getfield(L, arg, name) != LUA_TNIL) {
    int isint;
    n = lua_tointegerx(L, -1, &isint);
    if (!isint || n < 1) luaL_error(L, "option '%s': positive integer expected", name);
    if (n > max) n = max;
  }
  lua_pop(L, 1);
  return n;
}

void lflow_function (lua_State *L, int arg, const char *name) {
  if (!lua_istable(L, arg)) {
    lua_pushnil(L);
    return;
  }
  if (lua_getfield(L, arg, name) != LUA_TNIL && !lua_isfunction(L, -1)) luaL_error(L, "option '%s': function expected", name);
}

uint64_t lflow_seed (lua_State *L) {
  return (uint64_t)time(NULL) ^ (uint64_t)(uintptr_t)L << 16 ^ (uint64_t)(uintptr_t)&lflow_seed;
}

/* --- the table */

static Flows *checkflows (lua_State *L) {
  Flows *t = (Flows *)luaL_checkudata(L, 1, flows_meta);
  luaL_argcheck(L, t->open, 1, "closed flows");
  return t;
}

/* flows([options]): a table of conversations */
int lflow_new (lua_State *L) {
  static const char *const known[] = {"timeout", "flows", "close", NULL};
  Flows *t;
  lua_settop(L, 1);
  if (!lua_isnil(L, 1)) aux_checkknown(L, 1, known);
  t = (Flows *)lua_newuserdatauv(L, sizeof(*t), UV_LAST);
  memset(t, 0, sizeof(*t));
  luaL_setmetatable(L, flows_meta);
  lua_newtable(L);
  lua_setiuservalue(L, 2, UV_OBJECTS);
  lflow_function(L, 1, "close");
  lua_setiuservalue(L, 2, UV_CLOSE);
  t->timeout = lflow_seconds(L, 1, "timeout", INT64_MAX);
  t->max = (uint32_t)lflow_size(L, 1, "flows", 1 << 20, 1 << 28);
  pk_flows_init(&t->flows, sizeof(pk_Flow), lflow_seed(L));
  t->open = 1;
  lua_settop(L, 2);
  return 1;
}

/* Why the oldest conversation has to go, at `now`; or NULL: it has not. */
static const char *has_to_go (Flows *t, int64_t now, int room) {
  const pk_Flow *f = pk_flows_oldest(&t->flows);
  if (f == NULL || !t->open) return NULL;
  if (pk_flow_idle(f->last, now, t->timeout)) return "timeout";
  return room && t->flows.n >= t->max ? "evicted" : NULL;
}

/* [-0, +0, e] The oldest goes, if `why` (NULL: as has_to_go says), and its function is called. 1, or 0: none has to. */
static int end_oldest (lua_State *L, Flows *t, int objects, const char *why, int64_t now, int room) {
  const int top = lua_gettop(L);
  pk_Flow *f;
  lua_getiuservalue(L, 1, UV_CLOSE);
  lflow_pushspare(L);
  f = t->flows.oldest;
  if (why == NULL) why = has_to_go(t, now, room);
  if (why != NULL && f != NULL) {
    lflow_push(L, objects, f, top + 2);
    lflow_drop(L, objects, f);
    pk_flows_remove(&t->flows, f);
    if (lua_isfunction(L, top + 1)) {
      lua_pushvalue(L, top + 1);
      lua_insert(L, -2);
      lua_pushstring(L, why);
      lua_call(L, 2, 0);
    }
  }
  lua_settop(L, top);
  return why != NULL && f != NULL;
}

/* flows:add(pkt): its conversation, or nil */
static int flows_add (lua_State *L) {
  Flows *t = checkflows(L);
  Packet *pk;
  pk_FlowPlace place;
  pk_Flow *f;
  uint32_t hash;
  int side;
  lua_settop(L, 2);
  pk = lpacket_test(L, 2);
  luaL_argexpected(L, pk != NULL, 2, PACKETNAME);
  if (pk->p == NULL) lpacket_build(L, 2);
  lua_getiuservalue(L, 1, UV_OBJECTS);
  while (has_to_go(t, pk->time, 0) != NULL) end_oldest(L, t, 3, NULL, pk->time, 0);
  for (;;) {
    lpacket_measure(pk);
    if (!pk_flow_place(pk->p, &place)) {
      luaL_pushfail(L);
      return 1;
    }
    hash = pk_flows_hash(&t->flows, &place.key);
    f = pk_flows_find(&t->flows, &place.key, hash);
    if (f == NULL && has_to_go(t, pk->time, 1) != NULL) {
      end_oldest(L, t, 3, NULL, pk->time, 1);
      continue;
    }
    if (f == NULL && (f = pk_flows_add(&t->flows, &place, hash, pk->time)) == NULL) return luaL_error(L, "not enough memory");
    if (lua_gettop(L) > 3 || lua_rawgeti(L, 3, f->slot) == LUA_TUSERDATA) break;
    lua_pop(L, 1);
    lflow_pushspare(L); /* a finalizer may have come here meanwhile: so once more */
  }
  side = pk_flow_side(f, &place);
  f->used = f->packets[0] + f->packets[1] > 0;
  f->packets[side]++;
  f->bytes[side] += pk->p->wirelen;
  if (pk->time > f->last) f->last = pk->time;
  lflow_push(L, 3, f, 4);
  return 1;
}

static int next_flow (lua_State *L) {
  const lua_Integer n = lua_tointeger(L, lua_upvalueindex(2)) + 1;
  lua_pushinteger(L, n);
  lua_replace(L, lua_upvalueindex(2));
  lua_rawgeti(L, lua_upvalueindex(1), n);
  return 1;
}

/* flows:all(): an iterator over those that are in it now */
static int flows_all (lua_State *L) {
  Flows *t = checkflows(L);
  lua_Integer n = 0;
  const pk_Flow *f;
  lua_settop(L, 1);
  lua_getiuservalue(L, 1, UV_OBJECTS);
  for (f = t->flows.oldest; f != NULL; f = f->newer) { /* all have objects: add returned them */
    if (n++ == 0) lua_createtable(L, 0, 0);
    if (lua_rawgeti(L, 2, f->slot) != LUA_TUSERDATA) {
      lua_pop(L, 1);
      n--;
      continue;
    }
    lua_rawseti(L, 3, n);
  }
  if (lua_gettop(L) < 3) lua_newtable(L);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_flow, 2);
  return 1;
}

static int flows_len (lua_State *L) {
  lua_pushinteger(L, checkflows(L)->flows.n);
  return 1;
}

/* flows:close(): all go, and their functions are called; __gc calls none */
static int flows_close (lua_State *L) {
  Flows *t = (Flows *)luaL_checkudata(L, 1, flows_meta);
  lua_settop(L, 1);
  lua_getiuservalue(L, 1, UV_OBJECTS);
  while (t->flows.oldest != NULL) end_oldest(L, t, 2, "flushed", 0, 0);
  return 0;
}

static int flows_gc (lua_State *L) {
  Flows *t = (Flows *)luaL_checkudata(L, 1, flows_meta);
  if (!t->open) return 0;
  t->open = 0;
  lua_settop(L, 1);
  if (lua_getiuservalue(L, 1, UV_OBJECTS) == LUA_TTABLE) lflow_dropall(L, 2);
  pk_flows_free(&t->flows);
  return 0;
}

static const luaL_Reg methods[] = {
  {"add", flows_add},
  {"all", flows_all},
  {"close", flows_close},
  {NULL, NULL}
};

void lflow_open (lua_State *L) {
  aux_newclass(L, flow_meta, "flow");
  lua_pushcfunction(L, flow_index);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, flow_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 1);
  aux_newclass(L, flows_meta, "flows");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, flows_len);
  lua_setfield(L, -2, "__len");
  lua_pushcfunction(L, flows_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
