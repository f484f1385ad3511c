/*
** readdress.h: the addresses of a packet, in all of its layers, in packets that it quotes or carries and in lists, given
** others by a map; sums follow.
*/
#ifndef pktcraft_readdress_h
#define pktcraft_readdress_h

#include "addrmap.h"
#include "api.h"
#include "packet.h"

PK_BEGIN

/*
** Maps all fields whose values are addresses. With `scrub` all other bytes and texts become zeros too, and what is above
** the ports of a transport layer, but for packets that are carried there. `bytes` are those of the packet, which is
** dissected. Returns how many fields and ranges have other bytes.
*/
PK_API size_t pk_packet_readdress (pk_Packet *p, uint8_t *bytes, pk_AddrMap *m, int scrub);

PK_END

#endif
