/*
** merge.c: several capture files as one: by the time of their frames, or one after the other. It is one
** more format to the reader, whose frames lie in the blocks of the files' own readers.
*/
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "savefile.h"
#include "sformat.h"

/* A file. */
typedef struct Part {
  pk_Reader reader;
  pk_Frame frame;    /* the next one, when `there` */
  int there;
  int opened;        /* it has been begun */
  uint32_t *numbers; /* owned: the whole's interfaces by the file's own */
  uint32_t nnumbers;
  char *path;        /* owned */
  uint64_t size;     /* of the file before it is opened, when `asked`, or after it was closed, when `passed` */
  int asked, passed;
} Part;

/* Invariant (by time): heap[0..nheap) are files with a frame, the earliest first, as a binary heap. */
typedef struct pk_Merge {
  Part *parts; /* owned */
  size_t nparts;
  int bytime;
  size_t current; /* whose frame was given last, */
  int given;      /* if one was */
  size_t *heap;   /* owned */
  size_t nheap;
  size_t begun;   /* files that have been begun and are in the heap */
  int failed;     /* one by time has; the others go on, then comes `err` */
  char err[PK_ERRSIZE];
} pk_Merge;

void pk_merge_free (pk_Merge *m) {
  size_t k;
  if (m == NULL) return;
  for (k = 0; k < m->nparts; k++) {
    pk_reader_close(&m->parts[k].reader);
    pk_realloc(m->parts[k].numbers, 0);
    pk_realloc(m->parts[k].path, 0);
  }
  pk_realloc(m->parts, 0);
  pk_realloc(m->heap, 0);
  pk_realloc(m, 0);
}

/* Earlier ones first; of equal times those of the file named first. */
static int before (const pk_Merge *m, size_t a, size_t b) {
  const int64_t x = m->parts[a].frame.time, y = m->parts[b].frame.time;
  return x != y ? x < y : a < b;
}

/* Moves the first of the heap to its place. */
static void sift_down (pk_Merge *m) {
  size_t at = 0;
  for (;;) {
    size_t child = at * 2 + 1, t;
    if (child >= m->nheap) return;
    if (child + 1 < m->nheap && before(m, m->heap[child + 1], m->heap[child])) child++;
    if (!before(m, m->heap[child], m->heap[at])) return;
    t = m->heap[at];
    m->heap[at] = m->heap[child];
    m->heap[child] = t;
    at = child;
  }
}

