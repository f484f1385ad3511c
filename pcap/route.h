/*
** route.h: the way that the system sends packets to an address.
*/
#ifndef pktcraft_route_h
#define pktcraft_route_h

#include <stdint.h>

/* A way; addresses are of AF_INET or AF_INET6, in network order. */
typedef struct pk_Route {
  const char *kind;    /* "unicast", "local", "broadcast", "multicast", "anycast" */
  char interface[16];
  uint8_t source[16];  /* of the family of the address asked for */
  int hassource;
  uint8_t gateway[16];
  int gatewayfamily;   /* AF_UNSPEC: the address is on the interface's own link */
} pk_Route;

/*
** Asks the system for the way to an address, by an interface, if one is named: 0, or -1 with an error text. It sends nothing,
** and needs no privilege.
*/
int pk_route_find (int family, const uint8_t *address, const char *interface, pk_Route *route, char *err);

/*
** What the system knows of who has an address on an interface's link: 1, with its MAC address; 0: nothing.
*/
int pk_route_neighbour (int family, const uint8_t *address, const char *interface, uint8_t *mac);

#endif
