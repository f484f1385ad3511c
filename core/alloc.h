/*
** alloc.h: the one place of this library where memory is asked for, and texts of system errors.
*/
#ifndef pktcraft_alloc_h
#define pktcraft_alloc_h

#include <stddef.h>

#include "api.h"

PK_BEGIN

/* As realloc; size 0 frees. NULL when there is none, the block then being as it was. */
PK_API void *pk_realloc (void *block, size_t size);

/* For tests: from now on the n-th call that asks for memory, and all after it, fail; -1: none does. */
PK_API void pk_realloc_fail (long n);

/* The text of an errno value, in `size` bytes at `text`. */
PK_API const char *pk_errno_text (int code, char *text, size_t size);

PK_END

#endif
