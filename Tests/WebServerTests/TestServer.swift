import Glibc
import Logging
import NIOPosix
import Releases
import Synchronization
import Wire

@testable import WebServer

/// A server on 127.0.0.1 with a site of its own, for one test.
final class TestServer: Sendable {
    let site: ServedSite
    let running: RunningServer
    let store: ObjectStore
    private let isStopped = Mutex(false)

    init(site: ServedSite, running: RunningServer, store: ObjectStore) {
        self.site = site
        self.running = running
        self.store = store
    }

    /// Stops the server, once.
    func stop(within limit: Duration) async {
        let isFirst = isStopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        if isFirst { await running.stop(within: limit) }
    }

    var port: UInt16 { running.addresses.first?.port ?? 0 }
    var openConnections: Int { running.counters.openConnections }

    /// Runs `body` with a server that serves these files.
    static func with(
        files: [String: [UInt8]]? = ["index.html": Array("home".utf8)],
        memory: ServedSite.MemoryBudget = .init(),
        configure: (inout HTTPServer.Configuration) -> Void = { _ in },
        endpoints: NodeEndpoints = .test(),
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var template = Array("/tmp/bramble-web-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Unexpected() }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { removeTree(directory) }
        let store = try ObjectStore(directory: directory)
        let site = ServedSite(memory: memory)
        if let files { try activate(files, store, site) }
        var configuration = HTTPServer.Configuration()
        configuration.port = 0
        configuration.addresses = [.v4(0x7F00_0001)]
        configuration.threads = 2
        configure(&configuration)
        let running = try await RunningServer.start(
            configuration, site: site, endpoints: endpoints, logger: silent)
        let server = TestServer(site: site, running: running, store: store)
        do {
            try await body(server)
        } catch {
            await server.stop(within: .zero)
            throw error
        }
        await server.stop(within: .zero)
    }

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func activate(_ files: [String: [UInt8]], _ store: ObjectStore, _ site: ServedSite) throws {
        let entries = try files.map { path, content in
            Manifest.Entry(path: path, object: try store.put(content), size: UInt64(content.count))
        }
        try site.activate(try Manifest(entries: entries), from: store)
    }

    /// Runs `work` with a connection, on a thread where it may block.
    func client<Result: Sendable>(
        receiveBuffer: Int32? = nil, stranger: Bool = false, _ work: @escaping @Sendable (Client) throws -> Result
    ) async throws -> Result {
        let port = port
        return try await Client.blocking {
            try work(try Client(port: port, receiveBuffer: receiveBuffer, stranger: stranger))
        }
    }

    /// The response to one request on a connection of its own.
    func get(_ target: String, method: String = "GET", _ fields: [String] = []) async throws -> Reply {
        try await client { client in
            client.send("\(method) \(target) HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n")
            return try client.reply(hasBody: method != "HEAD")
        }
    }
}

extension NodeEndpoints {
    static func test(serving: Bool = true, leader: Bool = false) -> NodeEndpoints {
        NodeEndpoints(
            nodeName: "pi <1>", health: { (serving, serving ? "serving" : "draining") }, isLeader: { leader },
            isBackup: { !leader }, metrics: { "bramble_test 1\n" }, status: { Array("{\"node\":1}".utf8) })
    }
}

/// A response as the client saw it.
struct Reply: Sendable {
    var status = 0
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// A blocking connection, so that a test decides to the byte what is sent and read.
final class Client: Sendable {
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        return pool
    }()

    private let socket: Int32
    /// What came and was not asked for yet.
    private let unread = Mutex<[UInt8]>([])

    /// Runs `work`, which may block, on a thread where that holds up no one.
    static func blocking<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.runIfActive(work)
    }

    /// Connects to 127.0.0.1. A `stranger` comes from 127.0.0.2, as from another machine.
    init(port: UInt16, receiveBuffer: Int32? = nil, stranger: Bool = false) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if stranger { guard Self.call(bind, socket, 0x7F00_0002, 0) else { throw Unexpected() } }
        guard Self.call(connect, socket, 0x7F00_0001, port) else { throw Unexpected() }
    }

    private static func call(
        _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ socket: Int32, _ ip: UInt32, _ port: UInt16
    ) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = ip.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                function(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    deinit { close(socket) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    func endSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// False at the end, or when nothing came for 30 seconds.
    private func receive(into received: inout [UInt8]) -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &piece, piece.count, 0)
        guard count > 0 else { return false }
        received += piece[..<count]
        return true
    }

    /// All that comes until the server ends the connection; nil if it does not.
    func rest() -> [UInt8]? {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        var received = unread.withLock { $0 }
        unread.withLock { $0 = [] }
        while true {
            let count = recv(socket, &piece, piece.count, 0)
            if count == 0 { break }
            if count < 0, errno == EAGAIN { return nil }
            if count < 0 { break }
            received += piece[..<count]
        }
        return received
    }

    /// The next response.
    func reply(hasBody: Bool = true) throws -> Reply {
        var received = unread.withLock { $0 }
        defer { unread.withLock { $0 = received } }
        var searched = 0
        var end: Int?
        while end == nil {
            let last = max(searched, received.count - 3)
            end = (searched..<last).first { received[$0..<$0 + 4].elementsEqual([13, 10, 13, 10]) }
            searched = last
            if end == nil, !receive(into: &received) { throw Unexpected() }
        }
        guard let end else { throw Unexpected() }
        var reply = Reply()
        let lines = String(decoding: received[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Unexpected()
        }
        reply.status = status
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Unexpected() }
            reply.fields.append((String(line[..<colon]), String(line[colon...].dropFirst(2))))
        }
        received.removeFirst(end + 4)
        let length = hasBody && status != 204 && status != 304 ? Int(reply["Content-Length"] ?? "") ?? -1 : 0
        guard length >= 0 else { throw Unexpected() }
        while received.count < length { guard receive(into: &received) else { throw Unexpected() } }
        reply.body = Array(received[..<length])
        received.removeFirst(length)
        return reply
    }
}

/// Removes a directory of two levels of directories and the files in them.
func removeTree(_ path: String) {
    if let stream = opendir(path) {
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { removeTree(path + "/" + name) }
        }
        closedir(stream)
    }
    remove(path)
}

/// Bytes that tell their place.
func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8 ^ $0 >> 16) } }
