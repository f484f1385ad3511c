/*
** stream.h: streams put together again from the segments of captures: in order, each byte once, without copies
** where they come in order. What a layout with the word `stream` says by its fields sequence, acknowledgment, syn,
** fin, rst and ack (RFC 9293, section 3.10).
*/
#ifndef pktcraft_stream_h
#define pktcraft_stream_h

#include "api.h"
#include "flow.h"
#include "piece.h"

PK_BEGIN

/* What one side sends. */
typedef struct pk_Half {
  uint32_t next;   /* the sequence number of the byte that comes next, once `known` */
  uint32_t end;    /* that of its FIN or RST, once `ending` */
  uint32_t acked;  /* the highest that the other side has acknowledged, once `hasacked` */
  uint8_t known, ending, ended, hasacked;
  uint32_t first;  /* the first `next` */
  uint64_t offset; /* bytes before the next one, from the stream's begin */
  pk_Pieces pieces; /* all after `next` */
} pk_Half;

#define PK_STREAM_MAXPIECES 1024 /* of one side: then what lacks before them is given up */

typedef enum pk_Why { PK_WHY_FINISHED, PK_WHY_RESET, PK_WHY_TIMEOUT, PK_WHY_EVICTED, PK_WHY_REUSED, PK_WHY_FLUSHED } pk_Why;

typedef struct pk_Stream {
  pk_Flow flow; /* whose bytes count those of the stream */
  pk_Half half[2];
  struct pk_Stream *ahead, *behind; /* of those with pieces, by when the first came */
  uint8_t waiting; /* it is one of them */
  uint8_t opened;
  uint8_t closing; /* all that is held is delivered, whatever is lacking before it, and then it closes */
  uint8_t closed;  /* it is kept, so that what comes late is known */
  uint8_t reset;   /* by side: a RST ends it, 1 and 2 */
  uint8_t why;     /* pk_Why, when closing or closed */
} pk_Stream;

typedef enum pk_StreamKind { PK_STREAM_NONE, PK_STREAM_OPEN, PK_STREAM_DATA, PK_STREAM_GAP, PK_STREAM_CLOSE } pk_StreamKind;

typedef struct pk_StreamEvent {
  pk_StreamKind kind;
  pk_Stream *stream;
  int side;
  const uint8_t *bytes; /* of DATA: in the frame, or in a piece; until the next call */
  size_t len;           /* of DATA; of GAP the bytes that are lacking */
  uint64_t offset;
  pk_Why why;           /* of CLOSE; the stream is gone with the next call when `last`: 2: it closed before, and that was told */
  int last;
} pk_StreamEvent;

typedef struct pk_StreamCounts {
  uint64_t segments, retransmitted, outoforder, gaps, lacking, late, opened, closed, timeouts, evicted;
} pk_StreamCounts;

typedef struct pk_Streams {
  pk_Flows flows;
  int64_t timeout;   /* ns without a segment after which a stream ends */
  size_t maxheld;    /* bytes of pieces in all, with what each costs */
  uint32_t maxflows; /* 0 is as 1 */
  int overlaplast;   /* of bytes that came twice before their turn, the later ones count */
  size_t held;
  pk_Stream *first, *last; /* with pieces */
  pk_StreamCounts counts;
  pk_Overlap overlap;
  const pk_Layout *layout; /* whose fields these are */
  const pk_Field *sequence, *acknowledgment, *syn, *fin, *rst, *ack;
  pk_Stream *current, *dying, *gone; /* that of the segment, one that ends, one that is to be removed */
  pk_Piece *spent; /* lent to the caller until the next call */
  int64_t now;
  int flushing;
  /* The segment that has been added: */
  struct {
    int there, placed; /* not yet put into its stream; put, but to be delivered from the frame */
    pk_FlowPlace place;
    uint32_t hash, seq, ack, len;
    int syn, fin, rst, hasack, side;
    const uint8_t *bytes;
  } seg;
} pk_Streams;

PK_API void pk_streams_init (pk_Streams *s, uint64_t seed);
PK_API void pk_streams_free (pk_Streams *s);

/*
** Adds the segment of a packet (pk_packet_tostream is enough) that came at `time` (ns); the frame must stay until
** pk_streams_next has said all. Of tunnels in tunnels the outermost stream counts. 1, or 0: it holds none, or is a
** fragment.
*/
PK_API int pk_streams_add (pk_Streams *s, const pk_Packet *p, int64_t time);

/* The frame is no more what it was: what has not been asked for of its segment is lost. */
static inline void pk_streams_forget (pk_Streams *s) {
  s->seg.there = s->seg.placed = 0;
}

/* No more segments come: what is held is delivered, and all streams close. */
PK_API void pk_streams_flush (pk_Streams *s);

/* What happens next: 1 with an event, 0: nothing; -1: out of memory, the segment is lost. */
PK_API int pk_streams_next (pk_Streams *s, pk_StreamEvent *e);

PK_END

#endif
