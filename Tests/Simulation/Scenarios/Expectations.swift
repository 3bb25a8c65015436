import Testing
import Wire

@testable import Simulator

extension SimulatedNetwork {
    /// What to print when a scenario went wrong.
    var report: Comment { Comment(rawValue: account) }
}

/// What scenarios ask of networks of whole nodes.
extension SimulatedNetwork where Host == NodeHost {
    /// The one host that is Active; nil, and a failed test, if there is none or more than one.
    func leader(_ location: SourceLocation = #_sourceLocation) throws -> HostID {
        #expect(active.count == 1, report, sourceLocation: location)
        return try #require(active.first, sourceLocation: location)
    }

    /// All is as it should be: one holder, one cluster of all hosts, and no promise was broken.
    func expectOneCluster(_ location: SourceLocation = #_sourceLocation) {
        #expect(active.count == 1, report, sourceLocation: location)
        for id in hosts { #expect(clusterView(of: id).count == hosts.count, report, sourceLocation: location) }
        expectNoViolation(location)
    }

    func expectNoViolation(_ location: SourceLocation = #_sourceLocation) {
        #expect(violations.isEmpty, report, sourceLocation: location)
    }
}
