/*
** lpcapopt.c: options of pcapng blocks (draft-ietf-opsawg-pcapng).
*/
#include "lpcapopt.h"

#include <string.h>

#include "codec.h"
#include "sformat.h"

#define CODEMAX 0xffff

typedef enum Form {
  FORM_TEXT, FORM_BYTES, FORM_INTEGER, FORM_MAC, FORM_IPV4, FORM_IPV6, FORM_IPV4MASK, FORM_IPV6PREFIX, FORM_TICKS
} Form;

typedef struct Option {
  uint16_t code;
  const char *name;
  Form form;
  uint8_t size;     /* bytes of a number */
  uint8_t issigned;
} Option;

#define END {0, NULL, FORM_BYTES, 0, 0}
#define COMMENT {1, "comment", FORM_TEXT, 0, 0}

static const Option section[] = {
  COMMENT, {2, "shb_hardware", FORM_TEXT, 0, 0}, {3, "shb_os", FORM_TEXT, 0, 0}, {4, "shb_userappl", FORM_TEXT, 0, 0}, END
};

static const Option interface[] = {
  COMMENT,
  {2, "if_name", FORM_TEXT, 0, 0}, {3, "if_description", FORM_TEXT, 0, 0},
  {4, "if_IPv4addr", FORM_IPV4MASK, 8, 0}, {5, "if_IPv6addr", FORM_IPV6PREFIX, 17, 0},
  {6, "if_MACaddr", FORM_MAC, 6, 0}, {7, "if_EUIaddr", FORM_BYTES, 0, 0},
  {8, "if_speed", FORM_INTEGER, 8, 0}, {9, "if_tsresol", FORM_INTEGER, 1, 0},
  {10, "if_tzone", FORM_INTEGER, 4, 1}, {11, "if_filter", FORM_BYTES, 0, 0}, {12, "if_os", FORM_TEXT, 0, 0},
  {13, "if_fcslen", FORM_INTEGER, 1, 0}, {14, "if_tsoffset", FORM_INTEGER, 8, 1},
  {15, "if_hardware", FORM_TEXT, 0, 0}, {16, "if_txspeed", FORM_INTEGER, 8, 0},
  {17, "if_rxspeed", FORM_INTEGER, 8, 0}, {18, "if_iana_tzname", FORM_TEXT, 0, 0}, END
};

static const Option packet[] = {
  COMMENT,
  {2, "epb_flags", FORM_INTEGER, 4, 0}, {3, "epb_hash", FORM_BYTES, 0, 0},
  {4, "epb_dropcount", FORM_INTEGER, 8, 0}, {5, "epb_packetid", FORM_INTEGER, 8, 0},
  {6, "epb_queue", FORM_INTEGER, 4, 0}, {7, "epb_verdict", FORM_BYTES, 0, 0}, END
};

static const Option oldpacket[] = {
  COMMENT, {2, "pack_flags", FORM_INTEGER, 4, 0}, {3, "pack_hash", FORM_BYTES, 0, 0}, END
};

static const Option names[] = {
  COMMENT, {2, "ns_dnsname", FORM_TEXT, 0, 0}, {3, "ns_dnsIP4addr", FORM_IPV4, 4, 0},
  {4, "ns_dnsIP6addr", FORM_IPV6, 16, 0}, END
};

static const Option statistics[] = {
  COMMENT,
  {2, "isb_starttime", FORM_TICKS, 8, 0}, {3, "isb_endtime", FORM_TICKS, 8, 0},
  {4, "isb_ifrecv", FORM_INTEGER, 8, 0}, {5, "isb_ifdrop", FORM_INTEGER, 8, 0},
  {6, "isb_filteraccept", FORM_INTEGER, 8, 0}, {7, "isb_osdrop", FORM_INTEGER, 8, 0},
  {8, "isb_usrdeliv", FORM_INTEGER, 8, 0}, END
};

static const Option other[] = { COMMENT, END };

static const Option *const kinds[] = {section, interface, packet, oldpacket, names, statistics, other};

