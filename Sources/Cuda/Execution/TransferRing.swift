/// Where in a ring of bytes pieces lie on their way: which place the next one gets, and which piece
/// has to have left before it.
package struct TransferRing {
    /// A place for a piece.
    package struct Place: Hashable {
        package let offset: Int
        /// Counts from 0.
        package let number: Int
        /// This piece, and with it all before it, must have left; nil if the place is free.
        package let awaited: Int?
    }

    private struct Piece {
        let range: Range<Int>
        let number: Int
    }

    /// Pieces begin at multiples of this.
    private static let granule = 256

    package let capacity: Int
    package let most: Int
    /// Perhaps still on their way, the oldest first.
    private var pieces: [Piece] = []
    private var next = 0
    private var count = 0

    /// - Parameters:
    ///   - capacity: Bytes of the ring.
    ///   - most: Pieces that may be on their way.
    package init(capacity: Int, most: Int) {
        precondition(capacity > 0 && most > 0, "a ring of \(capacity) bytes, \(most) pieces")
        self.capacity = capacity
        self.most = most
    }

    /// Gives the next piece its place.
    ///
    /// - Parameter byteCount: At least 1, at most `capacity`.
    /// - Returns: The place, and what to wait for before it is written to.
    package mutating func take(_ byteCount: Int) -> Place {
        precondition(byteCount > 0 && byteCount <= capacity, "\(byteCount) of \(capacity) bytes")
        if next + byteCount > capacity { next = 0 }
        let range = next..<next + byteCount
        var leaving = pieces.lastIndex { $0.range.overlaps(range) }
        if leaving == nil, pieces.count == most { leaving = 0 }
        let awaited = leaving.map { pieces[$0].number }
        if let leaving { pieces.removeFirst(leaving + 1) }
        let number = count
        pieces.append(Piece(range: range, number: number))
        count += 1
        next = (range.upperBound + Self.granule - 1) / Self.granule * Self.granule
        return Place(offset: range.lowerBound, number: number, awaited: awaited)
    }
}
