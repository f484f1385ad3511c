/*
** live.c: network interfaces, by libpcap.
**
** Reading never waits in libpcap: its wait can not be ended by a signal that came just before. Sending goes through a
** socket of its own on Linux, which takes many frames at once (sendmmsg(2)) and receives nothing.
*/
#define _GNU_SOURCE /* sendmmsg; u_int and the like, which pcap.h wants */
#include "live.h"

#include <errno.h>
#include <pcap.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/if_packet.h>
#endif

#include "alloc.h"

#define SEND_MOST 256 /* frames given to the system at once */

typedef struct Live {
  pk_Nic nic; /* first */
  pcap_t *p;
  int out;  /* the socket to send by, or -1 */
  int outerror; /* why there is none */
  int more; /* the last read found a frame */
  int wide; /* microseconds stand for nanoseconds in its times */
} Live;

/* Link types in files are the same everywhere; libpcap's DLT values are, but for these. */
static const struct { uint32_t linktype; int dlt; } differing[] = {
  {50, DLT_PPP_SERIAL}, {100, DLT_ATM_RFC1483}, {101, DLT_RAW}, {102, DLT_SLIP_BSDOS}, {103, DLT_PPP_BSDOS},
  {104, DLT_C_HDLC}, {106, DLT_ATM_CLIP}};

int pk_dlt_of (uint32_t linktype) {
  size_t k;
  for (k = 0; k < sizeof(differing) / sizeof(differing[0]); k++)
    if (differing[k].linktype == linktype) return differing[k].dlt;
  return (int)linktype;
}

uint32_t pk_linktype_of (int dlt) {
  size_t k;
  for (k = 0; k < sizeof(differing) / sizeof(differing[0]); k++)
    if (differing[k].dlt == dlt) return differing[k].linktype;
  return (uint32_t)dlt;
}

/* --- reading */

static void to_frame (const Live *l, pk_Frame *f, const struct pcap_pkthdr *h, const u_char *data) {
  const int64_t fraction = h->ts.tv_usec;
  pk_nic_frame(&l->nic, f, (void *)(uintptr_t)data, h->caplen, h->len,
               (int64_t)h->ts.tv_sec * 1000000000 + (l->wide ? fraction : fraction * 1000));
}

static int failed (const Live *l, int status, char *err) {
  const char *why = status == PCAP_ERROR ? pcap_geterr(l->p) : pcap_statustostr(status);
  return pk_nic_error(l->nic.name, err, why, NULL);
}

static int live_next (pk_Nic *n, pk_Frame *frame, char *err) {
  Live *l = (Live *)n;
  struct pcap_pkthdr *h;
  const u_char *data;
  int got;
  errno = 0;
  got = pcap_next_ex(l->p, &h, &data);
  l->more = got > 0;
  if (got == PCAP_ERROR_BREAK || (got == PCAP_ERROR && errno == EAGAIN)) return 0; /* netlink's say that there is none so */
  if (got < 0) return failed(l, got, err);
  if (got > 0) to_frame(l, frame, h, data);
  return got > 0;
}

typedef struct Giving {
  Live *l;
  int (*each) (void *arg, const pk_Frame *frame);
  void *arg;
  int n, stopped;
} Giving;

static void give_one (u_char *arg, const struct pcap_pkthdr *h, const u_char *data) {
  Giving *g = (Giving *)(void *)arg;
  pk_Frame frame;
  if (g->stopped) return; /* where libpcap does not break off at once */
  to_frame(g->l, &frame, h, data);
  g->n++;
  if (g->each(g->arg, &frame)) return;
  g->stopped = 1;
  pcap_breakloop(g->l->p);
}

static int live_give (pk_Nic *n, int (*each) (void *arg, const pk_Frame *frame), void *arg, char *err) {
  Giving g = {(Live *)n, each, arg, 0, 0};
  int got;
  errno = 0;
  got = pcap_dispatch(g.l->p, -1, give_one, (u_char *)&g);
  g.l->more = g.n > 0;
  if (got == PCAP_ERROR && errno == EAGAIN) got = 0;
  if (got < 0 && got != PCAP_ERROR_BREAK && g.n == 0) return failed(g.l, got, err);
  return g.n;
}

