import Glibc

/// A shared library that was opened while the program ran.
///
/// It stays open for the rest of the process: a driver does not survive being closed.
@safe package final class LoadedLibrary: Sendable {
    /// As it was asked for: a path, or a name that the system's loader found.
    package let path: String
    private let handle: UInt

    /// Opens a library.
    ///
    /// - Parameter path: A path, or a name to be found by the system's loader.
    /// - Throws: `CudaError` with the loader's words.
    package init(_ path: String) throws(CudaError) {
        guard let handle = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let words = unsafe dlerror().map { unsafe String(cString: $0) } ?? "unknown error"
            // The loader's words begin with the name, too.
            let name = "\(path): "
            let reason = words.hasPrefix(name) ? words.dropFirst(name.count) : words[...]
            throw CudaError(.library, "\(name)cannot be opened: \(reason)")
        }
        self.path = path
        self.handle = UInt(bitPattern: handle)
    }

    /// A function of the library under its C type.
    ///
    /// - Throws: `CudaError` if the library has no such symbol.
    func function<Function>(_ name: String, as type: Function.Type) throws(CudaError) -> Function {
        let handle = unsafe UnsafeMutableRawPointer(bitPattern: handle)
        guard let symbol = unsafe dlsym(handle, name) else {
            throw CudaError(.library, "\(path): has no \(name)")
        }
        return unsafe unsafeBitCast(symbol, to: type)
    }
}
