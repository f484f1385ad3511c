/*
** lnic.h: interfaces: the functions live, tap, interfaces, clock and wait of module `pktcraft.pcap` (lpcapmod.c).
*/
#ifndef lnic_h
#define lnic_h

#include <stdint.h>

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

/* [-0, +2, m] nil and a message: returns 2 */
int lnic_fail (lua_State *L, const char *err);

/* [-0, +0, v] The end, by pk_clock(), of the seconds at `arg` from now on; for ever if there are none. */
int64_t lnic_until (lua_State *L, int arg);

/* [-0, +0, v] The options at `arg`, which become a table of known ones without a metatable: reading them runs no Lua. */
void lnic_options (lua_State *L, int arg, const char *const *known);

/* [-0, +0, v] An option of the table at `t`, or its default. */
lua_Number lnic_number (lua_State *L, int t, const char *name, lua_Number def, lua_Number min, lua_Number max);
lua_Integer lnic_integer (lua_State *L, int t, const char *name, lua_Integer def, lua_Integer min, lua_Integer max);

#endif
