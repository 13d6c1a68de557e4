import Diffusion
package import Models

extension CheckpointFolder {
    /// Loads every component as its network, tokenizer or sampler would, and reads all weights.
    ///
    /// - Parameter variant: The variant to read, such as `fp16`; nil for the plain files.
    /// - Returns: One result a component, sorted by name.
    package func check(variant: String? = nil) -> [ComponentCheck] {
        check(variant: variant) { config in
            if try config.string("_class_name", default: "") == "UnCLIPScheduler" {
                _ = try UnCLIPConfig(reading: config)
            } else {
                _ = try SchedulerConfig(reading: config)
            }
        }
    }
}
