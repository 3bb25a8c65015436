#ifndef BRAMBLE_DATAGRAMS_H
#define BRAMBLE_DATAGRAMS_H
#include "headers.h"

/* UDP with the interface and the local address of each datagram (IP_PKTINFO, IPV6_PKTINFO). */

static inline int bramble_set_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* How many datagrams the kernel has dropped at a socket: its filter refused them, or its queue was full. */
static inline uint32_t bramble_dropped(int fd) {
    uint32_t counts[SK_MEMINFO_VARS];
    socklen_t length = sizeof counts;
    memset(counts, 0, sizeof counts);
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, counts, &length) != 0) return 0;
    return counts[SK_MEMINFO_DROPS];
}

/* struct in6_pktinfo, which glibc shows to GNU sources only. */
struct bramble_in6_pktinfo {
    struct in6_addr ipi6_addr;
    uint32_t ipi6_ifindex;
};

/* An IPv4 or IPv6 endpoint, as plain numbers. family is AF_INET or AF_INET6; port in host order. */
struct bramble_endpoint {
    uint8_t address[16];
    uint32_t interface;
    uint16_t family;
    uint16_t port;
};

static inline socklen_t bramble_sockaddr(const struct bramble_endpoint *from, struct sockaddr_storage *to) {
    memset(to, 0, sizeof *to);
    if (from->family == AF_INET) {
        struct sockaddr_in *four = (struct sockaddr_in *)to;
        four->sin_family = AF_INET;
        four->sin_port = htons(from->port);
        memcpy(&four->sin_addr, from->address, 4);
        return sizeof *four;
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(from->port);
    six->sin6_scope_id = from->interface;
    memcpy(&six->sin6_addr, from->address, 16);
    return sizeof *six;
}

static inline int bramble_bind(int fd, const struct bramble_endpoint *endpoint) {
    struct sockaddr_storage address;
    socklen_t length = bramble_sockaddr(endpoint, &address);
    return bind(fd, (struct sockaddr *)&address, length);
}

static inline int bramble_local_port(int fd) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return -1;
    if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)&address)->sin_port);
    return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
}

/* One datagram, never blocking. `destination` is where it was sent to and the interface it came in by. `hop_limit` is
   -1 unless the socket was told to report it. */
static inline ssize_t bramble_receive(int fd, void *buffer, size_t capacity, struct bramble_endpoint *source,
                                      struct bramble_endpoint *destination, int *hop_limit) {
    struct sockaddr_storage from;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct bramble_in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo)) +
                   CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {buffer, capacity};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    memset(&from, 0, sizeof from);
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    ssize_t count = recvmsg(fd, &message, MSG_DONTWAIT);
    if (count < 0) return count;
    *hop_limit = -1;
    memset(source, 0, sizeof *source);
    memset(destination, 0, sizeof *destination);
    source->family = destination->family = from.ss_family;
    if (from.ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)&from;
        memcpy(source->address, &four->sin_addr, 4);
        source->port = ntohs(four->sin_port);
    } else if (from.ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&from;
        memcpy(source->address, &six->sin6_addr, 16);
        source->port = ntohs(six->sin6_port);
        source->interface = six->sin6_scope_id;
    }
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(item), sizeof info);
            memcpy(destination->address, &info.ipi_addr, 4);
            destination->interface = (uint32_t)info.ipi_ifindex;
        } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
            struct bramble_in6_pktinfo info;
            memcpy(&info, CMSG_DATA(item), sizeof info);
            memcpy(destination->address, &info.ipi6_addr, 16);
            destination->interface = (uint32_t)info.ipi6_ifindex;
        } else if ((item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_TTL) ||
                   (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_HOPLIMIT)) {
            memcpy(hop_limit, CMSG_DATA(item), sizeof *hop_limit);
        }
    }
    return count;
}

/* One datagram, never blocking. `origin` may be NULL; a zero address or interface in it leaves that to the kernel. */
static inline ssize_t bramble_send(int fd, const void *bytes, size_t count, const struct bramble_endpoint *to,
                                   const struct bramble_endpoint *origin) {
    struct sockaddr_storage address;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct bramble_in6_pktinfo))];
    } control;
    struct iovec part = {(void *)bytes, count};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    memset(&control, 0, sizeof control);
    message.msg_name = &address;
    message.msg_namelen = bramble_sockaddr(to, &address);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (origin) {
        message.msg_control = &control;
        if (to->family == AF_INET) {
            struct in_pktinfo info;
            memset(&info, 0, sizeof info);
            info.ipi_ifindex = (int)origin->interface;
            memcpy(&info.ipi_spec_dst, origin->address, 4);
            message.msg_controllen = CMSG_SPACE(sizeof info);
            struct cmsghdr *item = CMSG_FIRSTHDR(&message);
            item->cmsg_level = IPPROTO_IP;
            item->cmsg_type = IP_PKTINFO;
            item->cmsg_len = CMSG_LEN(sizeof info);
            memcpy(CMSG_DATA(item), &info, sizeof info);
        } else {
            struct bramble_in6_pktinfo info;
            memset(&info, 0, sizeof info);
            info.ipi6_ifindex = origin->interface;
            memcpy(&info.ipi6_addr, origin->address, 16);
            message.msg_controllen = CMSG_SPACE(sizeof info);
            struct cmsghdr *item = CMSG_FIRSTHDR(&message);
            item->cmsg_level = IPPROTO_IPV6;
            item->cmsg_type = IPV6_PKTINFO;
            item->cmsg_len = CMSG_LEN(sizeof info);
            memcpy(CMSG_DATA(item), &info, sizeof info);
        }
    }
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Joins or leaves the multicast group on the interface. */
static inline int bramble_membership(int fd, const struct bramble_endpoint *group, int joins) {
    if (group->family == AF_INET) {
        struct ip_mreqn request;
        memset(&request, 0, sizeof request);
        memcpy(&request.imr_multiaddr, group->address, 4);
        request.imr_ifindex = (int)group->interface;
        return setsockopt(fd, IPPROTO_IP, joins ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request);
    }
    struct ipv6_mreq request;
    memset(&request, 0, sizeof request);
    memcpy(&request.ipv6mr_multiaddr, group->address, 16);
    request.ipv6mr_interface = group->interface;
    return setsockopt(fd, IPPROTO_IPV6, joins ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request, sizeof request);
}

static inline int bramble_join(int fd, const struct bramble_endpoint *group) { return bramble_membership(fd, group, 1); }

static inline int bramble_leave(int fd, const struct bramble_endpoint *group) { return bramble_membership(fd, group, 0); }

#endif
