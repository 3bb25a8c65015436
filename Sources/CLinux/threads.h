#ifndef BRAMBLE_THREADS_H
#define BRAMBLE_THREADS_H
#include "headers.h"

/* What a thread is called, may do and lives in. */

static inline void bramble_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/* Whether the calling thread has the capability in effect. */
static inline int bramble_has_capability(int capability) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    if (syscall(SYS_capget, &header, data) != 0) return 0;
    return (int)(data[capability >> 5].effective >> (capability & 31) & 1);
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

/* Gives the calling thread a table of descriptors of its own, with 0, 1, 2, `first` and `second` in it and no other; the
 * other threads keep theirs. 0, or -1 with errno and nothing changed. */
static inline int bramble_own_descriptors(int first, int second) {
    int low = first < second ? first : second, high = first < second ? second : first;
    if (syscall(SYS_unshare, CLONE_FILES) != 0) return -1;
    int64_t ranges[3][2] = {{3, low - 1}, {low + 1, high - 1}, {high + 1, UINT32_MAX}};
    for (int range = 0; range < 3; range++) {
        if (ranges[range][0] < 3) ranges[range][0] = 3;
        if (ranges[range][0] > ranges[range][1]) continue;
        unsigned int from = (unsigned int)ranges[range][0], to = (unsigned int)ranges[range][1];
        if (syscall(SYS_close_range, from, to, 0) == 0) continue;
        struct rlimit limit; /* a kernel before 5.9 */
        if (to == ~0u) to = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (unsigned int)limit.rlim_cur : 1024;
        for (unsigned int fd = from; fd <= to; fd++) close((int)fd);
    }
    return 0;
}

/* Namespaces of the calling thread: for tests, and for looking into another node's network. */
static inline int bramble_new_network_namespace(void) { return (int)syscall(SYS_unshare, CLONE_NEWNET); }
static inline int bramble_enter_network_namespace(int fd) {
    return (int)syscall(SYS_setns, fd, CLONE_NEWNET);
}

#endif
