/// Which files of a folder are for validation alone.
///
/// About every tenth, by a hash of its name from the folder on: on which side a file is does not
/// depend on what else is there. Videos and pictures, with a caption and without, are shared out
/// each by themselves; of two files of a kind or more, one at least is held out and one at least is
/// not.
package enum HeldOutFiles {
    private static let divisor: UInt64 = 10

    private struct Kind: Hashable {
        let isVideo: Bool
        let hasCaption: Bool
    }

    /// Places among `items`.
    package static func places(of items: [MediaFolder.Item]) -> Set<Int> {
        let kinds = Dictionary(grouping: items.indices) { index in
            Kind(isVideo: items[index].isVideo, hasCaption: items[index].caption != nil)
        }
        return kinds.values.reduce(into: []) { places, kind in
            let hashes = kind.map { index in
                var hash = ContentHash()
                hash.add(items[index].name)
                return hash.value
            }
            places.formUnion(chosen(among: hashes).map { kind[$0] })
        }
    }

    /// Which of some hashes are held out.
    package static func chosen(among hashes: [UInt64]) -> [Int] {
        let order = hashes.indices.sorted { (hashes[$0], $0) < (hashes[$1], $1) }
        guard order.count > 1 else { return [] }
        let chosen = order.filter { hashes[$0] % divisor == 0 }
        if chosen.isEmpty { return [order[0]] }
        return chosen.count == order.count ? Array(order.dropLast()) : chosen
    }
}
