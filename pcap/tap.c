/*
** tap.c: TAP and TUN devices of Linux: interfaces of the system whose other side is this program. What the system sends
** comes to us, what we send comes to the system. The device goes when it is closed, unless it was made to be lasting.
*/
#define _GNU_SOURCE
#include "live.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "bpf.h"

#if defined(__linux__)

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <linux/if_tun.h>

#define TAP_SIZE (65536 + 64) /* of the longest frame, with what stands before IP */
#define TAP_MOST 256          /* frames given at once */

typedef struct Tap {
  pk_Nic nic; /* first */
  pk_Bpf *filter;
  uint64_t received;
  int more;
  char frame[TAP_SIZE];
} Tap;

static int64_t now (void) {
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int system_error (const char *name, int code, char *err) {
  char text[128];
  if (code == EPERM || code == EACCES) return pk_live_denied(name, "CAP_NET_ADMIN", err);
  if (code == EIO) return pk_nic_error(name, err, "the interface is down", NULL);
  if (code == EBADFD) return pk_nic_error(name, err, "the interface is gone", NULL);
  return pk_nic_error(name, err, pk_errno_text(code, text, sizeof(text)), NULL);
}

static int tap_next (pk_Nic *n, pk_Frame *frame, char *err) {
  Tap *t = (Tap *)n;
  int tries;
  t->more = 0;
  for (tries = 0; tries < TAP_MOST; tries++) {
    const ssize_t len = read(n->fd, t->frame, sizeof(t->frame));
    if (len < 0 && errno == EINTR) continue;
    if (len < 0 && errno == EAGAIN) return 0;
    if (len < 0) return system_error(n->name, errno, err);
    if (t->filter != NULL && !pk_bpf_match(t->filter, t->frame, (size_t)len, (size_t)len)) continue;
    t->received++;
    t->more = 1;
    pk_nic_frame(n, frame, t->frame, (size_t)len, (size_t)len, now());
    return 1;
  }
  return 0; /* poll knows that there are more */
}

static int tap_give (pk_Nic *n, int (*each) (void *arg, const pk_Frame *frame), void *arg, char *err) {
  pk_Frame frame;
  int count = 0, got;
  while (count < TAP_MOST && (got = tap_next(n, &frame, err)) != 0) {
    if (got < 0) return count > 0 ? count : -1; /* it comes again */
    count++;
    if (!each(arg, &frame)) break;
  }
  return count;
}

static ptrdiff_t tap_send (pk_Nic *n, const pk_Bytes *frames, size_t count, char *err) {
  size_t k;
  for (k = 0; k < count; k++) {
    const ssize_t put = write(n->fd, frames[k].data, frames[k].len);
    if (put < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOBUFS)) break;
    if (put < 0 && k > 0) break; /* its turn comes */
    if (put < 0 && errno == EINVAL) return pk_nic_error(n->name, err, "not a frame that the interface takes", NULL);
    if (put < 0) return system_error(n->name, errno, err);
    n->sent++;
    n->sentbytes += frames[k].len;
  }
  return (ptrdiff_t)k;
}

static int tap_setfilter (pk_Nic *n, const char *expression, char *err) {
  Tap *t = (Tap *)n;
  char why[PK_ERRSIZE];
  pk_Bpf *filter = pk_bpf_compile(expression, n->linktype, why);
  if (filter == NULL) return pk_nic_error(n->name, err, "filter: ", why, NULL);
  pk_bpf_free(t->filter);
  t->filter = filter;
  return 0;
}

static int tap_stats (pk_Nic *n, pk_NicStats *stats, char *err) {
  (void)err;
  memset(stats, 0, sizeof(*stats));
  stats->received = ((Tap *)n)->received;
  stats->sent = n->sent;
  stats->sentbytes = n->sentbytes;
  return 0;
}

static int tap_dirty (const pk_Nic *n) {
  return ((const Tap *)n)->more;
}

static void tap_close (pk_Nic *n) {
  Tap *t = (Tap *)n;
  pk_bpf_free(t->filter);
  if (n->fd >= 0) close(n->fd);
  pk_realloc(t, 0);
}

