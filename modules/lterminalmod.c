/*
** lterminalmod.c: module `pktcraft.terminal`: what commands need to know of the terminal that they write to.
*/
#define _DEFAULT_SOURCE
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lua.h>
#include <lauxlib.h>

#include "lpkmods.h"

static int check_stream (lua_State *L) {
  const lua_Integer fd = luaL_checkinteger(L, 1);
  luaL_argcheck(L, fd >= 0 && fd <= 2, 1, "0, 1 or 2 expected");
  return (int)fd;
}

/*
** columns(stream): of the terminal that stream 0, 1 or 2 is, 0 when it does not say; and whether the process is in the
** foreground there. nil: it is no terminal.
*/
static int term_columns (lua_State *L) {
  const int fd = check_stream(L);
  struct winsize size;
  pid_t group;
  if (!isatty(fd)) {
    luaL_pushfail(L);
    return 1;
  }
  lua_pushinteger(L, ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0);
  group = tcgetpgrp(fd); /* fails when it is another session's: then nobody else is there */
  lua_pushboolean(L, group < 0 || group == getpgrp());
  return 2;
}

/* ispipe(stream): whether another process is at its other end */
static int term_ispipe (lua_State *L) {
  struct stat st;
  const int fd = check_stream(L);
  lua_pushboolean(L, fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)));
  return 1;
}

static const luaL_Reg terminallib[] = {
  {"columns", term_columns},
  {"ispipe", term_ispipe},
  {NULL, NULL}
};

int luaopen_pktcraft_terminal (lua_State *L) {
  luaL_newlib(L, terminallib);
  return 1;
}
