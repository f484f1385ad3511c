/*
** lfilter.h: filters, for the modules that ask them of frames.
*/
#ifndef lfilter_h
#define lfilter_h

#include <stdint.h>

#include <lua.h>

#include "filter.h"
#include "llaybind.h"
#include "llayreg.h"

extern const char lfilter_meta[]; /* name of the class, and by its address a key */
#define FILTER_META lfilter_meta

/* A userdata. User value 1: the text of the expression, or nil. */
typedef struct Filter {
  pk_Filter *filter; /* NULL: collected */
  int64_t linktype;  /* that it takes alone, or -1 */
  unsigned odd;      /* states of layouts that nobody keeps */
} Filter;

/* [-0, +0, -] The filter at `idx`, or NULL. */
Filter *lfilter_test (lua_State *L, int idx);

/*
** [-0, +1, e] Pushes a filter of the expression at `expr` (0: none), a string or a filter, with columns: `n` strings
** from `columns` on, and with `first` but of frames that have the first. NULL, and a message pushed: it is wrong.
*/
Filter *lfilter_push (lua_State *L, int expr, int64_t linktype, int columns, int n, int first);

/*
** [-0, +0, e] What a filter knows of frames of a link type with bindings; NULL: it takes none of them.
*/
pk_FilterState *lfilter_state (lua_State *L, Filter *f, const Binds *b, uint32_t linktype);

#endif