static const Option *find_code (OptKind kind, unsigned code) {
  const Option *o;
  for (o = kinds[kind]; o->name != NULL; o++)
    if (o->code == code) return o;
  return NULL;
}

static const Option *find_name (OptKind kind, const char *name) {
  const Option *o;
  for (o = kinds[kind]; o->name != NULL; o++)
    if (strcmp(o->name, name) == 0) return o;
  return NULL;
}

static const pk_Codec *codec_of (Form form) {
  return pk_codec_find(form == FORM_MAC ? "mac" : form == FORM_IPV4 || form == FORM_IPV4MASK ? "ipv4" : "ipv6");
}

/* --- values */

/* Custom options: their bytes begin with the number of an enterprise, which as a value is in network order. */
static int is_custom (unsigned code) {
  return code == 2988 || code == 2989 || code == 19372 || code == 19373;
}

static void turn4 (uint8_t *p) {
  const uint8_t a = p[0], b = p[1];
  p[0] = p[3];
  p[1] = p[2];
  p[2] = b;
  p[3] = a;
}

static uint64_t get_number (const uint8_t *p, size_t size, int swapped) {
  if (size == 8) return pk_get64(p, swapped);
  return size == 4 ? pk_get32(p, swapped) : p[0];
}

static void push_number (lua_State *L, const Option *o, const uint8_t *p, int swapped) {
  const uint64_t n = get_number(p, o->size, swapped);
  lua_pushinteger(L, o->issigned && o->size == 4 ? (lua_Integer)(int32_t)(uint32_t)n : (lua_Integer)n);
}

/* [-0, +1, m] The value of an option; one that has not its size is bytes. */
static void push_value (lua_State *L, const Option *o, const uint8_t *p, size_t len, int swapped) {
  char text[2 * PK_CODEC_TEXT];
  const pk_Codec *codec;
  size_t n;
  if (o == NULL || o->form == FORM_TEXT || o->form == FORM_BYTES || len != o->size) {
    lua_pushlstring(L, (const char *)p, len);
    return;
  }
  switch (o->form) {
    case FORM_INTEGER:
      push_number(L, o, p, swapped);
      return;
    case FORM_TICKS: /* the high half first, in any order of bytes */
      lua_pushinteger(L, (lua_Integer)((uint64_t)pk_get32(p, swapped) << 32 | pk_get32(p + 4, swapped)));
      return;
    default: break;
  }
  codec = codec_of(o->form);
  n = codec->format(p, text);
  if (o->form == FORM_IPV4MASK) {
    text[n++] = '/';
    n += codec->format(p + 4, text + n);
  }
  lua_pushlstring(L, text, n);
  if (o->form == FORM_IPV6PREFIX) {
    lua_pushfstring(L, "/%d", p[16]);
    lua_concat(L, 2);
  }
}

/* [-1, +0, m] Adds the value at the top to what the key just below it has in the table at `t`; pops both. */
static void add_value (lua_State *L, int t) {
  const int value = lua_gettop(L);
  lua_pushvalue(L, value - 1);
  switch (lua_rawget(L, t)) {
    case LUA_TNIL:
      lua_pop(L, 1);
      lua_rawset(L, t);
      return;
    case LUA_TTABLE: break;
    default: /* the second: a list */
      lua_createtable(L, 2, 0);
      lua_insert(L, -2);
      lua_rawseti(L, -2, 1);
      lua_pushvalue(L, value - 1);
      lua_pushvalue(L, -2);
      lua_rawset(L, t);
  }
  lua_pushvalue(L, value);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_settop(L, value - 2);
}

/* Steps to an option: 1, its code, and where its value lies; 0 at the end. */
static int next_option (const uint8_t *p, size_t len, size_t *at, int swapped, unsigned *code, size_t *value,
                        size_t *n) {
  if (*at > len || len - *at < 4) return 0;
  *code = pk_get16(p + *at, swapped);
  *n = pk_get16(p + *at + 2, swapped);
  *value = *at + 4;
  if (*code == 0 || *n > len - *value) return 0;
  *at = *value + ((*n + 3) & ~(size_t)3);
  return 1;
}

