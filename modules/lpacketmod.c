/*
** lpacketmod.c: module `pktcraft.packet`: packets, which know their layers.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "laddrmap.h"
#include "lbuild.h"
#include "lflow.h"
#include "lpkaux.h"
#include "lpkmods.h"
#include "lrandom.h"
#include "lview.h"
#include "shape.h"

const char lpacket_meta[] = "pktcraft.packet";

/* --- packets */

void lpacket_measure (Packet *pk) {
  const luamem_Area *area = pk->area;
  lpacket_refresh(pk);
  if (pk->p->known == PK_KNOWN_ALL) return;
  pk_packet_dissect(pk->p, pk->binds->bindings, pk->first, (const uint8_t *)area->data, area->len,
                    pk->wirelen > 0 ? pk->wirelen : area->len);
}

static Packet *topacket (lua_State *L, int idx) {
  Packet *pk = (Packet *)lua_touserdata(L, idx);
  int same = 0;
  if (pk != NULL && lua_getmetatable(L, idx)) {
    same = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
  }
  return same ? pk : NULL;
}

Packet *lpacket_get (lua_State *L, int arg) {
  Packet *pk = topacket(L, arg);
  if (pk == NULL) luaL_typeerror(L, arg, PACKETNAME);
  if (pk->p == NULL) lpacket_build(L, arg);
  return pk;
}

Packet *lpacket_check (lua_State *L, int arg) {
  Packet *pk = lpacket_get(L, arg);
  lpacket_measure(pk);
  return pk;
}

/* [-0, +1, m] Pushes a packet without memory; `size`: of what is behind it, `views` those that it has room for. */
static Packet *newpacket (lua_State *L, size_t size, int views) {
  Packet *pk = (Packet *)lua_newuserdatauv(L, sizeof(*pk) + size, UV_PACKET_LAST + views);
  memset(pk, 0, sizeof(*pk));
  pk->registry = layreg_push(L); /* the Lua registry keeps it as long as the state */
  lua_pop(L, 1);
  pk->binds = pk->registry->binds;
  aux_setclass(L, PACKET_META);
  return pk;
}

/* What is behind a packet for many frames. */
typedef struct Behind {
  pk_Packet p;
  pk_Shapes shapes;
  View *views[];
} Behind;

#define MAXVIEWS 128

Packet *lpacket_push (lua_State *L, int m, const pk_Layout *first, int many) {
  Packet *pk;
  m = lua_absindex(L, m);
  if (many) {
    const Registry *r = layreg_push(L);
    const int n = (int)(r->nentries < MAXVIEWS ? r->nentries : MAXVIEWS);
    Behind *behind;
    lua_pop(L, 1);
    pk = newpacket(L, sizeof(*behind) + (size_t)n * sizeof(View *), n);
    behind = (Behind *)(pk + 1);
    pk->p = &behind->p;
    pk->views = behind->views;
    pk->nviews = n;
    memset(behind->views, 0, (size_t)n * sizeof(View *));
    pk_packet_init(pk->p, &behind->shapes);
  }
  else {
    pk = newpacket(L, sizeof(pk_Packet), 0);
    pk->p = (pk_Packet *)(pk + 1);
    pk_packet_init(pk->p, NULL);
  }
  lua_pushvalue(L, m);
  lua_setiuservalue(L, -2, UV_PACKET_MEMORY);
  pk->area = luamem_toarea(L, m);
  pk->first = first;
  pk->linktype = -1;
  return pk;
}

void lpacket_aim (lua_State *L, int idx, int m, const pk_Layout *first) {
  Packet *pk = (Packet *)lua_touserdata(L, idx);
  pk->area = luamem_toarea(L, m);
  lua_pushvalue(L, m);
  lua_setiuservalue(L, idx, UV_PACKET_MEMORY);
  pk->first = first;
  pk->fresh = 0;
  if (pk->p != NULL) pk_packet_init(pk->p, pk->p->shapes);
}

Packet *lpacket_pushrecipe (lua_State *L, const Registry *r, int meta) {
  Packet *pk = (Packet *)lua_newuserdatauv(L, sizeof(*pk), UV_PACKET_LAST);
  memset(pk, 0, sizeof(*pk));
  pk->registry = r;
  pk->binds = r->binds;
  pk->linktype = -1;
  lua_pushvalue(L, meta);
  lua_setmetatable(L, -2);
  return pk;
}

