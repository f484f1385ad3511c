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
*/
static inline const luamem_Area *mem_toarea (lua_State *L, int idx) {
  const luamem_Area *area = (const luamem_Area *)lua_touserdata(L, idx);
  if (area == NULL || !lua_getmetatable(L, idx)) return NULL;
  if (!lua_rawequal(L, -1, lua_upvalueindex(1)) && !lua_rawequal(L, -1, lua_upvalueindex(2)))
    area = NULL;
  lua_pop(L, 1);
  return area;
}

int mem_pack (lua_State *L);
int mem_unpack (lua_State *L);

#endif
