import Tensors
import Testing
import Training

struct TrainingSettingsTests {
    private let settings = TrainingSettings(steps: 100, learningRate: 1e-4)

    @Test func `the average starts as a short one and ends as it is set`() {
        #expect(settings.averageDecay(at: 0) == 0.1)
        let decays = (0..<20_000).map(settings.averageDecay)
        #expect(zip(decays, decays.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(decays.last == 0.999)
        var none = settings
        none.averageDecay = 0
        #expect(none.averageDecay(at: 50) == 0)
    }

    /// Each of these, changed, makes other weights.
    @Test func `every setting that decides about the weights binds`() {
        let changes: [(inout TrainingSettings) -> Void] = [
            { $0.learningRate = 2e-4 }, { $0.warmUp = 3 }, { $0.schedule = .linear },
            { $0.adam.beta1 = 0.8 }, { $0.adam.beta2 = 0.9 }, { $0.adam.epsilon = 1e-6 },
            { $0.adam.weightDecay = 0 }, { $0.clipNorm = nil }, { $0.accumulation = 2 },
            { $0.averageDecay = 0.9 }, { $0.seed = .max }, { $0.steps = 200 },
        ]
        for change in changes {
            var other = settings
            change(&other)
            let names = other.binding.filter { settings.binding[$0.key] != $0.value }.keys
            #expect(names.count == 1, "\(other)")
        }
    }

    @Test func `what does not decide about the weights is free`() {
        var other = settings
        other.checkpointEvery = 1
        other.validateEvery = 1
        other.keep = 9
        other.keepEvery = 3
        #expect(other.binding == settings.binding)
        var (a, b) = (settings, settings)
        (a.schedule, b.schedule, b.steps) = (.constant, .constant, 1000)
        #expect(a.binding == b.binding)
    }

    @Test func `bindings come back from a file as they were`() throws {
        var other = settings
        other.seed = .max
        other.learningRate = 1.0 / 3
        let text = JSONValue.object(other.binding).serialized(isIndented: true)
        #expect(try JSONValue.parse(Array(text.utf8)) == .object(other.binding))
    }
}
