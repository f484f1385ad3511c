/*
** piece.c: a list of pieces.
*/
#include "pieces.h"

#include <string.h>

#include "alloc.h"

/* Bytes that a piece has already. */
static void meet (pk_Piece *p, uint32_t at, const uint8_t *bytes, uint32_t n, int last, pk_Overlap *overlap) {
  overlap->bytes += n;
  if (memcmp(p->bytes + at, bytes, n) == 0) return;
  overlap->conflicts++;
  if (last) memcpy(p->bytes + at, bytes, n);
}

int pk_pieces_keep (pk_Pieces *list, uint32_t seq, const uint8_t *bytes, uint32_t len, int last, pk_Overlap *overlap) {
  pk_Piece **at = &list->first, *latest = list->latest;
  if (latest != NULL && pk_piece_after(seq, latest->seq) >= 0) { /* most come at the end */
    const uint32_t over = latest->seq + latest->len;
    if (pk_piece_after(seq, over) < 0) {
      const uint32_t n = over - seq < len ? over - seq : len;
      meet(latest, seq - latest->seq, bytes, n, last, overlap);
      seq += n;
      bytes += n;
      len -= n;
    }
    at = &latest->next;
  }
  while (len > 0) {
    pk_Piece *p;
    uint32_t n;
    while (*at != NULL && pk_piece_after((*at)->seq + (*at)->len, seq) <= 0) at = &(*at)->next;
    p = *at;
    if (p != NULL && pk_piece_after(seq, p->seq) >= 0) {
      n = p->seq + p->len - seq < len ? p->seq + p->len - seq : len;
      meet(p, seq - p->seq, bytes, n, last, overlap);
    }
    else {
      pk_Piece *piece;
      n = p != NULL && p->seq - seq < len ? p->seq - seq : len;
      piece = (pk_Piece *)pk_realloc(NULL, sizeof(*piece) + n);
      if (piece == NULL) return -1;
      piece->seq = seq;
      piece->len = n;
      memcpy(piece->bytes, bytes, n);
      piece->next = p;
      *at = piece;
      if (p == NULL) list->latest = piece;
      at = &piece->next;
      list->n++;
      list->held += n + PK_PIECE_COST;
    }
    seq += n;
    bytes += n;
    len -= n;
  }
  return 0;
}

pk_Piece *pk_pieces_take (pk_Pieces *list) {
  pk_Piece *p = list->first;
  list->first = p->next;
  if (list->first == NULL) list->latest = NULL;
  list->n--;
  list->held -= p->len + PK_PIECE_COST;
  return p;
}

void pk_pieces_free (pk_Pieces *list) {
  while (list->first != NULL) pk_realloc(pk_pieces_take(list), 0);
}
