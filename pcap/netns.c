/*
** netns.c: network namespaces of Linux (network_namespaces(7)).
*/
#define _GNU_SOURCE
#include "netns.h"

#include "live.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <net/if.h>
#include <linux/nsfs.h>

#include "alloc.h"

static int failed (int code, char *err) {
  char text[128];
  if (code == EPERM || code == EACCES) return pk_live_denied("network namespace", "CAP_SYS_ADMIN", err);
  return pk_nic_error("network namespace", err, pk_errno_text(code, text, sizeof(text)), NULL);
}

/* Whether an open file is a network namespace. */
static int is_network (int fd) {
  return ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

static int open_at (const char *path, char *err) {
  int fd;
  do fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  while (fd < 0 && errno == EINTR);
  if (fd >= 0 && is_network(fd)) return fd;
  if (fd >= 0) {
    close(fd);
    return pk_nic_error("network namespace", err, path, " is none", NULL);
  }
  if (errno == ENOENT) return pk_nic_error("network namespace", err, "there is no ", path, NULL);
  return failed(errno, err);
}

int pk_netns_current (char *err) {
  return open_at("/proc/thread-self/ns/net", err);
}

int pk_netns_open (const char *name, char *err) {
  char path[256];
  pk_Text t = pk_text_begin(path, sizeof(path));
  if (strlen(name) > sizeof(path) - 16) return pk_nic_error("network namespace", err, "name too long", NULL);
  if (strchr(name, '/') == NULL) pk_text_add(&t, "/run/netns/");
  pk_text_add(&t, name);
  return open_at(path, err);
}

int pk_netns_enter (int fd, char *err) {
  return setns(fd, CLONE_NEWNET) < 0 ? failed(errno, err) : 0;
}

/* Brings the loopback of the thread's namespace up. */
static void loopback_up (void) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq r;
  if (fd < 0) return;
  memset(&r, 0, sizeof(r));
  strcpy(r.ifr_name, "lo");
  if (ioctl(fd, SIOCGIFFLAGS, &r) == 0) {
    r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
    ioctl(fd, SIOCSIFFLAGS, &r);
  }
  close(fd);
}

int pk_netns_new (char *err) {
  const int home = pk_netns_current(err);
  int made, back;
  if (home < 0) return -1;
  if (unshare(CLONE_NEWNET) < 0) {
    const int code = errno;
    close(home);
    return failed(code, err);
  }
  loopback_up();
  made = pk_netns_current(err);
  back = pk_netns_enter(home, err);
  close(home);
  if (made >= 0 && back < 0) {
    close(made);
    return -1;
  }
  return made;
}

#else

static int none (char *err) {
  return pk_nic_error("network namespace", err, "the system has none", NULL);
}

int pk_netns_current (char *err) {
  return none(err);
}

int pk_netns_open (const char *name, char *err) {
  (void)name;
  return none(err);
}

int pk_netns_enter (int fd, char *err) {
  (void)fd;
  return none(err);
}

int pk_netns_new (char *err) {
  return none(err);
}

#endif
