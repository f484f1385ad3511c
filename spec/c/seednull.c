/* The library example of the seed document: strings and memories by the same code. */
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#ifndef DISABLE_LUAMEMORY
#include <lmemlib.h>
#else
#define luamem_checkstring luaL_checklstring
#endif

#ifndef NULLMODULE
#define NULLMODULE luaopen_seednull
#endif

static int lmem_isnull (lua_State *L) {
  size_t sz;
  const char *data = luamem_checkstring(L, 1, &sz);
  lua_pushboolean(L, memchr(data, 0, sz) != NULL);
  return 1;
}

#ifndef DISABLE_LUAMEMORY
static int lmem_setnull (lua_State *L) {
  size_t sz;
  char *data = luamem_checkmemory(L, 1, &sz);
  memset(data, 0, sz);
  return 0;
}
#endif

static const luaL_Reg lib[] = {
  {"isnull", lmem_isnull},
#ifndef DISABLE_LUAMEMORY
  {"setnull", lmem_setnull},
#endif
  {NULL, NULL}
};

int NULLMODULE (lua_State *L);
int NULLMODULE (lua_State *L) {
  luaL_newlib(L, lib);
  return 1;
}
