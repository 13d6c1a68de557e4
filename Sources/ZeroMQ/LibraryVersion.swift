import CZeroMQ

/// Version of the libzmq that is linked, such as `4.3.4`.
package func zeroMQVersion() -> String {
    zeroMQVersionNumbers().map(String.init).joined(separator: ".")
}

func zeroMQVersionNumbers() -> [Int] {
    var major: Int32 = 0
    var minor: Int32 = 0
    var patch: Int32 = 0
    unsafe zmq_version(&major, &minor, &patch)
    return [Int(major), Int(minor), Int(patch)]
}

/// Whether a version has no known hole that a stranger can reach: from 4.3.3 on (CVE-2019-13132,
/// CVE-2020-15166, CVE-2021-20235 and others are mended).
package func isSafeZeroMQ(_ numbers: [Int]) -> Bool {
    !numbers.lexicographicallyPrecedes([4, 3, 3])
}