static void sift_up (pk_Merge *m, size_t part) {
  size_t at = m->nheap++;
  while (at > 0 && before(m, part, m->heap[(at - 1) / 2])) {
    m->heap[at] = m->heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  m->heap[at] = part;
}

/* The file's error becomes the whole's. */
static int failed (pk_Reader *r, const Part *p) {
  memcpy(r->err, p->reader.err, sizeof(r->err));
  r->failed = 1;
  return -1;
}

/* Has the whole know the interfaces of a file that have come up. */
static int take_interfaces (pk_Reader *r, Part *p) {
  uint32_t *numbers;
  if (p->nnumbers == p->reader.ninterfaces) return 0;
  numbers = (uint32_t *)pk_realloc(p->numbers, p->reader.ninterfaces * sizeof(*numbers));
  if (numbers == NULL) return pk_reader_error(r, 0, "not enough memory", NULL);
  p->numbers = numbers;
  while (p->nnumbers < p->reader.ninterfaces) {
    const pk_Interface *i = &p->reader.interfaces[p->nnumbers];
    if (pk_reader_addinterface(r, i, i->block, i->len) < 0) return -1;
    p->numbers[p->nnumbers++] = r->ninterfaces - 1;
  }
  return 0;
}

/* Opens a file. 0, -1, PK_INTERRUPTED. */
static int begin_part (pk_Reader *r, Part *p) {
  int status;
  if (!p->reader.open && pk_reader_open(&p->reader, p->path) < 0) return failed(r, p);
  p->reader.watch = r->watch;
  p->reader.ismerged = 1;
  status = pk_reader_begin(&p->reader);
  if (status == PK_INTERRUPTED) return status;
  if (status < 0) return failed(r, p);
  p->opened = 1;
  return take_interfaces(r, p);
}

/* Reads a file's next frame: 1, 0, -1, PK_INTERRUPTED. */
static int next_of (pk_Reader *r, Part *p) {
  const int got = pk_reader_next(&p->reader, &p->frame);
  p->there = got > 0;
  if (got == -1) return failed(r, p);
  if (got <= 0) return got;
  if (take_interfaces(r, p) < 0) return -1;
  p->frame.interface = p->numbers[p->frame.interface];
  p->frame.record = NULL;
  return 1;
}

static int give (pk_Reader *r, size_t k, pk_Frame *frame) {
  r->merge->current = k;
  r->merge->given = 1;
  *frame = r->merge->parts[k].frame;
  return 1;
}

/* As next_of, but an error is kept: whole frames of other files come before it. */
static int next_or_none (pk_Reader *r, Part *p) {
  pk_Merge *m = r->merge;
  const int got = next_of(r, p);
  if (got != -1) return got;
  if (!m->failed) memcpy(m->err, r->err, sizeof(m->err));
  m->failed = 1;
  r->failed = 0;
  return 0;
}

static int next_bytime (pk_Reader *r, pk_Frame *frame) {
  pk_Merge *m = r->merge;
  int got;
  while (m->begun < m->nparts) { /* the first frame of each */
    if ((got = next_or_none(r, &m->parts[m->begun])) < 0) return got;
    if (got > 0) sift_up(m, m->begun);
    m->begun++;
  }
  if (m->given) { /* the one that was given makes room for the next of its file */
    if ((got = next_or_none(r, &m->parts[m->current])) < 0) return got;
    m->given = 0;
    if (got == 0) m->heap[0] = m->heap[--m->nheap];
    sift_down(m);
  }
  if (m->nheap > 0) return give(r, m->heap[0], frame);
  if (!m->failed) return 0;
  memcpy(r->err, m->err, sizeof(r->err));
  r->failed = 1;
  return -1;
}

static int next_inorder (pk_Reader *r, pk_Frame *frame) {
  pk_Merge *m = r->merge;
  while (m->current < m->nparts) {
    Part *p = &m->parts[m->current];
    int got = 0;
    if (!p->opened && (got = begin_part(r, p)) < 0) return got;
    if ((got = next_of(r, p)) != 0) return got < 0 ? got : give(r, m->current, frame);
    if (m->current + 1 == m->nparts) return 0;
    p->size = p->reader.got;
    p->passed = 1;
    pk_reader_close(&p->reader); /* its interfaces stay known to the whole */
    m->current++;
  }
  return 0;
}

static int merge_next (pk_Reader *r, pk_Frame *frame) {
  const int got = r->merge->bytime ? next_bytime(r, frame) : next_inorder(r, frame);
  if (got != 0 || r->eof || r->watch == NULL || r->patient) return got;
  r->eof = 1;
  r->watch->isdue = 1;
  return PK_INTERRUPTED;
}

static const pk_Format merged = {"merged", NULL, merge_next, NULL};

int pk_merge_begin (pk_Reader *r) {
  pk_Merge *m = r->merge;
  const pk_Reader *first = &m->parts[0].reader;
  size_t k;
  for (k = 0; k < (m->bytime ? m->nparts : 1); k++) {
    int status;
    if (m->parts[k].opened) continue; /* before a signal */
    if ((status = begin_part(r, &m->parts[k])) < 0) return status;
  }
  r->linktype = first->linktype;
  r->linkmore = first->linkmore;
  r->snaplen = first->snaplen;
  r->precision = first->precision;
  if (!m->bytime) r->snaplen = pk_snaplen_max(r->linktype); /* of files that nobody has seen */
  for (k = 1; m->bytime && k < m->nparts; k++) {
    if (m->parts[k].reader.snaplen > r->snaplen) r->snaplen = m->parts[k].reader.snaplen;
    if (m->parts[k].reader.precision == PK_NANO) r->precision = PK_NANO;
  }
  r->format = &merged;
  return 0;
}

int pk_merge_isfile (const pk_Merge *m, uint64_t dev, uint64_t ino) {
  size_t k;
  struct stat st;
  for (k = m->bytime ? 0 : m->current; k < m->nparts; k++) { /* those that are passed are closed */
    if (m->parts[k].reader.open ? pk_reader_isfile(&m->parts[k].reader, dev, ino)
                                : stat(m->parts[k].path, &st) == 0 && (uint64_t)st.st_dev == dev &&
                                  (uint64_t)st.st_ino == ino)
      return 1;
  }
  return 0;
}

void pk_merge_watch (pk_Merge *m, pk_Watch *w) {
  size_t k;
  for (k = 0; k < m->nparts; k++)
    if (m->parts[k].reader.open) m->parts[k].reader.watch = w;
}

/* The size of a file that has not been opened. */
static uint64_t ask_size (Part *p) {
  struct stat st;
  if (p->asked) return p->size;
  p->asked = 1;
  p->size = PK_SIZE_UNKNOWN;
  if (strcmp(p->path, "-") != 0 && stat(p->path, &st) == 0 && S_ISREG(st.st_mode)) p->size = (uint64_t)st.st_size;
  return p->size;
}

void pk_merge_position (pk_Merge *m, uint64_t *at, uint64_t *size) {
  size_t k;
  *at = *size = 0;
  for (k = 0; k < m->nparts; k++) {
    Part *p = &m->parts[k];
    uint64_t a = 0, n;
    if (p->passed)
      a = n = p->size;
    else if (p->reader.open)
      pk_reader_position(&p->reader, &a, &n);
    else
      n = ask_size(p);
    *at += a;
    *size = n == PK_SIZE_UNKNOWN || *size == PK_SIZE_UNKNOWN ? PK_SIZE_UNKNOWN : *size + n;
  }
}

int pk_merge_hasstdin (const pk_Merge *m) {
  size_t k;
  for (k = 0; k < m->nparts; k++)
    if (strcmp(m->parts[k].path, "-") == 0) return 1;
  return 0;
}

/* Of no part yet: r->merge owns what there is. */
static int no_memory (pk_Reader *r) {
  pk_reader_error(r, 0, "not enough memory", NULL);
  pk_reader_close(r);
  return -1;
}

int pk_reader_openmerge (pk_Reader *r, const char *const *paths, size_t n, int bytime) {
  pk_Merge *m;
  pk_Text t;
  size_t k;
  assert(n > 0);
  pk_reader_init(r);
  t = pk_text_begin(r->name, sizeof(r->name));
  for (k = 0; k < n; k++) {
    if (k > 0) pk_text_add(&t, " + ");
    pk_text_add(&t, paths[k]);
  }
  r->open = 1;
  r->merge = m = (pk_Merge *)pk_realloc(NULL, sizeof(*m));
  if (m == NULL) return no_memory(r);
  memset(m, 0, sizeof(*m));
  m->bytime = bytime;
  m->parts = n <= SIZE_MAX / sizeof(*m->parts) ? (Part *)pk_realloc(NULL, n * sizeof(*m->parts)) : NULL;
  if (m->parts == NULL) return no_memory(r);
  memset(m->parts, 0, n * sizeof(*m->parts));
  for (k = 0; k < n; k++) {
    const size_t len = strlen(paths[k]) + 1;
    pk_reader_init(&m->parts[k].reader);
    m->nparts++;
    m->parts[k].path = (char *)pk_realloc(NULL, len);
    if (m->parts[k].path == NULL) return no_memory(r);
    memcpy(m->parts[k].path, paths[k], len);
  }
  m->heap = (size_t *)pk_realloc(NULL, n * sizeof(*m->heap));
  if (m->heap == NULL) return no_memory(r);
  return 0;
}
