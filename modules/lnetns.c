/*
** lnetns.c: network namespaces. A function that is called in one, and what it opens and starts, has its interfaces,
** addresses and ports; the rest of the program stays where it is.
*/
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include <lua.h>
#include <lauxlib.h>

#include "lnetns.h"
#include "lpkaux.h"
#include "netns.h"
#include "text.h"

#define NETNS_META "pktcraft.netns"

typedef struct Netns {
  int fd; /* -1: closed */
} Netns;

static Netns *tonetns (lua_State *L, int idx) {
  Netns *n = (Netns *)luaL_testudata(L, idx, NETNS_META);
  if (n == NULL) luaL_typeerror(L, idx, "network namespace");
  return n;
}

int lnetns_new (lua_State *L) {
  size_t len = 0;
  const char *name = luaL_optlstring(L, 1, NULL, &len);
  char err[PK_ERRSIZE];
  Netns *n;
  luaL_argcheck(L, name == NULL || strlen(name) == len, 1, "name with zeros");
  n = (Netns *)lua_newuserdatauv(L, sizeof(*n), 0);
  n->fd = -1;
  luaL_setmetatable(L, NETNS_META);
  n->fd = name != NULL ? pk_netns_open(name, err) : pk_netns_new(err);
  if (n->fd >= 0) return 1;
  luaL_pushfail(L);
  lua_pushstring(L, err);
  return 2;
}

/* ns:call(f, ...): what f(...) gives, run in the namespace; it must not yield */
static int netns_call (lua_State *L) {
  const Netns *n = tonetns(L, 1);
  char err[PK_ERRSIZE];
  int home, status;
  luaL_checktype(L, 2, LUA_TFUNCTION);
  if (n->fd < 0) return luaL_error(L, "attempt to use a closed network namespace");
  if ((home = pk_netns_current(err)) < 0) return luaL_error(L, "%s", err);
  if (pk_netns_enter(n->fd, err) < 0) {
    close(home);
    return luaL_error(L, "%s", err);
  }
  status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  if (pk_netns_enter(home, err) < 0) {
    close(home);
    return luaL_error(L, "left in another network namespace: %s", err);
  }
  close(home);
  return status == LUA_OK ? lua_gettop(L) - 1 : lua_error(L);
}

/* ns:close(), __close, __gc */
static int netns_close (lua_State *L) {
  Netns *n = tonetns(L, 1);
  if (n->fd >= 0) close(n->fd);
  n->fd = -1;
  return 0;
}

/* ns:path(): a path that other programs find it by */
static int netns_path (lua_State *L) {
  const Netns *n = tonetns(L, 1);
  if (n->fd < 0) return luaL_error(L, "attempt to use a closed network namespace");
  lua_pushfstring(L, "/proc/%d/fd/%d", (int)getpid(), n->fd);
  return 1;
}

static int netns_tostring (lua_State *L) {
  lua_pushfstring(L, "network namespace (%s)", tonetns(L, 1)->fd >= 0 ? "open" : "closed");
  return 1;
}

static const luaL_Reg netnsmethods[] = {
  {"call", netns_call},
  {"path", netns_path},
  {"close", netns_close},
  {NULL, NULL}
};

static const luaL_Reg meta[] = {
  {"__gc", netns_close},
  {"__close", netns_close},
  {"__tostring", netns_tostring},
  {NULL, NULL}
};

void lnetns_open (lua_State *L) {
  aux_newclass(L, NETNS_META, "network namespace");
  luaL_setfuncs(L, meta, 0);
  luaL_newlib(L, netnsmethods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
