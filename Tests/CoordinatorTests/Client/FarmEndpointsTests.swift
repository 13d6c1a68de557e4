import Coordinator
import Testing

struct FarmEndpointsTests {
    @Test func `the bulk port follows the control port`() {
        #expect(FarmEndpoints.bulk(besides: "tcp://farm:7411") == "tcp://farm:7412")
        #expect(FarmEndpoints.bulk(besides: "tcp://[::1]:1") == "tcp://[::1]:2")
    }

    @Test(arguments: ["ipc:///run/farm", "tcp://farm", "tcp://farm:0", "tcp://farm:65535", ""])
    func `without a port there is none`(control: String) {
        #expect(FarmEndpoints.bulk(besides: control) == nil)
    }
}
