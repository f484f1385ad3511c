/*
** lnic.c: interfaces of module `pktcraft.pcap`: captures whose frames come from a network interface or TAP device,
** and which send.
*/
#include <math.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lnic.h"
#include "lnicsend.h"
#include "lpcapmod.h"
#include "lpcappackets.h"
#include "lstop.h"
#include "nic.h"

static const char nicname[] = "interface";

/* [-0, +0, v] The open interface at `idx`, be its loop at work. */
Capture *lnic_check (lua_State *L, int idx) {
  Capture *c = (Capture *)lpcap_self(L, idx);
  if (!c->reader.open) luaL_error(L, "attempt to use a closed interface");
  return c;
}

/* --- reading */

/* The end, by pk_clock(), of so many seconds from now on. */
static int64_t until_of (lua_Number seconds) {
  return seconds < 1e9 ? pk_clock() + (int64_t)(seconds * 1e9) : INT64_MAX;
}

int64_t lnic_until (lua_State *L, int arg) {
  lua_Number seconds;
  if (lua_isnoneornil(L, arg)) return INT64_MAX;
  seconds = luaL_checknumber(L, arg);
  luaL_argcheck(L, seconds >= 0, arg, "seconds expected");
  return until_of(seconds);
}

/* nic:next(m [, seconds]): time, wire length and interface; nil and "timeout", or a message */
static int nic_next (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  int got;
  lpcap_checkref(L, 2);
  c->reader.until = lnic_until(L, 3);
  c->reader.sure = 1;
  got = lpcap_step(L, c, NULL, 1, 2);
  if (got <= 0) return lnic_fail(L, got == 0 ? "timeout" : c->reader.err);
  lua_pushinteger(L, c->frame.time);
  lua_pushinteger(L, c->frame.wirelen);
  lua_pushinteger(L, (lua_Integer)c->frame.interface + 1);
  return 3;
}

/* for pkt in nic:packets([filter [, seconds]]) do */
static int nic_packets (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  c->reader.until = lnic_until(L, 3);
  c->reader.sure = lua_tonumber(L, 3) == 0; /* what is there, then */
  return lpcap_packets(L);
}

/* for a, b in nic:fields([filter,] name, ...) do */
static int nic_fields (lua_State *L) {
  lpcap_check(L, 1)->reader.until = INT64_MAX;
  return lpcap_fields(L);
}

/* for time, wirelen in nic:frames(m) do */
static int nic_frames (lua_State *L) {
  lpcap_check(L, 1)->reader.until = INT64_MAX;
  return lpcap_frames(L);
}

/* A loop that is at work. */
typedef struct Loop {
  lua_State *L; /* with the interface at 1, the function at 2, the memory at 3 */
  Capture *c;
  lua_Integer n, most;
  int64_t until;
  int hurry;   /* it may be over while frames come */
  int stopped; /* the function said so */
  int status;  /* of its call: an error is at the top */
} Loop;

/* A frame where it lies: 1, or 0: no more. */
static int loop_frame (void *arg, const pk_Frame *frame) {
  Loop *lp = (Loop *)arg;
  lua_State *L = lp->L;
  Capture *c = lp->c;
  c->frame = *frame;
  c->reader.frames++;
  c->touched++;
  lpcap_lend(L, c, 1, 3);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 3);
  lua_pushinteger(L, frame->time);
  lua_pushinteger(L, frame->wirelen);
  lp->status = lua_pcall(L, 3, 1, 0); /* an error must not jump over libpcap */
  lpcap_revoke(c);
  if (lp->status != LUA_OK) return 0;
  lp->n++;
  lp->stopped = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
  lua_pop(L, 1);
  if (lp->hurry && pk_clock() >= lp->until) return 0;
  return !lp->stopped && lp->n < lp->most && !lstop_signalled();
}

/* loop(nic, f, m, Loop): count and why; or nil and a message; may raise */
static int loop_body (lua_State *L) {
  Loop *lp = (Loop *)lua_touserdata(L, 4);
  const Capture *c = lp->c;
  pk_Nic *nic = c->reader.nic;
  char err[PK_ERRSIZE];
  const char *why = NULL;
  lp->L = L;
  lpcap_revoke(lp->c); /* what it has lent */
  while (why == NULL) {
    int got = 0;
    if (!c->reader.open) return lpcap_closed(L, c); /* by what was called between frames */
    lpcap_free(L, c);
    if (lp->n < lp->most) {
      nic->giving = 1;
      got = nic->ops->give(nic, loop_frame, lp, err);
      nic->giving = 0;
    }
    if (lp->status != LUA_OK) return lua_error(L);
    if (got < 0) return lnic_fail(L, err);
    if (lstop_signalled())
      why = "interrupted";
    else if (lp->stopped)
      why = "stopped";
    else if (lp->n >= lp->most)
      why = "count";
    else if (got == 0)
      got = pk_nic_wait(nic, lp->until);
    else if (lp->until < INT64_MAX && pk_clock() >= lp->until)
      got = 0;
    if (why == NULL && got == 0) why = "timeout";
    if (got < 0) lpcap_interrupted(L);
  }
  lua_pushinteger(L, lp->n);
  lua_pushstring(L, why);
  return 2;
}

