/*
** stream.c: segments put in order. What happens is asked for one event at a time, and each is done before it is
** told: so a caller that leaves in the middle leaves nothing half done.
*/
#include "stream.h"

#include <assert.h>
#include <string.h>

#include "alloc.h"
#include "pieces.h"

#define FAR ((int32_t)1 << 30)        /* no window is as large: what is as far off is no part of the stream */

#define after pk_piece_after

void pk_streams_init (pk_Streams *s, uint64_t seed) {
  memset(s, 0, sizeof(*s));
  pk_flows_init(&s->flows, sizeof(pk_Stream), seed);
  s->timeout = INT64_MAX;
  s->maxheld = SIZE_MAX;
  s->maxflows = UINT32_MAX;
}

void pk_streams_free (pk_Streams *s) {
  pk_Flow *f;
  int side;
  for (f = s->flows.oldest; f != NULL; f = f->newer)
    for (side = 0; side < 2; side++) pk_pieces_free(&((pk_Stream *)f)->half[side].pieces);
  pk_realloc(s->spent, 0);
  pk_flows_free(&s->flows);
  pk_streams_init(s, 0);
}

/* --- segments */

/* Finds the fields of a layout that carries streams. */
static int take_layout (pk_Streams *s, const pk_Layout *l) {
  s->layout = l;
  s->sequence = pk_layout_field(l, "sequence");
  s->acknowledgment = pk_layout_field(l, "acknowledgment");
  s->syn = pk_layout_field(l, "syn");
  s->fin = pk_layout_field(l, "fin");
  s->rst = pk_layout_field(l, "rst");
  s->ack = pk_layout_field(l, "ack");
  return 0;
}

static uint32_t number (const pk_Packet *p, const pk_Layer *layer, const pk_Field *f) {
  uint64_t n;
  return f != NULL && f->placed && pk_field_getnumber(f, p->span.bytes, p->span.len, (uint64_t)layer->start * 8, &n)
           ? (uint32_t)n : 0;
}

int pk_streams_add (pk_Streams *s, const pk_Packet *p, int64_t time) {
  const pk_Layer *layer;
  size_t end;
  pk_streams_forget(s);
  if (!pk_flow_streamplace(p, &s->seg.place)) return 0;
  layer = &p->layers[s->seg.place.layer];
  if ((layer->flags & ~PK_LAYER_STREAM) != 0) return 0; /* cut, malformed, of a fragment, quoted */
  s->seg.hash = pk_flows_hash(&s->flows, &s->seg.place.key);
#if defined(__GNUC__)
  if (s->flows.buckets != NULL) __builtin_prefetch(s->flows.buckets[s->seg.hash & s->flows.mask]);
#endif
  if (s->layout != layer->layout) take_layout(s, layer->layout);
  end = layer->payend < p->span.len ? layer->payend : p->span.len;
  s->seg.seq = number(p, layer, s->sequence);
  s->seg.ack = number(p, layer, s->acknowledgment);
  s->seg.syn = number(p, layer, s->syn) != 0;
  s->seg.fin = number(p, layer, s->fin) != 0 && end == layer->payend;
  s->seg.rst = number(p, layer, s->rst) != 0;
  s->seg.hasack = number(p, layer, s->ack) != 0;
  s->seg.bytes = p->span.bytes + layer->hdrend;
  s->seg.len = end > layer->hdrend ? (uint32_t)(end - layer->hdrend) : 0;
  s->now = time > s->now ? time : s->now;
  s->seg.there = 1;
  s->counts.segments++;
  return 1;
}

void pk_streams_flush (pk_Streams *s) {
  s->flushing = 1;
}

/* --- pieces */

static void start_waiting (pk_Streams *s, pk_Stream *st) {
  if (st->waiting) return;
  st->waiting = 1;
  st->behind = NULL;
  st->ahead = s->last;
  if (s->last != NULL) s->last->behind = st;
  else s->first = st;
  s->last = st;
}

