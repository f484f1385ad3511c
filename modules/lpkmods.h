/*
** lpkmods.h: the modules in pktcraft.so, by the names under which Lua's all-in-one loader asks.
*/
#ifndef lpkmods_h
#define lpkmods_h

#include <lua.h>

#include "api.h"

PK_API int luaopen_pktcraft_checksum (lua_State *L);
PK_API int luaopen_pktcraft_filter (lua_State *L);
PK_API int luaopen_pktcraft_layout (lua_State *L);
PK_API int luaopen_pktcraft_packet (lua_State *L);
PK_API int luaopen_pktcraft_pcap (lua_State *L);
PK_API int luaopen_pktcraft_terminal (lua_State *L);

#endif
