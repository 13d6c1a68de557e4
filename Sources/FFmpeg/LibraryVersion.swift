import CFFmpeg

/// Version of the libavcodec that is linked, such as `59.37.100`.
package func avcodecVersionText() -> String {
    let version = avcodec_version()
    return "\(version >> 16).\((version >> 8) & 0xFF).\(version & 0xFF)"
}
