import CZeroMQ

/// Version of the libzmq that is linked, such as `4.3.4`.
package func zeroMQVersion() -> String {
    var major: Int32 = 0
    var minor: Int32 = 0
    var patch: Int32 = 0
    unsafe zmq_version(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
}
