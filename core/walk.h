/*
** walk.h: walks over the fields of a layout where they stand in bytes. A walk needs no memory but
** itself; nothing past the region or the captured bytes is read.
*/
#ifndef pktcraft_walk_h
#define pktcraft_walk_h

#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "layout.h"

PK_BEGIN

/* What conditions and switches have asked of a layer: its placed numbers, or what has no constant place. */
#define PK_TRACE_MAX 4
typedef struct pk_Trace {
  const pk_Field *asked[PK_TRACE_MAX];
  uint32_t n;
  int other; /* something else */
} pk_Trace;

/* The bytes that are walked over. */
typedef struct pk_Span {
  const uint8_t *bytes;
  size_t len;     /* captured */
  size_t message; /* where the layer begins: names of DNS point there */
  pk_Trace *trace; /* of the walks, or NULL */
} pk_Span;

#define PK_WALK_NONE SIZE_MAX

/* What a walk found wrong. */
enum {
  PK_WRONG_VALUE = 1,  /* equal, min or max violated */
  PK_WRONG_LENGTH = 2, /* a length shorter than what it covers */
  PK_WRONG_SHORT = 4   /* the region ends before a field does */
};

/*
** A walk through one struct that begins at bit `start`, in a region that ends at byte `limit`.
** Offsets are from the begin of the span's bytes.
*/
typedef struct pk_Walk {
  const pk_Layout *layout;
  const struct pk_Walk *up; /* of the struct around, standing at this one; or NULL */
  const pk_Span *span;
  uint64_t start, bit; /* begin, and where the next field goes */
  size_t limit;
  size_t own;      /* where the struct itself ends, as a length of its own says; or NONE */
  size_t header;   /* where its header ends, as a length says; or NONE */
  size_t paylen;   /* the payload's length, as a field says; or NONE */
  size_t hdrend;   /* where the payload begins, once passed; or NONE */
  size_t paystands; /* where it would, had nothing told the header's end */
  const char *upper; /* of the payload passed: a fixed layout, or NULL */
  uint32_t nextspace, hintspace; /* of the values that name the upper layer: their hash; or 0 */
  uint64_t nextvalue, hintvalue;
  uint64_t slots[PK_LAYOUT_MAXSLOTS];
  uint32_t seen; /* slots that hold a value */
  uint32_t op;
  uint32_t stop; /* the op before which it ends */
  struct { uint64_t begin, end; } unions[PK_LAYOUT_MAXUNIONS];
  uint8_t nunions;
  uint8_t depth; /* structs around it */
  uint8_t wrong; /* PK_WRONG_... */
  uint8_t cut;   /* the captured bytes end before a field does */
  uint8_t past;  /* a length goes past its region, whose end it then is */
  uint8_t quoted;
  uint8_t paygiven; /* a length has said the payload's */
  /* The field found: its first bit, bits of its own, and (strings, lists, structs) where its region ends. */
  const pk_Field *field;
  uint64_t at, size;
  size_t end;
} pk_Walk;

/* Begins a walk. */
PK_API void pk_walk_begin (pk_Walk *w, const pk_Layout *l, const pk_Walk *up, const pk_Span *span, uint64_t start,
                           size_t limit);

/*
** On to the next field that is there: 1 with `field`, `at`, `size`, `end`; 0 at the end of the struct,
** or where the bytes end.
*/
PK_API int pk_walk_next (pk_Walk *w);

/* Walks to the field of that key (one of the layout's own pointers); 1, or 0: not there. */
PK_API int pk_walk_find (pk_Walk *w, const char *key);

/* Walks to the end and returns the byte at which the struct ends, never before its begin. */
PK_API size_t pk_walk_end (pk_Walk *w);

/* The number in the field found, extended when signed. */
PK_API uint64_t pk_walk_number (const pk_Walk *w);

/* The bytes that the number found says, by its unit and bias; 1, or 0: it says that there is no limit. */
PK_API int pk_walk_length (const pk_Walk *w, size_t *length);

/* 1 when the condition holds where the walk stands. */
PK_API int pk_walk_holds (const pk_Walk *w, const pk_Cond *c);

/* The elements of the list at which a walk stands. */
typedef struct pk_List {
  const pk_Field *field;
  const pk_Walk *up;
  size_t first, at, limit;
  uint64_t left;  /* elements that a count leaves; UINT64_MAX: no count */
  uint32_t index; /* of the element found, from 1 on */
  size_t begin;   /* of the element found */
  int stopped;
  uint8_t wrong, cut, past;
} pk_List;

/* The list that the walk found; the walk must stay as it is meanwhile. */
PK_API void pk_list_begin (pk_List *list, const pk_Walk *w);

/*
** On to the next element: 1 with a walk at its begin, 0 at the end. An element that takes no bytes ends
** the list.
*/
PK_API int pk_list_next (pk_List *list, pk_Walk *element);

/* How a layer lies in a region. */
typedef struct pk_Measure {
  size_t hdrend; /* where its payload begins */
  size_t payend; /* and ends */
  size_t end;    /* where the layer ends */
  const char *upper;                 /* a fixed upper layer, or NULL */
  uint32_t nextspace, hintspace; /* else what names it: the hash of its space; or 0 */
  uint64_t nextvalue, hintvalue;
  uint8_t wrong;
  uint8_t cut;    /* the captured bytes end before its header does */
  uint8_t past;   /* a length goes past the region */
  uint8_t quoted, follow, fragment;
} pk_Measure;

/*
** Measures a layer that begins at byte `start` of a region that ends at `limit`. 1; 0: its condition
** `when` does not hold, so it is not there.
*/
PK_API int pk_walk_measure (const pk_Layout *l, const pk_Span *span, size_t start, size_t limit, pk_Measure *m);

PK_END

#endif
