/*
** lmempack.c: the formats of string.pack (Lua 5.4 manual, section 6.4.2) over memories. A format is
** read one option at a time into an Option; alignment counts from the begin of the memory.
*/
#include <assert.h>
#include <float.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <lua.h>
#include <lauxlib.h>

#include "lmemlib.h"
#include "lmempack.h"
#include "lpkaux.h"

#define MAXINTSIZE 16
#define SIZE_OF_INTEGER ((int)sizeof(lua_Integer))

/* The alignment that "!" asks for: that of the type that wants most. */
struct Widest {
  char c;
  union {
    lua_Number n;
    double d;
    void *p;
    lua_Integer i;
    long l;
  } u;
};
#define MAXALIGN ((int)offsetof(struct Widest, u))

typedef enum Kind {
  INT,     /* signed, `size` bytes */
  UINT,    /* unsigned, `size` bytes */
  FLOAT,   /* `size` bytes: a float or a double */
  CHARS,   /* exactly `size` bytes */
  COUNTED, /* length in `size` bytes, then the bytes */
  ZERO,    /* bytes and a zero */
  PAD,     /* one byte */
  ALIGN,   /* nothing but its `skip` */
  NOTHING  /* configuration */
} Kind;

typedef struct Option {
  Kind kind;
  size_t size;
  size_t skip; /* bytes to pass for alignment before it */
} Option;

typedef struct Format {
  lua_State *L;
  const char *next; /* in the format string, which the stack holds */
  int arg;          /* the argument that the format is */
  int little;
  int maxalign;
} Format;

static int islittle (void) {
  const uint16_t one = 1;
  return *(const unsigned char *)&one == 1;
}

/* [-0, +0, v] */
static void format_init (Format *f, lua_State *L, int arg) {
  f->L = L;
  f->arg = arg;
  f->next = lua_tolstring(L, arg, NULL); /* a call less than luaL_checkstring where there is one */
  if (f->next == NULL) luaL_checkstring(L, arg);
  f->little = islittle();
  f->maxalign = 1;
}

static int isdigit_ (char c) {
  return '0' <= c && c <= '9';
}

/* The number that follows an option, or `def`; one too large stays larger than any size. */
static size_t format_number (Format *f, size_t def) {
  size_t n = 0;
  if (!isdigit_(*f->next)) return def;
  while (isdigit_(*f->next)) {
    size_t digit = (size_t)(*f->next++ - '0');
    if (n > (LUAMEM_MAXLEN - digit) / 10) {
      while (isdigit_(*f->next)) f->next++;
      return LUAMEM_MAXLEN;
    }
    n = n * 10 + digit;
  }
  return n;
}

/* [-0, +0, e] */
static size_t format_intsize (Format *f, size_t def) {
  size_t n = format_number(f, def);
  if (n < 1 || n > MAXINTSIZE)
    luaL_error(f->L, "integral size (%I) out of limits [1,%d]", (LUAI_UACINT)n, MAXINTSIZE);
  return n;
}

static inline Option option (Kind kind, size_t size) {
  Option o;
  o.kind = kind;
  o.size = size;
  o.skip = 0;
  return o;
}

