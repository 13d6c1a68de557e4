/// Where the parts of a farm find each other.
package enum FarmEndpoints {
    /// The bulk endpoint of a coordinator that listens on the port after its control port.
    ///
    /// - Returns: Nil for anything but `tcp://HOST:PORT`, or for the last port.
    package static func bulk(besides control: String) -> String? {
        guard control.hasPrefix("tcp://"), let colon = control.lastIndex(of: ":"),
            let port = UInt16(control[control.index(after: colon)...]), port > 0, port < .max
        else { return nil }
        return "\(control[..<colon]):\(port + 1)"
    }
}
