/*
** lmempack.h: memory.pack and memory.unpack, the formats of string.pack over memories.
*/
#ifndef lmempack_h
#define lmempack_h

#include <lua.h>

int mem_pack (lua_State *L);
int mem_unpack (lua_State *L);

#endif
