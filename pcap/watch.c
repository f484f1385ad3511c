/*
** watch.c: how far a file has been read, and when somebody is to be told.
*/
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

#include "nic.h"
#include "savefile.h"
#include "sformat.h"

#define LONGEST 60000 /* ms that are waited at once */

int pk_watch_isdue (pk_Watch *w) {
  const int64_t now = pk_clock();
  if (now < w->next) return 0;
  w->isdue = w->stopped = 1;
  w->next = now + w->each;
  return 1;
}

int pk_watch_wait (pk_Watch *w, int fd) {
  const int64_t left = w->next - pk_clock();
  struct pollfd p;
  int got;
  p.fd = fd;
  p.events = POLLIN;
  got = poll(&p, 1, left <= 0 ? 1 : left / 1000000 < LONGEST ? (int)(left / 1000000) + 1 : LONGEST);
  if (got > 0 || (got < 0 && errno != EINTR)) return 0; /* or an error, which reading tells */
  pk_watch_isdue(w);
  return PK_INTERRUPTED;
}

void pk_reader_watch (pk_Reader *r, pk_Watch *w) {
  if (w != NULL) {
    w->isdue = w->stopped = 0;
    w->next = pk_clock() + w->each;
  }
  r->watch = w;
  if (r->merge != NULL) pk_merge_watch(r->merge, w);
}

void pk_reader_position (const pk_Reader *r, uint64_t *at, uint64_t *size) {
  struct stat st;
  if (r->merge != NULL) {
    pk_merge_position(r->merge, at, size);
    return;
  }
  *at = r->eof ? r->got : r->pack != NULL ? r->got - (r->packedend - r->packedbegin) : pk_reader_at(r);
  *size = PK_SIZE_UNKNOWN;
  if (!r->regular || r->follow != 0 || fstat(r->fd, &st) < 0) return;
  *size = (uint64_t)st.st_size > r->base ? (uint64_t)st.st_size - r->base : 0;
  if (*size < *at) *size = *at; /* it has been cut meanwhile */
}
