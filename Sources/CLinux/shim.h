/* Kernel interfaces that glibc's Swift overlay leaves out, and those that are macros or bit fields in C. */
#ifndef BRAMBLE_CLINUX_H
#define BRAMBLE_CLINUX_H
/* No _GNU_SOURCE here: Swift's own Glibc module is built without it, and the two must agree on every type. */
#include <arpa/inet.h>
#include <net/if.h> /* before the kernel's own headers, which then leave its types alone */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_addr.h>
#include <linux/if_packet.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Headers older than the kernel they run on may lack these. */
#ifndef IP_MULTICAST_ALL
#define IP_MULTICAST_ALL 49
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif
#ifndef CLONE_NEWNET
#define CLONE_NEWNET 0x40000000
#endif
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

/* Variadic or overloaded in C, so Swift does not see them as they are. */
static inline int bramble_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

static inline void bramble_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/* struct ucred and struct in6_pktinfo, which glibc shows to GNU sources only. */
struct bramble_in6_pktinfo {
    struct in6_addr ipi6_addr;
    uint32_t ipi6_ifindex;
};

struct bramble_credentials {
    int32_t process;
    uint32_t user;
    uint32_t group;
};

static inline int bramble_peer_credentials(int fd, struct bramble_credentials *out) {
    socklen_t size = sizeof *out;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, out, &size);
}

static inline int bramble_set_option(int fd, int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* Nanosecond timeout; seconds < 0 waits for ever. */
static inline int bramble_epoll_wait(int fd, struct epoll_event *events, int count, int64_t seconds,
                                     int64_t nanoseconds) {
#ifdef SYS_epoll_pwait2
    struct {
        int64_t seconds, nanoseconds;
    } timeout = {seconds, nanoseconds};
    return (int)syscall(SYS_epoll_pwait2, fd, events, count, seconds < 0 ? NULL : &timeout, NULL, 0);
#else
    errno = ENOSYS;
    return -1;
#endif
}

/* epoll_event is packed on x86-64 and its data a union: these two spare Swift both. */
static inline int bramble_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = events;
    event.data.u64 = token;
    return epoll_ctl(epoll, operation, fd, &event);
}

static inline uint64_t bramble_epoll_token(const struct epoll_event *event) { return event->data.u64; }

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

/* One datagram, never blocking. `destination` is where it was sent to and the interface it came in by. */
static inline ssize_t bramble_receive(int fd, void *buffer, size_t capacity, struct bramble_endpoint *source,
                                      struct bramble_endpoint *destination) {
    struct sockaddr_storage from;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct bramble_in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
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

/* Joins the multicast group on the interface. */
static inline int bramble_join(int fd, const struct bramble_endpoint *group) {
    if (group->family == AF_INET) {
        struct ip_mreqn request;
        memset(&request, 0, sizeof request);
        memcpy(&request.imr_multiaddr, group->address, 4);
        request.imr_ifindex = (int)group->interface;
        return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
    }
    struct ipv6_mreq request;
    memset(&request, 0, sizeof request);
    memcpy(&request.ipv6mr_multiaddr, group->address, 16);
    request.ipv6mr_interface = group->interface;
    return setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof request);
}

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

/* Receives a packet without its link-layer header, never blocking. */
static inline ssize_t bramble_receive_packet(int fd, void *buffer, size_t capacity, uint32_t *interface) {
    struct sockaddr_ll address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    ssize_t count =
        recvfrom(fd, buffer, capacity, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&address, &length);
    *interface = (uint32_t)address.sll_ifindex;
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

/* -1 with ENAMETOOLONG when the path does not fit. */
static inline int bramble_unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address->sun_path, path);
    return 0;
}

static inline int bramble_bind_unix(int fd, const char *path) {
    struct sockaddr_un address;
    if (bramble_unix_address(path, &address) != 0) return -1;
    return bind(fd, (struct sockaddr *)&address, sizeof address);
}

static inline int bramble_connect_unix(int fd, const char *path) {
    struct sockaddr_un address;
    if (bramble_unix_address(path, &address) != 0) return -1;
    return connect(fd, (struct sockaddr *)&address, sizeof address);
}

static inline int bramble_accept(int fd) {
    return (int)syscall(SYS_accept4, fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* 1 when the path is a socket, 0 when it is something else, -1 with errno when it cannot be looked at. */
static inline int bramble_is_socket(const char *path, uint64_t *device, uint64_t *inode) {
    struct stat found;
    if (lstat(path, &found) != 0) return -1;
    *device = found.st_dev;
    *inode = found.st_ino;
    return S_ISSOCK(found.st_mode) ? 1 : 0;
}

/* Whether the calling thread has the capability in effect. */
static inline int bramble_has_capability(int capability) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    if (syscall(SYS_capget, &header, data) != 0) return 0;
    return (int)(data[capability >> 5].effective >> (capability & 31) & 1);
}

/* Gives up every capability of the calling thread, and of no other: for tests of what is then refused. */
static inline int bramble_drop_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    return (int)syscall(SYS_capset, &header, data);
}

/* Whether no limit applies to locked memory. */
static inline int bramble_may_lock_everything(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
}

static inline int bramble_set_scheduler(int policy, int priority) {
    struct sched_param parameter;
    memset(&parameter, 0, sizeof parameter);
    parameter.sched_priority = priority;
    return sched_setscheduler(0, policy, &parameter);
}

/* Namespaces of the calling thread: for tests, and for looking into another node's network. */
static inline int bramble_new_network_namespace(void) { return (int)syscall(SYS_unshare, CLONE_NEWNET); }
static inline int bramble_enter_network_namespace(int fd) {
    return (int)syscall(SYS_setns, fd, CLONE_NEWNET);
}
static inline int bramble_thread_id(void) { return (int)syscall(SYS_gettid); }

#endif
