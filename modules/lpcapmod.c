/*
** lpcapmod.c: module `pktcraft.pcap`: capture files.
**
** A capture lends its frames to the caller's reference memory, whose one user value is then the
** capture; the capture's first user value is the memory, its second bindings of its own. The loan stands
** as long as the memory has the generation and address that the capture gave it last: it is then re-aimed
** by its Area. Before the next frame, at close and at collection the capture empties what it lent.
*/
#include <assert.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lpcapfile.h"
#include "lpcapmod.h"
#include "lpkmods.h"
#include "lview.h"
#include "savefile.h"
#include "sformat.h"

static const char capturename[] = "capture";

/* Marks a loan: there is nothing to release. */
static void pk_loan (lua_State *L, void *mem, size_t len) {
  (void)L;
  (void)mem;
  (void)len;
}

void lpcap_revoke (Capture *c) {
  if (lpcap_loaned(c)) luamem_reaim(c->memory, NULL, 0);
  c->memory = NULL;
  c->there = 0;
}

Capture *lpcap_check (lua_State *L, int idx) {
  Capture *c = (Capture *)lpcap_self(L, idx, capturename);
  if (!c->reader.open) luaL_error(L, "attempt to use a closed capture");
  return c;
}

/* [-0, +0, m] Lends a frame to the memory at `m`, a reference; the capture is at `cap`. */
static void lend (lua_State *L, Capture *c, int cap, int m, const pk_Frame *frame) {
  lua_pushvalue(L, m);
  lua_setiuservalue(L, cap, UV_CAPTURE_MEMORY);
  lua_pushvalue(L, cap);
  lua_setiuservalue(L, m, 1);
  luamem_setref(L, m, frame->data, frame->caplen, pk_loan);
  c->memory = luamem_toarea(L, m);
  c->lent = frame->data;
  c->gen = c->memory->gen;
}

static int nothing (lua_State *L) {
  (void)L;
  return 0;
}

void lpcap_interrupted (lua_State *L) {
  lua_pushcfunction(L, nothing);
  lua_call(L, 0, 0);
}

/*
** [-0, +0, e] Reads the next frame, c->frame, and lends it to the memory that has the loan. 1; 0 at the end,
** -1 on an error and PK_INTERRUPTED, the memory then being empty and the loan ended.
*/
static inline int renew (lua_State *L, Capture *c) {
  const int got = pk_reader_next(&c->reader, &c->frame); /* no Lua runs before the loan is renewed */
  if (got > 0) {
    luamem_reaim(c->memory, c->frame.data, c->frame.caplen);
    c->lent = c->frame.data;
    c->gen = c->memory->gen;
    c->there = 1;
    c->override = 0;
    return 1;
  }
  lpcap_revoke(c);
  if (got == PK_INTERRUPTED) lpcap_interrupted(L);
  return got;
}

/*
** [-0, +0, e] Reads the next frame, c->frame, into the memory at `m`. 1; 0 at the end and -1 on an
** error, the memory then being empty.
*/
static int step (lua_State *L, Capture *c, int cap, int m) {
  int got;
  if (lpcap_loaned(c) && lua_touserdata(L, m) == (const void *)c->memory) {
    got = renew(L, c);
    if (got != PK_INTERRUPTED) return got;
  }
  lpcap_revoke(c);
  for (;;) {
    if (!c->reader.open) return luaL_error(L, "attempt to use a closed capture");
    got = pk_reader_next(&c->reader, &c->frame);
    if (got != PK_INTERRUPTED) break;
    lpcap_interrupted(L);
  }
  c->override = 0;
  c->there = got > 0;
  if (got > 0)
    lend(L, c, cap, m, &c->frame);
  else
    luamem_setref(L, m, NULL, 0, NULL);
  return got;
}

/* [-0, +0, v] */
static void checkref (lua_State *L, int arg) {
  if (luamem_isref(L, arg)) return;
  if (luamem_ismemory(L, arg)) luaL_argerror(L, arg, "resizable or other memory expected, got a fixed one");
  luaL_typeerror(L, arg, "memory");
}

/* cap:next(m): time, wire length and interface; nil at the end; nil and a message */
static int cap_next (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  int got;
  checkref(L, 2);
  got = step(L, c, 1, 2);
  if (got > 0) {
    lua_pushinteger(L, c->frame.time);
    lua_pushinteger(L, c->frame.wirelen);
    lua_pushinteger(L, (lua_Integer)c->frame.interface + 1);
    return 3;
  }
  luaL_pushfail(L);
  if (got == 0) return 1;
  lua_pushstring(L, c->reader.err);
  return 2;
}

