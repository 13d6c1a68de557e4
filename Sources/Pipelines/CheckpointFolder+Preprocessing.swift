package import Diffusion
package import Models
import Tensors

// What stands beside networks and is not their weights: how pictures are made ready for them, and
// how noise is spread, with what is meant where a folder does not say.
extension CheckpointFolder {
    /// Of `image_encoder/preprocessor_config.json` or `feature_extractor`'s; without either,
    /// OpenAI's at the network's size.
    package func imagePreprocessor(_ config: CLIPVisionConfig) throws -> CLIPPreprocessor {
        for name in ["image_encoder", "feature_extractor"] {
            guard let object = try preprocessing(name) else { continue }
            return try CLIPPreprocessor(object)
        }
        return CLIPPreprocessor(size: config.imageSize)
    }

    /// Of `depth_estimator/preprocessor_config.json`; without it, that of dpt-large at the
    /// network's size.
    package func depthPreprocessor(_ config: DPTConfig) throws -> DPTPreprocessor {
        if let object = try preprocessing("depth_estimator") { return try DPTPreprocessor(object) }
        var preprocessor = DPTPreprocessor()
        preprocessor.height = config.imageSize
        preprocessor.width = config.imageSize
        return preprocessor
    }

    /// The folder's `prior_scheduler`; without one, the schedule of the published priors.
    package func priorSchedule() throws -> UnCLIPConfig {
        guard let part = components.first(where: { $0.name == "prior_scheduler" }) else {
            var config = UnCLIPConfig()
            config.prediction = .sample
            config.clippingBound = 5
            return config
        }
        return try UnCLIPConfig(reading: part.config("scheduler_config.json"))
    }

    private func preprocessing(_ name: String) throws -> ConfigObject? {
        let file = "preprocessor_config.json"
        guard let part = components.first(where: { $0.name == name }),
            try SystemFile.status(of: "\(part.path)/\(file)") != nil
        else { return nil }
        return try part.config(file)
    }
}