/* [-0, +0, e] Reads one option, alignment left out. */
static inline Option format_option (Format *f) {
  char c = *f->next++;
  size_t n;
  switch (c) {
    case 'b': return option(INT, sizeof(char));
    case 'B': return option(UINT, sizeof(char));
    case 'h': return option(INT, sizeof(short));
    case 'H': return option(UINT, sizeof(short));
    case 'i': return option(INT, format_intsize(f, sizeof(int)));
    case 'I': return option(UINT, format_intsize(f, sizeof(int)));
    case 'l': return option(INT, sizeof(long));
    case 'L': return option(UINT, sizeof(long));
    case 'j': return option(INT, sizeof(lua_Integer));
    case 'J': return option(UINT, sizeof(lua_Integer));
    case 'T': return option(UINT, sizeof(size_t));
    case 'f': return option(FLOAT, sizeof(float));
    case 'd': return option(FLOAT, sizeof(double));
    case 'n': return option(FLOAT, sizeof(lua_Number));
    case 's': return option(COUNTED, format_intsize(f, sizeof(size_t)));
    case 'c':
      if (!isdigit_(*f->next)) luaL_error(f->L, "missing size for format option 'c'");
      n = format_number(f, 0);
      return option(CHARS, n);
    case 'z': return option(ZERO, 0);
    case 'x': return option(PAD, 1);
    case 'X': return option(ALIGN, 0);
    case ' ': break;
    case '<': f->little = 1; break;
    case '>': f->little = 0; break;
    case '=': f->little = islittle(); break;
    case '!': f->maxalign = (int)format_intsize(f, (size_t)MAXALIGN); break;
    default: luaL_error(f->L, "invalid format option '%c'", c);
  }
  return option(NOTHING, 0);
}

/* [-0, +0, v] Reads one option that stands at offset `off`. */
static inline Option format_next (Format *f, size_t off) {
  Option o = format_option(f);
  size_t align = o.size;
  if (f->maxalign == 1 && o.kind != ALIGN) return o; /* nothing is aligned */
  if (o.kind == ALIGN) {
    Option after = option(NOTHING, 0);
    if (*f->next != '\0') after = format_option(f);
    if (after.kind == CHARS || after.size == 0)
      luaL_argerror(f->L, f->arg, "invalid next option for option 'X'");
    align = after.size;
  }
  else if (o.kind != INT && o.kind != UINT && o.kind != FLOAT && o.kind != COUNTED)
    return o;
  if (align > (size_t)f->maxalign) align = (size_t)f->maxalign;
  if ((align & (align - 1)) != 0)
    luaL_argerror(f->L, f->arg, "format asks for alignment not power of 2");
  o.skip = (align - (off & (align - 1))) & (align - 1);
  return o;
}

/* Copies `size` bytes of a number, in the order asked for. */
static void copyordered (char *to, const char *from, size_t size, int little) {
  size_t k;
  if (little == islittle())
    memcpy(to, from, size);
  else
    for (k = 0; k < size; k++) to[k] = from[size - 1 - k];
}

static void putinteger (char *to, lua_Unsigned n, size_t size, int little, int negative) {
  size_t k;
  for (k = 0; k < size; k++) {
    unsigned byte = negative ? UCHAR_MAX : 0;
    if (k < sizeof(n)) byte = (unsigned)(n >> (k * CHAR_BIT)) & UCHAR_MAX;
    to[little ? k : size - 1 - k] = (char)(unsigned char)byte;
  }
}

/* [-0, +0, e] */
static lua_Integer getinteger (lua_State *L, const char *from, size_t size, int little, int sign) {
  const unsigned char *p = (const unsigned char *)from;
  lua_Unsigned n = 0;
  size_t k = size < sizeof(n) ? size : sizeof(n);
  if (size == 1)
    n = *p;
  else if (size == 2)
    n = little ? (lua_Unsigned)(p[1] << 8 | p[0]) : (lua_Unsigned)(p[0] << 8 | p[1]);
  else if (little)
    while (k-- > 0) n = n << CHAR_BIT | p[k];
  else
    for (k = size - k; k < size; k++) n = n << CHAR_BIT | p[k];
  if (size < sizeof(n)) {
    if (sign) { /* extend the sign */
      lua_Unsigned bit = (lua_Unsigned)1 << (size * CHAR_BIT - 1);
      n = (n ^ bit) - bit;
    }
  }
  else {
    unsigned char high = sign && (lua_Integer)n < 0 ? UCHAR_MAX : 0;
    for (k = sizeof(n); k < size; k++)
      if ((unsigned char)from[little ? k : size - 1 - k] != high)
        luaL_error(L, "%d-byte integer does not fit into Lua Integer", (int)size);
  }
  return (lua_Integer)n;
}