void lpacket_makebytes (lua_State *L, int idx) {
  Packet *pk = (Packet *)lua_touserdata(L, idx);
  const pk_Layout *first;
  if (pk->area != NULL) return;
  idx = lua_absindex(L, idx);
  luaL_checkstack(L, 8, NULL);
  first = lrecipe_push(L, idx);
  if (pk->area == NULL) { /* else a finalizer was quicker */
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, idx, UV_PACKET_MEMORY);
    pk->first = first;
    pk->area = luamem_toarea(L, -1);
  }
  lua_pop(L, 1);
}

void lpacket_build (lua_State *L, int idx) {
  Packet *pk = (Packet *)lua_touserdata(L, idx);
  pk_Packet *p;
  lpacket_makebytes(L, idx);
  if (pk->p != NULL) return;
  idx = lua_absindex(L, idx);
  p = (pk_Packet *)lua_newuserdatauv(L, sizeof(*p), 0);
  pk_packet_init(p, NULL);
  lua_setiuservalue(L, idx, UV_PACKET_LAYERS);
  pk->p = p;
}

pk_Packet *lpacket_pushcopy (lua_State *L, Packet *pk) {
  const size_t len = pk->area->len;
  pk_Packet *p = (pk_Packet *)lua_newuserdatauv(L, sizeof(*p) + len, 0);
  uint8_t *bytes = (uint8_t *)(p + 1);
  const size_t have = pk->area->len < len ? pk->area->len : len; /* a finalizer may have taken some */
  pk_packet_init(p, NULL);
  if (have > 0) memcpy(bytes, pk->area->data, have);
  pk_packet_dissect(p, pk->binds->bindings, pk->first, bytes, have, pk->wirelen > 0 ? pk->wirelen : have);
  return p;
}

Packet *lpacket_test (lua_State *L, int arg) {
  return (Packet *)aux_test(L, arg, PACKET_META);
}

void lpacket_setbinds (lua_State *L, int idx, int binds) {
  Packet *pk = (Packet *)lua_touserdata(L, idx);
  pk->binds = (const Binds *)lua_touserdata(L, binds);
  pk->version = pk->binds->version - 1; /* others: found anew */
  lua_pushvalue(L, binds);
  lua_setiuservalue(L, idx, UV_PACKET_BINDS);
}

/* [-0, +0, v] The layout at `arg`: one, its name, a link type; nil is ethernet's link type. */
static const pk_Layout *checkfirst (lua_State *L, int arg, const Registry *r) {
  const Layout *layout;
  const pk_Layout *l;
  if (lua_isnoneornil(L, arg) || lua_type(L, arg) == LUA_TNUMBER) {
    lua_Integer link = luaL_optinteger(L, arg, 1);
    return pk_bindings_find(r->binds->bindings, pk_space_hash(PK_SPACE_LINK), (uint64_t)link);
  }
  if (lua_type(L, arg) == LUA_TSTRING) {
    l = pk_bindings_find(r->binds->bindings, pk_space_hash(PK_SPACE_NAME), pk_space_hash(lua_tostring(L, arg)));
    luaL_argcheck(L, l != NULL, arg, "no such layout");
    return l;
  }
  layout = (const Layout *)luaL_testudata(L, arg, LAYOUT_META);
  if (layout == NULL) luaL_typeerror(L, arg, "layout, name or link type");
  return layout->map->layout;
}

/* new(m [, first [, length]]): a packet over a memory, or over a new one with the bytes of a string */
static int packet_new (lua_State *L) {
  const lua_Integer wirelen = luaL_optinteger(L, 3, 0);
  const pk_Layout *first;
  const Registry *r;
  Packet *pk;
  luaL_argcheck(L, 0 <= wirelen && wirelen <= UINT32_MAX, 3, "length out of range");
  lua_settop(L, 2);
  if (lua_type(L, 1) == LUA_TSTRING) {
    size_t len;
    const char *s = lua_tolstring(L, 1, &len);
    memcpy(luamem_newalloc(L, len), s, len);
    lua_replace(L, 1);
  }
  if (!luamem_ismemory(L, 1)) luaL_typeerror(L, 1, "memory or string");
  r = layreg_push(L);
  first = checkfirst(L, 2, r);
  pk = lpacket_push(L, 1, first, 0);
  pk->wirelen = (size_t)wirelen;
  if (lua_isnil(L, 2) || lua_type(L, 2) == LUA_TNUMBER) pk->linktype = luaL_optinteger(L, 2, 1);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, UV_PACKET_FIRST);
  return 1;
}

