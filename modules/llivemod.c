/*
** llivemod.c: the Lua face of what needs libpcap: pktcraft_live.so, loaded when first used: BPF, network namespaces, routes
** (for pktcraft.route), and (in the registry) what opens interfaces for lnicopen.c.
*/
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "api.h"
#include "bpf.h"
#include "codec.h"
#include "live.h"
#include "lmemlib.h"
#include "lnetns.h"
#include "lpkaux.h"
#include "route.h"

#define BPF_META "pktcraft.bpf" /* its metatable in the registry */

typedef struct Filter {
  pk_Bpf *bpf;
  uint32_t linktype;
} Filter;

static Filter *tofilter (lua_State *L, int idx) {
  Filter *f = (Filter *)luaL_testudata(L, idx, BPF_META);
  if (f == NULL) luaL_typeerror(L, idx, "BPF filter");
  return f;
}

/* bpf(expression [, linktype]): filter, or nil and libpcap's message */
static int live_bpf (lua_State *L) {
  size_t len;
  const char *expression = luaL_checklstring(L, 1, &len);
  lua_Integer linktype = luaL_optinteger(L, 2, 1);
  char err[PK_ERRSIZE];
  Filter *f;
  luaL_argcheck(L, strlen(expression) == len, 1, "expression with zeros");
  luaL_argcheck(L, 0 <= linktype && linktype <= 0xffff, 2, "link type expected");
  f = (Filter *)lua_newuserdatauv(L, sizeof(*f), 0);
  f->bpf = NULL;
  f->linktype = (uint32_t)linktype;
  luaL_setmetatable(L, BPF_META);
  f->bpf = pk_bpf_compile(expression, (uint32_t)linktype, err);
  if (f->bpf != NULL) return 1;
  luaL_pushfail(L);
  lua_pushstring(L, err);
  return 2;
}

/* Raw IP has several numbers, by what system wrote it. */
static lua_Integer one_number (lua_Integer linktype) {
  return linktype == 12 || linktype == 14 ? 101 : linktype;
}

/* f:match(m [, wirelen [, linktype]]): a frame of another link type does not */
static int bpf_match (lua_State *L) {
  Filter *f = tofilter(L, 1);
  lua_Integer wirelen;
  const char *data;
  size_t len;
  luamem_checkstring(L, 2, &len);
  wirelen = luaL_optinteger(L, 3, (lua_Integer)len);
  luaL_argcheck(L, len <= UINT32_MAX, 2, "frame too long");
  luaL_argcheck(L, 0 <= wirelen && wirelen <= UINT32_MAX, 3, "wire length out of range");
  if (f->bpf == NULL) return luaL_error(L, "attempt to use a collected filter");
  if (one_number(luaL_optinteger(L, 4, f->linktype)) != one_number(f->linktype)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  data = luamem_tostring(L, 2, &len);
  lua_pushboolean(L, pk_bpf_match(f->bpf, data, len, (size_t)wirelen));
  return 1;
}

static int bpf_gc (lua_State *L) {
  Filter *f = tofilter(L, 1);
  pk_bpf_free(f->bpf);
  f->bpf = NULL;
  return 0;
}

/* [-0, +0, m] Sets in the table at the top an address as text. */
static void set_address (lua_State *L, const char *name, int family, const uint8_t *bytes) {
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(family, bytes, text, sizeof(text)) == NULL) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, name);
}

/* route(address [, interface]): a table, or nil and a message: see modules/pktcraft/route.lua */
static int live_route (lua_State *L) {
  const char *text = luaL_checkstring(L, 1), *interface = luaL_optstring(L, 2, NULL);
  const int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
  uint8_t address[16];
  char err[PK_ERRSIZE];
  pk_Route r;
  int ok = inet_pton(family, text, address) == 1;
  if (!ok) pk_text_error(err, "no such address", NULL);
  if (!ok || pk_route_find(family, address, interface, &r, err) < 0) {
    luaL_pushfail(L);
    lua_pushfstring(L, "%s: %s", text, err);
    return 2;
  }
  lua_createtable(L, 0, 4);
  lua_pushstring(L, r.kind);
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, r.interface);
  lua_setfield(L, -2, "interface");
  if (r.hassource) set_address(L, "source", family, r.source);
  if (r.gatewayfamily != AF_UNSPEC) set_address(L, "gateway", r.gatewayfamily, r.gateway);
  return 1;
}

/* neighbour(address, interface): what the system has as its MAC address, or nil */
static int live_neighbour (lua_State *L) {
  const char *text = luaL_checkstring(L, 1), *interface = luaL_checkstring(L, 2);
  const int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
  char mactext[PK_CODEC_TEXT];
  uint8_t address[16], mac[6];
  if (inet_pton(family, text, address) != 1 || !pk_route_neighbour(family, address, interface, mac)) return 0;
  lua_pushlstring(L, mactext, pk_codec_find("mac")->format(mac, mactext));
  return 1;
}

static const luaL_Reg livelib[] = {
  {"bpf", live_bpf},
  {"namespace", lnetns_new},
  {"neighbour", live_neighbour},
  {"route", live_route},
  {NULL, NULL}
};

static const luaL_Reg bpfmethods[] = {
  {"match", bpf_match},
  {NULL, NULL}
};

PK_API int luaopen_pktcraft_live (lua_State *L);

int luaopen_pktcraft_live (lua_State *L) {
  aux_newclass(L, BPF_META, "BPF filter");
  lua_pushcfunction(L, bpf_gc);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  luaL_setfuncs(L, bpfmethods, 0);
  lua_setfield(L, -2, "__index");
  lnetns_open(L);
  lua_pushlightuserdata(L, (void *)(uintptr_t)&pk_live_api);
  lua_setfield(L, LUA_REGISTRYINDEX, "pktcraft.live");
  luaL_newlib(L, livelib);
  return 1;
}
