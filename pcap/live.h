/*
** live.h: network interfaces, by libpcap; with sockets of the system's where those send faster.
*/
#ifndef pktcraft_live_h
#define pktcraft_live_h

#include <stddef.h>
#include <stdint.h>

#include "nic.h"

typedef enum pk_Direction { PK_INOUT, PK_IN, PK_OUT } pk_Direction;

/* How an interface is read. */
typedef struct pk_LiveOptions {
  uint32_t snaplen;
  uint32_t buffer;    /* bytes of the system's; 0: its default */
  int timeout;        /* ms that frames may be kept back, to be given together */
  int promiscuous, immediate, monitor;
  int64_t linktype;   /* or -1: the interface's first */
  pk_Direction direction;
  pk_Precision precision; /* what is asked for: the interface may not have it */
  const char *filter;     /* pcap-filter(7), or NULL */
} pk_LiveOptions;

/* How a TAP device is made. */
typedef struct pk_TapOptions {
  int tun;            /* packets of IP, not frames of Ethernet */
  int up;             /* it is brought up */
  uint32_t mtu;       /* 0: the system's default */
  uint8_t mac[6];     /* of the system's side, */
  int hasmac;         /* if one is asked for */
  const char *filter;
} pk_TapOptions;

/* An address of an interface; `family` is AF_INET or AF_INET6, and bytes are in network order. */
typedef struct pk_DeviceAddress {
  int family;
  uint8_t address[16], netmask[16], broadcast[16], destination[16];
  int hasnetmask, hasbroadcast, hasdestination;
} pk_DeviceAddress;

/* An interface that there is. */
typedef struct pk_Device {
  char *name, *description;    /* owned; the second may be NULL */
  pk_DeviceAddress *addresses; /* owned */
  size_t naddresses;
  uint8_t mac[6];
  int hasmac;
  uint32_t mtu; /* 0: not known */
  int up, running, loopback, wireless;
} pk_Device;

typedef struct pk_Devices {
  pk_Device *list; /* owned */
  size_t n;
} pk_Devices;

/* What pktcraft_live.so hands to pktcraft.so. */
typedef struct pk_LiveApi {
  /* The interface of that name, opened; NULL with an error text. */
  pk_Nic *(*open) (const char *name, const pk_LiveOptions *options, char *err);
  /* A new TAP device of that name (NULL: the system's choice), or one that was made to be lasting. */
  pk_Nic *(*tap) (const char *name, const pk_TapOptions *options, char *err);
  /* The interfaces that there are: 0, or -1 with an error text. To be freed in either case. */
  int (*devices) (pk_Devices *devices, char *err);
  void (*freedevices) (pk_Devices *devices);
} pk_LiveApi;

extern const pk_LiveApi pk_live_api;

/* For live.c: see pk_LiveApi. */
pk_Nic *pk_tap_open (const char *name, const pk_TapOptions *options, char *err);

/* The number that files have for a link type of libpcap's, and back. */
uint32_t pk_linktype_of (int dlt);
int pk_dlt_of (uint32_t linktype);

/* Bytes that an interface takes above its link's header; 0: not known. */
uint32_t pk_live_mtu (const char *name);

/* What the system knows of an interface: its mtu, and whether it is of the kind that frames can be sent to. */
void pk_live_describe (pk_Nic *n);

/* The text of "no permission", naming the capability that is lacking; -1. */
int pk_live_denied (const char *name, const char *capability, char *err);

#endif
