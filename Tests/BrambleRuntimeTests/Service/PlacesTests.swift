import LinuxPlatform
import Logging
import Testing

@testable import BrambleRuntime

struct PlacesTests {
    private static func write(_ directory: String, port: UInt16) throws -> ConfigurationFile {
        let path = directory + "/bramble.toml"
        let text = """
            [cluster]
            key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            port = \(port)
            [node]
            data = "\(directory)/data"
            control = "\(directory)/control.sock"
            """
        try TestFiles.write(text, to: path)
        return ConfigurationFile(path)
    }

    private static func obstacle(_ file: ConfigurationFile) -> Obstacle? {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        do throws(Obstacle) {
            _ = try Plan(file, threshold: LogThreshold(), logger: logger)
            return nil
        } catch {
            return error
        }
    }

    @Test("a start that finds its UDP port taken leaves nothing on the disk")
    func takenPort() throws {
        let place = try TemporaryDirectory()
        defer { withExtendedLifetime(place) {} }
        let directory = place.path
        let taken = try GossipSocket(port: 0)
        let file = try Self.write(directory, port: taken.port)
        let obstacle = try #require(Self.obstacle(file))
        #expect(obstacle.problems.contains { $0.contains("UDP port \(taken.port)") })
        #expect(obstacle.reading == file.read())
        #expect(TestFiles.list(directory) == ["bramble.toml"])
    }

    @Test("a start that finds its control socket taken leaves nothing on the disk")
    func takenSocket() throws {
        let place = try TemporaryDirectory()
        defer { withExtendedLifetime(place) {} }
        let directory = place.path
        let free = try GossipSocket(port: 0).port
        let file = try Self.write(directory, port: free)
        let taken = try UnixListener(path: directory + "/control.sock")
        let obstacle = try #require(Self.obstacle(file))
        #expect(obstacle.problems.contains { $0.contains("control.sock") })
        #expect(TestFiles.list(directory) == ["bramble.toml", "control.sock"])
        withExtendedLifetime(taken) {}
    }

    @Test("an edit between the failure and the wait is noticed", .timeLimit(.minutes(1)))
    func editInBetween() async throws {
        let file = ConfigurationFile("/nonexistent/bramble.toml")
        let earlier = Configuration.read("", file: "bramble.toml", hostName: "pi")
        let watch = ObstacleWatch(Obstacle(earlier), file: file)
        try await watch.run()
        #expect(watch.isGone)
    }
}
