/*
** lstream.c: packet.streams: streams put together from captured segments.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lflow.h"
#include "lpcappackets.h"
#include "lmemlib.h"
#include "lpkaux.h"
#include "lview.h"
#include "stream.h"

static const char streams_meta[] = "pktcraft.streams";

typedef struct Streams {
  pk_Streams s;
  pk_Packet p; /* the packet that is being added */
  int open; /* set up, and not freed */
  int spare; /* user value UV_SPARE has an object of no flow yet */
  int busy; /* its functions are being called */
} Streams;

enum { UV_OBJECTS = 1, UV_OPENED, UV_DATA, UV_GAP, UV_CLOSED, UV_LENT, UV_SPARE, UV_LAST = UV_SPARE };

/* [-0, +0, -] The object at `arg` whose class is that upvalue of all methods (compared by address: it is for each frame). */
static void *of_class (lua_State *L, int arg, int upvalue) {
  void *p = lua_touserdata(L, arg);
  int same = 0;
  if (p != NULL && lua_getmetatable(L, arg)) {
    same = lua_rawequal(L, -1, lua_upvalueindex(upvalue));
    lua_pop(L, 1);
  }
  return same ? p : NULL;
}

static Streams *checkstreams (lua_State *L) {
  Streams *t = (Streams *)of_class(L, 1, 1);
  luaL_argexpected(L, t != NULL, 1, "streams");
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

/* Stack while it runs: streams, packet or nil, the table of objects. */
enum { AT_STREAMS = 1, AT_PACKET, AT_OBJECTS };

/* [-0, +4, e] Pushes memory, first and last position, and offset of data: in the frame's memory, or one that is lent. */
static void push_data (lua_State *L, const Packet *pk, const pk_StreamEvent *e) {
  const luamem_Area *area = pk != NULL ? pk->area : NULL;
  const char *bytes = (const char *)e->bytes;
  lua_Integer first = 1;
  if (area != NULL && area->data != NULL && bytes >= area->data && bytes < area->data + area->len) {
    lua_getiuservalue(L, AT_PACKET, UV_PACKET_MEMORY);
    first += bytes - area->data;
  }
  else {
    lua_getiuservalue(L, AT_STREAMS, UV_LENT);
    luamem_setref(L, -1, (char *)e->bytes, e->len, NULL);
  }
  lua_pushinteger(L, first);
  lua_pushinteger(L, first + (lua_Integer)e->len - 1);
  lua_pushinteger(L, (lua_Integer)e->offset);
}

/* [-0, +0, e] Calls the function for an event, if there is one; flows that go are dropped. */
static void call_event (lua_State *L, Streams *t, const Packet *pk, const pk_StreamEvent *e) {
  static const int functions[] = {0, UV_OPENED, UV_DATA, UV_GAP, UV_CLOSED};
  static const char *const whys[] = {"finished", "reset", "timeout", "evicted", "reused", "flushed"};
  const pk_Flow *f = &e->stream->flow;
  const int top = lua_gettop(L);
  int status;
  lua_getiuservalue(L, AT_STREAMS, functions[e->kind]);
  if (e->last == 2 || lua_isnil(L, -1)) {
    if (e->last != 0) lflow_drop(L, AT_OBJECTS, f);
    lua_settop(L, top);
    return;
  }
  lua_getiuservalue(L, AT_STREAMS, UV_SPARE);
  if (lflow_push(L, AT_OBJECTS, f, top + 2) == 2) {
    lua_pushnil(L);
    lua_setiuservalue(L, AT_STREAMS, UV_SPARE);
    t->spare = 0;
  }
  lua_remove(L, top + 2);
  if (e->last != 0) lflow_drop(L, AT_OBJECTS, f);
  if (e->kind == PK_STREAM_CLOSE)
    lua_pushstring(L, whys[e->why]);
  else if (e->kind != PK_STREAM_OPEN)
    lua_pushinteger(L, e->side + 1);
  if (e->kind == PK_STREAM_DATA)
    push_data(L, pk, e);
  else if (e->kind == PK_STREAM_GAP) {
    lua_pushinteger(L, (lua_Integer)e->len);
    lua_pushinteger(L, (lua_Integer)e->offset);
  }
  t->busy = 1;
  status = lua_pcall(L, lua_gettop(L) - top - 1, 0, 0);
  t->busy = 0;
  if (t->s.spent != NULL) { /* what was lent is taken back */
    lua_getiuservalue(L, AT_STREAMS, UV_LENT);
    luamem_setref(L, -1, NULL, 0, NULL);
    lua_pop(L, 1);
  }
  if (status != LUA_OK) lua_error(L);
}

/* [-0, +0, e] Has the functions called for all that happens. */
static void run (lua_State *L, Streams *t, Packet *pk) {
  const unsigned gen = pk != NULL ? pk->area->gen : 0;
  const char *data = pk != NULL ? pk->area->data : NULL;
  luaL_checkstack(L, 12, NULL);
  for (;;) {
    pk_StreamEvent e;
    int happens;
    if (!t->spare) {
      lflow_pushspare(L);
      lua_setiuservalue(L, AT_STREAMS, UV_SPARE);
      t->spare = 1;
    }
    if (pk != NULL && (pk->area->gen != gen || pk->area->data != data)) pk_streams_forget(&t->s); /* it is another frame now */
    happens = pk_streams_next(&t->s, &e);
    if (happens < 0) luaL_error(L, "not enough memory");
    if (happens <= 0) return;
    call_event(L, t, pk, &e);
  }
}

/* [-0, +0, e] Adds the packet at AT_PACKET; whether it holds a segment. */
static int add (lua_State *L, Streams *t, Packet *pk) {
  const pk_Packet *p;
  int holds;
  lpacket_refresh(pk);
  p = pk->p;
  if (p->known != PK_KNOWN_ALL) {
    pk_packet_tostream(&t->p, pk->binds->bindings, pk->first, (const uint8_t *)pk->area->data, pk->area->len,
                       pk->wirelen > 0 ? pk->wirelen : pk->area->len);
    p = &t->p;
  }
  holds = pk_streams_add(&t->s, p, pk->time);
  if (holds) run(L, t, pk);
  return holds;
}

/* streams:add(pkt): whether it holds a segment */
static int streams_add (lua_State *L) {
  Streams *t = checkstreams(L);
  Packet *pk;
  lua_settop(L, 2);
  pk = (Packet *)of_class(L, 2, 2);
  luaL_argexpected(L, pk != NULL, 2, PACKETNAME);
  if (t->busy) return luaL_error(L, "streams are being read");
  if (pk->p == NULL) lpacket_build(L, 2);
  lua_getiuservalue(L, 1, UV_OBJECTS);
  lua_pushboolean(L, add(L, t, pk));
  return 1;
}

/* With the upvalues of an iterator over packets: adds them all to the streams at 1. */
static int read_packets (lua_State *L) {
  Streams *t = (Streams *)lua_touserdata(L, 1);
  Packets *it = (Packets *)lua_touserdata(L, IT_STATE);
  lua_pushvalue(L, IT_PACKET);
  lua_getiuservalue(L, 1, UV_OBJECTS);
  while (lpackets_next(L, it)) {
    add(L, t, it->pk);
    if (!t->open) return luaL_error(L, "closed streams");
  }
  return 0;
}

/* (capture, filter): the function above for them; the class of captures is upvalue 1. */
static int push_reader (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  lua_settop(L, 2);
  lsieve_check(L, 2);
  c->reader.until = INT64_MAX;
  c->reader.sure = 0;
  lpackets_push(L, 2, 0);
  lua_pushcclosure(L, read_packets, IT_UPVALUES);
  return 1;
}

/* streams:read(cap [, filter]): adds all packets of a capture, in less time than a loop */
static int streams_read (lua_State *L) {
  Streams *t = checkstreams(L);
  lua_settop(L, 3);
  if (t->busy) return luaL_error(L, "streams are being read");
  luaL_argexpected(L, lpcap_test(L, 2) != NULL, 2, "capture");
  lua_getmetatable(L, 2);
  lua_pushcclosure(L, push_reader, 1);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 3);
  lua_call(L, 2, 1);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  return 0;
}

/* streams:close(): delivers what is held, and closes all */
static int streams_close (lua_State *L) {
  Streams *t = checkstreams(L);
  lua_settop(L, 1);
  lua_pushnil(L);
  lua_getiuservalue(L, 1, UV_OBJECTS);
  if (t->busy) return luaL_error(L, "streams are being read");
  pk_streams_forget(&t->s);
  pk_streams_flush(&t->s);
  run(L, t, NULL);
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
  {"read", streams_read},
  {"close", streams_close},
  {"stats", streams_stats},
  {NULL, NULL}
};

void lstream_open (lua_State *L) {
  aux_newclass(L, streams_meta, "streams");
  luaL_newlibtable(L, methods);
  lua_pushvalue(L, -2);
  luaL_getmetatable(L, PACKET_META);
  luaL_setfuncs(L, methods, 2);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, streams_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
