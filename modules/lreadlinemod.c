/*
** lreadlinemod.c: module `pktcraft_readline`, for the interactive prompt; built where readline is, and
** apart from all else, so that nothing else is linked to it.
*/
#include <stdio.h>
#include <stdlib.h>

#include <readline/history.h>
#include <readline/readline.h>

#include <lua.h>
#include <lauxlib.h>

#include "api.h"

/* read(prompt): a line, or nil at the end */
static int line_read (lua_State *L) {
  char *line = readline(luaL_checkstring(L, 1));
  if (line == NULL)
    lua_pushnil(L);
  else {
    lua_pushstring(L, line);
    free(line);
  }
  return 1;
}

/* remember(line) */
static int line_remember (lua_State *L) {
  const char *line = luaL_checkstring(L, 1);
  if (line[0] != '\0') add_history(line);
  return 0;
}

static const luaL_Reg lib[] = {
  {"read", line_read},
  {"remember", line_remember},
  {NULL, NULL}
};

PK_API int luaopen_pktcraft_readline (lua_State *L);

int luaopen_pktcraft_readline (lua_State *L) {
  luaL_newlib(L, lib);
  rl_readline_name = "pktcraft";
  return 1;
}
