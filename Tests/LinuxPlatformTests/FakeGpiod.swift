import Glibc
import Synchronization

// The functions of libgpiod that the shim calls, of both its interfaces, over `FakeGPIO`. The test's own executable is
// searched before libraries, so these take the place of the library's, whichever version is installed.
//
// A chip's pointer is its place plus one; a line's is that, shifted, with the offset plus one below.

private func pointer(_ number: Int) -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: number) }
private func chip(_ pointer: UnsafeMutableRawPointer) -> Int { Int(bitPattern: pointer) - 1 }
private func line(_ place: Int, _ offset: Int) -> UnsafeMutableRawPointer? {
    pointer((place + 1) << 16 | (offset + 1))
}
private func parts(_ line: UnsafeMutableRawPointer) -> (place: Int, offset: Int) {
    (Int(bitPattern: line) >> 16 - 1, Int(bitPattern: line) & 0xFFFF - 1)
}
private func result(_ code: Int32) -> Int32 {
    guard code != 0 else { return 0 }
    errno = code
    return -1
}
private func offset(of name: UnsafePointer<CChar>, on place: Int) -> Int? {
    let name = String(cString: name)
    return FakeGPIO.shared.withLock { $0.with(place) { chip in chip.names.first { $0.value == name }?.key } ?? nil }
}
/// The label, in memory that is never given back: the real one lives as long as the chip.
private func label(_ place: Int) -> UnsafeMutablePointer<CChar>? {
    strdup(FakeGPIO.shared.withLock { $0.with(place) { $0.label } } ?? "")
}

@_cdecl("gpiod_chip_open") func fakeChipOpen(_ path: UnsafePointer<CChar>) -> UnsafeMutableRawPointer? {
    let path = String(cString: path)
    let (place, isForbidden) = FakeGPIO.shared.withLock { gpio -> (Int?, Bool) in
        let isForbidden = gpio.chips[path]?.isForbidden ?? false
        if gpio.chips[path] != nil && !isForbidden { gpio.openChips += 1 }
        return (gpio.place(of: path), isForbidden)
    }
    errno = isForbidden ? EACCES : ENOENT
    return isForbidden ? nil : place.flatMap { pointer($0 + 1) }
}

@_cdecl("gpiod_chip_close") func fakeChipClose(_ chip: UnsafeMutableRawPointer) {
    FakeGPIO.shared.withLock { $0.openChips -= 1 }
}

// MARK: Version 1