/* The iterator; upvalues: 1 capture, 2 memory. */
static int frames_next (lua_State *L) {
  Capture *c = (Capture *)lua_touserdata(L, lua_upvalueindex(1));
  int got;
  if (!c->reader.open) return luaL_error(L, "attempt to use a closed capture");
  got = step(L, c, lua_upvalueindex(1), lua_upvalueindex(2));
  if (got > 0) {
    lua_pushinteger(L, c->frame.time);
    lua_pushinteger(L, c->frame.wirelen);
    lua_pushinteger(L, (lua_Integer)c->frame.interface + 1);
    return 3;
  }
  if (got < 0) return luaL_error(L, "%s", c->reader.err);
  luaL_pushfail(L);
  return 1;
}

/* for time, wirelen, interface in cap:frames(m) do */
static int cap_frames (lua_State *L) {
  lpcap_check(L, 1);
  checkref(L, 2);
  lua_settop(L, 2);
  lua_pushcclosure(L, frames_next, 2);
  return 1;
}

/* --- packets */

/* [-0, +0, v] What says which packets are wanted: nothing, a function of the packet, or BPF (:match(m, wirelen, linktype)). */
static void checkfilter (lua_State *L, int arg) {
  if (lua_isnoneornil(L, arg) || lua_isfunction(L, arg)) return;
  if (!lua_isuserdata(L, arg) || luaL_getmetafield(L, arg, "__index") == LUA_TNIL)
    luaL_typeerror(L, arg, "function or filter");
  lua_pop(L, 1);
  if (lua_getfield(L, arg, "match") != LUA_TFUNCTION) luaL_typeerror(L, arg, "function or filter");
  lua_pop(L, 1);
}

/* An iteration over packets; what it points to, the iterator's upvalues keep. */
typedef struct Packets {
  Capture *c;
  Packet *pk;
  const luamem_Area *memory;
  int filtered;
  const Binds *base; /* the registry's bindings */
  unsigned version;  /* of the packet's, when its first layer was looked for */
  uint32_t linktype; /* that it was looked for */
} Packets;

enum { IT_STATE = lua_upvalueindex(1), IT_PACKET = lua_upvalueindex(2), IT_CAPTURE = lua_upvalueindex(3),
       IT_MEMORY = lua_upvalueindex(4), IT_FILTER = lua_upvalueindex(5), IT_MATCH = lua_upvalueindex(6) };

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
static void aim (lua_State *L, Packets *it) {
  if (it->c->binds != NULL) {
    lua_getiuservalue(L, IT_CAPTURE, UV_CAPTURE_BINDS);
    lpacket_setbinds(L, IT_PACKET, lua_gettop(L));
    lua_pop(L, 1);
  }
  it->version = binds_of(it)->version;
  it->linktype = it->c->frame.linktype;
  lpacket_aim(L, IT_PACKET, IT_MEMORY, lpacket_first(binds_of(it), it->linktype));
}

/* The iterator. Scripts that filter come here for each frame: as few calls into Lua as there can be. */
static int packets_next (lua_State *L) {
  Packets *it = (Packets *)lua_touserdata(L, IT_STATE);
  Capture *c = it->c;
  Packet *pk = it->pk;
  do {
    int got;
    if (!c->reader.open) return luaL_error(L, "attempt to use a closed capture");
    if (lpcap_loaned(c) && c->memory == it->memory)
      got = renew(L, c);
    else
      got = step(L, c, IT_CAPTURE, IT_MEMORY);
    if (got == PK_INTERRUPTED) got = step(L, c, IT_CAPTURE, IT_MEMORY);
    if (got < 0) return luaL_error(L, "%s", c->reader.err);
    if (got == 0) {
      luaL_pushfail(L);
      return 1;
    }
    if (pk->area != c->memory || pk->binds != binds_of(it) || it->version != pk->binds->version ||
        it->linktype != c->frame.linktype)
      aim(L, it);
    pk->wirelen = c->frame.wirelen;
    pk->time = c->frame.time;
    pk->hastime = 1;
    pk->number = (lua_Integer)c->reader.frames;
    pk->interface = c->frame.interface + 1;
  } while (it->filtered && !wanted(L, c));
  lua_pushvalue(L, IT_PACKET);
  return 1;
}

/* for pkt in cap:packets([filter]) do: one packet, used again for each frame */
static int cap_packets (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  Packets *it;
  lua_settop(L, 2);
  checkfilter(L, 2);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft.packet");
  lua_call(L, 1, 0);
  it = (Packets *)lua_newuserdatauv(L, sizeof(*it), 0);
  luamem_newref(L);
  it->c = c;
  it->pk = lpacket_push(L, 4, NULL, 1);
  it->memory = luamem_toarea(L, 4);
  it->base = it->pk->registry->binds;
  it->version = it->base->version - 1;
  it->filtered = !lua_isnil(L, 2);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 4);
  lua_pushvalue(L, 2);
  if (lua_isuserdata(L, 2))
    lua_getfield(L, 2, "match");
  else
    lua_pushnil(L);
  lua_remove(L, 4);
  lua_pushcclosure(L, packets_next, 6);
  return 1;
}

