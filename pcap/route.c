/*
** route.c: asks the kernel of Linux for routes (rtnetlink(7)): its answer follows from all tables and rules.
*/
#define _GNU_SOURCE
#include "route.h"

#include "alloc.h"
#include "text.h"

#if defined(__linux__)

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

typedef struct Question {
  struct nlmsghdr head;
  union { struct rtmsg route; struct ndmsg neighbour; } what;
  char attributes[64];
} Question;

typedef union Answer {
  struct nlmsghdr head;
  char bytes[8192];
} Answer;

static void begin_question (Question *q, unsigned short type, size_t len) {
  memset(q, 0, sizeof(*q));
  q->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(len);
  q->head.nlmsg_type = type;
  q->head.nlmsg_flags = NLM_F_REQUEST;
}

static void add_attribute (Question *q, unsigned short type, const void *value, size_t len) {
  struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));
  a->rta_type = type;
  a->rta_len = (unsigned short)RTA_LENGTH(len);
  memcpy(RTA_DATA(a), value, len);
  q->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(q->head.nlmsg_len) + RTA_LENGTH(len));
}

/* Asks the kernel: the bytes of its answer, or -1 with errno. */
static ssize_t ask (const Question *q, Answer *answer) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  ssize_t len;
  int code;
  if (fd < 0) return -1;
  do len = send(fd, q, q->head.nlmsg_len, 0);
  while (len < 0 && errno == EINTR);
  if (len >= 0) /* it has answered before that returns */
    do len = recv(fd, answer, sizeof(*answer), 0);
    while (len < 0 && errno == EINTR);
  code = errno;
  close(fd);
  errno = code;
  return len;
}

static const char *kind_of (unsigned char type) {
  switch (type) {
    case RTN_UNICAST: return "unicast";
    case RTN_LOCAL: return "local";
    case RTN_BROADCAST: return "broadcast";
    case RTN_MULTICAST: return "multicast";
    case RTN_ANYCAST: return "anycast";
    default: return NULL; /* unreachable, blackhole, prohibit */
  }
}

static int failed (int code, char *err) {
  char text[128];
  return pk_text_error(err, code == ENETUNREACH || code == EHOSTUNREACH ? "there is no route" : pk_errno_text(code, text, sizeof(text)),
                       NULL);
}

static void read_gateway (pk_Route *route, int family, const void *bytes, size_t len) {
  const size_t size = family == AF_INET ? 4 : 16;
  if (len < size) return;
  route->gatewayfamily = family;
  memcpy(route->gateway, bytes, size);
}

static void read_attribute (pk_Route *route, int family, const struct rtattr *a) {
  const char *data = (const char *)RTA_DATA(a);
  const size_t len = RTA_PAYLOAD(a), size = family == AF_INET ? 4 : 16;
  unsigned index;
  unsigned short of;
  switch (a->rta_type) {
    case RTA_OIF:
      if (len != sizeof(index)) break;
      memcpy(&index, data, sizeof(index));
      if (if_indextoname(index, route->interface) == NULL) route->interface[0] = '\0';
      break;
    case RTA_PREFSRC:
      if (len != size) break;
      memcpy(route->source, data, size);
      route->hassource = 1;
      break;
    case RTA_GATEWAY: read_gateway(route, family, data, len); break;
    case RTA_VIA: /* a gateway of the other family (RFC 8950) */
      if (len < sizeof(of)) break;
      memcpy(&of, data, sizeof(of));
      if (of == AF_INET || of == AF_INET6) read_gateway(route, of, data + sizeof(of), len - sizeof(of));
      break;
    default: break;
  }
}

/* What the kernel has answered, `len` bytes. */
static int read_answer (const struct nlmsghdr *h, size_t len, int family, pk_Route *route, char *err) {
  const struct rtmsg *m = (const struct rtmsg *)NLMSG_DATA(h);
  const struct rtattr *a;
  size_t left;
  if (len < sizeof(*h) || h->nlmsg_len > len) return failed(EPROTO, err);
  if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr)))
    return failed(-((const struct nlmsgerr *)NLMSG_DATA(h))->error, err);
  if (h->nlmsg_type != RTM_NEWROUTE || h->nlmsg_len < NLMSG_LENGTH(sizeof(*m))) return failed(EPROTO, err);
  route->kind = kind_of(m->rtm_type);
  if (route->kind == NULL) return failed(ENETUNREACH, err);
  left = RTM_PAYLOAD(h);
  for (a = RTM_RTA(m); RTA_OK(a, left); a = RTA_NEXT(a, left)) read_attribute(route, family, a);
  return route->interface[0] != '\0' ? 0 : failed(ENETUNREACH, err);
}

int pk_route_find (int family, const uint8_t *address, const char *interface, pk_Route *route, char *err) {
  Answer answer;
  Question q;
  ssize_t len;
  const unsigned index = interface != NULL ? if_nametoindex(interface) : 0;
  if (interface != NULL && index == 0) return pk_text_error(err, interface, ": there is no such interface", NULL);
  memset(route, 0, sizeof(*route));
  begin_question(&q, RTM_GETROUTE, sizeof(q.what.route));
  q.what.route.rtm_family = (unsigned char)family;
  q.what.route.rtm_dst_len = family == AF_INET ? 32 : 128;
  add_attribute(&q, RTA_DST, address, family == AF_INET ? 4 : 16);
  if (index != 0) add_attribute(&q, RTA_OIF, &index, sizeof(index));
  len = ask(&q, &answer);
  return len < 0 ? failed(errno, err) : read_answer(&answer.head, (size_t)len, family, route, err);
}

int pk_route_neighbour (int family, const uint8_t *address, const char *interface, uint8_t *mac) {
  const unsigned valid = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
  Answer answer;
  const struct nlmsghdr *h = &answer.head;
  const struct ndmsg *m = (const struct ndmsg *)NLMSG_DATA(h);
  const struct rtattr *a;
  Question q;
  ssize_t len;
  size_t left;
  begin_question(&q, RTM_GETNEIGH, sizeof(q.what.neighbour));
  q.what.neighbour.ndm_family = (unsigned char)family;
  q.what.neighbour.ndm_ifindex = (int)if_nametoindex(interface);
  add_attribute(&q, NDA_DST, address, family == AF_INET ? 4 : 16);
  len = ask(&q, &answer);
  if (len < (ssize_t)sizeof(*h) || h->nlmsg_len > (size_t)len || h->nlmsg_type != RTM_NEWNEIGH
      || h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)) || !(m->ndm_state & valid)) return 0;
  left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
  for (a = (const struct rtattr *)(const void *)((const char *)m + NLMSG_ALIGN(sizeof(*m))); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
    if (a->rta_type != NDA_LLADDR || RTA_PAYLOAD(a) != 6) continue;
    memcpy(mac, RTA_DATA(a), 6);
    return 1;
  }
  return 0;
}

#else

int pk_route_find (int family, const uint8_t *address, const char *interface, pk_Route *route, char *err) {
  (void)family;
  (void)address;
  (void)interface;
  (void)route;
  return pk_text_error(err, "routes can be asked for on Linux alone", NULL);
}

int pk_route_neighbour (int family, const uint8_t *address, const char *interface, uint8_t *mac) {
  (void)family;
  (void)address;
  (void)interface;
  (void)mac;
  return 0;
}

#endif
