/*
** getter.h: a value of packets by its path: "ipv4.ttl", "tcp.options.mss", "dns.answers[1].name". The language of
** paths: the manual, chapter 3.
*/
#ifndef pktcraft_getter_h
#define pktcraft_getter_h

#include "api.h"
#include "filter.h"
#include "packet.h"

PK_BEGIN

#define PK_GETTER_TEXT 1200 /* a name of DNS, every character escaped; no less than PK_ERRSIZE */

typedef struct pk_Getter pk_Getter;

/*
** Compiles a path, by names of layouts, NULL: the shipped ones. NULL with an error text of PK_ERRSIZE bytes. It does
** not change, so threads may share it.
*/
PK_API pk_Getter *pk_getter_new (const pk_FilterNames *names, const char *path, char *err);
PK_API void pk_getter_free (pk_Getter *g);

/*
** The value in a packet: 1, or 0 with PK_COLUMN_NONE: it is not there. Layers are those that have been found; of
** payload, padding and what is wrong in it, it must be measured. Bytes of the value lie in the packet's, or
** (PK_COLUMN_TEXT) in the PK_GETTER_TEXT bytes at `text`, with a '\0'.
*/
PK_API int pk_getter_get (const pk_Getter *g, const pk_Packet *p, pk_Column *value, char *text);

/* The same of a path of the shipped layouts, compiled for this call alone; -1 with the error in `text`. */
PK_API int pk_packet_get (const pk_Packet *p, const char *path, pk_Column *value, char *text);

PK_END

#endif