/* [-0, +0, v] The integer at `arg`, which must fit in `size` bytes. */
static lua_Integer checkfits (lua_State *L, int arg, size_t size, Kind kind) {
  lua_Integer n = luaL_checkinteger(L, arg);
  if (size < sizeof(n) && kind == INT) {
    lua_Integer limit = (lua_Integer)1 << (size * CHAR_BIT - 1);
    luaL_argcheck(L, -limit <= n && n < limit, arg, "integer overflow");
  }
  else if (size < sizeof(n))
    luaL_argcheck(L, (lua_Unsigned)n >> (size * CHAR_BIT) == 0, arg, "unsigned overflow");
  return n;
}

static void putfloat (char *to, lua_Number n, size_t size, int little) {
  if (size == sizeof(float)) {
    float f = (float)n;
    copyordered(to, (const char *)&f, sizeof(f), little);
  }
  else {
    double d = (double)n;
    copyordered(to, (const char *)&d, sizeof(d), little);
  }
}

static lua_Number getfloat (const char *from, size_t size, int little) {
  if (size == sizeof(float)) {
    float f;
    copyordered((char *)&f, from, sizeof(f), little);
    return (lua_Number)f;
  }
  else {
    double d;
    copyordered((char *)&d, from, sizeof(d), little);
    return (lua_Number)d;
  }
}

/*
** [-0, +0, v] Writes the value at `arg` at offset `*off`; returns 0, with nothing written, when the
** memory ends first. The bytes skipped for alignment are set to zero, as string.pack does.
*/
static int putvalue (lua_State *L, const Format *f, Option o, const luamem_Area *area, size_t *off,
                     int arg) {
  size_t room, skip = o.skip, len = 0, extra = 0;
  const char *s = NULL;
  char *to;
  if (o.kind == CHARS || o.kind == COUNTED || o.kind == ZERO) {
    s = luamem_checkstring(L, arg, &len);
    if (o.kind == CHARS)
      luaL_argcheck(L, len == o.size, arg, "wrong length");
    else if (o.kind == COUNTED) {
      luaL_argcheck(L, o.size >= sizeof(size_t) || len >> (o.size * CHAR_BIT) == 0, arg,
                    "string length does not fit in given size");
      extra = o.size;
    }
    else {
      luaL_argcheck(L, memchr(s, '\0', len) == NULL, arg, "string contains zeros");
      extra = 1;
    }
  }
  else
    len = o.size;
  room = *off <= area->len ? area->len - *off : 0;
  if (skip > room || extra > room - skip || len > room - skip - extra) return 0;
  to = area->len > 0 ? area->data + *off : NULL; /* no call that allocates from here to the end of the switch */
  switch (o.kind) {
    case INT:
    case UINT: {
      lua_Integer n = checkfits(L, arg, o.size, o.kind);
      putinteger(to + skip, (lua_Unsigned)n, o.size, f->little, o.kind == INT && n < 0);
      break;
    }
    case FLOAT: putfloat(to + skip, luaL_checknumber(L, arg), o.size, f->little); break;
    case CHARS:
      if (len > 0) memmove(to, s, len);
      break;
    case COUNTED:
      if (len > 0) memmove(to + skip + extra, s, len);
      putinteger(to + skip, (lua_Unsigned)len, o.size, f->little, 0);
      break;
    case ZERO:
      if (len > 0) memmove(to, s, len);
      to[len] = '\0';
      break;
    case PAD: *to = '\0'; break;
    case ALIGN:
    case NOTHING: break;
  }
  if (skip > 0) memset(to, 0, skip);
  *off += skip + extra + len;
  return 1;
}

