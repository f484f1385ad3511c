/*
** lpcapcopy.c: out:copy(cap [, filter]): records and blocks go on as they are, adjacent ones at once from the
** block that was read; what a filter has changed, or another format has, is written anew.
*/
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lpcapmod.h"
#include "lpcapout.h"
#include "lpcapsieve.h"
#include "sformat.h"

/* Invariant: bytes [begin, end) of the reader's block are whole records that are still to be written. */
typedef struct Copy {
  Output *o;
  Capture *c;
  size_t begin, end;
  int each;   /* records go one by one */
  int failed; /* a write did */
  Sieve *sieve; /* or NULL */
  Sieve own;
  lua_Integer count, most;
} Copy;

static void flush_run (Copy *y) {
  const size_t begin = y->begin, end = y->end;
  y->begin = y->end = 0;
  if (begin == end || y->failed) return;
  if (pk_writer_raw(&y->o->writer, y->c->reader.block + begin, end - begin) < 0) y->failed = 1;
}

static void moving (void *arg) {
  flush_run((Copy *)arg);
}

void pcapout_flushcopy (Output *o) {
  flush_run(o->copy);
}

/* Keeps bytes of the reader's block, whole records. */
static void keep (Copy *y, const uint8_t *bytes, uint32_t len) {
  const size_t at = (size_t)(bytes - y->c->reader.block);
  if (at != y->end || y->begin == y->end) {
    flush_run(y);
    y->begin = at;
  }
  y->end = at + len;
}

/* Sections and interfaces before byte `at` of the file. */
static void mirror (Copy *y, uint32_t section, uint64_t at) {
  Output *o = y->o;
  if (o->writer.open && o->section == section && o->writer.begun) { /* mostly all stands */
    const pk_Reader *r = &y->c->reader;
    const uint32_t end = section + 1 < r->nsections ? r->sections[section + 1].first : r->ninterfaces;
    if (o->interface >= end || r->interfaces[o->interface].at >= at) return;
  }
  flush_run(y);
  if (!y->failed && (!o->writer.open || pcapout_mirror(o, y->c, section, at) < 0)) y->failed = 1;
}

/* A block that is no packet's. */
static void passing (void *arg, uint32_t type, const uint8_t *block, uint32_t len) {
  Copy *y = (Copy *)arg;
  const pk_Reader *r = &y->c->reader;
  const uint64_t at = r->offset + (uint64_t)(block - r->block);
  mirror(y, r->section, at + 1);
  if (type == PK_NG_SECTION || type == PK_NG_INTERFACE || y->failed) return;
  if (!y->each)
    keep(y, block, len);
  else if (pk_writer_raw(&y->o->writer, block, len) < 0)
    y->failed = 1;
}

/* Keeps the frame that was read last as it is. */
static void keep_frame (Copy *y) {
  const pk_Frame *f = &y->c->frame;
  const pk_Reader *r = &y->c->reader;
  if (y->o->writer.info.format == PK_FILE_PCAPNG)
    mirror(y, r->interfaces[f->interface].section, r->offset + (uint64_t)(f->record - r->block));
  if (!y->each)
    keep(y, f->record, f->recordlen);
  else if (!y->failed && pk_writer_record(&y->o->writer, f) < 0)
    y->failed = 1;
  y->count++;
}

/* copy(out, cap, copy): all frames, or those that the sieve takes, as they are; may raise: a signal's hook */
static int copy_asis (lua_State *L) {
  Copy *y = (Copy *)lua_touserdata(L, 3);
  Capture *c = y->c;
  int got = 1;
  lpcap_revoke(c);
  while (!y->failed && got != 0 && y->count < y->most) {
    if (!c->reader.open) return lpcap_closed(L, c);
    got = lpcap_nextwanted(c, y->sieve);
    c->touched++;
    if (got == PK_INTERRUPTED)
      lpcap_paused(L, c);
    else if (got == SIEVE_AIM)
      lsieve_aim(L, y->sieve, c);
    else if (got < 0)
      return luaL_error(L, "%s", c->reader.err);
    else if (got > 0)
      keep_frame(y);
  }
  return 0;
}

