/// A ledger that cannot be used.
package struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        /// The file is no ledger of ours.
        case foreign
        /// It is of a later version of the program.
        case newer(version: Int)
        /// It has contents that no ledger has.
        case damaged(String)
        case unreadable(String)
        /// A commit failed. What is on the disk is not known; nothing may be told to anybody, and
        /// the process has to end and start from what it finds.
        case commitFailed(String)
    }

    package let code: Code
    package let path: String

    init(_ code: Code, _ path: String) {
        self.code = code
        self.path = path
    }

    package var description: String {
        switch code {
        case .foreign: "\(path) is no ledger of weft"
        case .newer(let version):
            "the ledger \(path) has schema \(version), this program knows up to "
                + "\(LedgerSchema.version): start the newer weft, or restore a backup"
        case .damaged(let reason):
            "the ledger \(path) is damaged (\(reason)): restore it from a backup"
        case .unreadable(let reason): "cannot open the ledger \(path): \(reason)"
        case .commitFailed(let reason): "cannot write the ledger \(path): \(reason)"
        }
    }
}
