import Glibc

/// Standard error as a person's screen, if it is one.
struct Terminal {
    let columns: Int
    let isColoured: Bool

    /// Nil if standard error is a file or a pipe, or the terminal cannot move its cursor.
    init?() {
        guard isatty(STDERR_FILENO) == 1, Environment.value("TERM") != "dumb" else { return nil }
        var size = winsize()
        let isKnown = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
        columns = isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80
        isColoured = Environment.value("NO_COLOR") == nil
    }
}
