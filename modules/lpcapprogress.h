/*
** lpcapprogress.h: how far captures have been read.
*/
#ifndef lpcapprogress_h
#define lpcapprogress_h

#include "lpcapmod.h"

/* ns between calls, where nothing else is asked for */
#define LPCAP_TELL_EACH 250000000

/* cap:position(): bytes passed, and of how many, or nil */
int lpcapprogress_position (lua_State *L);

/* cap:progress(f [, seconds]): has a function called now and then while it is read; nil: none */
int lpcapprogress_set (lua_State *L);

/* [-0, +0, -] Has the position of a worker's capture be told to its job. */
void lpcapprogress_tell (Capture *c, atomic_uint_least64_t *tell);

/* [-0, +1, m] Pushes a size, nil when it is not known. */
static inline void lpcapprogress_pushsize (lua_State *L, uint64_t size) {
  if (size == PK_SIZE_UNKNOWN)
    lua_pushnil(L);
  else
    lua_pushinteger(L, (lua_Integer)size);
}

#endif
