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
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

typedef struct Question {
  struct nlmsghdr head;
  struct rtmsg route;
  char attributes[64];
} Question;

static void add_attribute (Question *q, unsigned short type, const void *value, size_t len) {
  struct rtattr *a = (struct rtattr *)(void *)((char *)q + NLMSG_ALIGN(q->head.nlmsg_len));
  a->rta_type = type;
  a->rta_len = (unsigned short)RTA_LENGTH(len);
  memcpy(RTA_DATA(a), value, len);
  q->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(q->head.nlmsg_len) + RTA_LENGTH(len));
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
  union { struct nlmsghdr head; char bytes[8192]; } answer;
  Question q;
  ssize_t len;
  int fd, status;
  const unsigned index = interface != NULL ? if_nametoindex(interface) : 0;
  if (interface != NULL && index == 0) return pk_text_error(err, interface, ": there is no such interface", NULL);
  memset(route, 0, sizeof(*route));
  memset(&q, 0, sizeof(q));
  q.head.nlmsg_len = NLMSG_LENGTH(sizeof(q.route));
  q.head.nlmsg_type = RTM_GETROUTE;
  q.head.nlmsg_flags = NLM_F_REQUEST;
  q.route.rtm_family = (unsigned char)family;
  q.route.rtm_dst_len = family == AF_INET ? 32 : 128;
  add_attribute(&q, RTA_DST, address, family == AF_INET ? 4 : 16);
  if (index != 0) add_attribute(&q, RTA_OIF, &index, sizeof(index));
  if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) < 0) return failed(errno, err);
  do len = send(fd, &q, q.head.nlmsg_len, 0);
  while (len < 0 && errno == EINTR);
  if (len >= 0) /* the kernel has answered before that returns */
    do len = recv(fd, &answer, sizeof(answer), 0);
    while (len < 0 && errno == EINTR);
  status = len < 0 ? failed(errno, err) : read_answer(&answer.head, (size_t)len, family, route, err);
  close(fd);
  return status;
}

#else

int pk_route_find (int family, const uint8_t *address, const char *interface, pk_Route *route, char *err) {
  (void)family;
  (void)address;
  (void)interface;
  (void)route;
  return pk_text_error(err, "routes can be asked for on Linux alone", NULL);
}

#endif
