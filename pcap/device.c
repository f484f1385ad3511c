/*
** device.c: what the system knows of its interfaces, by their names.
*/
#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "live.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <net/if.h>
#include <unistd.h>

int pk_live_denied (const char *name, const char *capability, char *err) {
  return pk_nic_error(name, err, "no permission: the capability ", capability,
                      " is missing (run as root, or give it to the program by setcap)", NULL);
}

static int by_name (const char *name, unsigned long request, struct ifreq *r) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int status;
  pk_Text text;
  if (fd < 0) return -1;
  memset(r, 0, sizeof(*r));
  text = pk_text_begin(r->ifr_name, sizeof(r->ifr_name));
  pk_text_add(&text, name);
  status = ioctl(fd, request, r);
  close(fd);
  return status;
}

uint32_t pk_live_mtu (const char *name) {
  struct ifreq r;
  if (strlen(name) >= sizeof(r.ifr_name) || by_name(name, SIOCGIFMTU, &r) != 0 || r.ifr_mtu <= 0) return 0;
  return (uint32_t)r.ifr_mtu;
}

void pk_live_describe (pk_Nic *n) {
#if defined(SIOCGIFHWADDR)
  struct ifreq r;
#endif
  n->mtu = pk_live_mtu(n->name);
#if defined(SIOCGIFHWADDR)
  if (n->linktype == 1 && by_name(n->name, SIOCGIFHWADDR, &r) == 0) {
    memcpy(n->mac, r.ifr_hwaddr.sa_data, sizeof(n->mac));
    n->hasmac = 1;
  }
#endif
}
