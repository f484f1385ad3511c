/*
** api.h: what libpktcraft shows to those that are linked to it, and which version it is of.
*/
#ifndef pktcraft_api_h
#define pktcraft_api_h

#define PK_VERSION "0.1.0"
#define PK_VERSION_NUMBER 100 /* major * 10000 + minor * 100 + patch */

#if defined(__GNUC__)
#define PK_API extern __attribute__((visibility("default")))
#else
#define PK_API extern
#endif

/* Around what a header declares: names as in C, for C++ too. */
#if defined(__cplusplus)
#define PK_BEGIN extern "C" {
#define PK_END }
#else
#define PK_BEGIN
#define PK_END
#endif

PK_BEGIN

/* The version of the library that runs, as PK_VERSION is that of the headers. */
PK_API const char *pk_version (void);

PK_END

#endif
