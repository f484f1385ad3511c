/*
** savefile.h: capture files, read frame by frame. Frames are lent where they lie in the read block.
*/
#ifndef pktcraft_savefile_h
#define pktcraft_savefile_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "text.h"

PK_BEGIN

/*
** What is read at once. Reads begin small, for a quick first frame, and grow as they are filled; 1 MiB
** costs 5 ns a frame less than 256 KiB. The block grows beyond for what is longer.
*/
#define PK_READ_FIRST ((size_t)64 * 1024)
#define PK_READ_SIZE ((size_t)1024 * 1024)
#define PK_SNAPLEN_MAX 262144              /* the longest frame of most link types, */
#define PK_SNAPLEN_USB (128 * 1024 * 1024) /* and of USB's and D-Bus's */
#define PK_BLOCK_MAX ((uint32_t)PK_SNAPLEN_USB + (1u << 20)) /* of a pcapng block: the longest frame, and options */
#define PK_INTERFACES_MAX 65536u           /* in a file */
#define PK_HEAD_MAX ((uint32_t)1 << 20)    /* of a block of a section or interface, which are kept, */
#define PK_KEPT_MAX ((size_t)64 << 20)     /* and of all of them together */
#define PK_INDEX_EACH 1024u                /* frames between marks of the index that seeking makes */

/* The link type of a file that names none: a pcapng file without interfaces. */
#define PK_LINKTYPE_NONE 0xffff

/* How a file is packed; a build may lack either. */
typedef enum pk_Packing { PK_PLAIN, PK_GZIP, PK_ZSTD } pk_Packing;

typedef enum pk_Precision { PK_MICRO, PK_NANO } pk_Precision;

/* Which of a classic record's lengths comes first: versions before 2.3 had the wire's first, some 2.3 too. */
typedef enum pk_Lengths { PK_CAPLEN_FIRST, PK_WIRELEN_FIRST, PK_SMALLER_IS_CAPLEN } pk_Lengths;

/* A frame. `data` and what else it points to are good, and `data` may be written, until the reader's next call. */
typedef struct pk_Frame {
  char *data;
  uint32_t caplen;  /* bytes at `data` */
  uint32_t wirelen; /* bytes on the wire */
  int64_t time;     /* ns since the epoch; clamped to what it can hold */
  /* What a classic file says as it stands (`raw`): it may be more than a second in the fraction. */
  int raw;
  uint32_t seconds, fraction;
  uint32_t interface;   /* which of the reader's */
  uint32_t linktype;    /* and its */
  int timeless;         /* its block has no time */
  const uint8_t *record; /* the whole record or block, of `recordlen` bytes; NULL: of a merged file */
  uint32_t recordlen;
  uint32_t optionslen;  /* bytes of options: none but in pcapng */
  const uint8_t *options;
  int swapped;          /* the byte order of options and record is not the machine's */
  uint32_t type;        /* of the pcapng block */
} pk_Frame;

/* What the reader's functions give when a signal came while they waited: call again. */
#define PK_INTERRUPTED (-2)

struct pk_Reader;
struct pk_Block;

/* A format that can be read. */
typedef struct pk_Format {
  const char *name;
  /*
  ** 1 and the reader set up and at its first record or block, when the `n` bytes at the file's begin are its;
  ** 0; -1: but wrong; or PK_INTERRUPTED, to be called again.
  */
  int (*check) (struct pk_Reader *r, const uint8_t *begin, size_t n);
  int (*next) (struct pk_Reader *r, pk_Frame *frame);
  int (*block) (struct pk_Reader *r, struct pk_Block *block); /* or NULL: records are all there is */
} pk_Format;

/* An interface: of a classic file the only one. */
typedef struct pk_Interface {
  uint32_t linktype;
  uint32_t snaplen;    /* as the file says; 0 and nonsense are the most there is */
  uint64_t persecond;  /* ticks of its times, when shift is 0; else 2^shift */
  int64_t offset;      /* seconds to add */
  uint8_t shift;
  uint8_t resolution;  /* as if_tsresol has it */
  uint32_t section;    /* which of the reader's, */
  int swapped;         /* and whether its byte order is not the machine's */
  uint64_t at;         /* where its block lies in the file, */
  uint8_t *block;      /* owned: as it lies there, in the section's byte order; NULL: classic */
  uint32_t len;
} pk_Interface;

