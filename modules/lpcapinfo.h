/*
** lpcapinfo.h: the options of pcap.create: what file is to be written.
*/
#ifndef lpcapinfo_h
#define lpcapinfo_h

#include <lua.h>
#include <lauxlib.h>

#include "lpcapmod.h"
#include "writer.h"

/*
** [-0, +0, e] Takes what the options at index 2, a table or nothing, ask for, the path being at index 1. The
** capture that a pcapng file mirrors, or NULL. At index 3 then is the value of option `like`: what is taken of a
** capture points into it.
*/
const Capture *pcapinfo_get (lua_State *L, pk_FileInfo *o);

#endif
