import Glibc
package import Tensors

/// Sinusoids of a timestep, in diffusers' layout.
///
/// Vaswani et al. 2017, section 3.5: frequencies 10000^(-i / (channels / 2 - shift)), one half of
/// the channels sines and the other cosines.
///
/// - Parameters:
///   - timesteps: Any real values, one a row.
///   - channels: Even.
///   - isCosineFirst: `flip_sin_to_cos` of diffusers' configs.
///   - shift: `freq_shift` of diffusers' configs.
/// - Returns: `[timesteps.count, channels]`.
package func timestepEmbedding(
    _ timesteps: [Float],
    channels: Int,
    isCosineFirst: Bool = true,
    shift: Float = 0
) -> HostTensor {
    precondition(channels % 2 == 0, "\(channels) channels cannot hold sine and cosine halves")
    let half = channels / 2
    var values: [Float] = []
    values.reserveCapacity(timesteps.count * channels)
    let frequencies = (0..<half).map { index in
        exp(-log(Float(10000)) * Float(index) / (Float(half) - shift))
    }
    for timestep in timesteps {
        let angles = frequencies.map { Double(timestep * $0) }
        let sines = angles.map { Float(sin($0)) }
        let cosines = angles.map { Float(cos($0)) }
        values += isCosineFirst ? cosines + sines : sines + cosines
    }
    return HostTensor(values, [timesteps.count, channels])
}
