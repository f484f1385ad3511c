/*
** lnetns.h: network namespaces, as Lua objects.
*/
#ifndef lnetns_h
#define lnetns_h

#include <lua.h>

/* [-0, +0, m] Makes their class. */
void lnetns_open (lua_State *L);

/* namespace([name]): a new network namespace, or that which ip-netns(8) knows by the name; nil and a message */
int lnetns_new (lua_State *L);

#endif
