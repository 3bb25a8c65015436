import Glibc
import Synchronization

/// GPIO chips that exist only in memory. The C functions in `FakeGpiod.swift` stand in for libgpiod's and show these.
struct FakeGPIO {
    struct Chip {
        var label: String
        var names: [Int: String] = [:]
        var busy: Set<Int> = []
        var isForbidden = false
        /// The level of each line that someone holds.
        var held: [Int: Bool] = [:]
        /// Every level that a line has been given, in order; the last is what the pin shows.
        var history: [Int: [Bool]] = [:]
    }

    /// By the path of the device file.
    var chips: [String: Chip] = [:]
    var openChips = 0

    static let shared = Mutex(FakeGPIO())

    /// The chip at a place in the order of paths, which is what the fake's pointers say.
    private var paths: [String] { chips.keys.sorted() }

    func place(of path: String) -> Int? { paths.firstIndex(of: path) }

    mutating func with<Value>(_ place: Int, _ body: (inout Chip) -> Value) -> Value? {
        guard paths.indices.contains(place), var chip = chips[paths[place]] else { return nil }
        let value = body(&chip)
        chips[paths[place]] = chip
        return value
    }

    /// Takes a line at a level: 0, or the error number.
    mutating func request(_ place: Int, _ offset: Int, _ level: Bool) -> Int32 {
        let code = with(place) { chip -> Int32 in
            guard !chip.busy.contains(offset), chip.held[offset] == nil else { return EBUSY }
            chip.held[offset] = level
            chip.history[offset, default: []].append(level)
            return 0
        }
        return code ?? ENODEV
    }

    mutating func set(_ place: Int, _ offset: Int, _ level: Bool) -> Bool {
        with(place) { chip in
            guard chip.held[offset] != nil else { return false }
            chip.held[offset] = level
            chip.history[offset, default: []].append(level)
            return true
        } ?? false
    }

    mutating func release(_ place: Int, _ offset: Int) { _ = with(place) { $0.held[offset] = nil } }
}
