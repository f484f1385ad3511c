/*
** lmould.h: packets of one form. Scripts that build many packets by `/` give the same fields of the same
** layers again and again: after a few such packets their bytes are poured from a mould, in which only the
** numbers given, and the sums over them, are put.
*/
#ifndef lmould_h
#define lmould_h

#include <lua.h>

#include "layout.h"

/*
** [-0, +0..1, m] Pushes a new memory with the bytes of the recipe whose `n` parts (as lbuild.c has them) stand
** from `parts` on downwards, if there is a mould that they fit: 1 or 0.
*/
int lmould_pour (lua_State *L, int parts, int n);

/* [-0, +0, m] Tells of a recipe that fitted no mould and has been built: one like it may get a mould. */
void lmould_learn (lua_State *L, int parts, int n);

#endif
