/*
** lpcapinfo.c: the options of pcap.create.
*/
#include "lpcapinfo.h"

#include <string.h>

#include "sformat.h"

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

/* [-0, +0, e] Option `key`, one of the words of `words` up to NULL: which, from 0 on; -1: it is not there. */
static int getword (lua_State *L, const char *key, const char *const *words) {
  int k = -1;
  if (lua_getfield(L, 2, key) != LUA_TNIL) {
    const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    for (k = 0; words[k] != NULL && strcmp(s, words[k]) != 0; k++) continue;
    if (words[k] == NULL) luaL_error(L, "option '%s': '%s' or '%s' expected", key, words[0], words[1]);
  }
  lua_pop(L, 1);
  return k;
}

static int getboolean (lua_State *L, const char *key) {
  int is;
  lua_getfield(L, 2, key);
  is = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return is;
}

/* [-0, +0, e] Option `rotate`: {bytes =, seconds =, files =}. */
static void getrotate (lua_State *L, pk_FileInfo *o) {
  static const char *const known[] = {"bytes", "seconds", "files", NULL};
  static const double least[] = {1, 1e-9, 1}, most[] = {9e15, 9e9, 99999};
  double values[3] = {0, 0, 0};
  int k, isnum, t;
  if (lua_getfield(L, 2, "rotate") != LUA_TNIL) {
    t = lua_gettop(L);
    aux_checkknown(L, t, known);
    for (k = 0; k < 3; k++) {
      if (lua_getfield(L, t, known[k]) != LUA_TNIL) {
        values[k] = lua_tonumberx(L, -1, &isnum);
        if (!isnum || !(values[k] >= least[k] && values[k] <= most[k]))
          luaL_error(L, "option 'rotate': '%s': number expected", known[k]);
      }
      lua_pop(L, 1);
    }
    o->maxbytes = (uint64_t)values[0];
    o->maxtime = (int64_t)(values[1] * 1e9);
    o->maxfiles = (uint32_t)values[2];
    if (o->maxbytes == 0 && o->maxtime == 0) luaL_error(L, "option 'rotate': 'bytes' or 'seconds' expected");
    if (o->append) luaL_error(L, "options 'rotate' and 'append' exclude each other");
  }
  lua_pop(L, 1);
}

/* What a file like the capture is. 1: a pcapng file that mirrors it. */
static int get_like (const Capture *c, pk_FileInfo *o) {
  const pk_Reader *r = &c->reader;
  if (r->linktype != PK_LINKTYPE_NONE) o->linktype = r->linktype;
  o->linkmore = r->linkmore;
  o->snaplen = r->snaplen;
  if (!pk_format_isclassic(r->format) && o->snaplen < pk_snaplen_max(o->linktype))
    o->snaplen = pk_snaplen_max(o->linktype); /* interfaces may come late */
  o->precision = r->precision;
  if (pk_format_isclassic(r->format)) {
    o->swapped = r->swapped;
    o->head = r->head;
    o->lengths = r->lengths;
    o->recordhead = r->recordhead;
  }
  else if (r->ninterfaces == 0 || r->interfaces[0].block != NULL)
    o->format = PK_FILE_PCAPNG;
  return pk_format_isng(r->format);
}

/* A classic file that is not like another. */
static void set_plain (pk_FileInfo *o) {
  o->head = NULL;
  o->lengths = PK_CAPLEN_FIRST;
  o->recordhead = 0;
}

const Capture *pcapinfo_get (lua_State *L, pk_FileInfo *o) {
  static const char *const known[] = {"like", "linktype", "snaplen", "precision", "format", "byteorder", "compress",
                                      "append", "flush", "rotate", "interfaces", NULL};
  static const char *const precisions[] = {"micro", "nano", NULL}, *const formats[] = {"pcap", "pcapng", NULL};
  static const char *const orders[] = {"little", "big", "native", NULL};
  const Capture *c = NULL;
  const char *path = lua_tostring(L, 1);
  int mirrors = 0, k;
  lua_settop(L, 2);
  lua_pushnil(L);
  if (lua_isnil(L, 2)) return NULL;
  aux_checkknown(L, 2, known);
  lua_getfield(L, 2, "like");
  lua_replace(L, 3);
  lua_pushvalue(L, 3);
  if (!lua_isnil(L, 3)) {
    c = lpcap_test(L, -1);
    if (c == NULL) luaL_error(L, "option 'like': capture expected");
    if (!c->reader.open) luaL_error(L, "option 'like': open capture expected");
    mirrors = get_like(c, o);
  }
  lua_pop(L, 1);
  if ((k = getword(L, "format", formats)) >= 0) {
    if (k == PK_FILE_PCAPNG) set_plain(o);
    mirrors &= k == PK_FILE_PCAPNG;
    o->format = (pk_FileFormat)k;
  }
  if (getinteger(L, "linktype", 0, 0xffff, &o->linktype)) {
    o->linkmore = 0;
    mirrors = 0;
    set_plain(o);
  }
  if (getinteger(L, "snaplen", 1, INT32_MAX, &o->snaplen)) {
    o->cut = o->snaplen;
    mirrors = 0;
    set_plain(o);
  }
  if ((k = getword(L, "precision", precisions)) >= 0) {
    mirrors &= o->precision == (pk_Precision)k;
    if (o->precision != (pk_Precision)k) set_plain(o);
    o->precision = (pk_Precision)k;
  }
  if ((k = getword(L, "byteorder", orders)) >= 0) {
    const int swapped = k < 2 && (k == 1) != pk_bigendian();
    mirrors = 0;
    if (swapped != o->swapped) set_plain(o);
    o->swapped = swapped;
  }
  if ((k = getword(L, "compress", lpcap_packings + 1)) >= 0) o->packing = (pk_Packing)(k + 1);
  o->append = getboolean(L, "append");
  o->eager = getboolean(L, "flush");
  getrotate(L, o);
  if (strcmp(path, "-") == 0 && (o->append || o->maxbytes > 0 || o->maxtime > 0))
    luaL_error(L, "standard output takes no 'append' and no 'rotate'");
  if (lua_getfield(L, 2, "interfaces") != LUA_TNIL) {
    luaL_checktype(L, -1, LUA_TTABLE);
    if (o->format != PK_FILE_PCAPNG) luaL_error(L, "option 'interfaces': of a pcapng file");
    if (lua_rawlen(L, -1) > 0) o->linktype = PK_LINKTYPE_NONE;
    mirrors = 0;
  }
  lua_pop(L, 1);
  if (!mirrors) return NULL;
  o->linktype = PK_LINKTYPE_NONE;
  return c;
}
