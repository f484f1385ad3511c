/*
** regex.h: regular expressions, by PCRE2, of bytes; where the library was built without it, none compiles.
*/
#ifndef pktcraft_regex_h
#define pktcraft_regex_h

#include <stddef.h>
#include <stdint.h>

/* One thread's. */
typedef struct pk_Regex {
  struct pk_Regex *next; /* the caller's */
  void *code, *data, *context;
} pk_Regex;

/* 0, or -1 with an error text of PK_ERRSIZE bytes and the place of the fault in the pattern. */
int pk_regex_compile (pk_Regex *r, const char *pattern, size_t len, size_t *at, char *err);

/* Whether it matches anywhere in the bytes: 1 or 0. It is given up, and does not match, after a bounded time. */
int pk_regex_match (const pk_Regex *r, const uint8_t *bytes, size_t len);

void pk_regex_free (pk_Regex *r);

#endif
