package import Tensors

/// Multi-head attention with separate projections, diffusers' key names by default.
package struct SelfAttention: Sendable {
    private let projection: Linear
    private let output: Linear
    private let heads: Int
    private let width: Int

    /// The names of the four projections below a path.
    package struct Names: Sendable {
        package let query: String
        package let key: String
        package let value: String
        package let output: String

        package init(query: String, key: String, value: String, output: String) {
            self.query = query
            self.key = key
            self.value = value
            self.output = output
        }

        package static let diffusers = Names(
            query: "to_q",
            key: "to_k",
            value: "to_v",
            output: "to_out.0"
        )
        package static let clip = Names(
            query: "q_proj",
            key: "k_proj",
            value: "v_proj",
            output: "out_proj"
        )
    }

    /// - Parameters:
    ///   - channels: Width of the input and the output.
    ///   - heads: Number of heads.
    ///   - headWidth: Channels of a head; `channels / heads` unless given.
    ///   - projectionBias: Whether q, k and v have a bias; the output always has one.
    ///   - initialOutput: How the output projection starts when fresh.
    ///   - names: Names of the projections.
    ///   - weights: The attention's place.
    /// - Throws: `WeightError` as `WeightPath` does.
    package init(
        _ channels: Int,
        heads: Int,
        headWidth: Int? = nil,
        projectionBias: Bool = false,
        initialOutput: Initial? = nil,
        names: Names = .diffusers,
        _ weights: WeightPath
    ) throws(WeightError) {
        self.heads = heads
        width = heads * (headWidth ?? channels / heads)
        projection = try Linear(
            channels,
            stacking: [
                (width, weights[names.query]),
                (width, weights[names.key]),
                (width, weights[names.value]),
            ],
            bias: projectionBias
        )
        output = try Linear(width, channels, initial: initialOutput, weights[names.output])
    }

    /// Attends over the tokens of `x` `[B, T, C]`.
    package func callAsFunction(
        _ x: consuming Tensor,
        mask: AttentionMask = .none,
        residual: Tensor? = nil
    ) -> Tensor {
        let projected = projection(consume x)
        let attended = projected.backend.attention(
            query: AttentionOperand(projected, column: 0, width: width),
            key: AttentionOperand(projected, column: width, width: width),
            value: AttentionOperand(projected, column: 2 * width, width: width),
            heads: heads,
            scale: scale,
            mask: mask
        )
        _ = consume projected
        return output(consume attended, residual: residual)
    }

    /// Attends over the frames of `x` `[B, F, P, C]`, for each pixel alone.
    package func overFrames(_ x: consuming Tensor, residual: Tensor? = nil) -> Tensor {
        let projected = projection(consume x)
        let attended = projected.backend.temporalAttention(
            query: AttentionOperand(projected, column: 0, width: width),
            key: AttentionOperand(projected, column: width, width: width),
            value: AttentionOperand(projected, column: 2 * width, width: width),
            heads: heads,
            scale: scale
        )
        _ = consume projected
        return output(consume attended, residual: residual)
    }

    private var scale: Float { 1 / Float(width / heads).squareRoot() }
}

/// Attention of tokens over a context; query projection apart, key and value projections fused.
package struct CrossAttention: Sendable {
    private let query: Linear
    private let keyValue: Linear
    private let output: Linear
    private let heads: Int
    private let width: Int

    /// - Parameters:
    ///   - channels: Width of the tokens.
    ///   - contextChannels: Width of the context.
    ///   - heads: Number of heads.
    ///   - headWidth: Channels of a head; `channels / heads` unless given.
    ///   - weights: The attention's place.
    /// - Throws: `WeightError` as `WeightPath` does.
    package init(
        _ channels: Int,
        contextChannels: Int,
        heads: Int,
        headWidth: Int? = nil,
        _ weights: WeightPath
    ) throws(WeightError) {
        self.heads = heads
        width = heads * (headWidth ?? channels / heads)
        query = try Linear(channels, width, bias: false, weights["to_q"])
        keyValue = try Linear(
            contextChannels,
            stacking: [(width, weights["to_k"]), (width, weights["to_v"])],
            bias: false
        )
        output = try Linear(width, channels, weights["to_out.0"])
    }

    /// Adds the attention to a context of one token, `[B, 1, K]`, to `x` `[N, T, C]`, B dividing
    /// N, each token serving N / B neighbours.
    package func addToken(_ context: Tensor, to x: Tensor) -> Tensor {
        addRows(rows(of: context), to: x)
    }

    /// What the attention to a context of one token, `[B, 1, K]`, adds to each query: `[B, C]`.
    ///
    /// The softmax over one key is 1, so each query receives the token's value: queries and keys
    /// have no influence.
    package func rows(of context: Tensor) -> Tensor {
        precondition(context.shape[1] == 1, "a context \(context.shape) of one token")
        let rows = context.reshaped([context.shape[0], context.shape[2]])
        return output(keyValue(rows).sliceChannels(width..<2 * width))
    }

    /// Adds `rows` `[B, C]` to `x` `[N, T, C]`, each row to N / B neighbours.
    package func addRows(_ rows: Tensor, to x: Tensor) -> Tensor {
        let clips = rows.shape[0]
        precondition(x.shape[0] % clips == 0, "rows \(rows.shape) for tokens \(x.shape)")
        return x.addRows(rows, repeats: x.shape[0] / clips * x.shape[1])
    }

    /// Tells this layer from every other of its network.
    package var identity: ObjectIdentifier { ObjectIdentifier(output.parameters.prepared) }

    /// Attends from `x` `[B, T, C]` to `context` `[B or 1, S, K]`.
    package func callAsFunction(
        _ x: consuming Tensor,
        context: Tensor,
        residual: Tensor? = nil
    ) -> Tensor {
        let memory = keyValue(context)
        let queries = query(consume x)
        let attended = queries.backend.attention(
            query: AttentionOperand(queries),
            key: AttentionOperand(memory, column: 0, width: width),
            value: AttentionOperand(memory, column: width, width: width),
            heads: heads,
            scale: 1 / Float(width / heads).squareRoot(),
            mask: .none
        )
        _ = consume queries
        return output(consume attended, residual: residual)
    }
}
