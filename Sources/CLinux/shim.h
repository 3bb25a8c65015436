/* Kernel interfaces that glibc's Swift overlay leaves out, and those that are macros or bit fields in C. */
#ifndef BRAMBLE_CLINUX_H
#define BRAMBLE_CLINUX_H
#include "datagrams.h"
#include "dhcp.h"
#include "headers.h"
#include "packets.h"
#include "polling.h"
#include "processes.h"
#include "streams.h"
#include "threads.h"
#include "unixsockets.h"
#endif
