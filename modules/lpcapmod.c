/*
** lpcapmod.c: module `pktcraft.pcap`: capture files; interfaces are in lnic.c.
**
** A capture lends its frames to the caller's reference memory, whose one user value is then the
** capture; the capture's first user value is the memory, its second bindings of its own. The loan stands
** as long as the memory has the generation and address that the capture gave it last: it is then re-aimed
** by its Area. Before the next frame, at close and at collection the capture empties what it lent.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lnic.h"
#include "lpcapfile.h"
#include "lpcapmod.h"
#include "lpcappackets.h"
#include "lpcapparallel.h"
#include "lpcapprogress.h"
#include "lpkmods.h"
#include "nic.h"
#include "savefile.h"
#include "sformat.h"

static const char capturename[] = "capture";

Capture *lpcap_new (lua_State *L, const char *meta) {
  Capture *c = (Capture *)lua_newuserdatauv(L, sizeof(*c), UV_CAPTURE_LAST);
  memset(c, 0, sizeof(*c));
  pk_reader_init(&c->reader);
  luaL_setmetatable(L, meta);
  return c;
}

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

int lpcap_closed (lua_State *L, const Capture *c) {
  const char *format = c->reader.format != NULL ? c->reader.format->name : "";
  return luaL_error(L, "attempt to use a closed %s", strcmp(format, "live") == 0 ? "interface" : capturename);
}

int lpcap_free (lua_State *L, const Capture *c) {
  if (c->reader.nic == NULL || !c->reader.nic->giving) return 1;
  return luaL_error(L, "attempt to read an interface in its loop");
}

Capture *lpcap_check (lua_State *L, int idx) {
  Capture *c = (Capture *)lpcap_self(L, idx);
  if (!c->reader.open) lpcap_closed(L, c);
  lpcap_free(L, c);
  c->touched++;
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
  lpcapparallel_check(L);
  return 0;
}

void lpcap_interrupted (lua_State *L) {
  lua_pushcfunction(L, nothing);
  lua_call(L, 0, 0);
}

/* The frame that was read, with the memory that has the loan. */
static inline void relend (Capture *c) {
  luamem_reaim(c->memory, c->frame.data, c->frame.caplen);
  c->lent = c->frame.data;
  c->gen = c->memory->gen;
  c->there = 1;
  c->override = 0;
}

void lpcap_lend (lua_State *L, Capture *c, int cap, int m) {
  if (!lpcap_loaned(c) || lua_touserdata(L, m) != (const void *)c->memory) {
    lpcap_revoke(c);
    lend(L, c, cap, m, &c->frame);
  }
  relend(c);
}

int lpcap_renew (lua_State *L, Capture *c, Sieve *s) {
  const int got = lpcap_nextwanted(c, s); /* no Lua runs before the loan is renewed */
  c->touched++;
  if (got > 0) {
    relend(c);
    return 1;
  }
  lpcap_revoke(c);
  if (got == PK_INTERRUPTED) lpcap_paused(L, c);
  return got == SIEVE_AIM ? PK_INTERRUPTED : got;
}

int lpcap_skip (lua_State *L, Capture *c, Sieve *s) {
  lpcap_free(L, c);
  lpcap_revoke(c);
  for (;;) {
    int got;
    if (!c->reader.open) return lpcap_closed(L, c);
    got = lpcap_nextwanted(c, s);
    c->touched++;
    if (got == PK_INTERRUPTED)
      lpcap_paused(L, c);
    else if (got == SIEVE_AIM)
      lsieve_aim(L, s, c);
    else {
      c->override = 0;
      c->there = got > 0;
      return got;
    }
  }
}

int lpcap_step (lua_State *L, Capture *c, Sieve *s, int cap, int m) {
  int got;
  if (lpcap_loaned(c) && lua_touserdata(L, m) == (const void *)c->memory) {
    got = lpcap_renew(L, c, s);
    if (got != PK_INTERRUPTED) return got;
  }
  got = lpcap_skip(L, c, s);
  if (got > 0)
    lend(L, c, cap, m, &c->frame);
  else
    luamem_setref(L, m, NULL, 0, NULL);
  return got;
}

void lpcap_checkref (lua_State *L, int arg) {
  if (luamem_isref(L, arg)) return;
  if (luamem_ismemory(L, arg)) luaL_argerror(L, arg, "resizable or other memory expected, got a fixed one");
  luaL_typeerror(L, arg, "memory");
}

