/*
** sender.c: many frames sent by an interface.
**
** The turn of each frame is reckoned from the first one's, so that what is late is caught up with. Sleeping is too
** coarse for what comes within 100 us: that is spun for.
*/
#define _POSIX_C_SOURCE 200809L
#include "sender.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "alloc.h"

#define SPIN 100000       /* ns */
#define SLICE 250000000   /* ns slept at most before the caller has a say */
#define AFTER 4e18        /* ns that are as good as for ever: 126 years */
#define FULL 50000        /* ns between tries when the interface takes no more */
#define PATIENCE 5000     /* such tries before it is given up: a quarter of a second or more */

void pk_sender_init (pk_Sender *s, pk_Nic *nic, pk_Pace pace, double each) {
  memset(s, 0, sizeof(*s));
  s->nic = nic;
  s->pace = pace;
  s->each = each;
}

void pk_sender_free (pk_Sender *s) {
  pk_realloc(s->bytes, 0);
  s->bytes = NULL;
  s->size = s->used = s->n = 0;
}

/* Sleeps that long: 0, or PK_INTERRUPTED. */
static int doze (int64_t ns) {
  struct timespec ts;
  ts.tv_sec = (time_t)(ns / 1000000000);
  ts.tv_nsec = (long)(ns % 1000000000);
  return nanosleep(&ts, NULL) < 0 && errno == EINTR ? PK_INTERRUPTED : 0;
}

int pk_sender_flush (pk_Sender *s) {
  ptrdiff_t sent;
  if (s->n == 0) return 0;
  sent = s->nic->ops->send(s->nic, s->batch, s->n, s->err);
  if (sent < 0) return -1;
  s->sent += (uint64_t)sent;
  s->n -= (size_t)sent;
  memmove(s->batch, s->batch + sent, s->n * sizeof(s->batch[0]));
  if (s->n == 0) s->used = 0;
  if (sent > 0)
    s->tries = 0;
  else if (++s->tries == PATIENCE) {
    s->tries = 0;
    return pk_nic_error(s->nic->name, s->err, "the interface takes no more frames", NULL);
  }
  else
    doze(FULL);
  return s->n > 0 ? PK_INTERRUPTED : 0; /* the system may have waited, which a signal ends */
}

/* When the next frame is to go, by pk_clock(). Times may be anything. */
static int64_t due (const pk_Sender *s, int64_t time) {
  double after = 0; /* ns */
  if (s->pace == PK_PACE_FRAMES) after = (double)s->frames * s->each;
  if (s->pace == PK_PACE_BITS) after = (double)s->taken * 8 * s->each;
  if (s->pace == PK_PACE_TIMES && time > s->first) after = (double)((uint64_t)time - (uint64_t)s->first) * s->each;
  return s->start + (int64_t)(after < AFTER ? after : AFTER);
}

/* Waits for a frame's turn, having sent those before it. */
static int await (pk_Sender *s, int64_t time) {
  int64_t left;
  int status;
  if (s->start == 0) {
    s->start = pk_clock();
    s->first = time;
  }
  while ((left = due(s, time) - pk_clock()) > 0) {
    if (s->n > 0 && (status = pk_sender_flush(s)) != 0) return status;
    if (left <= SPIN) continue;
    status = doze(left - SPIN < SLICE ? left - SPIN : SLICE);
    if (status != 0 || left - SPIN > SLICE) return PK_INTERRUPTED;
  }
  return 0;
}

/* Room for a frame of `len` bytes, when nothing waits. */
static int make_room (pk_Sender *s, size_t len) {
  const size_t size = len > PK_SENDER_BYTES ? len : PK_SENDER_BYTES;
  uint8_t *bytes = (uint8_t *)pk_realloc(s->bytes, size);
  if (bytes == NULL) return pk_nic_error(s->nic->name, s->err, "not enough memory", NULL);
  s->bytes = bytes;
  s->size = size;
  return 0;
}

int pk_sender_add (pk_Sender *s, const void *data, size_t len, int64_t time) {
  int status;
  if (s->pace != PK_PACE_NONE && (status = await(s, time)) != 0) return status;
  if ((s->n == PK_SENDER_FRAMES || len > s->size - s->used) && (status = pk_sender_flush(s)) != 0) return status;
  if (len > s->size && make_room(s, len) < 0) return -1;
  if (len > 0) memcpy(s->bytes + s->used, data, len);
  s->batch[s->n].data = s->bytes + s->used;
  s->batch[s->n].len = len;
  s->used += len;
  s->n++;
  s->frames++;
  s->taken += len;
  return 0;
}
