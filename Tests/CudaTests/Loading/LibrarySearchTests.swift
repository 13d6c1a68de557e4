import Cuda
import Testing

struct LibrarySearchTests {
    private func search(
        _ environment: [String: String],
        _ folders: [String: [String]]
    ) -> LibrarySearch {
        LibrarySearch(environment: { environment[$0] }, names: { folders[$0] ?? [] })
    }

    @Test func `without anything the system is asked`() {
        let bare = search([:], [:])
        #expect(bare.drivers == ["libcuda.so.1"])
        #expect(bare.compilers == ["libnvrtc.so.13", "libnvrtc.so.12"])
    }

    @Test func `what somebody chose comes first, what is usual last`() {
        let found = search(
            ["CUDA_HOME": "/tools/cuda", "VIRTUAL_ENV": "/venv", "HOME": "/me"],
            [
                "/tools/cuda/lib64": ["libnvrtc.so.12", "libcudart.so.12"],
                "/venv/lib": ["python3.11", "other"],
                "/venv/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib": ["libnvrtc.so.12"],
                "/venv/lib/python3.11/site-packages/nvidia/cu13/lib": ["libnvrtc.so.13"],
                "/usr/local": ["bin", "cuda-12.4", "cuda-12.10", "cuda-11.8"],
                "/usr/local/cuda-12.4/lib64": ["libnvrtc.so.12"],
                "/usr/local/cuda-12.10/lib64": ["libnvrtc.so.12"],
                "/me/.local/lib": ["python3.12"],
                "/me/.local/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib": [
                    "libnvrtc.so.12"
                ],
            ]
        )
        #expect(
            found.compilers == [
                "/tools/cuda/lib64/libnvrtc.so.12",
                "/venv/lib/python3.11/site-packages/nvidia/cu13/lib/libnvrtc.so.13",
                "/venv/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
                "libnvrtc.so.13", "libnvrtc.so.12",
                "/usr/local/cuda-12.10/lib64/libnvrtc.so.12",
                "/usr/local/cuda-12.4/lib64/libnvrtc.so.12",
                "/me/.local/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
            ]
        )
    }

    @Test func `cuBLASLt is looked for in the same places, and in its own wheel`() {
        let found = search(
            ["CUDA_HOME": "/tools/cuda", "VIRTUAL_ENV": "/venv"],
            [
                "/tools/cuda/lib64": ["libnvrtc.so.12", "libcublasLt.so.12", "libcublas.so.12"],
                "/venv/lib": ["python3.11"],
                "/venv/lib/python3.11/site-packages/nvidia/cublas/lib": ["libcublasLt.so.12"],
                "/venv/lib/python3.11/site-packages/nvidia/cu13/lib": ["libcublasLt.so.13"],
                "/venv/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib": ["libnvrtc.so.12"],
                "/usr/local": ["cuda-12.4"],
                "/usr/local/cuda-12.4/lib64": ["libcublasLt.so.12"],
            ]
        )
        #expect(
            found.products == [
                "/tools/cuda/lib64/libcublasLt.so.12",
                "/venv/lib/python3.11/site-packages/nvidia/cu13/lib/libcublasLt.so.13",
                "/venv/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.12",
                "libcublasLt.so.13", "libcublasLt.so.12",
                "/usr/local/cuda-12.4/lib64/libcublasLt.so.12",
            ]
        )
    }

    @Test func `an empty variable is as good as none`() {
        #expect(search(["CUDA_HOME": ""], ["/lib64": ["libnvrtc.so.12"]]).compilers.count == 2)
    }
}
