/*
** nopcap.c: stands for live.c and bpf.c where there is no libpcap (PCAP=no): TAP devices, network namespaces and routes
** are the system's own and stay; interfaces and BPF filters are refused.
*/
#include "bpf.h"
#include "live.h"

#define WITHOUT "this pktcraft was built without libpcap (PCAP=no)"

pk_Bpf *pk_bpf_compile (const char *expression, uint32_t linktype, char *err) {
  (void)expression;
  (void)linktype;
  pk_text_error(err, WITHOUT, NULL);
  return NULL;
}

int pk_bpf_match (const pk_Bpf *f, const char *data, size_t caplen, size_t wirelen) {
  (void)f;
  (void)data;
  (void)caplen;
  (void)wirelen;
  return 0;
}

void pk_bpf_free (pk_Bpf *f) {
  (void)f;
}

static pk_Nic *no_open (const char *name, const pk_LiveOptions *options, char *err) {
  (void)options;
  pk_nic_error(name, err, WITHOUT, NULL);
  return NULL;
}

static int no_devices (pk_Devices *devices, char *err) {
  devices->list = NULL;
  devices->n = 0;
  return pk_text_error(err, "interfaces: " WITHOUT, NULL);
}

static void free_devices (pk_Devices *devices) {
  (void)devices;
}

const pk_LiveApi pk_live_api = {no_open, pk_tap_open, no_devices, free_devices};
