/*
** lpcapmod.c: module `pktcraft.pcap`: capture files.
**
** A capture lends its frames to the caller's reference memory, whose one user value is then the
** capture; the capture's one user value is the memory. The loan stands as long as the memory has the
** generation and address that the capture gave it last: it is then re-aimed by its Area. Before the
** next frame, at close and at collection the capture empties what it lent.
*/
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lpkmods.h"
#include "savefile.h"

static const char capturename[] = "capture";
static const char outputname[] = "capture output";

typedef struct Capture {
  pk_Reader reader;
  const luamem_Area *memory; /* lent to, kept by the user value; or NULL */
  char *lent;                /* the address that it was given */
  unsigned gen;              /* and its generation since */
} Capture;

typedef struct Output {
  pk_Writer writer;
} Output;

/* Marks a loan: there is nothing to release. */
static void pk_loan (lua_State *L, void *mem, size_t len) {
  (void)L;
  (void)mem;
  (void)len;
}

static int loan_stands (const Capture *c) {
  return c->memory != NULL && c->memory->gen == c->gen && c->memory->data == c->lent;
}

/* Empties what was lent. */
static void revoke (Capture *c) {
  if (loan_stands(c)) luamem_reaim(c->memory, NULL, 0);
  c->memory = NULL;
}

/*
** [-0, +0, v] The capture or output at `idx`: its metatable is upvalue 1 of all methods, compared by
** address, since they run for each frame.
*/
static void *checkself (lua_State *L, int idx, const char *name) {
  void *self = lua_touserdata(L, idx);
  int same = 0;
  if (self != NULL && lua_getmetatable(L, idx)) {
    same = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
  }
  if (!same) luaL_typeerror(L, idx, name);
  return self;
}

/* [-0, +0, e] An open capture. */
static Capture *tocapture (lua_State *L, int idx) {
  Capture *c = (Capture *)checkself(L, idx, capturename);
  if (c->reader.fd < 0) luaL_error(L, "attempt to use a closed capture");
  return c;
}

/* [-0, +0, m] Lends a frame to the memory at `m`, a reference; the capture is at `cap`. */
static void lend (lua_State *L, Capture *c, int cap, int m, const pk_Frame *frame) {
  lua_pushvalue(L, m);
  lua_setiuservalue(L, cap, 1);
  lua_pushvalue(L, cap);
  lua_setiuservalue(L, m, 1);
  luamem_setref(L, m, frame->data, frame->caplen, pk_loan);
  c->memory = luamem_toarea(L, m);
  c->lent = frame->data;
  c->gen = c->memory->gen;
}

/*
** [-0, +0, m] Reads the next frame into the memory at `m`. 1; 0 at the end and -1 on an error, the
** memory then being empty.
*/
static int step (lua_State *L, Capture *c, int cap, int m, pk_Frame *frame) {
  int got;
  if (loan_stands(c) && lua_touserdata(L, m) == (const void *)c->memory) {
    got = pk_reader_next(&c->reader, frame); /* no Lua runs before the loan is renewed */
    if (got > 0) {
      luamem_reaim(c->memory, frame->data, frame->caplen);
      c->lent = frame->data;
      c->gen = c->memory->gen;
      return 1;
    }
    revoke(c);
    return got;
  }
  revoke(c);
  got = pk_reader_next(&c->reader, frame);
  if (got > 0)
    lend(L, c, cap, m, frame);
  else
    luamem_setref(L, m, NULL, 0, NULL);
  return got;
}

/* [-0, +0, v] */
static void checkref (lua_State *L, int arg) {
  if (luamem_isref(L, arg)) return;
  if (luamem_ismemory(L, arg)) luaL_argerror(L, arg, "resizable or other memory expected, got a fixed one");
  luaL_typeerror(L, arg, "memory");
}

/* cap:next(m): time and wire length; nil at the end; nil and a message */
static int cap_next (lua_State *L) {
  Capture *c = tocapture(L, 1);
  pk_Frame frame;
  int got;
  checkref(L, 2);
  got = step(L, c, 1, 2, &frame);
  if (got > 0) {
    lua_pushinteger(L, frame.time);
    lua_pushinteger(L, frame.wirelen);
    return 2;
  }
  luaL_pushfail(L);
  if (got == 0) return 1;
  lua_pushstring(L, c->reader.err);
  return 2;
}

