package import Models
import Pipelines
import Tensors

/// A clip's pictures for people to look at: rows of frames, one below the other.
package struct SuiteSheet: Sendable {
    /// A file's name without extension.
    package let name: String
    /// What the rows show, from the top.
    package private(set) var rows: [String] = []
    private var tensors: [[HostTensor]] = []
    private let frames: [Int]

    /// - Parameters:
    ///   - test: Its name.
    ///   - clip: The clip's number.
    ///   - frames: Which frames are shown.
    init(_ test: String, clip: Int, frames: [Int]) {
        let number = "\(clip)"
        let zeros = String(repeating: "0", count: max(0, 3 - number.count))
        name = "\(test)-\(zeros)\(number)"
        self.frames = frames
    }

    /// Adds a clip's pictures.
    mutating func add(_ title: String, _ pictures: Pictures) {
        rows.append(title)
        let tensor = pictures.tensor
        tensors.append(frames.map { tensor.slice($0) })
    }

    /// Adds maps `[F, H, W]`, all of a clip between the same extremes.
    mutating func add(_ title: String, maps: HostTensor) {
        rows.append(title)
        let stretched = ContactSheet.stretched(maps)
        tensors.append(frames.map { stretched.slice($0) })
    }

    package var image: RGBImage { ContactSheet.image(tensors) }
}
