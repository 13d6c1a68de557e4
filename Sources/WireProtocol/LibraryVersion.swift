import CProtobuf

/// Version of the libprotobuf-c that is linked, such as `1.4.1`.
package func protobufVersionText() -> String {
    unsafe String(cString: weft_protobuf_version())
}