@_cdecl("gpiod_chip_label") func fakeChipLabel(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<CChar>? {
    label(chip(pointer))
}

@_cdecl("gpiod_chip_find_line") func fakeFindLine(
    _ pointer: UnsafeMutableRawPointer, _ name: UnsafePointer<CChar>
) -> UnsafeMutableRawPointer? { offset(of: name, on: chip(pointer)).flatMap { line(chip(pointer), $0) } }

@_cdecl("gpiod_chip_get_line") func fakeGetLine(
    _ pointer: UnsafeMutableRawPointer, _ offset: UInt32
) -> UnsafeMutableRawPointer? { line(chip(pointer), Int(offset)) }

@_cdecl("gpiod_line_offset") func fakeLineOffset(_ line: UnsafeMutableRawPointer) -> UInt32 {
    UInt32(parts(line).offset)
}

@_cdecl("gpiod_line_request_output") func fakeRequestOutput(
    _ line: UnsafeMutableRawPointer, _ consumer: UnsafePointer<CChar>, _ level: Int32
) -> Int32 { result(FakeGPIO.shared.withLock { $0.request(parts(line).place, parts(line).offset, level != 0) }) }

@_cdecl("gpiod_line_set_value") func fakeSetValue(_ line: UnsafeMutableRawPointer, _ level: Int32) -> Int32 {
    FakeGPIO.shared.withLock { $0.set(parts(line).place, parts(line).offset, level != 0) } ? 0 : result(EPERM)
}

@_cdecl("gpiod_line_release") func fakeLineRelease(_ line: UnsafeMutableRawPointer) {
    FakeGPIO.shared.withLock { $0.release(parts(line).place, parts(line).offset) }
}

// MARK: Version 2

@_cdecl("gpiod_chip_get_line_offset_from_name") func fakeOffset(
    _ pointer: UnsafeMutableRawPointer, _ name: UnsafePointer<CChar>
) -> Int32 { offset(of: name, on: chip(pointer)).map(Int32.init) ?? result(ENOENT) }

@_cdecl("gpiod_chip_get_info") func fakeInfo(_ chip: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? { chip }

@_cdecl("gpiod_chip_info_get_label") func fakeInfoLabel(
    _ info: UnsafeMutableRawPointer
) -> UnsafeMutablePointer<CChar>? { label(chip(info)) }

@_cdecl("gpiod_chip_info_free") func fakeInfoFree(_ info: UnsafeMutableRawPointer) {}

/// One line's settings as they travel through version 2's objects: direction, level, offset.
private func cells() -> UnsafeMutableRawPointer? { UnsafeMutableRawPointer(calloc(3, MemoryLayout<Int>.size)) }
private func cell(_ object: UnsafeMutableRawPointer, _ index: Int) -> UnsafeMutablePointer<Int> {
    object.assumingMemoryBound(to: Int.self) + index
}

@_cdecl("gpiod_line_settings_new") func fakeSettings() -> UnsafeMutableRawPointer? { cells() }
@_cdecl("gpiod_line_settings_free") func fakeSettingsFree(_ settings: UnsafeMutableRawPointer) { free(settings) }
@_cdecl("gpiod_line_config_new") func fakeConfig() -> UnsafeMutableRawPointer? { cells() }
@_cdecl("gpiod_line_config_free") func fakeConfigFree(_ config: UnsafeMutableRawPointer) { free(config) }
@_cdecl("gpiod_request_config_new") func fakeRequestConfig() -> UnsafeMutableRawPointer? { cells() }
@_cdecl("gpiod_request_config_free") func fakeRequestConfigFree(_ config: UnsafeMutableRawPointer) { free(config) }
@_cdecl("gpiod_request_config_set_consumer") func fakeConsumer(
    _ config: UnsafeMutableRawPointer, _ name: UnsafePointer<CChar>
) {}

@_cdecl("gpiod_line_settings_set_direction") func fakeDirection(
    _ settings: UnsafeMutableRawPointer, _ direction: Int32
) -> Int32 {
    cell(settings, 0).pointee = Int(direction)
    return 0
}

@_cdecl("gpiod_line_settings_set_output_value") func fakeOutputValue(
    _ settings: UnsafeMutableRawPointer, _ level: Int32
) -> Int32 {
    cell(settings, 1).pointee = Int(level)
    return 0
}

@_cdecl("gpiod_line_config_add_line_settings") func fakeAddSettings(
    _ config: UnsafeMutableRawPointer, _ offsets: UnsafePointer<UInt32>, _ count: Int,
    _ settings: UnsafeMutableRawPointer
) -> Int32 {
    cell(config, 0).pointee = cell(settings, 0).pointee
    cell(config, 1).pointee = cell(settings, 1).pointee
    cell(config, 2).pointee = Int(offsets[0])
    return count == 1 ? 0 : result(EINVAL)
}

@_cdecl("gpiod_chip_request_lines") func fakeRequestLines(
    _ pointer: UnsafeMutableRawPointer, _ request: UnsafeMutableRawPointer, _ config: UnsafeMutableRawPointer
) -> UnsafeMutableRawPointer? {
    let (direction, level, offset) = (cell(config, 0).pointee, cell(config, 1).pointee, cell(config, 2).pointee)
    // GPIOD_LINE_DIRECTION_OUTPUT is 3.
    let code = direction == 3 ? FakeGPIO.shared.withLock { $0.request(chip(pointer), offset, level != 0) } : EINVAL
    return result(code) == 0 ? line(chip(pointer), offset) : nil
}

@_cdecl("gpiod_line_request_set_value") func fakeRequestSetValue(
    _ request: UnsafeMutableRawPointer, _ offset: UInt32, _ level: Int32
) -> Int32 {
    FakeGPIO.shared.withLock { $0.set(parts(request).place, Int(offset), level != 0) } ? 0 : result(EPERM)
}

@_cdecl("gpiod_line_request_release") func fakeRequestRelease(_ request: UnsafeMutableRawPointer) {
    fakeLineRelease(request)
}
