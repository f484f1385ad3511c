/*
** bpf.h: filters of libpcap's language, compiled and run by libpcap.
*/
#ifndef pktcraft_bpf_h
#define pktcraft_bpf_h

#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* A compiled filter. Owned by who compiled it. */
typedef struct pk_Bpf pk_Bpf;

/*
** Compiles an expression (pcap-filter(7)) for a link type (LINKTYPE_ value); NULL with an error text
** of PK_ERRSIZE bytes, libpcap's own.
*/
pk_Bpf *pk_bpf_compile (const char *expression, uint32_t linktype, char *err);

/* Whether a frame of `caplen` bytes, `wirelen` on the wire, matches. */
int pk_bpf_match (const pk_Bpf *f, const char *data, size_t caplen, size_t wirelen);

void pk_bpf_free (pk_Bpf *f);

#endif
