import CFuzzer
import Glibc

/// The program that libFuzzer drives: FUZZ_TARGET names the target, the arguments are libFuzzer's. With `seeds
/// DIRECTORY` as arguments it writes the seeds of all targets, with `list` it prints their names.
@main
enum Driver {
    private static let target: FuzzTarget = {
        let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            fail("FUZZ_TARGET must name one of \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
        }
        return target
    }()

    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 2, arguments[1] == "list" {
            for target in FuzzTarget.all { print(target.name, target.longest) }
        } else if arguments.count == 3, arguments[1] == "seeds" {
            for target in FuzzTarget.all { save(target.seeds(), in: "\(arguments[2])/\(target.name)") }
        } else {
            _ = target
            var count = CommandLine.argc
            var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
            exit(LLVMFuzzerRunDriver(&count, &values) { data, size in Driver.run(data, size) })
        }
    }

    private static func run(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
        let bytes = Array(UnsafeBufferPointer(start: data, count: size))
        do {
            try target.check(bytes)
        } catch {
            fail("finding in \(target.name): \(error.description)")
        }
        return 0
    }

    private static func save(_ seeds: [[UInt8]], in directory: String) {
        for (number, seed) in seeds.enumerated() {
            guard let file = fopen("\(directory)/seed-\(number)", "w") else { fail("cannot write to \(directory)") }
            fwrite(seed, 1, seed.count, file)
            fclose(file)
        }
    }

    private static func fail(_ text: String) -> Never {
        let line = Array("\(text)\n".utf8)
        _ = write(2, line, line.count)
        abort()
    }
}
