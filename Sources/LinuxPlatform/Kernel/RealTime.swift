internal import CLinux
internal import Glibc

/// Real-time scheduling and resident memory for a thread whose deadlines are milliseconds away.
public enum RealTime {
    /// What the system granted; each part that it refused comes with the reason and what would grant it.
    public struct Grant: Hashable, Sendable, CustomStringConvertible {
        /// The priority that the calling thread now has under SCHED_RR; nil if it was refused.
        public let priority: Int32?
        /// Why the priority was refused.
        public let schedulingRefusal: SystemError?
        /// Whether pages, once touched, stay in memory.
        public let isMemoryLocked: Bool
        /// Why memory is not locked.
        public let memoryRefusal: SystemError?

        /// Whether everything was granted.
        public var isComplete: Bool { priority != nil && isMemoryLocked }

        /// One or two sentences for a log.
        public var description: String {
            let scheduling = priority.map { "real-time priority \($0) granted" } ?? schedulingRefusal?.description
            let memory = isMemoryLocked ? "memory locked" : memoryRefusal?.description
            return [scheduling, memory].compactMap(\.self).joined(separator: "; ")
        }
    }

    /// Asks for SCHED_RR with `priority` (1…99) for the calling thread, and for locked memory for the process.
    ///
    /// Threads and processes that the thread starts do not inherit the priority. Memory is locked as it is touched
    /// (MCL_ONFAULT), so nothing is made resident that was not needed. It is only locked where no limit applies to it:
    /// under a limit, locking future memory would make later allocations fail.
    public static func request(priority: Int32) -> Grant {
        let scheduling = schedule(priority)
        let memory = lockMemory()
        return Grant(
            priority: scheduling == nil ? priority : nil, schedulingRefusal: scheduling,
            isMemoryLocked: memory == nil, memoryRefusal: memory)
    }

    /// Asks for SCHED_RR for the calling thread alone: nil, or why it was refused.
    static func schedule(_ priority: Int32) -> SystemError? {
        guard bramble_set_scheduler(SCHED_RR | SCHED_RESET_ON_FORK, priority) != 0 else { return nil }
        let advice =
            errno == EPERM
            ? "Give the service CAP_SYS_NICE, or LimitRTPRIO=\(priority) or more; "
                + "without it a busy machine can delay advertisements." : nil
        return .current("get real-time priority \(priority)", advice: advice)
    }

    private static func lockMemory() -> SystemError? {
        let call = "lock memory"
        let advice =
            "Give the service LimitMEMLOCK=infinity or CAP_IPC_LOCK; without it a page read from the card "
            + "can delay advertisements."
        guard bramble_may_lock_everything() != 0 || bramble_has_capability(CAP_IPC_LOCK) != 0 else {
            return SystemError(call: call, code: EPERM, advice: advice)
        }
        guard mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0 else { return nil }
        return .current(call, advice: advice)
    }
}
