/// The version of this software.
public enum BrambleVersion {
    /// `0.1.0`.
    public static let current = "0.1.0"
}