/* [-0, +1, m] Pushes bytes [begin, end) of the frame. */
static void pushbytes (lua_State *L, const Packet *pk, size_t begin, size_t end) {
  if (begin < end)
    lua_pushlstring(L, (const char *)pk->p->span.bytes + begin, end - begin);
  else
    lua_pushliteral(L, "");
}

/* Whether a layer has a flag, or what is captured is less than what was sent. */
static int anyflag (const Packet *pk, uint8_t flag) {
  uint32_t k;
  for (k = 0; k < pk->p->nlayers; k++)
    if (pk->p->layers[k].flags & flag) return 1;
  return 0;
}

static void push_time (lua_State *L, Packet *pk) {
  if (pk->hastime)
    lua_pushinteger(L, pk->time);
  else
    lua_pushnil(L);
}

static void push_number (lua_State *L, Packet *pk) {
  if (pk->number > 0)
    lua_pushinteger(L, pk->number);
  else
    lua_pushnil(L);
}

static void push_interface (lua_State *L, Packet *pk) {
  if (pk->interface > 0)
    lua_pushinteger(L, pk->interface);
  else
    lua_pushnil(L);
}

static void push_memory (lua_State *L, Packet *pk) {
  (void)pk;
  lua_getiuservalue(L, 1, UV_PACKET_MEMORY);
}

static void push_length (lua_State *L, Packet *pk) {
  lpacket_refresh(pk);
  lua_pushinteger(L, (lua_Integer)pk->p->wirelen);
}

static void push_payload (lua_State *L, Packet *pk) {
  size_t begin, end;
  lpacket_measure(pk);
  pk_packet_payload(pk->p, &begin, &end);
  pushbytes(L, pk, begin, end);
}

static void push_padding (lua_State *L, Packet *pk) {
  size_t begin, end;
  lpacket_measure(pk);
  pk_packet_padding(pk->p, &begin, &end);
  pushbytes(L, pk, begin, end);
}

static void push_truncated (lua_State *L, Packet *pk) {
  lpacket_measure(pk);
  lua_pushboolean(L, pk->p->span.len < pk->p->wirelen || anyflag(pk, PK_LAYER_CUT));
}

static void push_malformed (lua_State *L, Packet *pk) {
  lpacket_measure(pk);
  lua_pushboolean(L, anyflag(pk, PK_LAYER_MALFORMED));
}

static void push_incomplete (lua_State *L, Packet *pk) {
  lpacket_measure(pk);
  lua_pushboolean(L, anyflag(pk, PK_LAYER_INCOMPLETE));
}

/* What a packet has besides layers and methods. */
static const struct Member {
  const char *name;
  void (*push) (lua_State *L, Packet *pk); /* [-0, +1, m] the packet being at index 1 */
} members[] = {
  {"time", push_time},
  {"number", push_number},
  {"interface", push_interface},
  {"memory", push_memory},
  {"length", push_length},
  {"payload", push_payload},
  {"padding", push_padding},
  {"truncated", push_truncated},
  {"malformed", push_malformed},
  {"incomplete", push_incomplete}
};

/* [-0, +1, e] What is no layer: a method, or what the packet has. */
static int index_member (lua_State *L, Packet *pk) {
  const char *key;
  size_t k;
  if (lua_type(L, 2) != LUA_TSTRING) return luaL_error(L, "no member of type %s in a packet", luaL_typename(L, 2));
  key = lua_tostring(L, 2);
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) return 1;
  if (pk->p == NULL) lpacket_build(L, 1);
  for (k = 0; k < sizeof(members) / sizeof(members[0]); k++)
    if (strcmp(key, members[k].name) == 0) {
      members[k].push(L, pk);
      return 1;
    }
  return luaL_error(L, "no layer and no member '%s' in a packet", key);
}

