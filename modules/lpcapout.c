/*
** lpcapout.c: the outputs of module `pktcraft.pcap`: capture files that are written.
*/
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lpcapmod.h"
#include "lview.h"
#include "savefile.h"

static const char outputname[] = "capture output";

/*
** An output is in the list of those that are flushed when the process exits, as files are. The userdata
** holds its address, or NULL when it was collected. What is made while its state closes Lua frees without
** a finalizer: the state's sentinel, older than all outputs, closes it, and lets no more be made.
*/
typedef struct Output {
  pk_Writer writer;
  struct Output *next, **link; /* link == NULL: not in the list */
  struct Output **box;         /* the userdata */
  const void *state;           /* its registry, which tells states apart */
  const Packet *last;          /* the packet written last, the userdata's user value; or NULL */
} Output;

static const char closedkey = 0; /* registry: true when the sentinel has run */
static const char markkey = 0;   /* in the metatables of outputs: true */

/*
** [-0, +0, v] An output, be it closed. Each has a metatable and methods of its own, which know it (upvalue 1):
** they are found without a call, and what they are called with is mostly that.
*/
static Output *anyoutput (lua_State *L, int idx) {
  Output **box = (Output **)lua_touserdata(L, idx);
  if (box == NULL || box != (Output **)lua_touserdata(L, lua_upvalueindex(1))) {
    int is = 0;
    if (box != NULL && lua_getmetatable(L, idx)) {
      is = lua_rawgetp(L, -1, &markkey) != LUA_TNIL;
      lua_pop(L, 2);
    }
    if (!is) luaL_typeerror(L, idx, outputname);
  }
  if (*box == NULL) luaL_error(L, "attempt to use a collected capture output");
  return *box;
}

/* [-0, +0, v] An open output. */
static Output *tooutput (lua_State *L, int idx) {
  Output *o = anyoutput(L, idx);
  if (o->writer.fd < 0) luaL_error(L, "attempt to use a closed capture output");
  return o;
}

static Output *outputs = NULL; /* of all states */
static pthread_mutex_t outputs_lock = PTHREAD_MUTEX_INITIALIZER;

/* What is not closed when the process exits, by os.exit too, goes out all the same. */
static void flush_outputs (void) {
  Output *o;
  pthread_mutex_lock(&outputs_lock);
  for (o = outputs; o != NULL; o = o->next)
    if (o->writer.fd >= 0) pk_writer_flush(&o->writer);
  pthread_mutex_unlock(&outputs_lock);
}

/* [-0, +0, -] __gc of the sentinel: all objects of the state are still there. */
static int close_all (lua_State *L) {
  const void *state = lua_topointer(L, LUA_REGISTRYINDEX);
  Output *o, *next;
  lua_pushboolean(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &closedkey);
  pthread_mutex_lock(&outputs_lock);
  for (o = outputs; o != NULL; o = next) {
    next = o->next;
    if (o->state != state) continue;
    *o->link = next;
    if (next != NULL) next->link = o->link;
    *o->box = NULL;
    pk_writer_close(&o->writer);
    free(o);
  }
  pthread_mutex_unlock(&outputs_lock);
  return 0;
}

static void enter_output (Output *o) {
  static int registered = 0;
  pthread_mutex_lock(&outputs_lock);
  if (!registered) registered = atexit(flush_outputs) == 0;
  o->next = outputs;
  o->link = &outputs;
  if (o->next != NULL) o->next->link = &o->next;
  outputs = o;
  pthread_mutex_unlock(&outputs_lock);
}

/* Out of the list, and freed. */
static void free_output (Output *o) {
  pthread_mutex_lock(&outputs_lock);
  if (o->link != NULL) {
    *o->link = o->next;
    if (o->next != NULL) o->next->link = o->link;
  }
  pthread_mutex_unlock(&outputs_lock);
  free(o);
}