/* A section of a pcapng file. */
typedef struct pk_Section {
  uint64_t at;
  uint32_t first; /* its first interface */
  int swapped;    /* its byte order is not the machine's */
  uint8_t *block; /* owned */
  uint32_t len;
} pk_Section;

/* Where frame k * PK_INDEX_EACH (from 0 on) begins. */
typedef struct pk_Mark {
  uint64_t at;
  uint32_t section;
} pk_Mark;

/*
** Has reading stop now and then, for somebody to be told how far it is: PK_INTERRUPTED, the watch being due. Once more
** when all has been read.
*/
typedef struct pk_Watch {
  int64_t each; /* ns between, at least; with 0 it is before each read */
  int64_t next; /* pk_clock() then */
  int isdue;    /* who heeds it resets it */
  int stopped;  /* it has been since the last read: first comes another */
} pk_Watch;

struct pk_Pack;
struct pk_Merge;
struct pk_Nic;

/*
** A capture file that is read. Invariant: bytes [begin, end) of `block` have been read and not been
** passed; block[0] lies at `offset` of the file, unpacked. Not open: nothing is owned.
*/
typedef struct pk_Reader {
  const pk_Format *format;
  uint8_t *block; /* owned; moves when it grows */
  size_t size, begin, end;
  uint64_t offset;
  uint64_t frames; /* passed so far */
  int fd;
  int open;
  int ownfd;
  int eof;
  int more;     /* the last read filled the block: the next may be larger */
  int pinned;   /* what is passed stays in the block */
  int patient;  /* signals do not interrupt it */
  int failed;   /* `err` holds the error that all further reads give */
  int swapped;  /* the byte order of the file, or section, is not the machine's */
  int flows;    /* the last read of a pipe gave all that one holds: there is likely more */
  int regular;  /* a file, not a pipe: it can be sought, and grow */
  int ispart;   /* it began amid the file: its frames are not those that the file counts */
  pk_Lengths lengths; /* order of a record's two lengths, and */
  uint32_t recordhead; /* bytes before its frame: 16, or 24 in Kuznetzov's variant */
  uint64_t stop;  /* records that begin there or later are not read */
  int64_t follow; /* ns to wait for more at the end; < 0: for ever; 0: not at all */
  int64_t waited; /* of them, without any */
  uint64_t base;  /* where in the file the capture begins */
  uint64_t got;   /* bytes read from `fd` since */
  pk_Interface *interfaces; /* owned; of all sections so far */
  uint32_t ninterfaces;
  pk_Section *sections; /* owned */
  uint32_t nsections;
  uint32_t section; /* the current one */
  size_t kept;      /* bytes of all that is owned of them */
  pk_Mark *marks; /* owned; [0] is the first record */
  size_t nmarks;
  pk_Precision precision;
  uint32_t linktype;
  uint32_t linkmore; /* the bits above it in its word: the length of the FCS */
  uint32_t snaplen;
  uint32_t maxlen;   /* the longest frame that is taken, of a classic file */
  uint8_t head[24];  /* of a classic file: its header */
  uint64_t dev, ino; /* which file it is */
  pk_Packing packing;
  struct pk_Pack *pack; /* owned; NULL: the file is not packed */
  uint8_t *packed;      /* owned: [packedbegin, packedend) is read and not unpacked */
  size_t packedbegin, packedend;
  struct pk_Merge *merge; /* owned; the files that are merged: see merge.c */
  struct pk_Nic *nic;     /* owned; the interface that is read: see nic.h */
  pk_Watch *watch;        /* or NULL */
  int ismerged;           /* the whole that it is a part of tells the end */
  int64_t until;          /* how long it is waited for, */
  int sure;               /* and a frame that is there is given afterwards too */
  /* Called, if set, before the bytes of the block move or go; and with each block that is no packet's. */
  void (*moving) (void *arg);
  void (*passing) (void *arg, uint32_t type, const uint8_t *block, uint32_t len);
  void *watcher; /* their argument */
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

/* The same of `n` > 0 files: by the time of their frames, or one after the other. */
PK_API int pk_reader_openmerge (pk_Reader *r, const char *const *paths, size_t n, int bytime);

/* Whether it, or a file that it merges, is that one. */
PK_API int pk_reader_isfile (const pk_Reader *r, uint64_t dev, uint64_t ino);

/* Whether it reads standard input, or one of its files is that. */
PK_API int pk_reader_hasstdin (const pk_Reader *r);

/* Has reads wait at the end for what is still written, that many ns without any; < 0: for ever. */
PK_API void pk_reader_follow (pk_Reader *r, int64_t ns);

/* Has somebody be told how far it is; NULL: nobody. The watch outlives the reader, or this is called again. */
PK_API void pk_reader_watch (pk_Reader *r, pk_Watch *w);

/* Whether a watch is due by the clock, which then counts anew. */
PK_API int pk_watch_isdue (pk_Watch *w);

/*
** How many bytes of the file have been passed, as they lie there, packed or not; and how many it has, of several files
** together: PK_SIZE_UNKNOWN when one is no file, or grows.
*/
#define PK_SIZE_UNKNOWN UINT64_MAX
PK_API void pk_reader_position (const pk_Reader *r, uint64_t *at, uint64_t *size);

/* Reads the header. 0; -1 with r->err, closed; or PK_INTERRUPTED. */
PK_API int pk_reader_begin (pk_Reader *r);

/*
** 1 with the next frame, 0 at the end, -1 with r->err: all whole frames come before an error; or
** PK_INTERRUPTED. Data lent before moves or goes. The reader is open.
*/
static inline int pk_reader_next (pk_Reader *r, pk_Frame *frame) {
  int got;
  if (r->failed) return -1;
  if (r->offset + r->begin >= r->stop) return 0;
  got = r->format->next(r, frame);
  r->frames += got > 0;
  return got;
}

/*
** Has a reader that has just been begun give the records that begin at bytes `from` to `stop` (exclusive) of the file,
** which is plain. Unless `from` is `known` to be where one begins, or the first is meant (0), they are from the first
** place on that looks like one. 1, and *at is where they begin; 0: no place does; -1 with r->err.
*/
PK_API int pk_reader_part (pk_Reader *r, uint64_t from, int known, uint64_t stop, uint64_t *at);

/*
** Gives a reader a block of `size` bytes (of pk_realloc) to read into, if what has been read fits into it; NULL takes
** its block away, nothing of which is then there any more. What is given back is the caller's, and `size` its bytes.
*/
PK_API uint8_t *pk_reader_swapblock (pk_Reader *r, uint8_t *block, size_t *size);

/* Passes over what is left, up to `stop`: where it is then. 0, or -1 with r->err. */
PK_API int pk_reader_finish (pk_Reader *r, uint64_t *at);

/*
** Skips frames that `skips` says 1 of, up to `most` of them, and stops before one of which it says 0: it is given
** `arg`, bytes and how many were captured. Where that takes more than looking at what has been read, it stops too.
** Returns how many it has skipped.
*/
PK_API uint32_t pk_reader_skip (pk_Reader *r, int (*skips) (void *arg, const uint8_t *bytes, size_t len), void *arg,
                                uint32_t most);

/* A block of a pcapng file, or (type PK_RECORD) a record of another. Good until the reader's next call. */
#define PK_RECORD 0xffffffffu
typedef struct pk_Block {
  uint32_t type;
  uint32_t len;         /* of the whole block */
  const uint8_t *bytes; /* of it */
  uint64_t at;          /* in the file */
  int swapped;          /* its byte order is not the machine's */
  uint32_t section;
  uint32_t interface;   /* that an interface's block describes */
  int isframe;          /* `frame` is what a packet's block holds */
  pk_Frame frame;
} pk_Block;

/* The same with the next block, of any type. What begins the file counts when no frame has been read. */
PK_API int pk_reader_block (pk_Reader *r, pk_Block *block);

/*
** Passes to where `frames` frames have been passed: 1; 0: the file has fewer, and is at its end; -1 with
** r->err; PK_INTERRUPTED. Makes an index on the way. A pipe can only be passed forwards.
*/
PK_API int pk_reader_seek (pk_Reader *r, uint64_t frames);

/* Frees all that is owned; may be called again. */
PK_API void pk_reader_close (pk_Reader *r);

/* The longest frame that readers take of a link type. */
PK_API uint32_t pk_snaplen_max (uint32_t linktype);

/* Ticks of an interface as ns since the epoch, and back; what does not fit is clamped. */
PK_API int64_t pk_interface_time (const pk_Interface *i, uint64_t ticks);
PK_API uint64_t pk_interface_ticks (const pk_Interface *i, int64_t time);

/* Whether an interface has ticks for a time. */
PK_API int pk_interface_holds (const pk_Interface *i, int64_t time);

/* Sets the resolution that if_tsresol gives; 0, or -1: it can not be one. */
PK_API int pk_interface_resolve (pk_Interface *i, uint8_t resolution);

PK_END

#endif
