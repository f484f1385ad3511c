/*
** unchecked.c: libluamemlib as it is, but for taking every userdata for a reference: what a check costs
** is measured against it.
*/
#include "lmemlib.h"

#define LUAMEM_GETAREA

static luamem_Area *getarea (lua_State *L, int idx, int *type) {
  *type = LUAMEM_TREF;
  return (luamem_Area *)lua_touserdata(L, idx);
}

#include "lmemlib.c"
