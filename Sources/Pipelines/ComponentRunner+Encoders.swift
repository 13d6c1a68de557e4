import Models
import Tensors

extension ComponentRunner {
    /// `input_ids` `[N, 77]`; gives `last_hidden_state`, and `text_embeds` with a projection.
    func runTextEncoder(_ inputs: InputTensors) throws -> ComponentOutputs {
        let ids = try inputs.integerRows("input_ids")
        let part = try component(.textEncoder, .textEncoder)
        let network = try part.load(on: backend, variant: variant) { config, weights in
            try CLIPTextEncoder(CLIPTextConfig(config), weights)
        }
        let output = try network(ids)
        var outputs = ComponentOutputs()
        outputs.tensors["last_hidden_state"] = try output.lastHiddenState.download()
        outputs.tensors["text_embeds"] = try output.embeddings?.download()
        return outputs
    }

    /// `pixel_values` `[N, 3, 224, 224]`, normalised; gives `image_embeds`, `last_hidden_state`.
    func runImageEncoder(_ inputs: InputTensors) throws -> ComponentOutputs {
        let pixels = try inputs.tensor("pixel_values", rank: 4).channelsLast()
        let part = try component(.imageEncoder, .imageEncoder)
        let network = try part.load(on: backend, variant: variant) { config, weights in
            try CLIPImageEncoder(CLIPVisionConfig(config), weights)
        }
        let output = try network(upload(pixels))
        return ComponentOutputs(tensors: [
            "image_embeds": try output.embeddings.download(),
            "last_hidden_state": try output.lastHiddenState.download(),
        ])
    }

    /// `pixel_values` `[N, 3, 384, 384]`, normalised; gives `predicted_depth` `[N, 384, 384]`.
    func runDepth(_ inputs: InputTensors) throws -> ComponentOutputs {
        let pixels = try inputs.tensor("pixel_values", rank: 4).channelsLast()
        let part = try component(.depth, .depthEstimator)
        let network = try part.load(on: backend, variant: variant) { config, weights in
            try DepthEstimator(DPTConfig(config), weights)
        }
        let depth = try network(upload(pixels)).download()
        let shape = Shape(Array(depth.shape.dimensions.dropLast()))
        return ComponentOutputs(tensors: ["predicted_depth": depth.reshaped(shape)])
    }

    /// `noisy_embedding`, `text_embedding` `[N, D]`, `timestep` `[N]`, `text_states` `[N, 77, D]`,
    /// `text_mask` `[N, 77]`; gives `predicted_embedding`.
    func runPrior(_ inputs: InputTensors) throws -> ComponentOutputs {
        let noisy = try inputs.tensor("noisy_embedding", rank: 2)
        var timesteps = try inputs.values("timestep")
        let mask = try inputs.tensor("text_mask", rank: 2)
        let columns = mask.shape[1]
        let conditioning = PriorTransformer.Conditioning(
            textEmbedding: upload(try inputs.tensor("text_embedding", rank: 2)),
            textStates: upload(try inputs.tensor("text_states", rank: 3)),
            textMask: (0..<mask.shape[0]).map { row in
                mask.values[row * columns..<(row + 1) * columns].map { $0 != 0 }
            }
        )
        if timesteps.count == 1 {
            timesteps = [Float](repeating: timesteps[0], count: noisy.shape[0])
        }
        let part = try component(.prior, .prior)
        let network = try part.load(on: backend, variant: variant) { config, weights in
            try PriorTransformer(PriorConfig(config), weights)
        }
        let prediction = try network(upload(noisy), timesteps: timesteps, conditioning)
        return ComponentOutputs(tensors: ["predicted_embedding": try prediction.download()])
    }
}
