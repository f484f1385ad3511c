/*
** api.h: what libpktcraft shows to those that are linked to it.
*/
#ifndef api_h
#define api_h

#if defined(__GNUC__)
#define PK_API extern __attribute__((visibility("default")))
#else
#define PK_API extern
#endif

#endif
