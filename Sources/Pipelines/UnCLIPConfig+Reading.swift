package import Diffusion
package import Models

extension UnCLIPConfig {
    /// Reads a diffusion prior's `scheduler_config.json`.
    ///
    /// Missing keys take the defaults of diffusers' `UnCLIPScheduler`.
    ///
    /// - Parameter config: The file's object.
    /// - Throws: `ConfigError` for a value of the wrong kind or out of range, and for a schedule or
    ///   variance that priors do not use.
    package init(reading config: ConfigObject) throws(ConfigError) {
        self.init()
        try config.require("_class_name", "UnCLIPScheduler")
        try config.require("beta_schedule", "squaredcos_cap_v2")
        try config.require("variance_type", "fixed_small_log")
        trainTimesteps = try config.trainTimesteps()
        prediction = try config.choice("prediction_type", default: .epsilon)
        clippingBound =
            try config.bool("clip_sample", default: true) ? try config.clippingBound() : nil
    }
}

extension ConfigObject {
    /// Checks that a key is missing or has the only value supported.
    fileprivate func require(_ key: String, _ expected: String) throws(ConfigError) {
        let found = try string(key, default: expected)
        guard found == expected else {
            throw ConfigError("\(label): \(key): expected \(expected), found \(found)")
        }
    }
}
