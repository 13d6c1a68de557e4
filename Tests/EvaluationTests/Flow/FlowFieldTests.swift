import Evaluation
import Tensors
import Testing

struct FlowFieldTests {
    @Test func `the mean length is of vectors, not of components`() {
        let flow = FlowField(width: 2, height: 1, u: [3, 0], v: [-4, 0])
        #expect(flow.meanLength == 2.5)
    }

    @Test func `truth is taken apart frame by frame`() {
        let flow = HostTensor((0..<16).map { Float($0) }, [2, 2, 2, 2])
        let visibility = HostTensor([1, 0, 1, 1, 0, 1, 1, 1], [2, 2, 2])
        let truth = MaskedFlow.truth(flow: flow, visibility: visibility)
        #expect(truth.count == 2)
        #expect(truth[1].flow.u == [8, 10, 12, 14])
        #expect(truth[1].flow.v == [9, 11, 13, 15])
        #expect(truth[0].isSeen == [true, false, true, true])
    }
}