/* copy(out, cap, copy, iterator [, m]): what a filter wants, or (m) the frames that it shows; may raise */
static int copy_each (lua_State *L) {
  Copy *y = (Copy *)lua_touserdata(L, 3);
  Capture *c = y->c;
  const int given = lua_isnoneornil(L, 5) ? 0 : 5;
  luaL_checkstack(L, 10, NULL);
  lua_settop(L, 5);
  for (; !y->failed && y->count < y->most; lua_settop(L, 5)) {
    int n = 2;
    lua_pushvalue(L, 4);
    lua_call(L, 0, 2); /* raises what is wrong with the file */
    if (lua_isnil(L, 6)) break;
    if (!given) {
      const Packet *pk = (const Packet *)lua_touserdata(L, 6);
      if (c->there && lpcap_loaned(c) && pk->area == c->memory && pk->time == c->frame.time &&
          pk->wirelen == c->frame.wirelen && pcapout_goesasis(y->o, c)) {
        keep_frame(y);
        continue;
      }
    }
    flush_run(y);
    lua_getfield(L, 1, "write");
    lua_pushvalue(L, 1);
    lua_pushvalue(L, given ? given : 6);
    if (given) { /* a packet has them itself */
      lua_pushvalue(L, 6);
      lua_pushvalue(L, 7);
      n = 4;
    }
    lua_call(L, n, 2);
    if (!lua_toboolean(L, -2)) {
      lua_replace(L, 4); /* the message */
      y->failed = 1;
      lua_settop(L, 4);
      return 1;
    }
    y->count++;
  }
  return 0;
}

/* Whether all frames of a classic capture are records of the output. */
static int is_alike (const Output *o, const pk_Reader *r) {
  const pk_FileInfo *info = &o->writer.info;
  return pk_format_isclassic(r->format) && info->format == PK_FILE_PCAP && r->swapped == info->swapped &&
         r->precision == info->precision && r->lengths == info->lengths && r->recordhead == info->recordhead &&
         r->linktype == info->linktype && (o->samehead || pk_snaplen_max(r->linktype) <= info->snaplen);
}

/* [-0, +1, -] Has the output mirror a pcapng capture, which follows as a section, or sections. */
static void begin_mirror (lua_State *L, Output *o, const Capture *c) {
  if (o->like == c) return;
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, 1, UV_OUTPUT_LIKE);
  o->like = c;
  o->writer.info.linktype = PK_LINKTYPE_NONE; /* no default interface */
  o->section = UINT32_MAX; /* none of it has been begun */
  o->interface = 0;
}

