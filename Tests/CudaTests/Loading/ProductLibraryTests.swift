import Cuda
import TestSupport
import Testing

/// Opening cuBLASLt, against one that is ours.
@Suite(.enabled(if: EmulatedCuda.isAvailable, EmulatedCuda.reason))
struct ProductLibraryTests {
    @Test func `it is found, described, and touches no device`() throws {
        let emulated = try EmulatedCuda()
        emulated.clearLog()
        let library = try CudaPlatform.openProducts(emulated.search, for: nil)
        #expect(library.description.path == emulated.productsPath)
        #expect(library.description.version == "12.9.3")
        #expect(emulated.log.isEmpty)
        let inventory = CudaPlatform.inventory(emulated.search)
        #expect(inventory.products == library.description && inventory.productsRefusal == nil)
        // Nobody looks for it where nobody asked.
        #expect(CudaPlatform.open(emulated.search).inventory.products == nil)
    }

    @Test func `one that is too old or too new says so`() throws {
        let emulated = try EmulatedCuda()
        // 11.6.1, whose digits lay otherwise.
        emulated.set("cublaslt", 11601)
        let old = CudaPlatform.inventory(emulated.search)
        #expect(old.products == nil && old.refusal == nil)
        #expect(
            old.productsRefusal
                == "\(emulated.productsPath): cuBLASLt is older than 12.0, which is needed"
        )
        emulated.set("cublaslt", 130_002)
        let new = CudaPlatform.inventory(emulated.search)
        #expect(
            new.productsRefusal
                == "\(emulated.productsPath): cuBLASLt 13.0.2 is too new for a driver of CUDA 12.8"
        )
        #expect(try CudaPlatform.openProducts(emulated.search, for: nil).description.patch == 2)
    }

    @Test func `what is there and broken is told rather than what is not there`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("no library", to: "lib64/libcublasLt.so.12")
        let home = folder.path
        func refusal(_ names: [String]) -> String {
            let search = LibrarySearch(
                namedProducts: ["libno-such-library.so.1", "libm.so.6"],
                environment: { $0 == "CUDA_HOME" ? home : nil },
                names: { $0 == "\(home)/lib64" ? names : [] }
            )
            return CudaPlatform.inventory(search).productsRefusal ?? ""
        }
        #expect(refusal(["libcublasLt.so.12"]).hasPrefix("\(path): cannot be opened: "))
        #expect(refusal([]) == "libm.so.6: has no cublasLtCreate")
    }
}