/* [-0, +1, m] Pushes the capture's own bindings, made when first asked for. */
static void push_binds (lua_State *L, Capture *c) {
  if (lua_getiuservalue(L, 1, UV_CAPTURE_BINDS) == LUA_TUSERDATA) return;
  layreg_pushbinds(L);
  laybinds_push(L, lua_gettop(L));
  laybinds_build(L, lua_gettop(L));
  if (c->binds != NULL) { /* a finalizer was quicker: nothing has been bound here yet */
    lua_getiuservalue(L, 1, UV_CAPTURE_BINDS);
    return;
  }
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, 1, UV_CAPTURE_BINDS);
  c->binds = (const Binds *)lua_touserdata(L, -1); /* whole, and kept, before any packet sees them */
}

/* cap:bind(space, value, layout): "decode as", for this capture's packets */
static int cap_bind (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  lua_settop(L, 4);
  push_binds(L, c);
  laybinds_bind(L, lua_gettop(L), 2);
  return 0;
}

/* cap:unbind(space, value) */
static int cap_unbind (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  lua_settop(L, 3);
  push_binds(L, c);
  laybinds_unbind(L, lua_gettop(L), 2);
  return 0;
}

/* cap:close(), __close, __gc */
static int cap_close (lua_State *L) {
  Capture *c = (Capture *)lpcap_self(L, 1, capturename);
  lpcap_revoke(c);
  lua_pushnil(L);
  lua_setiuservalue(L, 1, UV_CAPTURE_MEMORY);
  pk_reader_close(&c->reader);
  lua_pushboolean(L, 1);
  return 1;
}

static int cap_tostring (lua_State *L) {
  Capture *c = (Capture *)lpcap_self(L, 1, capturename);
  lua_pushfstring(L, "capture (%s)", !c->reader.open ? "closed" : c->reader.name);
  return 1;
}

/* Methods (upvalue 2), and what the file's header says. */
static int cap_index (lua_State *L) {
  Capture *c = (Capture *)lpcap_self(L, 1, capturename);
  const char *key;
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING) return 1;
  key = lua_tostring(L, 2);
  if (strcmp(key, "linktype") == 0)
    lua_pushinteger(L, c->reader.linktype);
  else if (strcmp(key, "snaplen") == 0)
    lua_pushinteger(L, c->reader.snaplen);
  else if (strcmp(key, "precision") == 0)
    lpcap_pushprecision(L, c->reader.precision);
  else if (strcmp(key, "format") == 0)
    lua_pushstring(L, c->reader.format != NULL ? c->reader.format->name : NULL);
  else if (strcmp(key, "name") == 0)
    lua_pushstring(L, c->reader.name);
  else if (strcmp(key, "compression") == 0)
    lua_pushstring(L, lpcap_packings[c->reader.packing]);
  else if (strcmp(key, "byteorder") == 0)
    lua_pushstring(L, c->reader.swapped != pk_bigendian() ? "big" : "little");
  else if (strcmp(key, "timeless") == 0)
    lua_pushboolean(L, c->there && c->frame.timeless);
  else if (strcmp(key, "interfaces") == 0)
    lpcapfile_pushinterfaces(L, c);
  else
    lua_pushnil(L);
  return 1;
}

/* bpf(expression [, linktype]): from pktcraft_live.so, loaded when first used */
static int pcap_bpf (lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft_live");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "bpf");
  lua_remove(L, -2);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static const luaL_Reg pcaplib[] = {
  {"open", lpcapfile_open},
  {"merge", lpcapfile_merge},
  {"create", pcapout_create},
  {"bpf", pcap_bpf},
  {NULL, NULL}
};

static const luaL_Reg capturemethods[] = {
  {"next", cap_next},
  {"frames", cap_frames},
  {"packets", cap_packets},
  {"blocks", lpcapfile_blocks},
  {"options", lpcapfile_options},
  {"setoptions", lpcapfile_setoptions},
  {"seek", lpcapfile_seek},
  {"tell", lpcapfile_tell},
  {"bind", cap_bind},
  {"unbind", cap_unbind},
  {"close", cap_close},
  {NULL, NULL}
};

static const luaL_Reg capturemeta[] = {
  {"__gc", cap_close},
  {"__close", cap_close},
  {"__tostring", cap_tostring},
  {NULL, NULL}
};

int luaopen_pktcraft_pcap (lua_State *L) {
  lpcap_newclass(L, CAPTURE_META, capturename, capturemeta, capturemethods, cap_index);
  pcapout_open(L);
  luaL_newlib(L, pcaplib);
  return 1;
}