/*
** Upvalues: 1 metatable, 2 methods. Lua calls it with a packet alone. Scripts that filter come here for each
** frame: as few calls into Lua as there can be.
*/
static int packet_index (lua_State *L) {
  Packet *pk = (Packet *)lua_touserdata(L, 1);
  const int entry = layreg_find(pk->registry, lua_topointer(L, 2));
  const pk_Layer *layer;
  const Map *map;
  if (entry < 0) return index_member(L, pk);
  if (pk->p == NULL) lpacket_build(L, 1);
  map = pk->registry->entries[entry].map;
  layer = lpacket_seek(pk, map->layout, 1);
  if (layer == NULL) return 0;
  if (entry < pk->nviews && pk->views[entry] != NULL) {
    pk->views[entry]->layer = layer;
    pk->views[entry]->seen = pk->count;
    lua_getiuservalue(L, 1, UV_PACKET_LAST + 1 + entry);
    return 1;
  }
  lview_push(L, 1, pk, map, 1);
  if (entry < pk->nviews) {
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, UV_PACKET_LAST + 1 + entry);
    pk->views[entry] = (View *)lua_touserdata(L, -1);
  }
  return 1;
}

/* #pkt: captured bytes */
static int packet_len (lua_State *L) {
  Packet *pk = (Packet *)lua_touserdata(L, 1);
  lpacket_build(L, 1);
  lua_pushinteger(L, (lua_Integer)pk->area->len);
  return 1;
}

/* pkt:layer(name [, n]): the view of the n-th layer of that name, or nil */
static int packet_layer (lua_State *L) {
  Packet *pk = lpacket_check(L, 1);
  lua_Integer n = luaL_optinteger(L, 3, 1);
  const Map *map;
  int entry;
  luaL_checkstring(L, 2);
  entry = layreg_find(pk->registry, lua_topointer(L, 2));
  if (entry < 0) return luaL_error(L, "no layout '%s'", lua_tostring(L, 2));
  map = pk->registry->entries[entry].map;
  if (n < 1 || n > PK_PACKET_MAXDEPTH || pk_packet_layer(pk->p, map->layout, (uint32_t)n) == NULL) {
    luaL_pushfail(L);
    return 1;
  }
  lview_push(L, 1, pk, map, (uint32_t)n);
  return 1;
}

/* The iterator of layers; upvalues: 1 metatable, 2 packet, 3 layers passed. */
static int layers_next (lua_State *L) {
  Packet *pk = (Packet *)lua_touserdata(L, lua_upvalueindex(2));
  lua_Integer k = lua_tointeger(L, lua_upvalueindex(3));
  const pk_Layout *l;
  const Map *map;
  uint32_t n = 0, j;
  lpacket_measure(pk);
  if (k >= pk->p->nlayers) return 0;
  l = pk->p->layers[k].layout;
  for (j = 0; j <= (uint32_t)k; j++) n += pk->p->layers[j].layout == l;
  lua_pushinteger(L, k + 1);
  lua_replace(L, lua_upvalueindex(3));
  lua_pushstring(L, l->name);
  map = layreg_map(pk->registry, l);
  if (map == NULL) return 1; /* `first` was never registered */
  lview_push(L, lua_upvalueindex(2), pk, map, n);
  return 2;
}

/* for name, view in pkt:layers() do */
static int packet_layers (lua_State *L) {
  lpacket_check(L, 1);
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, layers_next, 3);
  return 1;
}

/* pkt:range(name [, n]): first and last position of a layer, its payload with it, or of "payload", "padding" */
static int packet_range (lua_State *L) {
  Packet *pk = lpacket_check(L, 1);
  const char *name = luaL_checkstring(L, 2);
  lua_Integer n = luaL_optinteger(L, 3, 1);
  size_t begin, end;
  if (strcmp(name, "payload") == 0)
    pk_packet_payload(pk->p, &begin, &end);
  else if (strcmp(name, "padding") == 0)
    pk_packet_padding(pk->p, &begin, &end);
  else if (strchr(name, '.') != NULL) {
    if (!lpacket_findrange(L, pk, 2, &begin, &end)) {
      luaL_pushfail(L);
      return 1;
    }
  }
  else {
    int entry = layreg_find(pk->registry, lua_topointer(L, 2));
    const pk_Layer *layer;
    if (entry < 0) return luaL_error(L, "no layout '%s'", name);
    layer = n < 1 || n > PK_PACKET_MAXDEPTH
              ? NULL : pk_packet_layer(pk->p, pk->registry->entries[entry].map->layout, (uint32_t)n);
    if (layer == NULL) {
      luaL_pushfail(L);
      return 1;
    }
    begin = layer->start;
    end = layer->end < pk->p->span.len ? layer->end : pk->p->span.len;
  }
  lua_pushinteger(L, (lua_Integer)begin + 1);
  lua_pushinteger(L, (lua_Integer)end);
  return 2;
}

