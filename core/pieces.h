/*
** pieces.h: what streams and datagrams do with pieces.
*/
#ifndef pktcraft_pieces_h
#define pktcraft_pieces_h

#include "piece.h"

/*
** Keeps a copy of bytes where there are none yet; of those that come twice the later ones when `last`. 0, or -1: out
** of memory, and not all are kept.
*/
int pk_pieces_keep (pk_Pieces *p, uint32_t seq, const uint8_t *bytes, uint32_t len, int last, pk_Overlap *overlap);

/* Takes the first one out: the caller's, to be freed by pk_realloc. */
pk_Piece *pk_pieces_take (pk_Pieces *p);

void pk_pieces_free (pk_Pieces *p);

#endif