static void stop_waiting (pk_Streams *s, pk_Stream *st) {
  if (!st->waiting || st->half[0].pieces.first != NULL || st->half[1].pieces.first != NULL) return;
  st->waiting = 0;
  if (st->ahead != NULL) st->ahead->behind = st->behind;
  else s->first = st->behind;
  if (st->behind != NULL) st->behind->ahead = st->ahead;
  else s->last = st->ahead;
}

/* Takes the first piece out; it stays until the next call. */
static void take_piece (pk_Streams *s, pk_Stream *st, pk_Half *h) {
  assert(s->spent == NULL);
  s->spent = pk_pieces_take(&h->pieces);
  s->held -= s->spent->len + PK_PIECE_COST;
  stop_waiting(s, st);
}

/* Keeps bytes that come before their turn, where no piece has them; 0, or -1: out of memory. */
static int keep (pk_Streams *s, pk_Stream *st, pk_Half *h, uint32_t seq, const uint8_t *bytes, uint32_t len) {
  const size_t before = h->pieces.held;
  const int kept = pk_pieces_keep(&h->pieces, seq, bytes, len, s->overlaplast, &s->overlap);
  s->held += h->pieces.held - before;
  if (h->pieces.first != NULL) start_waiting(s, st);
  return kept;
}

/* --- what a segment does */

static void put_acknowledgment (pk_Half *other, uint32_t ack) {
  if (other->hasacked && after(ack, other->acked) <= 0) return;
  other->hasacked = 1;
  other->acked = ack;
}

static void put_end (pk_Stream *st, int side, uint32_t seq, int reset) {
  pk_Half *h = &st->half[side];
  if (h->ending && !reset && after(seq, h->end) >= 0) return; /* the nearer end counts */
  if (h->ending && reset && seq == h->end + 1) { /* after a FIN that is waited for */
    st->reset |= (uint8_t)(1 << side);
    return;
  }
  if (after(seq, h->next) < 0 || after(seq, h->next) > FAR) return; /* a stale one */
  h->ending = 1;
  h->end = seq;
  if (reset) st->reset |= (uint8_t)(1 << side);
}

/* Puts the segment into its stream; its bytes may be delivered from the frame, when `placed`. 0, or -1. */
static int put_segment (pk_Streams *s, pk_Stream *st) {
  const int side = s->seg.side;
  pk_Half *h = &st->half[side];
  uint32_t seq = s->seg.seq + (s->seg.syn != 0), len = s->seg.len, old;
  if (!h->known) {
    h->known = 1;
    h->next = h->first = seq;
  }
  if (h->hasacked && after(h->acked, h->next) < -FAR) h->hasacked = 0; /* so old that it would seem new */
  if (s->seg.hasack && !s->seg.rst) put_acknowledgment(&st->half[1 - side], s->seg.ack);
  if (s->seg.rst) {
    put_end(st, side, seq, 1);
    return 0; /* what a RST carries is a text for people */
  }
  if (s->seg.fin) put_end(st, side, seq + len, 0);
  if (len == 0) return 0;
  if (after(seq, h->next) > FAR || after(seq, h->next) < -FAR || h->ended) {
    s->counts.late++;
    return 0;
  }
  if (h->ending && after(seq + len, h->end) > 0) { /* nothing comes after the end */
    if (after(seq, h->end) >= 0) {
      s->counts.late++;
      return 0;
    }
    s->seg.len = len = h->end - seq;
  }
  old = after(h->next, seq) > 0 ? h->next - seq : 0;
  if (old > 0) s->counts.retransmitted += old < len ? old : len;
  if (old >= len) return 0;
  s->seg.bytes += old;
  s->seg.len = len -= old;
  seq += old;
  if (seq == h->next && (h->pieces.first == NULL || after(h->pieces.first->seq, seq + len) >= 0)) {
    s->seg.placed = 1;
    return 0;
  }
  if (seq != h->next) s->counts.outoforder++;
  return keep(s, st, h, seq, s->seg.bytes, len);
}

