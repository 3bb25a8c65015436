#ifndef BRAMBLE_PROCESSES_H
#define BRAMBLE_PROCESSES_H
#include "headers.h"
#include "threads.h"
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

/* Programs of the user's, started with nothing of ours but what is handed to them. */

/* Shown by glibc to GNU sources only. */
#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif

/* Starts a program in a session of its own: standard input is /dev/null, output and errors go to `output`, every other
   descriptor is closed; signals and scheduling are as a program expects them; the directory is /. 0, or an error
   number, also when the program is not there or cannot be executed. */
static inline int bramble_spawn(pid_t *child, const char *path, char *const arguments[], char *const environment[],
                                int output) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    struct sched_param plain;
    sigset_t none, all;
    int code = posix_spawnattr_init(&attributes);
    if (code != 0) return code;
    code = posix_spawn_file_actions_init(&files);
    if (code != 0) {
        posix_spawnattr_destroy(&attributes);
        return code;
    }
    memset(&plain, 0, sizeof plain);
    sigemptyset(&none);
    sigfillset(&all);
    if (code == 0) code = posix_spawnattr_setsigmask(&attributes, &none);
    if (code == 0) code = posix_spawnattr_setsigdefault(&attributes, &all);
    if (code == 0) code = posix_spawnattr_setschedpolicy(&attributes, SCHED_OTHER);
    if (code == 0) code = posix_spawnattr_setschedparam(&attributes, &plain);
    if (code == 0)
        code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                         POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSCHEDULER);
    if (code == 0) code = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (code == 0) code = posix_spawn_file_actions_adddup2(&files, output, 1);
    if (code == 0) code = posix_spawn_file_actions_adddup2(&files, output, 2);
    if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(&files, 3);
    if (code == 0) code = posix_spawn_file_actions_addchdir_np(&files, "/");
    if (code == 0) code = posix_spawn(child, path, &files, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return code;
}

/* Both ends close on exec from the start. */
static inline int bramble_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

/* A descriptor that becomes readable when the child has ended; -1 where the kernel has none (before 5.3). */
static inline int bramble_pidfd(pid_t child) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, child, 0);
#else
    errno = ENOSYS;
    return -1;
#endif
}

/* Whether the child has ended and has not been reaped: its number, and that of its group, are still its own. */
static inline int bramble_has_ended(pid_t child) {
    siginfo_t found;
    memset(&found, 0, sizeof found);
    return waitid(P_PID, (id_t)child, &found, WEXITED | WNOHANG | WNOWAIT) != 0 || found.si_pid == child;
}

/* Looks whether the child has ended: 1 with its exit code or the signal that ended it (the other is -1), 0 if it runs,
   -1 when there is no such child. */
static inline int bramble_reap(pid_t child, int *code, int *signal_number) {
    int status = 0;
    pid_t found;
    do {
        found = waitpid(child, &status, WNOHANG);
    } while (found < 0 && errno == EINTR);
    if (found <= 0) return (int)found;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    *signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : -1;
    return 1;
}

/* Whether the calling thread has no capability, and gets none by executing a plain program: as root it would. */
static inline int bramble_has_nothing_to_give_up(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    if (syscall(SYS_capget, &header, data) != 0 || (data[0].permitted | data[1].permitted) != 0) return 0;
    return (geteuid() != 0 && getuid() != 0) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

/* What decides over files: whose rights, and which capabilities beside them. */
struct bramble_file_rights {
    uid_t user;
    gid_t group;
    int group_count;
    gid_t groups[256];
    struct __user_cap_data_struct capabilities[2];
};

/* Notes the calling thread's rights over files. 0, or -1 with errno. */
static inline int bramble_get_file_rights(struct bramble_file_rights *rights) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    rights->user = geteuid();
    rights->group = getegid();
    rights->group_count = (int)syscall(SYS_getgroups, 256, rights->groups);
    return rights->group_count < 0 ? -1 : (int)syscall(SYS_capget, &header, rights->capabilities);
}

/* Gives the calling thread these, and leaves other threads theirs. 0, or -1 with errno: then it may have some of both. */
static inline int bramble_set_file_rights(const struct bramble_file_rights *rights) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    syscall(SYS_setfsuid, 0); /* only root may change the groups */
    if (syscall(SYS_setgroups, (size_t)rights->group_count, rights->groups) != 0) return -1;
    syscall(SYS_setfsgid, rights->group);
    syscall(SYS_setfsuid, rights->user);
    return (int)syscall(SYS_capset, &header, rights->capabilities);
}

/* Takes out what passes over permissions. */
static inline void bramble_without_override(struct bramble_file_rights *rights) {
    rights->capabilities[0].effective &= ~(1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH);
}

/* The calling thread, and whatever it starts, has no capability from now on and gets none by executing anything, as
   root neither. Where capset is refused, an ordinary user's thread keeps its own, and what it starts has none. Other
   threads keep theirs. 0, or an error number: then what it starts may have some still.

   In a process whose memory is locked, a thread without CAP_IPC_LOCK gets new memory only as far as RLIMIT_MEMLOCK goes:
   the limit is lifted first, and where it may not be, that one capability stays. */
static inline int bramble_give_up_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct kept[2];
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    int lifted = bramble_may_lock_everything() || setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0;
    memset(kept, 0, sizeof kept);
    if (!lifted && bramble_has_capability(CAP_IPC_LOCK))
        kept[CAP_IPC_LOCK >> 5].permitted = kept[CAP_IPC_LOCK >> 5].effective = 1u << (CAP_IPC_LOCK & 31);
    int inherits_none = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 || errno == EINVAL);
    if (inherits_none && syscall(SYS_capset, &header, kept) == 0) return 0;
    int refusal = errno;
    /* What an ordinary user executes has the ambient capabilities and no others: capabilities(7). */
    int is_ordinary = geteuid() != 0 && getuid() != 0;
    return (inherits_none && is_ordinary) || bramble_has_nothing_to_give_up() ? 0 : refusal;
}

#endif
