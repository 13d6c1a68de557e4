import Diffusion
import Models
import Tensors

extension ComponentRunner {
    /// One step: `sample` and `model_output` of any shape, `timestep` `[1]`; gives `prev_sample`
    /// and `pred_original_sample`.
    func runScheduler(_ inputs: InputTensors, steps: Int?) throws -> ComponentOutputs {
        guard let steps else {
            throw InputError("--steps: a scheduler needs the number of steps of its run")
        }
        let sample = try inputs.tensorOfAnyShape("sample")
        let output = try inputs.tensorOfAnyShape("model_output")
        guard sample.shape == output.shape else {
            throw InputError(
                "model_output: expected the shape of sample \(sample.shape), found \(output.shape)"
            )
        }
        let timestep = try inputs.values("timestep")[0]
        let part = try component(.scheduler, .scheduler)
        let sampler = try DDIMSampler(
            SchedulerConfig(reading: part.config("scheduler_config.json")),
            steps: steps
        )
        guard let index = sampler.timesteps.firstIndex(where: { Float($0) == timestep }) else {
            let list = sampler.timesteps.map { "\($0)" }.joined(separator: " ")
            throw InputError("timestep: \(timestep) is none of the run's timesteps: \(list)")
        }
        let step = sampler.step(index)
        return ComponentOutputs(tensors: [
            "prev_sample": step.advance(sample, output: output),
            "pred_original_sample": step.predictedOriginal(sample, output: output),
        ])
    }

    /// The ids of a text, `[1, length]`, as `input_ids`.
    package func tokenize(_ text: String) throws -> ComponentOutputs {
        let part = try component(.tokenizer, .tokenizer)
        let tokens = try BPETokenizer.load(folder: part.path)(text)
        return ComponentOutputs(integers: [
            "input_ids": (tokens.ids.map { Int64($0) }, [1, tokens.ids.count])
        ])
    }
}
