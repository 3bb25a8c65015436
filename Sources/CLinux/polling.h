#ifndef BRAMBLE_POLLING_H
#define BRAMBLE_POLLING_H
#include "headers.h"

/* epoll with nanoseconds. */
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

#endif
