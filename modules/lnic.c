/*
** lnic.c: interfaces of module `pktcraft.pcap`: captures whose frames come from a network interface or TAP device,
** and which send.
**
** What opens them is in pktcraft_live.so, the only one that is linked to libpcap. It leaves its functions in the
** registry, where no script can reach them.
*/
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include <lua.h>
#include <lauxlib.h>

#include "live.h"
#include "lmemlib.h"
#include "lnic.h"
#include "lnicsend.h"
#include "lpcapmod.h"
#include "lpcappackets.h"
#include "lstop.h"
#include "nic.h"

static const char nicname[] = "interface";

/*
** Bytes in which the system keeps frames until they are read. libpcap's default, 2 MiB, has room for 32 of them where
** each is given at once: each then takes as much as the longest.
*/
#define BUFFER (8 * 1024 * 1024)

/* [-0, +0, v] The open interface at `idx`, be its loop at work. */
Capture *lnic_check (lua_State *L, int idx) {
  Capture *c = (Capture *)lpcap_self(L, idx);
  if (!c->reader.open) luaL_error(L, "attempt to use a closed interface");
  return c;
}

/* [-0, +0, e] */
static const pk_LiveApi *get_api (lua_State *L) {
  const pk_LiveApi *api;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft_live");
  lua_call(L, 1, 0);
  if (lua_getfield(L, LUA_REGISTRYINDEX, "pktcraft.live") != LUA_TLIGHTUSERDATA)
    luaL_error(L, "module 'pktcraft_live' is not pktcraft's");
  api = (const pk_LiveApi *)lua_touserdata(L, -1);
  lua_pop(L, 1);
  return api;
}

/* nil and a message */
static int fail (lua_State *L, const char *err) {
  luaL_pushfail(L);
  lua_pushstring(L, err);
  return 2;
}

/* --- options */

static int option_boolean (lua_State *L, int t, const char *name, int def) {
  int value = def;
  if (lua_getfield(L, t, name) != LUA_TNIL) {
    if (!lua_isboolean(L, -1)) luaL_error(L, "option '%s': boolean expected", name);
    value = lua_toboolean(L, -1);
  }
  lua_pop(L, 1);
  return value;
}

static lua_Number option_number (lua_State *L, int t, const char *name, lua_Number def, lua_Number min, lua_Number max) {
  lua_Number value = def;
  if (lua_getfield(L, t, name) != LUA_TNIL) {
    if (lua_type(L, -1) != LUA_TNUMBER) luaL_error(L, "option '%s': number expected", name);
    value = lua_tonumber(L, -1);
    if (!(min <= value && value <= max)) luaL_error(L, "option '%s' out of range", name);
  }
  lua_pop(L, 1);
  return value;
}

static lua_Integer option_integer (lua_State *L, int t, const char *name, lua_Integer def, lua_Integer min, lua_Integer max) {
  const lua_Number value = option_number(L, t, name, (lua_Number)def, (lua_Number)min, (lua_Number)max);
  if (value != (lua_Number)(lua_Integer)value) luaL_error(L, "option '%s': integer expected", name);
  return (lua_Integer)value;
}

/* One of some words: its place, or -1. */
static int option_word (lua_State *L, int t, const char *name, const char *const *words) {
  int k = -1;
  if (lua_getfield(L, t, name) != LUA_TNIL) {
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    for (k = 0; words[k] != NULL && strcmp(words[k], word) != 0; k++);
    if (words[k] == NULL) luaL_error(L, "option '%s': '%s', '%s' or the like expected", name, words[0], words[1]);
  }
  lua_pop(L, 1);
  return k;
}

/* [-0, +1, v] A text without zeros, which is left on the stack; or NULL. */
static const char *option_text (lua_State *L, int t, const char *name) {
  const char *text = NULL;
  if (lua_getfield(L, t, name) != LUA_TNIL) {
    size_t len;
    if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "option '%s': string expected", name);
    text = lua_tolstring(L, -1, &len);
    if (strlen(text) != len) luaL_error(L, "option '%s' with zeros", name);
  }
  return text;
}

