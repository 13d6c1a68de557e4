import Evaluation
import Tensors
import Testing

struct PictureQualityTests {
    @Test func `an error of a tenth of the range is 20 dB, none 100`() {
        let original = HostTensor([-1, 0, 0.5, 0.8], [4])
        let found = HostTensor(original.values.map { $0 + 0.2 }, [4])
        #expect(abs(PictureQuality.psnr(found, original) - 20) < 1e-4)
        #expect(PictureQuality.psnr(original, original) == 100)
    }

    @Test func `what is beyond the range is clamped first`() {
        let original = HostTensor([-1, 1], [2])
        #expect(PictureQuality.psnr(HostTensor([-3, 5], [2]), original) == 100)
    }

    @Test func `clips have the quality of all their frames together`() {
        let clip = TestClips.clip(2) { _, _, _ in 100 }
        let other = TestClips.clip(2) { frame, _, _ in frame == 0 ? 100 : 110 }
        // A mean squared difference of 50 of 255²: 31.14 dB.
        #expect(abs(PictureQuality.psnr(other, clip) - 31.14) < 0.01)
        #expect(PictureQuality.psnr(clip, clip) == 100)
    }
}
