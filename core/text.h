/*
** text.h: appending to a text buffer of fixed size, and error texts; core has no stdio.
*/
#ifndef pktcraft_text_h
#define pktcraft_text_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"

PK_BEGIN

/* Room for any error text of this library. */
#define PK_ERRSIZE 512

/* Invariant: size > 0; text[len] == '\0'; what does not fit is cut. */
typedef struct pk_Text {
  char *text; /* the caller's */
  size_t size;
  size_t len;
} pk_Text;

/* Starts an empty text in `size` bytes at `buffer`. */
PK_API pk_Text pk_text_begin (char *buffer, size_t size);

/*
** Appends each: a string (NULL: nothing), `n` bytes, a decimal number, a hexadecimal one of at least
** `digits` lower-case digits.
*/
PK_API void pk_text_add (pk_Text *t, const char *s);
PK_API void pk_text_addn (pk_Text *t, const char *s, size_t n);
PK_API void pk_text_num (pk_Text *t, uint64_t n);
PK_API void pk_text_hex (pk_Text *t, uint64_t n, int digits);

/* Sets an error text of PK_ERRSIZE bytes to the parts given, up to NULL; returns -1. */
#if defined(__GNUC__)
__attribute__((sentinel))
#endif
PK_API int pk_text_error (char *err, ...);

PK_END

#endif
