/*
** lpcapfile.c: captures as files: opened, merged, sought; their interfaces, blocks and options.
*/
#include "lpcapfile.h"

#include <string.h>

#include "lpcapblock.h"
#include "lpcapopt.h"
#include "sformat.h"

void lpcap_pushoptions (lua_State *L, int cap, const Capture *c) {
  if (c->override)
    lua_getiuservalue(L, cap, UV_CAPTURE_OPTIONS);
  else
    lua_pushlstring(L, c->frame.optionslen > 0 ? (const char *)c->frame.options : "", c->frame.optionslen);
}

static OptKind kind_of (const pk_Frame *frame) {
  return frame->type == PK_NG_PACKET ? OPT_OLDPACKET : OPT_PACKET;
}

/* cap:options(): those of the frame that was read last, as a table; nil when there is none */
int lpcapfile_options (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  const OptKind kind = kind_of(&c->frame);
  const int swapped = c->frame.swapped;
  size_t len;
  const char *options;
  if (!c->there) {
    luaL_pushfail(L);
    return 1;
  }
  lua_settop(L, 1);
  lpcap_pushoptions(L, 1, c);
  options = lua_tolstring(L, 2, &len);
  lua_newtable(L);
  pcapopt_decode(L, 3, kind, (const uint8_t *)options, len, swapped);
  return 1;
}

/* cap:setoptions(t): what is written of the frame that was read last has them */
int lpcapfile_setoptions (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  const OptKind kind = kind_of(&c->frame);
  const int swapped = c->frame.swapped;
  const uint64_t frame = c->reader.frames;
  size_t len;
  const char *options;
  luaL_checktype(L, 2, LUA_TTABLE);
  if (!c->there) return luaL_error(L, "no frame has been read");
  lua_settop(L, 2);
  lpcap_pushoptions(L, 1, c);
  options = lua_tolstring(L, 3, &len);
  pcapopt_merge(L, 2, kind, (const uint8_t *)options, len, swapped, NULL);
  if (!c->there || c->reader.frames != frame) return luaL_error(L, "attempt to read on while options are set");
  lua_setiuservalue(L, 1, UV_CAPTURE_OPTIONS);
  c->override = 1;
  return 0;
}

void lpcapfile_pushinterfaces (lua_State *L, Capture *c) {
  if (lua_getiuservalue(L, 1, UV_CAPTURE_INTERFACES) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, UV_CAPTURE_INTERFACES);
  }
  while (c->shown < c->reader.ninterfaces) {
    const uint32_t k = c->shown;
    pcapblock_pushinterface(L, &c->reader, &c->reader.interfaces[k]);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
    c->shown = k + 1;
  }
}

/* The iterator of blocks; upvalue 1: the capture. */
static int blocks_next (lua_State *L) {
  const int cap = lua_upvalueindex(1);
  Capture *c = (Capture *)lua_touserdata(L, cap);
  pk_Block block;
  for (;;) {
    int got;
    if (!c->reader.open) return lpcap_closed(L, c);
    lpcap_revoke(c);
    c->touched++;
    got = pk_reader_block(&c->reader, &block);
    if (got == PK_INTERRUPTED) {
      lpcap_paused(L, c);
      continue;
    }
    if (got < 0) return luaL_error(L, "%s", c->reader.err);
    if (got == 0) return 0;
    pcapblock_push(L, &c->reader, &block);
    return 1;
  }
}

/* for block in cap:blocks() do */
int lpcapfile_blocks (lua_State *L) {
  if (lpcap_check(L, 1)->reader.merge != NULL) return luaL_error(L, "merged files have no blocks");
  lua_settop(L, 1);
  lua_pushcclosure(L, blocks_next, 1);
  return 1;
}

/* cap:seek(n): the next frame is number n; true, false when there are fewer, or nil and a message */
int lpcapfile_seek (lua_State *L) {
  Capture *c = lpcap_check(L, 1);
  const lua_Integer n = luaL_checkinteger(L, 2);
  int got;
  luaL_argcheck(L, n >= 1, 2, "frames are numbered from 1 on");
  lpcap_revoke(c);
  while ((got = pk_reader_seek(&c->reader, (uint64_t)n - 1)) == PK_INTERRUPTED) {
    lpcap_paused(L, c);
    if (!c->reader.open) return lpcap_closed(L, c);
  }
  if (got < 0) {
    luaL_pushfail(L);
    lua_pushstring(L, c->reader.err);
    return 2;
  }
  lua_pushboolean(L, got);
  return 1;
}

/* cap:tell(): the number of the next frame */
int lpcapfile_tell (lua_State *L) {
  const Capture *c = (const Capture *)lpcap_self(L, 1);
  if (!c->reader.open) return lpcap_closed(L, c);
  lua_pushinteger(L, (lua_Integer)c->reader.frames + 1);
  return 1;
}