/* --- events */

static int say (pk_StreamEvent *e, pk_StreamKind kind, pk_Stream *st, int side) {
  memset(e, 0, sizeof(*e));
  e->kind = kind;
  e->stream = st;
  e->side = side;
  return 1;
}

static int say_data (pk_Streams *s, pk_StreamEvent *e, pk_Stream *st, int side, const uint8_t *bytes, uint32_t len) {
  pk_Half *h = &st->half[side];
  (void)s;
  say(e, PK_STREAM_DATA, st, side);
  e->bytes = bytes;
  e->len = len;
  e->offset = h->offset;
  h->offset += len;
  h->next += len;
  st->flow.bytes[side] += len;
  return 1;
}

static int say_gap (pk_Streams *s, pk_StreamEvent *e, pk_Stream *st, int side, uint32_t to) {
  pk_Half *h = &st->half[side];
  const uint32_t n = to - h->next;
  say(e, PK_STREAM_GAP, st, side);
  e->len = n;
  e->offset = h->offset;
  h->offset += n;
  h->next = to;
  s->counts.gaps++;
  s->counts.lacking += n;
  return 1;
}

/*
** What one side has next: bytes whose turn it is; or those for which more has been waited for than will come, when
** `force`, or when the receiver has them: then the capture lacks what came before. 1, or 0: nothing.
*/
static int deliver_side (pk_Streams *s, pk_Stream *st, int side, int force, pk_StreamEvent *e) {
  pk_Half *h = &st->half[side];
  for (;;) {
    pk_Piece *p = h->pieces.first;
    uint32_t skip;
    if (p == NULL) {
      if (h->ending && !h->ended && h->next == h->end) h->ended = 1;
      return force && h->ending && !h->ended && h->hasacked && after(h->acked, h->end) >= 0 && after(h->end, h->next) > 0
               ? say_gap(s, e, st, side, h->end) : 0;
    }
    if (after(p->seq, h->next) > 0) {
      if (!force && h->pieces.n <= PK_STREAM_MAXPIECES && !(h->hasacked && after(h->acked, p->seq) >= 0)) return 0;
      return say_gap(s, e, st, side, p->seq);
    }
    skip = h->next - p->seq;
    take_piece(s, st, h);
    if (skip < p->len) return say_data(s, e, st, side, p->bytes + skip, p->len - skip);
    pk_realloc(s->spent, 0);
    s->spent = NULL;
  }
}

/* What a stream has next, its end too. */
static int deliver (pk_Streams *s, pk_Stream *st, pk_StreamEvent *e) {
  if (st->closed) return 0;
  if (deliver_side(s, st, 0, st->closing, e) || deliver_side(s, st, 1, st->closing, e)) return 1;
  if (!st->closing) {
    const int reset = (st->half[0].ended && (st->reset & 1)) || (st->half[1].ended && (st->reset & 2));
    if (!reset && !(st->half[0].ended && st->half[1].ended)) return 0;
    st->closing = 1;
    st->why = reset ? PK_WHY_RESET : PK_WHY_FINISHED;
    return deliver(s, st, e);
  }
  st->closed = 1;
  s->counts.closed++;
  say(e, PK_STREAM_CLOSE, st, 0);
  e->why = (pk_Why)st->why;
  return 1;
}

static void let_die (pk_Streams *s, pk_Stream *st, pk_Why why) {
  s->dying = st;
  if (st->closed || st->closing) return;
  st->closing = 1;
  st->why = (uint8_t)why;
  s->counts.timeouts += why == PK_WHY_TIMEOUT;
  s->counts.evicted += why == PK_WHY_EVICTED;
}

