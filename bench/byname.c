/*
** byname.c: libluamemlib as it is, but for knowing types by metatables that stand in the registry under
** names, as luaL_checkudata does.
*/
#include "lmemlib.h"

#define LUAMEM_GETAREA

static const char *const names[] = {NULL, "memory, allocated", "memory, reference"};

static luamem_Area *getarea (lua_State *L, int idx, int *type) {
  void *ud = luaL_testudata(L, idx, names[LUAMEM_TALLOC]);
  *type = LUAMEM_TALLOC;
  if (ud == NULL) {
    ud = luaL_testudata(L, idx, names[LUAMEM_TREF]);
    *type = ud != NULL ? LUAMEM_TREF : LUAMEM_TNONE;
  }
  return (luamem_Area *)ud;
}

#define luamem_pushmetatable pushmarked
#include "lmemlib.c"
#undef luamem_pushmetatable

/* The same metatables, under their names too. */
void luamem_pushmetatable (lua_State *L, int type) {
  pushmarked(L, type);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, names[type]);
}
