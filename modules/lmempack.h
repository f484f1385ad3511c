/*
** lmempack.h: memory.pack and memory.unpack, the formats of string.pack over memories.
*/
#ifndef lmempack_h
#define lmempack_h

#include <lua.h>

#include "lmemlib.h"

/*
** [-0, +0, -] The Area of the memory at `idx`, or NULL. The functions of module `memory` have the two
** metatables of memories as upvalues 1 and 2, compared by address: a third of what the mark costs.
** mem_pusharea [-0, +0..1, -] may leave a value on the stack, which saves a call.
*/
static inline const luamem_Area *mem_pusharea (lua_State *L, int idx) {
  const luamem_Area *area = (const luamem_Area *)lua_touserdata(L, idx);
  if (area == NULL || !lua_getmetatable(L, idx)) return NULL;
  if (lua_rawequal(L, -1, lua_upvalueindex(1)) || lua_rawequal(L, -1, lua_upvalueindex(2))) return area;
  lua_pop(L, 1);
  return NULL;
}

static inline const luamem_Area *mem_toarea (lua_State *L, int idx) {
  const luamem_Area *area = mem_pusharea(L, idx);
  if (area != NULL) lua_pop(L, 1);
  return area;
}

int mem_pack (lua_State *L);
int mem_unpack (lua_State *L);

#endif
