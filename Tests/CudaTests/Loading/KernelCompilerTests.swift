import Cuda
import Testing

private enum FoundCompiler {
    static let compiler = try? CudaPlatform.openCompiler(.system)
}

/// The kernels through the vendor's compiler, where it is: `CUDA_HOME`, a toolkit, or the wheel
/// nvidia-cuda-nvrtc in an active environment. It needs no device.
@Suite(.enabled(if: FoundCompiler.compiler != nil, "NVRTC is not on this machine"))
struct KernelCompilerTests {
    @Test(
        arguments: CudaPrecision.allCases,
        ["sm_80", "sm_89", "sm_90a", "sm_100"]
    )
    func `every kernel compiles`(_ precision: CudaPrecision, _ architecture: String) throws {
        let compiler = try #require(FoundCompiler.compiler)
        // Blackwell is unknown to compilers before 12.8.
        if architecture == "sm_100", !compiler.architectures.contains(100) { return }
        let code = try compiler.compile(
            Kernel.source,
            architecture: architecture,
            options: Kernel.options(precision)
        )
        // Names stand in the code's table of symbols.
        #expect(code.starts(with: [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L")]))
        let text = String(decoding: code, as: UTF8.self)
        for kernel in Kernel.all(in: precision) {
            #expect(text.contains(".text.\(kernel.rawValue)"), "\(kernel.rawValue)")
        }
    }

    @Test func `portable code is a text`() throws {
        let compiler = try #require(FoundCompiler.compiler)
        let source = "extern \"C\" __global__ void nothing() {}"
        let code = try compiler.compile(source, for: .portable(80), options: [])
        #expect(String(decoding: code, as: UTF8.self).contains(".target sm_80"))
    }

    @Test func `what does not compile is told with the place`() throws {
        let compiler = try #require(FoundCompiler.compiler)
        let error = #expect(throws: CudaError.self) {
            try compiler.compile("__global__ void f() { g(); }", for: .machineCode(80), options: [])
        }
        #expect(error?.reason == .compilation)
        #expect(error?.description.contains("weft.cu(1)") == true)
    }
}
