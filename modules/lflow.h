/*
** lflow.h: conversations as Lua objects: of packet.flows (lflow.c) and packet.streams (lstream.c).
*/
#ifndef lflow_h
#define lflow_h

#include <lua.h>
#include <lauxlib.h>

#include "flow.h"

/* An object of a conversation: it shows that in the table, and what was last known once it has gone from there. */
typedef struct LFlow {
  const pk_Flow *flow; /* or NULL: gone */
  pk_Flow kept;
} LFlow;

/* [-0, +1, m] Pushes an object of none yet: whatever allocates may run a finalizer, so it is made first. */
LFlow *lflow_pushspare (lua_State *L);

/*
** [-0, +1, -] Pushes the object of a conversation, the same each time: 1; when it had none, that at `spare`: 2. The table
** of them, by slot, is at `objects`. No finalizer runs.
*/
int lflow_push (lua_State *L, int objects, const pk_Flow *f, int spare);

/* [-0, +0, -] The conversation goes: its object, if there is one, keeps what is known. */
void lflow_drop (lua_State *L, int objects, const pk_Flow *f);

/* [-0, +0, m] All go. */
void lflow_dropall (lua_State *L, int objects);

/* [-0, +0, v] The option of that name of the table at `arg`: seconds as ns, a size; `def` when there is none. */
int64_t lflow_seconds (lua_State *L, int arg, const char *name, int64_t def);
lua_Integer lflow_size (lua_State *L, int arg, const char *name, lua_Integer def, lua_Integer max);

/* [-0, +1, v] Pushes the function of that name of the table at `arg`, or nil. */
void lflow_function (lua_State *L, int arg, const char *name);

/* A number that scripts do not know, by which tables of this state are hashed. */
uint64_t lflow_seed (lua_State *L);

/* flows([options]): lflow.c; streams(options): lstream.c; defragment([options]): ldefrag.c; pkt:fragments(mtu): lfragment.c */
int lflow_new (lua_State *L);
int lstream_new (lua_State *L);
int ldefrag_new (lua_State *L);
int lfragment_cut (lua_State *L);

/* [-0, +0, m] Make the classes. */
void lflow_open (lua_State *L);
void lstream_open (lua_State *L);
void ldefrag_open (lua_State *L);

#endif
