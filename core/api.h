/*
** api.h: what libpktcraft shows to those that are linked to it.
*/
#ifndef api_h
#define api_h

#if defined(__GNUC__)
#define PK_API extern __attribute__((visibility("default")))
#define PK_COLD __attribute__((noinline)) /* kept out of the function that calls it */
#else
#define PK_API extern
#define PK_COLD
#endif

#endif