/* cap:next(m): time, wire length and interface; nil at the end; nil and a message */
static int cap_next (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  int got;
  lpcap_checkref(L, 2);
  got = lpcap_step(L, c, NULL, 1, 2);
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
  if (!c->reader.open) return lpcap_closed(L, c);
  c->reader.until = INT64_MAX;
  got = lpcap_step(L, c, NULL, lua_upvalueindex(1), lua_upvalueindex(2));
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
int lpcap_frames (lua_State *L) {
  lpcap_check(L, 1);
  lpcap_checkref(L, 2);
  lua_settop(L, 2);
  lua_pushcclosure(L, frames_next, 2);
  return 1;
}

/* --- bindings, and the end */

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

/* cap:bind(space, value, l): "decode as", for this capture's packets */
int lpcap_bind (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  lua_settop(L, 4);
  push_binds(L, c);
  laybinds_bind(L, lua_gettop(L), 2);
  return 0;
}

/* cap:unbind(space, value) */
int lpcap_unbind (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  lua_settop(L, 3);
  push_binds(L, c);
  laybinds_unbind(L, lua_gettop(L), 2);
  return 0;
}

/* cap:close(), __close, __gc */
int lpcap_close (lua_State *L) {
  Capture *c = (Capture *)lpcap_self(L, 1);
  if (c->reader.nic != NULL && c->reader.nic->giving) return luaL_error(L, "attempt to close an interface in its loop");
  c->touched++;
  lpcap_revoke(c);
  lua_pushnil(L);
  lua_setiuservalue(L, 1, UV_CAPTURE_MEMORY);
  lua_pushnil(L);
  lua_setiuservalue(L, 1, UV_CAPTURE_PROGRESS);
  pk_reader_close(&c->reader);
  lua_pushboolean(L, 1);
  return 1;
}

static int cap_tostring (lua_State *L) {
  Capture *c = (Capture *)lpcap_self(L, 1);
  lua_pushfstring(L, "capture (%s)", !c->reader.open ? "closed" : c->reader.name);
  return 1;
}

/* Methods (upvalue 2), and what the file's header says. */
int lpcap_index (lua_State *L) {
  Capture *c = (Capture *)lpcap_self(L, 1);
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
  else if (strcmp(key, "seekable") == 0)
    lua_pushboolean(L, c->reader.regular);
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

/* [-n, +k, e] Calls a function of pktcraft_live.so, which is loaded when first used, with all arguments. */
static int call_live (lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft_live");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/* bpf(expression [, linktype]) */
static int pcap_bpf (lua_State *L) {
  return call_live(L, "bpf");
}

/* namespace([name]) */
static int pcap_namespace (lua_State *L) {
  return call_live(L, "namespace");
}

static const luaL_Reg pcaplib[] = {
  {"open", lpcapfile_open},
  {"merge", lpcapfile_merge},
  {"create", pcapout_create},
  {"parallel", lpcap_parallel},
  {"bpf", pcap_bpf},
  {"live", lnic_live},
  {"tap", lnic_tap},
  {"interfaces", lnic_interfaces},
  {"namespace", pcap_namespace},
  {"clock", lnic_clock},
  {"wait", lnic_wait},
  {NULL, NULL}
};

static const luaL_Reg capturemethods[] = {
  {"next", cap_next},
  {"frames", lpcap_frames},
  {"packets", lpcap_packets},
  {"fields", lpcap_fields},
  {"count", lpcap_count},
  {"blocks", lpcapfile_blocks},
  {"options", lpcapfile_options},
  {"setoptions", lpcapfile_setoptions},
  {"seek", lpcapfile_seek},
  {"tell", lpcapfile_tell},
  {"position", lpcapprogress_position},
  {"progress", lpcapprogress_set},
  {"bind", lpcap_bind},
  {"unbind", lpcap_unbind},
  {"close", lpcap_close},
  {NULL, NULL}
};

static const luaL_Reg capturemeta[] = {
  {"__gc", lpcap_close},
  {"__close", lpcap_close},
  {"__tostring", cap_tostring},
  {NULL, NULL}
};

int luaopen_pktcraft_pcap (lua_State *L) {
  lpcap_newclass(L, CAPTURE_META, capturename, capturemeta, capturemethods, lpcap_index);
  lnic_open(L);
  pcapout_open(L);
  luaL_newlib(L, pcaplib);
  return 1;
}
