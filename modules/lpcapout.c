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

int pcapout_is (lua_State *L, int idx) {
  int is = 0;
  if (lua_touserdata(L, idx) != NULL && lua_getmetatable(L, idx)) {
    is = lua_rawgetp(L, -1, &markkey) != LUA_TNIL;
    lua_pop(L, 2);
  }
  return is;
}

/*
** [-0, +0, v] An output, be it closed. Each has a metatable and methods of its own, which know it (upvalue 1):
** they are found without a call, and what they are called with is mostly that.
*/
static Output *anyoutput (lua_State *L, int idx) {
  Output **box = (Output **)lua_touserdata(L, idx);
  if (box == NULL || box != (Output **)lua_touserdata(L, lua_upvalueindex(1))) {
    if (!pcapout_is(L, idx)) luaL_typeerror(L, idx, outputname);
  }
  if (*box == NULL) luaL_error(L, "attempt to use a collected capture output");
  return *box;
}

Output *pcapout_check (lua_State *L, int idx) {
  Output *o = anyoutput(L, idx);
  if (!o->writer.open) luaL_error(L, "attempt to use a closed capture output");
  if (o->copy != NULL) pcapout_flushcopy(o);
  return o;
}

static Output *outputs = NULL; /* of all states */
static pthread_mutex_t outputs_lock = PTHREAD_MUTEX_INITIALIZER;

