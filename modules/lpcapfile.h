/*
** lpcapfile.h: captures as files: methods and functions of module `pktcraft.pcap` (lpcapmod.c).
*/
#ifndef lpcapfile_h
#define lpcapfile_h

#include "lpcapmod.h"

/* open(path [, options]), merge{path, ... [, order = "time" | "files"]}: capture, or nil and a message */
int lpcapfile_open (lua_State *L);
int lpcapfile_merge (lua_State *L);

/* cap:options(), cap:setoptions(t): those of the frame that was read last; cap:blocks() */
int lpcapfile_options (lua_State *L);
int lpcapfile_setoptions (lua_State *L);
int lpcapfile_blocks (lua_State *L);

/* cap:seek(n), cap:tell() */
int lpcapfile_seek (lua_State *L);
int lpcapfile_tell (lua_State *L);

/* [-0, +1, m] The list of interfaces of the capture at 1, to which those that have come up are added. */
void lpcapfile_pushinterfaces (lua_State *L, Capture *c);

#endif
