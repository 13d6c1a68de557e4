import Testing
import Worker

struct ModelPathTests {
    @Test func `names are looked for in the worker's folder of models`() throws {
        for root in ["/srv/models", "/srv/models/"] {
            let path = ModelPath(root)
            #expect(try path.resolve("gen1") == "/srv/models/gen1")
            #expect(try path.resolve("/srv/models/a/b") == "/srv/models/a/b")
        }
        #expect(try ModelPath(nil).resolve("/any/where") == "/any/where")
    }

    @Test(arguments: [
        "/etc", "/srv/models", "/srv/modelsx/a", "../secrets", "a/../../b", "/srv/models/../x",
    ])
    func `a job cannot name a folder outside of it`(model: String) {
        #expect(throws: RunnerMessageError.self) { try ModelPath("/srv/models").resolve(model) }
    }

    @Test func `without a folder of models a job names a whole path`() {
        #expect(throws: RunnerMessageError.self) { try ModelPath(nil).resolve("gen1") }
    }

    @Test(arguments: [nil, "/srv/models"])
    func `a model that comes with the program is known by its name`(root: String?) throws {
        let path = ModelPath(root, shipped: ["weft-small": "/usr/share/weft/weft-small"])
        #expect(try path.resolve("weft-small") == "/usr/share/weft/weft-small")
        #expect(throws: RunnerMessageError.self) { try path.resolve("weft/../large") }
    }

    @Test func `a worker without it looks among its own models`() throws {
        #expect(try ModelPath("/srv/models").resolve("weft-small") == "/srv/models/weft-small")
    }
}