/* out:copy(capture [, filter [, most]]) */
int pcapout_copy (lua_State *L) {
  Output *o = pcapout_check(L, 1);
  Capture *c = lpcap_test(L, 2);
  int status, isng, asis, filtered, sieved;
  lua_Integer most;
  Copy *y;
  if (c == NULL) luaL_typeerror(L, 2, "capture");
  if (!c->reader.open) return lpcap_closed(L, c);
  if (c->reader.moving != NULL) return luaL_error(L, "attempt to copy a capture that is being copied");
  most = luaL_optinteger(L, 4, LUA_MAXINTEGER);
  lua_settop(L, 3);
  sieved = lsieve_check(L, 3);
  filtered = !lua_isnil(L, 3);
  isng = o->writer.info.format == PK_FILE_PCAPNG && pk_format_isng(c->reader.format);
  asis = (!filtered || sieved) && o->writer.info.cut == 0 && (isng || is_alike(o, &c->reader));
  y = (Copy *)lua_newuserdatauv(L, sizeof(*y), 0); /* at 4 */
  memset(y, 0, sizeof(*y));
  y->o = o;
  y->c = c;
  y->most = most;
  if (asis && sieved) {
    const Registry *r = layreg_push(L);
    lua_pop(L, 1);
    lsieve_begin(&y->own, (Filter *)lua_touserdata(L, 3), r->binds);
    y->sieve = &y->own;
  }
  y->each = o->writer.info.eager || o->writer.info.maxbytes > 0 || o->writer.info.maxtime > 0;
  lua_pushcfunction(L, asis ? copy_asis : copy_each);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, 4);
  if (asis)
    lua_pushnil(L);
  else {
    if (!filtered) luamem_newref(L); /* shows each frame */
    lua_getfield(L, 2, filtered ? "packets" : "frames");
    lua_pushvalue(L, 2);
    lua_pushvalue(L, filtered ? 3 : -3);
    lua_call(L, 2, 1);
    if (!filtered) lua_insert(L, -2);
  }
  if (!c->reader.open || !o->writer.open) return luaL_error(L, "attempt to copy what a finalizer closed");
  if (o->copy != NULL) return luaL_error(L, "attempt to copy to an output that is being copied to");
  if (isng) begin_mirror(L, o, c);
  c->reader.moving = moving;
  c->reader.passing = isng ? passing : NULL;
  c->reader.watcher = y;
  o->copy = y;
  o->from = NULL;
  status = lua_pcall(L, lua_gettop(L) - 5, 1, 0);
  flush_run(y);
  o->copy = NULL;
  o->from = NULL;
  c->reader.moving = NULL;
  c->reader.passing = NULL;
  if (status != LUA_OK) {
    if (c->reader.failed) { /* of the file: all whole frames before it were copied */
      luaL_pushfail(L);
      lua_pushstring(L, c->reader.err);
      return 2;
    }
    return lua_error(L);
  }
  if (y->failed) {
    luaL_pushfail(L);
    if (o->writer.failed)
      lua_pushstring(L, o->writer.err);
    else if (lua_type(L, -2) == LUA_TSTRING)
      lua_pushvalue(L, -2);
    else
      return luaL_error(L, "attempt to use a closed capture output");
    return 2;
  }
  lua_pushinteger(L, y->count);
  return 1;
}

/* The first block of a part after the `n` sections and interfaces that begin the file: 1, 0 or -1. */
static int first_block (pk_Reader *r, uint32_t n, pk_Block *block) {
  for (;;) {
    const int got = pk_reader_block(r, block);
    if (got == PK_INTERRUPTED) continue;
    if (got <= 0 || n == 0 || (block->type != PK_NG_SECTION && block->type != PK_NG_INTERFACE)) return got;
    n--;
  }
}

int pcapout_join (lua_State *L) {
  Output *o = pcapout_check(L, 1);
  Capture *c = (Capture *)lua_touserdata(L, 2), *part = (Capture *)lua_touserdata(L, 3);
  pk_Block block;
  int got, good = 1;
  if (c == NULL || o->writer.info.format != PK_FILE_PCAPNG || !pk_format_isng(c->reader.format)) {
    lua_remove(L, 2);
    return pcapout_copy(L);
  }
  if (c->reader.frames == 0) { /* so that what begins the file is known */
    do got = pk_reader_next(&c->reader, &c->frame);
    while (got == PK_INTERRUPTED);
    if (got < 0) return luaL_error(L, "%s", c->reader.err);
  }
  if ((got = first_block(&part->reader, c->reader.nsections + c->reader.ninterfaces, &block)) > 0) {
    if (o->section == UINT32_MAX || o->like != c) {
      if (o->like != NULL && o->like->reader.open && pk_reader_isfile(&o->like->reader, c->reader.dev, c->reader.ino)) {
        lua_pushvalue(L, 2); /* another capture of that file: what of it stands already does */
        lua_setiuservalue(L, 1, UV_OUTPUT_LIKE);
        o->like = c;
      }
      else
        begin_mirror(L, o, c);
      good = pcapout_mirror(o, c, 0, c->reader.offset + (uint64_t)(c->frame.record - c->reader.block)) == 0;
    }
    do {
      if (good && pk_writer_raw(&o->writer, block.bytes, block.len) < 0) good = 0;
      do got = pk_reader_block(&part->reader, &block);
      while (got == PK_INTERRUPTED);
    } while (good && got > 0);
  }
  if (got < 0) return luaL_error(L, "%s", part->reader.err);
  if (!good) {
    luaL_pushfail(L);
    lua_pushstring(L, o->writer.err);
    return 2;
  }
  lua_pushboolean(L, 1);
  return 1;
}
