/// NVRTC: turns the kernels' sources into code for a device, without any device.
@safe package final class KernelCompiler: Sendable {
    private typealias Program = OpaquePointer?
    private typealias Texts = UnsafePointer<UnsafePointer<CChar>?>?

    @safe private struct Functions: Sendable {
        let version:
            @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Int32
        let architectureCount: @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
        let architectures: @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
        let create:
            @convention(c) (
                UnsafeMutablePointer<Program>, UnsafePointer<CChar>, UnsafePointer<CChar>, Int32,
                Texts, Texts
            ) -> Int32
        let destroy: @convention(c) (UnsafeMutablePointer<Program>) -> Int32
        let compile: @convention(c) (Program, Int32, Texts) -> Int32
        let logSize: @convention(c) (Program, UnsafeMutablePointer<Int>) -> Int32
        let log: @convention(c) (Program, UnsafeMutablePointer<CChar>) -> Int32
        let machineCodeSize: @convention(c) (Program, UnsafeMutablePointer<Int>) -> Int32
        let machineCode: @convention(c) (Program, UnsafeMutablePointer<CChar>) -> Int32
        let portableSize: @convention(c) (Program, UnsafeMutablePointer<Int>) -> Int32
        let portable: @convention(c) (Program, UnsafeMutablePointer<CChar>) -> Int32
        let errorText: @convention(c) (Int32) -> UnsafePointer<CChar>?

        init(_ library: LoadedLibrary) throws(CudaError) {
            func find<Function>(_ name: String) throws(CudaError) -> Function {
                try library.function(name, as: Function.self)
            }
            unsafe version = try find("nvrtcVersion")
            unsafe architectureCount = try find("nvrtcGetNumSupportedArchs")
            unsafe architectures = try find("nvrtcGetSupportedArchs")
            unsafe create = try find("nvrtcCreateProgram")
            unsafe destroy = try find("nvrtcDestroyProgram")
            unsafe compile = try find("nvrtcCompileProgram")
            unsafe logSize = try find("nvrtcGetProgramLogSize")
            unsafe log = try find("nvrtcGetProgramLog")
            unsafe machineCodeSize = try find("nvrtcGetCUBINSize")
            unsafe machineCode = try find("nvrtcGetCUBIN")
            unsafe portableSize = try find("nvrtcGetPTXSize")
            unsafe portable = try find("nvrtcGetPTX")
            unsafe errorText = try find("nvrtcGetErrorString")
        }
    }

    package let description: CudaInventory.Library
    /// Architectures that it makes code for, such as 80 and 90.
    package let architectures: [Int]
    private let functions: Functions

    /// Opens the library.
    ///
    /// - Throws: `CudaError` if it cannot be opened or lacks a function.
    package init(_ path: String) throws(CudaError) {
        let library = try LoadedLibrary(path)
        let functions = try Functions(library)
        self.functions = functions
        var (major, minor, count): (Int32, Int32, Int32) = (0, 0, 0)
        guard unsafe functions.version(&major, &minor) == 0,
            unsafe functions.architectureCount(&count) == 0, count > 0
        else { throw CudaError(.library, "\(path): does not tell its version") }
        var known = [Int32](repeating: 0, count: Int(count))
        guard unsafe functions.architectures(&known) == 0 else {
            throw CudaError(.library, "\(path): does not tell its architectures")
        }
        description = CudaInventory.Library(path: path, major: Int(major), minor: Int(minor))
        architectures = known.map { Int($0) }
    }

    /// Compiles one text.
    ///
    /// - Parameters:
    ///   - source: The text.
    ///   - target: What for.
    ///   - options: Options beside the target's, such as `--define-macro=A=1`.
    /// - Returns: Code that the driver loads.
    /// - Throws: `CudaError` with the compiler's log.
    package func compile(
        _ source: String,
        for target: KernelTarget,
        options: [String]
    ) throws(CudaError) -> [UInt8] {
        try compile(source, ["--gpu-architecture=\(target.name)"] + options, target)
    }

    /// The same for an architecture with a suffix, such as `sm_90a`: machine code of it alone.
    package func compile(
        _ source: String,
        architecture: String,
        options: [String]
    ) throws(CudaError) -> [UInt8] {
        try compile(source, ["--gpu-architecture=\(architecture)"] + options, .machineCode(0))
    }

    private func compile(
        _ source: String,
        _ options: [String],
        _ target: KernelTarget
    ) throws(CudaError) -> [UInt8] {
        var program: Program = nil
        try check(
            unsafe functions.create(&program, source, "weft.cu", 0, nil, nil),
            "nvrtcCreateProgram"
        )
        defer { _ = unsafe functions.destroy(&program) }
        let texts = options.map { Array($0.utf8CString) }
        let code = unsafe withPointers(texts[...], []) { pointers in
            unsafe pointers.withUnsafeBufferPointer {
                unsafe functions.compile(program, Int32($0.count), $0.baseAddress)
            }
        }
        guard code == 0 else {
            let log = unsafe self.log(of: program)
            let words = unsafe functions.errorText(code).map { unsafe String(cString: $0) } ?? ""
            throw CudaError(.compilation, "\(description.path): \(words):\n\(log)")
        }
        switch target {
        case .machineCode:
            return unsafe try result(of: program, functions.machineCodeSize, functions.machineCode)
        case .portable:
            return unsafe try result(of: program, functions.portableSize, functions.portable)
        }
    }

    /// Lends addresses of all texts at once.
    private func withPointers(
        _ texts: ArraySlice<[CChar]>,
        _ pointers: [UnsafePointer<CChar>?],
        _ body: ([UnsafePointer<CChar>?]) -> Int32
    ) -> Int32 {
        guard let first = texts.first else { return unsafe body(pointers) }
        return unsafe first.withUnsafeBufferPointer { text in
            unsafe withPointers(texts.dropFirst(), pointers + [text.baseAddress], body)
        }
    }

    private func result(
        of program: Program,
        _ size: @convention(c) (Program, UnsafeMutablePointer<Int>) -> Int32,
        _ contents: @convention(c) (Program, UnsafeMutablePointer<CChar>) -> Int32
    ) throws(CudaError) -> [UInt8] {
        var count = 0
        try check(unsafe size(program, &count), "size of the code")
        var bytes = [CChar](repeating: 0, count: count)
        try check(unsafe contents(program, &bytes), "the code")
        return bytes.map { UInt8(bitPattern: $0) }
    }

    private func log(of program: Program) -> String {
        var count = 0
        guard unsafe functions.logSize(program, &count) == 0, count > 0 else { return "" }
        var text = [CChar](repeating: 0, count: count)
        guard unsafe functions.log(program, &text) == 0 else { return "" }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func check(_ code: Int32, _ what: String) throws(CudaError) {
        guard code != 0 else { return }
        let words = unsafe functions.errorText(code).map { unsafe String(cString: $0) } ?? ""
        throw CudaError(.compilation, "\(description.path): \(what): \(words)")
    }
}
