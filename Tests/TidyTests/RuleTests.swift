import Testing

/// Each rule catches what it is there for, on files that exist only here.
struct RuleTests {
    private func lines(_ violations: [Violation]) -> [Int] { violations.map(\.line) }

    @Test func `comments and literals are not code`() {
        let text = #"""
            let a = "print(x) \(f("unsafe")) // no comment" // print(y)
            /* print(z)
               } */ let b = 1
            let c = """
                print(") {
                """ + "\"{"
            """#
        let code = SourceFile("Sources/NN/A.swift", text).code
        #expect(code.map(\.count) == text.split(separator: "\n").map(\.count))
        let words = code.map { $0.split(separator: " ").joined(separator: " ") }
        #expect(words == ["let a =", "", "let b = 1", "let c =", "", "+"])
        let c = SourceFile("Sources/CKernels/a.c", "char q = '\"'; // {\nint x;").code
        #expect(c.map { $0.contains("int") } == [false, true] && !c[0].contains("{"))
    }

    @Test func `words are found whole`() {
        #expect(containsWord("let d = Date()", "Date"))
        #expect(!containsWord("let d = Dated(); update()", "Date"))
        #expect(containsWord("DatesDate", "Date") == false)
        #expect(containsWord("Int.random(in: r)", ".random"))
        #expect(!containsWord("x.randomised", ".random"))
    }

    @Test(arguments: [
        ("ZeroMQ", "import CFFmpeg", false), ("ZeroMQ", "import CZeroMQ", true),
        ("ZeroMQ", "import Glibc", true), ("Scheduling", "import Glibc", false),
        ("Models", "package import Tensors", true), ("Models", "package import Diffusion", false),
        ("Diffusion", "import struct NN.Linear", false), ("Tensors", "import Foundation", false),
        ("Pipelines", "import Foundation", true), ("Training", "@preconcurrency import CLI", false),
        ("Training", "// import CLI", true), ("Nowhere", "let a = 1", false),
    ])
    func `imports against the arrows are caught`(target: String, line: String, isAllowed: Bool) {
        let file = SourceFile("Sources/\(target)/A.swift", line)
        #expect(ImportRules.check(file).isEmpty == isAllowed)
    }

    @Test func `a manifest with another arrow is caught`() throws {
        let manifest = try #require(SourceTree.files.first { $0.path == "Package.swift" })
        let text = manifest.lines.joined(separator: "\n")
        let changed = text.replacing("library(\"NN\", [\"Tensors\"])", with: "library(\"NN\", [])")
        #expect(changed != text)
        #expect(ImportRules.checkManifest(SourceFile("Package.swift", changed)).count == 1)
    }

    @Test func `clocks and chance are caught in Scheduling only`() {
        let text = "let a = Date()\nlet b = ContinuousClock.now\nlet c = Int.random(in: 0..<2)"
        #expect(
            lines(TextRules.banned(SourceFile("Sources/Scheduling/A.swift", text))) == [1, 2, 3]
        )
        #expect(TextRules.banned(SourceFile("Sources/Worker/A.swift", text)).isEmpty)
    }

    @Test func `leftovers are caught in comments too`() {
        let text = "let a = 1\n// TO" + "DO: more\n# FIX" + "ME"
        #expect(lines(TextRules.leftover(SourceFile("Deploy/a", text))) == [2, 3])
    }

    @Test func `printing is caught outside the command line`() {
        let text = "print(\"a\")\nfootprint(1)\n// print(1)"
        #expect(lines(TextRules.printing(SourceFile("Sources/NN/A.swift", text))) == [1])
        #expect(TextRules.printing(SourceFile("Sources/CLI/A.swift", text)).isEmpty)
    }

    @Test func `unsafe code is caught outside the boundary`() {
        let text = "let a = unsafe f()\nlet b = \"unsafe\""
        #expect(lines(TextRules.unsafe(SourceFile("Sources/NN/A.swift", text))) == [1])
        #expect(TextRules.unsafe(SourceFile("Sources/Tensors/A.swift", text)).isEmpty)
    }

    @Test func `escapes without a reason are caught`() {
        let bare = "import Glibc\n\nfinal class A: @unchecked Sendable {}"
        let explained = "// Because.\n@safe\nfinal class A: @unchecked Sendable {}"
        let variable = "let x = 1\nnonisolated(unsafe) var a = 0"
        func check(_ text: String) -> [Int] {
            lines(TextRules.unexplainedEscape(SourceFile("Sources/NN/A.swift", text)))
        }
        #expect(check(bare) == [3])
        #expect(check(explained) == [])
        #expect(check(variable) == [2])
    }

    @Test func `paths of one machine are caught`() {
        let slash = "/"
        let text =
            "see \(slash)root/x\n\(slash)home/me\na/home/b\nhttp://h/opt/x\n\"\(slash)opt/swift\""
        #expect(lines(TextRules.machinePath(SourceFile("Docs/A.md", text))) == [1, 2, 5])
    }

    @Test func `long files, lines and functions are caught`() {
        func check(_ path: String, _ text: String) -> [String] {
            SizeRules.check(SourceFile(path, text)).map { "\($0.line) \($0.reason)" }
        }
        let body = String(repeating: "    a()\n", count: 69)
        #expect(
            check("a.swift", "func f() {\n\(body)}\n") == ["1 a function of 71 lines, at most 70"]
        )
        #expect(check("a.swift", "func f() {\n\(body.dropFirst(8))}\n") == [])
        let method = "struct A {\n    init(_ a: () = { }()) {\n\(body)    }\n}\n"
        #expect(check("a.swift", method) == ["2 a function of 71 lines, at most 70"])
        #expect(
            check("a.c", "int f(int a)\n{\n\(body)}\n") == ["1 a function of 72 lines, at most 70"]
        )
        #expect(check("a.c", "static int t[] = {\n\(body)\n\n};\n") == [])
        let wide = String(repeating: "x", count: 101)
        #expect(check("a.h", "// é\n\(wide)\n") == ["2 101 columns, at most 100"])
        #expect(check("a.swift", "== #\"\(wide)\"#\n// \"\(wide)\"\n").count == 1)
        #expect(check("a.c", String(repeating: "\n", count: 601)) == ["0 601 lines, at most 600"])
        #expect(check("a.pb-c.c", String(repeating: "\n", count: 601)) == [])
    }

    @Test func `requirements of a protocol have no body to measure`() {
        let text = "protocol P {\n func f()\n}\nstruct S {\n let a = 1\n}"
        #expect(SizeRules.swiftFunctions(SourceFile("a.swift", text).code).isEmpty)
    }

    @Test func `untested files and a stale map are caught`() {
        let files = [
            "Sources/NN/A.swift", "Sources/NN/A+B.swift", "Sources/NN/C.swift",
            "Sources/NN/D.swift", "Sources/NN/E.swift", "Tests/NNTests/Deep/ATests.swift",
            "Tests/ModelsTests/CTests.swift",
        ].map { SourceFile($0, "") }
        let map = [
            "Sources/NN/A.swift": "Tests/NNTests/Deep/ATests.swift",
            "Sources/NN/D.swift": "Tests/NNTests/Deep/ATests.swift",
            "Sources/NN/E.swift": "Tests/NNTests/Gone.swift", "Sources/NN/Gone.swift": "x",
        ]
        let violations = TestMapRules.check(files, map: map) { path in
            files.contains { $0.path == path }
        }
        #expect(
            violations.map(\.description) == [
                "Sources/NN/A.swift:0: tested by name: leave the map",
                "Sources/NN/C.swift:0: no test file and not in the map",
                "Sources/NN/E.swift:0: the map names Tests/NNTests/Gone.swift, which is not there",
                "Sources/NN/Gone.swift:0: in the map but not in the tree",
            ]
        )
    }

    @Test func `documents that point nowhere are caught`() {
        let text = "[a](Style.md) [b](../README.md#top) [c](Gone.md) [d](https://x.org)"
        let file = SourceFile("Docs/A.md", text)
        let known = ["Docs/Style.md", "README.md"]
        let links = DocumentRules.brokenLinks(file, exists: known.contains)
        #expect(links.map(\.reason) == ["no file Gone.md"])
        let commands = SourceFile(
            "README.md",
            "```\nDeploy/gone now\nDeploy/test\n```\nDeploy/prose"
        )
        let broken = DocumentRules.brokenCommands(commands) { $0 == "Deploy/test" }
        #expect(broken.map(\.description) == ["README.md:2: no command Deploy/gone"])
    }
}
