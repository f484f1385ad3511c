/*
** llayvalue.h: Lua values as fields hold them, for pointers and views alike.
*/
#ifndef llayvalue_h
#define llayvalue_h

#include <stddef.h>
#include <stdint.h>

#include <lua.h>
#include <lauxlib.h>

#include "layout.h"

/* A value that a field is to have: an integer, or bytes that lie in a value on the stack or in `own`. */
typedef struct LayValue {
  int isbytes;
  uint64_t n;
  const char *s;
  size_t len;
  uint8_t own[32];
} LayValue;

/* [-0, +0, e] Raises that the value at `key` is no field of a layout, and which may be meant; `kind`: "layout" or "list". */
int layvalue_nofield (lua_State *L, int key, const pk_Layout *l, const char *kind, const char *name);

/* [-0, +0, e] Raises `what`, naming field and layout. */
int layvalue_fail (lua_State *L, const char *layout, const pk_Field *f, const char *what);

/* [-0, +0, e] Raises that `n` does not fit, and what would: of a field of text, that of `size` bytes; else 0. */
int layvalue_overflow (lua_State *L, const char *layout, const pk_Field *f, size_t size, lua_Integer n);

/* [-0, +0, e] The same of a value of a wrong type at `arg`. */
int layvalue_wrongtype (lua_State *L, const char *layout, const pk_Field *f, const char *expected, int arg);

/* The number whose bits a float has. */
lua_Number layvalue_float (const pk_Field *f, uint64_t bits);

/* [-0, +1, m] Pushes the number, boolean or fixed text at bit `bit` (0 to 7) of `p`. */
void layvalue_push (lua_State *L, const pk_Field *f, const uint8_t *p, unsigned bit);

/*
** [-0, +0, e] Takes the value at `arg` for a field; a string or memory for one that has members. No Lua runs
** between its return and the use of `s`.
*/
void layvalue_check (lua_State *L, const char *layout, const pk_Field *f, int arg, LayValue *v);

#endif
