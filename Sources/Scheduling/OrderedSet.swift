/// A set that is walked in order, the same way in every run, with logarithmic search.
///
/// Elements lie in sorted runs of bounded length, so an insertion or removal moves a bounded number
/// of them, and first and last are found at once.
package struct OrderedSet<Element: Comparable & Sendable>: Sendable {
    /// None is empty, and all of a run is less than all of the next.
    private var runs: [[Element]] = []
    package private(set) var count = 0

    private static var runLimit: Int { 128 }

    package init() {}

    package var isEmpty: Bool { count == 0 }
    package var first: Element? { runs.first?.first }
    package var last: Element? { runs.last?.last }

    package func contains(_ element: Element) -> Bool {
        let place = firstPlace { $0 >= element }
        return self[place] == element
    }

    /// The least element that is greater than `element`, which need not be in the set.
    package func after(_ element: Element) -> Element? {
        self[firstPlace { $0 > element }]
    }

    /// The greatest element that is less than `element`, which need not be in the set.
    package func before(_ element: Element) -> Element? {
        let place = firstPlace { $0 >= element }
        if place.offset > 0 { return runs[place.run][place.offset - 1] }
        return place.run > 0 ? runs[place.run - 1].last : nil
    }

    /// Adds an element.
    ///
    /// - Parameter element: What is added; nothing happens if it is in the set.
    /// - Returns: Whether it is new.
    @discardableResult
    package mutating func insert(_ element: Element) -> Bool {
        var place = firstPlace { $0 >= element }
        if self[place] == element { return false }
        if place.run == runs.count {
            // Beyond all: the last run takes it, so that ascending insertion fills runs.
            guard let length = runs.last?.count, length < Self.runLimit else {
                runs.append([element])
                count += 1
                return true
            }
            place = Place(run: runs.count - 1, offset: length)
        }
        runs[place.run].insert(element, at: place.offset)
        count += 1
        if runs[place.run].count > Self.runLimit {
            let half = Self.runLimit / 2
            let upper = Array(runs[place.run][half...])
            runs[place.run].removeSubrange(half...)
            runs.insert(upper, at: place.run + 1)
        }
        return true
    }

    /// Takes an element out.
    ///
    /// - Parameter element: What is removed; nothing happens if it is not in the set.
    /// - Returns: Whether it was in the set.
    @discardableResult
    package mutating func remove(_ element: Element) -> Bool {
        let place = firstPlace { $0 >= element }
        guard self[place] == element else { return false }
        runs[place.run].remove(at: place.offset)
        if runs[place.run].isEmpty { runs.remove(at: place.run) }
        count -= 1
        return true
    }

    private struct Place {
        let run: Int
        let offset: Int
    }

    private subscript(place: Place) -> Element? {
        place.run < runs.count ? runs[place.run][place.offset] : nil
    }

    /// Where the first element is for which `condition`, false and then true over them, holds; one
    /// run past the end if there is none.
    private func firstPlace(_ condition: (Element) -> Bool) -> Place {
        let run = Self.partition(runs.count) { condition(runs[$0][runs[$0].count - 1]) }
        guard run < runs.count else { return Place(run: run, offset: 0) }
        let offset = Self.partition(runs[run].count) { condition(runs[run][$0]) }
        return Place(run: run, offset: offset)
    }

    private static func partition(_ count: Int, _ condition: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension OrderedSet: Sequence {
    package struct Iterator: IteratorProtocol {
        fileprivate var base: FlattenSequence<[[Element]]>.Iterator

        package mutating func next() -> Element? { base.next() }
    }

    package func makeIterator() -> Iterator { Iterator(base: runs.joined().makeIterator()) }
}
