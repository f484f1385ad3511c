/*
** lreadlinemod.c: module `pktcraft_readline`, for the interactive prompt; built where readline is, and
** apart from all else, so that nothing else is linked to it.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <readline/history.h>
#include <readline/readline.h>

#include <lua.h>
#include <lauxlib.h>

#include "api.h"

static lua_State *reading = NULL; /* the state whose line is being read; its function `complete` is at 2 */

/* [-0, +1, m] (complete, text, before) -> the list of words; what is wrong with it is nobody's error here. */
static int candidates (lua_State *L) {
  lua_call(L, 2, 1);
  luaL_checktype(L, -1, LUA_TTABLE);
  return 1;
}

/* The words, one a call, in memory that readline frees; the list is on the top of the stack meanwhile. */
static char *next_word (const char *text, int first) {
  static lua_Integer k;
  char *word = NULL;
  (void)text;
  if (first == 0) k = 1;
  if (lua_rawgeti(reading, -1, k++) == LUA_TSTRING) {
    const char *s = lua_tostring(reading, -1);
    word = (char *)malloc(strlen(s) + 1);
    if (word != NULL) strcpy(word, s);
  }
  lua_pop(reading, 1);
  return word;
}

/* What readline asks for when the key for it is pressed. */
static char **complete_word (const char *text, int start, int end) {
  lua_State *L = reading;
  char **words = NULL;
  (void)end;
  rl_attempted_completion_over = 1; /* no names of files */
  rl_completion_append_character = '\0';
  if (L == NULL || !lua_checkstack(L, 8)) return NULL;
  lua_pushcfunction(L, candidates);
  lua_pushvalue(L, 2);
  lua_pushstring(L, text);
  lua_pushlstring(L, rl_line_buffer, (size_t)start);
  if (lua_pcall(L, 3, 1, 0) == LUA_OK) words = rl_completion_matches(text, next_word);
  lua_pop(L, 1);
  return words;
}

/* read(prompt): a line, or nil at the end */
static int line_read (lua_State *L) {
  const char *prompt = luaL_checkstring(L, 1);
  char *line;
  lua_settop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, "pktcraft.complete");
  reading = lua_isfunction(L, 2) ? L : NULL;
  line = readline(prompt);
  reading = NULL;
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
  rl_attempted_completion_function = complete_word;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft.complete");
  if (lua_pcall(L, 1, 1, 0) == LUA_OK)
    lua_setfield(L, LUA_REGISTRYINDEX, "pktcraft.complete");
  else
    lua_pop(L, 1);
  return 1;
}
