/*
** llaybind.h: bindings of a Lua state: those of its registry, and those that a capture has of its own, which
** stand before the registry's.
*/
#ifndef llaybind_h
#define llaybind_h

#include <stdint.h>

#include <lua.h>

#include "bind.h"

/*
** A userdata. Invariant: `bindings` says what the list of `base` and then its own say. User values: 1 what is
** kept alive, 2 the list, 3 the bindings' block, 4 the base, 5 a weak table of those that stand on it.
*/
typedef struct Binds {
  const pk_Bindings *bindings;
  unsigned version; /* changes with them */
  const struct Binds *base; /* or NULL */
  pk_Binding *list;
  uint32_t n, max;
} Binds;

/* [-0, +1, m] Pushes new ones, that stand on those at `base` (0: on none); not built yet. */
Binds *laybinds_push (lua_State *L, int base);

/* [-0, +0, m] Keeps the value at `idx` alive as long as the bindings at `binds`. */
void laybinds_keep (lua_State *L, int binds, int idx);

/* [-0, +0, e] Room for `n` more. */
void laybinds_reserve (lua_State *L, int binds, uint32_t n);

/* Adds one, for which there is room; laybinds_build is to follow. `space` is kept. */
void laybinds_add (Binds *b, const char *space, int64_t min, int64_t max, const pk_Layout *l);

/* [-0, +0, m] Makes the bindings anew, and those that stand on them. */
void laybinds_build (lua_State *L, int binds);

/* [-0, +0, e] bind(space, value, layout) and unbind(space, value), with arguments from `arg` on. */
void laybinds_bind (lua_State *L, int binds, int arg);
void laybinds_unbind (lua_State *L, int binds, int arg);

#endif