/* What is not closed when the process exits, by os.exit too, goes out all the same. */
static void flush_outputs (void) {
  Output *o;
  pthread_mutex_lock(&outputs_lock);
  for (o = outputs; o != NULL; o = o->next) {
    if (o->writer.open && o->writer.pack != NULL)
      pk_writer_close(&o->writer); /* packed data has an end */
    else if (o->writer.open)
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
  for (o = outputs; o != NULL; o = o->next) found |= o->writer.open && !o->writer.ownfd;
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
    c = lpcap_test(L, -1);
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
  if (!o->writer.open) luaL_error(L, "attempt to use a closed capture output"); /* closed by a finalizer */
}

/*
** The longest frame that the file, or its interface, has. One of a capture whose snapshot length lies is not cut to that, as
** long as nobody has said another.
*/
static uint32_t longest (const Output *o, const pk_Frame *frame, const Capture *c) {
  const pk_Writer *w = &o->writer;
  uint32_t snaplen = w->info.snaplen, max = w->maxlen;
  if (w->info.format == PK_FILE_PCAPNG && frame->interface < w->ninterfaces) {
    const pk_Interface *i = &w->interfaces[frame->interface];
    snaplen = i->snaplen > 0 ? i->snaplen : UINT32_MAX;
    max = pk_snaplen_max(i->linktype);
  }
  if (c != NULL && c->there && snaplen == c->reader.interfaces[c->frame.interface].snaplen) snaplen = UINT32_MAX;
  if (w->info.cut > 0 && snaplen > w->info.cut) snaplen = w->info.cut;
  return snaplen < max ? snaplen : max;
}

/* [-0, +k, m] Writes a frame of `len` bytes, of which readers take no more than they do. */
static int write_frame (lua_State *L, Output *o, pk_Frame *frame, size_t len, const Capture *c) {
  uint32_t max;
  still_open(L, o);
  max = longest(o, frame, c);
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
  if (info->cut > 0 && c->frame.caplen > info->cut) return 0;
  if (info->format == PK_FILE_PCAPNG) return o->like == c;
  return pk_format_isclassic(r->format) && r->swapped == info->swapped && r->precision == info->precision &&
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
  return pk_writer_record(&o->writer, f);
}

/* What is like a capture of which no frame has been written has its interfaces all the same. 0 or -1. */
static int settle (Output *o) {
  const Capture *c = o->like;
  if (c == NULL || !c->reader.open || c->reader.nsections == 0 || o->writer.ninterfaces > 0 || !o->writer.open ||
      o->section >= c->reader.nsections)
    return 0;
  return pcapout_mirror(o, c, o->section, UINT64_MAX);
}

/* [-0, +1, e] Pushes the options that an output's interface for frames of this one has, without their end. */
static void push_options (lua_State *L, const pk_Interface *i, uint32_t linkmore, const pk_Writer *w) {
  const int top = lua_gettop(L);
  size_t len;
  const char *options;
  if (i->len >= 20)
    pcapopt_turn(L, OPT_INTERFACE, i->block + 16, i->len - 20, i->swapped, w->info.swapped);
  else {
    lua_newtable(L);
    if (i->resolution != 6) {
      lua_pushinteger(L, i->resolution);
      lua_setfield(L, -2, "if_tsresol");
    }
    if (linkmore & 0x04000000) {
      lua_pushinteger(L, (lua_Integer)(linkmore >> 28) * 16);
      lua_setfield(L, -2, "if_fcslen");
    }
    pcapopt_encode(L, top + 1, OPT_INTERFACE, w->info.swapped, NULL);
    lua_remove(L, -2);
  }
  options = lua_tolstring(L, -1, &len);
  if (len >= 4 && memcmp(options + len - 4, "\0\0\0\0", 4) == 0) len -= 4;
  lua_pushlstring(L, options, len & ~(size_t)3);
  lua_remove(L, -2);
}

/* Whether an interface of the output has these options, and else is like that one. */
static int same_interface (const pk_Interface *a, const pk_Interface *b, const char *options, size_t len) {
  const size_t have = a->len >= 20 ? a->len - 20 : 0;
  return a->linktype == b->linktype && a->snaplen == b->snaplen && have >= len && have - len <= 4 &&
         (len == 0 ? have == 0 : memcmp(a->block + 16, options, len) == 0);
}

/* [-0, +1, e] The output's interface for a frame of the capture's, made if there is none: its number, or -1. */
static int64_t find_interface (lua_State *L, Output *o, const Capture *c) {
  pk_Interface i = c->reader.interfaces[c->frame.interface];
  pk_Writer *w = &o->writer;
  uint32_t k;
  size_t len;
  const char *options;
  if (o->like == c && c->reader.nsections > 0) {
    lua_pushnil(L);
    if (pcapout_mirror(o, c, i.section, c->reader.offset + c->reader.begin) < 0) return -1;
    return (int64_t)c->frame.interface - c->reader.sections[i.section].first;
  }
  if (w->info.cut > 0) i.snaplen = w->info.cut;
  push_options(L, &i, c->reader.linkmore, w); /* nothing has been allocated before that could have the block go */
  still_open(L, o);
  options = lua_tolstring(L, -1, &len);
  for (k = 0; k < w->ninterfaces; k++)
    if (same_interface(&w->interfaces[k], &i, options, len)) return k;
  if (!w->begun && pk_writer_section(w, NULL, 0, w->info.swapped) < 0) return -1; /* without the default interface */
  if (pk_writer_newinterface(w, &i, (const uint8_t *)options, (uint32_t)len) < 0) return -1;
  o->section = UINT32_MAX; /* what is mirrored next begins a section of its own */
  return (int64_t)w->ninterfaces - 1;
}

/* [-0, +0..1, e] The same; a copy asks for the same one again and again. */
static int64_t interface_for (lua_State *L, Output *o, const Capture *c) {
  int64_t interface;
  if (o->from == c && o->frominterface == c->frame.interface && o->known == o->writer.earlier + o->writer.ninterfaces)
    return o->tointerface;
  interface = find_interface(L, o, c);
  if (interface >= 0 && o->copy != NULL && o->like != c) {
    o->from = c;
    o->frominterface = c->frame.interface;
    o->tointerface = (uint32_t)interface;
    o->known = o->writer.earlier + o->writer.ninterfaces;
  }
  return interface;
}

/*
** [-0, +1, v] Sets interface and options of a pcapng frame: what the table at `arg`, if any, asks for, else those
** that it has in the capture that lends it. What is pushed keeps the options. 0 or -1.
*/
static int set_options (lua_State *L, Output *o, int arg, int cap, const Capture *c, pk_Frame *frame) {
  static const char *const others[] = {"interface", NULL};
  pk_Writer *w = &o->writer;
  const int top = lua_gettop(L), asked = lua_istable(L, arg), lent = c != NULL;
  const int swapped = lent ? c->frame.swapped : 0;
  int64_t interface = 0;
  size_t len;
  if (lent && !asked && c->there && !c->override && c->frame.optionslen == 0) { /* none: mostly */
    frame->timeless = c->frame.timeless && frame->time == 0;
    if ((interface = interface_for(L, o, c)) < 0) return -1;
    lua_settop(L, top);
    still_open(L, o);
    frame->interface = (uint32_t)interface;
    if (interface >= (int64_t)w->ninterfaces) luaL_error(L, "attempt to write while the sections change");
    return 0;
  }
  if (lent) /* first: what follows may have them go */
    lpcap_pushoptions(L, cap, c);
  else
    lua_pushliteral(L, "");
  frame->timeless = lent && c->there && c->frame.timeless && frame->time == 0;
  if (asked && lua_getfield(L, arg, "interface") != LUA_TNIL) {
    int isint;
    const lua_Integer n = lua_tointegerx(L, -1, &isint);
    still_open(L, o);
    if (pk_writer_begin(w) < 0) return -1;
    if (!isint || n <= w->earlier || n - w->earlier > (lua_Integer)w->ninterfaces)
      luaL_error(L, "no interface %s in this section", luaL_tolstring(L, -1, NULL));
    interface = n - w->earlier - 1;
  }
  else if (lent) {
    still_open(L, o);
    if (!c->there) luaL_error(L, "attempt to write a frame that is gone");
    if ((interface = interface_for(L, o, c)) < 0) return -1;
  }
  else if (settle(o) < 0 || pk_writer_begin(w) < 0)
    return -1;
  /* Those that it has, with what is asked for in their places; an obsolete packet's codes mean the same. */
  {
    const uint8_t *old = (const uint8_t *)lua_tolstring(L, top + 1, &len);
    pcapopt_turn(L, OPT_PACKET, old, len, swapped, lent ? w->info.swapped : swapped);
  }
  if (asked) {
    const uint8_t *old = (const uint8_t *)lua_tolstring(L, -1, &len);
    pcapopt_merge(L, arg, OPT_PACKET, old, len, w->info.swapped, others);
  }
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
  still_open(L, o);
  frame->options = (const uint8_t *)lua_tolstring(L, -1, &len);
  frame->optionslen = (uint32_t)len;
  frame->interface = (uint32_t)interface;
  if (interface >= (int64_t)w->ninterfaces) luaL_error(L, "attempt to write while the sections change");
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
  int memory = 2, own;
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
  luaL_argcheck(L, o->writer.info.lengths != PK_SMALLER_IS_CAPLEN || frame.wirelen >= len || c != NULL, 4,
                "wire length below the captured one, in a file of pcap version 2.3");
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
  own = c != NULL && c->frame.time == frame.time;
  if (o->writer.info.format == PK_FILE_PCAPNG && set_options(L, o, 5, 7, c, &frame) < 0)
    return result(L, -1, o->writer.err);
  if (!frame.raw && !frame.timeless && !pk_writer_holds(&o->writer, frame.interface, frame.time)) {
    luaL_argcheck(L, own, 3, "time out of range");
    luaL_pushfail(L); /* a frame's own: the file is to blame */
    lua_pushfstring(L, "%s: time out of range", o->writer.name);
    return 2;
  }
  if (pk != NULL) {
    frame.data = pk->area->data;
    len = pk->area->len;
  }
  else
    frame.data = (char *)luamem_tostring(L, 2, &len);
  return write_frame(L, o, &frame, len, c);
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
    luaL_argcheck(L, pk_writer_holds(&o->writer, 0, frame.time), 3, "time out of range");
    frame.raw = 0;
    frame.data = pk->area->data;
    frame.wirelen = (uint32_t)(len < UINT32_MAX ? len : UINT32_MAX);
    return write_frame(L, o, &frame, len, NULL);
  }
  return pcapout_write(L, o, pk);
}