static const pk_NicOps tap_ops = {tap_next, tap_give, tap_send, tap_setfilter, tap_stats, tap_dirty, tap_close};

/* Sets what the interface is to be. 0, or -1 with errno. */
static int set_up (const char *name, const pk_TapOptions *o) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq r;
  pk_Text text;
  int status = fd < 0 ? -1 : 0;
  memset(&r, 0, sizeof(r));
  text = pk_text_begin(r.ifr_name, sizeof(r.ifr_name));
  pk_text_add(&text, name);
  if (status == 0 && o->hasmac) {
    r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(r.ifr_hwaddr.sa_data, o->mac, sizeof(o->mac));
    status = ioctl(fd, SIOCSIFHWADDR, &r);
  }
  if (status == 0 && o->mtu > 0) {
    r.ifr_mtu = (int)o->mtu;
    status = ioctl(fd, SIOCSIFMTU, &r);
  }
  if (status == 0 && o->up && (status = ioctl(fd, SIOCGIFFLAGS, &r)) == 0) {
    r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
    status = ioctl(fd, SIOCSIFFLAGS, &r);
  }
  if (fd >= 0) {
    const int code = errno;
    close(fd);
    errno = code;
  }
  return status;
}

static int begin (Tap *t, const char *name, const pk_TapOptions *o, char *err) {
  struct ifreq r;
  pk_Text text;
  memset(&r, 0, sizeof(r));
  text = pk_text_begin(r.ifr_name, sizeof(r.ifr_name));
  if (name != NULL) pk_text_add(&text, name);
  r.ifr_flags = (short)((o->tun ? IFF_TUN : IFF_TAP) | IFF_NO_PI);
  t->nic.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (t->nic.fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
    return pk_nic_error("/dev/net/tun", err, "the system has no TAP devices", NULL);
  if (t->nic.fd < 0 && errno == EACCES)
    return pk_nic_error("/dev/net/tun", err, "no permission to open it, nor the capability CAP_NET_ADMIN", NULL);
  if (t->nic.fd < 0) return system_error("/dev/net/tun", errno, err);
  if (ioctl(t->nic.fd, TUNSETIFF, &r) < 0) {
    if (errno == EBUSY || errno == EINVAL)
      return pk_nic_error(name != NULL ? name : "tap", err,
                          "the interface is in use, or no such device", NULL);
    return system_error(name != NULL ? name : "tap", errno, err);
  }
  text = pk_text_begin(t->nic.name, sizeof(t->nic.name));
  pk_text_add(&text, r.ifr_name);
  t->nic.linktype = o->tun ? 101 : 1;
  t->nic.snaplen = TAP_SIZE;
  t->nic.precision = PK_NANO;
  if (set_up(t->nic.name, o) < 0) return system_error(t->nic.name, errno, err);
  pk_live_describe(&t->nic);
  return o->filter != NULL ? tap_setfilter(&t->nic, o->filter, err) : 0;
}

pk_Nic *pk_tap_open (const char *name, const pk_TapOptions *o, char *err) {
  Tap *t;
  if (name != NULL && (name[0] == '\0' || strlen(name) >= IFNAMSIZ)) {
    pk_nic_error(name, err, "names of interfaces have 1 to 15 bytes", NULL);
    return NULL;
  }
  t = (Tap *)pk_realloc(NULL, sizeof(*t));
  if (t == NULL) {
    pk_nic_error("tap", err, "not enough memory", NULL);
    return NULL;
  }
  memset(t, 0, sizeof(*t));
  t->nic.ops = &tap_ops;
  t->nic.fd = -1;
  if (begin(t, name, o, err) == 0) return &t->nic;
  tap_close(&t->nic);
  return NULL;
}

#else

pk_Nic *pk_tap_open (const char *name, const pk_TapOptions *o, char *err) {
  (void)name;
  (void)o;
  pk_nic_error("tap", err, "TAP devices are Linux's", NULL);
  return NULL;
}

#endif