static int live_dirty (const pk_Nic *n) {
  return ((const Live *)n)->more;
}

static int live_setfilter (pk_Nic *n, const char *expression, char *err) {
  Live *l = (Live *)n;
  struct bpf_program program;
  int status = pcap_compile(l->p, &program, expression, 1, (bpf_u_int32)PCAP_NETMASK_UNKNOWN);
  if (status < 0) return pk_nic_error(n->name, err, "filter: ", pcap_geterr(l->p), NULL);
  status = pcap_setfilter(l->p, &program);
  pcap_freecode(&program);
  return status < 0 ? failed(l, PCAP_ERROR, err) : 0;
}

static int live_stats (pk_Nic *n, pk_NicStats *stats, char *err) {
  Live *l = (Live *)n;
  struct pcap_stat s;
  if (pcap_stats(l->p, &s) < 0) return failed(l, PCAP_ERROR, err);
  stats->received = s.ps_recv;
  stats->dropped = s.ps_drop;
  stats->ifdropped = s.ps_ifdrop;
  stats->sent = n->sent;
  stats->sentbytes = n->sentbytes;
  return 0;
}

static void live_close (pk_Nic *n) {
  Live *l = (Live *)n;
  if (l->p != NULL) pcap_close(l->p);
  if (l->out >= 0) close(l->out);
  pk_realloc(l, 0);
}

/* --- sending */

#if defined(__linux__)

/* A socket to send by: of no protocol, so that it receives nothing. */
static void open_out (Live *l) {
  struct sockaddr_ll to;
  memset(&to, 0, sizeof(to));
  to.sll_family = AF_PACKET;
  to.sll_ifindex = (int)if_nametoindex(l->nic.name);
  l->out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (l->out >= 0 && to.sll_ifindex > 0 && bind(l->out, (struct sockaddr *)&to, sizeof(to)) == 0) return;
  l->outerror = l->out >= 0 && to.sll_ifindex == 0 ? ENODEV : errno;
  if (l->out >= 0) close(l->out);
  l->out = -1;
}

static int send_error (const Live *l, int code, size_t len, char *err) {
  char text[128], a[24], b[24];
  pk_Text t = pk_text_begin(a, sizeof(a)), u = pk_text_begin(b, sizeof(b));
  pk_text_num(&t, len);
  pk_text_num(&u, l->nic.mtu);
  if (code == EMSGSIZE)
    return pk_nic_error(l->nic.name, err, "a frame of ", a, " bytes is longer than the interface sends (MTU ", b, ")", NULL);
  if (code == ENETDOWN) return pk_nic_error(l->nic.name, err, "the interface is down", NULL);
  if (code == ENXIO || code == ENODEV) return pk_nic_error(l->nic.name, err, "there is no such interface to send to", NULL);
  if (code == EINVAL)
    return pk_nic_error(l->nic.name, err, "a frame of ", a, " bytes is not one that the interface sends", NULL);
  return pk_nic_error(l->nic.name, err, pk_errno_text(code, text, sizeof(text)), NULL);
}

static ptrdiff_t live_send (pk_Nic *n, const pk_Bytes *frames, size_t count, char *err) {
  Live *l = (Live *)n;
  struct mmsghdr messages[SEND_MOST];
  struct iovec parts[SEND_MOST];
  size_t k;
  int sent;
  if (l->out < 0 && (l->outerror == EPERM || l->outerror == EACCES)) return pk_live_denied(n->name, "CAP_NET_RAW", err);
  if (l->out < 0) return send_error(l, l->outerror, frames[0].len, err);
  if (count > SEND_MOST) count = SEND_MOST;
  memset(messages, 0, count * sizeof(messages[0]));
  for (k = 0; k < count; k++) {
    parts[k].iov_base = (void *)(uintptr_t)frames[k].data;
    parts[k].iov_len = frames[k].len;
    messages[k].msg_hdr.msg_iov = &parts[k];
    messages[k].msg_hdr.msg_iovlen = 1;
  }
  sent = sendmmsg(l->out, messages, (unsigned)count, 0);
  if (sent < 0) {
    if (errno == EINTR || errno == EAGAIN || errno == ENOBUFS) return 0;
    return send_error(l, errno, frames[0].len, err);
  }
  for (k = 0; k < (size_t)sent; k++) n->sentbytes += frames[k].len;
  n->sent += (uint64_t)sent;
  return sent;
}

