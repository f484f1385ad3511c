/*
** lstream.c: packet.streams: streams put together from captured segments.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lflow.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lview.h"
#include "stream.h"

static const char streams_meta[] = "pktcraft.streams";

typedef struct Streams {
  pk_Streams s;
  int open; /* set up, and not freed */
  int busy; /* its functions are being called */
} Streams;

enum { UV_OBJECTS = 1, UV_OPENED, UV_DATA, UV_GAP, UV_CLOSED, UV_LENT, UV_SPARE, UV_LAST = UV_SPARE };

static Streams *checkstreams (lua_State *L) {
  Streams *t = (Streams *)luaL_checkudata(L, 1, streams_meta);
  luaL_argcheck(L, t->open, 1, "closed streams");
  return t;
}

/* streams(options) */
int lstream_new (lua_State *L) {
  static const char *const known[] = {"open", "data", "gap", "close", "timeout", "memory", "flows", "overlap", NULL};
  static const char *const policies[] = {"first", "last", NULL};
  Streams *t;
  lua_settop(L, 1);
  aux_checkknown(L, 1, known);
  t = (Streams *)lua_newuserdatauv(L, sizeof(*t), UV_LAST);
  memset(t, 0, sizeof(*t));
  luaL_setmetatable(L, streams_meta);
  lua_newtable(L);
  lua_setiuservalue(L, 2, UV_OBJECTS);
  lflow_function(L, 1, "open");
  lua_setiuservalue(L, 2, UV_OPENED);
  lflow_function(L, 1, "data");
  lua_setiuservalue(L, 2, UV_DATA);
  lflow_function(L, 1, "gap");
  lua_setiuservalue(L, 2, UV_GAP);
  lflow_function(L, 1, "close");
  lua_setiuservalue(L, 2, UV_CLOSED);
  luamem_newref(L);
  lua_setiuservalue(L, 2, UV_LENT);
  pk_streams_init(&t->s, lflow_seed(L));
  t->open = 1;
  t->s.timeout = lflow_seconds(L, 1, "timeout", (int64_t)600 * 1000000000);
  t->s.maxheld = (size_t)lflow_size(L, 1, "memory", (lua_Integer)64 << 20, (lua_Integer)1 << 40);
  t->s.maxflows = (uint32_t)lflow_size(L, 1, "flows", 1 << 20, 1 << 28);
  lua_getfield(L, 1, "overlap");
  t->s.overlaplast = luaL_checkoption(L, -1, "first", policies);
  lua_settop(L, 2);
  return 1;
}

/* Stack of what runs the functions: streams, packet or nil, objects, those functions, a memory for pieces, a spare object. */
enum { AT_STREAMS = 1, AT_PACKET, AT_OBJECTS, AT_OPENED, AT_DATA, AT_GAP, AT_CLOSED, AT_MEMORY, AT_SPARE };

/* [-0, +0, e] Calls data(flow, side, memory, i, j, offset): in the frame's memory, or one that is lent for the call. */
static void call_data (lua_State *L, const Packet *pk, const pk_StreamEvent *e) {
  const luamem_Area *area = pk != NULL ? pk->area : NULL;
  const char *bytes = (const char *)e->bytes;
  const int inframe = area != NULL && area->data != NULL && bytes >= area->data && bytes < area->data + area->len;
  lua_pushinteger(L, e->side + 1);
  if (inframe) {
    lua_getiuservalue(L, AT_PACKET, UV_PACKET_MEMORY);
    lua_pushinteger(L, bytes - area->data + 1);
    lua_pushinteger(L, bytes - area->data + (lua_Integer)e->len);
  }
  else {
    luamem_setref(L, AT_MEMORY, (char *)e->bytes, e->len, NULL);
    lua_pushvalue(L, AT_MEMORY);
    lua_pushinteger(L, 1);
    lua_pushinteger(L, (lua_Integer)e->len);
  }
  lua_pushinteger(L, (lua_Integer)e->offset);
  lua_call(L, 6, 0);
  luamem_setref(L, AT_MEMORY, NULL, 0, NULL);
}

/* [-0, +0, e] Calls the function for an event, if there is one; flows that go are dropped. */
static void call_event (lua_State *L, const Packet *pk, const pk_StreamEvent *e) {
  static const int at[] = {0, AT_OPENED, AT_DATA, AT_GAP, AT_CLOSED};
  static const char *const whys[] = {"finished", "reset", "timeout", "evicted", "reused", "flushed"};
  const pk_Flow *f = &e->stream->flow;
  const int wanted = e->last != 2 && lua_isfunction(L, at[e->kind]);
  if (wanted) {
    lua_pushvalue(L, at[e->kind]);
    if (lflow_push(L, AT_OBJECTS, f, AT_SPARE) == 2) {
      lua_pushnil(L);
      lua_replace(L, AT_SPARE);
      lua_pushnil(L);
      lua_setiuservalue(L, AT_STREAMS, UV_SPARE);
    }
  }
  if (e->last != 0) lflow_drop(L, AT_OBJECTS, f);
  if (!wanted) return;
  switch (e->kind) {
    case PK_STREAM_DATA: call_data(L, pk, e); break;
    case PK_STREAM_GAP:
      lua_pushinteger(L, e->side + 1);
      lua_pushinteger(L, (lua_Integer)e->len);
      lua_pushinteger(L, (lua_Integer)e->offset);
      lua_call(L, 4, 0);
      break;
    case PK_STREAM_CLOSE:
      lua_pushstring(L, whys[e->why]);
      lua_call(L, 2, 0);
      break;
    default: lua_call(L, 1, 0);
  }
}

