internal import NIOCore

/// One connection: bytes in, responses out, with nothing between it and the socket.
///
/// It reads only when all that was read is answered and the client takes its responses, so a client that does not read
/// holds no more memory than one full buffer. All responses to one read leave in one flush.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = IOData

    private enum Phase {
        /// Requests are answered.
        case open
        /// The last response is on its way to the system.
        case ending
        /// All was sent; what the client still sends is dropped, so that it gets to read the last response.
        case lingering(since: NIODeadline, onlyUntilTaken: Bool)
        case closed
    }

    private let loop: LoopState
    private var context: ChannelHandlerContext?
    private var phase = Phase.open
    private var parser: RequestParser
    private var input = ByteBuffer()
    /// How much of the last request's body is still to come.
    private var bodyLeft: UInt64 = 0
    private var inputEnded = false
    private let output = ConnectionOutput()
    private var responses: UInt64 = 0
    private var isAdvancing = false
    /// When the client last began to owe us something: a request's rest, or the next request.
    private var waitingSince = NIODeadline.now()
    private var isInsideRequest = false
    private var progress = WriteProgress()
    /// Whether the node itself is at the other end.
    private var isOwn = false

    init(_ loop: LoopState) {
        self.loop = loop
        parser = RequestParser(loop.settings.requests)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        isOwn = Self.isOwn(context.channel)
        guard loop.add(self, isOwn: isOwn) else {
            phase = .closed
            context.close(promise: nil)
            return
        }
        context.read()
    }

    /// Whether this machine is at both ends.
    private static func isOwn(_ channel: any Channel) -> Bool {
        guard let peer = channel.remoteAddress?.ipAddress else { return false }
        return ["127.0.0.1", "::1", "::ffff:127.0.0.1"].contains(peer) || peer == channel.localAddress?.ipAddress
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        self.context = nil
        loop.remove(self)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open = phase else { return }
        var buffer = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = buffer } else { input.writeBuffer(&buffer) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch phase {
        case .open: advance(context)
        case .lingering: context.read()
        case .ending, .closed: break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .open = phase, context.channel.isWritable { advance(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            inputEnded = true
            switch phase {
            case .open: advance(context)
            case .lingering(_, onlyUntilTaken: false): close(context)
            // It sends no more, and may still read.
            case .lingering(_, onlyUntilTaken: true): break
            case .ending, .closed: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A broken connection is the network's daily bread, not an error of ours.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { close(context) }
}

// Requests.
extension ConnectionHandler {
    private var isOpen: Bool { if case .open = phase { true } else { false } }

    /// Answers all that can be answered, sends it in one flush, and reads on if the client keeps up.
    private func advance(_ context: ChannelHandlerContext) {
        guard !isAdvancing else { return }
        isAdvancing = true
        defer { isAdvancing = false }
        var needsInput = false
        while !needsInput, canAnswer(context) {
            needsInput = answerInput(context)
            if isOpen { output.flush(context) }
        }
        if isOpen, needsInput { awaitInput(context) }
    }

    /// Whether the client may be answered now: it keeps up, and no file is on its way, of which there is one at a time.
    private func canAnswer(_ context: ChannelHandlerContext) -> Bool {
        isOpen && context.channel.isWritable && !output.isSendingFile
    }

    /// Answers the requests in `input` until the client must take some of the responses. True if more input is needed.
    private func answerInput(_ context: ChannelHandlerContext) -> Bool {
        while canAnswer(context) {
            let skipped = Int(min(bodyLeft, UInt64(input.readableBytes)))
            input.moveReaderIndex(forwardBy: skipped)
            bodyLeft -= UInt64(skipped)
            guard bodyLeft == 0, input.readableBytes > 0 else { return true }
            // A copy of the reference: the bytes must not change while they are read.
            let bytes = input
            switch parser.parse(bytes.readableBytesUInt8Span) {
            case .incomplete: return true
            case .refused(let refusal): refuse(refusal, context)
            case .request(let head):
                isInsideRequest = false
                let response = loop.responder.respond(to: head, in: bytes.readableBytesUInt8Span)
                input.moveReaderIndex(forwardBy: head.length)
                send(response, to: head, context)
            }
        }
        return false
    }

    private func send(_ response: Response, to head: RequestHead, _ context: ChannelHandlerContext) {
        let canSkipBody = canSkip(head)
        let keepsAlive = head.keepAlive && canSkipBody && !loop.isClosing
        var line: StaticString?
        if !keepsAlive {
            line = "Connection: close\r\n"
        } else if head.minorVersion == 0 {
            line = "Connection: keep-alive\r\n"
        }
        add(response, line, context)
        if !keepsAlive { end(context, lingers: !canSkipBody || input.readableBytes > 0 || bodyLeft > 0) }
    }

    /// Whether the body can be passed over to reach the next request; notes how much that is.
    private func canSkip(_ head: RequestHead) -> Bool {
        switch head.body {
        case .none: return true
        case .chunked: return false
        case .length(let length):
            // A client that waits for 100 may send the body or leave it: no one knows where the next request begins.
            guard length <= loop.settings.drainedBody, !head.expectsContinue else { return false }
            bodyLeft = length
            return true
        }
    }

    private func refuse(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        add(loop.responder.respond(to: refusal), "Connection: close\r\n", context)
        end(context, lingers: true)
    }

    private func add(_ response: Response, _ connection: StaticString?, _ context: ChannelHandlerContext) {
        responses &+= 1
        loop.counters.countResponse(
            response.head.status, bytes: response.head.bytes.readableBytes + response.bodySize)
        let file = output.add(response, common: loop.commonLines(), connection: connection, to: context)
        guard let file else { return }
        file.assumeIsolated().whenComplete { result in
            self.output.fileEnded(context.channel)
            if case (.success, .open) = (result, self.phase) { self.advance(context) }
        }
    }

    /// All input is answered: asks for more, or ends if there will be none.
    private func awaitInput(_ context: ChannelHandlerContext) {
        guard !inputEnded else { return end(context, lingers: false) }
        if loop.isClosing, isBetweenRequests, responses > 0 { return end(context, lingers: false) }
        let isInside = !isBetweenRequests
        if !isInside || !isInsideRequest { waitingSince = .now() }
        isInsideRequest = isInside
        context.read()
    }

    private var isBetweenRequests: Bool { !parser.hasBegun && bodyLeft == 0 && input.readableBytes == 0 }
}

// Deadlines and the end.
extension ConnectionHandler {
    /// Ends the connection if its client is too slow.
    func checkDeadlines(_ now: NIODeadline) {
        guard let context else { return }
        let deadlines = loop.settings.deadlines
        let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if progress.isStalled(waiting: waiting, written: output.written, now: now, limit: deadlines.write) {
            return timeOut(context)
        }
        switch phase {
        case .open where context.channel.isWritable: checkRequestDeadline(now, waiting: waiting, context)
        case .lingering(let since, onlyUntilTaken: true):
            if !ConnectionEnds.owes(context.channel) || now - since > deadlines.write { close(context) }
        case .lingering(let since, onlyUntilTaken: false) where now - since > deadlines.linger: close(context)
        case .open, .ending, .lingering, .closed: break
        }
    }

    private func checkRequestDeadline(_ now: NIODeadline, waiting: Int, _ context: ChannelHandlerContext) {
        let deadlines = loop.settings.deadlines
        let waited = now - waitingSince
        if isInsideRequest {
            guard waited > deadlines.head else { return }
            loop.counters.countTimeout()
            // A body that does not come has had its response already.
            if bodyLeft > 0 { return end(context, lingers: false) }
            refuse(.timeout, context)
        } else if responses == 0 {
            if waited > (loop.isClosing ? min(deadlines.freshWhenStopping, deadlines.head) : deadlines.head) {
                timeOut(context)
            }
        } else if waiting == 0, waited > deadlines.idle {
            close(context)
        }
    }

    private func timeOut(_ context: ChannelHandlerContext) {
        loop.counters.countTimeout()
        close(context)
    }

    /// Whether a request or a response is under way. What the node asks itself does not count.
    var isBusy: Bool {
        guard !isOwn, let context else { return false }
        switch phase {
        case .closed: return false
        case .ending: return true
        case .lingering: return ConnectionEnds.owes(context.channel)
        case .open:
            let waiting = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
            return !isBetweenRequests || output.isSendingFile || waiting > 0
                // Many idle connections are looked at otherwise; nobody waits for them then.
                || (loop.isClosing && ConnectionEnds.owes(context.channel))
        }
    }

    /// The server stops: an idle connection ends, any other one with its next response.
    func stop() {
        guard let context, isOpen, responses > 0, isBetweenRequests else { return }
        end(context, lingers: false)
    }

    /// The server can't wait any longer.
    func abort() {
        if let context { close(context) }
    }

    /// Ends the connection when all responses are sent. With unread input, closing at once would make the system tell
    /// the client to forget what it has not read of the response yet: then only the sending side is closed first.
    private func end(_ context: ChannelHandlerContext, lingers: Bool) {
        guard isOpen else { return }
        phase = .ending
        input = ByteBuffer()
        output.end(context).assumeIsolated().whenComplete { _ in
            guard case .ending = self.phase else { return }
            // The system has it all, the client not yet: who waits for the requests in flight waits for that.
            let isTaken = !self.loop.isClosing || !ConnectionEnds.owes(context.channel)
            guard lingers || !isTaken, !self.inputEnded || !isTaken else { return self.close(context) }
            self.phase = .lingering(since: .now(), onlyUntilTaken: !isTaken)
            context.close(mode: .output, promise: nil)
            context.read()
        }
    }

    private func close(_ context: ChannelHandlerContext) {
        if case .closed = phase { return }
        phase = .closed
        context.close(promise: nil)
    }
}