/* pkt:refresh(): after bytes were written past it */
static int packet_refresh (lua_State *L) {
  Packet *pk = topacket(L, 1);
  if (pk == NULL) luaL_typeerror(L, 1, PACKETNAME);
  lpacket_build(L, 1);
  pk->fresh = 0;
  lua_settop(L, 1);
  return 1;
}

/* pkt:copy(): a packet of its own, over new memory */
static int packet_copy (lua_State *L) {
  Packet *pk = lpacket_check(L, 1), *copy;
  size_t len = pk->area->len;
  char *to;
  lua_settop(L, 1);
  to = luamem_newalloc(L, len);
  if (pk->area->len < len) len = pk->area->len; /* a finalizer may have taken them */
  if (len > 0) memcpy(to, pk->area->data, len);
  copy = lpacket_push(L, 2, pk->first, 0);
  copy->wirelen = pk->wirelen;
  copy->time = pk->time;
  copy->hastime = pk->hastime;
  copy->number = pk->number;
  copy->interface = pk->interface;
  copy->linktype = pk->linktype;
  lua_getiuservalue(L, 1, UV_PACKET_FIRST);
  lua_setiuservalue(L, -2, UV_PACKET_FIRST);
  lua_getiuservalue(L, 1, UV_PACKET_BINDS);
  lua_setiuservalue(L, -2, UV_PACKET_BINDS);
  copy->binds = pk->binds;
  return 1;
}

/* pkt.time = ns and pkt.length = bytes may be set; all else is written by views */
static int packet_newindex (lua_State *L) {
  Packet *pk = (Packet *)lua_touserdata(L, 1);
  const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (strcmp(key, "time") == 0) {
    pk->time = luaL_checkinteger(L, 3);
    pk->hastime = 1;
    return 0;
  }
  return luaL_error(L, "cannot set '%s' of a packet", key);
}

static const luaL_Reg methods[] = {
  {"layer", packet_layer},
  {"layers", packet_layers},
  {"range", packet_range},
  {"refresh", packet_refresh},
  {"copy", packet_copy},
  {"verify", lpacket_verify},
  {"fix", lpacket_fix},
  {"setter", lpacket_setter},
  {"diff", lpacket_diff},
  {"insert", lpacket_insert},
  {"pad", lpacket_pad},
  {"remove", lpacket_remove},
  {"totable", lpacket_totable},
  {"fuzz", lrandom_fuzz},
  {"fragments", lfragment_cut},
  {"show", lpacket_show},
  {"hexdump", lpacket_hexdump},
  {NULL, NULL}
};

static const luaL_Reg meta[] = {
  {"__len", packet_len},
  {"__newindex", packet_newindex},
  {"__tostring", lpacket_tostring},
  {"__div", lrecipe_join},
  {NULL, NULL}
};

static const luaL_Reg packetlib[] = {
  {"new", packet_new},
  {"build", lrecipe_list},
  {"getter", lpacket_getter},
  {"setter", lpacket_setterof},
  {"addressmap", laddrmap_new},
  {"defragment", ldefrag_new},
  {"flows", lflow_new},
  {"gather", lgather_call},
  {"streams", lstream_new},
  {NULL, NULL}
};

int luaopen_pktcraft_packet (lua_State *L) {
  lview_open(L);
  lflow_open(L);
  ldefrag_open(L);
  laddrmap_open(L);
  aux_newclass(L, PACKET_META, PACKETNAME);
  lua_pushvalue(L, -1);
  luaL_setfuncs(L, meta, 1);
  lua_pushvalue(L, -1);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, methods, 1);
  lua_pushcclosure(L, packet_index, 2);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lstream_open(L);
  lua_getglobal(L, "require"); /* for the methods of pkt.memory */
  lua_pushliteral(L, "memory");
  lua_call(L, 1, 0);
  layreg_load(L);
  luaL_newlib(L, packetlib);
  return 1;
}
