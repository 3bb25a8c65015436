internal import Glibc
internal import NIOCore

/// Puts responses on a channel: small ones are gathered into one buffer, so that many go out in one system call.
///
/// A class, for the channel may call back while it takes what is written.
final class ConnectionOutput {
    /// Bodies up to this size are copied behind their head: cheaper than one more element of a vectored write.
    private static let copiedBody = 16 << 10
    /// The gathered bytes are handed to the channel at this size at the latest.
    private static let gathered = 32 << 10

    private var buffer = ByteBuffer()
    /// How many bytes were handed to the channel.
    private(set) var written: UInt64 = 0
    /// Whether a file is on its way. At most one is: each holds a descriptor, however few of its bytes are asked for.
    private(set) var isSendingFile = false

    /// Adds a response. `connection` is its last line, if it needs one.
    ///
    /// For a file, the result comes when it has been sent; ``fileEnded(_:)`` must be called then.
    func add(
        _ response: Response, common: ByteBuffer, connection: StaticString?, to context: ChannelHandlerContext
    ) -> EventLoopFuture<Void>? {
        buffer.writeImmutableBuffer(response.head.bytes)
        buffer.writeImmutableBuffer(common)
        if let connection { buffer.writeStaticString(connection) }
        buffer.writeStaticString("\r\n")
        switch response.body {
        case .none: break
        case .memory(let body) where body.readableBytes <= Self.copiedBody: buffer.writeImmutableBuffer(body)
        case .memory(let body):
            write(to: context)
            written += UInt64(body.readableBytes)
            context.write(NIOAny(IOData.byteBuffer(body)), promise: nil)
        case .file(let file, let range): return add(file, range, to: context)
        }
        if buffer.readableBytes >= Self.gathered { write(to: context) }
        return nil
    }

    /// A head and its file leave in full packets: the socket is corked until the file's last byte is with the system.
    private func add(
        _ file: OpenFile, _ range: Range<Int>, to context: ChannelHandlerContext
    ) -> EventLoopFuture<Void> {
        isSendingFile = true
        Self.cork(true, context.channel)
        write(to: context)
        written += UInt64(range.count)
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.write(NIOAny(IOData.fileRegion(file.region(range))), promise: promise)
        // The closure holds the file open.
        return promise.futureResult.always { _ in withExtendedLifetime(file) {} }
    }

    /// A file has been sent.
    func fileEnded(_ channel: any Channel) {
        isSendingFile = false
        Self.cork(false, channel)
    }

    private static func cork(_ on: Bool, _ channel: any Channel) {
        let option = ChannelOptions.Types.SocketOption(
            level: .tcp, name: NIOBSDSocket.Option(rawValue: TCP_CORK))
        // It fails on a connection that has just ended, where nothing depends on it.
        try? channel.syncOptions?.setOption(option, value: on ? 1 : 0)
    }

    /// Hands what was gathered to the channel.
    private func write(to context: ChannelHandlerContext) {
        guard buffer.readableBytes > 0 else { return }
        written += UInt64(buffer.readableBytes)
        context.write(NIOAny(IOData.byteBuffer(buffer)), promise: nil)
        buffer = ByteBuffer()
    }

    /// Sends all.
    func flush(_ context: ChannelHandlerContext) {
        guard buffer.readableBytes > 0 else {
            context.flush()
            return
        }
        written += UInt64(buffer.readableBytes)
        context.writeAndFlush(NIOAny(IOData.byteBuffer(buffer)), promise: nil)
        // The storage is used again if the system took all of it; a large one is not kept for an idle connection.
        if buffer.capacity > 4 << 10 { buffer = ByteBuffer() } else { buffer.clear() }
    }

    /// Sends all; the result comes when the system has taken the last byte.
    func end(_ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        write(to: context)
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: promise)
        return promise.futureResult
    }
}