void pcapopt_decode (lua_State *L, int t, OptKind kind, const uint8_t *options, size_t len, int swapped) {
  size_t at = 0, value, n;
  unsigned code;
  luaL_checkstack(L, 8, NULL);
  while (next_option(options, len, &at, swapped, &code, &value, &n)) {
    const Option *o = find_code(kind, code);
    if (o != NULL)
      lua_pushstring(L, o->name);
    else
      lua_pushinteger(L, code);
    if (is_custom(code) && n >= 4 && swapped == pk_bigendian()) { /* the file is little-endian */
      uint8_t pen[4];
      memcpy(pen, options + value, 4);
      turn4(pen);
      lua_pushlstring(L, (const char *)pen, 4);
      lua_pushlstring(L, (const char *)options + value + 4, n - 4);
      lua_concat(L, 2);
    }
    else
      push_value(L, o, options + value, n, swapped);
    add_value(L, t);
  }
}

/* --- writing */

static int bad (lua_State *L, const Option *o, const char *what) {
  return luaL_error(L, "option '%s': %s expected", o->name, what);
}

/* The text of an address, a slash and the rest; its bytes. */
static size_t parse_address (lua_State *L, const Option *o, const char *s, size_t len, uint8_t *to) {
  const char *slash = o->form == FORM_IPV4MASK || o->form == FORM_IPV6PREFIX ? memchr(s, '/', len) : s + len;
  const pk_Codec *codec = codec_of(o->form);
  const char *rest;
  size_t n;
  if (slash == NULL || !codec->parse(s, (size_t)(slash - s), to)) {
    bad(L, o, o->form == FORM_MAC ? "MAC address" : o->form == FORM_IPV4MASK ? "IPv4 address/mask"
            : o->form == FORM_IPV6PREFIX ? "IPv6 address/length" : "address");
    return 0;
  }
  rest = slash + 1;
  n = (size_t)(s + len - slash);
  if (o->form == FORM_IPV4MASK && (n == 0 || !codec->parse(rest, n - 1, to + 4))) bad(L, o, "IPv4 address/mask");
  if (o->form == FORM_IPV6PREFIX) {
    unsigned prefix = 0, k;
    for (k = 0; k + 1 < n && k < 4; k++)
      prefix = rest[k] >= '0' && rest[k] <= '9' ? prefix * 10 + (unsigned)(rest[k] - '0') : 999;
    if (n < 2 || prefix > 128) bad(L, o, "IPv6 address/length");
    to[16] = (uint8_t)prefix;
  }
  return o->size;
}

/* The bytes of a number at the top. */
static size_t put_number (lua_State *L, const Option *o, uint8_t *to, int swapped) {
  int isint;
  const lua_Integer n = lua_tointegerx(L, -1, &isint);
  const lua_Unsigned u = (lua_Unsigned)n;
  if (!isint) bad(L, o, "integer");
  if (o->size < 8 && (o->issigned ? n < INT32_MIN || n > INT32_MAX : u >> (8 * o->size) != 0))
    bad(L, o, o->size == 1 ? "integer from 0 to 255" : "integer of 32 bits");
  if (o->form == FORM_TICKS || (o->size == 8 && swapped != pk_bigendian())) { /* the high half first */
    pk_put32(to, (uint32_t)(u >> 32), swapped);
    pk_put32(to + 4, (uint32_t)u, swapped);
  }
  else if (o->size == 8) {
    pk_put32(to, (uint32_t)u, swapped);
    pk_put32(to + 4, (uint32_t)(u >> 32), swapped);
  }
  else if (o->size == 4)
    pk_put32(to, (uint32_t)u, swapped);
  else
    to[0] = (uint8_t)u;
  return o->size;
}