/* The stream that has to end before anything else is done, or NULL. */
static pk_Stream *find_dying (pk_Streams *s) {
  pk_Stream *oldest;
  if (s->dying != NULL || (!s->flushing && !s->seg.there)) return s->dying;
  oldest = (pk_Stream *)pk_flows_oldest(&s->flows);
  if (oldest == NULL) {
    s->flushing = 0;
    return NULL;
  }
  if (s->flushing)
    let_die(s, oldest, PK_WHY_FLUSHED);
  else if (s->seg.there && pk_flow_idle(oldest->flow.last, s->now, s->timeout))
    let_die(s, oldest, PK_WHY_TIMEOUT);
  return s->dying;
}

/* The stream of the segment, or NULL: first another has to end, or (-1 in `err`) there is no memory. */
static pk_Stream *find_stream (pk_Streams *s, int *err) {
  pk_Stream *st = (pk_Stream *)pk_flows_find(&s->flows, &s->seg.place.key, s->seg.hash);
  *err = 0;
  if (st != NULL && s->seg.syn && (!s->seg.hasack || st->closed)) { /* another with the same ends begins */
    const pk_Half *h = &st->half[pk_flow_side(&st->flow, &s->seg.place)];
    if ((st->closed && !s->seg.hasack) || (h->known && h->first != s->seg.seq + 1)) {
      let_die(s, st, PK_WHY_REUSED);
      return NULL;
    }
  }
  if (st == NULL) {
    if (s->flows.n >= s->maxflows && s->flows.n > 0) {
      let_die(s, (pk_Stream *)pk_flows_oldest(&s->flows), PK_WHY_EVICTED);
      return NULL;
    }
    st = (pk_Stream *)pk_flows_add(&s->flows, &s->seg.place, s->seg.hash, s->now);
    if (st == NULL) {
      *err = -1;
      return NULL;
    }
    if (s->seg.syn && s->seg.hasack) st->flow.highfirst = !st->flow.highfirst; /* it answers one that is lacking */
  }
  s->seg.side = pk_flow_side(&st->flow, &s->seg.place);
  return st;
}

int pk_streams_next (pk_Streams *s, pk_StreamEvent *e) {
  int err;
  pk_realloc(s->spent, 0);
  s->spent = NULL;
  if (s->gone != NULL) {
    if (s->current == s->gone) s->current = NULL;
    pk_flows_remove(&s->flows, &s->gone->flow);
    s->gone = NULL;
  }
  for (;;) {
    pk_Stream *st;
    if ((st = find_dying(s)) != NULL) {
      if (deliver(s, st, e)) {
        if (e->kind != PK_STREAM_CLOSE) return 1;
        e->last = 1;
      }
      else
        e->kind = PK_STREAM_NONE; /* it closed long ago: it only goes */
      s->dying = NULL;
      s->gone = st;
      if (e->kind == PK_STREAM_CLOSE) return 1;
      say(e, PK_STREAM_CLOSE, st, 0);
      e->why = (pk_Why)st->why;
      e->last = 2; /* told already */
      return 1;
    }
    if (s->seg.there) {
      if ((st = find_stream(s, &err)) == NULL) {
        if (err == 0) continue;
        s->seg.there = 0;
        return -1;
      }
      s->current = st;
      if (!st->opened) {
        st->opened = 1;
        s->counts.opened++;
        return say(e, PK_STREAM_OPEN, st, s->seg.side);
      }
      s->seg.there = 0;
      st->flow.last = s->now;
      st->flow.used = st->flow.packets[0] + st->flow.packets[1] > 0;
      st->flow.packets[s->seg.side]++;
      if (st->closed)
        s->counts.late++;
      else if (put_segment(s, st) < 0)
        return -1;
    }
    if (s->seg.placed) {
      s->seg.placed = 0;
      return say_data(s, e, s->current, s->seg.side, s->seg.bytes, s->seg.len);
    }
    if (s->current != NULL && deliver(s, s->current, e)) return 1;
    s->current = NULL;
    if (s->held <= s->maxheld || s->first == NULL) return 0;
    st = s->first; /* the stream that has waited longest waits no more */
    if (deliver_side(s, st, 0, 1, e) || deliver_side(s, st, 1, 1, e)) return 1;
  }
}
