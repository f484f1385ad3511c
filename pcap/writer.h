/*
** writer.h: capture files that are written. A record goes out whole or not at all.
*/
#ifndef pktcraft_writer_h
#define pktcraft_writer_h

#include "api.h"
#include "savefile.h"

PK_BEGIN

#define PK_WRITE_SIZE ((size_t)256 * 1024) /* what is written at once */

typedef enum pk_FileFormat { PK_FILE_PCAP, PK_FILE_PCAPNG } pk_FileFormat;

/* What is to be written, and how. All zeros but linktype and snaplen will do. */
typedef struct pk_FileInfo {
  pk_FileFormat format;
  int swapped;           /* in the byte order that is not the machine's */
  uint32_t linktype, linkmore, snaplen;
  uint32_t cut;          /* the snapshot length that somebody asked for: no frame is longer; or 0 */
  pk_Precision precision;
  const uint8_t *head;   /* classic: the 24 bytes to begin with; NULL: made of the above */
  pk_Lengths lengths;    /* and what its records are like */
  uint32_t recordhead;   /* 0: 16 */
  pk_Packing packing;
  int append;            /* to what is there; see pk_writer_open */
  int eager;             /* each record is handed to the system at once */
  uint64_t maxbytes;     /* a new file begins before one is longer; 0: never */
  int64_t maxtime;       /* ns of frames' times in a file; 0: any */
  uint32_t maxfiles;     /* of which no more are kept; 0: all */
} pk_FileInfo;

/*
** A capture file that is written. Invariant: the block holds whole records (and the file header) that
** begin at `written` of what has been written. Closed ones own nothing. All functions but init, open and close
** give -1 for one that is closed or has failed.
*/
typedef struct pk_Writer {
  char *block; /* owned */
  size_t len;
  uint64_t base;    /* where in the file the first of our bytes lies */
  uint64_t written; /* bytes of whole records handed to the system, before packing */
  int fd;
  int open;    /* until it is closed, though a file that should follow could not be made */
  int ownfd;
  int regular; /* a file that may be cut back to its last whole record */
  int failed;
  int begun;   /* the header stands */
  pk_FileInfo info;
  uint32_t maxlen; /* the longest frame that readers take */
  uint8_t head[24];
  pk_Interface *interfaces; /* owned; of the pcapng section that is written; blocks as they were written */
  uint32_t ninterfaces;
  uint32_t earlier;    /* interfaces of sections before it */
  uint8_t *section; /* owned: its block, or NULL: a plain one */
  uint32_t sectionlen;
  struct pk_Pack *pack; /* owned */
  uint32_t file;       /* number of the file, when there are several */
  int64_t filetime;    /* its first time, */
  int filetimed;       /* if there is one */
  int fileframes;      /* it has frames */
  char err[PK_ERRSIZE];
  char name[256];  /* for errors; cut */
  char *path;      /* owned */
} pk_Writer;

PK_API void pk_writer_init (pk_Writer *w);

/*
** Creates a file, or empties it; "-" is standard output, which must be no terminal and takes none of what follows. With
** `append` what the file holds stays: it must be a whole one of that format and link type (else an error), and its own
** byte order and precision go on. With maxbytes or maxtime files are named path_00001.ext and on. 0, or -1 with w->err.
*/
PK_API int pk_writer_open (pk_Writer *w, const char *path, const pk_FileInfo *info);

/*
** Writes a frame, which may wait in the block; its time, or (frame->raw) seconds and fraction as they
** stand, the latter in the unit of the file. In pcapng, frame->interface is one of the section's, and options
** are in its byte order. 0, or -1 with w->err: the file then ends with the last record that went out whole,
** and all later calls fail. A time that does not fit is clamped in pcapng; in a classic file it is an error, after
** which others may be written.
*/
PK_API int pk_writer_write (pk_Writer *w, const pk_Frame *frame);

/*
** Writes whole records or blocks as they are; `bytes` may be of any length. A section's or interface's block
** is to go through pk_writer_section or _interface. `n` may be 0.
*/
PK_API int pk_writer_raw (pk_Writer *w, const void *bytes, size_t n);

/* The same with the record or block that a frame was read as, before which a new file may begin. */
PK_API int pk_writer_record (pk_Writer *w, const pk_Frame *frame);

/* Begins a pcapng section with its block as it is, NULL: a plain one, in that byte order. 0 or -1. */
PK_API int pk_writer_section (pk_Writer *w, const uint8_t *block, uint32_t len, int swapped);

/* Writes an interface's block, in the section's byte order, which describes `i`. 0 or -1. */
PK_API int pk_writer_interface (pk_Writer *w, const pk_Interface *i, const uint8_t *block, uint32_t len);

/* The same, the block being made of link type, snaplen and resolution of `i`, and the options given. */
PK_API int pk_writer_newinterface (pk_Writer *w, const pk_Interface *i, const uint8_t *options, uint32_t len);

/* Whether the file holds that time, of an interface (that exists) of a pcapng file. */
PK_API int pk_writer_holds (const pk_Writer *w, uint32_t interface, int64_t time);

/* Writes the header if none was written yet. 0 or -1. */
PK_API int pk_writer_begin (pk_Writer *w);

/* Hands all to the system. */
PK_API int pk_writer_flush (pk_Writer *w);

/* Flushes and closes; 0, or -1 with w->err when anything failed, closed all the same, ever again. */
PK_API int pk_writer_close (pk_Writer *w);

PK_END

#endif
