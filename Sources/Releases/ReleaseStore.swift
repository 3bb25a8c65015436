internal import Synchronization

// Releases: which there are, which is active, which may go.
extension ObjectStore {
    static let activeLimit = UInt64(rememberedReleases * 65)

    /// Stores a manifest, unless it is there already. Its objects should be in the store by now.
    @discardableResult
    public func keep(_ manifest: Manifest) throws(StoreError) -> ReleaseID {
        let encoded = manifest.encoded
        let id = ReleaseID(Digest256(hashing: encoded))
        let file = "releases/\(id)"
        // One that can't be read is written anew.
        if (try? directory.read(file, limit: UInt64(encoded.count))) == encoded { return id }
        try directory.replace(file, in: "releases", with: encoded)
        return id
    }

    /// The manifest of a release, checked against its name.
    public func manifest(_ id: ReleaseID) throws(StoreError) -> Manifest {
        guard let text = try directory.read("releases/\(id)", limit: UInt64(Manifest.maximumEncodedBytes)) else {
            throw .releaseMissing(id)
        }
        guard Digest256(hashing: text) == id.digest else { throw .releaseDamaged(id) }
        do { return try Manifest(decoding: text) } catch { throw .releaseDamaged(id) }
    }

    /// All releases in the store, in the order of their IDs.
    public var releases: [ReleaseID] {
        get throws(StoreError) { try directory.names(in: "releases").compactMap { ReleaseID($0) } }
    }

    /// The active release; nil if there was none yet.
    public var active: ReleaseID? {
        get throws(StoreError) { try history.first }
    }

    /// The active release and those that were active before it, the latest first, each once.
    public var history: [ReleaseID] {
        get throws(StoreError) {
            guard let text = try directory.read("active", limit: Self.activeLimit) else { return [] }
            var releases: [ReleaseID] = []
            for line in text.split(separator: UInt8(ascii: "\n")) {
                guard let digest = Digest256(hexadecimal: line) else { throw .fileDamaged(path: path + "/active") }
                releases.append(ReleaseID(digest))
            }
            guard !releases.isEmpty, text.last == UInt8(ascii: "\n") else {
                throw .fileDamaged(path: path + "/active")
            }
            return releases
        }
    }

    /// Makes a release in the store the active one. Does nothing if it is.
    public func activate(_ id: ReleaseID) throws(StoreError) {
        try directory.activation.withLock { _ throws(StoreError) in
            _ = try manifest(id)
            let history = try intactHistory()
            guard history.first != id else { return }
            let remembered = ([id] + history.filter { $0 != id }).prefix(Self.rememberedReleases)
            try directory.replace("active", in: ".", with: Array(remembered.map { "\($0)\n" }.joined().utf8))
        }
    }

    /// The history; empty if its file is damaged, for then a new activation must repair it.
    func intactHistory() throws(StoreError) -> [ReleaseID] {
        do { return try history } catch {
            if case .fileDamaged = error { return [] }
            throw error
        }
    }
}

/// What ``ObjectStore/removeUnreferenced(keeping:)`` removed.
public struct RemovedContent: Sendable, Equatable {
    /// How many manifests.
    public var releases = 0
    /// How many objects.
    public var objects = 0
    /// How many bytes of objects.
    public var bytes: UInt64 = 0
}

// Garbage collection.
extension ObjectStore {
    /// Removes all releases but these and the active one, and all objects that none of those that stay names.
    ///
    /// If the manifest of one that stays is damaged, nothing is removed. Descriptors that are open stay readable.
    /// Objects that were put but are in no kept manifest yet go, too: keep the manifest first, or use
    /// ``importAndActivate(_:keepingPrevious:)``, which can't meet with this.
    @discardableResult
    public func removeUnreferenced(keeping releases: [ReleaseID]) throws(StoreError) -> RemovedContent {
        try directory.releases.withLock { _ throws(StoreError) in try removeUnreferencedLocked(keeping: releases) }
    }

    /// The same for a caller that holds the lock on releases.
    func removeUnreferencedLocked(keeping wanted: [ReleaseID]) throws(StoreError) -> RemovedContent {
        try directory.activation.withLock { _ throws(StoreError) in try removeAll(but: wanted) }
    }

    private func removeAll(but wanted: [ReleaseID]) throws(StoreError) -> RemovedContent {
        let present = try releases
        var kept = Set(wanted)
        if let active = try active { kept.insert(active) }
        var referenced: Set<ObjectID> = []
        for id in present where kept.contains(id) {
            for entry in try manifest(id).entries { referenced.insert(entry.object) }
        }
        var removed = RemovedContent()
        // Manifests first: a crash in between leaves objects too many, never a release with objects missing.
        for id in present where !kept.contains(id) {
            try directory.remove("releases/\(id)")
            removed.releases += 1
        }
        if removed.releases > 0 { try directory.syncDirectory("releases") }
        for shard in try directory.names(in: "objects") {
            for rest in try directory.names(in: "objects/" + shard) {
                guard let id = ObjectID(shard + rest), !referenced.contains(id) else { continue }
                removed.bytes += try size(of: id) ?? 0
                try directory.remove(Self.file(of: id))
                removed.objects += 1
            }
        }
        return removed
    }
}
