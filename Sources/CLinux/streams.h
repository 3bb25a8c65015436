#ifndef BRAMBLE_STREAMS_H
#define BRAMBLE_STREAMS_H
#include "datagrams.h"

/* TCP. */

static inline void bramble_endpoint_of(const struct sockaddr_storage *from, struct bramble_endpoint *to) {
    memset(to, 0, sizeof *to);
    to->family = from->ss_family;
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)from;
        memcpy(to->address, &four->sin_addr, 4);
        to->port = ntohs(four->sin_port);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
        memcpy(to->address, &six->sin6_addr, 16);
        to->port = ntohs(six->sin6_port);
        to->interface = six->sin6_scope_id;
    }
}

/* The next connection that waits, and where it comes from. */
static inline int bramble_accept_from(int fd, struct bramble_endpoint *source) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    int accepted = (int)syscall(SYS_accept4, fd, &address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) bramble_endpoint_of(&address, source);
    return accepted;
}

static inline int bramble_connect(int fd, const struct bramble_endpoint *to) {
    struct sockaddr_storage address;
    socklen_t length = bramble_sockaddr(to, &address);
    return connect(fd, (struct sockaddr *)&address, length);
}

static inline int bramble_local_endpoint(int fd, struct bramble_endpoint *local) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return -1;
    bramble_endpoint_of(&address, local);
    return 0;
}

/* Whether a socket is connected. */
static inline int bramble_has_peer(int fd) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    return getpeername(fd, (struct sockaddr *)&address, &length) == 0;
}

/* Has the kernel look for a peer that vanished: after `idle` seconds of silence, three times, each `interval` seconds
 * after the one before. */
static inline void bramble_keep_alive(int fd, int idle, int interval) {
    bramble_set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    bramble_set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);
    bramble_set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval);
    bramble_set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    bramble_set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (idle + 3 * interval) * 1000);
}

/* How many bytes the other end has not acknowledged yet; -1 if that is not known. */
static inline int bramble_unacknowledged(int fd) {
    int count = -1;
    return ioctl(fd, SIOCOUTQ, &count) == 0 ? count : -1;
}

/* How many bytes have not been sent yet; -1 if that is not known. */
static inline int bramble_unsent(int fd) {
    int count = -1;
    return ioctl(fd, SIOCOUTQNSD, &count) == 0 ? count : -1;
}

/* How many segments the other end has acknowledged, those beyond a gap included (tcpi_delivered, since Linux 4.18); -1 if
 * that is not known. It lies at byte 192 of struct tcp_info, whose full form and the C library's exclude each other. */
static inline long long bramble_delivered(int fd) {
    unsigned char info[256];
    uint32_t count;
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) != 0 || length < 192 + sizeof count) return -1;
    memcpy(&count, info + 192, sizeof count);
    return count;
}

/* The error that waits on a socket, which is cleared; 0 for none. */
static inline int bramble_pending_error(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

#endif
