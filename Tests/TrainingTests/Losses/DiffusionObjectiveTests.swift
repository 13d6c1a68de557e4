import Diffusion
import Tensors
import TestSupport
import Testing
import Training

private let schedule = NoiseSchedule(.scaledLinear(start: 0.00085, end: 0.012), timesteps: 1000)
private let shape: Shape = [1, 4, 3, 5, 7]

private func difference(_ a: HostTensor, _ b: HostTensor) -> Double {
    let squares = zip(a.values, b.values).map { pair -> Double in
        let difference = Double(pair.0) - Double(pair.1)
        return difference * difference
    }
    return squares.reduce(0, +) / Double(a.shape.count)
}

private func combination(_ a: Double, _ x: HostTensor, _ b: Double, _ y: HostTensor) -> HostTensor {
    let values = zip(x.values, y.values).map { Float(a * Double($0) + b * Double($1)) }
    return HostTensor(values, x.shape)
}

struct DiffusionObjectiveTests {
    @Test(arguments: [0, 1, 250, 500, 999])
    func `the clean latent and the noise come back from input and target`(timestep: Int) {
        let clean = randomTensor(shape, seed: 1)
        let noise = randomTensor(shape, seed: 2)
        let example = DiffusionObjective(schedule: schedule)
            .example(clean: clean, noise: noise, timestep: timestep)
        let level = schedule.noising(at: timestep)
        // x_0 = √ᾱ x_t − √(1 − ᾱ) v and ε = √(1 − ᾱ) x_t + √ᾱ v.
        let foundClean = combination(level.signal, example.noised, -level.noise, example.target)
        let foundNoise = combination(level.noise, example.noised, level.signal, example.target)
        #expect(nmse(foundClean, clean) < 1e-12)
        #expect(nmse(foundNoise, noise) < 1e-12)
    }

    @Test func `a perfect prediction costs nothing and points nowhere`() {
        let objective = DiffusionObjective(schedule: schedule)
        let example = objective.example(
            clean: randomTensor(shape, seed: 1),
            noise: randomTensor(shape, seed: 2),
            timestep: 400
        )
        let loss = objective.loss(example.target, example)
        #expect(loss.value == 0)
        #expect(loss.gradient.values.allSatisfy { $0 == 0 })
    }

    @Test func `the gradient is the loss's slope`() {
        let objective = DiffusionObjective(
            schedule: schedule,
            weighting: .minimumSNR(gamma: 5)
        )
        let example = objective.example(
            clean: randomTensor(shape, seed: 3),
            noise: randomTensor(shape, seed: 4),
            timestep: 300
        )
        let prediction = randomTensor(shape, seed: 5)
        let loss = objective.loss(prediction, example)
        for index in stride(from: 0, to: shape.count, by: 37) {
            // The loss is a parabola in each element, so the central difference is exact.
            let step: Float = 0.25
            var above = prediction
            var below = prediction
            above.values[index] += step
            below.values[index] -= step
            let rise = objective.loss(above, example).value - objective.loss(below, example).value
            let run = Double(above.values[index]) - Double(below.values[index])
            let slope = Double(loss.gradient.values[index])
            #expect(abs(rise / run - slope) < 1e-6 * max(1e-3, abs(slope)))
        }
    }
}

struct LossWeightingTests {
    /// A weighted loss of v has to be the plain loss of the quantity that the weighting is named
    /// after, computed from that quantity itself.
    @Test(arguments: [1, 100, 500, 999])
    func `weights turn the error of v into that of the quantity named`(timestep: Int) {
        let clean = randomTensor(shape, seed: 6)
        let noise = randomTensor(shape, seed: 7)
        let predicted = randomTensor(shape, seed: 8)
        let level = schedule.noising(at: timestep)
        func loss(_ weighting: LossWeighting) -> Double {
            let objective = DiffusionObjective(schedule: schedule, weighting: weighting)
            let example = objective.example(clean: clean, noise: noise, timestep: timestep)
            return objective.loss(predicted, example).value
        }
        let noised = level(clean, noise: noise)
        let predictedClean = combination(level.signal, noised, -level.noise, predicted)
        let predictedNoise = combination(level.noise, noised, level.signal, predicted)
        func expectEqual(_ found: Double, _ expected: Double) {
            #expect(abs(found - expected) < 1e-5 * expected)
        }
        expectEqual(loss(.clean), difference(predictedClean, clean))
        expectEqual(loss(.noise), difference(predictedNoise, noise))

        let previous = Double(schedule.alphaBars[timestep - 1])
        let alphaBar = Double(schedule.alphaBars[timestep])
        let beta = Double(schedule.betas[timestep])
        func posteriorMean(_ clean: HostTensor) -> HostTensor {
            combination(
                previous.squareRoot() * beta / (1 - alphaBar),
                clean,
                (1 - beta).squareRoot() * (1 - previous) / (1 - alphaBar),
                noised
            )
        }
        let expected = difference(posteriorMean(predictedClean), posteriorMean(clean))
        #expect(abs(loss(.posteriorMean) - expected) < 1e-3 * expected)
    }

    @Test func `the cut-off weight is that of the noise above γ and of the clean latent below`() {
        let gamma = 5.0
        var above = 0
        for timestep in 0..<1000 {
            let alphaBar = Double(schedule.alphaBars[timestep])
            let ratio = alphaBar / (1 - alphaBar)
            let weight = LossWeighting.minimumSNR(gamma: gamma).weight(at: timestep, in: schedule)
            #expect(abs(weight - min(ratio, gamma) / (ratio + 1)) < 1e-12)
            if ratio > gamma { above += 1 }
        }
        #expect(above > 100 && above < 900)
    }
}