#else

static void open_out (Live *l) {
  l->out = -1;
}

static ptrdiff_t live_send (pk_Nic *n, const pk_Bytes *frames, size_t count, char *err) {
  Live *l = (Live *)n;
  (void)count;
  if (pcap_inject(l->p, frames[0].data, frames[0].len) < 0) return failed(l, PCAP_ERROR, err);
  n->sent++;
  n->sentbytes += frames[0].len;
  return 1;
}

#endif

static const pk_NicOps live_ops = {
  live_next, live_give, live_send, live_setfilter, live_stats, live_dirty, live_close
};

/* --- opening */

/* What activating said: 0 or -1. */
static int activated (Live *l, int status, char *err) {
  const char *name = l->nic.name;
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED: return pk_live_denied(name, "CAP_NET_RAW", err);
    case PCAP_ERROR_NO_SUCH_DEVICE: return pk_nic_error(name, err, "there is no such interface", NULL);
    case PCAP_ERROR_IFACE_NOT_UP: return pk_nic_error(name, err, "the interface is down", NULL);
    case PCAP_ERROR_RFMON_NOTSUP: return pk_nic_error(name, err, "the interface has no monitor mode", NULL);
    default: return status < 0 ? failed(l, status, err) : 0;
  }
}

static int begin (Live *l, const pk_LiveOptions *o, char *err) {
  static const pcap_direction_t directions[] = {PCAP_D_INOUT, PCAP_D_IN, PCAP_D_OUT};
  char reason[PCAP_ERRBUF_SIZE] = "";
  l->p = pcap_create(l->nic.name, reason);
  if (l->p == NULL) return pk_nic_error(l->nic.name, err, reason, NULL);
  pcap_set_snaplen(l->p, (int)o->snaplen);
  pcap_set_promisc(l->p, o->promiscuous);
  pcap_set_timeout(l->p, o->timeout);
  pcap_set_immediate_mode(l->p, o->immediate);
  if (o->buffer > 0) pcap_set_buffer_size(l->p, (int)o->buffer);
  if (o->monitor) pcap_set_rfmon(l->p, 1);
  if (o->precision == PK_NANO) pcap_set_tstamp_precision(l->p, PCAP_TSTAMP_PRECISION_NANO);
  if (activated(l, pcap_activate(l->p), err) < 0) return -1;
  if (o->linktype >= 0 && pcap_set_datalink(l->p, pk_dlt_of((uint32_t)o->linktype)) < 0) return failed(l, PCAP_ERROR, err);
  if (o->direction != PK_INOUT && pcap_setdirection(l->p, directions[o->direction]) < 0) return failed(l, PCAP_ERROR, err);
  if (pcap_setnonblock(l->p, 1, reason) < 0) return pk_nic_error(l->nic.name, err, reason, NULL);
  l->nic.fd = pcap_get_selectable_fd(l->p);
  if (l->nic.fd < 0) return pk_nic_error(l->nic.name, err, "the interface can not be waited for", NULL);
  l->wide = pcap_get_tstamp_precision(l->p) == PCAP_TSTAMP_PRECISION_NANO;
  l->nic.precision = l->wide ? PK_NANO : PK_MICRO;
  l->nic.linktype = pk_linktype_of(pcap_datalink(l->p));
  l->nic.snaplen = (uint32_t)pcap_snapshot(l->p);
  pk_live_describe(&l->nic);
  open_out(l);
  return o->filter != NULL ? live_setfilter(&l->nic, o->filter, err) : 0;
}

static pk_Nic *live_open (const char *name, const pk_LiveOptions *o, char *err) {
  Live *l;
  pk_Text t;
  if (strlen(name) >= sizeof(l->nic.name)) {
    pk_nic_error(name, err, "there is no such interface", NULL);
    return NULL;
  }
  l = (Live *)pk_realloc(NULL, sizeof(*l));
  if (l == NULL) {
    pk_nic_error(name, err, "not enough memory", NULL);
    return NULL;
  }
  memset(l, 0, sizeof(*l));
  l->nic.ops = &live_ops;
  l->out = -1;
  t = pk_text_begin(l->nic.name, sizeof(l->nic.name));
  pk_text_add(&t, name);
  if (begin(l, o, err) == 0) return &l->nic;
  live_close(&l->nic);
  return NULL;
}

