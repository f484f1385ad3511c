/*
** nic.h: interfaces that frames come from and go to, whatever they are: network interfaces (live.h), TAP devices
** (tap.h). A reader (savefile.h) may read one as if it were a file.
*/
#ifndef pktcraft_nic_h
#define pktcraft_nic_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "savefile.h"

PK_BEGIN

/* What has been counted. */
typedef struct pk_NicStats {
  uint64_t received;  /* frames that came, also those that were lost for lack of room, */
  uint64_t dropped;   /* of these those that were lost, */
  uint64_t ifdropped; /* and by the interface or its driver; 0 where that is not known */
  uint64_t sent, sentbytes;
} pk_NicStats;

/* A frame to be sent. */
typedef struct pk_Bytes {
  const void *data;
  size_t len;
} pk_Bytes;

typedef struct pk_Nic pk_Nic;

/*
** What an interface can do. Nothing waits. Functions give -1 with a whole error text, of PK_ERRSIZE bytes, that names the
** interface.
*/
typedef struct pk_NicOps {
  /* 1 with the next frame, good until the next call, and it may be written; 0: none is there. */
  int (*next) (pk_Nic *n, pk_Frame *frame, char *err);
  /*
  ** Gives frames that are there, each where it lies, good during the call, until none is or `each` says 0, or for
  ** good reason sooner. How many.
  */
  int (*give) (pk_Nic *n, int (*each) (void *arg, const pk_Frame *frame), void *arg, char *err);
  /*
  ** Sends up to `count` > 0 frames, in their order: how many were; 0: none now, for there is no room or a signal came.
  ** -1: the first can not be.
  */
  ptrdiff_t (*send) (pk_Nic *n, const pk_Bytes *frames, size_t count, char *err);
  /* Takes such frames only from now on: pcap-filter(7); what came before may still be given. */
  int (*setfilter) (pk_Nic *n, const char *expression, char *err);
  int (*stats) (pk_Nic *n, pk_NicStats *stats, char *err);
  /* Whether there may be frames of which poll does not tell. */
  int (*dirty) (const pk_Nic *n);
  void (*close) (pk_Nic *n); /* and frees it */
} pk_NicOps;

/* An interface that is open. */
struct pk_Nic {
  const pk_NicOps *ops;
  int fd;     /* to poll */
  int giving; /* `give` is at work: nothing else is to be read */
  uint32_t linktype, snaplen;
  uint32_t mtu;    /* bytes above the link's header; 0: not known */
  uint8_t mac[6];  /* its address, */
  int hasmac;      /* if it has one */
  pk_Precision precision;
  uint64_t sent, sentbytes;
  char name[64];
};

/* Nanoseconds of a clock that nobody sets. */
PK_API int64_t pk_clock (void);

/* A frame of the interface's. */
static inline void pk_nic_frame (const pk_Nic *n, pk_Frame *f, void *data, size_t caplen, size_t wirelen, int64_t time) {
  f->data = (char *)data;
  f->caplen = (uint32_t)caplen;
  f->wirelen = (uint32_t)wirelen;
  f->time = time;
  f->raw = f->timeless = f->swapped = 0;
  f->interface = 0;
  f->linktype = n->linktype;
  f->record = f->options = NULL;
  f->recordlen = f->optionslen = f->type = 0;
}

/*
** Waits for frames till pk_clock() is `until`: 1: there may be some; 0: it is; PK_INTERRUPTED: a signal came, or may have
** come: call again.
*/
PK_API int pk_nic_wait (const pk_Nic *n, int64_t until);

/* Sets an error text: the interface's name, and the texts up to NULL; returns -1. */
#if defined(__GNUC__)
__attribute__((sentinel))
#endif
PK_API int pk_nic_error (const char *name, char *err, ...);

/*
** Has a reader read the interface, which it owns from then on: r->nic. pk_reader_next waits for a frame till r->until, and
** then gives 0; where r->sure is set, one that is there is given then too. 0; -1 with r->err, closed.
*/
PK_API int pk_reader_opennic (pk_Reader *r, pk_Nic *n);

PK_END

#endif
