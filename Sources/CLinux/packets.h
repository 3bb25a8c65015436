#ifndef BRAMBLE_PACKETS_H
#define BRAMBLE_PACKETS_H
#include "headers.h"

/* Packet and netlink sockets. */

/* Binds a packet socket to a protocol (host order) and an interface; interface 0 means all of them. */
static inline int bramble_bind_packet(int fd, uint16_t protocol, uint32_t interface) {
    struct sockaddr_ll address;
    memset(&address, 0, sizeof address);
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(protocol);
    address.sll_ifindex = (int)interface;
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

/* Sends a whole link-layer frame through an interface. */
static inline ssize_t bramble_send_frame(int fd, const void *frame, size_t count, uint32_t interface) {
    struct sockaddr_ll address;
    memset(&address, 0, sizeof address);
    address.sll_family = AF_PACKET;
    address.sll_ifindex = (int)interface;
    address.sll_halen = 6;
    if (count >= 6) memcpy(address.sll_addr, frame, 6);
    return sendto(fd, frame, count, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address);
}

/* Has the kernel drop what the program refuses, before anyone is woken. */
static inline int bramble_attach_filter(int fd, struct sock_filter *program, uint16_t count) {
    struct sock_fprog filter = {count, program};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

/* Receives a packet without its link-layer header, never blocking; `source` has room for 6 bytes. */
static inline ssize_t bramble_receive_packet(int fd, void *buffer, size_t capacity, uint32_t *interface,
                                             uint8_t *source) {
    struct sockaddr_ll address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    ssize_t count =
        recvfrom(fd, buffer, capacity, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&address, &length);
    *interface = (uint32_t)address.sll_ifindex;
    memcpy(source, address.sll_addr, 6);
    return count;
}

static inline int bramble_bind_netlink(int fd, uint32_t groups) {
    struct sockaddr_nl address;
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

/* The length that the message really has (it may exceed capacity); *sender is 0 when the kernel sent it. */
static inline ssize_t bramble_receive_netlink(int fd, void *buffer, size_t capacity, int flags, uint32_t *sender) {
    struct sockaddr_nl address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    ssize_t count =
        recvfrom(fd, buffer, capacity, flags | MSG_TRUNC, (struct sockaddr *)&address, &length);
    *sender = address.nl_pid;
    return count;
}

#endif