/* The iterator; upvalues: 1 capture, 2 memory. */
static int frames_next (lua_State *L) {
  Capture *c = (Capture *)lua_touserdata(L, lua_upvalueindex(1));
  pk_Frame frame;
  int got;
  if (c->reader.fd < 0) return luaL_error(L, "attempt to use a closed capture");
  got = step(L, c, lua_upvalueindex(1), lua_upvalueindex(2), &frame);
  if (got > 0) {
    lua_pushinteger(L, frame.time);
    lua_pushinteger(L, frame.wirelen);
    return 2;
  }
  if (got < 0) return luaL_error(L, "%s", c->reader.err);
  luaL_pushfail(L);
  return 1;
}

/* for time, wirelen in cap:frames(m) do */
static int cap_frames (lua_State *L) {
  tocapture(L, 1);
  checkref(L, 2);
  lua_settop(L, 2);
  lua_pushcclosure(L, frames_next, 2);
  return 1;
}

/* cap:close(), __close, __gc */
static int cap_close (lua_State *L) {
  Capture *c = (Capture *)checkself(L, 1, capturename);
  revoke(c);
  lua_pushnil(L);
  lua_setiuservalue(L, 1, 1);
  pk_reader_close(&c->reader);
  lua_pushboolean(L, 1);
  return 1;
}

static int cap_tostring (lua_State *L) {
  Capture *c = (Capture *)checkself(L, 1, capturename);
  lua_pushfstring(L, "capture (%s)", c->reader.fd < 0 ? "closed" : c->reader.name);
  return 1;
}

static void pushprecision (lua_State *L, pk_Precision precision) {
  lua_pushstring(L, precision == PK_NANO ? "nano" : "micro");
}

/* Methods (upvalue 2), and what the file's header says. */
static int cap_index (lua_State *L) {
  Capture *c = (Capture *)checkself(L, 1, capturename);
  const char *key;
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING) return 1;
  key = lua_tostring(L, 2);
  if (strcmp(key, "linktype") == 0)
    lua_pushinteger(L, c->reader.linktype);
  else if (strcmp(key, "snaplen") == 0)
    lua_pushinteger(L, c->reader.snaplen);
  else if (strcmp(key, "precision") == 0)
    pushprecision(L, c->reader.precision);
  else if (strcmp(key, "name") == 0)
    lua_pushstring(L, c->reader.name);
  else
    lua_pushnil(L);
  return 1;
}

/* [-0, +1, m] The table of captures that are open: weak, so that it keeps none. */
static void pushopen (lua_State *L) {
  if (luaL_getsubtable(L, LUA_REGISTRYINDEX, "pktcraft.captures")) return;
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
}

/* [-0, +0, v] The string at `arg`, which the system must not see cut. */
static const char *checkpath (lua_State *L, int arg) {
  size_t len;
  const char *path = luaL_checklstring(L, arg, &len);
  luaL_argcheck(L, strlen(path) == len, arg, "path with zeros");
  return path;
}

