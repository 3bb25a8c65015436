import Testing

@testable import Releases

struct MediaTypesTests {
    @Test(
        "a file's type follows from its extension",
        arguments: [
            ("index.html", "text/html; charset=utf-8"), ("a/b.css", "text/css; charset=utf-8"),
            ("app.mjs", "text/javascript; charset=utf-8"), ("app.js.map", "application/json"),
            ("x.wasm", "application/wasm"), ("x.avif", "image/avif"), ("x.webp", "image/webp"),
            ("x.woff2", "font/woff2"), ("site.webmanifest", "application/manifest+json"),
            ("README.md", "text/markdown; charset=utf-8"), ("PHOTO.JPG", "image/jpeg"),
            ("x.svg", "image/svg+xml; charset=utf-8"),
            ("x.tar.gz", "application/gzip"), ("x", MediaTypes.unknown), ("x.", MediaTypes.unknown),
            ("dir.html/x", MediaTypes.unknown), ("x.unheardof", MediaTypes.unknown), ("", MediaTypes.unknown),
        ])
    func types(path: String, type: String) { #expect(MediaTypes.type(of: path) == type) }

    @Test("each row of the table is a lower-case extension and a well-formed type")
    func wellFormed() {
        #expect(MediaTypes.table.count >= 80)
        for (key, value) in MediaTypes.table {
            #expect(key.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }, "\(key)")
            let parts = value.split(separator: ";", maxSplits: 1)
            #expect(parts[0].split(separator: "/").count == 2, "\(value)")
            if parts.count == 2 { #expect(parts[1] == " charset=utf-8") }
            if value.hasPrefix("text/") { #expect(parts.count == 2, "\(value)") }
        }
    }
}