/* [-0, +0, v] The options at `arg`, which become a table of known ones without a metatable: reading them runs no Lua. */
static void check_options (lua_State *L, int arg, const char *const *known) {
  lua_settop(L, arg);
  lua_newtable(L);
  if (!lua_isnil(L, arg)) {
    aux_checkknown(L, arg, known);
    for (lua_pushnil(L); lua_next(L, arg);) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, arg + 1);
    }
  }
  lua_replace(L, arg);
}

/* --- opening */

/* [-0, +k, e] A new interface; or nil and a message. */
static int begin (lua_State *L, Capture *c, pk_Nic *nic, const char *err) {
  if (nic == NULL) return fail(L, err);
  if (pk_reader_opennic(&c->reader, nic) < 0) return fail(L, c->reader.err);
  return 1;
}

/* live(name [, options]) */
int lnic_live (lua_State *L) {
  static const char *const known[] = {"snaplen", "promiscuous", "timeout", "immediate", "buffer", "filter", "direction",
                                      "precision", "monitor", "linktype", NULL};
  static const char *const directions[] = {"inout", "in", "out", NULL}, *const precisions[] = {"micro", "nano", NULL};
  const char *name = lpcap_checkpath(L, 1);
  const pk_LiveApi *api;
  pk_LiveOptions o;
  char err[PK_ERRSIZE];
  Capture *c;
  int k;
  check_options(L, 2, known);
  memset(&o, 0, sizeof(o));
  o.snaplen = (uint32_t)option_integer(L, 2, "snaplen", PK_SNAPLEN_MAX, 1, PK_SNAPLEN_MAX);
  o.buffer = (uint32_t)option_integer(L, 2, "buffer", BUFFER, 1, INT32_MAX);
  o.timeout = (int)(option_number(L, 2, "timeout", 0.01, 0.001, 3600) * 1000);
  o.promiscuous = option_boolean(L, 2, "promiscuous", 1);
  o.immediate = option_boolean(L, 2, "immediate", 0);
  o.monitor = option_boolean(L, 2, "monitor", 0);
  o.linktype = (int64_t)option_integer(L, 2, "linktype", -1, 0, 0xffff);
  o.direction = (k = option_word(L, 2, "direction", directions)) >= 0 ? (pk_Direction)k : PK_INOUT;
  o.precision = (k = option_word(L, 2, "precision", precisions)) >= 0 ? (pk_Precision)k : PK_NANO;
  o.filter = option_text(L, 2, "filter");
  api = get_api(L);
  c = lpcap_new(L, NIC_META);
  return begin(L, c, api->open(name, &o, err), err);
}

/* tap([name [, options]]) */
int lnic_tap (lua_State *L) {
  static const char *const known[] = {"mode", "up", "mtu", "mac", "filter", NULL};
  static const char *const modes[] = {"tap", "tun", NULL};
  const char *name = lua_isnoneornil(L, 1) ? NULL : lpcap_checkpath(L, 1), *mac;
  const pk_LiveApi *api;
  pk_TapOptions o;
  char err[PK_ERRSIZE];
  Capture *c;
  if (lua_isnone(L, 1)) lua_settop(L, 1);
  check_options(L, 2, known);
  memset(&o, 0, sizeof(o));
  o.tun = option_word(L, 2, "mode", modes) == 1;
  o.up = option_boolean(L, 2, "up", 1);
  o.mtu = (uint32_t)option_integer(L, 2, "mtu", 0, 68, 65521);
  if ((mac = option_text(L, 2, "mac")) != NULL) {
    o.hasmac = 1;
    if (o.tun) return luaL_error(L, "option 'mac': a TUN device has none");
    if (!lnic_tomac(mac, o.mac)) return luaL_error(L, "option 'mac': no such address '%s'", mac);
  }
  o.filter = option_text(L, 2, "filter");
  api = get_api(L);
  c = lpcap_new(L, NIC_META);
  return begin(L, c, api->tap(name, &o, err), err);
}

/* --- the interfaces that there are */