/* --- opening */

/* [-1, +k, e] The capture at the top, opened with that status: it, or nil and a message. */
static int begin (lua_State *L, Capture *c, int status) {
  lpcap_pushopen(L);
  while (status == 0 && (status = pk_reader_begin(&c->reader)) == PK_INTERRUPTED) {
    lpcap_interrupted(L);
    status = c->reader.open ? 0 : -1;
  }
  if (status < 0) {
    luaL_pushfail(L);
    lua_pushstring(L, c->reader.err);
    return 2;
  }
  lua_pushvalue(L, -2);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return 1;
}

/* [-0, +0, v] Option `follow` of the table at `arg`: ns; true is for ever. */
static int64_t getfollow (lua_State *L, int arg) {
  int64_t ns = 0;
  if (lua_getfield(L, arg, "follow") == LUA_TNUMBER) {
    const lua_Number seconds = lua_tonumber(L, -1);
    if (!(seconds > 0 && seconds < 1e9)) luaL_error(L, "option 'follow': true, or seconds expected");
    ns = (int64_t)(seconds * 1e9);
  }
  else if (lua_isboolean(L, -1) || lua_isnil(L, -1))
    ns = lua_toboolean(L, -1) ? -1 : 0;
  else
    luaL_error(L, "option 'follow': true, or seconds expected");
  lua_pop(L, 1);
  return ns;
}

/* [-0, +0, m] Whether an open capture reads standard input. */
static int stdin_is_read (lua_State *L) {
  int found = 0;
  lpcap_pushopen(L);
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    const Capture *c = (const Capture *)lua_touserdata(L, -2);
    found |= c->reader.open && pk_reader_hasstdin(&c->reader);
  }
  lua_pop(L, 1);
  return found;
}

/* [-0, +2, m] */
static int stdin_twice (lua_State *L) {
  luaL_pushfail(L);
  lua_pushliteral(L, "standard input: is being read already");
  return 2;
}

/* open(path [, options]): capture, or nil and a message */
int lpcapfile_open (lua_State *L) {
  static const char *const known[] = {"follow", NULL};
  const char *path = lpcap_checkpath(L, 1);
  int64_t follow = 0;
  Capture *c;
  int status;
  lua_settop(L, 2);
  if (!lua_isnil(L, 2)) {
    aux_checkknown(L, 2, known);
    follow = getfollow(L, 2);
  }
  if (strcmp(path, "-") == 0 && stdin_is_read(L)) return stdin_twice(L);
  c = lpcap_new(L, CAPTURE_META);
  status = pk_reader_open(&c->reader, path);
  if (status == 0) pk_reader_follow(&c->reader, follow);
  return begin(L, c, status);
}

/* merge(files): capture, or nil and a message */
int lpcapfile_merge (lua_State *L) {
  static const char *const orders[] = {"time", "files"};
  const char **paths;
  lua_Integer k, n;
  int bytime = 1, stdins = 0;
  Capture *c;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  n = (lua_Integer)lua_rawlen(L, 1);
  luaL_argcheck(L, n > 0, 1, "no files");
  luaL_argcheck(L, n <= 65536, 1, "too many files");
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    if (lua_isinteger(L, -2) && 1 <= lua_tointeger(L, -2) && lua_tointeger(L, -2) <= n) continue;
    if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "order") != 0)
      luaL_error(L, "unknown option '%s'", luaL_tolstring(L, -2, NULL));
    if (lua_type(L, -1) != LUA_TSTRING ||
        (strcmp(lua_tostring(L, -1), orders[0]) != 0 && strcmp(lua_tostring(L, -1), orders[1]) != 0))
      luaL_error(L, "option 'order': 'time' or 'files' expected");
    bytime = strcmp(lua_tostring(L, -1), orders[0]) == 0;
  }
  lua_createtable(L, (int)n, 0); /* keeps the strings */
  paths = (const char **)lua_newuserdatauv(L, (size_t)n * sizeof(*paths), 0);
  for (k = 1; k <= n; k++) {
    size_t len;
    if (lua_rawgeti(L, 1, k) != LUA_TSTRING) luaL_error(L, "file %I: path expected", (LUAI_UACINT)k);
    paths[k - 1] = lua_tolstring(L, -1, &len);
    if (strlen(paths[k - 1]) != len) luaL_error(L, "file %I: path with zeros", (LUAI_UACINT)k);
    stdins += strcmp(paths[k - 1], "-") == 0;
    lua_rawseti(L, 2, k);
  }
  if (stdins > 1 || (stdins > 0 && stdin_is_read(L))) return stdin_twice(L);
  c = lpcap_new(L, CAPTURE_META);
  return begin(L, c, pk_reader_openmerge(&c->reader, paths, (size_t)n, bytime));
}
