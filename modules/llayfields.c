/*
** llayfields.c: what a layout says of itself, as Lua tables.
*/
#include <lua.h>
#include <lauxlib.h>

#include "layout.h"
#include "llayfields.h"

/* [-0, +0, m] t[word] = value, where it was said; t is on the top. */
static void putstring (lua_State *L, const char *word, const char *s) {
  if (s == NULL) return;
  lua_pushstring(L, s);
  lua_setfield(L, -2, word);
}

static void putinteger (lua_State *L, const char *word, lua_Integer n) {
  lua_pushinteger(L, n);
  lua_setfield(L, -2, word);
}

static void putvalue (lua_State *L, const char *word, pk_Value v) {
  if (v.kind == PK_VALUE_NONE) return;
  if (v.kind == PK_VALUE_INT)
    lua_pushinteger(L, v.n);
  else
    lua_pushlstring(L, v.bytes, v.len);
  lua_setfield(L, -2, word);
}

static void putstrings (lua_State *L, const char *word, const char *const *list, uint32_t n) {
  uint32_t k;
  if (n == 0) return;
  lua_createtable(L, (int)n, 0);
  for (k = 0; k < n; k++) {
    lua_pushstring(L, list[k]);
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  lua_setfield(L, -2, word);
}

static void putnames (lua_State *L, const char *word, const pk_Name *names, uint32_t n) {
  uint32_t k;
  if (n == 0) return;
  lua_createtable(L, 0, (int)n);
  for (k = 0; k < n; k++) {
    lua_pushstring(L, names[k].name);
    lua_rawseti(L, -2, names[k].value);
  }
  lua_setfield(L, -2, word);
}

static void putwords (lua_State *L, const pk_Words *w) {
  putvalue(L, "default", w->initial);
  putvalue(L, "equal", w->equal);
  putvalue(L, "min", w->min);
  putvalue(L, "max", w->max);
  putstring(L, "enum", w->enumlist);
  putnames(L, "enum", w->names, w->nnames);
  putnames(L, "flags", w->flags, w->nflags);
  putstring(L, "letters", w->letters);
  putstring(L, "next", w->next);
  putstring(L, "hint", w->hint);
  putstrings(L, "length", w->length, w->nlength);
  putvalue(L, "unit", w->unit);
  putvalue(L, "bias", w->bias);
  putvalue(L, "open", w->open);
  putstring(L, "sum", w->sum);
  putstring(L, "cover", w->cover);
  putvalue(L, "pseudo", w->pseudo);
  putvalue(L, "zero", w->zero);
  putstring(L, "role", w->role);
  putstring(L, "pick", w->pick);
  putstring(L, "count", w->counts);
  putstring(L, "layout", w->layout);
}

/*
** [-0, +1, m] `known` is the stack index of the tables made so far by layout: a list's element is told once, and one
** that has itself is a table in itself.
*/
static void push (lua_State *L, const pk_Layout *l, uint64_t base, int known, int depth) {
  static const char *const kinds[] = {"number", "boolean", "string", "struct", "union", "array", "list"};
  uint32_t k;
  luaL_checkstack(L, 8, "layout too deep");
  lua_createtable(L, (int)l->nfields, 0);
  if (base == 0 && depth > 0) {
    lua_pushvalue(L, -1);
    lua_rawsetp(L, known, l);
  }
  for (k = 0; k < l->nfields; k++) {
    const pk_Field *f = &l->fields[k];
    lua_createtable(L, 0, 8);
    if (f->key[0] != '\0') putstring(L, "key", f->key);
    putstring(L, "type", f->real ? "float" : kinds[f->kind]);
    if (f->placed && f->when == NULL && !f->peek) {
      putinteger(L, "offset", (lua_Integer)((base + f->offset) / 8));
      putinteger(L, "bit", (lua_Integer)((base + f->offset) % 8));
    }
    if (f->bits > 0) putinteger(L, "bits", f->bits);
    if (pk_kind_isleaf((pk_Kind)f->kind)) putstring(L, "endian", f->little ? "little" : "big");
    if (f->kind == PK_NUMBER && !f->real) {
      lua_pushboolean(L, f->sign);
      lua_setfield(L, -2, "signed");
    }
    if (f->codec != NULL) putstring(L, "format", f->codec->name);
    putstrings(L, "alias", f->aliases, f->naliases);
    if (f->words != NULL) putwords(L, f->words);
    if (f->kind == PK_ARRAY) {
      putinteger(L, "count", f->count);
      putinteger(L, "stride", f->stride);
    }
    if (f->kind == PK_LIST) {
      if (lua_rawgetp(L, known, f->sub) == LUA_TNIL) {
        lua_pop(L, 1);
        push(L, f->sub, 0, known, depth + 1); /* its offsets begin with the element */
      }
      lua_setfield(L, -2, "fields");
    }
    else if (f->sub != NULL) {
      push(L, f->sub, base + f->offset, known, depth + 1);
      lua_setfield(L, -2, "fields");
    }
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
}

void layfields_push (lua_State *L, const pk_Layout *l, uint64_t base) {
  lua_newtable(L);
  push(L, l, base, lua_gettop(L), 0);
  lua_remove(L, -2);
}

void layfields_putlayout (lua_State *L, const pk_Layout *l) {
  uint32_t k;
  putstring(L, "name", l->name);
  putstring(L, "line", l->line);
  putstring(L, "about", l->about);
  if (l->nunder > 0) {
    lua_newtable(L);
    for (k = 0; k < l->nunder; k++) {
      lua_createtable(L, 0, 3);
      putstring(L, "space", l->under[k].space);
      putinteger(L, "min", l->under[k].min);
      putinteger(L, "max", l->under[k].max);
      lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
    lua_setfield(L, -2, "under");
  }
  if (l->nlinks > 0) {
    lua_newtable(L);
    for (k = 0; k < l->nlinks; k++) {
      lua_pushinteger(L, l->links[k]);
      lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
    lua_setfield(L, -2, "link");
  }
}
