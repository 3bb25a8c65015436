/// What a file is, told by the extension of its name.
public enum MediaTypes {
    /// The type of a file whose extension is not in the table.
    public static let unknown = "application/octet-stream"

    /// The value for `Content-Type` of the file at `path`. Text is UTF-8.
    public static func type(of path: String) -> String {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return unknown }
        let lowered = name[name.index(after: dot)...].map { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
        return table[String(decoding: lowered, as: UTF8.self)] ?? unknown
    }

    /// Extension to type, from the IANA registry of media types and, for scripts, RFC 9239.
    static let table: [String: String] = [
        // Text.
        "html": "text/html; charset=utf-8",
        "htm": "text/html; charset=utf-8",
        "xhtml": "application/xhtml+xml; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8",
        "cjs": "text/javascript; charset=utf-8",
        "txt": "text/plain; charset=utf-8",
        "text": "text/plain; charset=utf-8",
        "log": "text/plain; charset=utf-8",
        "conf": "text/plain; charset=utf-8",
        "ini": "text/plain; charset=utf-8",
        "asc": "text/plain; charset=utf-8",
        "md": "text/markdown; charset=utf-8",
        "markdown": "text/markdown; charset=utf-8",
        "csv": "text/csv; charset=utf-8",
        "tsv": "text/tab-separated-values; charset=utf-8",
        "ics": "text/calendar; charset=utf-8",
        "vcf": "text/vcard; charset=utf-8",
        "vtt": "text/vtt; charset=utf-8",
        "srt": "text/plain; charset=utf-8",
        // Data.
        "json": "application/json",
        "map": "application/json",
        "geojson": "application/geo+json",
        "jsonld": "application/ld+json",
        "webmanifest": "application/manifest+json",
        "xml": "text/xml; charset=utf-8",
        "xsl": "text/xml; charset=utf-8",
        "rss": "application/rss+xml; charset=utf-8",
        "atom": "application/atom+xml; charset=utf-8",
        "gpx": "application/gpx+xml; charset=utf-8",
        "kml": "application/vnd.google-earth.kml+xml; charset=utf-8",
        "yaml": "application/yaml",
        "yml": "application/yaml",
        "toml": "application/toml",
        "wasm": "application/wasm",
        // Images.
        "svg": "image/svg+xml; charset=utf-8",
        "png": "image/png",
        "apng": "image/apng",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
        "jxl": "image/jxl",
        "gif": "image/gif",
        "webp": "image/webp",
        "avif": "image/avif",
        "heic": "image/heic",
        "ico": "image/vnd.microsoft.icon",
        "bmp": "image/bmp",
        "tif": "image/tiff",
        "tiff": "image/tiff",
        // Fonts.
        "woff": "font/woff",
        "woff2": "font/woff2",
        "ttf": "font/ttf",
        "otf": "font/otf",
        "ttc": "font/collection",
        "eot": "application/vnd.ms-fontobject",
        // Sound and film.
        "mp3": "audio/mpeg",
        "m4a": "audio/mp4",
        "aac": "audio/aac",
        "oga": "audio/ogg",
        "ogg": "audio/ogg",
        "opus": "audio/ogg",
        "wav": "audio/wav",
        "flac": "audio/flac",
        "weba": "audio/webm",
        "mid": "audio/midi",
        "mp4": "video/mp4",
        "m4v": "video/mp4",
        "webm": "video/webm",
        "ogv": "video/ogg",
        "mov": "video/quicktime",
        "mkv": "video/matroska",
        "avi": "video/vnd.avi",
        "mpeg": "video/mpeg",
        "m3u8": "application/vnd.apple.mpegurl",
        "mpd": "application/dash+xml",
        // Documents and archives.
        "pdf": "application/pdf",
        "epub": "application/epub+zip",
        "rtf": "application/rtf",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt": "application/vnd.oasis.opendocument.text",
        "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "odp": "application/vnd.oasis.opendocument.presentation",
        "zip": "application/zip",
        "gz": "application/gzip",
        "tgz": "application/gzip",
        "zst": "application/zstd",
        "xz": "application/x-xz",
        "bz2": "application/x-bzip2",
        "7z": "application/x-7z-compressed",
        "tar": "application/x-tar",
        "glb": "model/gltf-binary",
        "gltf": "model/gltf+json",
        "stl": "model/stl",
    ]
}
