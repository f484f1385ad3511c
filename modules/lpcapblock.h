/*
** lpcapblock.h: blocks of pcapng files as tables.
*/
#ifndef lpcapblock_h
#define lpcapblock_h

#include <lua.h>
#include <lauxlib.h>

#include "savefile.h"
#include "writer.h"

/* [-0, +1, v] Pushes a block as a table; `r` is its reader. */
void pcapblock_push (lua_State *L, const pk_Reader *r, const pk_Block *block);

/* [-0, +1, m] Pushes an interface as a table. */
void pcapblock_pushinterface (lua_State *L, const pk_Reader *r, const pk_Interface *i);

/* [-0, +1, v] Pushes the options of the interface that the table at `t` describes, and fills it in. */
void pcapblock_tointerface (lua_State *L, int t, pk_Interface *i, int swapped);

/* [-0, +1, v] Writes the block that the table at `t` is: 0 or -1. */
int pcapblock_write (lua_State *L, int t, pk_Writer *w);

#endif
