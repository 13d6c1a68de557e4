package import Diffusion
package import Models

extension SchedulerConfig {
    /// Reads a `scheduler_config.json`; whatever class it was written for, it is run as DDIM.
    ///
    /// Missing keys take the defaults of diffusers' `DDIMScheduler`. Checkpoints that ship a PNDM
    /// config never clip, and their older files do not say so: `clip_sample` then defaults to
    /// false.
    ///
    /// - Parameter config: The file's object.
    /// - Throws: `ConfigError` for a value of the wrong kind or out of range.
    package init(reading config: ConfigObject) throws(ConfigError) {
        self.init()
        let isDDIM = try config.string("_class_name", default: "DDIMScheduler") == "DDIMScheduler"
        trainTimesteps = try config.trainTimesteps()
        betas = try BetaSchedule(reading: config)
        if case .trained(let values) = betas, values.count != trainTimesteps {
            throw ConfigError(
                "\(config.label): trained_betas: expected \(trainTimesteps) values, found "
                    + "\(values.count)"
            )
        }
        hasZeroTerminalSNR = try config.bool("rescale_betas_zero_snr", default: false)
        prediction = try config.choice("prediction_type", default: .epsilon)
        isFinalAlphaOne = try config.bool("set_alpha_to_one", default: true)
        spacing = try config.choice("timestep_spacing", default: .leading)
        stepsOffset = try config.integer("steps_offset", default: 0)
        guard (0..<trainTimesteps).contains(stepsOffset) else {
            throw ConfigError(
                "\(config.label): steps_offset: expected 0 to \(trainTimesteps - 1), found "
                    + "\(stepsOffset)"
            )
        }
        if try config.bool("thresholding", default: false) {
            let ratio = try config.number("dynamic_thresholding_ratio", default: 0.995)
            let largest = try config.number("sample_max_value", default: 1)
            guard ratio >= 0, ratio <= 1, largest >= 1 else {
                throw ConfigError(
                    "\(config.label): dynamic_thresholding_ratio, sample_max_value: expected a "
                        + "ratio from 0 to 1 and a value from 1 on, found \(ratio) and \(largest)"
                )
            }
            clipping = .dynamic(ratio: ratio, largest: largest)
        } else if try config.bool("clip_sample", default: isDDIM) {
            clipping = .range(try config.clippingBound())
        } else {
            clipping = .none
        }
    }
}

extension BetaSchedule {
    fileprivate init(reading config: ConfigObject) throws(ConfigError) {
        if config.contains("trained_betas") {
            let values = try config.numbers("trained_betas").map { Float($0) }
            guard values.allSatisfy({ $0 > 0 && $0 < 1 }) else {
                throw ConfigError(
                    "\(config.label): trained_betas: expected numbers between 0 and 1"
                )
            }
            self = .trained(values)
            return
        }
        let start = try config.number("beta_start", default: 0.0001)
        let end = try config.number("beta_end", default: 0.02)
        guard start > 0, start <= end, end < 1 else {
            throw ConfigError(
                "\(config.label): beta_start, beta_end: expected 0 < start ≤ end < 1, found "
                    + "\(start) and \(end)"
            )
        }
        switch try config.string("beta_schedule", default: "linear") {
        case "linear": self = .linear(start: start, end: end)
        case "scaled_linear": self = .scaledLinear(start: start, end: end)
        case "squaredcos_cap_v2": self = .squaredCosine
        case let name:
            throw ConfigError(
                "\(config.label): beta_schedule: expected linear, scaled_linear or "
                    + "squaredcos_cap_v2, found \(name)"
            )
        }
    }
}

extension ConfigObject {
    /// T, within a bound that keeps a file from exhausting memory; published ones say 1000.
    func trainTimesteps() throws(ConfigError) -> Int {
        let count = try count("num_train_timesteps", default: 1000)
        guard count <= 1_000_000 else {
            throw ConfigError(
                "\(label): num_train_timesteps: expected at most 1000000, found \(count)"
            )
        }
        return count
    }

    /// `clip_sample_range`, above 0.
    func clippingBound() throws(ConfigError) -> Double {
        let bound = try number("clip_sample_range", default: 1)
        guard bound > 0 else {
            throw ConfigError(
                "\(label): clip_sample_range: expected a number above 0, found \(bound)"
            )
        }
        return bound
    }

    /// One of an enumeration's names.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        default fallback: Choice
    ) throws(ConfigError) -> Choice {
        let name = try string(key, default: fallback.rawValue)
        guard let choice = Choice(rawValue: name) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigError("\(label): \(key): expected one of \(names), found \(name)")
        }
        return choice
    }
}
