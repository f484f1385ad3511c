/*
** llayvalue.c: Lua values as fields hold them.
*/
#include <assert.h>
#include <string.h>

#include "bits.h"
#include "llayreg.h"
#include "llayvalue.h"
#include "lmemlib.h"
#include "text.h"

int layvalue_nofield (lua_State *L, int key, const pk_Layout *l, const char *kind, const char *name) {
  char near[PK_NEAR_TEXT];
  size_t len;
  const char *word;
  if (lua_type(L, key) != LUA_TSTRING) return luaL_error(L, "no field of type %s in %s '%s'", luaL_typename(L, key), kind, name);
  word = lua_tolstring(L, key, &len);
  return luaL_error(L, "no field '%s' in %s '%s'%s", word, kind, name, pk_layout_near(l, word, len, near));
}

int layvalue_fail (lua_State *L, const char *layout, const pk_Field *f, const char *what) {
  if (f->key[0] == '\0') return luaL_error(L, "%s (element of '%s')", what, layout);
  return luaL_error(L, "%s (field '%s' of layout '%s')", what, f->key, layout);
}

int layvalue_overflow (lua_State *L, const char *layout, const pk_Field *f, size_t size, lua_Integer n) {
  const int sign = f->sign && size == 0;
  const unsigned bits = size > 0 ? (unsigned)size * 8 : f->bits; /* no more than 63 of those that something does not fit */
  const lua_Integer most = (lua_Integer)(((lua_Unsigned)1 << (sign ? bits - 1 : bits)) - 1);
  lua_pushfstring(L, f->key[0] == '\0' ? "element of '%s%s'" : "field '%s' of layout '%s'", f->key, layout);
  return luaL_error(L, "%s overflow (%s): %I is not in %I to %I", sign ? "integer" : "unsigned", lua_tostring(L, -1),
                    (LUAI_UACINT)n, (LUAI_UACINT)(sign ? -most - 1 : 0), (LUAI_UACINT)most);
}

int layvalue_wrongtype (lua_State *L, const char *layout, const pk_Field *f, const char *expected, int arg) {
  const char *what = lua_pushfstring(L, "%s expected, got %s", expected, luaL_typename(L, arg));
  return layvalue_fail(L, layout, f, what);
}