/* nic:loop(f [, options]): calls f(m, time, wirelen) for each frame: how many, and why it ended */
static int nic_loop (lua_State *L) {
  static const char *const known[] = {"count", "seconds", NULL};
  Capture *c = lpcap_check(L, 1);
  Loop lp;
  lua_Number seconds;
  int status;
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lnic_options(L, 3, known);
  memset(&lp, 0, sizeof(lp));
  lp.c = c;
  lp.most = lnic_integer(L, 3, "count", (lua_Integer)9e15, 0, (lua_Integer)9e15);
  seconds = lnic_number(L, 3, "seconds", HUGE_VAL, 0, HUGE_VAL);
  lp.until = until_of(seconds);
  lp.hurry = seconds > 0 && lp.until < INT64_MAX; /* 0: those that are there */
  lua_settop(L, 2);
  lua_pushcfunction(L, loop_body);
  lua_insert(L, 1);
  lua_pushvalue(L, 2); /* keeps it */
  lua_insert(L, 1);
  luamem_newref(L);
  lua_pushlightuserdata(L, &lp);
  luaL_checkstack(L, 20, NULL);
  lstop_begin();
  status = lua_pcall(L, 4, LUA_MULTRET, 0);
  lstop_end();
  if (c->reader.nic != NULL) c->reader.nic->giving = 0;
  if (status != LUA_OK) return lua_error(L);
  return lua_gettop(L) - 1;
}

/* --- what it is */

/* nic:setfilter(expression): true, or nil and libpcap's message */
static int nic_setfilter (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  const char *expression = lpcap_checkpath(L, 2);
  char err[PK_ERRSIZE];
  lpcap_check(L, 1); /* a number became a string: a finalizer may have closed it */
  if (c->reader.nic->ops->setfilter(c->reader.nic, expression, err) < 0) return lnic_fail(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

static void set_count (lua_State *L, const char *name, uint64_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, name);
}

/* nic:stats(): counts by name */
static int nic_stats (lua_State *L) {
  Capture *c = lnic_check(L, 1);
  char err[PK_ERRSIZE];
  pk_NicStats s;
  if (c->reader.nic->ops->stats(c->reader.nic, &s, err) < 0) return lnic_fail(L, err);
  lua_createtable(L, 0, 5);
  set_count(L, "received", s.received);
  set_count(L, "dropped", s.dropped);
  set_count(L, "ifdropped", s.ifdropped);
  set_count(L, "sent", s.sent);
  set_count(L, "sentbytes", s.sentbytes);
  return 1;
}

/* nic:getfd(), nic:dirty(): for select */
static int nic_getfd (lua_State *L) {
  const Capture *c = (const Capture *)lpcap_self(L, 1);
  lua_pushinteger(L, c->reader.open ? c->reader.nic->fd : -1);
  return 1;
}

/* nic:dirty() */
static int nic_dirty (lua_State *L) {
  const Capture *c = lnic_check(L, 1);
  lua_pushboolean(L, c->reader.nic->ops->dirty(c->reader.nic));
  return 1;
}

static int nic_tostring (lua_State *L) {
  const Capture *c = (const Capture *)lpcap_self(L, 1);
  lua_pushfstring(L, "interface (%s)", c->reader.open ? c->reader.name : "closed");
  return 1;
}

/* Methods, and what is known of it. */
static int nic_index (lua_State *L) {
  const Capture *c = (const Capture *)lpcap_self(L, 1);
  const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  const pk_Nic *nic = c->reader.nic;
  if (strcmp(key, "mac") == 0) {
    if (nic == NULL || !nic->hasmac) return 0;
    lnic_pushmac(L, nic->mac);
    return 1;
  }
  if (strcmp(key, "mtu") == 0) {
    if (nic == NULL || nic->mtu == 0) return 0;
    lua_pushinteger(L, nic->mtu);
    return 1;
  }
  return lpcap_index(L);
}

static const luaL_Reg nicmethods[] = {
  {"next", nic_next},
  {"frames", nic_frames},
  {"packets", nic_packets},
  {"fields", nic_fields},
  {"loop", nic_loop},
  {"send", lnic_send},
  {"sendall", lnic_sendall},
  {"stats", nic_stats},
  {"setfilter", nic_setfilter},
  {"getfd", nic_getfd},
  {"dirty", nic_dirty},
  {"bind", lpcap_bind},
  {"unbind", lpcap_unbind},
  {"close", lpcap_close},
  {NULL, NULL}
};

static const luaL_Reg nicmeta[] = {
  {"__gc", lpcap_close},
  {"__close", lpcap_close},
  {"__tostring", nic_tostring},
  {NULL, NULL}
};

void lnic_open (lua_State *L) {
  lpcap_newclass(L, NIC_META, nicname, nicmeta, nicmethods, nic_index);
  lnicsend_open(L);
}