/* out:interface(t): its number; or nil and a message */
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
  o->section = UINT32_MAX;                    /* what is mirrored next begins a section of its own */
  lua_pushinteger(L, (lua_Integer)(o->writer.earlier + o->writer.ninterfaces));
  return 1;
}

/* out:block(t): true, or nil and a message */
static int out_block (lua_State *L) {
  Output *o = pcapout_check(L, 1);
  uint32_t before;
  int status;
  luaL_checktype(L, 2, LUA_TTABLE);
  if (o->writer.info.format != PK_FILE_PCAPNG) return luaL_error(L, "a pcap file has no blocks");
  lua_settop(L, 2);
  before = o->writer.earlier + o->writer.ninterfaces;
  status = pcapblock_write(L, 2, &o->writer);
  if (o->writer.earlier + o->writer.ninterfaces != before || o->writer.ninterfaces == 0)
    o->section = UINT32_MAX; /* a section, or an interface: what is mirrored next begins one of its own */
  return result(L, status, o->writer.err);
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
  int wasopen = o != NULL && o->writer.open;
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
  lua_pushfstring(L, "capture output (%s)", !o->writer.open ? "closed" : o->writer.name);
  return 1;
}

/* Whether `name` is that of one of several files (path_00001.ext) that `path` stands for. */
static int is_numbered (const char *path, const char *name) {
  const char *slash = strrchr(path, '/'), *dot = strrchr(slash != NULL ? slash : path, '.');
  const size_t len = strlen(path), stem = dot != NULL && dot != path && dot[-1] != '/' ? (size_t)(dot - path) : len;
  const size_t n = strlen(name);
  size_t at = stem + 1;
  if (n < len + 6 || strncmp(name, path, stem) != 0 || name[stem] != '_') return 0;
  while (name[at] >= '0' && name[at] <= '9') at++;
  return at - stem > 5 && strcmp(name + at, path + stem) == 0;
}

/* [-0, +0, m] Whether the file of that path is being read: to create it would destroy what is not yet read. */
static int is_read (lua_State *L, const char *path, int several) {
  struct stat st;
  const int is = stat(path, &st) == 0 && S_ISREG(st.st_mode);
  int found = 0;
  if (strcmp(path, "-") == 0) return 0;
  lpcap_pushopen(L);
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    const Capture *c = (const Capture *)lua_touserdata(L, -2);
    found |= c->reader.open && (several ? is_numbered(path, c->reader.name)
                                        : is && pk_reader_isfile(&c->reader, (uint64_t)st.st_dev, (uint64_t)st.st_ino));
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
  box = (Output **)lua_newuserdatauv(L, sizeof(*box), 2); /* at 4 */
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
    lua_pushvalue(L, 3);
    lua_setiuservalue(L, 4, UV_OUTPUT_LIKE);
    o->like = like;
  }
  if (strcmp(path, "-") == 0 && stdout_is_written()) {
    luaL_pushfail(L);
    lua_pushliteral(L, "standard output: is being written already");
    return 2;
  }
  if (is_read(L, path, info.maxbytes > 0 || info.maxtime > 0)) {
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
  if ((n = write_interfaces(L, 4, o)) > 0) return n;
  lua_settop(L, 4);
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