/* --- the interfaces that there are */

static void free_devices (pk_Devices *d) {
  size_t k;
  for (k = 0; k < d->n; k++) {
    pk_realloc(d->list[k].name, 0);
    pk_realloc(d->list[k].description, 0);
    pk_realloc(d->list[k].addresses, 0);
  }
  pk_realloc(d->list, 0);
  d->list = NULL;
  d->n = 0;
}

/* A copy of a text: 0, or -1. */
static int copy_text (char **to, const char *text) {
  const size_t size = strlen(text) + 1;
  *to = (char *)pk_realloc(NULL, size);
  if (*to == NULL) return -1;
  memcpy(*to, text, size);
  return 0;
}

static int copy_address (const struct sockaddr *a, int family, uint8_t *to) {
  if (a == NULL || a->sa_family != family) return 0;
  if (family == AF_INET)
    memcpy(to, &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
  else
    memcpy(to, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
  return 1;
}

static int copy_addresses (pk_Device *d, const pcap_addr_t *a) {
  const pcap_addr_t *each;
  size_t n = 0;
  for (each = a; each != NULL; each = each->next) n++;
  if (n == 0) return 0;
  d->addresses = (pk_DeviceAddress *)pk_realloc(NULL, n * sizeof(*d->addresses));
  if (d->addresses == NULL) return -1;
  for (; a != NULL; a = a->next) {
    pk_DeviceAddress *to = &d->addresses[d->naddresses];
    if (a->addr == NULL) continue;
#if defined(__linux__)
    if (a->addr->sa_family == AF_PACKET) {
      const struct sockaddr_ll *ll = (const struct sockaddr_ll *)(const void *)a->addr;
      if (ll->sll_halen == 6) memcpy(d->mac, ll->sll_addr, 6);
      d->hasmac = ll->sll_halen == 6;
      continue;
    }
#endif
    if (a->addr->sa_family != AF_INET && a->addr->sa_family != AF_INET6) continue;
    memset(to, 0, sizeof(*to));
    to->family = a->addr->sa_family;
    copy_address(a->addr, to->family, to->address);
    to->hasnetmask = copy_address(a->netmask, to->family, to->netmask);
    to->hasbroadcast = copy_address(a->broadaddr, to->family, to->broadcast);
    to->hasdestination = copy_address(a->dstaddr, to->family, to->destination);
    d->naddresses++;
  }
  return 0;
}

static int copy_device (pk_Device *d, const pcap_if_t *i) {
  if (copy_text(&d->name, i->name) < 0) return -1;
  if (i->description != NULL && copy_text(&d->description, i->description) < 0) return -1;
  if (copy_addresses(d, i->addresses) < 0) return -1;
  d->up = (i->flags & PCAP_IF_UP) != 0;
  d->running = (i->flags & PCAP_IF_RUNNING) != 0;
  d->loopback = (i->flags & PCAP_IF_LOOPBACK) != 0;
  d->wireless = (i->flags & PCAP_IF_WIRELESS) != 0;
  d->mtu = pk_live_mtu(i->name);
  return 0;
}

static int find_devices (pk_Devices *d, char *err) {
  char reason[PCAP_ERRBUF_SIZE] = "";
  pcap_if_t *all = NULL, *i;
  size_t n = 0;
  int status = 0;
  d->list = NULL;
  d->n = 0;
  if (pcap_findalldevs(&all, reason) < 0) return pk_text_error(err, "interfaces: ", reason, NULL);
  for (i = all; i != NULL; i = i->next) n++;
  if (n > 0 && (d->list = (pk_Device *)pk_realloc(NULL, n * sizeof(*d->list))) == NULL) status = -1;
  for (i = all; status == 0 && i != NULL; i = i->next) {
    memset(&d->list[d->n], 0, sizeof(d->list[d->n]));
    status = copy_device(&d->list[d->n++], i);
  }
  pcap_freealldevs(all);
  return status < 0 ? pk_text_error(err, "interfaces: not enough memory", NULL) : 0;
}

const pk_LiveApi pk_live_api = {live_open, pk_tap_open, find_devices, free_devices};
