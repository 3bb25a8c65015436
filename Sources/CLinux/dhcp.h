#ifndef BRAMBLE_DHCP_H
#define BRAMBLE_DHCP_H
#include "headers.h"
#include <linux/filter.h>

/* A packet socket that hears only DHCP answers to one client, and may have a second hardware address. */

/* Only whole UDP datagrams for port 68 which carry a server's message (BOOTREPLY) for this client. */
static inline int bramble_filter_dhcp(int fd, const uint8_t client[6]) {
    const uint32_t high = (uint32_t)client[0] << 24 | (uint32_t)client[1] << 16 | (uint32_t)client[2] << 8 | client[3];
    const uint32_t low = (uint32_t)client[4] << 8 | client[5];
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),            /* EtherType */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0800, 0, 14),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),            /* protocol */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 12),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),            /* no fragment */
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 10, 0),
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),           /* X: length of the IP header */
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),            /* destination port */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68, 0, 7),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, 22),            /* op */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, 50),            /* chaddr */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 3),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 54),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0x40000),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* Has the card take frames for this address, too, until the socket is closed. */
static inline int bramble_add_hardware_address(int fd, uint32_t interface, const uint8_t address[6]) {
    struct packet_mreq request;
    memset(&request, 0, sizeof request);
    request.mr_ifindex = (int)interface;
    request.mr_type = PACKET_MR_UNICAST;
    request.mr_alen = 6;
    memcpy(request.mr_address, address, 6);
    return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request);
}

/* One frame, never blocking. *unfinished: it never was on a wire, and its UDP checksum is not made yet. */
static inline ssize_t bramble_receive_frame(int fd, void *buffer, size_t capacity, int *unfinished) {
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    struct iovec part = {buffer, capacity};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    *unfinished = 0;
    ssize_t count = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC);
    if (count < 0) return count;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
        if (item->cmsg_level != SOL_PACKET || item->cmsg_type != PACKET_AUXDATA) continue;
        struct tpacket_auxdata auxiliary;
        memcpy(&auxiliary, CMSG_DATA(item), sizeof auxiliary);
        *unfinished = (auxiliary.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
    }
    return count;
}

static inline int bramble_want_auxiliary_data(int fd) {
    return bramble_set_option(fd, SOL_PACKET, PACKET_AUXDATA, 1);
}

#endif
