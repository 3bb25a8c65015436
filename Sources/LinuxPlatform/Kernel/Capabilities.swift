internal import CLinux

/// The privileges of the calling thread.
public enum Capabilities {
    /// Gives all capabilities of the calling thread away for good, and with them those of every program that it starts,
    /// also where that runs as root. The other threads keep theirs, and so does this one where an ordinary user's process
    /// may not call capset; its programs have none then, either. Where memory is locked and the limit of locked memory
    /// cannot be lifted, CAP_IPC_LOCK stays: without it the thread would get no memory.
    /// - Returns: nil also where the thread had none to begin with; else why it may have some still.
    public static func giveUp() -> SystemError? {
        let code = bramble_give_up_capabilities()
        guard code != 0 else { return nil }
        return SystemError(
            call: "give up the thread's capabilities", code: code,
            advice: "Let the service call prctl and capset (in its unit, SystemCallFilter=), or run it without "
                + "capabilities.")
    }
}
