/*
** lmemlib.h: memory areas, byte sequences that Lua may write in place.
** The C API of libluamemlib; the Lua module `memory` is modules/lmemmod.c.
*/
#ifndef lmemlib_h
#define lmemlib_h

#include <stddef.h>

#include <lua.h>
#include <lauxlib.h>

#if !defined(LUAMEMLIB_API)
#if defined(__GNUC__)
#define LUAMEMLIB_API extern __attribute__((visibility("default")))
#else
#define LUAMEMLIB_API extern
#endif
#endif

#if defined(__cplusplus)
extern "C" {
#endif

/* What luamem_type gives: not a memory, an allocated one, a reference to bytes elsewhere. */
#define LUAMEM_TNONE 0
#define LUAMEM_TALLOC 1
#define LUAMEM_TREF 2

/* The largest length that a memory may be asked to have. */
#define LUAMEM_MAXLEN \
  (sizeof(size_t) < sizeof(lua_Integer) ? (size_t)~(size_t)0 / 2 : (size_t)LUA_MAXINTEGER)

/*
** Called when a reference ceases to point to `mem`; must not raise. The reference has its new
** values by then.
*/
typedef void (*luamem_Unref) (lua_State *L, void *mem, size_t len);

/*
** Both kinds of memory begin with an Area: its address is fixed for the life of the userdata, its
** contents are not. `gen` changes with every setref, resetref, resize and close. Who needs a memory
** later anchors it in a user value, keeps the Area, and reads `data` and `len` at each access.
** `data` may be NULL when `len` is 0.
*/
typedef struct luamem_Area {
  char *data;
  size_t len;
  unsigned gen;
} luamem_Area;

/* [-0, +1, m] Pushes a new fixed-size memory; returns its `len` bytes, whose contents are not set. */
LUAMEMLIB_API char *(luamem_newalloc) (lua_State *L, size_t len);

/* [-0, +1, m] Pushes a new reference: of length 0, without unref, with one user value. */
LUAMEMLIB_API void (luamem_newref) (lua_State *L);

/*
** [-0, +0, -] Aims the reference at `idx`; returns 1, or 0 when `idx` holds no reference. The old
** unref is called when, and only when, the address changes and `cleanup` is not 0, after the new
** values are in place. setref is resetref with cleanup. NULL, 0, NULL detaches.
*/
LUAMEMLIB_API int (luamem_setref) (lua_State *L, int idx, char *mem, size_t len,
                                   luamem_Unref unref);
LUAMEMLIB_API int (luamem_resetref) (lua_State *L, int idx, char *mem, size_t len,
                                     luamem_Unref unref, int cleanup);

/*
** [-0, +0, -] Bytes from the state's allocator. realloc returns NULL, and leaves `mem` as it was,
** when there are none. A reference whose unref is luamem_free is a resizable memory.
*/
LUAMEMLIB_API void *(luamem_realloc) (lua_State *L, void *mem, size_t osize, size_t nsize);
LUAMEMLIB_API void (luamem_free) (lua_State *L, void *mem, size_t len);

/* [-0, +0, -] What the value at `idx` is. */
LUAMEMLIB_API int (luamem_type) (lua_State *L, int idx);
LUAMEMLIB_API int (luamem_isref) (lua_State *L, int idx);
LUAMEMLIB_API int (luamem_ismemory) (lua_State *L, int idx);

/* [-0, +0, -] The Area of the memory at `idx`, or NULL. */
LUAMEMLIB_API const luamem_Area *(luamem_toarea) (lua_State *L, int idx);

/*
** [-0, +0, -] The bytes of the memory at `idx`, or NULL when it is none; never NULL for a memory,
** however empty. `len`, `unref` and `type` may be NULL. The pointer is good until the next call that
** may allocate a collectable object or run Lua: a finalizer may close or resize the memory.
*/
LUAMEMLIB_API char *(luamem_tomemoryx) (lua_State *L, int idx, size_t *len, luamem_Unref *unref,
                                        int *type);
LUAMEMLIB_API char *(luamem_tomemory) (lua_State *L, int idx, size_t *len);

/* [-0, +0, v] The same of an argument; raises "memory expected". */
LUAMEMLIB_API char *(luamem_checkmemory) (lua_State *L, int arg, size_t *len);

/*
** [-0, +0, m] Strings, numbers (which become strings in place) and memories alike. The bytes of a
** memory are not followed by '\0'. `tostring` gives NULL for other values, `checkstring` raises
** "string or memory expected", `optstring` gives `def` for none and nil.
*/
LUAMEMLIB_API int (luamem_isstring) (lua_State *L, int idx);
LUAMEMLIB_API const char *(luamem_tostring) (lua_State *L, int idx, size_t *len);
LUAMEMLIB_API const char *(luamem_checkstring) (lua_State *L, int arg, size_t *len);
LUAMEMLIB_API const char *(luamem_optstring) (lua_State *L, int arg, const char *def, size_t *len);

/* [-0, +1, e] Pushes a memory as it is, any other value as luaL_tolstring does; gives its bytes. */
LUAMEMLIB_API const char *(luamem_asstring) (lua_State *L, int idx, size_t *len);

/* [-0, +0, v] An integer argument that a length may be; raises "invalid size". */
LUAMEMLIB_API size_t (luamem_checklenarg) (lua_State *L, int arg);

/*
** Companions of luaL_addvalue, luaL_pushresult and luaL_pushresultsize (the stack as theirs): a
** memory on the top may be added, the result is a fixed-size memory.
*/
LUAMEMLIB_API void (luamem_addvalue) (luaL_Buffer *B);
LUAMEMLIB_API void (luamem_pushresult) (luaL_Buffer *B);
LUAMEMLIB_API void (luamem_pushresbufsize) (luaL_Buffer *B, size_t sz);
#define luamem_pushresultsize luamem_pushresbufsize

/* The names that later versions of the C API use. */
#define luamem_isarray luamem_isstring
#define luamem_toarray luamem_tostring
#define luamem_asarray luamem_asstring
#define luamem_checkarray luamem_checkstring
#define luamem_optarray luamem_optstring

/*
** [-0, +1, m] Pushes the metatable of all memories of `type` (TALLOC or TREF), for a module that
** gives them methods.
*/
LUAMEMLIB_API void (luamem_pushmetatable) (lua_State *L, int type);

/*
** For a lender alone: re-aims a reference that carries the lender's own unref and address, as just
** checked. The unref stays and is not called.
*/
static inline void luamem_reaim (const luamem_Area *area, char *data, size_t len) {
  luamem_Area *a = (luamem_Area *)area;
  a->data = data;
  a->len = len;
  a->gen++;
}

#if defined(__cplusplus)
}
#endif

#endif
