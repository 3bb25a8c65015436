import Glibc
import Testing

@testable import LinuxPlatform

@Suite("Status lights")
struct LightTests {
    private static let triggers = "none kbd-scrolllock [mmc0] timer\n"

    @Test("the ACT light is taken, lit to its full brightness, and given back", arguments: ["ACT", "led0"])
    func activity(name: String) throws {
        let leds = try TemporaryDirectory()
        try leds.make("\(name)/trigger", Self.triggers)
        try leds.make("\(name)/brightness", "255")
        try leds.make("\(name)/max_brightness", "255\n")
        do {
            let light = try ActivityLight(directory: leds.path)
            #expect(try leds.text(of: "\(name)/trigger") == "none")
            #expect(try leds.text(of: "\(name)/brightness") == "0")
            try light.set(green: false, yellow: false, red: false, act: true)
            #expect(try leds.text(of: "\(name)/brightness") == "255")
            try light.set(green: true, yellow: true, red: true, act: false)
            #expect(try leds.text(of: "\(name)/brightness") == "0")
            try light.set(green: true, yellow: true, red: true, act: true)
        }
        #expect(try leds.text(of: "\(name)/trigger") == "mmc0")
        #expect(try leds.text(of: "\(name)/brightness") == "0")
    }

    @Test("a level that is as it was is not written again")
    func unchanged() throws {
        let leds = try TemporaryDirectory()
        for (file, text) in [("trigger", Self.triggers), ("brightness", "0"), ("max_brightness", "1")] {
            try leds.make("ACT/\(file)", text)
        }
        let light = try ActivityLight(directory: leds.path)
        try light.set(green: false, yellow: false, red: false, act: true)
        try leds.make("ACT/brightness", "untouched")
        try light.set(green: true, yellow: false, red: false, act: true)
        #expect(try leds.text(of: "ACT/brightness") == "untouched")
    }

    @Test("a machine without an ACT light says so")
    func noActivityLight() throws {
        let leds = try TemporaryDirectory()
        let error = #expect(throws: SystemError.self) { try ActivityLight(directory: leds.path) }
        #expect(error?.code == ENOENT)
    }

    @Test("a machine without GPIO says which line it looked for",
        .enabled(if: access("/dev/gpiochip0", F_OK) != 0, "this machine has GPIO"))
    func noGPIO() {
        let error = #expect(throws: SystemError.self) { try GPIOLights() }
        #expect(error?.code == ENOENT)
        #expect(error?.call == "take the GPIO line bramble-green")
    }

    @Test("a terminal shows a dot for each lit lamp and a ring for each dark one, once for each change")
    func terminal() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let reading = Descriptor(owning: ends[0])
        let writing = Descriptor(owning: ends[1])
        let lights = TerminalLights(descriptor: writing.number)
        for _ in 0..<3 { try lights.set(green: true, yellow: false, red: false, act: true) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(reading.number, &buffer, buffer.count)
        #expect(
            String(decoding: buffer.prefix(count), as: UTF8.self)
                == "\r\u{1B}[92m● \u{1B}[90m○ \u{1B}[90m○ \u{1B}[97m●\u{1B}[0m\u{1B}[K")
    }
}
