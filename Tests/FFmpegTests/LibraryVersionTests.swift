import FFmpeg
import Testing

struct LibraryVersionTests {
    @Test func `the version is the installed library's`() {
        let parts = avcodecVersionText().split(separator: ".").compactMap { Int($0) }
        #expect(parts.count == 3 && parts[0] >= 59)
    }
}
