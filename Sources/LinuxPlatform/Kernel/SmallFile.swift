internal import Glibc

/// Reads and writes the small files by which the kernel is set up (sysfs).
enum SmallFile {
    /// The first 4,096 bytes as text.
    static func read(_ path: String) throws(SystemError) -> String {
        let file = try Descriptor(open(path, O_RDONLY | O_CLOEXEC), "read \(path)")
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(file.number, &buffer, buffer.count)
        guard count >= 0 else { throw .current("read \(path)") }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// Writes all of the text at once, as sysfs wants it.
    static func write(_ text: String, to path: String) throws(SystemError) {
        let advice = "The service needs to be allowed to write there."
        let number = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard number >= 0 else { throw .current("write \(path)", advice: errno == EACCES ? advice : nil) }
        let file = Descriptor(owning: number)
        let bytes = Array(text.utf8)
        guard Glibc.write(file.number, bytes, bytes.count) == bytes.count else { throw .current("write \(path)") }
    }
}
