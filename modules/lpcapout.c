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
#include "compress.h"
#include "lpcapblock.h"
#include "lpcapinfo.h"
#include "lpcapopt.h"
#include "lpcapout.h"
#include "sformat.h"

static const char outputname[] = "capture output";

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

Output *pcapout_check (lua_State *L, int idx) {
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
  for (o = outputs; o != NULL; o = o->next) {
    if (o->writer.fd >= 0 && o->writer.pack != NULL)
      pk_writer_close(&o->writer); /* packed data has an end */
    else if (o->writer.fd >= 0)
      pk_writer_flush(&o->writer);
  }
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

/* Whether an output writes standard output. */
static int stdout_is_written (void) {
  Output *o;
  int found = 0;
  pthread_mutex_lock(&outputs_lock);
  for (o = outputs; o != NULL; o = o->next) found |= o->writer.fd >= 0 && !o->writer.ownfd;
  pthread_mutex_unlock(&outputs_lock);
  return found;
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

/* [-0, +1, -] The capture that lends a frame to the memory at `arg`, pushed; or NULL, and nil is pushed. */
static Capture *lender (lua_State *L, int arg) {
  Capture *c = NULL;
  if (lua_type(L, arg) == LUA_TUSERDATA && lua_getiuservalue(L, arg, 1) == LUA_TUSERDATA) {
    c = (Capture *)luaL_testudata(L, -1, CAPTURE_META);
    if (c != NULL && c->reader.open && c->there && lpcap_loaned(c) &&
        lua_touserdata(L, arg) == (const void *)c->memory)
      return c;
  }
  else if (lua_type(L, arg) != LUA_TUSERDATA)
    lua_pushnil(L);
  lua_pop(L, 1);
  lua_pushnil(L);
  return NULL;
}

/* A classic frame's words go out as they stand, be they no proper time. */
static void keep_raw (const Capture *c, pk_Frame *frame, const pk_FileInfo *info) {
  frame->seconds = c->frame.seconds;
  frame->fraction = c->frame.fraction;
  frame->raw = c->reader.precision == info->precision;
  if (c->reader.precision == PK_NANO && info->precision == PK_MICRO) {
    frame->fraction = (uint32_t)((int32_t)frame->fraction / 1000); /* signed, as in libpcap */
    frame->raw = 1;
  }
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
  lua_setiuservalue(L, 1, UV_OUTPUT_LAST);
  o->last = (const Packet *)p;
  return (Packet *)p;
}

/* [-0, +0, e] What may have happened while Lua ran. */
static void still_open (lua_State *L, const Output *o) {
  if (o->writer.fd < 0) luaL_error(L, "attempt to use a closed capture output"); /* closed by a finalizer */
}

/* [-0, +k, m] Writes a frame of `len` bytes, of which readers take no more than they do. */
static int write_frame (lua_State *L, Output *o, pk_Frame *frame, size_t len) {
  uint32_t max = o->writer.maxlen;
  still_open(L, o);
  if (o->writer.info.snaplen < max) max = o->writer.info.snaplen;
  frame->caplen = len < max ? (uint32_t)len : max;
  return result(L, pk_writer_write(&o->writer, frame), o->writer.err);
}

/* --- pcapng: sections, interfaces and options */

int pcapout_mirror (Output *o, const Capture *c, uint32_t section, uint64_t at) {
  const pk_Reader *r = &c->reader;
  const uint32_t end = section + 1 < r->nsections ? r->sections[section + 1].first : r->ninterfaces;
  if (!o->writer.begun || o->section != section) {
    const pk_Section *s = &r->sections[section];
    if (pk_writer_section(&o->writer, s->block, s->len, s->swapped) < 0) return -1;
    o->section = section;
    o->interface = s->first;
  }
  for (; o->interface < end && r->interfaces[o->interface].at < at; o->interface++) {
    const pk_Interface *i = &r->interfaces[o->interface];
    if (pk_writer_interface(&o->writer, i, i->block, i->len) < 0) return -1;
  }
  return 0;
}

int pcapout_goesasis (const Output *o, const Capture *c) {
  const pk_FileInfo *info = &o->writer.info;
  const pk_Reader *r = &c->reader;
  if (c->override || c->frame.record == NULL) return 0;
  if (info->format == PK_FILE_PCAPNG) return o->like == c;
  return r->format == &pk_format_pcap && r->swapped == info->swapped && r->precision == info->precision &&
         r->lengths == info->lengths && r->recordhead == info->recordhead &&
         (c->frame.caplen <= info->snaplen || o->samehead);
}

/* Writes it so. 0 or -1. */
static int write_as_is (Output *o, const Capture *c) {
  const pk_Frame *f = &c->frame;
  if (o->writer.info.format == PK_FILE_PCAPNG) {
    const uint64_t at = c->reader.offset + (uint64_t)(f->record - c->reader.block);
    if (pcapout_mirror(o, c, c->reader.interfaces[f->interface].section, at) < 0) return -1;
  }
  return pk_writer_record(&o->writer, f->record, f->recordlen, f->time);
}

/* What is like a capture of which no frame has been written has its interfaces all the same. 0 or -1. */
static int settle (Output *o) {
  const Capture *c = o->like;
  if (c == NULL || !c->reader.open || c->reader.nsections == 0 || o->writer.ninterfaces > 0 || o->writer.fd < 0 ||
      o->section >= c->reader.nsections)
    return 0;
  return pcapout_mirror(o, c, o->section, UINT64_MAX);
}

static int same_interface (const pk_Interface *a, const pk_Interface *b) {
  return a->linktype == b->linktype && a->resolution == b->resolution && a->offset == b->offset;
}

/* [-0, +1, v] The output's interface for a frame of the capture's, made if there is none: its number, or -1. */
static int64_t interface_for (lua_State *L, Output *o, const Capture *c) {
  const pk_Interface i = c->reader.interfaces[c->frame.interface];
  const uint32_t section = i.section;
  pk_Writer *w = &o->writer;
  uint32_t k;
  size_t len;
  const char *options;
  lua_pushliteral(L, "");
  if (o->like == c && c->reader.nsections > 0) {
    if (pcapout_mirror(o, c, section, c->reader.offset + c->reader.begin) < 0) return -1;
    return (int64_t)c->frame.interface - c->reader.sections[section].first;
  }
  for (k = 0; k < w->ninterfaces; k++)
    if (same_interface(&w->interfaces[k], &i)) return k;
  if (!w->begun && pk_writer_section(w, NULL, 0, w->info.swapped) < 0) return -1; /* without the default interface */
  if (i.len >= 20)
    pcapopt_turn(L, OPT_INTERFACE, i.block + 16, i.len - 20, i.swapped, w->info.swapped);
  else {
    lua_newtable(L);
    if (i.resolution != 6) {
      lua_pushinteger(L, i.resolution);
      lua_setfield(L, -2, "if_tsresol");
    }
    pcapopt_encode(L, lua_gettop(L), OPT_INTERFACE, w->info.swapped, NULL);
    lua_remove(L, -2);
  }
  lua_remove(L, -2);
  still_open(L, o);
  options = lua_tolstring(L, -1, &len);
  while (len >= 4 && memcmp(options + len - 4, "\0\0\0\0", 4) == 0) len -= 4; /* their end is written there */
  if (pk_writer_newinterface(w, &i, (const uint8_t *)options, (uint32_t)(len & ~(size_t)3)) < 0) return -1;
  return (int64_t)w->ninterfaces - 1;
}

/*
** [-0, +1, v] Sets interface and options of a pcapng frame: what the table at `arg`, if any, asks for, else those
** that it has in the capture that lends it. What is pushed keeps the options. 0 or -1.
*/
static int set_options (lua_State *L, Output *o, int arg, int cap, const Capture *c, pk_Frame *frame) {
  static const char *const others[] = {"interface", NULL};
  pk_Writer *w = &o->writer;
  const int top = lua_gettop(L);
  const int asked = lua_istable(L, arg), lent = c != NULL;
  const int swapped = lent ? c->frame.swapped : 0;
  int64_t interface = 0;
  size_t len;
  if (!lent && settle(o) < 0) return -1;
  frame->interface = 0;
  frame->timeless = lent && c->frame.timeless && frame->time == 0;
  if (asked && lua_getfield(L, arg, "interface") != LUA_TNIL) {
    int isint;
    const lua_Integer n = lua_tointegerx(L, -1, &isint);
    if (pk_writer_begin(w) < 0) return -1;
    if (!isint || n < 1 || n > (lua_Integer)w->ninterfaces) luaL_error(L, "no interface %s", luaL_tolstring(L, -1, NULL));
    interface = n - 1;
  }
  else if (lent) {
    if ((interface = interface_for(L, o, c)) < 0) return -1;
    if (!c->there) luaL_error(L, "attempt to write a frame that is gone");
  }
  else if (pk_writer_begin(w) < 0)
    return -1;
  if (lent) { /* those that it has, with what is asked for in their places */
    const uint8_t *old;
    lpcap_pushoptions(L, cap, c);
    old = (const uint8_t *)lua_tolstring(L, -1, &len);
    pcapopt_turn(L, OPT_PACKET, old, len, swapped, w->info.swapped); /* an obsolete packet's codes mean the same */
  }
  else
    lua_pushliteral(L, "");
  if (asked) {
    const uint8_t *old = (const uint8_t *)lua_tolstring(L, -1, &len);
    pcapopt_merge(L, arg, OPT_PACKET, old, len, w->info.swapped, others);
  }
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
  frame->options = (const uint8_t *)lua_tolstring(L, -1, &len);
  frame->optionslen = (uint32_t)len;
  frame->interface = (uint32_t)interface;
  return 0;
}

/* --- writing */

/* [-0, +0, v] An argument that is an integer from 0 to 2^32 - 1, or its default. */
static uint32_t opt_wirelen (lua_State *L, int arg, size_t def) {
  lua_Integer n = (lua_Integer)def;
  if (!lua_isnoneornil(L, arg)) n = luaL_checkinteger(L, arg);
  /* Not at least the captured length: captures exist whose lengths lie, and are to be written as they were. */
  luaL_argcheck(L, 0 <= n && n <= UINT32_MAX, arg, "wire length out of range");
  return (uint32_t)n;
}

int pcapout_write (lua_State *L, Output *o, Packet *pk) {
  pk_Frame frame;
  const Capture *c;
  size_t len;
  int memory = 2;
  lua_settop(L, 5);
  if (!lua_isnil(L, 5)) {
    luaL_checktype(L, 5, LUA_TTABLE);
    if (o->writer.info.format != PK_FILE_PCAPNG) return luaL_argerror(L, 5, "a pcap file has no options");
  }
  if (pk != NULL) {
    if (pk->area == NULL) lpacket_makebytes(L, 2);
    len = pk->area->len;
    if (pk->number > 0) { /* of a capture: it may be lent */
      lua_getiuservalue(L, 2, UV_PACKET_MEMORY);
      memory = 6;
    }
  }
  else
    luamem_checkstring(L, 2, &len);
  lua_settop(L, 6);
  c = pk == NULL || memory == 6 ? lender(L, memory) : (lua_pushnil(L), NULL); /* at 7 */
  memset(&frame, 0, sizeof(frame));
  frame.time = !lua_isnil(L, 3) ? luaL_checkinteger(L, 3) : pk != NULL && pk->hastime ? pk->time : now();
  frame.wirelen = opt_wirelen(L, 4, pk != NULL && pk->wirelen > len ? pk->wirelen : len);
  still_open(L, o);
  if (c != NULL && c->frame.linktype != c->reader.linktype && o->writer.info.format == PK_FILE_PCAP) {
    luaL_pushfail(L);
    lua_pushfstring(L, "%s: frame of link type %I in a file of %I", o->writer.name, (LUAI_UACINT)c->frame.linktype,
                    (LUAI_UACINT)o->writer.info.linktype);
    return 2;
  }
  if (c != NULL && c->frame.time == frame.time) {
    if (c->frame.wirelen == frame.wirelen && lua_isnil(L, 5) && pcapout_goesasis(o, c))
      return result(L, write_as_is(o, c), o->writer.err);
    if (c->frame.raw && o->writer.info.format == PK_FILE_PCAP) keep_raw(c, &frame, &o->writer.info);
  }
  luaL_argcheck(L, frame.raw || pk_writer_holds(&o->writer, frame.time), 3, "time out of range");
  if (o->writer.info.format == PK_FILE_PCAPNG && set_options(L, o, 5, 7, c, &frame) < 0)
    return result(L, -1, o->writer.err);
  if (pk != NULL) {
    frame.data = pk->area->data;
    len = pk->area->len;
  }
  else
    frame.data = (char *)luamem_tostring(L, 2, &len);
  return write_frame(L, o, &frame, len);
}

/*
** out:write(m [, time [, wirelen [, options]]]): what is longer than the snapshot length is cut to it, as a capture
** with that length cuts it; the wire length tells.
*/
static int out_write (lua_State *L) {
  Output *o = pcapout_check(L, 1);
  Packet *pk = topacket(L, 2, o);
  if (pk != NULL && lua_gettop(L) == 3 && lua_isinteger(L, 3) && pk->area != NULL && pk->number == 0 &&
      pk->wirelen == 0 && o->writer.info.format == PK_FILE_PCAP) {
    const size_t len = pk->area->len; /* a packet that was built: what loops write */
    pk_Frame frame;
    frame.time = lua_tointeger(L, 3);
    luaL_argcheck(L, pk_writer_holds(&o->writer, frame.time), 3, "time out of range");
    frame.raw = 0;
    frame.data = pk->area->data;
    frame.wirelen = (uint32_t)(len < UINT32_MAX ? len : UINT32_MAX);
    return write_frame(L, o, &frame, len);
  }
  return pcapout_write(L, o, pk);
}

/* out:interface{linktype =, snaplen =, if_name = ...}: its number; or nil and a message */
static int out_interface (lua_State *L) {
  Output *o = pcapout_check(L, 1);
  pk_Interface i;
  size_t len;
  const char *options;
  luaL_checktype(L, 2, LUA_TTABLE);
  if (o->writer.info.format != PK_FILE_PCAPNG) return luaL_error(L, "a pcap file has one interface");
  lua_settop(L, 2);
  pcapblock_tointerface(L, 2, &i, o->writer.info.swapped);
  still_open(L, o);
  options = lua_tolstring(L, 3, &len);
  if (pk_writer_newinterface(&o->writer, &i, (const uint8_t *)options, (uint32_t)(len >= 4 ? len - 4 : 0)) < 0)
    return result(L, -1, o->writer.err);
  o->writer.info.linktype = PK_LINKTYPE_NONE; /* no default one is needed */
  lua_pushinteger(L, (lua_Integer)o->writer.ninterfaces);
  return 1;
}

/* out:block(t): true, or nil and a message */
static int out_block (lua_State *L) {
  Output *o = pcapout_check(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  if (o->writer.info.format != PK_FILE_PCAPNG) return luaL_error(L, "a pcap file has no blocks");
  lua_settop(L, 2);
  return result(L, pcapblock_write(L, 2, &o->writer), o->writer.err);
}

/* out:flush() */
static int out_flush (lua_State *L) {
  Output *o = pcapout_check(L, 1);
  return result(L, pk_writer_flush(&o->writer), o->writer.err);
}

/* out:close(): true, or nil and what was not written */
static int out_close (lua_State *L) {
  Output *o = anyoutput(L, 1);
  settle(o);
  o->last = NULL;
  o->like = NULL;
  lua_pushnil(L);
  lua_setiuservalue(L, 1, UV_OUTPUT_LAST);
  lua_pushnil(L);
  lua_setiuservalue(L, 1, UV_OUTPUT_LIKE);
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
  settle(o);
  if (pk_writer_close(&o->writer) < 0 && lua_isnoneornil(L, 2))
    return luaL_error(L, "%s", o->writer.err);
  return 0;
}

static int out_tostring (lua_State *L) {
  Output *o = anyoutput(L, 1);
  lua_pushfstring(L, "capture output (%s)", o->writer.fd < 0 ? "closed" : o->writer.name);
  return 1;
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
  {"copy", pcapout_copy},
  {"interface", out_interface},
  {"block", out_block},
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

/* [-0, +0, m] Gives the output at the top its class. */
static void set_class (lua_State *L) {
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
  lua_createtable(L, 0, 12);
  lua_pushvalue(L, box);
  luaL_setfuncs(L, outputmethods, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, box);
}

/* [-0, +0, m] What the file of the output at the top is, for its methods' table. */
static void set_fields (lua_State *L, const Output *o) {
  const pk_FileInfo *info = &o->writer.info;
  const int isng = info->format == PK_FILE_PCAPNG;
  lua_getmetatable(L, -1);
  lua_getfield(L, -1, "__index");
  if (info->linktype != PK_LINKTYPE_NONE) lua_pushinteger(L, info->linktype); else lua_pushnil(L);
  lua_setfield(L, -2, "linktype");
  lua_pushinteger(L, info->snaplen);
  lua_setfield(L, -2, "snaplen");
  lpcap_pushprecision(L, info->precision);
  lua_setfield(L, -2, "precision");
  lua_pushstring(L, isng ? "pcapng" : "pcap");
  lua_setfield(L, -2, "format");
  lua_pushstring(L, lpcap_packings[info->packing]);
  lua_setfield(L, -2, "compression");
  lua_pushstring(L, o->writer.name);
  lua_setfield(L, -2, "name");
  lua_pop(L, 2);
}

/* [-0, +k, e] Writes the interfaces of option `interfaces`, the table at index 2: how many values are an error. */
static int write_interfaces (lua_State *L, int box, Output *o) {
  lua_Integer k, n;
  if (lua_isnoneornil(L, 2) || lua_getfield(L, 2, "interfaces") != LUA_TTABLE) return 0;
  n = (lua_Integer)lua_rawlen(L, -1);
  for (k = 1; k <= n; k++) {
    int got;
    lua_getfield(L, box, "interface");
    lua_pushvalue(L, box);
    lua_rawgeti(L, -3, k);
    lua_call(L, 2, 2);
    got = !lua_isnil(L, -2);
    if (!got) return 2;
    lua_pop(L, 2);
  }
  still_open(L, o);
  lua_pop(L, 1);
  return 0;
}

/* create(path [, options]): output, or nil and a message */
int pcapout_create (lua_State *L) {
  pk_FileInfo info;
  const char *path = lpcap_checkpath(L, 1);
  const Capture *like;
  Output *o, **box;
  int n;
  lua_settop(L, 2);
  memset(&info, 0, sizeof(info));
  info.linktype = 1;
  info.snaplen = PK_SNAPLEN_MAX;
  like = pcapinfo_get(L, &info);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &closedkey) != LUA_TNIL)
    return luaL_error(L, "attempt to create a capture while the state closes");
  lua_pop(L, 1);
  box = (Output **)lua_newuserdatauv(L, sizeof(*box), 2); /* at 3 */
  *box = NULL;
  set_class(L);
  *box = o = (Output *)calloc(1, sizeof(*o));
  if (o == NULL) return luaL_error(L, "not enough memory");
  pk_writer_init(&o->writer);
  o->box = box;
  o->state = lua_topointer(L, LUA_REGISTRYINDEX);
  enter_output(o);
  o->samehead = info.head != NULL;
  if (like != NULL) {
    lua_getfield(L, 2, "like");
    lua_setiuservalue(L, 3, UV_OUTPUT_LIKE);
    o->like = like;
  }
  if (strcmp(path, "-") == 0 && stdout_is_written()) {
    luaL_pushfail(L);
    lua_pushliteral(L, "standard output: is being written already");
    return 2;
  }
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
  set_fields(L, o);
  if (like != NULL && like->reader.open && pcapout_mirror(o, like, like->reader.section, 0) < 0)
    return result(L, -1, o->writer.err);
  if ((n = write_interfaces(L, 3, o)) > 0) return n;
  lua_settop(L, 3);
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