/* open(path): capture, or nil and a message */
static int pcap_open (lua_State *L) {
  const char *path = checkpath(L, 1);
  Capture *c = (Capture *)lua_newuserdatauv(L, sizeof(*c), 1);
  pk_reader_init(&c->reader);
  c->memory = NULL;
  luaL_setmetatable(L, capturename);
  pushopen(L);
  if (pk_reader_open(&c->reader, path) < 0) {
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

/* --- output */

static Output *tooutput (lua_State *L, int idx) {
  Output *o = (Output *)checkself(L, idx, outputname);
  if (o->writer.fd < 0) luaL_error(L, "attempt to use a closed capture output");
  return o;
}

static int64_t now (void) {
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* [-0, +k, m] true, or nil and a message */
static int result (lua_State *L, int status, const char *err) {
  if (status == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  luaL_pushfail(L);
  lua_pushstring(L, err);
  return 2;
}

/*
** out:write(m [, time [, wirelen]]): what is longer than the snapshot length is cut to it, as a capture
** with that length cuts it; the wire length tells.
*/
static int out_write (lua_State *L) {
  Output *o = tooutput(L, 1);
  pk_Frame frame;
  lua_Integer wirelen;
  const char *data;
  size_t len;
  luamem_checkstring(L, 2, &len);
  frame.time = lua_isnoneornil(L, 3) ? now() : luaL_checkinteger(L, 3);
  luaL_argcheck(L, pk_writer_holds(frame.time), 3, "time out of range");
  wirelen = luaL_optinteger(L, 4, (lua_Integer)len);
  data = luamem_tostring(L, 2, &len);
  /* Not at least `len`: captures exist whose lengths lie, and are to be written as they were. */
  luaL_argcheck(L, 0 <= wirelen && wirelen <= UINT32_MAX, 4, "wire length out of range");
  frame.data = (char *)data;
  frame.caplen = len < o->writer.info.snaplen ? (uint32_t)len : o->writer.info.snaplen;
  frame.wirelen = (uint32_t)wirelen;
  return result(L, pk_writer_write(&o->writer, &frame), o->writer.err);
}

/* out:flush() */
static int out_flush (lua_State *L) {
  Output *o = tooutput(L, 1);
  return result(L, pk_writer_flush(&o->writer), o->writer.err);
}

/* out:close(): true, or nil and what was not written */
static int out_close (lua_State *L) {
  Output *o = (Output *)checkself(L, 1, outputname);
  return result(L, pk_writer_close(&o->writer), o->writer.err);
}

static int out_gc (lua_State *L) {
  Output *o = (Output *)checkself(L, 1, outputname);
  pk_writer_close(&o->writer);
  return 0;
}

/* __close: raises what was not written, unless an error is under way */
static int out_toclose (lua_State *L) {
  Output *o = (Output *)checkself(L, 1, outputname);
  if (pk_writer_close(&o->writer) < 0 && lua_isnoneornil(L, 2))
    return luaL_error(L, "%s", o->writer.err);
  return 0;
}

static int out_tostring (lua_State *L) {
  Output *o = (Output *)checkself(L, 1, outputname);
  lua_pushfstring(L, "capture output (%s)", o->writer.fd < 0 ? "closed" : o->writer.name);
  return 1;
}

static int out_index (lua_State *L) {
  Output *o = (Output *)checkself(L, 1, outputname);
  const char *key;
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL || lua_type(L, 2) != LUA_TSTRING) return 1;
  key = lua_tostring(L, 2);
  if (strcmp(key, "linktype") == 0)
    lua_pushinteger(L, o->writer.info.linktype);
  else if (strcmp(key, "snaplen") == 0)
    lua_pushinteger(L, o->writer.info.snaplen);
  else if (strcmp(key, "precision") == 0)
    pushprecision(L, o->writer.info.precision);
  else if (strcmp(key, "name") == 0)
    lua_pushstring(L, o->writer.name);
  else
    lua_pushnil(L);
  return 1;
}

/* [-0, +0, e] An integer option from `min` to `max`; 1 when it is there. */
static int getinteger (lua_State *L, const char *key, lua_Integer min, lua_Integer max,
                       uint32_t *value) {
  int isint, there = lua_getfield(L, 2, key) != LUA_TNIL;
  if (there) {
    lua_Integer n = lua_tointegerx(L, -1, &isint);
    if (!isint || n < min || n > max)
      luaL_error(L, "option '%s': integer from %I to %I expected", key, (LUAI_UACINT)min,
                 (LUAI_UACINT)max);
    *value = (uint32_t)n;
  }
  lua_pop(L, 1);
  return there;
}

/* [-0, +0, e] The table of options at index 2. */
static void getoptions (lua_State *L, pk_FileInfo *o) {
  static const char *const known[] = {"like", "linktype", "snaplen", "precision", "format", NULL};
  static const char *const precisions[] = {"micro", "nano", NULL};
  const char *s;
  if (lua_isnoneornil(L, 2)) return;
  luaL_checktype(L, 2, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    int k = 0;
    if (lua_type(L, -2) != LUA_TSTRING) luaL_error(L, "options have names");
    while (known[k] != NULL && strcmp(known[k], lua_tostring(L, -2)) != 0) k++;
    if (known[k] == NULL) luaL_error(L, "unknown option '%s'", lua_tostring(L, -2));
  }
  if (lua_getfield(L, 2, "like") != LUA_TNIL) {
    const Capture *c = (const Capture *)luaL_testudata(L, -1, capturename);
    if (c == NULL) luaL_error(L, "option 'like': capture expected");
    o->linktype = c->reader.linktype;
    o->linkmore = c->reader.linkmore;
    o->snaplen = c->reader.snaplen;
    o->precision = c->reader.precision;
  }
  lua_pop(L, 1);
  if (getinteger(L, "linktype", 0, 0xffff, &o->linktype)) o->linkmore = 0;
  getinteger(L, "snaplen", 1, INT32_MAX, &o->snaplen);
  if (lua_getfield(L, 2, "precision") != LUA_TNIL) {
    s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (strcmp(s, precisions[0]) != 0 && strcmp(s, precisions[1]) != 0)
      luaL_error(L, "option 'precision': 'micro' or 'nano' expected");
    o->precision = strcmp(s, precisions[1]) == 0 ? PK_NANO : PK_MICRO;
  }
  lua_pop(L, 1);
  if (lua_getfield(L, 2, "format") != LUA_TNIL &&
      (lua_type(L, -1) != LUA_TSTRING || strcmp(lua_tostring(L, -1), "pcap") != 0))
    luaL_error(L, "option 'format': 'pcap' expected");
  lua_pop(L, 1);
}

/* Whether the file of that path is being read: to create it would destroy what is not yet read. */
static int is_read (lua_State *L, const char *path) {
  struct stat st;
  int found = 0;
  if (strcmp(path, "-") == 0 || stat(path, &st) < 0 || !S_ISREG(st.st_mode)) return 0;
  pushopen(L);
  for (lua_pushnil(L); !found && lua_next(L, -2); lua_pop(L, 1)) {
    const Capture *c = (const Capture *)lua_touserdata(L, -2);
    found = c->reader.fd >= 0 && c->reader.dev == (uint64_t)st.st_dev &&
            c->reader.ino == (uint64_t)st.st_ino;
    if (found) lua_pop(L, 1);
    if (found) break;
  }
  lua_pop(L, 1);
  return found;
}

/* create(path [, options]): output, or nil and a message */
static int pcap_create (lua_State *L) {
  pk_FileInfo info = {1, 0, PK_SNAPLEN_MAX, PK_MICRO};
  const char *path = checkpath(L, 1);
  Output *o;
  lua_settop(L, 2);
  getoptions(L, &info);
  o = (Output *)lua_newuserdatauv(L, sizeof(*o), 0);
  pk_writer_init(&o->writer);
  luaL_setmetatable(L, outputname);
  if (is_read(L, path)) {
    luaL_pushfail(L);
    lua_pushfstring(L, "%s: is being read: to write it would destroy it", path);
    return 2;
  }
  if (pk_writer_open(&o->writer, path, &info) < 0) {
    luaL_pushfail(L);
    lua_pushstring(L, o->writer.err);
    return 2;
  }
  return 1;
}

/* bpf(expression [, linktype]): from pktcraft_live.so, loaded when first used */
static int pcap_bpf (lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "pktcraft_live");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "bpf");
  lua_remove(L, -2);
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static const luaL_Reg pcaplib[] = {
  {"open", pcap_open},
  {"create", pcap_create},
  {"bpf", pcap_bpf},
  {NULL, NULL}
};

static const luaL_Reg capturemethods[] = {
  {"next", cap_next},
  {"frames", cap_frames},
  {"close", cap_close},
  {NULL, NULL}
};

static const luaL_Reg capturemeta[] = {
  {"__gc", cap_close},
  {"__close", cap_close},
  {"__tostring", cap_tostring},
  {NULL, NULL}
};

static const luaL_Reg outputmethods[] = {
  {"write", out_write},
  {"flush", out_flush},
  {"close", out_close},
  {NULL, NULL}
};

static const luaL_Reg outputmeta[] = {
  {"__gc", out_gc},
  {"__close", out_toclose},
  {"__tostring", out_tostring},
  {NULL, NULL}
};

/* [-0, +0, m] A metatable that scripts do not see. */
static void newclass (lua_State *L, const char *name, const luaL_Reg *meta, const luaL_Reg *methods,
                      lua_CFunction index) {
  luaL_newmetatable(L, name);
  lua_pushvalue(L, -1);
  luaL_setfuncs(L, meta, 1);
  lua_pushvalue(L, -1);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, methods, 1);
  lua_pushcclosure(L, index, 2);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

int luaopen_pktcraft_pcap (lua_State *L) {
  newclass(L, capturename, capturemeta, capturemethods, cap_index);
  newclass(L, outputname, outputmeta, outputmethods, out_index);
  luaL_newlib(L, pcaplib);
  return 1;
}
