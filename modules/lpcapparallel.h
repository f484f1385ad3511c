/*
** lpcapparallel.h: captures read by several threads.
*/
#ifndef lpcapparallel_h
#define lpcapparallel_h

#include <lua.h>

/* parallel(path, workers, function [, combine [, out]]): the combined result; or nil and a message */
int lpcap_parallel (lua_State *L);

/* [-0, +0, e] Raises an error in a worker whose job has been given up. */
void lpcapparallel_check (lua_State *L);

#endif
