/*
** lrandom.h: random values for layouts, and packets with random faults, from the tables of the protocols. The
** same seed gives the same.
*/
#ifndef lrandom_h
#define lrandom_h

#include <lua.h>

/* layout.random(l [, seed]): a table of values from which a builder makes a layer */
int lrandom_layout (lua_State *L);

/* pkt:fuzz([options]): a copy with faults, and a list of them */
int lrandom_fuzz (lua_State *L);

#endif