/* [-0, +0, m] Sets in the table at the top an address as text. */
static void set_address (lua_State *L, const char *name, int family, const uint8_t *bytes) {
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(family, bytes, text, sizeof(text)) == NULL) return;
  lua_pushstring(L, text);
  lua_setfield(L, -2, name);
}

static void set_boolean (lua_State *L, const char *name, int value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

static void push_device (lua_State *L, const pk_Device *d) {
  size_t k;
  lua_createtable(L, 0, 8);
  lua_pushstring(L, d->name);
  lua_setfield(L, -2, "name");
  lua_pushstring(L, d->description);
  lua_setfield(L, -2, "description");
  set_boolean(L, "up", d->up);
  set_boolean(L, "running", d->running);
  set_boolean(L, "loopback", d->loopback);
  set_boolean(L, "wireless", d->wireless);
  if (d->mtu > 0) {
    lua_pushinteger(L, d->mtu);
    lua_setfield(L, -2, "mtu");
  }
  if (d->hasmac) {
    lnic_pushmac(L, d->mac);
    lua_setfield(L, -2, "mac");
  }
  lua_createtable(L, (int)d->naddresses, 0);
  for (k = 0; k < d->naddresses; k++) {
    const pk_DeviceAddress *a = &d->addresses[k];
    lua_createtable(L, 0, 4);
    set_address(L, "address", a->family, a->address);
    if (a->hasnetmask) set_address(L, "netmask", a->family, a->netmask);
    if (a->hasbroadcast) set_address(L, "broadcast", a->family, a->broadcast);
    if (a->hasdestination) set_address(L, "destination", a->family, a->destination);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  lua_setfield(L, -2, "addresses");
}

/* push_devices(devices): a list; may raise for lack of memory */
static int push_devices (lua_State *L) {
  const pk_Devices *d = (const pk_Devices *)lua_touserdata(L, 1);
  size_t k;
  lua_createtable(L, (int)d->n, 0);
  for (k = 0; k < d->n; k++) {
    push_device(L, &d->list[k]);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  return 1;
}

int lnic_interfaces (lua_State *L) {
  const pk_LiveApi *api = get_api(L);
  char err[PK_ERRSIZE];
  pk_Devices d;
  int status;
  if (api->devices(&d, err) < 0) {
    api->freedevices(&d);
    return fail(L, err);
  }
  lua_pushcfunction(L, push_devices);
  lua_pushlightuserdata(L, &d);
  status = lua_pcall(L, 1, 1, 0);
  api->freedevices(&d);
  return status == LUA_OK ? 1 : lua_error(L);
}

/* --- reading */

/* The end, by pk_clock(), of so many seconds from now on. */
static int64_t until_of (lua_Number seconds) {
  return seconds < 1e9 ? pk_clock() + (int64_t)(seconds * 1e9) : INT64_MAX;
}

/* [-0, +0, v] The same of an argument; for ever if there is none. */
static int64_t opt_until (lua_State *L, int arg) {
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
  c->reader.until = opt_until(L, 3);
  c->reader.sure = 1;
  got = lpcap_step(L, c, NULL, 1, 2);
  if (got <= 0) return fail(L, got == 0 ? "timeout" : c->reader.err);
  lua_pushinteger(L, c->frame.time);
  lua_pushinteger(L, c->frame.wirelen);
  lua_pushinteger(L, (lua_Integer)c->frame.interface + 1);
  return 3;
}

/* for pkt in nic:packets([filter [, seconds]]) do */
static int nic_packets (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  c->reader.until = opt_until(L, 3);
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
    if (got < 0) return fail(L, err);
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

/* nic:loop(f [, {count =, seconds =}]): calls f(m, time, wirelen) for each frame: how many, and why it ended */
static int nic_loop (lua_State *L) {
  static const char *const known[] = {"count", "seconds", NULL};
  Capture *c = lpcap_check(L, 1);
  Loop lp;
  lua_Number seconds;
  int status;
  luaL_checktype(L, 2, LUA_TFUNCTION);
  check_options(L, 3, known);
  memset(&lp, 0, sizeof(lp));
  lp.c = c;
  lp.most = option_integer(L, 3, "count", (lua_Integer)9e15, 0, (lua_Integer)9e15);
  seconds = option_number(L, 3, "seconds", HUGE_VAL, 0, HUGE_VAL);
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
  if (c->reader.nic->ops->setfilter(c->reader.nic, expression, err) < 0) return fail(L, err);
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
  if (c->reader.nic->ops->stats(c->reader.nic, &s, err) < 0) return fail(L, err);
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

/* clock([which]): ns of a clock that nobody sets, or "real": since the epoch */
int lnic_clock (lua_State *L) {
  struct timespec ts;
  const char *which = luaL_optstring(L, 1, "monotonic");
  if (strcmp(which, "monotonic") != 0 && strcmp(which, "real") != 0)
    return luaL_argerror(L, 1, "'monotonic' or 'real' expected");
  clock_gettime(which[0] == 'r' ? CLOCK_REALTIME : CLOCK_MONOTONIC, &ts);
  lua_pushinteger(L, (lua_Integer)ts.tv_sec * 1000000000 + ts.tv_nsec);
  return 1;
}

/* --- waiting for several */

/* [-0, +1, e] Pushes what method `name` of the value at `idx` gives, or nil: it has none. */
static void ask (lua_State *L, int idx, const char *name) {
  const int isobject = lua_istable(L, idx) || luaL_getmetafield(L, idx, "__index") != LUA_TNIL;
  if (!isobject) lua_pushnil(L);
  if (!isobject || lua_getfield(L, idx, name) == LUA_TNIL) return;
  lua_pushvalue(L, idx);
  lua_call(L, 1, 1);
}

/* wait(list [, seconds]): a list of those that there may be something to be read of; empty when the time is over */
int lnic_wait (lua_State *L) {
  const int64_t until = opt_until(L, 2);
  struct pollfd *fds;
  lua_Integer n, k, number, ready = 0;
  int fd, whole, got = 0;
  luaL_checktype(L, 1, LUA_TTABLE);
  n = luaL_len(L, 1);
  luaL_argcheck(L, n >= 0 && n <= 65536, 1, "too many");
  lua_settop(L, 1);
  fds = (struct pollfd *)lua_newuserdatauv(L, (size_t)(n > 0 ? n : 1) * sizeof(*fds), 0); /* at 2 */
  lua_newtable(L);                                                                   /* at 3 */
  for (k = 0; k < n; k++) {
    lua_geti(L, 1, k + 1);
    ask(L, 4, "getfd");
    number = lua_tointegerx(L, -1, &whole); /* LuaSocket's are floats */
    if (!whole || number > INT_MAX) return luaL_error(L, "element %I has no file descriptor", (LUAI_UACINT)k + 1);
    fd = number < 0 ? -1 : (int)number;
    fds[k].fd = fd;
    fds[k].events = POLLIN;
    fds[k].revents = 0;
    ask(L, 4, "dirty");
    if (fd < 0 || lua_toboolean(L, -1)) { /* what is closed says so when it is read */
      lua_pushvalue(L, 4);
      lua_rawseti(L, 3, ++ready);
      fds[k].fd = -1;
    }
    lua_settop(L, 3);
  }
  for (;;) {
    int64_t left = until == INT64_MAX ? INT64_MAX : until - pk_clock();
    int ms = left >= (int64_t)250 * 1000000 ? 250 : left <= 0 ? 0 : (int)((left + 999999) / 1000000);
    if (ready > 0) ms = 0;
    got = poll(fds, (nfds_t)n, ms);
    if (got > 0 || ready > 0 || (got == 0 && left <= 0)) break;
    lpcap_interrupted(L); /* the system may have been quick: so that a signal just before counts */
  }
  for (k = 0; k < n; k++) {
    if (got <= 0 || fds[k].fd < 0 || fds[k].revents == 0) continue;
    lua_geti(L, 1, k + 1);
    lua_rawseti(L, 3, ++ready);
  }
  lua_settop(L, 3);
  return 1;
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