/* pack(m, fmt, i, ...) */
int mem_pack (lua_State *L) {
  const luamem_Area *area = mem_toarea(L, 1);
  lua_Integer i;
  size_t off;
  Format f;
  int arg = 4, top = lua_gettop(L), fits = 1;
  if (area == NULL) return luaL_typeerror(L, 1, "memory");
  format_init(&f, L, 2);
  i = luaL_checkinteger(L, 3);
  luaL_argcheck(L, i <= 0 || (lua_Unsigned)i - 1 <= area->len, 3, "index out of bounds");
  off = aux_startpos(i, area->len);
  while (fits && *f.next != '\0') {
    Option o = format_next(&f, off);
    int isvalue = o.kind < PAD;
    fits = putvalue(L, &f, o, area, &off, arg);
    if (fits && isvalue) arg++;
  }
  if (arg > top + 1) arg = top + 1;
  lua_pushboolean(L, fits);
  lua_pushinteger(L, (lua_Integer)off + 1);
  if (fits) return 2; /* values beyond the format are ignored, as string.pack does */
  lua_rotate(L, arg, 2);
  return top - arg + 3;
}

/* What is unpacked: a memory, which may change between two values, or a string, which cannot. */
typedef struct Source {
  const luamem_Area *area; /* or NULL */
  const char *s;
  size_t len;
} Source;

/* [-0, +0..1, e] The source at index 1. */
static Source checksource (lua_State *L) {
  Source source;
  source.area = mem_pusharea(L, 1);
  source.s = NULL;
  source.len = 0;
  if (source.area == NULL) source.s = luamem_checkstring(L, 1, &source.len);
  return source;
}

/* [-0, +1, e] Pushes the value at `*off` of a source, whose address is read anew for every value. */
static void getvalue (lua_State *L, const Format *f, Option o, const Source *source, size_t *off) {
  size_t len = source->area != NULL ? source->area->len : source->len, size = o.size;
  const char *s = source->area != NULL ? source->area->data : source->s;
  size_t room = *off <= len ? len - *off : 0;
  luaL_argcheck(L, o.skip <= room && size <= room - o.skip, 1, "data too short");
  if (len == 0) s = ""; /* an empty memory may have no address */
  s += *off <= len ? *off + o.skip : 0;
  room -= o.skip;
  switch (o.kind) {
    case INT:
    case UINT: lua_pushinteger(L, getinteger(L, s, size, f->little, o.kind == INT)); break;
    case FLOAT: lua_pushnumber(L, getfloat(s, size, f->little)); break;
    case CHARS: lua_pushlstring(L, s, size); break;
    case COUNTED: {
      size_t n = (size_t)getinteger(L, s, size, f->little, 0);
      luaL_argcheck(L, n <= room - size, 1, "data too short");
      lua_pushlstring(L, s + size, n);
      size += n;
      break;
    }
    case ZERO: {
      const char *end = (const char *)memchr(s, '\0', room);
      luaL_argcheck(L, end != NULL, 1, "unfinished string for format 'z'");
      lua_pushlstring(L, s, (size_t)(end - s));
      size = (size_t)(end - s) + 1;
      break;
    }
    case PAD:
    case ALIGN:
    case NOTHING: break;
  }
  *off += o.skip + size;
}

/* unpack(m, fmt [, i]) */
int mem_unpack (lua_State *L) {
  int results = 0, isint;
  lua_Integer i = lua_tointegerx(L, 3, &isint);
  Source source;
  size_t len, off;
  Format f;
  if (!isint) lua_settop(L, 3);
  source = checksource(L);
  format_init(&f, L, 2);
  if (!isint) i = luaL_optinteger(L, 3, 1);
  len = source.area != NULL ? source.area->len : source.len;
  luaL_argcheck(L, i <= 0 || (lua_Unsigned)i - 1 <= len, 3, "initial position out of string");
  off = aux_startpos(i, len);
  while (*f.next != '\0') {
    Option o = format_next(&f, off);
    if (results % 8 == 7) luaL_checkstack(L, 8 + 6, "too many results");
    getvalue(L, &f, o, &source, &off);
    if (o.kind < PAD) results++;
  }
  lua_pushinteger(L, (lua_Integer)off + 1);
  return results + 1;
}
