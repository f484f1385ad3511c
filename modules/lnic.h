/*
** lnic.h: interfaces: the functions live, tap, interfaces, clock and wait of module `pktcraft.pcap` (lpcapmod.c).
*/
#ifndef lnic_h
#define lnic_h

#include <lua.h>

/* [-0, +0, m] Makes the class of interfaces. */
void lnic_open (lua_State *L);

/* live(name [, options]), tap([name [, options]]): interface, or nil and a message */
int lnic_live (lua_State *L);
int lnic_tap (lua_State *L);

/* interfaces(): a list of tables, or nil and a message */
int lnic_interfaces (lua_State *L);

/* clock(["monotonic" | "real"]): ns */
int lnic_clock (lua_State *L);

/* wait(list [, seconds]): those of the list that there is something to be read of */
int lnic_wait (lua_State *L);

#endif
