/*
** llayfields.h: what a layout says of itself, as Lua tables.
*/
#ifndef llayfields_h
#define llayfields_h

#include <stdint.h>

#include <lua.h>

#include "layout.h"

/* [-0, +1, m] Pushes a list of the fields, offsets counted from bit `base`. */
void layfields_push (lua_State *L, const pk_Layout *l, uint64_t base);

/* [-0, +0, m] Adds what the layout as a whole says to the table on the top. */
void layfields_putlayout (lua_State *L, const pk_Layout *l);

#endif