/*
** [-0, +0, -] When the memory at `arg` still shows a frame of a classic capture and `time` is its own,
** the words of its record go out as they stand, be they no proper time.
*/
static void keep_raw (lua_State *L, int arg, pk_Frame *frame, pk_Precision precision) {
  if (lua_getiuservalue(L, arg, 1) == LUA_TUSERDATA) {
    const Capture *c = (const Capture *)luaL_testudata(L, -1, CAPTURE_META);
    if (c != NULL && c->reader.fd >= 0 && lpcap_loaned(c) && c->frame.raw &&
        lua_touserdata(L, arg) == (const void *)c->memory && c->frame.time == frame->time) {
      frame->seconds = c->frame.seconds;
      frame->fraction = c->frame.fraction;
      frame->raw = c->reader.precision == precision;
      if (c->reader.precision == PK_NANO && precision == PK_MICRO) {
        frame->fraction = (uint32_t)((int32_t)frame->fraction / 1000); /* signed, as in libpcap */
        frame->raw = 1;
      }
    }
  }
  lua_pop(L, 1);
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
** [-0, +0, -] The packet at `idx`, or NULL. The one written last is kept: so nothing else can have its address,
** and it is known by that.
*/
static Packet *topacket (lua_State *L, int idx, Output *o) {
  void *p = lua_touserdata(L, idx);
  if (p == NULL || p == (const void *)o->last) return (Packet *)p;
  if (lpacket_test(L, idx) == NULL) return NULL;
  lua_pushvalue(L, idx);
  lua_setiuservalue(L, 1, 1);
  o->last = (const Packet *)p;
  return (Packet *)p;
}

/* [-0, +k, m] Writes a frame of `len` bytes, of which readers take no more than they do. */
static int write_frame (lua_State *L, Output *o, pk_Frame *frame, size_t len) {
  uint32_t max = o->writer.maxlen;
  if (o->writer.fd < 0) return luaL_error(L, "attempt to use a closed capture output"); /* closed by a finalizer */
  if (o->writer.info.snaplen < max) max = o->writer.info.snaplen;
  frame->caplen = len < max ? (uint32_t)len : max;
  return result(L, pk_writer_write(&o->writer, frame), o->writer.err);
}

/* [-0, +k, e] What is not plain. */
static int write_any (lua_State *L, Output *o, Packet *pk) {
  pk_Frame frame;
  lua_Integer wirelen;
  size_t len;
  int memory = 2;
  lua_settop(L, 4);
  if (pk != NULL) {
    if (pk->area == NULL) lpacket_makebytes(L, 2);
    len = pk->area->len;
    if (pk->number > 0) { /* of a capture: it may be lent */
      lua_getiuservalue(L, 2, UV_PACKET_MEMORY);
      memory = 5;
    }
  }
  else
    luamem_checkstring(L, 2, &len);
  frame.time = !lua_isnoneornil(L, 3) ? luaL_checkinteger(L, 3) : pk != NULL && pk->hastime ? pk->time : now();
  frame.raw = 0;
  if (lua_type(L, memory) == LUA_TUSERDATA && (pk == NULL || memory == 5))
    keep_raw(L, memory, &frame, o->writer.info.precision);
  luaL_argcheck(L, frame.raw || pk_writer_holds(frame.time), 3, "time out of range");
  if (!lua_isnil(L, 4))
    wirelen = luaL_checkinteger(L, 4);
  else
    wirelen = (lua_Integer)(pk != NULL && pk->wirelen > len ? pk->wirelen : len);
  /* Not at least `len`: captures exist whose lengths lie, and are to be written as they were. */
  luaL_argcheck(L, 0 <= wirelen && wirelen <= UINT32_MAX, 4, "wire length out of range");
  if (pk != NULL) {
    frame.data = pk->area->data;
    len = pk->area->len;
  }
  else
    frame.data = (char *)luamem_tostring(L, 2, &len);
  frame.wirelen = (uint32_t)wirelen;
  return write_frame(L, o, &frame, len);
}

/*
** out:write(m [, time [, wirelen]]): what is longer than the snapshot length is cut to it, as a capture
** with that length cuts it; the wire length tells.
*/
static int out_write (lua_State *L) {
  Output *o = tooutput(L, 1);
  Packet *pk = topacket(L, 2, o);
  if (pk != NULL && lua_gettop(L) == 3 && lua_isinteger(L, 3) && pk->area != NULL && pk->number == 0 && pk->wirelen == 0) {
    const size_t len = pk->area->len; /* a packet that was built: what loops write */
    pk_Frame frame;
    frame.time = lua_tointeger(L, 3);
    luaL_argcheck(L, pk_writer_holds(frame.time), 3, "time out of range");
    frame.raw = 0;
    frame.data = pk->area->data;
    frame.wirelen = (uint32_t)(len < UINT32_MAX ? len : UINT32_MAX);
    return write_frame(L, o, &frame, len);
  }
  return write_any(L, o, pk);
}

/* out:flush() */
static int out_flush (lua_State *L) {
  Output *o = tooutput(L, 1);
  return result(L, pk_writer_flush(&o->writer), o->writer.err);
}

/* out:close(): true, or nil and what was not written */
static int out_close (lua_State *L) {
  Output *o = anyoutput(L, 1);
  o->last = NULL;
  lua_pushnil(L);
  lua_setiuservalue(L, 1, 1);
  return result(L, pk_writer_close(&o->writer), o->writer.err);
}

/* __gc: there is nobody to tell but the warning system */
static int out_gc (lua_State *L) {
  Output **box = (Output **)lua_touserdata(L, 1), *o = *box; /* Lua calls it with an output alone */
  int wasopen = o != NULL && o->writer.fd >= 0;
  if (o == NULL) return 0;
  *box = NULL;
  if (pk_writer_close(&o->writer) < 0 && wasopen) lua_warning(L, o->writer.err, 0);
  free_output(o);
  return 0;
}

/* __close: raises what was not written, unless an error is under way */
static int out_toclose (lua_State *L) {
  Output *o = anyoutput(L, 1);
  if (pk_writer_close(&o->writer) < 0 && lua_isnoneornil(L, 2))
    return luaL_error(L, "%s", o->writer.err);
  return 0;
}

static int out_tostring (lua_State *L) {
  Output *o = anyoutput(L, 1);
  lua_pushfstring(L, "capture output (%s)", o->writer.fd < 0 ? "closed" : o->writer.name);
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
    const Capture *c = (const Capture *)luaL_testudata(L, -1, CAPTURE_META);
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
  lpcap_pushopen(L);
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

/* [-0, +0, m] Gives the output at the top its class: methods, and what its file says. */
static void set_class (lua_State *L, const char *path, const pk_FileInfo *info) {
  const int box = lua_gettop(L);
  lua_createtable(L, 0, 8);
  lua_pushvalue(L, box);
  luaL_setfuncs(L, outputmeta, 1);
  lua_pushstring(L, outputname);
  lua_setfield(L, -2, "__name");
  lua_pushstring(L, outputname);
  lua_setfield(L, -2, "__metatable");
  lua_pushboolean(L, 1);
  lua_rawsetp(L, -2, &markkey);
  lua_createtable(L, 0, 8);
  lua_pushvalue(L, box);
  luaL_setfuncs(L, outputmethods, 1);
  lua_pushinteger(L, info->linktype);
  lua_setfield(L, -2, "linktype");
  lua_pushinteger(L, info->snaplen);
  lua_setfield(L, -2, "snaplen");
  lpcap_pushprecision(L, info->precision);
  lua_setfield(L, -2, "precision");
  lua_pushstring(L, strcmp(path, "-") == 0 ? "standard output" : path);
  lua_setfield(L, -2, "name");
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, box);
}

/* create(path [, options]): output, or nil and a message */
int pcapout_create (lua_State *L) {
  pk_FileInfo info = {1, 0, PK_SNAPLEN_MAX, PK_MICRO};
  const char *path = lpcap_checkpath(L, 1);
  Output *o, **box;
  lua_settop(L, 2);
  getoptions(L, &info);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &closedkey) != LUA_TNIL)
    return luaL_error(L, "attempt to create a capture while the state closes");
  lua_pop(L, 1);
  box = (Output **)lua_newuserdatauv(L, sizeof(*box), 1);
  *box = NULL;
  set_class(L, path, &info);
  *box = o = (Output *)calloc(1, sizeof(*o));
  if (o == NULL) return luaL_error(L, "not enough memory");
  pk_writer_init(&o->writer);
  o->box = box;
  o->state = lua_topointer(L, LUA_REGISTRYINDEX);
  enter_output(o);
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

void pcapout_open (lua_State *L) {
  if (lua_getfield(L, LUA_REGISTRYINDEX, "pktcraft.outputs") == LUA_TNIL) { /* else opened again */
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_all);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, "pktcraft.outputs");
  }
  lua_pop(L, 1);
}
