/*
** lpcapmod.h: what captures (lpcapmod.c) and outputs (lpcapout.c) share.
*/
#ifndef lpcapmod_h
#define lpcapmod_h

#include <stdatomic.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lpkaux.h"
#include "savefile.h"

#define CAPTURE_META "pktcraft.capture" /* the metatable in the registry, */
#define NIC_META "pktcraft.interface"   /* and that of captures that are interfaces: lnic.c */

typedef struct Capture {
  pk_Reader reader;
  const luamem_Area *memory; /* lent to, kept by the user value; or NULL */
  char *lent;                /* the address that it was given */
  unsigned gen;              /* and its generation since */
  const struct Binds *binds; /* of its own, user value 2; or NULL */
  pk_Frame frame;            /* what was read last, */
  int there;                 /* if it is there still */
  int override;              /* its options are those of user value 4 instead */
  uint32_t shown;            /* interfaces in the list of user value 3 */
  unsigned touched;          /* changes whenever the frame that was read last may go */
  pk_Watch watch;            /* of its reader, */
  atomic_uint_least64_t *tell; /* of a worker: where its job learns the position; or NULL */
} Capture;

/*
** User values of captures: the memory lent to, bindings, interfaces as tables, options of the frame, the function that
** is told how far it is.
*/
enum { UV_CAPTURE_MEMORY = 1, UV_CAPTURE_BINDS, UV_CAPTURE_INTERFACES, UV_CAPTURE_OPTIONS, UV_CAPTURE_PROGRESS,
       UV_CAPTURE_LAST = UV_CAPTURE_PROGRESS };

static inline int lpcap_loaned (const Capture *c) {
  return c->memory != NULL && c->memory->gen == c->gen && c->memory->data == c->lent;
}

/*
** [-0, +0, v] The capture at `idx`: its metatable is upvalue 1 of all methods, compared by
** address, since they run for each frame.
*/
static inline void *lpcap_self (lua_State *L, int idx) {
  void *self = lua_touserdata(L, idx);
  int same = 0;
  if (self != NULL && lua_getmetatable(L, idx)) {
    same = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
  }
  if (!same) {
    lua_getfield(L, lua_upvalueindex(1), "__name");
    luaL_typeerror(L, idx, lua_tostring(L, -1));
  }
  return self;
}

static inline void lpcap_pushprecision (lua_State *L, pk_Precision precision) {
  lua_pushstring(L, precision == PK_NANO ? "nano" : "micro");
}

/* [-0, +0, -] The capture at `idx`, a file or an interface, or NULL. */
static inline Capture *lpcap_test (lua_State *L, int idx) {
  void *c = luaL_testudata(L, idx, CAPTURE_META);
  return (Capture *)(c != NULL ? c : luaL_testudata(L, idx, NIC_META));
}

/* [-0, +0, v] */
int lpcap_closed (lua_State *L, const Capture *c);

/* [-0, +0, v] It is not an interface whose loop is at work: reading would take the frame away. */
int lpcap_free (lua_State *L, const Capture *c);

/* What compressions are called: by pk_Packing. */
static const char *const lpcap_packings[] = {NULL, "gzip", "zstd", NULL};

/* [-0, +1, m] The table of captures that are open: weak, so that it keeps none. */
static inline void lpcap_pushopen (lua_State *L) {
  if (luaL_getsubtable(L, LUA_REGISTRYINDEX, "pktcraft.captures")) return;
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

/* [-0, +0, v] The string at `arg`, which the system must not see cut. */
static inline const char *lpcap_checkpath (lua_State *L, int arg) {
  size_t len;
  const char *path = luaL_checklstring(L, arg, &len);
  luaL_argcheck(L, strlen(path) == len, arg, "path with zeros");
  return path;
}

/* [-0, +0, m] */
static inline void lpcap_newclass (lua_State *L, const char *key, const char *name, const luaL_Reg *meta,
                      const luaL_Reg *methods, lua_CFunction index) {
  aux_newclass(L, key, name);
  lua_pushvalue(L, -1);
  luaL_setfuncs(L, meta, 1);
  lua_pushvalue(L, -1);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, methods, 1);
  lua_pushcclosure(L, index, 2);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

/* [-0, +0, e] The open capture at `idx`: its class is upvalue 1. */
Capture *lpcap_check (lua_State *L, int idx);

/*
** Methods of captures, whose metatable is upvalue 1: frames(m), bind(space, value, layout), unbind(space, value), close();
** and __index, upvalue 2 being the methods.
*/
int lpcap_frames (lua_State *L);
int lpcap_bind (lua_State *L);
int lpcap_unbind (lua_State *L);
int lpcap_close (lua_State *L);
int lpcap_index (lua_State *L);

/* [-0, +1, m] A capture that is closed, of that class. */
Capture *lpcap_new (lua_State *L, const char *meta);

/* [-0, +0, v] There is a memory at `arg` that frames can be lent to. */
void lpcap_checkref (lua_State *L, int arg);

/* [-0, +0, -] Lends the frame that was read last to the memory at `m`, a reference; the capture is at `cap`. */
void lpcap_lend (lua_State *L, Capture *c, int cap, int m);

/* Empties what was lent. */
void lpcap_revoke (Capture *c);

struct Sieve;

/*
** [-0, +0, e] Reads the next frame that a sieve (NULL: any) takes, c->frame, and lends it to the memory that has the
** loan. 1; 0 at the end, -1 on an error and PK_INTERRUPTED (go on by lpcap_step), the memory then being empty and the
** loan ended.
*/
int lpcap_renew (lua_State *L, Capture *c, struct Sieve *s);

/* [-0, +0, e] The same, but lends it to the memory at `m`, the capture being at `cap`. 1, 0 or -1. */
int lpcap_step (lua_State *L, Capture *c, struct Sieve *s, int cap, int m);

/* [-0, +0, e] The same, but lends it to none. */
int lpcap_skip (lua_State *L, Capture *c, struct Sieve *s);

/* [-0, +0, e] A signal came: a hook that its handler has set runs with the next call, and may raise. */
void lpcap_interrupted (lua_State *L);

/*
** [-0, +0, e] Reading has stopped: for a signal, as above, or to tell how far it is, by a function that may do
** anything: close the capture, or read on, but what it was lent is gone then.
*/
void lpcap_paused (lua_State *L, Capture *c);

/* [-0, +0, e] The same where reading is slow: if it is time to tell. */
static inline void lpcap_maytell (lua_State *L, Capture *c) {
  if (c->reader.watch != NULL && pk_watch_isdue(c->reader.watch)) lpcap_paused(L, c);
}

/* [-0, +1, m] Pushes the options of the frame that was read last, as bytes in its byte order. */
void lpcap_pushoptions (lua_State *L, int cap, const Capture *c);

/* [-0, +0, m] Has the outputs of this state closed with it. */
void pcapout_open (lua_State *L);

/* create(path [, options]): output, or nil and a message */
int pcapout_create (lua_State *L);

#endif
