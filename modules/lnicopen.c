/*
** lnicopen.c: interfaces opened, and listed.
**
** What opens them is in pktcraft_live.so, the only one that is linked to libpcap. It leaves its functions in the
** registry, where no script can reach them.
*/
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "live.h"
#include "lnic.h"
#include "lnicsend.h"
#include "lpcapmod.h"

/*
** Bytes in which the system keeps frames until they are read. libpcap's default, 2 MiB, has room for 32 of them where
** each is given at once: each then takes as much as the longest.
*/
#define BUFFER (8 * 1024 * 1024)

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

int lnic_fail (lua_State *L, const char *err) {
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

lua_Number lnic_number (lua_State *L, int t, const char *name, lua_Number def, lua_Number min, lua_Number max) {
  lua_Number value = def;
  if (lua_getfield(L, t, name) != LUA_TNIL) {
    if (lua_type(L, -1) != LUA_TNUMBER) luaL_error(L, "option '%s': number expected", name);
    value = lua_tonumber(L, -1);
    if (!(min <= value && value <= max)) luaL_error(L, "option '%s' out of range", name);
  }
  lua_pop(L, 1);
  return value;
}

lua_Integer lnic_integer (lua_State *L, int t, const char *name, lua_Integer def, lua_Integer min, lua_Integer max) {
  const lua_Number value = lnic_number(L, t, name, (lua_Number)def, (lua_Number)min, (lua_Number)max);
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

void lnic_options (lua_State *L, int arg, const char *const *known) {
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
  if (nic == NULL) return lnic_fail(L, err);
  if (pk_reader_opennic(&c->reader, nic) < 0) return lnic_fail(L, c->reader.err);
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
  lnic_options(L, 2, known);
  memset(&o, 0, sizeof(o));
  o.snaplen = (uint32_t)lnic_integer(L, 2, "snaplen", PK_SNAPLEN_MAX, 1, PK_SNAPLEN_MAX);
  o.buffer = (uint32_t)lnic_integer(L, 2, "buffer", BUFFER, 1, INT32_MAX);
  o.timeout = (int)(lnic_number(L, 2, "timeout", 0.01, 0.001, 3600) * 1000);
  o.promiscuous = option_boolean(L, 2, "promiscuous", 1);
  o.immediate = option_boolean(L, 2, "immediate", 0);
  o.monitor = option_boolean(L, 2, "monitor", 0);
  o.linktype = (int64_t)lnic_integer(L, 2, "linktype", -1, 0, 0xffff);
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
  lnic_options(L, 2, known);
  memset(&o, 0, sizeof(o));
  o.tun = option_word(L, 2, "mode", modes) == 1;
  o.up = option_boolean(L, 2, "up", 1);
  o.mtu = (uint32_t)lnic_integer(L, 2, "mtu", 0, 68, 65521);
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

/* interfaces() */
int lnic_interfaces (lua_State *L) {
  const pk_LiveApi *api = get_api(L);
  char err[PK_ERRSIZE];
  pk_Devices d;
  int status;
  if (api->devices(&d, err) < 0) {
    api->freedevices(&d);
    return lnic_fail(L, err);
  }
  lua_pushcfunction(L, push_devices);
  lua_pushlightuserdata(L, &d);
  status = lua_pcall(L, 1, 1, 0);
  api->freedevices(&d);
  return status == LUA_OK ? 1 : lua_error(L);
}
