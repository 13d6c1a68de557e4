import Tensors
import Testing

struct ShapeTests {
    @Test func `counts and axes follow the extents`() {
        let shape: Shape = [2, 3, 5]
        #expect(shape.rank == 3 && shape.count == 30)
        #expect(shape[0] == 2 && shape[2] == 5 && shape[-1] == 5 && shape[-3] == 2)
        #expect(Shape([]).count == 1 && Shape([4, 0, 7]).count == 0)
        #expect(shape.description == "[2, 3, 5]")
    }

    @Test func `a negative extent is a programmer's error`() async {
        await #expect(processExitsWith: .failure) { _ = Shape([2, -1]) }
    }
}
