/// Which parts of a growing region of memory are in use: offsets only, no memory.
///
/// A block goes into the smallest hole that holds it, the lowest of several, and only then behind
/// the last block; holes that touch become one. Unlike free lists by size, memory that a wide layer
/// gave back then serves two narrow ones.
package struct RegionPlan: Hashable, Sendable {
    /// First offset behind the last block.
    package private(set) var end = 0
    /// Between blocks, by offset, never touching one another nor the end.
    package private(set) var holes: [Range<Int>] = []

    package init() {}

    /// Finds a place.
    ///
    /// - Parameter count: At least 1.
    /// - Returns: The block's first offset.
    package mutating func take(_ count: Int) -> Int {
        precondition(count > 0, "a block of \(count)")
        let fitting = holes.indices.filter { holes[$0].count >= count }
        guard let index = fitting.min(by: { holes[$0].count < holes[$1].count }) else {
            end += count
            return end - count
        }
        let hole = holes[index]
        if hole.count == count {
            holes.remove(at: index)
        } else {
            holes[index] = hole.lowerBound + count..<hole.upperBound
        }
        return hole.lowerBound
    }

    /// Takes back a block that `take` gave.
    package mutating func give(_ block: Range<Int>) {
        var low = 0
        var high = holes.count
        while low < high {
            let middle = (low + high) / 2
            if holes[middle].lowerBound < block.lowerBound {
                low = middle + 1
            } else {
                high = middle
            }
        }
        var hole = block
        if low < holes.count, holes[low].lowerBound == hole.upperBound {
            hole = hole.lowerBound..<holes[low].upperBound
            holes.remove(at: low)
        }
        if low > 0, holes[low - 1].upperBound == hole.lowerBound {
            hole = holes[low - 1].lowerBound..<hole.upperBound
            holes.remove(at: low - 1)
            low -= 1
        }
        if hole.upperBound == end {
            end = hole.lowerBound
        } else {
            holes.insert(hole, at: low)
        }
    }
}