/* [-0, +1, v] Pushes the option whose value is at the top, as bytes. */
static void push_option (lua_State *L, const Option *o, unsigned code, int swapped) {
  static const char zeros[3] = {0};
  uint8_t value[32], head[4];
  const char *bytes = (const char *)value;
  const int isnumber = o != NULL && (o->form == FORM_INTEGER || o->form == FORM_TICKS);
  size_t n = 0;
  if (isnumber && lua_type(L, -1) == LUA_TNUMBER)
    n = put_number(L, o, value, swapped);
  else if (lua_type(L, -1) != LUA_TSTRING) {
    if (isnumber) bad(L, o, "integer");
    luaL_error(L, "option '%s': string expected", o != NULL ? o->name : lua_pushfstring(L, "%d", (int)code));
  }
  else {
    bytes = lua_tolstring(L, -1, &n);
    if (o != NULL && o->form >= FORM_MAC && o->form <= FORM_IPV6PREFIX) {
      n = parse_address(L, o, bytes, n, value);
      bytes = (const char *)value;
    }
  }
  if (n > CODEMAX) luaL_error(L, "option '%s' too long", o != NULL ? o->name : lua_pushfstring(L, "%d", (int)code));
  pk_put16(head, (uint16_t)code, swapped);
  pk_put16(head + 2, (uint16_t)n, swapped);
  lua_pushlstring(L, (const char *)head, sizeof(head));
  if (is_custom(code) && n >= 4 && swapped == pk_bigendian()) {
    memcpy(value, bytes, 4);
    turn4(value);
    lua_pushlstring(L, (const char *)value, 4);
    lua_pushlstring(L, bytes + 4, n - 4);
    lua_concat(L, 2);
  }
  else
    lua_pushlstring(L, bytes, n);
  lua_pushlstring(L, zeros, (0 - n) & 3);
  lua_concat(L, 3);
}

/* [-0, +1, v] Pushes all options of a code, whose value or list of values is at the top. */
static void push_options (lua_State *L, const Option *o, unsigned code, int swapped) {
  const int value = lua_gettop(L);
  lua_Integer k, n;
  if (lua_type(L, value) != LUA_TTABLE) {
    push_option(L, o, code, swapped);
    return;
  }
  n = (lua_Integer)lua_rawlen(L, value);
  lua_pushliteral(L, "");
  for (k = 1; k <= n; k++) {
    lua_rawgeti(L, value, k);
    push_option(L, o, code, swapped);
    lua_remove(L, -2);
    lua_concat(L, 2);
  }
}

static int is_listed (const char *const *list, const char *name) {
  for (; list != NULL && *list != NULL; list++)
    if (strcmp(*list, name) == 0) return 1;
  return 0;
}

/* [-0, +1, v] Pushes a table from codes to options as bytes, or false: those asked for. */
static void push_wanted (lua_State *L, int t, OptKind kind, int swapped, const char *const *others) {
  const int wanted = lua_gettop(L) + 1;
  lua_newtable(L);
  luaL_checkstack(L, 12, NULL);
  for (lua_pushnil(L); lua_next(L, t); lua_settop(L, wanted + 1)) {
    const Option *o = NULL;
    lua_Integer code;
    if (lua_type(L, -2) == LUA_TSTRING) {
      const char *name = lua_tostring(L, -2);
      o = find_name(kind, name);
      if (o == NULL && is_listed(others, name)) continue;
      if (o == NULL) luaL_error(L, "unknown option '%s'", name);
      code = o->code;
    }
    else {
      code = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
      if (code < 1 || code > CODEMAX) luaL_error(L, "options are names, or codes from 1 to 65535");
      o = find_code(kind, (unsigned)code);
    }
    if (lua_isboolean(L, -1) && !lua_toboolean(L, -1))
      lua_pushboolean(L, 0);
    else
      push_options(L, o, (unsigned)code, swapped);
    lua_rawseti(L, wanted, code);
  }
}

/* [-0, +0, m] Adds what is left in the table of those asked for, by code. */
static void add_rest (lua_State *L, luaL_Buffer *buffer, int wanted) {
  lua_Integer codes[256], code;
  int n = 0, k, j;
  for (lua_pushnil(L); lua_next(L, wanted); lua_pop(L, 1))
    if (lua_type(L, -1) == LUA_TSTRING) {
      if (n == 256) luaL_error(L, "too many options");
      code = lua_tointeger(L, -2);
      for (j = n++; j > 0 && codes[j - 1] > code; j--) codes[j] = codes[j - 1];
      codes[j] = code;
    }
  for (k = 0; k < n; k++) {
    lua_rawgeti(L, wanted, codes[k]);
    luaL_addvalue(buffer);
  }
}

