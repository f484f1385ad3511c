/*
** laddrmap.h: packet.addressmap.
*/
#ifndef laddrmap_h
#define laddrmap_h

#include <lua.h>

int laddrmap_new (lua_State *L);

/* [-0, +0, m] Makes the class of address maps. */
void laddrmap_open (lua_State *L);

#endif