/* Runs the functions for all that happens; protected, so that none leaves it busy. */
static int run (lua_State *L) {
  Streams *t = (Streams *)lua_touserdata(L, AT_STREAMS);
  Packet *pk = (Packet *)lua_touserdata(L, AT_PACKET);
  int k;
  lua_getiuservalue(L, AT_STREAMS, UV_OBJECTS);
  for (k = UV_OPENED; k <= UV_SPARE; k++) lua_getiuservalue(L, AT_STREAMS, k);
  luaL_checkstack(L, 12, NULL);
  if (pk != NULL) {
    lpacket_measure(pk);
    if (!pk_streams_add(&t->s, pk->p, pk->time)) {
      lua_pushboolean(L, 0);
      return 1;
    }
  }
  for (;;) {
    const unsigned gen = pk != NULL ? pk->area->gen : 0;
    const char *data = pk != NULL ? pk->area->data : NULL;
    pk_StreamEvent e;
    int happens;
    if (lua_isnil(L, AT_SPARE)) {
      lflow_pushspare(L);
      lua_pushvalue(L, -1);
      lua_setiuservalue(L, AT_STREAMS, UV_SPARE);
      lua_replace(L, AT_SPARE);
    }
    if (pk != NULL && (pk->area->gen != gen || pk->area->data != data)) pk_streams_forget(&t->s); /* a finalizer took it */
    happens = pk_streams_next(&t->s, &e);
    if (happens < 0) return luaL_error(L, "not enough memory");
    if (happens == 0) break;
    call_event(L, pk, &e);
    if (pk != NULL && (pk->area->gen != gen || pk->area->data != data)) pk_streams_forget(&t->s); /* it is another frame now */
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* [-n, +1, e] Calls `run` with the streams at 1 and the packet at 2. */
static int call_run (lua_State *L, Streams *t) {
  int status;
  if (t->busy) return luaL_error(L, "streams are being read");
  lua_pushcfunction(L, run);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  t->busy = 1;
  status = lua_pcall(L, 2, 1, 0);
  t->busy = 0;
  if (status != LUA_OK) return lua_error(L);
  return 1;
}

/* streams:add(pkt): whether it holds a segment */
static int streams_add (lua_State *L) {
  Streams *t = checkstreams(L);
  Packet *pk;
  lua_settop(L, 2);
  pk = lpacket_test(L, 2);
  luaL_argexpected(L, pk != NULL, 2, PACKETNAME);
  if (pk->p == NULL) lpacket_build(L, 2);
  return call_run(L, t);
}

/* streams:close(): delivers what is held, and closes all */
static int streams_close (lua_State *L) {
  Streams *t = checkstreams(L);
  lua_settop(L, 1);
  lua_pushnil(L);
  if (!t->busy) pk_streams_flush(&t->s);
  call_run(L, t);
  return 0;
}

/* streams:stats(): counts by name */
static int streams_stats (lua_State *L) {
  const Streams *t = checkstreams(L);
  const pk_StreamCounts *c = &t->s.counts;
  const struct { const char *name; uint64_t n; } list[] = {
    {"segments", c->segments}, {"retransmitted", c->retransmitted}, {"outoforder", c->outoforder}, {"overlaps", t->s.overlap.bytes},
    {"conflicts", t->s.overlap.conflicts}, {"gaps", c->gaps}, {"lacking", c->lacking}, {"late", c->late}, {"opened", c->opened},
    {"closed", c->closed}, {"timeouts", c->timeouts}, {"evicted", c->evicted}, {"held", t->s.held}, {"flows", t->s.flows.n}};
  size_t k;
  lua_createtable(L, 0, sizeof(list) / sizeof(list[0]));
  for (k = 0; k < sizeof(list) / sizeof(list[0]); k++) {
    lua_pushinteger(L, (lua_Integer)list[k].n);
    lua_setfield(L, -2, list[k].name);
  }
  return 1;
}

static int streams_gc (lua_State *L) {
  Streams *t = (Streams *)luaL_checkudata(L, 1, streams_meta);
  if (!t->open) return 0;
  t->open = 0;
  lua_settop(L, 1);
  if (lua_getiuservalue(L, 1, UV_OBJECTS) == LUA_TTABLE) lflow_dropall(L, 2);
  pk_streams_free(&t->s);
  return 0;
}

static const luaL_Reg methods[] = {
  {"add", streams_add},
  {"close", streams_close},
  {"stats", streams_stats},
  {NULL, NULL}
};

void lstream_open (lua_State *L) {
  aux_newclass(L, streams_meta, "streams");
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, streams_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