void pcapopt_encode (lua_State *L, int t, OptKind kind, int swapped, const char *const *others) {
  pcapopt_merge(L, t, kind, NULL, 0, swapped, others);
}

void pcapopt_merge (lua_State *L, int t, OptKind kind, const uint8_t *options, size_t len, int swapped,
                    const char *const *others) {
  const int strings = lua_gettop(L) + 1, wanted = strings + 1, joined = strings + 2;
  luaL_Buffer buffer;
  size_t at = 0, before = 0, value, n, total;
  unsigned code;
  const char *all;
  lua_pushlstring(L, len > 0 ? (const char *)options : "", len); /* making strings may have them go */
  all = lua_tostring(L, strings);
  push_wanted(L, t, kind, swapped, others);
  lua_newtable(L); /* what stands in the place of a first one, by where */
  while (next_option((const uint8_t *)all, len, &at, swapped, &code, &value, &n)) {
    if (lua_rawgeti(L, wanted, code) == LUA_TSTRING) {
      lua_rawseti(L, joined, (lua_Integer)before);
      lua_pushboolean(L, 0); /* the others go */
      lua_rawseti(L, wanted, code);
    }
    else
      lua_pop(L, 1);
    before = at;
  }
  luaL_buffinit(L, &buffer);
  for (at = before = 0; next_option((const uint8_t *)all, len, &at, swapped, &code, &value, &n); before = at) {
    int type;
    if ((type = lua_rawgeti(L, joined, (lua_Integer)before)) == LUA_TSTRING) {
      luaL_addvalue(&buffer);
      continue;
    }
    lua_pop(L, 1);
    type = lua_rawgeti(L, wanted, code);
    lua_pop(L, 1);
    if (type == LUA_TNIL) luaL_addlstring(&buffer, all + before, (at < len ? at : len) - before);
  }
  add_rest(L, &buffer, wanted);
  total = luaL_bufflen(&buffer);
  if (total > 0) luaL_addlstring(&buffer, "\0\0\0\0", 4);
  luaL_pushresult(&buffer);
  lua_replace(L, strings);
  lua_settop(L, strings);
}

/* Turns the value of an option, whose bytes are in one order, to the other. */
static void turn_value (unsigned code, const Option *o, uint8_t *p, size_t n) {
  const int isnumber = o != NULL && (o->form == FORM_INTEGER || o->form == FORM_TICKS) && n == o->size;
  const size_t unit = isnumber && o->form == FORM_TICKS ? 4 : n;
  size_t at, k;
  if (is_custom(code) && n >= 4) turn4(p);
  for (at = 0; isnumber && at < n; at += unit)
    for (k = 0; k < unit / 2; k++) {
      const uint8_t t = p[at + k];
      p[at + k] = p[at + unit - 1 - k];
      p[at + unit - 1 - k] = t;
    }
}

void pcapopt_turn (lua_State *L, OptKind kind, const uint8_t *options, size_t len, int from, int to) {
  const int top = lua_gettop(L) + 1;
  luaL_Buffer buffer;
  const uint8_t *all;
  uint8_t *p;
  size_t at = 0, before, value, n;
  unsigned code;
  lua_pushlstring(L, (const char *)options, len); /* before anything has them go */
  if (from == to) return;
  all = (const uint8_t *)lua_tostring(L, top);
  p = (uint8_t *)luaL_buffinitsize(L, &buffer, len);
  memcpy(p, all, len);
  for (before = 0; next_option(all, len, &at, from, &code, &value, &n); before = at) {
    pk_put16(p + before, (uint16_t)code, to);
    pk_put16(p + before + 2, (uint16_t)n, to);
    turn_value(code, find_code(kind, code), p + value, n);
  }
  luaL_pushresultsize(&buffer, len);
  lua_remove(L, top);
}