/* [-0, +1, m] The text of bytes of a constant number: copied first, since its buffer is allocated. */
static void push_digits (lua_State *L, const pk_Field *f, const uint8_t *p, size_t size) {
  const char *copy = lua_pushlstring(L, (const char *)p, size);
  char *buffer = (char *)lua_newuserdatauv(L, 2 * size + 2, 0);
  pk_Text text = pk_text_begin(buffer, 2 * size + 2);
  if (!f->codec->print((const uint8_t *)copy, size, 0, size, &text))
    lua_pushnil(L);
  else if (!f->codec->number || lua_stringtonumber(L, buffer) == 0)
    lua_pushlstring(L, buffer, text.len);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

lua_Number layvalue_float (const pk_Field *f, uint64_t bits) {
  double d;
  float s;
  uint32_t low = (uint32_t)bits;
  if (f->bits == 64) {
    memcpy(&d, &bits, sizeof(d));
    return (lua_Number)d;
  }
  memcpy(&s, &low, sizeof(s));
  return (lua_Number)s;
}

/* The bits of a number as the field has them. */
static uint64_t float_bits (const pk_Field *f, lua_Number n) {
  const double d = (double)n;
  const float s = (float)n;
  uint64_t bits;
  uint32_t low;
  if (f->bits == 64) {
    memcpy(&bits, &d, sizeof(bits));
    return bits;
  }
  memcpy(&low, &s, sizeof(low));
  return low;
}

void layvalue_push (lua_State *L, const pk_Field *f, const uint8_t *p, unsigned bit) {
  uint64_t value;
  if (f->codec != NULL && f->codec->size == 0) {
    push_digits(L, f, p, f->bits / 8);
    return;
  }
  if (f->codec != NULL) {
    char text[PK_CODEC_TEXT];
    lua_pushlstring(L, text, f->codec->format(p, text));
    return;
  }
  value = pk_bits_get(p, bit, f->bits, f->little);
  if (f->real) {
    lua_pushnumber(L, layvalue_float(f, value));
    return;
  }
  if (f->guess) {
    uint64_t other = pk_bits_get(p, bit, f->bits, !f->little);
    if (other < value) value = other;
  }
  if (f->kind == PK_BOOLEAN)
    lua_pushboolean(L, value != 0);
  else
    lua_pushinteger(L, f->sign ? pk_bits_signed(value, f->bits) : (lua_Integer)value);
}

/* [-0, +0, -] Refers to a string or memory. */
static void refer (lua_State *L, int arg, LayValue *v) {
  v->isbytes = 1;
  v->s = luamem_tostring(L, arg, &v->len); /* nothing is converted */
}

/* [-0, +0, e] Text, an integer or bytes for a field with a text form. */
static void check_formatted (lua_State *L, const char *layout, const pk_Field *f, int arg, LayValue *v) {
  const pk_Codec *codec = f->codec;
  size_t len;
  assert(codec->size <= sizeof(v->own));
  v->isbytes = 1;
  v->s = (const char *)v->own;
  v->len = codec->size;
  memset(v->own, 0, codec->size); /* bits are put one part of a byte after the other */
  if (lua_type(L, arg) == LUA_TNUMBER && codec->number) {
    int isint;
    lua_Integer n = lua_tointegerx(L, arg, &isint);
    if (!isint) layvalue_wrongtype(L, layout, f, "integer, text or bytes", arg);
    if ((lua_Unsigned)n >> (codec->size * 8 - 1) > 1) layvalue_overflow(L, layout, f, codec->size, n);
    pk_bits_set(v->own, 0, (unsigned)codec->size * 8, 0, (uint64_t)n);
  }
  else if (lua_type(L, arg) == LUA_TSTRING) { /* text first: 16 characters may be either */
    const char *s = lua_tolstring(L, arg, &len);
    if (codec->parse(s, len, v->own)) return;
    if (len != codec->size) {
      lua_pushfstring(L, "no %s address: '%s'", codec->name, s);
      layvalue_fail(L, layout, f, lua_tostring(L, -1));
    }
    memcpy(v->own, s, len);
  }
  else if (luamem_ismemory(L, arg)) {
    refer(L, arg, v);
    if (v->len != codec->size) layvalue_fail(L, layout, f, "size mismatch");
  }
  else
    layvalue_wrongtype(L, layout, f, codec->number ? "integer, text or bytes" : "text or bytes", arg);
}

/* Bits by letters, as "SA"; 1, or 0: another letter is among them. */
static int by_letters (const pk_Words *w, const char *s, uint64_t *n) {
  if (w->letters == NULL) return 0;
  for (*n = 0; *s != '\0'; s++) {
    const char *at = strchr(w->letters, *s);
    if (at == NULL) return 0;
    *n |= (uint64_t)1 << (at - w->letters);
  }
  return 1;
}

/* [-0, +0, m] The value of a name in a shared list; 1, or 0: none has it. */
static int by_shared (lua_State *L, const char *list, const char *name, uint64_t *n) {
  const int top = lua_gettop(L);
  int found = 0;
  if (list == NULL) return 0;
  layreg_pushnames(L);
  if (lua_getfield(L, -1, list) == LUA_TTABLE) {
    lua_pushnil(L);
    while (!found && lua_next(L, -2)) {
      if (lua_type(L, -1) == LUA_TSTRING && lua_isinteger(L, -2) && strcmp(lua_tostring(L, -1), name) == 0) {
        *n = (uint64_t)lua_tointeger(L, -2);
        found = 1;
      }
      lua_pop(L, 1);
    }
  }
  lua_settop(L, top);
  return found;
}

/* [-0, +0, e] The value that a name, or letters of flags, stand for. */
static uint64_t check_name (lua_State *L, const char *layout, const pk_Field *f, int arg) {
  const pk_Words *w = f->words;
  const char *name = lua_tostring(L, arg);
  uint64_t n = 0;
  uint32_t k;
  if (w == NULL || (w->nnames == 0 && w->letters == NULL && w->enumlist == NULL && w->next == NULL))
    layvalue_wrongtype(L, layout, f, "number", arg);
  for (k = 0; k < w->nnames; k++)
    if (strcmp(w->names[k].name, name) == 0) return (uint64_t)w->names[k].value;
  if (by_letters(w, name, &n) || by_shared(L, w->enumlist, name, &n) || by_shared(L, w->next, name, &n)) return n;
  lua_pushfstring(L, "no value is called '%s'", name);
  layvalue_fail(L, layout, f, lua_tostring(L, -1));
  return 0;
}

/* [-0, +1, e] Text for a field whose codec has no constant size: its bytes, in a block pushed. */
static void check_written (lua_State *L, const char *layout, const pk_Field *f, int arg, LayValue *v) {
  size_t len, room;
  char digits[24];
  const char *s;
  uint8_t *to;
  if (f->codec->number && lua_isinteger(L, arg)) {
    const lua_Integer n = lua_tointeger(L, arg);
    pk_Text t = pk_text_begin(digits, sizeof(digits));
    if (n < 0) pk_text_add(&t, "-");
    pk_text_num(&t, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
    s = digits;
    len = t.len;
  }
  else {
    if (lua_type(L, arg) != LUA_TSTRING)
      layvalue_wrongtype(L, layout, f, f->codec->number ? "integer or text" : "text", arg);
    s = lua_tolstring(L, arg, &len);
  }
  room = len + 8; /* no text is shorter than its bytes by more */
  to = (uint8_t *)lua_newuserdatauv(L, room, 0);
  v->isbytes = 1;
  v->s = (const char *)to;
  v->len = f->codec->write(s, len, to, room);
  if (v->len == 0 && len > 0) {
    lua_pushfstring(L, "no %s: '%s'", f->codec->name, s);
    layvalue_fail(L, layout, f, lua_tostring(L, -1));
  }
}

void layvalue_check (lua_State *L, const char *layout, const pk_Field *f, int arg, LayValue *v) {
  v->isbytes = 0;
  if (f->codec != NULL && f->codec->size == 0) {
    check_written(L, layout, f, arg, v);
    return;
  }
  if (f->codec != NULL) {
    check_formatted(L, layout, f, arg, v);
    return;
  }
  if (f->real) {
    if (lua_type(L, arg) != LUA_TNUMBER) layvalue_wrongtype(L, layout, f, "number", arg);
    v->n = float_bits(f, lua_tonumber(L, arg));
  }
  else if (f->kind == PK_NUMBER) {
    int isint;
    lua_Integer n = lua_tointegerx(L, arg, &isint);
    if (lua_type(L, arg) == LUA_TSTRING) {
      v->n = check_name(L, layout, f, arg);
      return;
    }
    if (lua_type(L, arg) != LUA_TNUMBER) layvalue_wrongtype(L, layout, f, "number", arg);
    if (!isint) layvalue_fail(L, layout, f, "number has no integer representation");
    if (!pk_field_fits(f, n)) layvalue_overflow(L, layout, f, 0, n);
    v->n = (uint64_t)n;
  }
  else if (f->kind == PK_BOOLEAN) {
    if (!lua_isboolean(L, arg)) layvalue_wrongtype(L, layout, f, "boolean", arg);
    v->n = (uint64_t)lua_toboolean(L, arg);
  }
  else {
    if (lua_type(L, arg) != LUA_TSTRING && !luamem_ismemory(L, arg))
      layvalue_wrongtype(L, layout, f, f->kind == PK_STRING ? "string or memory" : "pointer, string or memory", arg);
    refer(L, arg, v);
  }
}
