import Tensors

/// The model that comes with the program.
///
/// It is found from where the executable is, never from where it was built, so that a copy of both
/// works anywhere.
package enum ShippedModel {
    /// What people call it, and its folder.
    package static let name = "weft-small"
    /// The file without which a folder is no model.
    private static let index = "model_index.json"

    /// Folders where it may be, in the order in which they are looked at.
    ///
    /// - Parameter executable: The program's file, absolute, links followed.
    /// - Returns: Beside the program as the build leaves it, then where it is installed.
    package static func places(besides executable: String) -> [String] {
        let slash = executable.lastIndex(of: "/") ?? executable.startIndex
        let folder = executable[..<slash]
        let above = folder.lastIndex(of: "/").map { folder[..<$0] }
        return ["\(folder)/weft_ShippedModel.resources/\(name)"]
            + (above.map { ["\($0)/share/weft/\(name)"] } ?? [])
    }

    /// The first place where it is.
    ///
    /// - Parameters:
    ///   - executable: The program's file, absolute, links followed.
    ///   - isFile: Whether there is a file of that path.
    /// - Returns: A folder that has an index; whether it is sound is for its reader to find out.
    /// - Throws: `ShippedModelError` with the places if it is in none.
    package static func folder(
        besides executable: String,
        isFile: (String) -> Bool
    ) throws(ShippedModelError) -> String {
        let places = places(besides: executable)
        guard let place = places.first(where: { isFile("\($0)/\(index)") }) else {
            throw ShippedModelError(places: places)
        }
        return place
    }

    /// Where it is for this process.
    ///
    /// - Throws: `ShippedModelError` if it is nowhere, `FileError` if the system does not say where
    ///   the program is.
    package static func folder() throws -> String {
        try folder(besides: SystemFile.target(ofLink: "/proc/self/exe")) { path in
            (try? SystemFile.status(of: path))?.isRegular == true
        }
    }
}

/// A program without its model.
package struct ShippedModelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it was looked for.
    package let places: [String]

    package init(places: [String]) {
        self.places = places
    }

    package var description: String {
        "\(ShippedModel.name), the model that comes with weft, is neither at "
            + places.joined(separator: " nor at ")
            + "; install it there or choose another with --model"
    }
}
