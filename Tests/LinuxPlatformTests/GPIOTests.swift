import Glibc
import Synchronization
import Testing

@testable import LinuxPlatform

/// One after the other: the fake has one set of chips.
@Suite("Status lights on GPIO lines", .serialized)
struct GPIOTests {
    private static let names = [3: "bramble-green", 5: "bramble-yellow", 9: "bramble-red"]

    /// Makes the device files and chips, and takes the chips away again when `body` is done.
    private func withChips(_ chips: [String: FakeGPIO.Chip], _ body: (String) throws -> Void) throws {
        let devices = try TemporaryDirectory()
        for name in chips.keys { try devices.make(name, "") }
        FakeGPIO.shared.withLock { gpio in
            gpio = FakeGPIO()
            for (name, chip) in chips { gpio.chips["\(devices.path)/\(name)"] = chip }
        }
        defer { FakeGPIO.shared.withLock { $0 = FakeGPIO() } }
        try body(devices.path)
    }

    private func chip(_ path: String, _ name: String) throws -> FakeGPIO.Chip {
        try #require(FakeGPIO.shared.withLock { $0.chips["\(path)/\(name)"] })
    }

    @Test(
        "lines are found by name, whatever the chip's number, and preferred to the Pi's offsets",
        arguments: [GPIOLights.Search.names, .namesOrNumbers])
    func byName(search: GPIOLights.Search) throws {
        let chips = [
            "gpiochip0": FakeGPIO.Chip(label: "pinctrl-bcm2711"),
            "gpiochip7": FakeGPIO.Chip(label: "expander", names: Self.names),
        ]
        try withChips(chips) { path in
            do {
                let lights = try GPIOLights(search, devices: path)
                try lights.set(green: true, yellow: false, red: true, act: true)
                #expect(try chip(path, "gpiochip7").held == [3: true, 5: false, 9: true])
                try lights.set(green: true, yellow: true, red: false, act: true)
                #expect(try chip(path, "gpiochip7").held == [3: true, 5: true, 9: false])
            }
            let after = try chip(path, "gpiochip7")
            #expect(after.held.isEmpty)
            #expect(after.history.mapValues(\.last) == [3: false, 5: false, 9: false], "dark when let go")
            #expect(after.history[3] == [false, true, false], "a level that stays is not set again")
            #expect(try chip(path, "gpiochip0").history.isEmpty)
            #expect(FakeGPIO.shared.withLock(\.openChips) == 0)
        }
    }

    @Test(
        "without names, the Pi's chip is known by its label",
        arguments: ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"])
    func byLabel(label: String) throws {
        let chips = [
            "gpiochip0": FakeGPIO.Chip(label: "raspberrypi-exp-gpio"), "gpiochip4": FakeGPIO.Chip(label: label),
        ]
        try withChips(chips) { path in
            let lights = try GPIOLights(.namesOrNumbers, devices: path)
            try lights.set(green: false, yellow: true, red: false, act: false)
            #expect(try chip(path, "gpiochip4").held == [17: false, 27: true, 22: false])
        }
    }

    @Test(
        "where only names count, a Pi's pins that no overlay names are left alone",
        arguments: ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"])
    func unnamed(label: String) throws {
        let other = [17: "GPIO17", 27: "GPIO27", 22: "GPIO22"]
        try withChips(["gpiochip0": FakeGPIO.Chip(label: label, names: other)]) { path in
            let error = #expect(throws: SystemError.self) { try GPIOLights(.names, devices: path) }
            #expect(error?.code == ENOENT)
            #expect(error?.advice == "No GPIO chip has a line of this name.")
            let after = try chip(path, "gpiochip0")
            #expect(after.history.isEmpty)
        }
    }

    @Test("where only names count, a name that is missing gives back what was taken before")
    func partlyNamed() throws {
        let some = Self.names.filter { $0.value != "bramble-red" }
        try withChips(["gpiochip0": FakeGPIO.Chip(label: "pinctrl-rp1", names: some)]) { path in
            let error = #expect(throws: SystemError.self) { try GPIOLights(.names, devices: path) }
            #expect(error?.call == "take the GPIO line bramble-red")
            let after = try chip(path, "gpiochip0")
            #expect(after.held.isEmpty)
            #expect(after.history[22] == nil)
        }
    }

    @Test("a line that another driver holds is named, and what was taken before is given back")
    func busy() throws {
        try withChips(["gpiochip0": FakeGPIO.Chip(label: "x", names: Self.names, busy: [9])]) { path in
            let error = #expect(throws: SystemError.self) { try GPIOLights(.namesOrNumbers, devices: path) }
            #expect(error?.code == EBUSY)
            #expect(error?.call == "take the GPIO line bramble-red")
            let after = try chip(path, "gpiochip0")
            #expect(after.held.isEmpty)
            #expect(FakeGPIO.shared.withLock(\.openChips) == 0)
        }
    }

    @Test("a chip that may not be opened is a missing permission, and no chip at all a missing chip")
    func refusals() throws {
        try withChips(["gpiochip0": FakeGPIO.Chip(label: "pinctrl-rp1", isForbidden: true)]) { path in
            let error = #expect(throws: SystemError.self) { try GPIOLights(.namesOrNumbers, devices: path) }
            #expect(error?.code == EACCES)
            #expect(error?.advice?.contains("group gpio") == true)
        }
        try withChips(["gpiochip0": FakeGPIO.Chip(label: "something else")]) { path in
            let error = #expect(throws: SystemError.self) { try GPIOLights(.namesOrNumbers, devices: path) }
            #expect(error?.code == ENOENT)
            #expect(error?.call == "take the GPIO line bramble-green")
        }
    }
}
