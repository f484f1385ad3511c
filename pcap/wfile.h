/*
** wfile.h: what records (writer.c) and files (wfile.c) of a writer know of each other.
*/
#ifndef pktcraft_wfile_h
#define pktcraft_wfile_h

#include "compress.h"
#include "writer.h"

/* The writer fails, with that error: -1. */
int pk_writer_error (pk_Writer *w, const char *what);
int pk_writer_syserror (pk_Writer *w, int code);

void pk_writer_setname (pk_Writer *w, const char *name);

/* Hands the block to the system. 0 or -1. */
int pk_writer_flushblock (pk_Writer *w, pk_PackEnd end);

/* Opens the file, or the first of several, that w->path and w->info ask for. 0 or -1. */
int pk_wfile_open (pk_Writer *w);

/* Makes what packs the file, if it is packed. 0 or -1. */
int pk_wfile_pack (pk_Writer *w);

/* Begins a new file where the frame of `n` bytes would make this one too long, in bytes or time. 0 or -1. */
int pk_wfile_rotate (pk_Writer *w, size_t n, const pk_Frame *frame);

/* Ends the file: what waits goes out, and it is closed. 0 or -1. */
int pk_wfile_end (pk_Writer *w);

#endif
