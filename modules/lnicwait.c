/*
** lnicwait.c: waiting for several interfaces, sockets and the like; and clocks.
*/
#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include <lua.h>
#include <lauxlib.h>

#include "lnic.h"
#include "lpcapmod.h"
#include "nic.h"

/* clock([which]): ns of a clock that nobody sets, or "real": since the epoch */
int lnic_clock (lua_State *L) {
  struct timespec ts;
  const char *which = luaL_optstring(L, 1, "monotonic");
  if (strcmp(which, "monotonic") != 0 && strcmp(which, "real") != 0)
    return luaL_argerror(L, 1, "'monotonic' or 'real' expected");
  clock_gettime(which[0] == 'r' ? CLOCK_REALTIME : CLOCK_MONOTONIC, &ts);
  lua_pushinteger(L, (lua_Integer)ts.tv_sec * 1000000000 + ts.tv_nsec);
  return 1;
}

/* [-0, +1, e] Pushes what method `name` of the value at `idx` gives, or nil: it has none. */
static void ask (lua_State *L, int idx, const char *name) {
  const int isobject = lua_istable(L, idx) || luaL_getmetafield(L, idx, "__index") != LUA_TNIL;
  if (!isobject) lua_pushnil(L);
  if (!isobject || lua_getfield(L, idx, name) == LUA_TNIL) return;
  lua_pushvalue(L, idx);
  lua_call(L, 1, 1);
}

/* wait(list [, seconds]): a list of those that there may be something to be read of; empty when the time is over */
int lnic_wait (lua_State *L) {
  const int64_t until = lnic_until(L, 2);
  struct pollfd *fds;
  lua_Integer n, k, number, ready = 0;
  int fd, whole, got = 0;
  luaL_checktype(L, 1, LUA_TTABLE);
  n = luaL_len(L, 1);
  luaL_argcheck(L, n >= 0 && n <= 65536, 1, "too many");
  lua_settop(L, 1);
  fds = (struct pollfd *)lua_newuserdatauv(L, (size_t)(n > 0 ? n : 1) * sizeof(*fds), 0); /* at 2 */
  lua_newtable(L);                                                                   /* at 3 */
  for (k = 0; k < n; k++) {
    lua_geti(L, 1, k + 1);
    ask(L, 4, "getfd");
    number = lua_tointegerx(L, -1, &whole); /* LuaSocket's are floats */
    if (!whole || number > INT_MAX) return luaL_error(L, "element %I has no file descriptor", (LUAI_UACINT)k + 1);
    fd = number < 0 ? -1 : (int)number;
    fds[k].fd = fd;
    fds[k].events = POLLIN;
    fds[k].revents = 0;
    ask(L, 4, "dirty");
    if (fd < 0 || lua_toboolean(L, -1)) { /* what is closed says so when it is read */
      lua_pushvalue(L, 4);
      lua_rawseti(L, 3, ++ready);
      fds[k].fd = -1;
    }
    lua_settop(L, 3);
  }
  for (;;) {
    int64_t left = until == INT64_MAX ? INT64_MAX : until - pk_clock();
    int ms = left >= (int64_t)250 * 1000000 ? 250 : left <= 0 ? 0 : (int)((left + 999999) / 1000000);
    if (ready > 0) ms = 0;
    got = poll(fds, (nfds_t)n, ms);
    if (got > 0 || ready > 0 || (got == 0 && left <= 0)) break;
    lpcap_interrupted(L); /* the system may have been quick: so that a signal just before counts */
  }
  for (k = 0; k < n; k++) {
    if (got <= 0 || fds[k].fd < 0 || fds[k].revents == 0) continue;
    lua_geti(L, 1, k + 1);
    lua_rawseti(L, 3, ++ready);
  }
  lua_settop(L, 3);
  return 1;
}
