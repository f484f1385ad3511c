/*
** sender.h: many frames sent by an interface: in batches, as fast as it goes or at a given pace.
*/
#ifndef pktcraft_sender_h
#define pktcraft_sender_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "nic.h"

PK_BEGIN

#define PK_SENDER_FRAMES 256
#define PK_SENDER_BYTES ((size_t)256 * 1024) /* grows for a frame that is longer */

/* What paces frames: nothing, so many a second, so many bits a second, or their own times. */
typedef enum pk_Pace { PK_PACE_NONE, PK_PACE_FRAMES, PK_PACE_BITS, PK_PACE_TIMES } pk_Pace;

/* Frames [0, n) wait to be sent; their bytes are in `bytes`. */
typedef struct pk_Sender {
  pk_Nic *nic;
  pk_Pace pace;
  double each;      /* ns a frame, a bit, or a nanosecond of time */
  int64_t start;    /* pk_clock() at the first frame; 0: none yet */
  int64_t first;    /* its own time */
  uint64_t frames;  /* taken so far, */
  uint64_t taken;   /* and their bytes */
  uint64_t sent;    /* of these frames those that the interface took */
  int tries;        /* in a row in which it took none */
  uint8_t *bytes;   /* owned */
  size_t size, used;
  size_t n;
  pk_Bytes batch[PK_SENDER_FRAMES];
  char err[PK_ERRSIZE];
} pk_Sender;

/* Makes it ready: nothing is owned. `each` is unused where nothing paces. */
PK_API void pk_sender_init (pk_Sender *s, pk_Nic *nic, pk_Pace pace, double each);

/*
** Takes a frame and its time, in ns: it is copied, and sent when its turn has come and others with it. 0; -1 with s->err;
** PK_INTERRUPTED: it was not taken, for a signal came or may have come: call again.
*/
PK_API int pk_sender_add (pk_Sender *s, const void *data, size_t len, int64_t time);

/* Sends what waits. 0, -1 or PK_INTERRUPTED, as above. */
PK_API int pk_sender_flush (pk_Sender *s);

/* Frees what is owned; what waits is lost. */
PK_API void pk_sender_free (pk_Sender *s);

PK_END

#endif
