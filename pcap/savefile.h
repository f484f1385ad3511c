/*
** savefile.h: capture files, read and written frame by frame. Frames are lent where they lie in the
** read block.
*/
#ifndef savefile_h
#define savefile_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "text.h"

/*
** What is read and written at once. Reads begin small, for a quick first frame, and grow as they are
** filled; 1 MiB costs 5 ns a frame less than 256 KiB.
*/
#define PK_READ_FIRST ((size_t)64 * 1024)
#define PK_READ_SIZE ((size_t)1024 * 1024)
#define PK_WRITE_SIZE ((size_t)256 * 1024)
#define PK_SNAPLEN_MAX 262144              /* the longest frame of most link types, */
#define PK_SNAPLEN_USB (128 * 1024 * 1024) /* and of USB's and D-Bus's */

/* A frame. `data` is good, and may be written, until the reader's next call. */
typedef struct pk_Frame {
  char *data;
  uint32_t caplen;  /* bytes at `data` */
  uint32_t wirelen; /* bytes on the wire */
  int64_t time;     /* ns since the epoch */
  /* What a classic file says as it stands (`raw`): it may be more than a second in the fraction. */
  int raw;
  uint32_t seconds, fraction;
} pk_Frame;

/* What the reader's functions give when a signal came while they waited: call again. */
#define PK_INTERRUPTED (-2)

typedef enum pk_Precision { PK_MICRO, PK_NANO } pk_Precision;

struct pk_Reader;

/* A format that can be read. */
typedef struct pk_Format {
  const char *name;
  /* 1 and the reader set up, when the `n` bytes at the file's begin are its; 0; or -1: but wrong. */
  int (*check) (struct pk_Reader *r, const uint8_t *begin, size_t n);
  int (*next) (struct pk_Reader *r, pk_Frame *frame);
} pk_Format;

/* The link type of a file that names none: a pcapng file without interfaces. */
#define PK_LINKTYPE_NONE 0xffff

/* An interface of a section of a pcapng file. */
typedef struct pk_Interface {
  uint32_t linktype;
  uint32_t snaplen;
  uint64_t persecond; /* ticks of its times, when shift is 0; else 2^shift */
  int64_t offset;     /* seconds to add */
  uint8_t shift;
} pk_Interface;

/*
** A capture file that is read. Invariant: bytes [begin, end) of `block` have been read and not been
** passed; block[0] lies at `offset` of the file. fd < 0: closed, nothing is owned.
*/
typedef struct pk_Reader {
  const pk_Format *format;
  uint8_t *block; /* owned; moves when it grows */
  size_t size, begin, end;
  uint64_t offset;
  uint64_t frames; /* passed so far */
  int fd;
  int ownfd;
  int eof;
  int more;     /* the last read filled the block: the next may be larger */
  int patient;  /* signals do not interrupt it */
  int failed;   /* `err` holds the error that all further reads give */
  int swapped;  /* the file's byte order is not the machine's */
  int lengths;  /* order of a record's two lengths: see sfpcap.c */
  int described; /* an interface has given linktype, snaplen and precision: see sfpcapng.c */
  pk_Interface *interfaces; /* owned; of this section */
  uint32_t ninterfaces;
  pk_Precision precision;
  uint32_t linktype;
  uint32_t linkmore; /* the bits above it in its word: the length of the FCS */
  uint32_t snaplen;
  uint32_t maxlen;   /* the longest frame that is taken, of a classic file */
  uint64_t dev, ino; /* which file it is */
  char err[PK_ERRSIZE];
  char name[256]; /* for errors; cut */
} pk_Reader;

/* Makes it closed. To be called first. */
PK_API void pk_reader_init (pk_Reader *r);

/*
** Opens a file, "-" being standard input; 0, or -1 with r->err, closed. pk_reader_begin is to follow.
*/
PK_API int pk_reader_open (pk_Reader *r, const char *path);

/* The same of a file descriptor, which close will close when `own`. */
PK_API int pk_reader_openfd (pk_Reader *r, int fd, int own, const char *name);

/* Reads the header. 0; -1 with r->err, closed; or PK_INTERRUPTED. */
PK_API int pk_reader_begin (pk_Reader *r);

/*
** 1 with the next frame, 0 at the end, -1 with r->err: all whole frames come before an error; or
** PK_INTERRUPTED. Data lent before moves or goes. The reader is open.
*/
static inline int pk_reader_next (pk_Reader *r, pk_Frame *frame) {
  int got;
  if (r->failed) return -1;
  got = r->format->next(r, frame);
  r->frames += got > 0;
  return got;
}

/* Frees all that is owned; may be called again. */
PK_API void pk_reader_close (pk_Reader *r);

/* What the header of a file that is written says. */
typedef struct pk_FileInfo {
  uint32_t linktype, linkmore, snaplen;
  pk_Precision precision;
} pk_FileInfo;

/*
** A capture file that is written. Invariant: the block holds whole records (and the file header) that
** begin at `written` of the file.
*/
typedef struct pk_Writer {
  char *block; /* owned */
  size_t len;
  uint64_t base;    /* where in the file the first of our bytes lies */
  uint64_t written; /* bytes of whole records handed to the system */
  int fd;
  int ownfd;
  int regular; /* a file that may be cut back to its last whole record */
  int failed;
  pk_FileInfo info;
  uint32_t maxlen; /* the longest frame that readers take */
  char err[PK_ERRSIZE];
  char name[256];
} pk_Writer;

PK_API void pk_writer_init (pk_Writer *w);

/*
** Creates a file of the classic format, or empties it; "-" is standard output, which must be no
** terminal. 0, or -1 with w->err.
*/
PK_API int pk_writer_open (pk_Writer *w, const char *path, const pk_FileInfo *info);

/*
** Writes a frame, which may wait in the block; its time, or (frame->raw) seconds and fraction as they
** stand, the latter in the unit of the file. 0, or -1 with w->err: the file then ends with the last
** record that went out whole, and all later calls fail. caplen <= snaplen, and a time that fits:
** asserted.
*/
PK_API int pk_writer_write (pk_Writer *w, const pk_Frame *frame);

/* Whether the format holds that time; the longest frame that readers take of a link type. */
PK_API int pk_writer_holds (int64_t time);
PK_API uint32_t pk_snaplen_max (uint32_t linktype);

/* Hands all to the system. */
PK_API int pk_writer_flush (pk_Writer *w);

/* Flushes and closes; 0, or -1 with w->err when anything failed, closed all the same, ever again. */
PK_API int pk_writer_close (pk_Writer *w);

#endif
