/*
** lbuild.h: packets from recipes: layouts called with tables of values, joined by `/`.
*/
#ifndef lbuild_h
#define lbuild_h

#include <lua.h>

#include "lview.h"

/*
** [-0, +1, e] Pushes a new memory with the bytes of `n` parts, packets of one layer and strings; the first is at
** `parts`, the next below it.
*/
void lbuild_bytes (lua_State *L, int parts, int n);

/* [-0, +1, e] Pushes layout{fields}, of 1 and 2: a packet of that layer alone, a part of others; their class is at `meta`. */
int lrecipe_part (lua_State *L, const Registry *r, int meta);

/* __div of packets: a packet whose bytes are made when first needed. */
int lrecipe_join (lua_State *L);

/* build(list): a packet of {name, fields} tables, parts and strings: what totable gives */
int lrecipe_list (lua_State *L);

/* [-0, +1, e] Pushes a new memory with the bytes of the packet at `idx`, a recipe; the layout that it begins with. */
const pk_Layout *lrecipe_push (lua_State *L, int idx);

/* packet.gather(pkt, path, tag): lgather.c */
int lgather_call (lua_State *L);

#endif
